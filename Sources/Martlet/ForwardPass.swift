import ByteIO
import Checkpoints
import LanguageModels
import Neural
import Tensors

/// One pass over one sequence with everything it computes, for comparison with other tools.
public struct ForwardPass {
    /// What goes in.
    public struct Input {
        /// Token ids; the source of a model of two stacks.
        public var ids: [Int32]
        /// What a model of two stacks has written so far, its start token first; made of the labels
        /// where it is nil.
        public var decoderIDs: [Int32]?
        /// Which ids count, 0 or 1 each; nil for all.
        public var mask: [Int32]?
        /// Targets; below 0 they are ignored. A model that continues texts predicts label i + 1 at
        /// position i, others label i.
        public var labels: [Int32]?

        /// Ids alone, or with what is known beside them.
        public init(
            _ ids: [Int32], decoderIDs: [Int32]? = nil, mask: [Int32]? = nil,
            labels: [Int32]? = nil
        ) {
            (self.ids, self.decoderIDs, self.mask, self.labels) = (ids, decoderIDs, mask, labels)
        }
    }

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

    private let model: any PretrainedModel

    /// A pass through `model`.
    public init(_ model: any PretrainedModel) { self.model = model }

    /// Runs the model.
    /// - Parameters:
    ///   - hiddenStates: add the stream before every block and after the last
    ///   - attention: add the probabilities of every attention
    ///   - gradients: add the gradients of the mean loss; the model must be loaded for training
    public func run(
        _ input: Input, hiddenStates: Bool = false, attention: Bool = false, gradients: Bool = false
    ) throws(MartletError) -> Result {
        try check(input)
        let context = ForwardContext.evaluation()
        var tensors: [(name: String, value: Tensor)] = []
        if hiddenStates || attention {
            context.watchesAttention = attention
            context.observe = { name, value in
                let isAttention = name.contains("attentions")
                if isAttention ? attention : hiddenStates { tensors.append((name, value.detached)) }
            }
        }
        context.mask = input.mask.map { row($0) }
        var loss: Double?
        var collected = Gradients()
        func compute() throws(MartletError) {
            let (outputs, scored) = try outputs(input, context)
            tensors += outputs.map { ($0.name, $0.value.detached) }
            guard let (total, count) = scored, count > 0 else { return }
            loss = total.item / Double(count)
            if gradients { total.backward(into: &collected, seed: 1 / Double(count)) }
        }
        if gradients {
            try model.store.tracking { () throws(MartletError) in try compute() }
        } else {
            try compute()
        }
        if input.labels != nil, loss == nil {
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

    private func row(_ ids: [Int32]) -> Tensor {
        Tensor(ids, [1, ids.count], on: model.store.device)
    }

    private typealias Named = (name: String, value: Tensor)

    /// What the model computes, and the summed loss over the labels that count.
    private func outputs(
        _ input: Input, _ context: ForwardContext
    ) throws(MartletError) -> ([Named], (total: Tensor, count: Int)?) {
        func loss(_ logits: Tensor, _ labels: [Int32]?) -> (total: Tensor, count: Int)? {
            labels.map { Losses.crossEntropy(logits, row($0.map { max($0, -1) })) }
        }
        switch model {
        case let model as any LanguageModel:
            let logits = model(row(input.ids), context)
            return ([("logits", logits)], loss(logits, input.labels.map { $0.dropFirst() + [-1] }))
        case let model as any EncoderModel:
            let hidden = model.hidden(row(input.ids), context)
            guard let logits = model.logits(hidden: hidden) else {
                if input.labels != nil { throw misused("labels", "has no head to be judged by") }
                let pooled = model.pooled(hidden: hidden).map { [("pooled", $0)] as [Named] }
                return ([("last_hidden_state", hidden)] + (pooled ?? []), nil)
            }
            let rows = logits.count / logits.shape[logits.rank - 1]
            if let labels = input.labels {
                let classes = logits.shape[logits.rank - 1]
                guard labels.count == rows else {
                    throw MartletError(
                        .invalidValue, "\(labels.count) labels for \(rows) predictions")
                }
                if let bad = labels.first(where: { Int($0) >= classes }) {
                    throw MartletError(.invalidValue, "label \(bad) of \(classes) classes")
                }
            }
            return ([("logits", logits)], loss(logits, input.labels))
        case let model as any SequenceToSequenceModel:
            let source = model.encoded(row(input.ids), context)
            let decoder: Tensor
            if let ids = input.decoderIDs {
                decoder = row(ids)
            } else if let labels = input.labels {
                decoder = model.decoderInputs(for: row(labels.map { max($0, -1) }))
            } else {
                throw misused("ids alone", "needs decoder ids or labels beside them")
            }
            if let labels = input.labels, labels.count != decoder.count {
                throw MartletError(
                    .invalidValue, "\(labels.count) labels for \(decoder.count) decoder ids")
            }
            let logits = model.logits(hidden: model.decoded(decoder, over: source, context))
            return ([("logits", logits)], loss(logits, input.labels))
        default: throw misused("a forward pass", "is of no family that has one")
        }
    }

    private func misused(_ what: String, _ why: String) -> MartletError {
        let type = model.configurationJSON["model_type"]?.string ?? ""
        return MartletError(.invalidValue, "\(what): the '\(type)' model \(why)")
    }

    private func check(_ input: Input) throws(MartletError) {
        guard !input.ids.isEmpty else { throw MartletError(.invalidValue, "there are no ids") }
        let labels = input.labels ?? []
        for (count, what) in [
            (input.ids.count, "ids"), (input.decoderIDs?.count ?? 0, "decoder ids"),
            (labels.count, "labels"),
        ] where count > model.context {
            throw MartletError(
                .invalidValue, "\(count) \(what), the model's context is \(model.context)")
        }
        for id in input.ids + (input.decoderIDs ?? []) + labels.filter({ $0 >= 0 })
        where id < 0 || Int(id) >= model.vocabulary {
            throw MartletError(
                .invalidValue, "token id \(id) is outside the vocabulary of \(model.vocabulary)")
        }
        if input.labels != nil, model is any LanguageModel, labels.count != input.ids.count {
            throw MartletError(
                .invalidValue, "\(labels.count) labels for \(input.ids.count) ids")
        }
        if input.decoderIDs != nil, !(model is any SequenceToSequenceModel) {
            throw misused("decoder ids", "has one stack")
        }
        if input.decoderIDs?.isEmpty == true || (input.labels != nil && labels.isEmpty) {
            throw MartletError(.invalidValue, "decoder ids or labels are empty")
        }
        if let mask = input.mask {
            guard mask.count == input.ids.count, mask.allSatisfy({ $0 == 0 || $0 == 1 }) else {
                throw MartletError(
                    .invalidValue,
                    "a mask of \(mask.count) for \(input.ids.count) ids: expected a 0 or 1 for each"
                )
            }
            guard mask.contains(1) else {
                throw MartletError(.invalidValue, "the mask hides every id")
            }
        }
    }
}
