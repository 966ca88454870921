/// Encodes the pieces of one text: the working memory of one call of `encode`.
struct PieceEncoder: ~Copyable {
    /// Up to this many bytes a piece is merged by repeated scans; beyond, with a heap.
    private static var longestShortPiece: Int { 64 }

    private let merges: PairLookup
    private let byteIDs: UnsafePointer<Int32>
    private let cache: PieceCache
    /// The tokens by their bytes, if whole pieces come first.
    private let whole: SpellingTable?
    /// The tokens of the piece being merged.
    private let ids: UnsafeMutablePointer<Int32>
    /// What `merges` says of each token and its right neighbour.
    private let found: UnsafeMutablePointer<UInt64>

    /// An encoder for a text of `byteCount` bytes. The tables must outlive it.
    init(
        merges: PairLookup, byteIDs: UnsafePointer<Int32>, byteCount: Int,
        whole: SpellingTable? = nil
    ) {
        self.merges = merges
        self.whole = whole
        self.byteIDs = byteIDs
        cache = PieceCache(byteCount: byteCount)
        ids = .allocate(capacity: Self.longestShortPiece)
        found = .allocate(capacity: Self.longestShortPiece)
    }

    deinit {
        ids.deallocate()
        found.deallocate()
    }

    /// Appends the ids of the piece `range` of the `count` bytes at `text`.
    @inline(__always)
    mutating func encode(
        _ text: UnsafePointer<UInt8>, _ range: Range<Int>, of count: Int,
        into output: inout IDBuffer
    ) -> EncodingFailure? {
        let piece = text + range.lowerBound
        if range.count == 1 {
            output.append(byteIDs[Int(piece[0])])
        } else if range.count <= PieceCache.longestPiece {
            let key = PieceCache.key(
                piece, count: range.count, readable: count - range.lowerBound)
            if let known = cache.find(key) {
                output.repeatIDs(from: known.start, count: known.count)
            } else {
                let start = output.count
                if !encodeWhole(piece, count: range.count, into: &output) {
                    encodeShort(piece, count: range.count, into: &output)
                }
                cache.insert(key, start: start, count: output.count - start)
            }
        } else if encodeWhole(piece, count: range.count, into: &output) {
            return nil
        } else if range.count <= Self.longestShortPiece {
            encodeShort(piece, count: range.count, into: &output)
        } else if range.count <= Int(Int32.max) {
            encodeLong(piece, count: range.count, into: &output)
        } else {
            return .tooLong(offset: range.lowerBound)
        }
        return nil
    }

    /// Merges by scanning for the best pair: quadratic, and the fastest way for a word.
    private mutating func encodeShort(
        _ piece: UnsafePointer<UInt8>, count: Int, into output: inout IDBuffer
    ) {
        for index in 0..<count { ids[index] = byteIDs[Int(piece[index])] }
        for index in 0..<count - 1 {
            found[index] = merges.find(PairTable.key(ids[index], ids[index + 1]))
        }
        var count = count
        while count > 1 {
            // The rank is in the upper half, so that the smallest value is the earliest rule.
            var best = 0
            var smallest = found[0]
            for index in 1..<max(count - 1, 1) where found[index] < smallest {
                best = index
                smallest = found[index]
            }
            if smallest == PairTable.missing { break }
            ids[best] = Int32(truncatingIfNeeded: smallest)
            count -= 1
            for index in best + 1..<max(count, best + 1) { ids[index] = ids[index + 1] }
            for index in best..<max(count - 1, best) { found[index] = found[index + 1] }
            if best > 0 { found[best - 1] = merges.find(PairTable.key(ids[best - 1], ids[best])) }
            if best < count - 1 {
                found[best] = merges.find(PairTable.key(ids[best], ids[best + 1]))
            }
        }
        output.append(ids, count: count)
    }

    /// Merges with a heap of candidates over a linked list of tokens: n log n.
    private mutating func encodeLong(
        _ piece: UnsafePointer<UInt8>, count: Int, into output: inout IDBuffer
    ) {
        var ids = (0..<count).map { byteIDs[Int(piece[$0])] }
        _ = PairMerging.starts(afterMerging: &ids, merges)
        for id in ids { output.append(id) }
    }

    /// Appends the token that the piece is, if it is one and that is what counts.
    private func encodeWhole(
        _ piece: UnsafePointer<UInt8>, count: Int, into output: inout IDBuffer
    ) -> Bool {
        guard let whole, let id = whole.find(UnsafeBufferPointer(start: piece, count: count)) else {
            return false
        }
        output.append(id)
        return true
    }
}

/// A binary heap that gives back its smallest value first.
struct MinimumHeap {
    private var values: [UInt64] = []

    init(capacity: Int) {
        values.reserveCapacity(capacity)
    }

    mutating func push(_ value: UInt64) {
        values.append(value)
        var child = values.count - 1
        while child > 0, values[(child - 1) / 2] > value {
            values[child] = values[(child - 1) / 2]
            child = (child - 1) / 2
        }
        values[child] = value
    }

    mutating func pop() -> UInt64? {
        guard let smallest = values.first, let last = values.popLast() else { return nil }
        let count = values.count
        if count == 0 { return smallest }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= count { break }
            if child + 1 < count, values[child + 1] < values[child] { child += 1 }
            if values[child] >= last { break }
            values[parent] = values[child]
            parent = child
        }
        values[parent] = last
        return smallest
    }
}
