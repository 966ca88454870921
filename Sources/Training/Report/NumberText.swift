/// Numbers as a page shows them to people. Foundation's formatters are out of reach here, and a
/// report wants only these few forms. What is not finite becomes a dash.
package enum NumberText {
    /// What stands for a number that is not there.
    package static let missing = "–"

    /// `value` with exactly `decimals` digits after the point and commas between thousands.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return missing }
        let decimals = min(max(decimals, 0), 12)
        let scaled = (value.magnitude * power(decimals)).rounded()
        guard scaled < 9e15 else { return scientific(value) }
        let unit = Int(power(decimals))
        let whole = grouped(Int(scaled) / unit)
        let sign = value < 0 && scaled > 0 ? "−" : ""
        guard decimals > 0 else { return sign + whole }
        return "\(sign)\(whole).\(padded(Int(scaled) % unit, to: decimals))"
    }

    /// `value` with commas between thousands: 1,234,567.
    package static func grouped(_ value: Int) -> String {
        var rest = value.magnitude
        var text = ""
        while rest >= 1000 {
            text = "," + padded(Int(rest % 1000), to: 3) + text
            rest /= 1000
        }
        return (value < 0 ? "−" : "") + String(rest) + text
    }

    /// `value` in about three digits: 0.0345, 7.25, 950, 8,192, 25.3k, 1.2M.
    package static func compact(_ value: Double) -> String {
        guard value.isFinite else { return missing }
        let size = value.magnitude
        if size >= 1e15 || (size > 0 && size < 9.995e-4) { return scientific(value) }
        let (factor, suffix) = size < 9999.5 ? (1, "") : unit(for: size * 1.0005)
        let scaled = value / factor
        let decimals = max(0, 2 - exponent(of: scaled * 1.0005))
        return withoutTrailingZeros(fixed(scaled, decimals: decimals)) + suffix
    }

    /// `value` as a power of ten with at most `digits` after the point: 6×10⁻⁴, 1.25×10⁻³.
    package static func scientific(_ value: Double, digits: Int = 2) -> String {
        guard value.isFinite else { return missing }
        guard value.magnitude >= 1e-300 else { return "0" }
        var exponent = exponent(of: value)
        var mantissa = fixed(value / power(exponent), decimals: digits)
        if mantissa.utf8.drop(while: { $0 > 0x7F }).starts(with: "10".utf8) {
            exponent += 1  // 9.999 rounds up to the next power.
            mantissa = fixed(value / power(exponent), decimals: digits)
        }
        return withoutTrailingZeros(mantissa) + timesPowerOfTen(exponent)
    }

    /// `×10⁻⁴` for -4.
    package static func timesPowerOfTen(_ exponent: Int) -> String {
        var text = "×10" + (exponent < 0 ? "⁻" : "")
        for digit in String(exponent.magnitude).utf8 {
            text += superscripts[Int(digit - 0x30)]
        }
        return text
    }

    /// A time in the two units that say most: 0.8 s, 45 s, 2 min 13 s, 5 h 8 min, 3 d 4 h.
    package static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return missing }
        // A number and its unit stay on one line.
        if seconds < 9.95 { return fixed(seconds, decimals: 1) + "\u{A0}s" }
        let total = Int(seconds.rounded())
        let (minutes, hours, days) = (total / 60, total / 3600, total / 86400)
        if total < 60 { return "\(total)\u{A0}s" }
        if hours == 0 { return "\(minutes)\u{A0}min \(total % 60)\u{A0}s" }
        if days == 0 { return "\(hours)\u{A0}h \(minutes % 60)\u{A0}min" }
        return "\(grouped(days))\u{A0}d \(hours % 24)\u{A0}h"
    }

    /// `value` for machines (SVG, CSS): at most two decimals, a plain minus, no separators.
    package static func coordinate(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e12 else { return "0" }
        let hundredths = Int((value * 100).rounded())
        let sign = hundredths < 0 ? "-" : ""
        let (whole, rest) = (hundredths.magnitude / 100, Int(hundredths.magnitude % 100))
        if rest == 0 { return "\(sign)\(whole)" }
        return rest % 10 == 0
            ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(padded(rest, to: 2))"
    }

    /// The divisor and the letter that keep numbers of this size short: 1000 and `k`, then `M`, `B`
    /// (billions, as token counts are told) and `T`.
    static func unit(for size: Double) -> (factor: Double, suffix: String) {
        if size >= 1e12 { return (1e12, "T") }
        if size >= 1e9 { return (1e9, "B") }
        if size >= 1e6 { return (1e6, "M") }
        return size >= 1e4 ? (1e3, "k") : (1, "")
    }

    /// Ten to the power of `exponent`; exact up to 22, and as near as a double gets down to -22.
    static func power(_ exponent: Int) -> Double {
        var value = 1.0
        for _ in 0..<min(exponent.magnitude, 400) { value *= 10 }
        return exponent < 0 ? 1 / value : value
    }

    /// The largest e with 10^e <= |value|; 0 for zero and for what is not finite.
    static func exponent(of value: Double) -> Int {
        let size = value.magnitude
        guard size.isFinite, size >= 1e-300 else { return 0 }
        // 0.30103 is log10(2): right to within one, which the two loops put straight.
        var exponent = Int((Double(size.exponent) * 0.30103).rounded(.down))
        while power(exponent) > size { exponent -= 1 }
        while exponent < 308, power(exponent + 1) <= size { exponent += 1 }
        return exponent
    }

    private static let superscripts = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]

    private static func padded(_ value: Int, to width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static func withoutTrailingZeros(_ text: String) -> String {
        guard text.utf8.contains(0x2E) else { return text }
        var bytes = Array(text.utf8)
        while bytes.last == 0x30 { bytes.removeLast() }
        if bytes.last == 0x2E { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
