import CKernels

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What one unary function and its derivative should give, and how far they may be off.
struct UnaryReference: Sendable {
    /// How far a result may be from the exact value, given x, y, the type's epsilon and its
    /// smallest normal value.
    typealias Slack = @Sendable (_ x: Double, _ y: Double, _ e: Double, _ tiny: Double) -> Double

    let name: String
    let operation: MartletUnary
    let value: @Sendable (Double) -> Double
    let slack: Slack
    let slope: @Sendable (_ x: Double, _ y: Double) -> Double
    let slopeSlack: Slack

    /// Correct rounding, but for a unit where the result is denormal.
    private static let rounded: Slack = { _, y, e, tiny in abs(y) * e / 2 + tiny * e }
    /// A few roundings.
    private static func units(_ count: Double) -> Slack {
        { _, y, e, tiny in abs(y) * e * count + tiny }
    }
    /// Errors of 1 + f(x) where f is near -1, times x.
    private static let scaled: Slack = { x, _, e, tiny in abs(x) * (4 * e + 8 * tiny) + tiny }

    private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    private static func inner(_ x: Double) -> Double {
        0.7978845608028654 * (x + 0.044715 * x * x * x)
    }
    private static func innerSlope(_ x: Double) -> Double {
        0.7978845608028654 * (1 + 3 * 0.044715 * x * x)
    }
    private static func geluSlope(_ x: Double) -> Double {
        0.5 * (1 + erf(x * 0.5.squareRoot())) + x * exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
    }
    private static func geluTanhSlope(_ x: Double) -> Double {
        // Beyond 20 the second term is zero, and its factors may be zero and infinite.
        if abs(x) > 20 { return x > 0 ? 1 : 0 }
        let t = tanh(inner(x))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * innerSlope(x)
    }

    static let all: [UnaryReference] = [
        UnaryReference(
            name: "negate", operation: MartletNegate, value: { -$0 }, slack: rounded,
            slope: { _, _ in -1 }, slopeSlack: rounded),
        UnaryReference(
            name: "exp", operation: MartletExp, value: { exp($0) }, slack: units(2),
            slope: { _, y in y }, slopeSlack: units(1)),
        UnaryReference(
            name: "log", operation: MartletLog, value: { log($0) }, slack: units(2),
            slope: { x, _ in 1 / x }, slopeSlack: units(1)),
        UnaryReference(
            name: "sqrt", operation: MartletSqrt, value: { $0.squareRoot() }, slack: rounded,
            slope: { _, y in 0.5 / y }, slopeSlack: units(1)),
        UnaryReference(
            name: "reciprocal", operation: MartletReciprocal, value: { 1 / $0 }, slack: rounded,
            slope: { _, y in -y * y }, slopeSlack: units(2)),
        UnaryReference(
            name: "tanh", operation: MartletTanh, value: { tanh($0) }, slack: units(2),
            slope: { _, y in 1 - y * y }, slopeSlack: { _, _, e, _ in 2 * e }),
        UnaryReference(
            name: "sigmoid", operation: MartletSigmoid, value: sigmoid, slack: units(4),
            slope: { _, y in y * (1 - y) }, slopeSlack: { _, y, e, tiny in 2 * e * abs(y) + tiny }),
        UnaryReference(
            name: "relu", operation: MartletRelu, value: { $0 < 0 ? 0 : $0 }, slack: rounded,
            slope: { x, _ in x > 0 ? 1 : 0 }, slopeSlack: rounded),
        UnaryReference(
            name: "silu", operation: MartletSilu, value: { $0 * sigmoid($0) },
            slack: { x, y, e, tiny in 6 * e * abs(y) + 8 * tiny * abs(x) + tiny },
            slope: { x, y in sigmoid(x) + y * (1 - sigmoid(x)) },
            slopeSlack: { _, y, e, tiny in (6 * e + tiny) * (1 + abs(y)) }),
        UnaryReference(
            name: "gelu", operation: MartletGelu,
            value: { 0.5 * $0 * (1 + erf($0 * 0.5.squareRoot())) }, slack: scaled,
            slope: { x, _ in geluSlope(x) }, slopeSlack: { _, _, e, tiny in 6 * e + tiny }),
        UnaryReference(
            name: "gelu tanh", operation: MartletGeluTanh,
            value: { 0.5 * $0 * (1 + tanh(inner($0))) }, slack: scaled,
            slope: { x, _ in geluTanhSlope(x) },
            slopeSlack: { x, _, e, tiny in
                let near = min(abs(x), 6)
                return e * (6 + near * innerSlope(near)) + tiny
            }),
        UnaryReference(
            name: "erf", operation: MartletErf, value: { erf($0) }, slack: units(2),
            slope: { x, _ in 2 / Double.pi.squareRoot() * exp(-x * x) },
            slopeSlack: { x, _, e, tiny in
                exp(-x * x) * e * (4 + 2 * min(x * x, 1000)) + 2 * tiny
            }),
        UnaryReference(
            name: "abs", operation: MartletAbs, value: { abs($0) }, slack: rounded,
            slope: { x, _ in x > 0 ? 1 : (x < 0 ? -1 : 0) }, slopeSlack: rounded),
        UnaryReference(
            name: "sin", operation: MartletSin, value: { sin($0) }, slack: units(1),
            slope: { x, _ in cos(x) }, slopeSlack: units(1)),
        UnaryReference(
            name: "cos", operation: MartletCos, value: { cos($0) }, slack: units(1),
            slope: { x, _ in -sin(x) }, slopeSlack: units(1)),
    ]
}
