import ByteIO
import Neural
import Tensors

/// GPT-2 (Radford et al. 2019): a decoder with learned positions, norms before each sub-layer, and
/// an output projection tied to the token embedding; and GPT (Radford et al. 2018), which norms after.
public struct GPT: LanguageModel {
    /// What it is made of.
    public let configuration: GPTConfiguration
    /// Its parameters.
    public let store: ParameterStore

    private let tokens: Embedding
    private let positions: Embedding
    private let blocks: [Block]
    private let finalNorm: LayerNorm?

    /// Declares the model in a store, which is filled afterwards.
    public init(_ configuration: GPTConfiguration, in store: ParameterStore) {
        self.configuration = configuration
        self.store = store
        let scope = store.scope
        let initializer = Initializer.normal(deviation: configuration.initializerDeviation)
        tokens = Embedding(
            count: configuration.vocabulary, width: configuration.width, initializer: initializer,
            in: scope["embedding.tokens"])
        positions = Embedding(
            count: configuration.context, width: configuration.width, initializer: initializer,
            in: scope["embedding.positions"])
        blocks = (0..<configuration.depth).map {
            Block(configuration, layer: $0, in: scope["blocks", $0])
        }
        finalNorm =
            configuration.family == .gpt1
            ? nil
            : LayerNorm(
                width: configuration.width, epsilon: configuration.epsilon, in: scope["finalNorm"])
    }

    /// One layer: attention and feed-forward, each on a normed copy of the residual stream; GPT norms
    /// the stream after each instead.
    struct Block: Sendable {
        private let attentionNorm: LayerNorm
        private let attention: MultiHeadAttention
        private let feedForwardNorm: LayerNorm
        private let feedForward: FeedForward
        private let dropout: Dropout
        private let layer: Int
        private let normsOutputs: Bool

        init(_ configuration: GPTConfiguration, layer: Int, in scope: ParameterScope) {
            let deviation = configuration.initializerDeviation
            let initializer = Initializer.normal(deviation: deviation)
            // 2 depth sub-layers add to the residual stream: this keeps its variance at depth 1's.
            let output = Initializer.normal(
                deviation: deviation / Double(2 * configuration.depth).squareRoot())
            let headWidth = Double(configuration.width / configuration.heads)
            let byLayer = configuration.scalesScoresByLayer ? Double(layer + 1) : 1
            attentionNorm = LayerNorm(
                width: configuration.width, epsilon: configuration.epsilon,
                in: scope["attentionNorm"])
            var options = MultiHeadAttention.Options(
                width: configuration.width, heads: configuration.heads)
            options.projections = .fused
            options.scale = 1 / (headWidth.squareRoot() * byLayer)
            attention = MultiHeadAttention(
                options, initializer: initializer, outputInitializer: output,
                in: scope["attention"])
            feedForwardNorm = LayerNorm(
                width: configuration.width, epsilon: configuration.epsilon,
                in: scope["feedForwardNorm"])
            feedForward = FeedForward(
                width: configuration.width, inner: configuration.inner,
                activation: configuration.activation, initializer: initializer,
                outputInitializer: output, in: scope["feedForward"])
            dropout = Dropout(configuration.dropout)
            self.layer = layer
            normsOutputs = configuration.family == .gpt1
        }

        /// [B, T, C] -> [B, T, C]
        func callAsFunction(
            _ x: Tensor, _ pass: AttentionPass, _ context: ForwardContext
        ) -> Tensor {
            if normsOutputs {
                let x = attentionNorm(
                    attention(x, pass, layer: layer, addedTo: x, dropout, context))
                return feedForwardNorm(feedForward(x, addedTo: x, dropout, context))
            }
            let x = attention(
                attentionNorm(x, forProducts: true), pass, layer: layer, addedTo: x, dropout,
                context)
            return feedForward(feedForwardNorm(x, forProducts: true), addedTo: x, dropout, context)
        }
    }

    /// int32 ids [batch, time] to hidden states [batch, time, width] after the final norm.
    public func hidden(_ ids: Tensor, _ context: ForwardContext) -> Tensor {
        let (batch, time) = (ids.shape[0], ids.shape[1])
        let places = context.positions(batch: batch, time: time, limit: configuration.context)
        let place = Tensor(
            places.map { Int32($0) }, [places.count / time, time], on: ids.device)
        let pass = AttentionPass(keyBias: context.keyBias)
        var x = tokens(ids) + positions(place)  // [B, T, C]
        x = context.dropout(x, configuration.dropout)
        for (layer, block) in blocks.enumerated() {
            context.watchHidden(layer, x)
            x = block(x, pass, context)
        }
        if let finalNorm { x = finalNorm(x) }
        context.watchHidden(blocks.count, x)
        return x
    }

    /// Hidden states [..., width] to logits [..., vocabulary], by the tied embedding.
    public func logits(hidden: Tensor) -> Tensor { tokens.projected(hidden) }

    /// The loss of the tied projection, which never holds all logits.
    public func loss(hidden: Tensor, targets: Tensor) -> (total: Tensor, count: Int) {
        tokens.projectedLoss(hidden, targets)
    }

    /// The family's published names.
    public var names: WeightNames {
        configuration.family == .gpt1 ? GPTNames.gpt1 : GPTNames.gpt2
    }

    /// What it costs.
    public var plan: ModelPlan {
        ModelPlan(
            store: store, depth: configuration.depth, width: configuration.width,
            keyValueWidth: configuration.width, context: configuration.context,
            vocabulary: configuration.vocabulary, inner: configuration.inner,
            heads: configuration.heads,
            positionParameters: configuration.context * configuration.width,
            isTied: true)
    }
}
