import ByteIO
import Neural
import Tensors

/// The original Transformer (Vaswani et al. 2017) as Marian publishes it, and BART (Lewis et al.
/// 2020): an encoder and a decoder whose streams are normed after each part.
public struct BART: SequenceToSequenceModel {
    /// What it is made of.
    public let configuration: BARTConfiguration
    /// Its parameters.
    public let store: ParameterStore

    private let tokens: Embedding
    private let encoder: Stack, decoder: Stack
    /// [1, vocabulary], added to logits; kept with the model but not trained.
    private let logitBias: Parameter

    /// Declares the model in a store, which is filled afterwards.
    public init(_ configuration: BARTConfiguration, in store: ParameterStore) {
        self.configuration = configuration
        self.store = store
        let scope = store.scope
        let initializer = Initializer.normal(deviation: configuration.initializerDeviation)
        tokens = Embedding(
            count: configuration.vocabulary, width: configuration.width, initializer: initializer,
            fixedRow: configuration.padding, in: scope["embedding.tokens"])
        encoder = Stack(configuration, isDecoder: false, in: scope["encoder"])
        decoder = Stack(configuration, isDecoder: true, in: scope["decoder"])
        logitBias = scope.buffer("logitBias", [1, configuration.vocabulary], .zeros)
    }

    /// One of the two stacks.
    struct Stack: Sendable {
        private let positions: Embedding?
        private let embeddingNorm: LayerNorm?
        let blocks: [PostNormBlock]
        private let configuration: BARTConfiguration
        /// BART's position table begins two rows before the first position.
        private static let firstRow = 2

        init(_ configuration: BARTConfiguration, isDecoder: Bool, in scope: ParameterScope) {
            let width = configuration.width
            let initializer = Initializer.normal(deviation: configuration.initializerDeviation)
            let isBART = configuration.family == .bart
            positions =
                isBART
                ? Embedding(
                    count: configuration.context + Self.firstRow, width: width,
                    initializer: initializer, in: scope["positions"]) : nil
            embeddingNorm = isBART ? LayerNorm(width: width, in: scope["embeddingNorm"]) : nil
            var attention = MultiHeadAttention.Options(
                width: width, heads: isDecoder ? configuration.heads : configuration.encoderHeads)
            attention.isCausal = isDecoder
            var options = PostNormBlock.Options(
                attention: attention,
                inner: isDecoder ? configuration.inner : configuration.encoderInner,
                activation: configuration.activation, epsilon: 1e-5,
                dropout: configuration.dropout)
            options.readsSource = isDecoder
            blocks = (0..<(isDecoder ? configuration.depth : configuration.encoderDepth)).map {
                PostNormBlock(
                    options, layer: $0, initializer: initializer, in: scope["blocks", $0])
            }
            self.configuration = configuration
        }

        /// Embedded tokens [B, T, C] at `places`, one row of them for all or one each, to the stack's
        /// output [B, T, C].
        func callAsFunction(
            _ x: Tensor, places: [Int], _ pass: AttentionPass, over source: Tensor?,
            _ sourcePass: AttentionPass, _ context: ForwardContext
        ) -> Tensor {
            let time = x.shape[1]
            var x = configuration.scalesEmbedding ? x * Double(x.shape[2]).squareRoot() : x
            let rows: Shape = [places.count / time, time]
            if let positions {
                x =
                    x
                    + positions(
                        Tensor(places.map { Int32($0 + Self.firstRow) }, rows, on: x.device))
            } else {
                x = x + Self.sinusoids(places, width: x.shape[2], rows, on: x.device)
            }
            if let embeddingNorm { x = embeddingNorm(x) }
            x = context.dropout(x, configuration.dropout)
            for (layer, block) in blocks.enumerated() {
                context.watchHidden(layer, x)
                x = block(x, pass, context, over: source, sourcePass)
            }
            context.watchHidden(blocks.count, x)
            return x
        }

        /// Sines of all frequencies, then cosines: the paper's positions in the published order.
        private static func sinusoids(
            _ places: [Int], width: Int, _ rows: Shape, on device: Device
        ) -> Tensor {
            let angles = RotaryPositions(width: width).angles(places, on: device)
            return Tensor.concatenated([angles.sine, angles.cosine], axis: 1)
                .reshaped(Shape(Array(rows) + [width]))
        }
    }

    /// int32 ids [batch, time] of a source to its states [batch, time, width].
    public func encoded(_ ids: Tensor, _ context: ForwardContext) -> Tensor {
        context.part = "encoder."
        precondition(
            ids.shape[1] <= configuration.context,
            "BART: a source of \(ids.shape[1]) of a context of \(configuration.context)")
        return encoder(
            tokens(ids), places: Array(0..<ids.shape[1]), AttentionPass(keyBias: context.keyBias),
            over: nil, AttentionPass(), context)
    }

    /// int32 ids [batch, time] of a target to the decoder's hidden states [batch, time, width].
    public func decoded(_ ids: Tensor, over source: Tensor?, _ context: ForwardContext) -> Tensor {
        context.part = "decoder."
        let places = context.positions(
            batch: ids.shape[0], time: ids.shape[1], limit: configuration.context)
        return decoder(
            tokens(ids), places: places, AttentionPass(), over: source,
            AttentionPass(keyBias: context.keyBias), context)
    }

    /// Hidden states [..., width] to logits [..., vocabulary].
    public func logits(hidden: Tensor) -> Tensor {
        let logits = tokens.projected(hidden)
        return configuration.biasesLogits
            ? logits + logitBias.value.reshaped([configuration.vocabulary]) : logits
    }

    /// The loss of those logits. Training leaves the bias as it is, which in new models is zero: then
    /// the logits never exist at once.
    public func loss(hidden: Tensor, targets: Tensor) -> (total: Tensor, count: Int) {
        configuration.biasesLogits
            ? Losses.crossEntropy(logits(hidden: hidden), targets)
            : tokens.projectedLoss(hidden, targets)
    }

    /// Keys and values of sources, for every layer of the decoder.
    public func remember(
        _ source: Tensor, lengths: [Int], in cache: AttentionCache, streams: [Int]
    ) {
        for block in decoder.blocks {
            block.remember(source, lengths: lengths, in: cache, streams: streams)
        }
    }

    /// Their published names.
    public var names: WeightNames { BARTNames.names }

    /// What it costs, both stacks together.
    public var plan: ModelPlan {
        ModelPlan(
            store: store, depth: configuration.encoderDepth + configuration.depth,
            width: configuration.width, keyValueWidth: configuration.width,
            context: configuration.context, vocabulary: configuration.vocabulary,
            inner: configuration.inner, heads: configuration.heads,
            positionParameters: configuration.family == .bart
                ? 2 * (configuration.context + 2) * configuration.width : 0,
            isTied: true)
    }
}

/// The published weight names of both.
enum BARTNames {
    static let names = WeightNames(
        prefix: "model.",
        rules: [
            .init(
                "embedding.tokens.weight", "shared.weight",
                or: [
                    "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight",
                    "lm_head.weight",
                ]),
            .init("logitBias", "final_logits_bias", isHead: true),
        ] + stack("encoder") + stack("decoder"),
        ignored: [
            "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight",
            // Marian's tables are computed, and old files have them.
            "encoder.embed_positions.weight", "decoder.embed_positions.weight",
        ])

    private static func stack(_ part: String) -> [WeightNames.Rule] {
        let (ours, theirs) = ("\(part).blocks.#", "\(part).layers.#")
        let attentions = [("attention", "self_attn"), ("sourceAttention", "encoder_attn")]
        let maps = [
            ("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj"), ("output", "out_proj"),
        ]
        return attentions.flatMap { attention in
            maps.map { map in
                WeightNames.Rule(
                    "\(ours).\(attention.0).\(map.0).*", "\(theirs).\(attention.1).\(map.1).*")
            }
        } + [
            .init("\(part).positions.weight", "\(part).embed_positions.weight"),
            .init("\(part).embeddingNorm.*", "\(part).layernorm_embedding.*"),
            .init("\(ours).attentionNorm.*", "\(theirs).self_attn_layer_norm.*"),
            .init("\(ours).sourceNorm.*", "\(theirs).encoder_attn_layer_norm.*"),
            .init("\(ours).feedForward.up.*", "\(theirs).fc1.*"),
            .init("\(ours).feedForward.down.*", "\(theirs).fc2.*"),
            .init("\(ours).feedForwardNorm.*", "\(theirs).final_layer_norm.*"),
        ]
    }
}
