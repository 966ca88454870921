/// Encodes the pieces of one text: the working memory of one call of `encode`.
struct PieceEncoder: ~Copyable {
    /// Up to this many bytes a piece is merged by repeated scans; beyond, with a heap.
    private static var longestShortPiece: Int { 64 }

    private let merges: PairLookup
    private let byteIDs: UnsafePointer<Int32>
    private let cache: PieceCache
    /// The tokens of the piece being merged.
    private let ids: UnsafeMutablePointer<Int32>
    /// What `merges` says of each token and its right neighbour.
    private let found: UnsafeMutablePointer<UInt64>

    /// An encoder for a text of `byteCount` bytes. The tables must outlive it.
    init(merges: PairLookup, byteIDs: UnsafePointer<Int32>, byteCount: Int) {
        self.merges = merges
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
                encodeShort(piece, count: range.count, into: &output)
                cache.insert(key, start: start, count: output.count - start)
            }
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
                if value != PairTable.missing { heap.push(UInt64(rank) << 32 | UInt64(position)) }
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
            rank(position, &heap)
            if previous[position] >= 0 { rank(Int(previous[position]), &heap) }
        }
        var position = 0
        while position < count {
            output.append(ids[position])
            position = Int(next[position])
        }
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
