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
    /// What pieces begin with that go on within a word.
    let prefix: [UInt8]
    /// Longer words are unknown, in scalars.
    let longestWord: Int
    let unknown: Int32
    private let pieces: ByteTable
    private let ids: [Int32]
    /// No piece has more bytes.
    private let longestPiece: Int
    /// The file this came from, which is what is saved.
    let file: JSONValue

    init(
        pieces: ByteTable, ids: [Int32], unknown: Int32, prefix: String, longestWord: Int,
        cleaning: Cleaning, file: JSONValue
    ) {
        self.pieces = pieces
        self.ids = ids
        self.unknown = unknown
        self.prefix = Array(prefix.utf8)
        self.longestWord = longestWord
        self.cleaning = cleaning
        self.file = file
        longestPiece = (0..<pieces.count).reduce(0) { max($0, pieces[$1].count) }
    }

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
    /// - Parameter ranges: gets the bytes of the text that each id stands for
    /// - Returns: nil: every text has pieces, if only unknown ones.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, into output: inout IDBuffer,
        ranges: ((Range<Int>) -> Void)? = nil
    ) -> EncodingFailure? {
        guard let base = text.baseAddress else { return nil }
        var word = Word()
        func flush() {
            if !word.bytes.isEmpty { spell(word, into: &output, ranges) }
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
        return nil
    }

    private func spell(
        _ word: Word, into output: inout IDBuffer, _ ranges: ((Range<Int>) -> Void)?
    ) {
        let bytes = word.bytes
        func range(_ part: Range<Int>) -> Range<Int> {
            word.sources[part.lowerBound].lowerBound..<word.sources[part.upperBound - 1].upperBound
        }
        func giveUp() {
            output.append(unknown)
            ranges?(range(bytes.indices))
        }
        guard word.scalars <= longestWord else { return giveUp() }
        var spelled: [(id: Int32, part: Range<Int>)] = []
        var start = 0
        var candidate: [UInt8] = []
        while start < bytes.count {
            candidate.removeAll(keepingCapacity: true)
            if start > 0 { candidate.append(contentsOf: prefix) }
            let lead = candidate.count
            candidate.append(contentsOf: bytes[start..<min(bytes.count, start + longestPiece)])
            var found: Int32?
            while candidate.count > lead {
                if let piece = pieces.find(candidate) {
                    found = ids[piece]
                    break
                }
                // Whole scalars at a time.
                while let last = candidate.popLast(), last & 0xC0 == 0x80, candidate.count > lead {}
            }
            guard let found else { return giveUp() }
            spelled.append((found, start..<start + candidate.count - lead))
            start += candidate.count - lead
        }
        for (id, part) in spelled {
            output.append(id)
            ranges?(range(part))
        }
    }

    /// Tokens as text: pieces of a word joined, words apart, and the spaces before English
    /// contractions and punctuation taken out.
    func text(of tokens: [[UInt8]]) -> String {
        var result = ""
        for (index, token) in tokens.enumerated() {
            var piece = token
            if index > 0 {
                if piece.starts(with: prefix) {
                    piece.removeFirst(prefix.count)
                } else {
                    piece.insert(UInt8(ascii: " "), at: 0)
                }
            }
            result += Self.tidied(String(decoding: piece, as: UTF8.self))
        }
        return result
    }

    private static let tidies: [(String, String)] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
        (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]

    private static func tidied(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for (from, to) in tidies {
            let (old, new) = (Array(from.utf8), Array(to.utf8))
            var index = 0
            while index + old.count <= bytes.count {
                if bytes[index..<index + old.count].elementsEqual(old) {
                    bytes.replaceSubrange(index..<index + old.count, with: new)
                    index += new.count
                } else {
                    index += 1
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
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
