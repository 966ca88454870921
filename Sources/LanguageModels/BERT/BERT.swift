import ByteIO
import Neural
import Tensors

/// BERT (Devlin et al. 2019) and RoBERTa (Liu et al. 2019): encoders that see both sides of every
/// word, with the head their folder names.
public struct BERT: EncoderModel, Guessing {
    /// What it is made of.
    public let configuration: BERTConfiguration
    /// Its parameters.
    public let store: ParameterStore

    private let tokens: Embedding, positions: Embedding, segments: Embedding
    private let embeddingNorm: LayerNorm
    private let blocks: [PostNormBlock]
    private let pooler: Linear?
    private let head: BERTHead

    /// Declares the model in a store, which is filled afterwards.
    public init(_ configuration: BERTConfiguration, in store: ParameterStore) {
        self.configuration = configuration
        self.store = store
        let scope = store.scope
        let width = configuration.width
        let initializer = Initializer.normal(deviation: configuration.initializerDeviation)
        func table(_ count: Int, _ name: String, fixedRow: Int? = nil) -> Embedding {
            Embedding(
                count: count, width: width, initializer: initializer, fixedRow: fixedRow,
                in: scope["embedding"][name])
        }
        tokens = table(configuration.vocabulary, "tokens", fixedRow: configuration.padding)
        positions = table(
            configuration.positionRows, "positions", fixedRow: configuration.positionsAfter)
        segments = table(configuration.segmentKinds, "segments")
        embeddingNorm = LayerNorm(
            width: width, epsilon: configuration.epsilon, in: scope["embedding.norm"])
        var attention = MultiHeadAttention.Options(width: width, heads: configuration.heads)
        attention.isCausal = false
        let options = PostNormBlock.Options(
            attention: attention, inner: configuration.inner,
            activation: configuration.activation, epsilon: configuration.epsilon,
            dropout: configuration.dropout)
        blocks = (0..<configuration.depth).map {
            PostNormBlock(
                options, layer: $0, initializer: initializer, in: scope["blocks", $0])
        }
        pooler =
            configuration.hasPooler
            ? Linear(from: width, to: width, initializer: initializer, in: scope["pooler"]) : nil
        head = BERTHead(configuration, in: scope["head"])
    }

    /// int32 ids [batch, time] to hidden states [batch, time, width].
    public func hidden(_ ids: Tensor, _ context: ForwardContext) -> Tensor {
        let (batch, time) = (ids.shape[0], ids.shape[1])
        precondition(
            time <= configuration.context,
            "BERT: \(time) positions of a context of \(configuration.context)")
        let kinds = context.segments ?? Tensor(zeros(batch * time), ids.shape, on: ids.device)
        var x = tokens(ids) + segments(kinds) + positions(places(ids))  // [B, T, C]
        x = context.dropout(embeddingNorm(x), configuration.dropout)
        let pass = AttentionPass(keyBias: context.keyBias)
        for (layer, block) in blocks.enumerated() {
            context.watchHidden(layer, x)
            x = block(x, pass, context)
        }
        context.watchHidden(blocks.count, x)
        return x
    }

    private func zeros(_ count: Int) -> [Int32] { [Int32](repeating: 0, count: count) }

    /// BERT counts from 0; RoBERTa from its padding's id + 1, over tokens that are not padding.
    private func places(_ ids: Tensor) -> Tensor {
        let (batch, time) = (ids.shape[0], ids.shape[1])
        guard let padding = configuration.positionsAfter else {
            return Tensor((0..<time).map { Int32($0) }, [1, time], on: ids.device)
                .broadcast(to: [batch, time])
        }
        var places = ids.values(Int32.self)
        for row in 0..<batch {
            var count = padding
            for t in row * time..<(row + 1) * time {
                if Int(places[t]) != padding { count += 1 }
                places[t] = Int32(Int(places[t]) == padding ? padding : count)
            }
        }
        return Tensor(places, ids.shape, on: ids.device)
    }

    /// The first position's state as the pooler sees it, [batch, width]; nil without a pooler.
    public func pooled(hidden: Tensor) -> Tensor? {
        pooler.map { $0(first(hidden)).tanh() }
    }

    private func first(_ hidden: Tensor) -> Tensor {
        hidden.sliced(1, 0..<1).reshaped([hidden.shape[0], hidden.shape[2]])
    }

    /// What the head makes of hidden states: [batch, time, vocabulary] of a masked model, [batch, time,
    /// labels] or [batch, labels] of a classifier; nil without a head.
    public func logits(hidden: Tensor) -> Tensor? {
        switch configuration.head {
        case .none: nil
        case .maskedWords, .pretraining, .tokenLabels: head(hidden, tokens)
        case .sequenceLabels: head(pooled(hidden: hidden) ?? first(hidden), tokens)
        }
    }

    /// The summed cross-entropy of what the head says against `targets`: int32 [batch, time], or
    /// [batch, 1] for a classifier of sequences. Of a masked model, only counted rows are projected.
    public func loss(
        inputs: Tensor, targets: Tensor, _ context: ForwardContext
    ) -> (total: Tensor, count: Int) {
        let (logits, targets) = answers(inputs, targets, context)
        return Losses.crossEntropy(logits, targets)
    }

    /// The same with the number of targets that were the likeliest answer.
    public func judged(
        inputs: Tensor, targets: Tensor, _ context: ForwardContext
    ) -> (loss: Double, count: Int, right: Int) {
        guard targets.values(Int32.self).contains(where: { $0 >= 0 }) else { return (0, 0, 0) }
        let (logits, targets) = answers(inputs, targets, context)
        let (total, count) = Losses.crossEntropy(logits, targets)
        let guesses = logits.argumentOfMaximum(along: -1).values(Int32.self)
        let right = zip(guesses, targets.values(Int32.self)).reduce(0) {
            $0 + ($1.1 >= 0 && $1.0 == $1.1 ? 1 : 0)
        }
        return (total.item, count, right)
    }

    /// Logits and the targets they answer; of a masked model, only of places that are asked about.
    private func answers(
        _ inputs: Tensor, _ targets: Tensor, _ context: ForwardContext
    ) -> (logits: Tensor, targets: Tensor) {
        let hidden = hidden(inputs, context)
        switch configuration.head {
        case .maskedWords, .pretraining:
            let all = targets.values(Int32.self)
            let counted = all.indices.filter { all[$0] >= 0 }
            let rows = hidden.reshaped([all.count, hidden.shape[2]]).rows(
                at: Tensor(counted.map { Int32($0) }, [counted.count], on: inputs.device))
            return (
                head(rows, tokens),
                Tensor(counted.map { all[$0] }, [counted.count], on: inputs.device)
            )
        case .none: preconditionFailure("BERT: there is no head to train")
        case .tokenLabels, .sequenceLabels:
            guard let logits = logits(hidden: hidden) else { preconditionFailure("no head") }
            return (logits, targets)
        }
    }

    /// The family's published names.
    public var names: WeightNames { BERTNames.names(configuration) }

    /// What it costs.
    public var plan: ModelPlan {
        ModelPlan(
            store: store, depth: configuration.depth, width: configuration.width,
            keyValueWidth: configuration.width, context: configuration.context,
            vocabulary: configuration.vocabulary, inner: configuration.inner,
            heads: configuration.heads,
            positionParameters: (configuration.positionRows + configuration.segmentKinds)
                * configuration.width, isTied: true)
    }
}

/// What stands on an encoder: words under masks, or labels.
struct BERTHead: Sendable {
    private let dense: Linear?
    private let norm: LayerNorm?
    private let output: Linear?
    private let bias: Parameter?
    /// Which of two segments comes next, read and kept but not used.
    private let nextSegment: Linear?
    private let activation: Activation?

    init(_ configuration: BERTConfiguration, in scope: ParameterScope) {
        let width = configuration.width
        let initializer = Initializer.normal(deviation: configuration.initializerDeviation)
        func linear(_ count: Int, _ name: String) -> Linear {
            Linear(from: width, to: count, initializer: initializer, in: scope[name])
        }
        let head = configuration.head
        let isMasked = head == .maskedWords || head == .pretraining
        let isLabelled = head == .sequenceLabels || head == .tokenLabels
        let isRobertaClassifier = configuration.family == .roberta && head == .sequenceLabels
        dense = isMasked || isRobertaClassifier ? linear(width, "dense") : nil
        norm =
            isMasked
            ? LayerNorm(width: width, epsilon: configuration.epsilon, in: scope["norm"]) : nil
        bias = isMasked ? scope.parameter("bias", [configuration.vocabulary], .zeros) : nil
        output = isLabelled ? linear(configuration.labels, "output") : nil
        nextSegment = head == .pretraining ? linear(2, "nextSegment") : nil
        activation =
            !isMasked ? nil : configuration.family == .roberta ? .gelu : configuration.activation
    }

    /// [..., width] -> [..., vocabulary or labels].
    func callAsFunction(_ x: Tensor, _ tokens: Embedding) -> Tensor {
        var x = x
        if let dense { x = activation.map { dense(x, activation: $0) } ?? dense(x).tanh() }
        if let norm { x = norm(x, forProducts: true) }
        guard let bias else { return output.map { $0(x) } ?? x }
        return tokens.projected(x) + bias.value
    }
}
