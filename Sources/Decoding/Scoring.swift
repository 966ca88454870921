import ByteIO
import LanguageModels
import Neural
import Tensors

/// Log-probabilities of given tokens.
public struct Scoring {
    private let model: any LanguageModel

    /// Scores with a model.
    public init(_ model: any LanguageModel) { self.model = model }

    /// The natural log-probability of every token but the first (nil), each given what stands
    /// before it in its window.
    ///
    /// Texts longer than the context go in windows that advance by `stride` (the context unless
    /// given): every token is predicted once, in the first window that reaches it.
    ///
    /// - Parameter rows: tokens whose logits exist at a time; nil for as many as fit 64 MiB
    public func logProbabilities(
        _ ids: [Int32], stride: Int? = nil, rows: Int? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(MartletError) -> [Double?] {
        guard let firstID = ids.first else {
            throw MartletError(.invalidValue, "there are no tokens to score")
        }
        if let bad = ([firstID] + ids).first(where: { $0 < 0 || Int($0) >= model.vocabulary }) {
            throw MartletError(
                .invalidValue, "token id \(bad) is outside the vocabulary of \(model.vocabulary)")
        }
        let context = model.context
        let step = stride ?? context
        guard step > 0, step <= context else {
            throw MartletError(
                .invalidValue, "a stride of \(step) is not between 1 and the context of \(context)")
        }
        var result: [Double?] = [nil]
        result.reserveCapacity(ids.count)
        // A window of inputs begin ..< begin + context predicts tokens begin + 1 ... begin + context.
        var begin = 0
        while result.count < ids.count {
            let end = min(begin + context, ids.count - 1)
            let fresh = result.count - 1 - begin
            let inputs = Array(ids[begin..<end])
            let targets = Array(ids[begin + 1...end])
            let device = model.store.device
            let hidden = model.hidden(Tensor(inputs, [1, inputs.count], on: device), .evaluation())
            // The logits of a long window would take gigabytes.
            let chunk = max(1, rows ?? (1 << 24) / model.vocabulary)
            for first in Swift.stride(from: fresh, to: inputs.count, by: chunk) {
                let range = first..<min(first + chunk, inputs.count)
                let losses = model.logits(hidden: hidden.sliced(1, range))
                    .reshaped([range.count, model.vocabulary])
                    .crossEntropy(Tensor(Array(targets[range]), [range.count], on: device))
                result += losses.doubles.map { -$0 }
            }
            progress(result.count, ids.count)
            begin += step
        }
        return result
    }
}

extension Scoring {
    /// The natural log-probability of every token of a target given its source and what stands before it
    /// in the target, with a model of two stacks.
    public static func logProbabilities(
        of target: [Int32], given source: [Int32], _ model: any SequenceToSequenceModel
    ) throws(MartletError) -> [Double?] {
        for (ids, what) in [(source, "source"), (target, "target")] {
            guard !ids.isEmpty, ids.count <= model.context else {
                throw MartletError(
                    .invalidValue,
                    "the \(what) has \(ids.count) tokens, the model reads 1 to \(model.context)")
            }
            if let bad = ids.first(where: { $0 < 0 || Int($0) >= model.vocabulary }) {
                throw MartletError(
                    .invalidValue,
                    "token id \(bad) is outside the vocabulary of \(model.vocabulary)")
            }
        }
        let device = model.store.device
        let context = ForwardContext.evaluation()
        let states = model.encoded(Tensor(source, [1, source.count], on: device), context)
        let targets = Tensor(target, [1, target.count], on: device)
        let hidden = model.decoded(
            model.decoderInputs(for: targets), over: states, context)
        return model.logits(hidden: hidden).reshaped([target.count, model.vocabulary])
            .crossEntropy(targets.reshaped([target.count])).doubles.map { -$0 }
    }
}
