import Tensors

/// y = x W^T + b over the last axis: [..., in] -> [..., out].
public struct Linear: Sendable {
    /// [out, in].
    public let weight: Weight
    /// [out], or nil.
    public let bias: Parameter?

    /// A linear map of `inWidth` to `outWidth` values. The bias starts at zero.
    public init(
        from inWidth: Int, to outWidth: Int, bias: Bool = true,
        initializer: Initializer = .xavierUniform, in scope: ParameterScope
    ) {
        weight = scope.weight([outWidth, inWidth], initializer)
        self.bias = bias ? scope.parameter("bias", [outWidth], .zeros) : nil
    }

    /// [..., in] -> [..., out].
    public func callAsFunction(_ x: Tensor) -> Tensor { weight.linear(x, bias: bias) }
}

/// Rows of a learned table: ids [...] -> [..., width].
public struct Embedding: Sendable {
    /// [count, width].
    public let weight: Weight

    /// A table of `count` rows.
    public init(
        count: Int, width: Int, initializer: Initializer = .normal(deviation: 0.02),
        in scope: ParameterScope
    ) {
        weight = scope.weight([count, width], initializer)
    }

    /// int32 [...] -> [..., width].
    public func callAsFunction(_ ids: Tensor) -> Tensor { weight.rows(at: ids) }

    /// The table used as an output projection: [..., width] -> [..., count].
    public func projected(_ x: Tensor) -> Tensor { weight.linear(x) }
}
