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
    ///
    /// - Parameters:
    ///   - activation: what follows the sums, if anything
    ///   - forProducts: only products will read the result, so it is made what they read
    ///     (bfloat16 on a device of that precision)
    public func callAsFunction(
        _ x: Tensor, activation: Activation? = nil, forProducts: Bool = false
    ) -> Tensor {
        weight.linear(x, bias: bias, activation: activation, forProducts: forProducts)
    }

    /// [..., in] -> [..., out], dropped out and added to `residual`.
    public func callAsFunction(
        _ x: Tensor, addedTo residual: Tensor, _ dropout: Dropout, _ context: ForwardContext
    ) -> Tensor {
        if context.isTraining, dropout.probability > 0 {
            return residual + dropout(self(x), context)
        }
        return weight.linear(x, bias: bias, residual: residual)
    }
}

extension Linear {
    /// The cross-entropy of this map's logits against `targets`, summed over those not below 0, and
    /// how many there are; without a bias, the logits are never whole in memory.
    public func projectedLoss(_ x: Tensor, _ targets: Tensor) -> (total: Tensor, count: Int) {
        guard bias == nil else { return Losses.crossEntropy(self(x), targets) }
        return weight.projectedLoss(x, targets)
    }
}

/// Rows of a learned table: ids [...] -> [..., width].
public struct Embedding: Sendable {
    /// [count, width].
    public let weight: Weight
    private let fixedRow: Int?

    /// A table of `count` rows.
    ///
    /// - Parameter fixedRow: a row that reading does not train: padding's, in models whose reference
    ///   implementation does so
    public init(
        count: Int, width: Int, initializer: Initializer = .normal(deviation: 0.02),
        fixedRow: Int? = nil, in scope: ParameterScope
    ) {
        self.fixedRow = fixedRow
        weight = scope.weight([count, width], initializer)
    }

    /// int32 [...] -> [..., width].
    public func callAsFunction(_ ids: Tensor) -> Tensor {
        weight.rows(at: ids, fixedRow: fixedRow)
    }

    /// The table used as an output projection: [..., width] -> [..., count].
    public func projected(_ x: Tensor) -> Tensor { weight.linear(x) }

    /// The cross-entropy of that projection against `targets`, summed over those not below 0, and
    /// how many there are; the logits are never whole in memory.
    public func projectedLoss(_ x: Tensor, _ targets: Tensor) -> (total: Tensor, count: Int) {
        weight.projectedLoss(x, targets)
    }
}
