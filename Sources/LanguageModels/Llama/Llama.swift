import ByteIO
import Neural
import Tensors

/// LLaMA (Touvron et al. 2023) and its published relatives: rotary positions, RMS norms before each
/// sub-layer, gated feed-forward layers, grouped key-value heads.
public struct Llama: LanguageModel {
    /// What it is made of.
    public let configuration: LlamaConfiguration
    /// Its parameters.
    public let store: ParameterStore

    private let tokens: Embedding
    private let blocks: [Block]
    private let finalNorm: RMSNorm
    private let head: Linear?
    private let positions: RotaryPositions

    /// Declares the model in a store, which is filled afterwards.
    public init(_ configuration: LlamaConfiguration, in store: ParameterStore) {
        self.configuration = configuration
        self.store = store
        let scope = store.scope
        let initializer = Initializer.normal(deviation: configuration.initializerDeviation)
        tokens = Embedding(
            count: configuration.vocabulary, width: configuration.width, initializer: initializer,
            in: scope["embedding.tokens"])
        blocks = (0..<configuration.depth).map {
            Block(configuration, layer: $0, in: scope["blocks", $0])
        }
        finalNorm = RMSNorm(
            width: configuration.width, epsilon: configuration.epsilon, in: scope["finalNorm"])
        head =
            configuration.isTied
            ? nil
            : Linear(
                from: configuration.width, to: configuration.vocabulary, bias: false,
                initializer: initializer, in: scope["head"])
        positions = RotaryPositions(
            width: configuration.headWidth, base: configuration.ropeBase,
            scaling: configuration.ropeScaling)
    }

    /// One layer: attention and feed-forward, each on a normed copy of the residual stream.
    struct Block: Sendable {
        private let attentionNorm: RMSNorm
        private let attention: MultiHeadAttention
        private let feedForwardNorm: RMSNorm
        private let feedForward: FeedForward
        private let dropout: Dropout
        private let layer: Int

        init(_ configuration: LlamaConfiguration, layer: Int, in scope: ParameterScope) {
            let deviation = configuration.initializerDeviation
            let initializer = Initializer.normal(deviation: deviation)
            let output = Initializer.normal(
                deviation: deviation / Double(2 * configuration.depth).squareRoot())
            func norm(_ name: String) -> RMSNorm {
                RMSNorm(
                    width: configuration.width, epsilon: configuration.epsilon, in: scope[name])
            }
            attentionNorm = norm("attentionNorm")
            var options = MultiHeadAttention.Options(
                width: configuration.width, heads: configuration.heads,
                keyValueHeads: configuration.keyValueHeads, headWidth: configuration.headWidth)
            options.inputBias = configuration.hasInputBias
            options.outputBias = configuration.hasOutputBias
            options.normEpsilon = configuration.normsHeads ? configuration.epsilon : nil
            attention = MultiHeadAttention(
                options, initializer: initializer, outputInitializer: output,
                in: scope["attention"])
            feedForwardNorm = norm("feedForwardNorm")
            feedForward = FeedForward(
                width: configuration.width, inner: configuration.inner, activation: .silu,
                isGated: true, bias: configuration.hasFeedForwardBias, initializer: initializer,
                outputInitializer: output, in: scope["feedForward"])
            dropout = Dropout(configuration.dropout)
            self.layer = layer
        }

        /// [B, T, C] -> [B, T, C]
        func callAsFunction(
            _ x: Tensor, _ pass: AttentionPass, _ context: ForwardContext
        ) -> Tensor {
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
        let pass = AttentionPass(
            angles: positions.angles(places, on: ids.device), keyBias: context.keyBias)
        let reach = (places.max() ?? 0) + 1
        var windowed = pass
        if let window = configuration.window, window < reach {
            windowed.distanceBias = .window(window, reach: reach, on: ids.device)
        }
        var x = context.dropout(tokens(ids), configuration.dropout)  // [B, T, C]
        for (layer, block) in blocks.enumerated() {
            context.watchHidden(layer, x)
            let isWindowed = configuration.windowedLayers.contains(layer)
            x = block(x, isWindowed ? windowed : pass, context)
        }
        x = finalNorm(x)
        context.watchHidden(blocks.count, x)
        return x
    }

    /// Hidden states [..., width] to logits [..., vocabulary].
    public func logits(hidden: Tensor) -> Tensor { head?(hidden) ?? tokens.projected(hidden) }

    /// The loss of that projection, which never holds all logits.
    public func loss(hidden: Tensor, targets: Tensor) -> (total: Tensor, count: Int) {
        head?.projectedLoss(hidden, targets) ?? tokens.projectedLoss(hidden, targets)
    }

    /// The family's published names.
    public var names: WeightNames { LlamaNames.llama }

    /// What it costs.
    public var plan: ModelPlan {
        ModelPlan(
            store: store, depth: configuration.depth, width: configuration.width,
            keyValueWidth: configuration.keyValueHeads * configuration.headWidth,
            context: configuration.context, vocabulary: configuration.vocabulary,
            inner: configuration.inner, heads: configuration.heads, positionParameters: 0,
            isTied: configuration.isTied,
            attentionWidth: configuration.heads * configuration.headWidth)
    }
}
