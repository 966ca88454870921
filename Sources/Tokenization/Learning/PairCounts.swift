/// The number of occurrences of every pair of symbols that has ever come up: an open-addressing
/// table from pairs (keys of `PairTable`) to counts.
///
/// Keys and counts alternate in one array, so that a change touches one cache line. Up to three
/// quarters of the slots are taken: there are millions of pairs, and memory counts.
struct PairCounts {
    /// The key of an empty slot: the pair (-1, -1).
    private static let empty = UInt64.max
    private var slots: [UInt64]
    private var shift: UInt64
    private var used = 0

    /// An empty table with room for `capacity` pairs.
    init(capacity: Int = 1 << 12) {
        var bits = 4
        while 3 << bits < 4 * capacity { bits += 1 }
        slots = [UInt64](repeating: Self.empty, count: 2 << bits)
        shift = UInt64(64 - bits)
    }

    /// The count of a pair, 0 for one that has never come up.
    func count(of key: UInt64) -> Int64 {
        let slot = slot(of: key)
        return slots[slot] == key ? Int64(bitPattern: slots[slot + 1]) : 0
    }

    /// Adds `change` to the count of a pair.
    mutating func add(_ change: Int64, to key: UInt64) {
        let slot = slot(of: key)
        if slots[slot] == key {
            slots[slot + 1] = UInt64(bitPattern: Int64(bitPattern: slots[slot + 1]) &+ change)
            return
        }
        slots[slot] = key
        slots[slot + 1] = UInt64(bitPattern: change)
        used += 1
        if 8 * used > 3 * slots.count { grow() }
    }

    /// Where the pair is or belongs.
    @inline(__always)
    private func slot(of key: UInt64) -> Int {
        let mask = slots.count - 1
        // 2^64 divided by the golden ratio spreads keys over the top bits of the product.
        var slot = 2 * Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while slots[slot] != key, slots[slot] != Self.empty { slot = (slot + 2) & mask }
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: Self.empty, count: 2 * old.count)
        shift -= 1
        for index in stride(from: 0, to: old.count, by: 2) where old[index] != Self.empty {
            let slot = slot(of: old[index])
            slots[slot] = old[index]
            slots[slot + 1] = old[index + 1]
        }
    }
}
