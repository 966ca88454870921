import Tensors

/// Inverted dropout (Srivastava et al. 2014): active while training only.
public struct Dropout: Sendable {
    /// The chance of an element to be dropped, in [0, 1).
    public let probability: Double

    /// Dropout with a probability.
    public init(_ probability: Double) { self.probability = probability }

    /// The same shape.
    public func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        context.dropout(x, probability)
    }
}

/// Parts applied one after another.
public struct Sequential: Sendable {
    private let parts: [@Sendable (Tensor, ForwardContext) -> Tensor]

    /// A chain of parts, each a function of its input and the context.
    public init(_ parts: (@Sendable (Tensor, ForwardContext) -> Tensor)...) { self.parts = parts }

    /// The last part's output.
    public func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        parts.reduce(x) { value, part in part(value, context) }
    }
}

/// Two linear maps with a nonlinearity between them (Vaswani et al. 2017), width -> inner -> width; or
/// three, the nonlinearity of one multiplied with another (Shazeer 2020): down(f(gate(x)) * up(x)),
/// which with SiLU is SwiGLU.
public struct FeedForward: Sendable {
    private let gate: Linear?
    private let up: Linear
    private let down: Linear
    private let activation: Activation

    /// A feed-forward layer; the last map's initialiser may differ (GPT-2 scales it by depth).
    public init(
        width: Int, inner: Int, activation: Activation, isGated: Bool = false, bias: Bool = true,
        initializer: Initializer, outputInitializer: Initializer, in scope: ParameterScope
    ) {
        func wide(_ name: String) -> Linear {
            Linear(from: width, to: inner, bias: bias, initializer: initializer, in: scope[name])
        }
        gate = isGated ? wide("gate") : nil
        up = wide("up")
        down = Linear(
            from: inner, to: width, bias: bias, initializer: outputInitializer, in: scope["down"])
        self.activation = activation
    }

    /// [..., width] -> [..., width].
    public func callAsFunction(_ x: Tensor) -> Tensor { down(inner(x)) }

    /// The same, dropped out and added to `residual`.
    public func callAsFunction(
        _ x: Tensor, addedTo residual: Tensor, _ dropout: Dropout, _ context: ForwardContext
    ) -> Tensor {
        down(inner(x), addedTo: residual, dropout, context)
    }

    private func inner(_ x: Tensor) -> Tensor {
        guard let gate else { return up(x, activation: activation, forProducts: true) }
        return gate(x, activation: activation, forProducts: true) * up(x, forProducts: true)
    }
}
