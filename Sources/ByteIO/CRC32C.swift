/// The CRC-32C checksum (Castagnoli; RFC 3720, appendix B.4), over bytes that come in pieces.
///
/// Finds every single flipped bit and every burst of up to 32 bits. It is no protection against
/// changes made on purpose.
public struct CRC32C: Sendable {
    private var state: UInt32 = 0xffff_ffff

    /// The checksum of no bytes yet.
    public init() {}

    /// The checksum of all bytes so far; zero for none.
    public var value: UInt32 { ~state }

    /// Takes in `bytes`. In pieces or at once, the checksum is the same.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state = tables.withUnsafeBufferPointer { table in
            var state = state
            var offset = 0
            // Eight bytes at a time: table k says what a byte does that k more bytes follow.
            while offset + 8 <= bytes.count {
                let word = UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                let low = UInt32(truncatingIfNeeded: word) ^ state
                let high = UInt32(truncatingIfNeeded: word >> 32)
                state =
                    table[7 << 8 | Int(low & 0xff)]
                    ^ table[6 << 8 | Int(low >> 8 & 0xff)]
                    ^ table[5 << 8 | Int(low >> 16 & 0xff)]
                    ^ table[4 << 8 | Int(low >> 24)]
                state ^=
                    table[3 << 8 | Int(high & 0xff)]
                    ^ table[2 << 8 | Int(high >> 8 & 0xff)]
                    ^ table[1 << 8 | Int(high >> 16 & 0xff)]
                    ^ table[Int(high >> 24)]
                offset += 8
            }
            while offset < bytes.count {
                state = state >> 8 ^ table[Int((state ^ UInt32(bytes[offset])) & 0xff)]
                offset += 1
            }
            return state
        }
    }

    /// The checksum of `bytes`.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32C()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.value
    }
}

/// Eight tables of 256: entry (k, b) is the state after byte b and k zero bytes, from state zero.
private let tables: [UInt32] = {
    // The polynomial 0x1EDC6F41 with its bits in reverse.
    let polynomial: UInt32 = 0x82f6_3b78
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
        var state = UInt32(byte)
        for _ in 0..<8 { state = state & 1 == 0 ? state >> 1 : state >> 1 ^ polynomial }
        tables[byte] = state
    }
    for entry in 256..<8 * 256 {
        let before = tables[entry - 256]
        tables[entry] = before >> 8 ^ tables[Int(before & 0xff)]
    }
    return tables
}()
