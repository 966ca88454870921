/// The splitting patterns of published tokenizers, as scanners over UTF-8: many times faster than a
/// regular expression, and with the same pieces.
package enum PatternScanner: Sendable, Equatable {
    /// GPT-2's, and r50k's and p50k's.
    case gpt2
    /// That of cl100k and its followers: words with what stands before them, numbers of at most
    /// `digits` digits, line breaks with what they end.
    case cl100k(digits: Int, takesTail: Bool)
    /// That of o200k: words begin at capitals, and contractions belong to them.
    case o200k
    /// The last of DeepSeek's three.
    case deepSeek

    /// The scanner for a pattern as files write it, if there is one.
    init?(_ pattern: String, _ dialect: RegexDialect) {
        let words = #"[^\r\n\p{L}\p{N}]?\p{L}+"#
        let rest = #" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        let endings = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
        let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
        let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
        let before = #"[^\r\n\p{L}\p{N}]?"#
        switch pattern {
        case #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
            #"'s|'t|'re|'ve|'m|'ll|'d| ?[\p{L}]+| ?[\p{N}]+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
            #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#:
            self = .gpt2
        case #"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"#
        where dialect == .rust:
            self = .gpt2
        case #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"#
        where dialect == .rust:
            self = .cl100k(digits: 3, takesTail: true)
        // The same as Oniguruma wants it.
        case #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+\z|\s*[\r\n]|\s+(?!\S)|\s"#:
            self = .cl100k(digits: 3, takesTail: true)
        case "\(endings)|\(words)|\\p{N}{1,3}|\(rest)",
            "'(?i:[sdmt]|ll|ve|re)|\(words)|\\p{N}{1,3}|\(rest)",
            #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#:
            self = .cl100k(digits: 3, takesTail: false)
        case "\(endings)|\(words)|\\p{N}|\(rest)":
            self = .cl100k(digits: 1, takesTail: false)
        case "\(endings)|\(words)|\\p{N}+|\(rest)":
            self = .cl100k(digits: .max, takesTail: false)
        case "\(before)\(upper)*\(lower)+\(endings)?|\(before)\(upper)+\(lower)*\(endings)?|"
            + #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#:
            self = .o200k
        case ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##:
            self = .deepSeek
        default: return nil
        }
    }

    /// Whether every scalar is part of a piece.
    var coversText: Bool { self != .deepSeek }

    /// Where the piece that begins at `start`, below the count, ends; `start` if none begins there.
    @inline(__always)
    func pieceEnd(in reader: KindReader, from start: Int) -> Int {
        switch self {
        case .gpt2: Self.gpt2End(reader, start)
        case .cl100k(let digits, let takesTail):
            Self.cl100kEnd(reader, start, digits: digits, takesTail: takesTail)
        case .o200k: Self.o200kEnd(reader, start)
        case .deepSeek: Self.deepSeekEnd(reader, start)
        }
    }

    /// Calls `body` with the pieces of `range`, and the stretches between them, in order.
    func forEachSpan(
        in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>, Bool) -> Void
    ) {
        _ = KindReader.reading(UnsafeBufferPointer(rebasing: text[range])) { reader in
            let shift = range.lowerBound
            var start = 0
            while start < reader.count {
                let isPiece = pieceEnd(in: reader, from: start) > start
                let end = spanEnd(in: reader, from: start)
                body(start + shift..<end + shift, isPiece)
                start = end
            }
        }
    }

    /// Calls `body` with the range of every piece of `text`, in order, until it says no. The ranges cover the text; bytes that
    /// are not valid UTF-8 count as neither letter, number nor space, so that any bytes can be cut.
    package func forEachPiece(
        of text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Bool
    ) {
        _ = KindReader.reading(text) { reader in
            var start = 0
            while start < reader.count {
                let end = spanEnd(in: reader, from: start)
                if !body(start..<end) { return }
                start = end
            }
        }
    }

    /// Where the piece that begins at `start` ends, or if none does the stretch up to the next piece.
    @inline(__always)
    func spanEnd(in reader: KindReader, from start: Int) -> Int {
        var end = pieceEnd(in: reader, from: start)
        guard end == start else { return end }
        repeat {
            end += reader.scalar(at: end).length
        } while end < reader.count && pieceEnd(in: reader, from: end) == end
        return end
    }

    // MARK: - The patterns

    private static var symbolOrPunctuation: ScalarKinds { [.symbol, .punctuation] }
    private static var wordOrMark: ScalarKinds { [.letter, .mark] }

    @inline(__always)
    static func gpt2End(_ reader: KindReader, _ start: Int) -> Int {
        let first = reader.text[start]
        if first == UInt8(ascii: "'") {
            let length = reader.contraction(at: start)
            // GPT-2 knows them in small letters alone.
            if length > 0,
                (start + 1..<start + length).allSatisfy({ (0x61...0x7A).contains(reader.text[$0]) })
            {
                return start + length
            }
        }
        var (kind, length) = reader.scalar(at: start)
        var index = start
        if first == UInt8(ascii: " "), start + 1 < reader.count {
            let next = reader.scalar(at: start + 1)
            if next.kind.isDisjoint(with: .space) {
                (kind, length, index) = (next.kind, next.length, start + 1)
            }
        }
        index += length
        if !kind.isDisjoint(with: .space) { return plainSpaceEnd(reader, start) }
        // One loop for all three, which the processor foresees better than three.
        let isWord = !kind.isDisjoint(with: .letter)
        let run = isWord ? .letter : kind.isDisjoint(with: .number) ? .others : ScalarKinds.number
        return reader.runEnd(run, from: index)
    }

    /// `\s+(?!\S)|\s+`
    @inline(never)
    private static func plainSpaceEnd(_ reader: KindReader, _ start: Int) -> Int {
        var (index, last) = (start, start)
        while index < reader.count {
            let (kind, length) = reader.scalar(at: index)
            if kind.isDisjoint(with: .space) { return last > start ? last : index }
            last = index
            index += length
        }
        return index
    }

    @inline(__always)
    private static func cl100kEnd(
        _ reader: KindReader, _ start: Int, digits: Int, takesTail: Bool
    ) -> Int {
        if reader.text[start] == UInt8(ascii: "'") {
            let length = reader.contraction(at: start)
            if length > 0 { return start + length }
        }
        let (kind, length) = reader.scalar(at: start)
        let index = start + length
        if !kind.isDisjoint(with: .letter) { return reader.runEnd(.letter, from: index) }
        if !kind.isDisjoint(with: .number) {
            return reader.runEnd(.number, from: index, limit: digits - 1)
        }
        var next = ScalarKinds()
        if index < reader.count {
            let (nextKind, nextLength) = reader.scalar(at: index)
            if kind != .newline, !nextKind.isDisjoint(with: .letter) {
                return reader.runEnd(.letter, from: index + nextLength)
            }
            next = nextKind
        }
        if !kind.isDisjoint(with: .space) {
            guard reader.text[start] == UInt8(ascii: " "), !next.isDisjoint(with: .others) else {
                return reader.spaceEnd(from: start, takesTail: takesTail)
            }
        }
        return reader.runEnd(.newline, from: reader.runEnd(.others, from: index))
    }

    private static func o200kEnd(_ reader: KindReader, _ start: Int) -> Int {
        let (kind, length) = reader.scalar(at: start)
        let index = start + length
        let mayPrecede = kind != .newline && kind.isDisjoint(with: [.letter, .number])
        let isWord = !kind.isDisjoint(with: [.letter, .mark])
        if mayPrecede, let end = smallWordEnd(reader, index) { return end }
        if isWord, let end = smallWordEnd(reader, start) { return end }
        if mayPrecede, let end = capitalWordEnd(reader, index) { return end }
        if isWord, let end = capitalWordEnd(reader, start) { return end }
        if !kind.isDisjoint(with: .number) {
            return reader.runEnd(.number, from: index, limit: 2)
        }
        if !kind.isDisjoint(with: .space) {
            let next = index < reader.count ? reader.scalar(at: index).kind : []
            guard reader.text[start] == UInt8(ascii: " "), !next.isDisjoint(with: .others) else {
                return reader.spaceEnd(from: start, takesTail: false)
            }
        }
        var end = reader.runEnd(.others, from: index)
        while end < reader.count, [0x0A, 0x0D, 0x2F].contains(reader.text[end]) { end += 1 }
        return end
    }

    /// The end of capitals, as many as there are, and at least one small letter, with a contraction.
    private static func smallWordEnd(_ reader: KindReader, _ start: Int) -> Int? {
        var index = start
        // Where the last scalar ends that could be of either part.
        var either: Int?
        while index < reader.count {
            let (kind, length) = reader.scalar(at: index)
            if kind.isDisjoint(with: .upper) { break }
            index += length
            if !kind.isDisjoint(with: .lower) { either = index }
        }
        let end = reader.runEnd(.lower, from: index)
        let wordEnd: Int
        if end > index { wordEnd = end } else if let either { wordEnd = either } else { return nil }
        return wordEnd + reader.contraction(at: wordEnd)
    }

    /// The end of at least one capital and what small letters follow, with a contraction.
    private static func capitalWordEnd(_ reader: KindReader, _ start: Int) -> Int? {
        let capitals = reader.runEnd(.upper, from: start)
        guard capitals > start else { return nil }
        let end = reader.runEnd(.lower, from: capitals)
        return end + reader.contraction(at: end)
    }

    private static func deepSeekEnd(_ reader: KindReader, _ start: Int) -> Int {
        let first = reader.text[start]
        func isASCIILetter(_ index: Int) -> Bool {
            index < reader.count && (0x61...0x7A).contains(reader.text[index] | 0x20)
                && reader.text[index] < 0x80
        }
        let (kind, length) = reader.scalar(at: start)
        var index = start + length
        if first < 0x80, !kind.isDisjoint(with: symbolOrPunctuation), isASCIILetter(index) {
            while isASCIILetter(index) { index += 1 }
            return index
        }
        let mayPrecede =
            kind != .newline && kind.isDisjoint(with: .letter)
            && kind.isDisjoint(with: symbolOrPunctuation)
        let next = index < reader.count ? reader.scalar(at: index).kind : []
        if mayPrecede, !next.isDisjoint(with: wordOrMark) {
            return reader.runEnd(wordOrMark, from: index)
        }
        if !kind.isDisjoint(with: wordOrMark) { return reader.runEnd(wordOrMark, from: index) }
        if !kind.isDisjoint(with: symbolOrPunctuation)
            || first == UInt8(ascii: " ") && !next.isDisjoint(with: symbolOrPunctuation)
        {
            return reader.runEnd(
                .newline, from: reader.runEnd(symbolOrPunctuation, from: index))
        }
        if !kind.isDisjoint(with: .space) { return reader.spaceEnd(from: start, takesTail: false) }
        return start
    }
}
