/// A growing array of ids behind a raw pointer: what the encoders write into.
struct IDBuffer: ~Copyable {
    private var base: UnsafeMutablePointer<Int32>
    private var capacity: Int
    private(set) var count = 0

    /// An empty buffer with room for `capacity` ids.
    init(capacity: Int) {
        self.capacity = max(capacity, 16)
        base = .allocate(capacity: self.capacity)
    }

    deinit {
        base.deallocate()
    }

    /// The ids so far.
    func array() -> [Int32] {
        Array(UnsafeBufferPointer(start: base, count: count))
    }

    /// The id at a place below the count.
    subscript(index: Int) -> Int32 { base[index] }

    @inline(__always)
    mutating func append(_ id: Int32) {
        if count == capacity { grow(to: count + 1) }
        base[count] = id
        count += 1
    }

    @inline(__always)
    mutating func append(_ ids: UnsafePointer<Int32>, count added: Int) {
        if count + added > capacity { grow(to: count + added) }
        (base + count).update(from: ids, count: added)
        count += added
    }

    /// Appends the `added` ids that start at `start` once more.
    @inline(__always)
    mutating func repeatIDs(from start: Int, count added: Int) {
        if count + added > capacity { grow(to: count + added) }
        for index in 0..<added { base[count + index] = base[start + index] }
        count += added
    }

    @inline(never)
    private mutating func grow(to minimum: Int) {
        capacity = max(2 * capacity, minimum)
        let larger = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }
}
