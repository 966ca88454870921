import Neural
import Tensors

/// An optimizer whose weights are also averaged (Polyak & Juditsky 1992): after every step,
/// average = d average + (1 - d) weights, with d = min(decay, (1 + t) / (10 + t)), so that the
/// initial weights are soon forgotten.
///
/// The average is what a run evaluates and saves, as the model of its checkpoints too; the weights
/// that go on being trained are then part of the optimizer's state.
public final class WeightAverage: Optimizer {
    private let optimizer: any Optimizer
    private let decay: Double
    /// The average; the trained weights while the two are exchanged.
    private let other: Tensor

    /// - Parameters:
    ///   - optimizer: what takes the steps
    ///   - decay: the share of the past in the average, 0 or more and below 1
    public init(_ optimizer: any Optimizer, of store: ParameterStore, decay: Double) {
        guard let arena = store.arena else {
            preconditionFailure("optimizer: a model loaded for inference does not train")
        }
        self.optimizer = optimizer
        self.decay = decay
        other = arena.copied()
    }

    /// The name of the optimizer that takes the steps.
    public var name: String { optimizer.name }
    /// Its state, and the weights that are not in the model: to be saved while those to save are.
    public var state: [(name: String, values: Tensor)] {
        optimizer.state + [("weights", other)]
    }
    /// Steps taken.
    public var time: Int {
        get { optimizer.time }
        set { optimizer.time = newValue }
    }

    /// Takes the step, then moves the average towards where it led.
    public func step(
        _ store: ParameterStore, gradients: ParameterGradients, rate: Double, gradientScale: Double
    ) {
        optimizer.step(store, gradients: gradients, rate: rate, gradientScale: gradientScale)
        guard let arena = store.arena else { return }
        // Rounded first, so that the two factors add up to 1 in float32 as well.
        let decay = Double(Float(min(decay, Double(1 + time) / Double(10 + time))))
        ArenaUpdates.scale(other, by: decay, range: 0..<arena.count)
        ArenaUpdates.add(arena, factor: 1 - decay, to: other, range: 0..<arena.count)
    }

    /// Puts the average in the model's place, or the trained weights back.
    public func exchangeWeights(of store: ParameterStore) {
        store.write { arena in
            let weights = arena.copied()
            ArenaUpdates.write(other, to: arena, at: 0)
            ArenaUpdates.write(weights, to: other, at: 0)
        }
    }
}
