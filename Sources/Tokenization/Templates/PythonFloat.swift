#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Floating-point numbers as Python writes and reads them.
enum PythonFloat {
    /// The shortest text that reads back as `value`, as `repr` lays it out.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        if value == 0 { return sign + "0.0" }
        // Swift finds the same digits and only lays them out otherwise.
        var digits: [UInt8] = []
        var point = 0
        var hasPoint = false
        var exponent = 0
        let bytes = Array(value.magnitude.description.utf8)
        for (position, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "e") {
                exponent = Int(String(decoding: bytes[(position + 1)...], as: UTF8.self)) ?? 0
                break
            }
            if byte == UInt8(ascii: ".") {
                hasPoint = true
            } else {
                digits.append(byte)
                if !hasPoint { point += 1 }
            }
        }
        point += exponent
        let zeros = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(zeros)
        point -= zeros
        while digits.last == 0x30 { digits.removeLast() }
        let text = String(decoding: digits, as: UTF8.self)
        // The value is 0.DIGITS times ten to the power of `point`.
        if point <= -4 || point > 16 {
            let power = point - 1
            let rest = digits.count > 1 ? "." + text.dropFirst() : ""
            let magnitude = power.magnitude < 10 ? "0\(power.magnitude)" : "\(power.magnitude)"
            return sign + text.prefix(1) + rest + "e" + (power < 0 ? "-" : "+") + magnitude
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + text }
        if digits.count <= point {
            return sign + text + String(repeating: "0", count: point - digits.count) + ".0"
        }
        return sign + text.prefix(point) + "." + text.dropFirst(point)
    }

    /// As `json.dumps` writes it.
    static func json(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return text(value)
    }

    /// What Python's `float` reads from a string; nil if it refuses.
    static func parsing(_ text: TemplateText) -> Double? {
        let trimmed = text.stripped(left: true, right: true).bytes
        let lowered = String(
            decoding: trimmed.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
        switch lowered {
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan", "+nan", "-nan": return .nan
        default: break
        }
        guard let digits = withoutUnderscores(Array(lowered.utf8)),
            digits.allSatisfy({
                (0x30...0x39).contains($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E || $0 == 0x65
            }), digits.contains(where: { (0x30...0x39).contains($0) })
        else { return nil }
        // Swift wants digits on both sides of the point.
        var padded: [UInt8] = []
        for (position, byte) in digits.enumerated() {
            let isDigit = { (index: Int) in
                digits.indices.contains(index) && (0x30...0x39).contains(digits[index])
            }
            if byte == 0x2E, !isDigit(position - 1), !isDigit(position + 1) { return nil }
            if byte == 0x2E, !isDigit(position - 1) { padded.append(0x30) }
            padded.append(byte)
            if byte == 0x2E, !isDigit(position + 1) { padded.append(0x30) }
        }
        return Double(String(decoding: padded, as: UTF8.self))
    }

    /// `bytes` without the underscores between digits; nil if one stands elsewhere.
    static func withoutUnderscores(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.contains(0x5F) else { return bytes }
        func isDigit(_ position: Int) -> Bool {
            guard bytes.indices.contains(position) else { return false }
            let byte = bytes[position]
            return (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        for (position, byte) in bytes.enumerated() where byte == 0x5F {
            guard isDigit(position - 1), isDigit(position + 1) else { return nil }
        }
        return bytes.filter { $0 != 0x5F }
    }

    /// `value` in the `conversion` (f, e, g and in upper case) of C with `precision`.
    static func formatted(_ value: Double, _ conversion: UInt8, precision: Int) -> String {
        let format = "%.*" + String(Unicode.Scalar(conversion))
        // A double has at most 309 digits before the point.
        let capacity = 400 + precision
        var buffer = [CChar](repeating: 0, count: capacity)
        let count = withVaList([Int32(clamping: precision), value]) { arguments in
            vsnprintf(&buffer, capacity, format, arguments)
        }
        let length = min(max(Int(count), 0), capacity - 1)
        return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `value` to `digits` digits after the point (before it, if negative), as `round` does: of
    /// two equally near ones the even.
    static func rounded(_ value: Double, digits: Int) -> Double {
        guard value.isFinite, digits < 324 else { return value }
        if digits == 0 { return value.rounded(.toNearestOrEven) }
        if digits > 0 {
            return Double(formatted(value, UInt8(ascii: "f"), precision: digits)) ?? value
        }
        guard digits > -309 else { return value < 0 ? -0.0 : 0.0 }
        let scale = pow(10, Double(-digits))
        return (value / scale).rounded(.toNearestOrEven) * scale
    }
}
