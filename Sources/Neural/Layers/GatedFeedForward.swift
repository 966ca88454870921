import Tensors

/// A gated feed-forward layer (Shazeer 2020): down(f(gate(x)) * up(x)); with SiLU it is SwiGLU.
public struct GatedFeedForward: Sendable {
    private let gate: Linear, up: Linear, down: Linear
    private let activation: Activation

    /// width -> inner -> width.
    public init(
        width: Int, inner: Int, activation: Activation, bias: Bool, initializer: Initializer,
        outputInitializer: Initializer, in scope: ParameterScope
    ) {
        func wide(_ name: String) -> Linear {
            Linear(from: width, to: inner, bias: bias, initializer: initializer, in: scope[name])
        }
        gate = wide("gate")
        up = wide("up")
        down = Linear(
            from: inner, to: width, bias: bias, initializer: outputInitializer, in: scope["down"])
        self.activation = activation
    }

    /// [..., width] -> [..., width], dropped out and added to `residual`.
    public func callAsFunction(
        _ x: Tensor, addedTo residual: Tensor, _ dropout: Dropout, _ context: ForwardContext
    ) -> Tensor {
        let gated = gate(x, activation: activation, forProducts: true) * up(x, forProducts: true)
        return down(gated, addedTo: residual, dropout, context)
    }
}
