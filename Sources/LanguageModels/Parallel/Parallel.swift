import ByteIO
import Neural
import Tensors

/// Decoders whose attention and feed-forward layer read one normed copy and are added together
/// (Wang & Komatsuzaki 2021; Chowdhery et al. 2022): GPT-J, and Cohere's models, which with one
/// key-value head and logits unscaled are PaLM's block. Rotary pairs are neighbours.
public struct Parallel: LanguageModel {
    /// What it is made of.
    public let configuration: ParallelConfiguration
    /// Its parameters.
    public let store: ParameterStore

    private let tokens: Embedding
    private let blocks: [Block]
    private let finalNorm: LayerNorm
    private let head: Linear?
    private let positions: RotaryPositions

    /// Declares the model in a store, which is filled afterwards.
    public init(_ configuration: ParallelConfiguration, in store: ParameterStore) {
        self.configuration = configuration
        self.store = store
        let scope = store.scope
        let isGPTJ = configuration.family == .gptj
        let initializer = Initializer.normal(deviation: configuration.initializerDeviation)
        tokens = Embedding(
            count: configuration.vocabulary, width: configuration.width, initializer: initializer,
            in: scope["embedding.tokens"])
        blocks = (0..<configuration.depth).map {
            Block(configuration, layer: $0, in: scope["blocks", $0])
        }
        finalNorm = LayerNorm(
            width: configuration.width, epsilon: configuration.epsilon, bias: isGPTJ,
            in: scope["finalNorm"])
        head =
            configuration.isTied
            ? nil
            : Linear(
                from: configuration.width, to: configuration.vocabulary, bias: isGPTJ,
                initializer: initializer, in: scope["head"])
        positions = RotaryPositions(
            width: configuration.rotaryWidth, base: configuration.ropeBase,
            scaling: configuration.ropeScaling)
    }

    /// One layer: x + attention(norm(x)) + feed-forward(norm(x)).
    struct Block: Sendable {
        private let norm: LayerNorm
        private let attention: MultiHeadAttention
        private let feedForward: FeedForward
        private let dropout: Dropout
        private let layer: Int

        init(_ configuration: ParallelConfiguration, layer: Int, in scope: ParameterScope) {
            let initializer = Initializer.normal(deviation: configuration.initializerDeviation)
            let isGPTJ = configuration.family == .gptj
            norm = LayerNorm(
                width: configuration.width, epsilon: configuration.epsilon, bias: isGPTJ,
                in: scope["norm"])
            var options = MultiHeadAttention.Options(
                width: configuration.width, heads: configuration.heads,
                keyValueHeads: configuration.keyValueHeads)
            options.interleavesPairs = true
            options.inputBias = configuration.hasAttentionBias
            options.outputBias = configuration.hasAttentionBias
            attention = MultiHeadAttention(
                options, initializer: initializer, outputInitializer: initializer,
                in: scope["attention"])
            feedForward = FeedForward(
                width: configuration.width, inner: configuration.inner,
                activation: configuration.activation, isGated: !isGPTJ, bias: isGPTJ,
                initializer: initializer, outputInitializer: initializer, in: scope["feedForward"])
            dropout = Dropout(configuration.dropout)
            self.layer = layer
        }

        /// [B, T, C] -> [B, T, C]
        func callAsFunction(
            _ x: Tensor, _ pass: AttentionPass, _ context: ForwardContext
        ) -> Tensor {
            let normed = norm(x, forProducts: true)
            let y = attention(normed, pass, layer: layer, addedTo: x, dropout, context)
            return feedForward(normed, addedTo: y, dropout, context)
        }
    }

    /// int32 ids [batch, time] to hidden states [batch, time, width] after the final norm.
    public func hidden(_ ids: Tensor, _ context: ForwardContext) -> Tensor {
        let places = context.positions(
            batch: ids.shape[0], time: ids.shape[1], limit: configuration.context)
        let pass = AttentionPass(
            angles: positions.angles(places, on: ids.device), keyBias: context.keyBias)
        var x = context.dropout(tokens(ids), configuration.dropout)  // [B, T, C]
        for (layer, block) in blocks.enumerated() {
            context.watchHidden(layer, x)
            x = block(x, pass, context)
        }
        x = finalNorm(x)
        context.watchHidden(blocks.count, x)
        return x
    }

    /// Hidden states [..., width] to logits [..., vocabulary].
    public func logits(hidden: Tensor) -> Tensor {
        // Scaling the rows is scaling their products, for fewer values.
        let x = configuration.logitScale == 1 ? hidden : hidden * configuration.logitScale
        return head?(x) ?? tokens.projected(x)
    }

    /// The loss of that projection.
    public func loss(hidden: Tensor, targets: Tensor) -> (total: Tensor, count: Int) {
        let x = configuration.logitScale == 1 ? hidden : hidden * configuration.logitScale
        return head?.projectedLoss(x, targets) ?? tokens.projectedLoss(x, targets)
    }

    /// The family's published names.
    public var names: WeightNames {
        configuration.family == .gptj ? ParallelNames.gptj : ParallelNames.cohere
    }

    /// What it costs.
    public var plan: ModelPlan {
        ModelPlan(
            store: store, depth: configuration.depth, width: configuration.width,
            keyValueWidth: configuration.keyValueHeads * configuration.headWidth,
            context: configuration.context, vocabulary: configuration.vocabulary,
            inner: configuration.inner, heads: configuration.heads, positionParameters: 0,
            isTied: configuration.isTied)
    }
}

/// The published weight names of the two.
enum ParallelNames {
    static let gptj = WeightNames(
        prefix: "transformer.",
        rules: [
            .init("embedding.tokens.weight", "wte.weight"),
            .init("blocks.#.norm.*", "h.#.ln_1.*"),
            .init("blocks.#.attention.query.*", "h.#.attn.q_proj.*"),
            .init("blocks.#.attention.key.*", "h.#.attn.k_proj.*"),
            .init("blocks.#.attention.value.*", "h.#.attn.v_proj.*"),
            .init("blocks.#.attention.output.*", "h.#.attn.out_proj.*"),
            .init("blocks.#.feedForward.up.*", "h.#.mlp.fc_in.*"),
            .init("blocks.#.feedForward.down.*", "h.#.mlp.fc_out.*"),
            .init("finalNorm.*", "ln_f.*"),
            .init("head.*", "lm_head.*", isHead: true),
        ],
        ignored: ["h.#.attn.bias", "h.#.attn.masked_bias"])

    static let cohere = WeightNames(
        prefix: "",
        rules: [
            .init("embedding.tokens.weight", "model.embed_tokens.weight", or: ["lm_head.weight"]),
            .init("blocks.#.norm.*", "model.layers.#.input_layernorm.*"),
            .init("blocks.#.attention.query.*", "model.layers.#.self_attn.q_proj.*"),
            .init("blocks.#.attention.key.*", "model.layers.#.self_attn.k_proj.*"),
            .init("blocks.#.attention.value.*", "model.layers.#.self_attn.v_proj.*"),
            .init("blocks.#.attention.output.*", "model.layers.#.self_attn.o_proj.*"),
            .init("blocks.#.feedForward.gate.*", "model.layers.#.mlp.gate_proj.*"),
            .init("blocks.#.feedForward.up.*", "model.layers.#.mlp.up_proj.*"),
            .init("blocks.#.feedForward.down.*", "model.layers.#.mlp.down_proj.*"),
            .init("finalNorm.*", "model.norm.*"),
            .init("head.weight", "lm_head.weight"),
        ],
        ignored: ["lm_head.weight"])
}
