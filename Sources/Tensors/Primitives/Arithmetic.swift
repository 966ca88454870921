import CKernels

/// Operators and element-wise functions as methods. 16-bit floating-point operands are computed
/// with in float32 and rounded back.
extension Tensor {
    private func unary(_ function: Unary.Function) -> Tensor {
        if dtype.isHalf { return cast(to: .float32).unary(function).cast(to: dtype) }
        precondition(dtype.isFloatingPoint, "\(function): not defined for \(dtype)")
        return Tensor.apply(Unary(function: function), [self])
    }

    private static func binary(_ function: Binary.Function, _ a: Tensor, _ b: Tensor) -> Tensor {
        if function == .multiply, a.dtype == .bfloat16, b.dtype == .bfloat16, a.shape == b.shape {
            return apply(HalfProduct(), [a, b])
        }
        if a.dtype.isHalf, b.dtype == a.dtype {
            return binary(function, a.cast(to: .float32), b.cast(to: .float32)).cast(to: a.dtype)
        }
        return apply(Binary(function: function), [a, b])
    }

    private func scalar(_ value: Double) -> Tensor {
        Tensor(repeating: value, [], dtype, on: device)
    }

    /// Sum, with broadcasting.
    public static func + (a: Tensor, b: Tensor) -> Tensor { binary(.add, a, b) }
    /// Difference, with broadcasting.
    public static func - (a: Tensor, b: Tensor) -> Tensor { binary(.subtract, a, b) }
    /// Product element by element, with broadcasting.
    public static func * (a: Tensor, b: Tensor) -> Tensor { binary(.multiply, a, b) }
    /// Quotient, with broadcasting.
    public static func / (a: Tensor, b: Tensor) -> Tensor { binary(.divide, a, b) }
    /// Adds a number to every element.
    public static func + (a: Tensor, b: Double) -> Tensor { a + a.scalar(b) }
    /// Subtracts a number from every element.
    public static func - (a: Tensor, b: Double) -> Tensor { a - a.scalar(b) }
    /// Multiplies every element by a number.
    public static func * (a: Tensor, b: Double) -> Tensor { a * a.scalar(b) }
    /// Divides every element by a number.
    public static func / (a: Tensor, b: Double) -> Tensor { a / a.scalar(b) }
    /// Changes every sign.
    public static prefix func - (a: Tensor) -> Tensor { a.unary(.negate) }

    /// The larger of two elements; NaN wins.
    public func maximum(_ other: Tensor) -> Tensor { Tensor.binary(.maximum, self, other) }
    /// The smaller of two elements; NaN wins.
    public func minimum(_ other: Tensor) -> Tensor { Tensor.binary(.minimum, self, other) }
    /// Raises to a power, element by element.
    public func power(_ exponent: Tensor) -> Tensor { Tensor.binary(.power, self, exponent) }
    /// Raises every element to one power.
    public func power(_ exponent: Double) -> Tensor { power(scalar(exponent)) }

    /// e to the power of each element.
    public func exp() -> Tensor { unary(.exp) }
    /// Natural logarithm.
    public func log() -> Tensor { unary(.log) }
    /// Square root.
    public func squareRoot() -> Tensor { unary(.sqrt) }
    /// 1 / x.
    public func reciprocal() -> Tensor { unary(.reciprocal) }
    /// Hyperbolic tangent.
    public func tanh() -> Tensor { unary(.tanh) }
    /// 1 / (1 + e^-x).
    public func sigmoid() -> Tensor { unary(.sigmoid) }
    /// max(x, 0).
    public func relu() -> Tensor { unary(.relu) }
    /// x * sigmoid(x), also called swish.
    public func silu() -> Tensor { unary(.silu) }
    /// x times the normal distribution function (Hendrycks & Gimpel 2016): exact, or GPT-2's tanh
    /// approximation.
    public func gelu(approximate: Bool = false) -> Tensor { unary(approximate ? .geluTanh : .gelu) }
    /// The error function.
    public func erf() -> Tensor { unary(.erf) }
    /// Absolute value.
    public func absolute() -> Tensor { unary(.abs) }
    /// Sine of radians.
    public func sine() -> Tensor { unary(.sin) }
    /// Cosine of radians.
    public func cosine() -> Tensor { unary(.cos) }

    /// Elements where `mask` is true from `a`, the others from `b`; broadcasts.
    public static func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
        if a.dtype.isHalf {
            return select(mask, a.cast(to: .float32), b.cast(to: .float32)).cast(to: a.dtype)
        }
        return apply(Select(), [mask, a, b])
    }

    /// a < b, boolean.
    public func less(than other: Tensor) -> Tensor { Comparison.less.evaluate(self, other) }
    /// a <= b, boolean.
    public func lessOrEqual(to other: Tensor) -> Tensor {
        Comparison.lessEqual.evaluate(self, other)
    }
    /// a > b, boolean.
    public func greater(than other: Tensor) -> Tensor { Comparison.greater.evaluate(self, other) }
    /// a >= b, boolean.
    public func greaterOrEqual(to other: Tensor) -> Tensor {
        Comparison.greaterEqual.evaluate(self, other)
    }
    /// a == b, boolean.
    public func equals(_ other: Tensor) -> Tensor { Comparison.equal.evaluate(self, other) }
    /// a != b, boolean.
    public func differs(from other: Tensor) -> Tensor { Comparison.notEqual.evaluate(self, other) }

    /// Adds `other` to this tensor's own bytes. Only for buffers nobody else reads yet.
    package func accumulate(_ other: Tensor) {
        let other = other.packed()
        precondition(
            isContiguous && other.shape == shape && other.dtype == dtype,
            "accumulate: \(other.dtype) \(other.shape) into \(dtype) \(shape)")
        let kernels = device.kernels
        device.parallel(count, grain: elementGrain) { range in
            let i = range.lowerBound
            switch dtype {
            case .float32: kernels.accumulate_f32(f32 + i, other.f32 + i, 1, range.count)
            case .float64: kernels.accumulate_f64(f64 + i, other.f64 + i, 1, range.count)
            default: preconditionFailure("accumulate: not defined for \(dtype)")
            }
        }
    }
}
