import Neural
import Tensors

/// Turns gradients into new parameter values. State lives in flat arenas laid out like the
/// parameters, so that it is saved, restored and divided by ranges.
public protocol Optimizer: AnyObject {
    /// The name in configurations and checkpoints.
    var name: String { get }
    /// Flat float32 arenas by name, for checkpoints.
    var state: [(name: String, values: Tensor)] { get }
    /// Steps taken.
    var time: Int { get set }

    /// Updates every trainable parameter of `store`; gradients are multiplied by `gradientScale`
    /// on the way in (clipping).
    func step(
        _ store: ParameterStore, gradients: ParameterGradients, rate: Double, gradientScale: Double)

    /// Puts the weights to evaluate and to save in the place of those being trained, or these back.
    /// Does nothing where they are the same (``WeightAverage`` is where they are not).
    func exchangeWeights(of store: ParameterStore)
}

extension Optimizer {
    /// The trained weights are the ones to evaluate and to save.
    public func exchangeWeights(of store: ParameterStore) {}

    /// Runs `body` while the model has the weights to evaluate and to save.
    func withSavedWeights<R, E: Error>(
        of store: ParameterStore, _ body: () throws(E) -> R
    ) throws(E) -> R {
        exchangeWeights(of: store)
        defer { exchangeWeights(of: store) }
        return try body()
    }
}

extension ParameterStore {
    /// The parameters a step moves: trainable, not frozen, and reached by a gradient. One that no
    /// gradient reached stays as it is, decay included.
    func updates(
        _ gradients: ParameterGradients, where isOurs: (Parameter) -> Bool = { _ in true }
    ) -> [(parameter: Parameter, range: Range<Int>, gradient: Tensor)] {
        parameters.compactMap { parameter in
            guard parameter.isTrainable, !isFrozen(parameter), isOurs(parameter),
                let gradient = gradients[parameter]
            else { return nil }
            return (parameter, range(of: parameter), gradient)
        }
    }
}

/// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019). Decay applies to matrices and
/// embeddings, not to biases and norms.
public final class Adam: Optimizer {
    /// The name in checkpoints.
    public let name: String
    /// Steps taken.
    public var time = 0
    private let beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double
    private let decoupled: Bool
    private let isOurs: @Sendable (Parameter) -> Bool
    private let first: Tensor, second: Tensor

    /// - Parameters:
    ///   - decoupled: AdamW, whose decay shrinks the weight itself; Adam adds it to the gradient
    ///   - isOurs: the parameters to update; the others are left to another optimizer
    public init(
        for store: ParameterStore, beta1: Double = 0.9, beta2: Double = 0.95,
        epsilon: Double = 1e-8, weightDecay: Double = 0.1, decoupled: Bool = true,
        where isOurs: @escaping @Sendable (Parameter) -> Bool = { _ in true }
    ) {
        guard let arena = store.arena else {
            preconditionFailure("optimizer: a model loaded for inference does not train")
        }
        name = decoupled ? "adamw" : "adam"
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.decoupled = decoupled
        self.isOurs = isOurs
        first = .zeros(arena.shape, arena.dtype, on: arena.device)
        second = .zeros(arena.shape, arena.dtype, on: arena.device)
    }

    /// The flat moments by name.
    public var state: [(name: String, values: Tensor)] { [("first", first), ("second", second)] }

    /// Updates every trainable parameter that is not frozen.
    public func step(
        _ store: ParameterStore, gradients: ParameterGradients, rate: Double, gradientScale: Double
    ) {
        time += 1
        let updates = store.updates(gradients, where: isOurs)
        store.write { arena in
            for update in updates {
                let step = ArenaUpdates.AdamStep(
                    rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon,
                    weightDecay: update.parameter.decays ? weightDecay : 0,
                    gradientScale: gradientScale, decoupled: decoupled, time: time)
                ArenaUpdates.adam(
                    step, values: arena, first: first, second: second, gradient: update.gradient,
                    range: update.range)
            }
        }
    }
}

/// Stochastic gradient descent with momentum (Polyak 1964), as PyTorch defines it:
/// v = momentum v + g + decay w; w -= rate v.
public final class MomentumSGD: Optimizer {
    /// The name in checkpoints.
    public let name = "sgd"
    /// Steps taken.
    public var time = 0
    private let momentum: Double, weightDecay: Double
    private let velocity: Tensor

    /// Momentum 0 is plain descent.
    public init(for store: ParameterStore, momentum: Double = 0.9, weightDecay: Double = 0) {
        guard let arena = store.arena else {
            preconditionFailure("optimizer: a model loaded for inference does not train")
        }
        self.momentum = momentum
        self.weightDecay = weightDecay
        velocity = .zeros(arena.shape, arena.dtype, on: arena.device)
    }

    /// The flat moments by name.
    public var state: [(name: String, values: Tensor)] { [("velocity", velocity)] }

    /// Updates every trainable parameter that is not frozen.
    public func step(
        _ store: ParameterStore, gradients: ParameterGradients, rate: Double, gradientScale: Double
    ) {
        time += 1
        let updates = store.updates(gradients)
        store.write { arena in
            for (parameter, range, gradient) in updates {
                ArenaUpdates.scale(velocity, by: momentum, range: range)
                ArenaUpdates.add(gradient, factor: gradientScale, to: velocity, range: range)
                if parameter.decays, weightDecay != 0 {
                    ArenaUpdates.add(
                        arena.sliced(0, range), factor: weightDecay, to: velocity, range: range)
                }
                ArenaUpdates.add(
                    velocity.sliced(0, range), factor: -rate, to: arena, range: range)
            }
        }
    }
}
