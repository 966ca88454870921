import ByteIO
import Checkpoints
import LanguageModels
import Neural
import Tensors

/// One pass over one sequence with everything it computes, for comparison with other tools.
public struct ForwardPass {
    private let model: any LanguageModel

    /// A pass through `model`.
    public init(_ model: any LanguageModel) { self.model = model }

    /// What a pass computed.
    public struct Result {
        /// Tensors by name, float32.
        public var tensors: [(name: String, value: Tensor)]
        /// Mean loss over the labels that count; nil without labels.
        public var loss: Double?

        /// Writes the tensors as safetensors.
        public func save(to path: String) throws(MartletError) {
            try SafetensorsWriter.write(
                tensors.map { .init(name: $0.name, dtype: .float32, shape: Array($0.value.shape)) },
                to: path
            ) { (index, sink) throws(MartletError) in
                try tensors[index].value.withBytes { (bytes) throws(MartletError) in try sink(bytes)
                }
            }
        }
    }

    /// Runs the model on `ids`.
    /// - Parameters:
    ///   - labels: one per id; position i predicts label i + 1, and labels below 0 are ignored
    ///   - gradients: add the gradients of the mean loss; the model must be loaded for training
    public func run(
        _ ids: [Int32], labels: [Int32]?, hiddenStates: Bool, gradients: Bool
    ) throws(MartletError) -> Result {
        guard !ids.isEmpty else { throw MartletError(.invalidValue, "there are no ids") }
        guard ids.count <= model.context else {
            throw MartletError(
                .invalidValue, "\(ids.count) ids, the model's context is \(model.context)")
        }
        for id in ids + (labels ?? []).filter({ $0 >= 0 })
        where id < 0 || Int(id) >= model.vocabulary {
            throw MartletError(
                .invalidValue, "token id \(id) is outside the vocabulary of \(model.vocabulary)")
        }
        if let labels, labels.count != ids.count {
            throw MartletError(.invalidValue, "\(labels.count) labels for \(ids.count) ids")
        }
        let device = model.store.device
        let context = ForwardContext.evaluation()
        var tensors: [(name: String, value: Tensor)] = []
        if hiddenStates { context.observe = { tensors.append(($0, $1.detached)) } }
        var loss: Double?
        var collected = Gradients()
        func compute() {
            let logits = model(Tensor(ids, [1, ids.count], on: device), context)
            tensors.append(("logits", logits.detached))
            guard let labels else { return }
            let shifted = Array(labels.dropFirst()) + [-1]
            let targets = Tensor(shifted.map { max($0, -1) }, [1, ids.count], on: device)
            let (total, count) = Losses.crossEntropy(logits, targets)
            guard count > 0 else { return }
            loss = total.item / Double(count)
            if gradients { total.backward(into: &collected, seed: 1 / Double(count)) }
        }
        if gradients { model.store.tracking { compute() } } else { compute() }
        if labels != nil, loss == nil {
            throw MartletError(.invalidValue, "every label is masked out")
        }
        for parameter in gradients ? model.store.parameters : [] {
            guard let gradient = collected[parameter.leaf] else { continue }
            let value =
                model.names.isStoredTransposed(parameter.path) ? gradient.transposed() : gradient
            tensors.append(("gradients." + model.names.fullName(parameter.path), value))
        }
        return Result(tensors: tensors, loss: loss)
    }
}
