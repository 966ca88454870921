/// Remembers where in the output the ids of a piece of text already stand.
///
/// Direct-mapped and of fixed size: a new piece takes the place of whatever its slot holds. It
/// lives for one call of `encode`, so nothing is shared between threads.
struct PieceCache: ~Copyable {
    /// Up to 15 bytes of a piece and their count, in two words: equal keys are equal pieces.
    struct Key {
        fileprivate var low: UInt64
        fileprivate var high: UInt64
    }

    private struct Slot {
        var key: Key
        var start: UInt32
        var count: UInt32
    }

    /// The longest piece that is remembered.
    static var longestPiece: Int { 15 }

    private let slots: UnsafeMutablePointer<Slot>
    private let shift: UInt64
    private let size: Int

    /// A cache for a text of `byteCount` bytes.
    init(byteCount: Int) {
        var bits = 4
        while bits < 15, 16 << bits < byteCount { bits += 1 }
        size = 1 << bits
        shift = UInt64(64 - bits)
        slots = .allocate(capacity: size)
        // No piece has the key 0, whose count of bytes would be 0.
        slots.initialize(
            repeating: Slot(key: Key(low: 0, high: 0), start: 0, count: 0), count: size)
    }

    deinit {
        slots.deallocate()
    }

    /// The key of the `count` bytes, at most `longestPiece`, at `piece`, after which `readable`
    /// bytes can be read.
    @inline(__always)
    static func key(_ piece: UnsafePointer<UInt8>, count: Int, readable: Int) -> Key {
        var low: UInt64 = 0
        var high: UInt64 = 0
        if readable >= 16 {
            let raw = UnsafeRawPointer(piece)
            low = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
            high = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            if count < 8 {
                low &= ~(~0 << UInt64(8 * count))
                high = 0
            } else {
                high &= ~(~0 << UInt64(8 * (count - 8)))
            }
        } else {
            for index in 0..<min(count, 8) { low |= UInt64(piece[index]) << UInt64(8 * index) }
            for index in 8..<max(count, 8) {
                high |= UInt64(piece[index]) << UInt64(8 * (index - 8))
            }
        }
        return Key(low: low, high: high | UInt64(count) << 56)
    }

    /// Where the ids of the piece with this key stand in the output and how many they are, or
    /// `nil` for a piece not remembered.
    @inline(__always)
    func find(_ key: Key) -> (start: Int, count: Int)? {
        let slot = slots[index(of: key)]
        guard slot.key.low == key.low, slot.key.high == key.high else { return nil }
        return (Int(slot.start), Int(slot.count))
    }

    /// Remembers that the ids of the piece with this key are the `count` ones from `start` on.
    @inline(__always)
    func insert(_ key: Key, start: Int, count: Int) {
        guard start <= Int(UInt32.max) else { return }
        slots[index(of: key)] = Slot(key: key, start: UInt32(start), count: UInt32(count))
    }

    @inline(__always)
    private func index(of key: Key) -> Int {
        let mixed = (key.low ^ (key.high &* 0xD6E8_FEB8_6659_FD93)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed &>> shift)
    }
}
