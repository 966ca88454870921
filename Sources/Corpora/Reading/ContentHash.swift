/// 64-bit hashes that never change: caches are named by them, and which documents validate depends
/// on them. They tell contents apart, they do not resist an adversary.
package enum ContentHash {
    private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// The hash of one piece of bytes, its length included. Eight bytes at a step, in the order of
    /// a little-endian machine.
    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = mixed(UInt64(bytes.count) &+ multiplier)
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            state = step(state, UInt64(littleEndian: word))
            index += 8
        }
        if index < bytes.count {
            var tail: UInt64 = 0
            for (place, byte) in bytes[index...].enumerated() {
                tail |= UInt64(byte) << UInt64(8 * place)
            }
            state = step(state, tail)
        }
        return mixed(state)
    }

    /// The hash of an array of bytes; see the function over a buffer.
    package static func of(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { of($0) }
    }

    /// The hash of a sequence of pieces, given that of the pieces so far (0 for none) and that of
    /// the next one. It depends on the order and on where the boundaries are.
    package static func appending(_ next: UInt64, to sequence: UInt64) -> UInt64 {
        mixed(step(sequence &+ multiplier, next))
    }

    /// A bijection in which every bit of the input moves every bit of the output (the finaliser of
    /// SplitMix64, Steele et al. 2014).
    package static func mixed(_ value: UInt64) -> UInt64 {
        var bits = value
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// FNV-1a with 64 bits.
    package static func fnv1a(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hash
    }

    /// Sixteen hexadecimal digits.
    package static func hexadecimal(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func step(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ word) &* multiplier
        return product ^ (product >> 29)
    }
}
