import ByteIO
import Neural
import Tensors

/// What a T5 is made of, in house words; read from and written to a Hugging Face `config.json` of
/// `model_type` t5. Keys we do not know survive.
public struct T5Configuration: SequenceToSequenceConfiguration {
    /// Tokens in the vocabulary.
    public var vocabulary: Int
    /// The most positions of either stack. Its biases would go on for ever; this is what is planned for.
    public var context = 4096
    /// Width of both streams.
    public var width: Int
    /// Blocks of the encoder.
    public var encoderDepth: Int
    /// Blocks of the decoder.
    public var depth: Int
    /// Attention heads of each block.
    public var heads: Int
    /// Width of a head.
    public var headWidth: Int
    /// Width inside the feed-forward layers.
    public var inner: Int
    /// Their nonlinearity.
    public var activation = Activation.relu
    /// Whether they are gated.
    public var isGated = false
    /// Buckets of distances.
    public var distanceBuckets = 32
    /// Where the last bucket begins.
    public var furthestDistance = 128
    /// Whether the output projection is the token embedding.
    public var isTied = true
    /// Whether the decoder's states are divided by the root of the width before that.
    public var scalesOutputs = true
    /// Added to the mean square in norms.
    public var epsilon = 1e-6
    /// Chance of dropping an element of the embeddings and of each part's output.
    public var dropout = 0.0
    /// Multiplies the deviations of all initial weights.
    public var initializerFactor = 1.0
    /// The token a target is begun with.
    public var decoderStart = 0
    /// The token that fills rows up to one length.
    public var padding = 0
    /// The token that ends a text, if there is one.
    public var endOfText: Int?
    /// Keys of the file this came from, kept for writing it again.
    var original = JSONObject()

    /// As many as heads.
    public var keyValueHeads: Int { heads }

    /// A new model.
    public init(
        vocabulary: Int, context: Int, width: Int, depth: Int, heads: Int, inner: Int? = nil
    ) {
        (self.vocabulary, self.context, self.width) = (vocabulary, context, width)
        (encoderDepth, self.depth, self.heads) = (depth, depth, heads)
        headWidth = width / heads
        self.inner = inner ?? 4 * width
    }

    /// Reads a `config.json`. Options that would change what the model computes and are not modelled
    /// are refused by name.
    ///
    /// - Parameter isTied: whether the files have no output projection of their own; the published
    ///   class goes by that, not by the configuration
    public init(json: JSONObject, place: String, isTied: Bool = true) throws(MartletError) {
        let file = ConfigurationFile(json: json, place: place)
        self.init(
            vocabulary: try file.positive("vocab_size", default: 32128), context: 4096,
            width: try file.positive("d_model", default: 512, limit: 1 << 20),
            depth: try file.positive("num_layers", default: 6, limit: 10_000),
            heads: try file.positive("num_heads", default: 8, limit: 1 << 16),
            inner: try file.positive("d_ff", default: 2048))
        depth = try file.positive("num_decoder_layers", default: encoderDepth, limit: 10_000)
        headWidth = try file.positive("d_kv", default: 64, limit: 1 << 16)
        context = try file.positive("n_positions", default: 4096)
        let kind = json["feed_forward_proj"]?.string ?? "relu"
        switch kind {
        case "relu": (activation, isGated) = (.relu, false)
        // The published class takes GPT-2's approximation for both.
        case "gated-gelu": (activation, isGated) = (.geluTanh, true)
        case "gated-silu": (activation, isGated) = (.silu, true)
        case "gated-relu": (activation, isGated) = (.relu, true)
        default: throw file.unsupported("feed_forward_proj", "'\(kind)'")
        }
        distanceBuckets = try file.positive("relative_attention_num_buckets", default: 32)
        furthestDistance = try file.positive("relative_attention_max_distance", default: 128)
        guard distanceBuckets % 4 == 0, furthestDistance > distanceBuckets / 2 else {
            throw file.error(
                "relative_attention_num_buckets",
                "\(distanceBuckets) buckets up to \(furthestDistance): expected a multiple of 4, and a distance beyond half of it"
            )
        }
        self.isTied = isTied
        // Files of transformers 4 say by the tie whether outputs are scaled.
        scalesOutputs =
            json["scale_decoder_outputs"]?.bool ?? (json["tie_word_embeddings"]?.bool ?? true)
        epsilon = try file.number("layer_norm_epsilon", default: 1e-6)
        dropout = try file.fraction("dropout_rate", default: 0.1)
        initializerFactor = try file.number("initializer_factor", default: 1)
        padding = try file.token("pad_token_id", vocabulary: vocabulary) ?? 0
        decoderStart =
            try file.token("decoder_start_token_id", vocabulary: vocabulary) ?? padding
        endOfText = try file.token("eos_token_id", vocabulary: vocabulary)
        original = json
    }

    /// The deviation of initial weights of maps that sum over `fanIn` values.
    func deviation(over fanIn: Int) -> Double {
        initializerFactor / Double(fanIn).squareRoot()
    }

    /// The `config.json` of a model of this configuration.
    public var json: JSONObject {
        var json = original
        json["model_type"] = "t5"
        json["architectures"] = ["T5ForConditionalGeneration"]
        json["is_encoder_decoder"] = true
        json.set("vocab_size", vocabulary)
        if original.isEmpty || context != 4096 { json.set("n_positions", context) }
        json.set("d_model", width)
        json.set("num_layers", encoderDepth)
        json.set("num_decoder_layers", depth)
        json.set("num_heads", heads)
        json.set("d_kv", headWidth)
        json.set("d_ff", inner)
        if original["feed_forward_proj"] == nil {
            let kind = [Activation.geluTanh: "gelu", .silu: "silu"][activation] ?? "relu"
            json["feed_forward_proj"] = .string((isGated ? "gated-" : "") + kind)
        }
        json.set("relative_attention_num_buckets", distanceBuckets)
        json.set("relative_attention_max_distance", furthestDistance)
        json.set("layer_norm_epsilon", epsilon)
        json.set("dropout_rate", dropout)
        json.set("initializer_factor", initializerFactor)
        json["scale_decoder_outputs"] = .bool(scalesOutputs)
        json["tie_word_embeddings"] = json["tie_word_embeddings"] ?? .bool(isTied)
        json.set("pad_token_id", padding)
        json.set("decoder_start_token_id", decoderStart)
        json.setToken("eos_token_id", endOfText)
        json.setSavedType()
        return json
    }
}
