import ByteIO

/// What a BLOOM model is made of, in house words; read from and written to a Hugging Face
/// `config.json` of `model_type` bloom. Keys we do not know survive.
public struct BLOOMConfiguration: DecoderConfiguration {
    /// Tokens in the vocabulary.
    public var vocabulary: Int
    /// The most positions it may be given; its biases would go on for ever.
    public var context = 2048
    /// Width of the residual stream.
    public var width: Int
    /// Number of blocks.
    public var depth: Int
    /// Attention heads of each block; a divisor of `width`.
    public var heads: Int
    /// Whether sub-layers add to the normed copy they read instead of the stream.
    public var addsToNormed = false
    /// Added to the variance in norms.
    public var epsilon = 1e-5
    /// Chance of dropping an element of each block's two outputs.
    public var dropout = 0.0
    /// Deviation of the initial weights.
    public var initializerDeviation = 0.02
    /// The token that ends a document, if there is one.
    public var endOfText: Int?
    /// Keys of the file this came from, kept for writing it again.
    var original = JSONObject()

    /// As many as heads.
    public var keyValueHeads: Int { heads }
    /// width / heads.
    public var headWidth: Int { width / heads }

    /// A new model.
    public init(vocabulary: Int, context: Int, width: Int, depth: Int, heads: Int) {
        (self.vocabulary, self.context, self.width) = (vocabulary, context, width)
        (self.depth, self.heads) = (depth, heads)
    }

    /// Reads a `config.json`, whose width old files call `n_embed`.
    public init(json: JSONObject, place: String) throws(MartletError) {
        let file = ConfigurationFile(json: json, place: place)
        // Other spellings, which published files use.
        let old = try file.optionalPositive("n_embed")
        let layers = try file.optionalPositive("num_hidden_layers")
        let heads = try file.optionalPositive("num_attention_heads")
        self.init(
            vocabulary: try file.positive("vocab_size", default: 250_880),
            context: try file.positive("seq_length", default: 2048),
            width: try file.positive("hidden_size", default: old ?? 64, limit: 1 << 20),
            depth: try file.positive("n_layer", default: layers ?? 2, limit: 10_000),
            heads: try file.positive("n_head", default: heads ?? 8, limit: 1 << 16))
        _ = try file.headWidth("n_head", heads: self.heads, width: width)
        try file.require("tie_word_embeddings", true, default: true)
        addsToNormed = json["apply_residual_connection_post_layernorm"]?.bool ?? false
        epsilon = try file.number("layer_norm_epsilon", default: 1e-5)
        dropout = try file.fraction("hidden_dropout", default: 0)
        initializerDeviation = try file.number("initializer_range", default: 0.02)
        endOfText = try file.token("eos_token_id", vocabulary: vocabulary)
        original = json
    }

    /// The `config.json` of a model of this configuration.
    public var json: JSONObject {
        var json = original
        json["model_type"] = "bloom"
        json["architectures"] = ["BloomForCausalLM"]
        json.set("vocab_size", vocabulary)
        json.set("seq_length", context)
        json.set("hidden_size", width)
        json.set("n_layer", depth)
        json.set("n_head", heads)
        json["apply_residual_connection_post_layernorm"] = .bool(addsToNormed)
        json.set("layer_norm_epsilon", epsilon)
        json.set("hidden_dropout", dropout)
        json.set("initializer_range", initializerDeviation)
        json.setSavedType()
        json.setToken("eos_token_id", endOfText)
        return json
    }
}
