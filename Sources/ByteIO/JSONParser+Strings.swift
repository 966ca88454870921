/// Strings take two passes: the first checks and measures, the second writes into a string of
/// exactly the right size. Without an escape there is nothing to write, the bytes are taken whole.
extension JSONParser {
    /// The string that begins at the quote in front; leaves the position behind its closing quote.
    mutating func string() throws(MartletError) -> String {
        let start = position + 1
        var end = start
        // How many bytes the escapes take more than what they stand for.
        var surplus = 0
        scan: while end < bytes.count {
            let byte = bytes[end]
            switch byte {
            case UInt8(ascii: "\""): break scan
            case UInt8(ascii: "\\"):
                var after = end
                guard let scalar = unescape(&after) else {
                    throw failure("a string has an escape that JSON does not know", at: end)
                }
                surplus += after - end - UTF8.width(scalar)
                end = after
            case 0x20...0x7f: end += 1
            case 0..<0x20:
                throw failure(
                    "a string has the control character 0x\(String(byte, radix: 16)), "
                        + "which must be escaped", at: end)
            default:
                let length = scalarLength(at: end)
                guard length > 0 else { throw failure("is not valid UTF-8", at: end) }
                end += length
            }
        }
        guard end < bytes.count else {
            throw failure("a string does not end", at: position)
        }
        position = end + 1
        let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        guard surplus > 0 else { return String(decoding: raw, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: raw.count - surplus) { buffer in
            write(start..<end, into: buffer)
        }
    }

    /// Writes what the bytes `range` of the text, which were checked, stand for.
    private func write(_ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var next = range.lowerBound
        var count = 0
        while next < range.upperBound {
            if bytes[next] != UInt8(ascii: "\\") {
                buffer[count] = bytes[next]
                count += 1
                next += 1
            } else if let scalar = unescape(&next), let encoded = UTF8.encode(scalar) {
                for byte in encoded {
                    buffer[count] = byte
                    count += 1
                }
            }
        }
        return count
    }

    /// The scalar that the escape at `offset` stands for; moves behind it. Nil if it is none, or
    /// half of a surrogate pair.
    private func unescape(_ offset: inout Int) -> Unicode.Scalar? {
        guard offset + 1 < bytes.count else { return nil }
        let letter = bytes[offset + 1]
        if letter == UInt8(ascii: "u") { return unescapeUnicode(&offset) }
        offset += 2
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        default: return nil
        }
    }

    /// `\uXXXX`, or two of them that make a surrogate pair.
    private func unescapeUnicode(_ offset: inout Int) -> Unicode.Scalar? {
        guard let unit = hexadecimal(at: offset + 2) else { return nil }
        offset += 6
        guard 0xd800...0xdbff ~= unit else { return Unicode.Scalar(unit) }
        guard
            offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u"),
            let low = hexadecimal(at: offset + 2), 0xdc00...0xdfff ~= low
        else { return nil }
        offset += 6
        return Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
    }

    /// The number in the four hexadecimal digits at `offset`.
    private func hexadecimal(at offset: Int) -> UInt32? {
        guard offset + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[offset..<offset + 4] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// The length of the well-formed UTF-8 sequence at `offset`, which does not start with ASCII;
    /// zero if it is not well-formed (Unicode 16, table 3-7).
    private func scalarLength(at offset: Int) -> Int {
        let available = bytes.count - offset
        func continues(_ index: Int, _ range: ClosedRange<UInt8> = 0x80...0xbf) -> Bool {
            range.contains(bytes[offset + index])
        }
        let lead = bytes[offset]
        switch lead {
        case 0xc2...0xdf:
            return available >= 2 && continues(1) ? 2 : 0
        case 0xe0...0xef:
            // Neither longer than needed (E0) nor a surrogate (ED).
            let second: ClosedRange<UInt8> =
                lead == 0xe0 ? 0xa0...0xbf : lead == 0xed ? 0x80...0x9f : 0x80...0xbf
            return available >= 3 && continues(1, second) && continues(2) ? 3 : 0
        case 0xf0...0xf4:
            // Neither longer than needed (F0) nor beyond U+10FFFF (F4).
            let second: ClosedRange<UInt8> =
                lead == 0xf0 ? 0x90...0xbf : lead == 0xf4 ? 0x80...0x8f : 0x80...0xbf
            return available >= 4 && continues(1, second) && continues(2) && continues(3) ? 4 : 0
        default:
            return 0
        }
    }
}
