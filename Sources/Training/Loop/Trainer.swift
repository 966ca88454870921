import ByteIO
import Corpora
import Neural
import Tensors

/// One optimizer step at a time: forward, backward, clip, update. Knows the model only as
/// ``Trainable``, and neither files nor time.
public final class Trainer {
    /// What a step measured.
    public struct StepResult: Sendable {
        /// Mean loss over the counted targets, in nats.
        public let loss: Double
        /// Norm of the whole gradient before clipping.
        public let gradientNorm: Double
        /// Counted targets.
        public let targetCount: Int
        /// Tokens that were read.
        public let tokenCount: Int
    }

    private let model: any Trainable
    /// What updates the parameters.
    public let optimizer: any Optimizer
    private var gradients: ParameterGradients
    private let keepsGradients: Bool
    private let clipNorm: Double

    /// A trainer; gradients whose norm exceeds `clipNorm` are scaled down to it (0: never).
    /// - Parameter keepsGradients: keep a step's gradients until the next; their memory is otherwise the
    ///   next step's
    public init(
        _ model: any Trainable, optimizer: any Optimizer, clipNorm: Double = 1,
        keepsGradients: Bool = false
    ) {
        self.keepsGradients = keepsGradients
        self.model = model
        self.optimizer = optimizer
        self.clipNorm = clipNorm
        gradients = ParameterGradients(for: model.store)
    }

    /// Takes one step over micro-batches whose gradients add up weighted by their targets, exactly
    /// as one large batch would.
    /// - Parameters:
    ///   - random: where dropout draws from; micro-batch k uses a stream of its own
    /// - Throws: `.invalidValue` when no target counts, `.nonFinite` for a loss or gradient that is
    ///   not finite; the parameters are then unchanged.
    public func step(
        _ batches: [Batch], rate: Double, random: (_ micro: Int) -> RandomStream
    ) throws(MartletError) -> StepResult {
        let targetCount = batches.reduce(0) { $0 + $1.targetCount }
        guard targetCount > 0 else {
            throw MartletError(.invalidValue, "every target of the batch is masked out")
        }
        gradients.clear()
        var total = 0.0
        for (micro, batch) in batches.enumerated() where batch.targetCount > 0 {
            let context = ForwardContext.training(random(micro))
            let device = model.store.device
            model.store.tracking {
                let (inputs, targets) = batch.tensors(on: device)
                context.mask = batch.mask(on: device)
                let loss = model.loss(inputs: inputs, targets: targets, context).total
                total += loss.item
                if total.isFinite {
                    loss.backward(into: &gradients, seed: 1 / Double(targetCount))
                }
            }
            guard total.isFinite else {
                throw MartletError(.nonFinite, "the loss is \(total)")
            }
        }
        let norm = gradients.norm()
        guard norm.isFinite else {
            throw MartletError(.nonFinite, "the gradient norm is \(norm)")
        }
        let scale = clipNorm > 0 && norm > clipNorm ? clipNorm / (norm + 1e-6) : 1
        optimizer.step(model.store, gradients: gradients, rate: rate, gradientScale: scale)
        if !keepsGradients { gradients.clear() }
        return StepResult(
            loss: total / Double(targetCount), gradientNorm: norm, targetCount: targetCount,
            tokenCount: batches.reduce(0) { $0 + $1.tokenCount })
    }

    /// The gradient of a parameter from the last step, before clipping; nil if none reached it, or if
    /// gradients are not kept.
    public func gradient(of parameter: Parameter) -> Tensor? { gradients[parameter] }

    /// The mean loss over batches, without recording anything, and the share of targets that were the
    /// model's first guess where it says (``Guessing``); nil if no target counts.
    public func evaluate(
        _ batches: some Sequence<Batch>, shouldStop: () -> Bool = { false }
    ) -> (loss: Double, targetCount: Int, accuracy: Double?)? {
        var total = 0.0
        var (count, right) = (0, 0)
        for batch in batches {
            let device = model.store.device
            let (inputs, targets) = batch.tensors(on: device)
            let context = ForwardContext.evaluation()
            context.mask = batch.mask(on: device)
            if let model = model as? any Guessing {
                let judged = model.judged(inputs: inputs, targets: targets, context)
                total += judged.loss
                count += judged.count
                right += judged.right
            } else {
                let loss = model.loss(inputs: inputs, targets: targets, context)
                total += loss.total.item
                count += loss.count
            }
            if shouldStop() { break }
        }
        guard count > 0 else { return nil }
        return (
            total / Double(count), count,
            model is any Guessing ? Double(right) / Double(count) : nil
        )
    }
}

extension Batch {
    /// Inputs and targets as int32 tensors [batch, context] and [batch, targetContext].
    public func tensors(on device: Device) -> (inputs: Tensor, targets: Tensor) {
        (
            Tensor(inputs, [batch, context], on: device),
            Tensor(targets, [batch, targetContext], on: device)
        )
    }

    /// Which inputs count, [batch, context]; nil for all.
    public func mask(on device: Device) -> Tensor? {
        lengths.map { lengths in
            Tensor(
                lengths.flatMap { length in (0..<context).map { Int32($0 < length ? 1 : 0) } },
                [batch, context], on: device)
        }
    }
}
