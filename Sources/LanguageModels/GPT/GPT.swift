import ByteIO
import Neural
import Tensors

/// GPT-2 (Radford et al. 2019): a decoder with learned positions, norms before each sub-layer, and
/// an output projection tied to the token embedding.
public struct GPT: LanguageModel {
    /// What it is made of.
    public let configuration: GPTConfiguration
    /// Its parameters.
    public let store: ParameterStore

    private let tokens: Embedding
    private let positions: Embedding
    private let blocks: [Block]
    private let finalNorm: LayerNorm

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
        finalNorm = LayerNorm(
            width: configuration.width, epsilon: configuration.epsilon, in: scope["finalNorm"])
    }

    /// One layer: attention and feed-forward, each on a normed copy of the residual stream.
    struct Block: Sendable {
        private let attentionNorm: LayerNorm
        private let attention: MultiHeadAttention
        private let feedForwardNorm: LayerNorm
        private let feedForward: FeedForward
        private let dropout: Dropout
        private let layer: Int

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
            attention = MultiHeadAttention(
                width: configuration.width, heads: configuration.heads,
                scale: 1 / (headWidth.squareRoot() * byLayer), initializer: initializer,
                outputInitializer: output, in: scope["attention"])
            feedForwardNorm = LayerNorm(
                width: configuration.width, epsilon: configuration.epsilon,
                in: scope["feedForwardNorm"])
            feedForward = FeedForward(
                width: configuration.width, inner: configuration.inner,
                activation: configuration.activation, initializer: initializer,
                outputInitializer: output, in: scope["feedForward"])
            dropout = Dropout(configuration.dropout)
            self.layer = layer
        }

        /// [B, T, C] -> [B, T, C]
        func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
            let x = attention(
                attentionNorm(x, forProducts: true), layer: layer, addedTo: x, dropout, context)
            return feedForward(feedForwardNorm(x, forProducts: true), addedTo: x, dropout, context)
        }
    }

    /// int32 ids [batch, time] to hidden states [batch, time, width] after the final norm.
    public func hidden(_ ids: Tensor, _ context: ForwardContext) -> Tensor {
        let (batch, time) = (ids.shape[0], ids.shape[1])
        let first = context.firstPositions(batch: batch)
        precondition(
            (first.max() ?? 0) + time <= configuration.context,
            "GPT: position \((first.max() ?? 0) + time) of a context of \(configuration.context)")
        // Batch rows that begin at the same place share their position rows.
        let rows = Set(first).count == 1 ? [first[0]] : first
        let places = rows.flatMap { start in (0..<time).map { Int32(start + $0) } }
        let place = Tensor(places, [rows.count, time], on: ids.device)
        var x = tokens(ids) + positions(place)  // [B, T, C]
        x = context.dropout(x, configuration.dropout)
        for (layer, block) in blocks.enumerated() {
            context.observe?("hidden_states.\(layer)", x)
            x = block(x, context)
        }
        x = finalNorm(x)
        context.observe?("hidden_states.\(blocks.count)", x)
        return x
    }

    /// Hidden states [..., width] to logits [..., vocabulary], by the tied embedding.
    public func logits(hidden: Tensor) -> Tensor { tokens.projected(hidden) }

    /// The loss of the tied projection, which never holds all logits.
    public func loss(hidden: Tensor, targets: Tensor) -> (total: Tensor, count: Int) {
        tokens.projectedLoss(hidden, targets)
    }

    /// Tokens in the vocabulary.
    public var vocabulary: Int { configuration.vocabulary }
    /// The most positions it can see.
    public var context: Int { configuration.context }
    /// The token that ends a document.
    public var endOfText: Int? { configuration.endOfText }
    /// Its `config.json`.
    public var configurationJSON: JSONObject { configuration.json }
    /// GPT-2's published names.
    public var names: WeightNames { GPTNames.gpt2 }

    /// A cache for `streams` texts of up to `positions` tokens.
    public func makeCache(streams: Int, positions: Int) -> AttentionCache {
        AttentionCache(
            layers: configuration.depth, keyValueHeads: configuration.heads,
            headWidth: configuration.width / configuration.heads, streams: streams,
            positions: positions, on: store.device)
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
