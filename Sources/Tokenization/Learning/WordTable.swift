#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Counts words: an open-addressing table of byte strings, the hot part of learning a vocabulary.
///
/// The memory is its own, outside Swift's arrays, because a look-up must touch nothing but slot,
/// entry and bytes. Copies share it: one owner calls ``free()`` at the end, and of the copies
/// only the latest is used.
struct WordTable {
    /// A word and its count.
    private struct Entry {
        var start: Int
        var length: Int
        var count: Int64
    }

    /// A word's number and its first eight bytes, the first one highest, for sorting.
    struct SortKey {
        var prefix: UInt64
        var word: UInt32
    }

    /// The number of distinct words.
    private(set) var count = 0
    /// The number of bytes in them.
    private(set) var byteCount = 0
    private var entries: UnsafeMutablePointer<Entry>
    private var entryCapacity = 1 << 10
    private var arena: UnsafeMutablePointer<UInt8>
    private var arenaCapacity = 1 << 14
    /// 0 for a free slot, else 32 bits of hash above the number of an entry plus 1; a power of
    /// two, at most half of it taken.
    private var slots: UnsafeMutablePointer<UInt64>
    private var mask = (1 << 11) - 1
    /// Differs from table to table, so that no input can be made to collide.
    private let seed = UInt64.random(in: .min ... .max)

    /// An empty table.
    init() {
        entries = .allocate(capacity: entryCapacity)
        arena = .allocate(capacity: arenaCapacity)
        slots = .allocate(capacity: mask + 1)
        slots.initialize(repeating: 0, count: mask + 1)
    }

    /// Gives the memory back. The table must not be used afterwards.
    func free() {
        entries.deallocate()
        arena.deallocate()
        slots.deallocate()
    }

    /// The memory that so many words take at most: arrays are up to twice as large as what is in
    /// them, slots up to four times as many, and sorting takes some more.
    var memory: Int {
        let word = 2 * MemoryLayout<Entry>.stride + 32 + MemoryLayout<SortKey>.stride * 3 / 2
        return count &* word &+ 2 &* byteCount
    }

    /// The word with a number below `count`, valid until the table changes.
    func word(_ number: UInt32) -> UnsafeBufferPointer<UInt8> {
        let entry = entries[Int(number)]
        return UnsafeBufferPointer(start: arena + entry.start, count: entry.length)
    }

    /// The count of the word with a number below `count`.
    func occurrences(_ number: UInt32) -> Int64 { entries[Int(number)].count }

    /// Counts one occurrence of `word`; an empty one is ignored.
    @inline(__always)
    mutating func add(_ word: UnsafeBufferPointer<UInt8>) {
        guard let base = word.baseAddress, word.count > 0 else { return }
        let hash = Self.hash(base, word.count, seed)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let found = slots[slot]
            if found == 0 { break }
            if found >> 32 == hash {
                let entry = entries + (Int(truncatingIfNeeded: found & 0xFFFF_FFFF) &- 1)
                if entry.pointee.length == word.count,
                    memcmp(arena + entry.pointee.start, base, word.count) == 0
                {
                    entry.pointee.count &+= 1
                    return
                }
            }
            slot = (slot &+ 1) & mask
        }
        insert(base, word.count, hash, at: slot)
    }

    /// Removes all words and keeps the memory.
    mutating func removeAll() {
        count = 0
        byteCount = 0
        slots.update(repeating: 0, count: mask + 1)
    }

    /// The words in the order of their bytes.
    func sorted() -> [SortKey] {
        var keys: [SortKey] = []
        keys.reserveCapacity(count)
        for number in 0..<count {
            let number = UInt32(truncatingIfNeeded: number)
            keys.append(SortKey(prefix: wordPrefix(word(number)), word: number))
        }
        keys.sort { left, right in
            left.prefix != right.prefix
                ? left.prefix < right.prefix
                : wordPrecedes(word(left.word), word(right.word))
        }
        return keys
    }

    // MARK: - New words

    @inline(never)
    private mutating func insert(
        _ base: UnsafePointer<UInt8>, _ length: Int, _ hash: UInt64, at slot: Int
    ) {
        if count == entryCapacity {
            entries = Self.grown(entries, used: count, to: 2 * entryCapacity)
            entryCapacity *= 2
        }
        if arenaCapacity - byteCount < length {
            let capacity = max(2 * arenaCapacity, byteCount + length)
            arena = Self.grown(arena, used: byteCount, to: capacity)
            arenaCapacity = capacity
        }
        (entries + count).initialize(to: Entry(start: byteCount, length: length, count: 1))
        (arena + byteCount).initialize(from: base, count: length)
        byteCount += length
        count += 1
        slots[slot] = hash << 32 | UInt64(truncatingIfNeeded: count)
        if 2 * count > mask { growSlots() }
    }

    private mutating func growSlots() {
        let old = slots
        let oldCount = mask + 1
        mask = 2 * oldCount - 1
        slots = .allocate(capacity: mask + 1)
        slots.initialize(repeating: 0, count: mask + 1)
        for index in 0..<oldCount where old[index] != 0 {
            var slot = Int(truncatingIfNeeded: old[index] >> 32) & mask
            while slots[slot] != 0 { slot = (slot &+ 1) & mask }
            slots[slot] = old[index]
        }
        old.deallocate()
    }

    private static func grown<Element: BitwiseCopyable>(
        _ old: UnsafeMutablePointer<Element>, used: Int, to capacity: Int
    ) -> UnsafeMutablePointer<Element> {
        let new = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        new.initialize(from: old, count: used)
        old.deallocate()
        return new
    }

    /// 32 bits of hash.
    @inline(__always)
    private static func hash(
        _ word: UnsafePointer<UInt8>, _ count: Int, _ seed: UInt64
    ) -> UInt64 {
        let raw = UnsafeRawPointer(word)
        var hash = seed ^ UInt64(truncatingIfNeeded: count)
        if count >= 8 {
            var index = 0
            while index &+ 8 < count {
                hash = mix(hash, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self), seed)
                index &+= 8
            }
            // The last eight bytes, some of which may have been taken in already.
            hash = mix(hash, raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self), seed)
        } else if count >= 4 {
            let low = raw.loadUnaligned(as: UInt32.self)
            let high = raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
            hash = mix(hash, UInt64(low) | UInt64(high) << 32, seed)
        } else {
            let bytes =
                UInt64(word[0]) | UInt64(word[count >> 1]) << 8 | UInt64(word[count &- 1]) << 16
            hash = mix(hash, bytes, seed)
        }
        return (hash ^ hash >> 29) & 0xFFFF_FFFF
    }

    /// A full 64 × 64-bit product, both halves folded, mixes every bit of the word.
    @inline(__always)
    private static func mix(_ hash: UInt64, _ word: UInt64, _ seed: UInt64) -> UInt64 {
        let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low ^ seed
    }
}

/// The first eight bytes as a number, the first byte highest, zeros for those that are missing:
/// where these differ, they sort as the words do.
@inline(__always)
func wordPrefix(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
    if word.count >= 8 {
        return UnsafeRawBufferPointer(word).loadUnaligned(as: UInt64.self).bigEndian
    }
    var prefix: UInt64 = 0
    for byte in word { prefix = prefix << 8 | UInt64(byte) }
    return word.isEmpty ? 0 : prefix << UInt64(8 * (8 - word.count))
}

/// Whether `left` comes before `right` in the order of bytes.
func wordPrecedes(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
) -> Bool {
    guard let a = left.baseAddress, let b = right.baseAddress else {
        return left.count < right.count
    }
    let order = memcmp(a, b, min(left.count, right.count))
    return order != 0 ? order < 0 : left.count < right.count
}
