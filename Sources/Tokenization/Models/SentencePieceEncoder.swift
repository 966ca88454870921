/// What a piece of a SentencePiece model is for; the numbers are those of the file.
enum PieceKind: Int, Sendable {
    case normal = 1
    case unknown
    /// Matched in no text, and decoded as none.
    case control
    /// Always a token of its own where it stands in a text.
    case userDefined
    /// Not to be had as a token.
    case unused
    /// A byte of what has no token.
    case byte

    /// The kinds whose pieces a `tokenizer.json` lists by their ids.
    static var listed: [(kind: PieceKind, name: String)] {
        [
            (.control, "control"), (.userDefined, "user_defined"), (.unused, "unused"),
            (.byte, "byte"),
        ]
    }
}

/// SentencePiece's byte-pair encoding: over the characters of a text as a whole, the pair with the highest score first,
/// the leftmost of equal ones; characters without a piece are unknown, or spelled with the pieces of their bytes.
struct SentencePieceEncoder: Sendable {
    let spellings: SpellingTable
    /// The score of each id.
    let scores: [Float]
    let kinds: [PieceKind]
    let unknown: Int32
    let usesByteTokens: Bool
    /// The merges, the earliest first, without those of characters that are no pieces.
    let rules: [BytePairEncoder.Rule]
    /// The pieces, and after them characters that only merges know, with ids beyond those of the vocabulary.
    private let symbols: SpellingTable
    private let merges: PairTable
    /// The user-defined pieces.
    private let fixed: PrefixTree
    private let byteTokens: [Int32]
    /// The number of bytes of each symbol.
    private let lengths: [Int32]
    private let hasUnused: Bool
    /// Whether parts of a text can be encoded by themselves.
    private let canCut: Bool

    /// The id of a character that nothing knows.
    private static var nothing: Int32 { .min }
    /// Ids of pieces that are not merged are below this, by their distance from it.
    private static var fixedBase: Int32 { -2 }

    /// - Returns: nil if a piece is too long to be taken apart.
    init?(
        spellings: SpellingTable, scores: [Float], kinds: [PieceKind], unknown: Int32,
        usesByteTokens: Bool
    ) {
        self.spellings = spellings
        self.scores = scores
        self.kinds = kinds
        self.unknown = unknown
        self.usesByteTokens = usesByteTokens
        byteTokens = usesByteTokens ? spellings.byteTokens() : []
        hasUnused = kinds.contains(.unused)
        // What an unused piece is taken apart to depends on the whole text.
        let sign = spellings.find(SentencePieceNormalizer.sign)
        canCut = !hasUnused && sign.map { kinds[Int($0)] } == .normal && PartCache.canCut(spellings)
        var symbols = spellings
        var lengths = [Int32](repeating: 0, count: kinds.count)
        var fixed = PrefixTree()
        var merged: [(number: Int, id: Int32)] = []
        for number in 0..<spellings.count {
            let (spelling, id) = spellings[number]
            lengths[Int(id)] = Int32(spelling.count)
            switch kinds[Int(id)] {
            case .userDefined: fixed.insert(spelling, id)
            case .normal, .unused: merged.append((number, id))
            case .unknown, .control, .byte: break
            }
        }
        for (number, _) in merged {
            let spelling = Array(spellings[number].spelling)
            spelling.withUnsafeBufferPointer { text in
                var index = 0
                while index < text.count {
                    let length = UTF8Scalars.decode(text, at: index).length
                    let character = UnsafeBufferPointer(rebasing: text[index..<index + length])
                    if symbols.find(character) == nil {
                        symbols.append(character, id: Int32(lengths.count))
                        lengths.append(Int32(length))
                    }
                    index += length
                }
            }
        }
        let ordered = merged.sorted {
            let (left, right) = (scores[Int($0.id)], scores[Int($1.id)])
            return left == right ? $0.id < $1.id : left > right
        }
        var rules: [BytePairEncoder.Rule] = []
        var merges = PairTable(capacity: merged.count)
        var rank: UInt64 = 0
        var last = Float.infinity
        for (number, id) in ordered {
            if scores[Int(id)] < last { rank += 1 }
            last = scores[Int(id)]
            guard let splits = symbols.splits(of: spellings[number].spelling) else { return nil }
            for (left, right) in splits {
                rules.append((left, right, id))
                merges.insert(
                    PairTable.key(left, right), rank << 32 | UInt64(UInt32(bitPattern: id)))
            }
        }
        self.rules = rules
        self.symbols = symbols
        self.lengths = lengths
        self.merges = merges
        self.fixed = fixed
    }

    /// Whether what the merges do can be said by merges of pieces alone, one rank each.
    var isPlain: Bool {
        lengths.count == kinds.count && !hasUnused && !kinds.contains(.userDefined)
            && Set(rules.map { scores[Int($0.result)] }).count == Set(rules.map(\.result)).count
    }

    /// Appends the tokens of the part `range` of `text`.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into sink: inout TokenSink
    ) {
        guard canCut else { return encodePart(text, range, into: &sink) }
        var cache = PartCache()
        PartCache.forEachPart(of: text, range) { part in
            _ = cache.encode(text, part, into: &sink) { sink in
                encodePart(text, part, into: &sink)
                return nil
            }
        }
    }

    private func encodePart(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into sink: inout TokenSink
    ) {
        let text = UnsafeBufferPointer(rebasing: text[range])
        var (ids, lengths): ([Int32], [Int32]) = ([], [])
        // What each unused piece was last about to be made of.
        var origins: [Int32: (left: Int32, right: Int32)] = [:]
        symbolize(text, &ids, &lengths)
        merges.withLookup { merges in
            guard hasUnused else { return PairMerging.merge(&ids, &lengths, merges) }
            PairMerging.merge(&ids, &lengths, merges) { rule in
                if kinds[Int(rule.result)] == .unused {
                    origins[rule.result] = (rule.left, rule.right)
                }
            }
        }
        var writer = Writer(text: text, start: range.lowerBound)
        for (id, length) in zip(ids, lengths) { append(id, length, origins, &writer, &sink) }
        writer.finish(&sink, self)
    }

    /// The symbols that `text` begins as.
    private func symbolize(
        _ text: UnsafeBufferPointer<UInt8>, _ ids: inout [Int32], _ lengths: inout [Int32]
    ) {
        ids.reserveCapacity(text.count)
        lengths.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if let (end, id) = fixed.longestPrefix(of: text, from: index) {
                ids.append(Self.fixedBase - id)
                lengths.append(Int32(end - index))
                index = end
                continue
            }
            let length = UTF8Scalars.decode(text, at: index).length
            let character = UnsafeBufferPointer(rebasing: text[index..<index + length])
            ids.append(symbols.find(character) ?? Self.nothing)
            lengths.append(Int32(length))
            index += length
        }
    }

    /// Appends a symbol of `length` bytes; unused ones as what they were made of.
    private func append(
        _ id: Int32, _ length: Int32, _ origins: [Int32: (left: Int32, right: Int32)],
        _ writer: inout Writer, _ sink: inout TokenSink
    ) {
        if id >= 0, id < kinds.count, kinds[Int(id)] == .unused, let pair = origins[id] {
            let first = lengths[Int(pair.left)]
            append(pair.left, first, origins, &writer, &sink)
            append(pair.right, length - first, origins, &writer, &sink)
            return
        }
        let isFixed = id <= Self.fixedBase && id != Self.nothing
        let isNormal = id >= 0 && id < kinds.count && kinds[Int(id)] == .normal
        writer.append(
            isFixed ? Self.fixedBase - id : isNormal ? id : unknown, Int(length), to: &sink, self)
    }

    /// Puts down tokens, unknown ones in a row as one.
    private struct Writer {
        private let text: UnsafeBufferPointer<UInt8>
        /// Where the text begins in the whole.
        private let start: Int
        private var position = 0
        private var unknownStart: Int?

        init(text: UnsafeBufferPointer<UInt8>, start: Int) {
            self.text = text
            self.start = start
        }

        mutating func append(
            _ id: Int32, _ length: Int, to sink: inout TokenSink, _ encoder: SentencePieceEncoder
        ) {
            let place = position..<position + length
            defer { position += length }
            if id != encoder.unknown {
                finish(&sink, encoder)
                sink.append(id, place.lowerBound + start..<place.upperBound + start)
            } else if encoder.usesByteTokens {
                sink.append(bytesOf: place, in: text, encoder.byteTokens, from: start)
            } else if unknownStart == nil {
                unknownStart = position
            }
        }

        mutating func finish(_ sink: inout TokenSink, _ encoder: SentencePieceEncoder) {
            guard let first = unknownStart else { return }
            sink.append(encoder.unknown, first + start..<position + start)
            unknownStart = nil
        }
    }
}
