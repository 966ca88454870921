/// Byte-pair encoding over the characters of a piece, with all that published files ask of it: unknown
/// characters by their bytes or as one token, marks on the pieces within and at the end of a word, whole words first.
struct SymbolPairEncoder: Sendable {
    struct Options: Sendable {
        var unknown: Int32?
        /// Unknown characters in a row are one token.
        var fusesUnknown = false
        /// Unknown characters are spelled with the tokens of their bytes.
        var usesByteTokens = false
        /// A piece that is a token is that token, whatever the merges say.
        var ignoresMerges = false
        /// What a character has before it that does not begin a word.
        var continuingPrefix: [UInt8] = []
        /// What a character has after it that ends a word.
        var endOfWordSuffix: [UInt8] = []
    }

    let options: Options
    let spellings: SpellingTable
    /// The merges, the earliest first.
    let rules: [BytePairEncoder.Rule]
    private let merges: PairTable
    private let byteTokens: [Int32]
    /// Whether parts of a piece can be encoded by themselves.
    private let canCut: Bool
    /// The tokens of ASCII characters alone, -1 for none; not to be used for marked ones.
    private let ascii: [Int32]

    init(spellings: SpellingTable, rules: [BytePairEncoder.Rule], options: Options) {
        self.spellings = spellings
        self.rules = rules
        self.options = options
        merges = BytePairEncoder.table(of: rules)
        byteTokens = options.usesByteTokens ? spellings.byteTokens() : []
        ascii = (0..<128).map { spellings.find([UInt8($0)]) ?? -1 }
        // Where characters are left out the offsets of all that follows in the piece shift.
        let leavesOut = options.unknown == nil && (byteTokens.isEmpty || byteTokens.contains(-1))
        canCut =
            !leavesOut && options.continuingPrefix.isEmpty && options.endOfWordSuffix.isEmpty
            && PartCache.canCut(spellings)
    }

    /// Appends the tokens of the piece `range` of `text`.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into sink: inout TokenSink
    ) {
        let piece = UnsafeBufferPointer(rebasing: text[range])
        if options.ignoresMerges, let id = spellings.find(piece) {
            sink.append(id, range)
            return
        }
        guard canCut, range.count > PartCache.longestPart else {
            return append(symbols(of: piece), range, to: &sink)
        }
        var cache = PartCache()
        PartCache.forEachPart(of: text, range) { part in
            _ = cache.encode(text, part, into: &sink) { sink in
                append(
                    symbols(of: UnsafeBufferPointer(rebasing: text[part])), part, to: &sink)
                return nil
            }
        }
    }

    private func append(_ symbols: Symbols, _ range: Range<Int>, to sink: inout TokenSink) {
        var start = range.lowerBound
        for (id, length) in zip(symbols.ids, symbols.lengths) {
            // Characters left out for want of a token leave no gap, as in the reference.
            // The bytes of a mark, of which the text has none, may go beyond its end.
            let end = min(start + Int(length), range.upperBound)
            sink.append(id, start..<end)
            start = end
        }
    }

    /// The tokens of a piece, or of a part of one that can be encoded by itself.
    private func symbols(of piece: UnsafeBufferPointer<UInt8>) -> Symbols {
        var symbols = Symbols()
        symbols.reserve(piece.count)
        var marked: [UInt8] = []
        var index = 0
        while index < piece.count {
            let (_, length) = UTF8Scalars.decode(piece, at: index)
            let isMarked =
                index > 0 && !options.continuingPrefix.isEmpty
                || index + length == piece.count && !options.endOfWordSuffix.isEmpty
            let id: Int32
            if isMarked {
                marked.removeAll(keepingCapacity: true)
                if index > 0 { marked += options.continuingPrefix }
                marked += piece[index..<index + length]
                if index + length == piece.count { marked += options.endOfWordSuffix }
                id = spellings.find(marked) ?? -1
            } else if length == 1 {
                id = piece[index] < 128 ? ascii[Int(piece[index])] : -1
            } else {
                id =
                    spellings.find(UnsafeBufferPointer(rebasing: piece[index..<index + length]))
                    ?? -1
            }
            if id >= 0 {
                symbols.append(id, length)
            } else if isMarked {
                appendUnknown(marked, length, to: &symbols)
            } else {
                appendUnknown(Array(piece[index..<index + length]), length, to: &symbols)
            }
            index += length
        }
        symbols.endUnknown()
        merges.withLookup { lookup in
            PairMerging.merge(&symbols.ids, &symbols.lengths, lookup)
        }
        return symbols
    }

    private struct Symbols {
        var ids: [Int32] = []
        var lengths: [Int32] = []
        private var unknown: (id: Int32, length: Int)?

        mutating func reserve(_ count: Int) {
            ids.reserveCapacity(count)
            lengths.reserveCapacity(count)
        }

        mutating func append(_ id: Int32, _ length: Int) {
            endUnknown()
            ids.append(id)
            lengths.append(Int32(length))
        }

        /// Bytes do not end a run of unknown characters: it is put down after them, as in the reference.
        mutating func appendByte(_ id: Int32) {
            ids.append(id)
            lengths.append(1)
        }

        mutating func appendUnknown(_ id: Int32, _ length: Int, fuses: Bool) {
            if fuses, let open = unknown {
                unknown = (open.id, open.length + length)
            } else {
                endUnknown()
                unknown = (id, length)
            }
        }

        mutating func endUnknown() {
            guard let open = unknown else { return }
            ids.append(open.id)
            lengths.append(Int32(open.length))
            unknown = nil
        }
    }

    private func appendUnknown(_ spelling: [UInt8], _ length: Int, to symbols: inout Symbols) {
        if options.usesByteTokens, spelling.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
            for byte in spelling { symbols.appendByte(byteTokens[Int(byte)]) }
        } else if let unknown = options.unknown {
            symbols.appendUnknown(unknown, length, fuses: options.fusesUnknown)
        }
    }
}

/// Merges pairs of neighbours, the earliest rule first, the leftmost of equal ones.
enum PairMerging {
    /// Merges `ids` in place; `lengths` are added up.
    ///
    /// - Parameter noting: As in `starts(afterMerging:)`.
    static func merge(
        _ ids: inout [Int32], _ lengths: inout [Int32], _ merges: PairLookup,
        noting: ((BytePairEncoder.Rule) -> Void)? = nil
    ) {
        guard ids.count > 1 else { return }
        if ids.count <= longestScan, noting == nil { return scan(&ids, &lengths, merges) }
        let starts = starts(afterMerging: &ids, merges, noting: noting)
        var merged: [Int32] = []
        merged.reserveCapacity(starts.count)
        for (number, start) in starts.enumerated() {
            let end = number + 1 < starts.count ? Int(starts[number + 1]) : lengths.count
            merged.append(lengths[Int(start)..<end].reduce(0, &+))
        }
        lengths = merged
    }

    /// Up to this many tokens the best pair is looked for anew each time, which is quadratic, and the fastest for words.
    private static var longestScan: Int { 32 }

    private static func scan(
        _ ids: inout [Int32], _ lengths: inout [Int32], _ merges: PairLookup
    ) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: longestScan) { found in
            var count = ids.count
            for index in 0..<count - 1 {
                found[index] = merges.find(PairTable.key(ids[index], ids[index + 1]))
            }
            while count > 1 {
                var best = 0
                // Of equal ranks, which different tokens may have, the leftmost counts.
                for index in 1..<max(count - 1, 1)
                where found[index] >> 32 < found[best] >> 32 { best = index }
                if found[best] == PairTable.missing { break }
                ids[best] = Int32(truncatingIfNeeded: found[best])
                lengths[best] += lengths[best + 1]
                count -= 1
                for index in best + 1..<max(count, best + 1) {
                    ids[index] = ids[index + 1]
                    lengths[index] = lengths[index + 1]
                }
                for index in best..<max(count - 1, best) { found[index] = found[index + 1] }
                if best > 0 {
                    found[best - 1] = merges.find(PairTable.key(ids[best - 1], ids[best]))
                }
                if best < count - 1 {
                    found[best] = merges.find(PairTable.key(ids[best], ids[best + 1]))
                }
            }
            ids.removeLast(ids.count - count)
            lengths.removeLast(lengths.count - count)
        }
    }

    /// Merges `ids` in place and gives the place at which each of the tokens left began.
    ///
    /// - Parameter noting: Called with every pair that could be merged, when it comes to stand side by side.
    static func starts(
        afterMerging ids: inout [Int32], _ merges: PairLookup,
        noting: ((BytePairEncoder.Rule) -> Void)? = nil
    ) -> [Int32] {
        let count = ids.count
        var next = (0..<count).map { Int32($0 + 1) }
        var previous = (0..<count).map { Int32($0 - 1) }
        // The rank of the pair each token makes with its right neighbour; candidates in the heap
        // whose rank is no longer that of their position have gone stale.
        var ranks = [UInt32](repeating: .max, count: count)
        var heap = MinimumHeap(capacity: count)

        func rank(_ position: Int, _ heap: inout MinimumHeap) {
            let right = Int(next[position])
            var rank = UInt32.max
            if right < count {
                let value = merges.find(PairTable.key(ids[position], ids[right]))
                rank = UInt32(truncatingIfNeeded: value >> 32)
                if value != PairTable.missing {
                    heap.push(UInt64(rank) << 32 | UInt64(position))
                    noting?((ids[position], ids[right], Int32(truncatingIfNeeded: value)))
                }
            }
            ranks[position] = rank
        }

        for position in 0..<count { rank(position, &heap) }
        while let candidate = heap.pop() {
            let position = Int(candidate & 0xFFFF_FFFF)
            guard ranks[position] == UInt32(candidate >> 32) else { continue }
            let right = Int(next[position])
            let value = merges.find(PairTable.key(ids[position], ids[right]))
            ids[position] = Int32(truncatingIfNeeded: value)
            ranks[right] = .max
            next[position] = next[right]
            if Int(next[right]) < count { previous[Int(next[right])] = Int32(position) }
            if previous[position] >= 0 { rank(Int(previous[position]), &heap) }
            rank(position, &heap)
        }
        var starts: [Int32] = []
        var merged: [Int32] = []
        var position = 0
        while position < count {
            starts.append(Int32(position))
            merged.append(ids[position])
            position = Int(next[position])
        }
        ids = merged
        return starts
    }
}
