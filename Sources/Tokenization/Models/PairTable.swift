/// An open-addressing table from pairs of ids to 64-bit values.
///
/// Keys and values alternate in one array, so that a look-up touches one cache line; at most half
/// of the slots are taken, and probing is linear.
struct PairTable: Sendable {
    /// The value `find` gives for a pair that is not there; it must not be stored.
    static let missing = UInt64.max
    /// The key of an empty slot: the pair (-1, -1).
    private static let empty = UInt64.max

    private var slots: [UInt64]
    private var shift: UInt64
    private(set) var count = 0

    /// An empty table with room for `capacity` pairs.
    init(capacity: Int) {
        var bits = 4
        while 1 << bits < 2 * capacity { bits += 1 }
        slots = [UInt64](repeating: Self.empty, count: 2 << bits)
        shift = UInt64(64 - bits)
    }

    /// The key of the pair (`left`, `right`).
    @inline(__always)
    static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The pair of `key`.
    static func pair(_ key: UInt64) -> (left: Int32, right: Int32) {
        (Int32(truncatingIfNeeded: key >> 32), Int32(truncatingIfNeeded: key))
    }

    /// The value of `key`, or `missing`.
    func find(_ key: UInt64) -> UInt64 {
        withLookup { $0.find(key) }
    }

    /// Stores `value` under `key` in place of what is there.
    mutating func insert(_ key: UInt64, _ value: UInt64) {
        if 4 * (count + 1) > slots.count { grow() }
        let mask = slots.count / 2 - 1
        var slot = Int(truncatingIfNeeded: (key &* PairLookup.multiplier) >> shift)
        while slots[2 * slot] != Self.empty, slots[2 * slot] != key { slot = (slot + 1) & mask }
        if slots[2 * slot] == Self.empty { count += 1 }
        slots[2 * slot] = key
        slots[2 * slot + 1] = value
    }

    private mutating func grow() {
        var larger = PairTable(capacity: slots.count / 2)
        for index in stride(from: 0, to: slots.count, by: 2) where slots[index] != Self.empty {
            larger.insert(slots[index], slots[index + 1])
        }
        self = larger
    }

    /// Calls `body` with a view for many look-ups.
    func withLookup<Result>(_ body: (PairLookup) -> Result) -> Result {
        slots.withUnsafeBufferPointer { slots in
            guard let base = slots.baseAddress else { preconditionFailure("a table has slots") }
            return body(PairLookup(slots: base, mask: slots.count / 2 - 1, shift: shift))
        }
    }
}

/// A view of a `PairTable` without bounds checks, valid in the scope of `withLookup`.
struct PairLookup {
    /// 2^64 divided by the golden ratio: spreads keys over the top bits of the product.
    fileprivate static var multiplier: UInt64 { 0x9E37_79B9_7F4A_7C15 }

    fileprivate let slots: UnsafePointer<UInt64>
    fileprivate let mask: Int
    fileprivate let shift: UInt64

    /// The value of `key`, or `PairTable.missing`.
    @inline(__always)
    func find(_ key: UInt64) -> UInt64 {
        var slot = Int(truncatingIfNeeded: (key &* Self.multiplier) &>> shift)
        while true {
            let found = slots[2 * slot]
            if found == key { return slots[2 * slot + 1] }
            // `missing` is what an empty slot's value holds.
            if found == UInt64.max { return UInt64.max }
            slot = (slot + 1) & mask
        }
    }
}
