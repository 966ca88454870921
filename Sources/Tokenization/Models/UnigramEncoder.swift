/// The unigram model (Kudo 2018): every token has a score, its log probability, and of all ways to spell
/// a piece the one with the highest sum is taken.
struct UnigramEncoder: Sendable {
    let spellings: SpellingTable
    /// The score of each id in the file.
    let scores: [Double]
    let unknown: Int32?
    let usesByteTokens: Bool
    /// What each piece is for, if it is done as SentencePiece does it and not as Hugging Face.
    let kinds: [PieceKind]?
    /// The score of each id where text is spelled.
    private let spellingScores: [Double]
    private let byteTokens: [Int32]
    private let unknownScore: Double
    private let prefixes: PrefixTree

    init(
        spellings: SpellingTable, scores: [Double], kinds: [PieceKind]? = nil, unknown: Int32?,
        usesByteTokens: Bool
    ) {
        self.spellings = spellings
        self.scores = scores
        self.kinds = kinds
        self.unknown = unknown
        self.usesByteTokens = usesByteTokens
        byteTokens = usesByteTokens ? spellings.byteTokens() : []
        var spellingScores = scores
        let normal = kinds.map { kinds in
            scores.indices.lazy.filter { kinds[$0] == .normal }.map { scores[$0] }
        }
        // SentencePiece's penalty for what no token spells.
        unknownScore =
            normal.map { Double(Float($0.reduce(Double(Float.greatestFiniteMagnitude), min)) - 10) }
            ?? (scores.min() ?? 0) - 10
        var prefixes = PrefixTree()
        for number in 0..<spellings.count {
            let (spelling, id) = spellings[number]
            switch kinds?[Int(id)] {
            case nil, .normal?: break
            case .userDefined?:
                // Whatever its own score: in favour of the longest, but not at any price.
                spellingScores[Int(id)] = Double(Float(Double(spelling.count - 1) * 0.1))
            case .unknown?, .control?, .unused?, .byte?: continue
            }
            prefixes.insert(spelling, id)
        }
        self.spellingScores = spellingScores
        self.prefixes = prefixes
    }

    private struct Best {
        var score = 0.0
        var start: Int32 = -1
        var id: Int32 = -1
    }

    /// Appends the tokens of the piece `range` of `text`.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into sink: inout TokenSink
    ) -> EncodingFailure? {
        let piece = UnsafeBufferPointer(rebasing: text[range])
        // SentencePiece adds up in single precision, Hugging Face in double precision.
        let rounds = kinds != nil
        var best = [Best](repeating: Best(), count: piece.count + 1)
        var start = 0
        while start < piece.count {
            let score = best[start].score
            let (value, length) = UTF8Scalars.decode(piece, at: start)
            var hasCharacter = false
            prefixes.forEachPrefix(of: piece, from: start) { end, id in
                let sum = spellingScores[Int(id)] + score
                let candidate = rounds ? Double(Float(sum)) : sum
                if best[end].start < 0 || candidate > best[end].score {
                    best[end] = Best(score: candidate, start: Int32(start), id: id)
                }
                if end - start == length { hasCharacter = true }
            }
            if !hasCharacter {
                guard let unknown else {
                    return .scalar(value, offset: range.lowerBound + start)
                }
                let end = start + length
                let sum = unknownScore + score
                let candidate = rounds ? Double(Float(sum)) : sum
                if best[end].start < 0 || candidate > best[end].score {
                    best[end] = Best(score: candidate, start: Int32(start), id: unknown)
                }
            }
            start += length
        }
        var spans: [(range: Range<Int>, isUnknown: Bool, id: Int32)] = []
        var end = piece.count
        while end > 0 {
            let start = Int(best[end].start)
            let isUnknown = best[end].id == unknown
            // Unknown characters in a row are one token.
            if isUnknown, !rounds || !usesByteTokens, let last = spans.last, last.isUnknown {
                spans[spans.count - 1].range = start..<last.range.upperBound
            } else {
                spans.append((start..<end, isUnknown, best[end].id))
            }
            end = start
        }
        for span in spans.reversed() {
            let place =
                span.range.lowerBound + range.lowerBound..<span.range.upperBound
                + range.lowerBound
            append(text, span.id, span.isUnknown, place, &sink)
        }
        return nil
    }

    private func append(
        _ text: UnsafeBufferPointer<UInt8>, _ id: Int32, _ isUnknown: Bool,
        _ place: Range<Int>, _ sink: inout TokenSink
    ) {
        guard isUnknown else { return sink.append(id, place) }
        if kinds != nil {
            guard usesByteTokens else { return sink.append(id, place) }
            return sink.append(bytesOf: place, in: text, byteTokens)
        }
        let spelling = UnsafeBufferPointer(rebasing: text[place])
        if let known = spellings.find(spelling) { return sink.append(known, place) }
        if usesByteTokens, spelling.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
            for byte in spelling { sink.append(byteTokens[Int(byte)], place) }
        } else {
            sink.append(id, place)
        }
    }
}

/// A tree of strings that tells which of them text begins with.
struct PrefixTree: Sendable {
    private var root = [Int32](repeating: -1, count: 256)
    private var edges = PairTable(capacity: 1 << 10)
    /// The id of the string that ends at each node, -1 for none.
    private var ids: [Int32] = []

    /// Adds a string, not empty; of equal ones the last counts.
    mutating func insert(_ string: some Collection<UInt8>, _ id: Int32) {
        var node: Int32 = -1
        for byte in string {
            let next = node < 0 ? root[Int(byte)] : child(node, byte)
            if next >= 0 {
                node = next
                continue
            }
            let fresh = Int32(ids.count)
            ids.append(-1)
            if node < 0 {
                root[Int(byte)] = fresh
            } else {
                edges.insert(PairTable.key(node, Int32(byte)), UInt64(fresh))
            }
            node = fresh
        }
        if node >= 0 { ids[Int(node)] = id }
    }

    /// The end and the id of the longest string that stands in `text` at `start`.
    @inline(__always)
    func longestPrefix(
        of text: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> (end: Int, id: Int32)? {
        if ids.isEmpty { return nil }
        var longest: (end: Int, id: Int32)?
        forEachPrefix(of: text, from: start) { longest = ($0, $1) }
        return longest
    }

    private func child(_ node: Int32, _ byte: UInt8) -> Int32 {
        let found = edges.find(PairTable.key(node, Int32(byte)))
        return found == PairTable.missing ? -1 : Int32(truncatingIfNeeded: found)
    }

    /// Calls `body` with the end and the id of every string that stands in `text` at `start`, the shortest
    /// first.
    @inline(__always)
    func forEachPrefix(
        of text: UnsafeBufferPointer<UInt8>, from start: Int, _ body: (Int, Int32) -> Void
    ) {
        guard start < text.count else { return }
        edges.withLookup { edges in
            var node = root[Int(text[start])]
            var index = start + 1
            while node >= 0 {
                let id = ids[Int(node)]
                if id >= 0 { body(index, id) }
                if index == text.count { break }
                let found = edges.find(PairTable.key(node, Int32(text[index])))
                if found == PairTable.missing { break }
                node = Int32(truncatingIfNeeded: found)
                index += 1
            }
        }
    }
}
