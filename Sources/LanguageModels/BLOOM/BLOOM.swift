import ByteIO
import Neural
import Tensors

/// BLOOM (BigScience 2022): a decoder whose scores fall linearly with distance instead of positions
/// in the stream, with a norm after the embedding and an output projection tied to it.
public struct BLOOM: LanguageModel {
    /// What it is made of.
    public let configuration: BLOOMConfiguration
    /// Its parameters.
    public let store: ParameterStore

    private let tokens: Embedding
    private let embeddingNorm: LayerNorm
    private let blocks: [Block]
    private let finalNorm: LayerNorm

    /// Declares the model in a store, which is filled afterwards.
    public init(_ configuration: BLOOMConfiguration, in store: ParameterStore) {
        self.configuration = configuration
        self.store = store
        let scope = store.scope
        func norm(_ name: String) -> LayerNorm {
            LayerNorm(
                width: configuration.width, epsilon: configuration.epsilon, in: scope[name])
        }
        tokens = Embedding(
            count: configuration.vocabulary, width: configuration.width,
            initializer: .normal(deviation: configuration.initializerDeviation),
            in: scope["embedding.tokens"])
        embeddingNorm = norm("embedding.norm")
        blocks = (0..<configuration.depth).map {
            Block(configuration, layer: $0, in: scope["blocks", $0])
        }
        finalNorm = norm("finalNorm")
    }

    /// One layer; what its outputs are added to is the stream, or its normed copy in some models.
    struct Block: Sendable {
        private let attentionNorm: LayerNorm
        private let attention: MultiHeadAttention
        private let feedForwardNorm: LayerNorm
        private let feedForward: FeedForward
        private let dropout: Dropout
        private let layer: Int
        private let addsToNormed: Bool

        init(_ configuration: BLOOMConfiguration, layer: Int, in scope: ParameterScope) {
            let initializer = Initializer.normal(deviation: configuration.initializerDeviation)
            func norm(_ name: String) -> LayerNorm {
                LayerNorm(
                    width: configuration.width, epsilon: configuration.epsilon, in: scope[name])
            }
            attentionNorm = norm("attentionNorm")
            var options = MultiHeadAttention.Options(
                width: configuration.width, heads: configuration.heads)
            options.projections = .fusedByHead
            attention = MultiHeadAttention(
                options, initializer: initializer, outputInitializer: initializer,
                in: scope["attention"])
            feedForwardNorm = norm("feedForwardNorm")
            feedForward = FeedForward(
                width: configuration.width, inner: 4 * configuration.width, activation: .geluTanh,
                initializer: initializer, outputInitializer: initializer, in: scope["feedForward"])
            dropout = Dropout(configuration.dropout)
            self.layer = layer
            addsToNormed = configuration.addsToNormed
        }

        /// [B, T, C] -> [B, T, C]
        func callAsFunction(
            _ x: Tensor, _ pass: AttentionPass, _ context: ForwardContext
        ) -> Tensor {
            let normed = attentionNorm(x, forProducts: !addsToNormed)
            let y = attention(
                normed, pass, layer: layer, addedTo: addsToNormed ? normed : x, dropout, context)
            let again = feedForwardNorm(y, forProducts: !addsToNormed)
            return feedForward(again, addedTo: addsToNormed ? again : y, dropout, context)
        }
    }

    /// int32 ids [batch, time] to hidden states [batch, time, width] after the final norm.
    public func hidden(_ ids: Tensor, _ context: ForwardContext) -> Tensor {
        let places = context.positions(
            batch: ids.shape[0], time: ids.shape[1], limit: configuration.context)
        let pass = AttentionPass(
            distanceBias: .linear(
                heads: configuration.heads, reach: (places.max() ?? 0) + 1, on: ids.device),
            keyBias: context.keyBias)
        var x = embeddingNorm(tokens(ids))  // [B, T, C]
        for (layer, block) in blocks.enumerated() {
            context.watchHidden(layer, x)
            x = block(x, pass, context)
        }
        x = finalNorm(x)
        context.watchHidden(blocks.count, x)
        return x
    }

    /// Hidden states [..., width] to logits [..., vocabulary], by the tied embedding.
    public func logits(hidden: Tensor) -> Tensor { tokens.projected(hidden) }

    /// The loss of the tied projection, which never holds all logits.
    public func loss(hidden: Tensor, targets: Tensor) -> (total: Tensor, count: Int) {
        tokens.projectedLoss(hidden, targets)
    }

    /// Its published names.
    public var names: WeightNames {
        WeightNames(
            prefix: "transformer.",
            rules: [
                .init("embedding.tokens.weight", "word_embeddings.weight", or: ["lm_head.weight"]),
                .init("embedding.norm.*", "word_embeddings_layernorm.*"),
                .init("blocks.#.attentionNorm.*", "h.#.input_layernorm.*"),
                .init("blocks.#.attention.qkv.*", "h.#.self_attention.query_key_value.*"),
                .init("blocks.#.attention.output.*", "h.#.self_attention.dense.*"),
                .init("blocks.#.feedForwardNorm.*", "h.#.post_attention_layernorm.*"),
                .init("blocks.#.feedForward.up.*", "h.#.mlp.dense_h_to_4h.*"),
                .init("blocks.#.feedForward.down.*", "h.#.mlp.dense_4h_to_h.*"),
                .init("finalNorm.*", "ln_f.*"),
            ], ignored: ["lm_head.weight"])
    }

    /// What it costs.
    public var plan: ModelPlan {
        ModelPlan(
            store: store, depth: configuration.depth, width: configuration.width,
            keyValueWidth: configuration.width, context: configuration.context,
            vocabulary: configuration.vocabulary, inner: 4 * configuration.width,
            heads: configuration.heads, positionParameters: 0, isTied: true)
    }
}
