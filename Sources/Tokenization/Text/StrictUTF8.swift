/// Strict decoding of UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
enum StrictUTF8 {
    /// Decodes the scalar at the start of `text`.
    ///
    /// - Parameter available: The number of readable bytes, at least 1.
    /// - Returns: The scalar and its length in bytes. Where no valid scalar starts, `nil` and the
    ///   length of the longest valid beginning of one, at least 1: what one U+FFFD stands for.
    @inline(__always)
    static func decode(
        _ text: UnsafePointer<UInt8>, _ available: Int
    ) -> (scalar: UInt32?, length: Int) {
        let first = UInt32(text[0])
        if first < 0x80 { return (first, 1) }
        let length: Int
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        switch first {
        case 0xC2...0xDF:
            length = 2
        case 0xE0...0xEF:
            length = 3
            if first == 0xE0 { low = 0xA0 }
            if first == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            length = 4
            if first == 0xF0 { low = 0x90 }
            if first == 0xF4 { high = 0x8F }
        default:
            return (nil, 1)
        }
        var scalar = first & (0xFF >> UInt32(length + 1))
        for index in 1..<length {
            guard index < available, text[index] >= low, text[index] <= high else {
                return (nil, index)
            }
            scalar = scalar << 6 | UInt32(text[index] & 0x3F)
            (low, high) = (0x80, 0xBF)
        }
        return (scalar, length)
    }

    /// The number of bytes at the start of `bytes` that make whole scalars or can never become
    /// part of one; what follows, at most three bytes, is the beginning of a scalar.
    static func decidedPrefix(of bytes: [UInt8]) -> Int {
        for tail in 1...3 where tail <= bytes.count {
            let lead = bytes[bytes.count - tail]
            if lead & 0xC0 == 0x80 { continue }
            let start = bytes.count - tail
            return bytes[start...].withUnsafeBufferPointer { suffix in
                guard let base = suffix.baseAddress else { return start }
                let (scalar, length) = decode(base, tail)
                let isBeginning = scalar == nil && length == tail && lead >= 0xC2 && lead <= 0xF4
                return isBeginning ? start : bytes.count
            }
        }
        return bytes.count
    }
}

/// The UTF-8 bytes of `text`, whatever its storage.
func withUTF8<Result>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
    return Array(text.utf8).withUnsafeBufferPointer(body)
}
