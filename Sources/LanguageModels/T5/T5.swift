import ByteIO
import Neural
import Tensors

/// T5 (Raffel et al. 2020), and the later models in its form: an encoder and a decoder of RMS norms
/// before each part, scores without scale, and learned biases by distance that all layers share.
public struct T5: SequenceToSequenceModel {
    /// What it is made of.
    public let configuration: T5Configuration
    /// Its parameters.
    public let store: ParameterStore

    private let tokens: Embedding
    private let encoder: Stack, decoder: Stack
    private let head: Linear?

    /// Declares the model in a store, which is filled afterwards.
    public init(_ configuration: T5Configuration, in store: ParameterStore) {
        self.configuration = configuration
        self.store = store
        let scope = store.scope
        tokens = Embedding(
            count: configuration.vocabulary, width: configuration.width,
            initializer: .normal(deviation: configuration.initializerFactor),
            in: scope["embedding.tokens"])
        encoder = Stack(configuration, isDecoder: false, in: scope["encoder"])
        decoder = Stack(configuration, isDecoder: true, in: scope["decoder"])
        head =
            configuration.isTied
            ? nil
            : Linear(
                from: configuration.width, to: configuration.vocabulary, bias: false,
                initializer: .normal(deviation: configuration.initializerFactor),
                in: scope["head"])
    }

    /// One of the two stacks.
    struct Stack: Sendable {
        let positions: RelativePositions
        let blocks: [Block]
        let finalNorm: RMSNorm
        private let dropout: Double

        init(_ configuration: T5Configuration, isDecoder: Bool, in scope: ParameterScope) {
            positions = RelativePositions(
                buckets: configuration.distanceBuckets, furthest: configuration.furthestDistance,
                heads: configuration.heads, isCausal: isDecoder,
                initializer: .normal(deviation: configuration.deviation(over: configuration.width)),
                in: scope["positions"])
            blocks = (0..<(isDecoder ? configuration.depth : configuration.encoderDepth)).map {
                Block(configuration, layer: $0, isDecoder: isDecoder, in: scope["blocks", $0])
            }
            finalNorm = RMSNorm(
                width: configuration.width, epsilon: configuration.epsilon, in: scope["finalNorm"])
            dropout = configuration.dropout
        }

        /// Embedded tokens [B, T, C] to the stack's output [B, T, C].
        func callAsFunction(
            _ x: Tensor, reach: Int, over source: Tensor?, isDecoder: Bool,
            _ context: ForwardContext
        ) -> Tensor {
            let bias = positions.bias(reach: reach, on: x.device)
            // The mask is the source's: the encoder's own positions, or what the decoder reads.
            let keyBias = context.keyBias
            let pass = AttentionPass(distanceBias: bias, keyBias: isDecoder ? nil : keyBias)
            let sourcePass = AttentionPass(keyBias: keyBias)
            var x = context.dropout(x, dropout)
            for (layer, block) in blocks.enumerated() {
                context.watchHidden(layer, x)
                x = block(x, pass, over: source, sourcePass, context)
            }
            x = context.dropout(finalNorm(x), dropout)
            context.watchHidden(blocks.count, x)
            return x
        }
    }

    /// One layer: attention, attention over the encoder in a decoder, and a feed-forward layer.
    struct Block: Sendable {
        private let attentionNorm: RMSNorm, feedForwardNorm: RMSNorm
        private let attention: MultiHeadAttention
        private let sourceNorm: RMSNorm?
        let sourceAttention: MultiHeadAttention?
        private let feedForward: FeedForward
        private let dropout: Dropout
        private let layer: Int

        init(
            _ configuration: T5Configuration, layer: Int, isDecoder: Bool, in scope: ParameterScope
        ) {
            let width = configuration.width
            func norm(_ name: String) -> RMSNorm {
                RMSNorm(width: width, epsilon: configuration.epsilon, in: scope[name])
            }
            func normal(_ fanIn: Int) -> Initializer {
                .normal(deviation: configuration.deviation(over: fanIn))
            }
            func attention(_ name: String) -> MultiHeadAttention {
                var options = MultiHeadAttention.Options(
                    width: width, heads: configuration.heads, headWidth: configuration.headWidth)
                options.scale = 1
                options.isCausal = isDecoder
                options.inputBias = false
                options.outputBias = false
                options.queryInitializer = normal(width * configuration.headWidth)
                return MultiHeadAttention(
                    options, initializer: normal(width),
                    outputInitializer: normal(configuration.heads * configuration.headWidth),
                    in: scope[name])
            }
            attentionNorm = norm("attentionNorm")
            self.attention = attention("attention")
            sourceNorm = isDecoder ? norm("sourceNorm") : nil
            sourceAttention = isDecoder ? attention("sourceAttention") : nil
            feedForwardNorm = norm("feedForwardNorm")
            feedForward = FeedForward(
                width: width, inner: configuration.inner, activation: configuration.activation,
                isGated: configuration.isGated, bias: false, initializer: normal(width),
                outputInitializer: normal(configuration.inner), in: scope["feedForward"])
            dropout = Dropout(configuration.dropout)
            self.layer = layer
        }

        func callAsFunction(
            _ x: Tensor, _ pass: AttentionPass, over source: Tensor?, _ sourcePass: AttentionPass,
            _ context: ForwardContext
        ) -> Tensor {
            var x = attention(
                attentionNorm(x, forProducts: true), pass, layer: layer, addedTo: x, dropout,
                context)
            if let sourceNorm, let sourceAttention {
                x = sourceAttention(
                    sourceNorm(x, forProducts: true), over: source, sourcePass, layer: layer,
                    addedTo: x, dropout, context)
            }
            return feedForward(feedForwardNorm(x, forProducts: true), addedTo: x, dropout, context)
        }
    }

    /// int32 ids [batch, time] of a source to its states [batch, time, width].
    public func encoded(_ ids: Tensor, _ context: ForwardContext) -> Tensor {
        context.part = "encoder."
        return encoder(
            tokens(ids), reach: ids.shape[1], over: nil, isDecoder: false, context)
    }

    /// int32 ids [batch, time] of a target to the decoder's hidden states [batch, time, width].
    public func decoded(_ ids: Tensor, over source: Tensor?, _ context: ForwardContext) -> Tensor {
        context.part = "decoder."
        let places = context.positions(
            batch: ids.shape[0], time: ids.shape[1], limit: configuration.context)
        return decoder(
            tokens(ids), reach: (places.max() ?? 0) + 1, over: source, isDecoder: true, context)
    }

    /// Hidden states [..., width] to logits [..., vocabulary].
    public func logits(hidden: Tensor) -> Tensor {
        let x = scaled(hidden)
        return head?(x) ?? tokens.projected(x)
    }

    /// The loss of that projection, which never holds all logits.
    public func loss(hidden: Tensor, targets: Tensor) -> (total: Tensor, count: Int) {
        let x = scaled(hidden)
        return head?.projectedLoss(x, targets) ?? tokens.projectedLoss(x, targets)
    }

    private func scaled(_ hidden: Tensor) -> Tensor {
        configuration.scalesOutputs
            ? hidden * (1 / Double(configuration.width).squareRoot()) : hidden
    }

    /// Keys and values of sources, for every layer of the decoder.
    public func remember(
        _ source: Tensor, lengths: [Int], in cache: AttentionCache, streams: [Int]
    ) {
        for (layer, block) in decoder.blocks.enumerated() {
            block.sourceAttention?.remember(
                source, lengths: lengths, layer: layer, in: cache, streams: streams)
        }
    }

    /// Its published names.
    public var names: WeightNames { T5Names.names(isGated: configuration.isGated) }

    /// What it costs, both stacks together.
    public var plan: ModelPlan {
        ModelPlan(
            store: store, depth: configuration.encoderDepth + configuration.depth,
            width: configuration.width,
            keyValueWidth: configuration.heads * configuration.headWidth,
            context: configuration.context, vocabulary: configuration.vocabulary,
            inner: configuration.inner, heads: configuration.heads,
            positionParameters: 2 * configuration.distanceBuckets * configuration.heads,
            isTied: configuration.isTied,
            attentionWidth: configuration.heads * configuration.headWidth)
    }
}

/// T5's published weight names.
enum T5Names {
    static func names(isGated: Bool) -> WeightNames {
        let shared = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]
        return WeightNames(
            prefix: "",
            rules: [
                .init("embedding.tokens.weight", "shared.weight", or: shared),
                .init("head.weight", "lm_head.weight"),
            ] + stack("encoder", feedForward: 1, isGated)
                + stack("decoder", feedForward: 2, isGated)
                + [
                    .init(
                        "decoder.blocks.#.sourceNorm.*", "decoder.block.#.layer.1.layer_norm.*")
                ] + attention("decoder", "sourceAttention", "layer.1.EncDecAttention"),
            ignored: shared + [
                "lm_head.weight",
                // Written by old versions and never used.
                "decoder.block.#.layer.1.EncDecAttention.relative_attention_bias.weight",
            ])
    }

    private static func stack(
        _ part: String, feedForward: Int, _ isGated: Bool
    ) -> [WeightNames.Rule] {
        let (ours, theirs) = ("\(part).blocks.#", "\(part).block.#")
        let inner = "\(theirs).layer.\(feedForward).DenseReluDense"
        return [
            .init(
                "\(part).positions.weight",
                "\(part).block.0.layer.0.SelfAttention.relative_attention_bias.weight"),
            .init("\(ours).attentionNorm.*", "\(theirs).layer.0.layer_norm.*"),
            .init("\(ours).feedForwardNorm.*", "\(theirs).layer.\(feedForward).layer_norm.*"),
            .init("\(ours).feedForward.gate.*", "\(inner).wi_0.*"),
            .init("\(ours).feedForward.up.*", "\(inner).\(isGated ? "wi_1" : "wi").*"),
            .init("\(ours).feedForward.down.*", "\(inner).wo.*"),
            .init("\(part).finalNorm.*", "\(part).final_layer_norm.*"),
        ] + attention(part, "attention", "layer.0.SelfAttention")
    }

    private static func attention(
        _ part: String, _ ours: String, _ theirs: String
    ) -> [WeightNames.Rule] {
        [("query", "q"), ("key", "k"), ("value", "v"), ("output", "o")].map {
            .init("\(part).blocks.#.\(ours).\($0.0).*", "\(part).block.#.\(theirs).\($0.1).*")
        }
    }
}
