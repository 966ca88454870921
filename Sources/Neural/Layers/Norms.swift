import Tensors

/// LayerNorm (Ba et al. 2016) over the last axis.
public struct LayerNorm: Sendable {
    private let weight: Parameter
    private let bias: Parameter?
    private let epsilon: Double

    /// A norm of `width` values, starting as the identity.
    public init(width: Int, epsilon: Double = 1e-5, bias: Bool = true, in scope: ParameterScope) {
        weight = scope.parameter("weight", [width], .ones)
        self.bias = bias ? scope.parameter("bias", [width], .zeros) : nil
        self.epsilon = epsilon
    }

    /// [..., width] -> [..., width].
    ///
    /// - Parameter forProducts: only products will read the result, so it is made what they read
    public func callAsFunction(_ x: Tensor, forProducts: Bool = false) -> Tensor {
        x.layerNormalized(
            weight: weight.value, bias: bias?.value, epsilon: epsilon,
            output: forProducts ? x.device.operandType(for: x.dtype) : nil)
    }
}

/// RMSNorm (Zhang & Sennrich 2019) over the last axis.
public struct RMSNorm: Sendable {
    private let weight: Parameter
    private let epsilon: Double

    /// A norm of `width` values, starting with weight 1.
    public init(width: Int, epsilon: Double = 1e-6, in scope: ParameterScope) {
        weight = scope.parameter("weight", [width], .ones)
        self.epsilon = epsilon
    }

    /// [..., width] -> [..., width].
    ///
    /// - Parameter forProducts: only products will read the result, so it is made what they read
    public func callAsFunction(_ x: Tensor, forProducts: Bool = false) -> Tensor {
        x.rootMeanSquareNormalized(
            weight: weight.value, epsilon: epsilon,
            output: forProducts ? x.device.operandType(for: x.dtype) : nil)
    }
}

/// Batch normalisation (Ioffe & Szegedy 2015) of [..., width] over all axes but the last: the
/// batch's own statistics while training, running averages of them otherwise.
public struct BatchNorm: Sendable {
    private let weight: Parameter
    private let bias: Parameter
    /// Running averages, saved with the model but not trained.
    public let runningMean: Parameter, runningVariance: Parameter
    private let epsilon: Double
    private let momentum: Double
    private let store: ParameterStore

    /// A norm of `width` features; `momentum` is the share of each new batch in the averages.
    public init(
        width: Int, epsilon: Double = 1e-5, momentum: Double = 0.1, in scope: ParameterScope
    ) {
        weight = scope.parameter("weight", [width], .ones)
        bias = scope.parameter("bias", [width], .zeros)
        runningMean = scope.buffer("running_mean", [width], .zeros)
        runningVariance = scope.buffer("running_var", [width], .ones)
        self.epsilon = epsilon
        self.momentum = momentum
        store = scope.store
    }

    /// [..., width] -> [..., width].
    public func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        let axes = Array(0..<x.rank - 1)
        guard context.isTraining else {
            let scale = (runningVariance.value + epsilon).squareRoot().reciprocal()
            return (x - runningMean.value) * scale * weight.value + bias.value
        }
        let rows = x.count / max(x.shape[x.rank - 1], 1)
        precondition(rows > 1, "batch norm: \(x.shape) has one row, which has no variance")
        let mean = x.mean(axes)
        let centered = x - mean
        let variance = (centered * centered).mean(axes)
        // The averages keep the unbiased variance, as the reference implementations do.
        let unbiased = variance.detached * (Double(rows) / Double(rows - 1))
        blend(runningMean, mean.detached)
        blend(runningVariance, unbiased)
        return centered * (variance + epsilon).squareRoot().reciprocal() * weight.value + bias.value
    }

    private func blend(_ average: Parameter, _ new: Tensor) {
        let value = average.value * (1 - momentum) + new.cast(to: .float32) * momentum
        store.set(average, to: value)
    }
}
