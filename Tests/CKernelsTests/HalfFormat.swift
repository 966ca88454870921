/// A 16-bit floating-point format, by its definition.
struct HalfFormat: Sendable {
    let name: String
    let mantissaBits: Int
    let leastExponent: Int
    let flushesDenormals: Bool

    static let bfloat16 = HalfFormat(
        name: "bfloat16", mantissaBits: 7, leastExponent: -126, flushesDenormals: true)
    /// The same patterns, as one that does not flush reads them.
    static let denormalBFloat16 = HalfFormat(
        name: "bfloat16", mantissaBits: 7, leastExponent: -126, flushesDenormals: false)
    static let float16 = HalfFormat(
        name: "float16", mantissaBits: 10, leastExponent: -14, flushesDenormals: false)

    var magnitudeOfInfinity: Int { (0x7fff >> mantissaBits) << mantissaBits }

    /// The value a pattern stands for; zero of its sign for a flushed denormal.
    func value(_ pattern: UInt16) -> Double {
        let sign = pattern >> 15 == 0 ? 1.0 : -1.0
        let magnitude = Int(pattern & 0x7fff)
        if magnitude > magnitudeOfInfinity { return .nan }
        if magnitude == magnitudeOfInfinity { return sign * .infinity }
        let (exponent, fraction) = (
            magnitude >> mantissaBits, magnitude & ((1 << mantissaBits) - 1)
        )
        if exponent == 0 && flushesDenormals { return sign * 0 }
        let significand = exponent == 0 ? fraction : fraction + (1 << mantissaBits)
        let power = max(exponent, 1) - 1 + leastExponent - mantissaBits
        return sign * Double(sign: .plus, exponent: power, significand: Double(significand))
    }

    /// The nearest pattern, ties to even; overflow is infinity, NaN the quiet one. A denormal
    /// operand is flushed before rounding.
    func pattern(_ x: Double) -> UInt16 {
        let sign: UInt16 = x.sign == .minus ? 0x8000 : 0
        if x.isNaN { return sign | UInt16(magnitudeOfInfinity) | 1 << (mantissaBits - 1) }
        let least = Double(sign: .plus, exponent: leastExponent, significand: 1)
        if flushesDenormals && abs(x) < least { return sign }
        guard x.isFinite else { return sign | UInt16(magnitudeOfInfinity) }
        // In units of the last place the magnitude is a whole number once rounded; counted from
        // the smallest exponent, that number runs through the patterns.
        let exponent = abs(x) < least ? leastExponent : Int(x.exponent)
        let unit = Double(sign: .plus, exponent: exponent - mantissaBits, significand: 1)
        let count = Int((abs(x) / unit).rounded(.toNearestOrEven))
        let magnitude = count + ((exponent - leastExponent) << mantissaBits)
        return sign | UInt16(min(magnitude, magnitudeOfInfinity))
    }
}

/// An element that operands of products have.
protocol Operand {
    init(operand value: Double)
}
extension Float: Operand { init(operand value: Double) { self.init(value) } }
extension Double: Operand { init(operand value: Double) { self = value } }
extension UInt16: Operand {
    /// Bits of the nearest bfloat16, denormal or not.
    init(operand value: Double) { self = HalfFormat.denormalBFloat16.pattern(value) }
}
