import ByteIO
import Neural
import Tensors

/// What a BART or a Marian is made of, in house words; read from and written to a Hugging Face
/// `config.json` of `model_type` bart or marian. Keys we do not know survive.
public struct BARTConfiguration: SequenceToSequenceConfiguration {
    /// Marian's positions are sines and cosines, and it has no norm after the embedding: with ReLU it
    /// is the original Transformer.
    public enum Family: String, Sendable, CaseIterable {
        case bart, marian
    }

    /// Which of the two.
    public var family: Family
    /// Tokens in the vocabulary.
    public var vocabulary: Int
    /// The most positions of either stack.
    public var context: Int
    /// Width of both streams.
    public var width: Int
    /// Blocks of the encoder.
    public var encoderDepth: Int
    /// Blocks of the decoder.
    public var depth: Int
    /// Attention heads of the encoder's blocks.
    public var encoderHeads: Int
    /// Attention heads of the decoder's blocks.
    public var heads: Int
    /// Width inside the encoder's feed-forward layers.
    public var encoderInner: Int
    /// Width inside the decoder's.
    public var inner: Int
    /// Their nonlinearity.
    public var activation: Activation
    /// Whether embeddings are multiplied by the root of the width.
    public var scalesEmbedding = false
    /// Whether logits have a bias; that of new models is zero and stays so.
    public var biasesLogits = false
    /// Chance of dropping an element of the embeddings and of each part's output.
    public var dropout = 0.0
    /// Deviation of the initial weights.
    public var initializerDeviation = 0.02
    /// The token a target is begun with.
    public var decoderStart: Int
    /// The token that fills rows up to one length.
    public var padding: Int
    /// The token that ends a text, if there is one.
    public var endOfText: Int?
    /// Keys of the file this came from, kept for writing it again.
    var original = JSONObject()

    /// As many as heads.
    public var keyValueHeads: Int { heads }
    /// width / heads.
    public var headWidth: Int { width / heads }

    /// A new model with as many blocks, heads and inner values on both sides.
    public init(
        _ family: Family, vocabulary: Int, context: Int, width: Int, depth: Int, heads: Int,
        inner: Int? = nil, padding: Int, decoderStart: Int
    ) {
        self.family = family
        (self.vocabulary, self.context, self.width) = (vocabulary, context, width)
        (encoderDepth, self.depth, encoderHeads, self.heads) = (depth, depth, heads, heads)
        self.inner = inner ?? 4 * width
        encoderInner = self.inner
        activation = family == .marian ? .relu : .gelu
        (self.padding, self.decoderStart) = (padding, decoderStart)
    }

    /// Reads a `config.json`. Options that would change what the model computes and are not modelled
    /// are refused by name.
    public init(json: JSONObject, place: String) throws(MartletError) {
        let file = ConfigurationFile(json: json, place: place)
        guard let family = json["model_type"]?.string.flatMap({ Family(rawValue: $0) }) else {
            throw file.unsupported("model_type", json["model_type"]?.text() ?? "(none)")
        }
        let isMarian = family == .marian
        let vocabulary = try file.positive("vocab_size", default: isMarian ? 58101 : 50265)
        self.init(
            family, vocabulary: vocabulary,
            context: try file.positive("max_position_embeddings", default: 1024),
            width: try file.positive("d_model", default: 1024, limit: 1 << 20),
            depth: try file.positive("decoder_layers", default: 12, limit: 10_000),
            heads: try file.positive("decoder_attention_heads", default: 16, limit: 1 << 16),
            inner: try file.positive("decoder_ffn_dim", default: 4096),
            padding: try file.token("pad_token_id", vocabulary: vocabulary)
                ?? (isMarian ? vocabulary - 1 : 1),
            decoderStart: try file.token("decoder_start_token_id", vocabulary: vocabulary)
                ?? (isMarian ? vocabulary - 1 : 2))
        encoderDepth = try file.positive("encoder_layers", default: 12, limit: 10_000)
        encoderHeads = try file.positive("encoder_attention_heads", default: 16, limit: 1 << 16)
        encoderInner = try file.positive("encoder_ffn_dim", default: 4096)
        if isMarian, width % 2 != 0 {
            throw file.error("d_model", "\(width) is odd: sines and cosines come in pairs")
        }
        _ = try file.headWidth("decoder_attention_heads", heads: heads, width: width)
        _ = try file.headWidth("encoder_attention_heads", heads: encoderHeads, width: width)
        let name = json["architectures"]?.array?.first?.string
        let className = isMarian ? "MarianMTModel" : "BartForConditionalGeneration"
        if let name, name != className { throw file.unsupported("architectures", "'\(name)'") }
        for key in ["normalize_before", "add_final_layer_norm", "extra_pos_embeddings_off"] {
            try file.require(key, false, default: false)
        }
        try file.require("tie_word_embeddings", true, default: true)
        try file.require("share_encoder_decoder_embeddings", true, default: true)
        activation = try file.activation("activation_function", default: "gelu")
        scalesEmbedding = json["scale_embedding"]?.bool ?? false
        biasesLogits = true
        dropout = try file.fraction("dropout", default: 0.1)
        initializerDeviation = try file.number("init_std", default: 0.02)
        endOfText = try file.token("eos_token_id", vocabulary: vocabulary)
        original = json
    }

    /// The `config.json` of a model of this configuration.
    public var json: JSONObject {
        var json = original
        json["model_type"] = .string(family.rawValue)
        json["architectures"] = [
            family == .marian ? "MarianMTModel" : "BartForConditionalGeneration"
        ]
        json["is_encoder_decoder"] = true
        json.set("vocab_size", vocabulary)
        json.set("max_position_embeddings", context)
        json.set("d_model", width)
        json.set("encoder_layers", encoderDepth)
        json.set("decoder_layers", depth)
        json.set("encoder_attention_heads", encoderHeads)
        json.set("decoder_attention_heads", heads)
        json.set("encoder_ffn_dim", encoderInner)
        json.set("decoder_ffn_dim", inner)
        json["activation_function"] =
            json["activation_function"]
            ?? .string(
                ConfigurationFile.activations.first { $0.ours == activation }?.file ?? "relu")
        json["scale_embedding"] = .bool(scalesEmbedding)
        json.set("dropout", dropout)
        // The attention primitive keeps no matrix of probabilities to drop from.
        json["attention_dropout"] = json["attention_dropout"] ?? 0
        json.set("init_std", initializerDeviation)
        json.set("pad_token_id", padding)
        json.set("decoder_start_token_id", decoderStart)
        json.setToken("eos_token_id", endOfText)
        if original.isEmpty { json.setToken("forced_eos_token_id", endOfText) }
        if original.isEmpty { json.setToken("bos_token_id", endOfText) }
        json.setSavedType()
        return json
    }
}
