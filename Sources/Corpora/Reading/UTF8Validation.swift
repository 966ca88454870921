/// Checks, repairs and counts UTF-8 in whole buffers, eight bytes at a time where they are ASCII.
package enum UTF8Validation {
    private static let highBits: UInt64 = 0x8080_8080_8080_8080
    private static let lowBits: UInt64 = 0x0101_0101_0101_0101

    /// The offset of the first byte at which no valid scalar starts; nil if `bytes` is valid UTF-8.
    package static func firstInvalid(in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < bytes.count {
            index = asciiEnd(in: bytes, from: index)
            guard index < bytes.count else { return nil }
            let (length, isValid) = scalar(at: index, in: bytes)
            guard isValid else { return index }
            index += length
        }
        return nil
    }

    /// The bytes with U+FFFD in the place of each longest beginning of a scalar that goes wrong,
    /// which is what Python's `errors="replace"` and Swift's `String(decoding:)` do.
    package static func repaired(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 8)
        var index = 0
        while index < bytes.count {
            let plain = asciiEnd(in: bytes, from: index)
            result.append(contentsOf: bytes[index..<plain])
            index = plain
            guard index < bytes.count else { break }
            let (length, isValid) = scalar(at: index, in: bytes)
            if isValid {
                result.append(contentsOf: bytes[index..<index + length])
            } else {
                result.append(contentsOf: [0xEF, 0xBF, 0xBD])
            }
            index += length
        }
        return result
    }

    /// The number of scalars in valid UTF-8: the bytes that do not continue one.
    package static func scalarCount(of bytes: UnsafeRawBufferPointer) -> Int {
        var count = bytes.count
        var index = 0
        while index + 8 <= bytes.count {
            count -= continuations(in: word(at: index, in: bytes))
            index += 8
        }
        while index < bytes.count {
            if bytes[index] & 0xC0 == 0x80 { count -= 1 }
            index += 1
        }
        return count
    }

    /// Where scalar number `target`, counted from 0, starts in valid UTF-8; the end of the bytes
    /// if there are not so many.
    package static func offset(ofScalar target: Int, in bytes: UnsafeRawBufferPointer) -> Int {
        var passed = 0
        var index = 0
        while index + 8 <= bytes.count {
            let starts = 8 - continuations(in: word(at: index, in: bytes))
            if passed + starts > target { break }
            passed += starts
            index += 8
        }
        while index < bytes.count {
            if bytes[index] & 0xC0 != 0x80 {
                if passed == target { return index }
                passed += 1
            }
            index += 1
        }
        return bytes.count
    }

    // MARK: - Pieces

    private static func word(at index: Int, in bytes: UnsafeRawBufferPointer) -> UInt64 {
        bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    }

    /// How many of the eight bytes of `word` are 0b10xxxxxx.
    private static func continuations(in word: UInt64) -> Int {
        ((word >> 7) & ~(word >> 6) & lowBits).nonzeroBitCount
    }

    /// Where the run of ASCII that goes on at `start` ends.
    private static func asciiEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count, word(at: index, in: bytes) & highBits == 0 { index += 8 }
        while index < bytes.count, bytes[index] < 0x80 { index += 1 }
        return index
    }

    /// The length of the scalar at `index`, or of the longest beginning of one that is there.
    /// The ranges of the second byte keep out overlong forms, surrogates and what is above
    /// U+10FFFF (Unicode 16, table 3-7).
    private static func scalar(
        at index: Int, in bytes: UnsafeRawBufferPointer
    ) -> (length: Int, isValid: Bool) {
        let needed: Int
        var allowed: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[index] {
        case 0x00...0x7F: return (1, true)
        case 0xC2...0xDF: needed = 2
        case 0xE0: (needed, allowed) = (3, 0xA0...0xBF)
        case 0xED: (needed, allowed) = (3, 0x80...0x9F)
        case 0xE1...0xEF: needed = 3
        case 0xF0: (needed, allowed) = (4, 0x90...0xBF)
        case 0xF1...0xF3: needed = 4
        case 0xF4: (needed, allowed) = (4, 0x80...0x8F)
        default: return (1, false)
        }
        for length in 1..<needed {
            guard index + length < bytes.count, allowed.contains(bytes[index + length]) else {
                return (length, false)
            }
            allowed = 0x80...0xBF
        }
        return (needed, true)
    }
}
