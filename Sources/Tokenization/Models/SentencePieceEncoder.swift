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
        [(.control, "control"), (.userDefined, "user_defined"), (.unused, "unused"), (.byte, "byte")]
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
        let part = UnsafeBufferPointer(rebasing: text[range])
        var ids: [Int32] = []
        var starts: [Int] = []
        ids.reserveCapacity(part.count)
        starts.reserveCapacity(part.count + 1)
        var index = 0
        while index < part.count {
            starts.append(index)
            if let (end, id) = fixed.longestPrefix(of: part, from: index) {
                ids.append(Self.fixedBase - id)
                index = end
                continue
            }
            let length = UTF8Scalars.decode(part, at: index).length
            let character = UnsafeBufferPointer(rebasing: part[index..<index + length])
            ids.append(symbols.find(character) ?? Self.nothing)
            index += length
        }
        starts.append(part.count)
        // What each unused piece was last about to be made of.
        var origins: [Int32: (left: Int32, right: Int32)] = [:]
        let first = merges.withLookup { merges in
            guard hasUnused else { return PairMerging.starts(afterMerging: &ids, merges) }
            return PairMerging.starts(afterMerging: &ids, merges) { rule in
                if kinds[Int(rule.result)] == .unused {
                    origins[rule.result] = (rule.left, rule.right)
                }
            }
        }
        var writer = Writer(text: text)
        for (number, id) in ids.enumerated() {
            let start = starts[Int(first[number])]
            let end = number + 1 < ids.count ? starts[Int(first[number + 1])] : part.count
            let place = start + range.lowerBound..<end + range.lowerBound
            if id != Self.nothing, id <= Self.fixedBase {
                writer.append(Self.fixedBase - id, place, to: &sink, self)
            } else {
                appendTaken(apart: id, place, origins, &writer, &sink)
            }
        }
        writer.finish(&sink, self)
    }

    /// Appends a symbol; unused ones as what they were made of.
    private func appendTaken(
        apart id: Int32, _ place: Range<Int>, _ origins: [Int32: (left: Int32, right: Int32)],
        _ writer: inout Writer, _ sink: inout TokenSink
    ) {
        if id >= 0, id < kinds.count, kinds[Int(id)] == .unused, let pair = origins[id] {
            let middle = place.lowerBound + Int(lengths[Int(pair.left)])
            appendTaken(apart: pair.left, place.lowerBound..<middle, origins, &writer, &sink)
            appendTaken(apart: pair.right, middle..<place.upperBound, origins, &writer, &sink)
        } else {
            writer.append(id >= 0 && id < kinds.count ? id : unknown, place, to: &sink, self)
        }
    }

    /// Puts down tokens, unknown ones in a row as one.
    private struct Writer {
        let text: UnsafeBufferPointer<UInt8>
        private var open: Range<Int>?

        init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

        mutating func append(
            _ id: Int32, _ place: Range<Int>, to sink: inout TokenSink,
            _ encoder: SentencePieceEncoder
        ) {
            if id == encoder.unknown, !encoder.usesByteTokens {
                open = (open?.lowerBound ?? place.lowerBound)..<place.upperBound
                return
            }
            finish(&sink, encoder)
            if id == encoder.unknown {
                sink.append(bytesOf: place, in: text, encoder.byteTokens)
            } else {
                sink.append(id, place)
            }
        }

        mutating func finish(_ sink: inout TokenSink, _ encoder: SentencePieceEncoder) {
            if let open { sink.append(encoder.unknown, open) }
            open = nil
        }
    }
}
