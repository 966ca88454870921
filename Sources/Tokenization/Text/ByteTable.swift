/// Gives every distinct string of bytes a number, counting from 0: an open-addressing table whose
/// keys are compared byte for byte (Swift strings compare by canonical equivalence, and would
/// merge different tokens).
struct ByteTable: Sendable {
    private struct Entry {
        var start: Int
        var count: Int
    }

    private var arena: [UInt8] = []
    private var entries: [Entry] = []
    /// 0 for a free slot, else 32 bits of hash above the number of an entry plus 1; a power of
    /// two, at most half of it taken.
    private var slots: [UInt64]
    /// Differs from table to table, so that no input can be made to collide.
    private let seed = UInt64.random(in: .min ... .max)

    /// An empty table with room for `capacity` keys.
    init(capacity: Int = 16) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        entries.reserveCapacity(capacity)
    }

    /// The number of keys.
    var count: Int { entries.count }

    /// The number of bytes in all keys together.
    var byteCount: Int { arena.count }

    /// The key with a number below `count`.
    subscript(number: Int) -> ArraySlice<UInt8> {
        let entry = entries[number]
        return arena[entry.start..<entry.start + entry.count]
    }

    /// The number of `key`, or `nil`.
    func find(_ key: UnsafeBufferPointer<UInt8>) -> Int? {
        let found = slots[slot(of: key, hash: hash(key))]
        return found == 0 ? nil : Int(found & 0xFFFF_FFFF) - 1
    }

    /// The number of `key`, or `nil`.
    func find(_ key: [UInt8]) -> Int? {
        key.withUnsafeBufferPointer { find($0) }
    }

    /// The number of `key`, which is `count` as it was before if the key is new. There can be
    /// 2^32 - 1 keys.
    @discardableResult
    mutating func insert(_ key: UnsafeBufferPointer<UInt8>) -> Int {
        let hash = hash(key)
        let slot = slot(of: key, hash: hash)
        if slots[slot] != 0 { return Int(slots[slot] & 0xFFFF_FFFF) - 1 }
        entries.append(Entry(start: arena.count, count: key.count))
        arena.append(contentsOf: key)
        slots[slot] = hash << 32 | UInt64(entries.count)
        if 2 * entries.count > slots.count { grow() }
        return entries.count - 1
    }

    /// The number of `key`, which is `count` as it was before if the key is new.
    @discardableResult
    mutating func insert(_ key: [UInt8]) -> Int {
        key.withUnsafeBufferPointer { insert($0) }
    }

    /// The slot that holds `key`, or the free one where it belongs.
    private func slot(of key: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
        slots.withUnsafeBufferPointer { slots in
            let mask = slots.count - 1
            var slot = Int(hash) & mask
            while slots[slot] != 0 {
                if slots[slot] >> 32 == hash {
                    let entry = entries[Int(slots[slot] & 0xFFFF_FFFF) - 1]
                    if entry.count == key.count, holds(key, at: entry.start) { break }
                }
                slot = (slot + 1) & mask
            }
            return slot
        }
    }

    private func holds(_ key: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        arena.withUnsafeBufferPointer { arena in
            var index = 0
            while index < key.count, arena[start + index] == key[index] { index += 1 }
            return index == key.count
        }
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: 2 * old.count)
        let mask = slots.count - 1
        for entry in old where entry != 0 {
            var slot = Int(entry >> 32) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = entry
        }
    }

    /// 32 bits of hash.
    private func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: key.count)
        let bytes = UnsafeRawBufferPointer(key)
        var index = 0
        while index < bytes.count {
            var word: UInt64 = 0
            if index + 8 <= bytes.count {
                word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            } else {
                for offset in index..<bytes.count { word = word << 8 | UInt64(bytes[offset]) }
            }
            // A full 64 × 64-bit product, both halves folded, mixes every bit of the word.
            let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            hash = product.high ^ product.low ^ seed
            index += 8
        }
        return (hash ^ hash >> 29) & 0xFFFF_FFFF
    }
}
