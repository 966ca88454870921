import ByteIO

/// WordPiece (Wu et al. 2016) as BERT has it: text is cleaned, cut at white space and punctuation, and
/// each word is spelled with the longest pieces of the vocabulary from the left on.
struct WordPieceEncoder: Sendable {
    /// What is done to text before it is cut.
    struct Cleaning: Sendable, Equatable {
        /// Control characters are dropped, and all white space becomes spaces.
        var cleansText = true
        /// Every Chinese character is a word of its own.
        var separatesChinese = true
        /// Letters lose their marks.
        var stripsAccents = true
        /// Letters become small.
        var lowercases = true
    }

    let cleaning: Cleaning
    let speller: WordPieceSpeller

    /// A word while it is collected: its bytes, and the bytes of the text each came from.
    private struct Word {
        var bytes: [UInt8] = []
        var sources: [Range<Int>] = []
        var scalars = 0

        mutating func clear() {
            bytes.removeAll(keepingCapacity: true)
            sources.removeAll(keepingCapacity: true)
            scalars = 0
        }

        mutating func append(_ scalar: Unicode.Scalar, from source: Range<Int>) {
            scalars += 1
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                bytes.append(byte)
                sources.append(source)
            }
        }
    }

    /// Appends the ids of `text`; bytes that are not UTF-8 are read as U+FFFD, which cleaning drops.
    ///
    /// - Parameter start: where the text begins in the whole, for the ranges
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, at start: Int, into sink: inout TokenSink
    ) -> EncodingFailure? {
        guard let base = text.baseAddress else { return nil }
        var word = Word()
        var failure: EncodingFailure?
        func flush() {
            if !word.bytes.isEmpty, failure == nil {
                failure = spell(word, at: start, into: &sink)
            }
            word.clear()
        }
        func add(_ value: UInt32, _ source: Range<Int>) {
            for part in cleaning.stripsAccents ? BERTScalars.plain(value) : [value] {
                guard let scalar = Unicode.Scalar(part) else { continue }
                let small =
                    cleaning.lowercases ? scalar.properties.lowercaseMapping : String(scalar)
                for letter in small.unicodeScalars {
                    // Text is cut as it is after cleaning: what is left may be punctuation.
                    let kind = BERTScalars.kind(letter.value)
                    if kind == .punctuation || kind == .space { flush() }
                    if kind != .space { word.append(letter, from: source) }
                    if kind == .punctuation { flush() }
                }
            }
        }
        var index = 0
        while index < text.count {
            let byte = text[index]
            var (value, length): (UInt32, Int) = (UInt32(byte), 1)
            if byte >= 0x80 {
                let (found, count) = StrictUTF8.decode(base + index, text.count - index)
                (value, length) = (found ?? 0xFFFD, count)
            }
            let source = index..<index + length
            index += length
            let kind = byte < 0x80 ? BERTScalars.ascii[Int(byte)] : BERTScalars.kind(value)
            switch kind {
            case .ordinary where byte < 0x80:
                let isCapital = cleaning.lowercases && byte >= 0x41 && byte <= 0x5A
                word.append(Unicode.Scalar(isCapital ? byte + 0x20 : byte), from: source)
            case .dropped where cleaning.cleansText: break
            case .space: flush()
            case .ordinary, .dropped, .punctuation:
                let isAlone = cleaning.separatesChinese && BERTScalars.isChinese(value)
                if isAlone { flush() }
                add(value, source)
                if isAlone { flush() }
            }
        }
        flush()
        return failure
    }

    /// Whether decomposition may put marks of `text` that stay into another order: few do stay, and none in most scripts.
    func mayReorder(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard cleaning.stripsAccents, let base = text.baseAddress else { return false }
        var index = 0
        while index < text.count {
            // The first bytes of what is below U+0300, and bytes within scalars.
            guard text[index] >= 0xCC else {
                index += 1
                continue
            }
            let (value, length) = StrictUTF8.decode(base + index, text.count - index)
            index += length
            // Only this encoder takes what is no UTF-8.
            guard let value else { return false }
            if (0x3100...0xA66E).contains(value) || (0xAC00...0xD7FF).contains(value) { continue }
            if TextTables.combiningClass(of: value) != 0, !BERTScalars.plain(value).isEmpty {
                return true
            }
        }
        return false
    }

    private func spell(
        _ word: Word, at start: Int, into sink: inout TokenSink
    ) -> EncodingFailure? {
        let first = sink.ranges.count
        let failure = word.bytes.withUnsafeBufferPointer {
            speller.encode($0, word.bytes.indices, into: &sink)
        }
        sink.mapRanges(from: first) { part in
            word.sources[part.lowerBound].lowerBound + start..<word.sources[part.upperBound - 1]
                .upperBound + start
        }
        return failure
    }
}

/// Looks scalars up in ``BERTTables``.
enum BERTScalars {
    enum Kind: UInt32 {
        case ordinary = 0, dropped, space, punctuation
    }

    static let ascii: [Kind] = (0..<128).map { kind(UInt32($0)) }

    static func kind(_ value: UInt32) -> Kind {
        let runs = BERTTables.runs
        // The last run that begins at or before the scalar.
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle] >> 2 <= value { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? Kind(rawValue: runs[low - 1] & 3) ?? .ordinary : .ordinary
    }

    /// The blocks BERT takes for Chinese.
    static func isChinese(_ value: UInt32) -> Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
            0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }

    /// A scalar's canonical parts without marks.
    static func plain(_ value: UInt32) -> [UInt32] {
        if value < 0xC0 { return [value] }
        if (0xAC00...0xD7A3).contains(value) { return syllable(value - 0xAC00) }
        if let found = find(value, BERTTables.plain, stride: 2) {
            return [BERTTables.plain[found + 1]]
        }
        if let found = find(value, BERTTables.plainOfSeveral, stride: 4) {
            return BERTTables.plainOfSeveral[found + 1..<found + 4].filter { $0 != 0 }
        }
        let marks = BERTTables.marks
        if let place = lastPlace(notAbove: value, marks, stride: 2), value <= marks[place + 1] {
            return []
        }
        return [value]
    }

    /// A Hangul syllable's letters, by rule (Unicode 3.12).
    private static func syllable(_ index: UInt32) -> [UInt32] {
        let tail = index % 28
        let letters = [0x1100 + index / 588, 0x1161 + index % 588 / 28]
        return tail == 0 ? letters : letters + [0x11A7 + tail]
    }

    private static func find(_ value: UInt32, _ table: [UInt32], stride: Int) -> Int? {
        guard let place = lastPlace(notAbove: value, table, stride: stride), table[place] == value
        else { return nil }
        return place
    }

    private static func lastPlace(
        notAbove value: UInt32, _ table: [UInt32], stride: Int
    ) -> Int? {
        var (low, high) = (0, table.count / stride)
        while low < high {
            let middle = (low + high) / 2
            if table[middle * stride] <= value { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? (low - 1) * stride : nil
    }
}
