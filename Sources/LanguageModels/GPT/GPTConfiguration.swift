import ByteIO
import Neural
import Tensors

/// What a GPT or GPT-2 model is made of, in house words; read from and written to a Hugging Face
/// `config.json`, whose keys we do not know survive the round trip.
public struct GPTConfiguration: DecoderConfiguration {
    /// The first GPT norms the stream after each sub-layer and has no final norm.
    public enum Family: String, Sendable, CaseIterable {
        case gpt1 = "openai-gpt"
        case gpt2

        /// Names of the activations in the file, and ours. In GPT's, "gelu" is GPT-2's "gelu_new".
        var activations: [(file: String, ours: Activation)] {
            self == .gpt1
                ? [("gelu", .geluTanh), ("relu", .relu), ("silu", .silu)]
                : ConfigurationFile.activations
        }
        var activationKey: String { self == .gpt1 ? "afn" : "activation_function" }
    }

    /// Which of the two.
    public var family = Family.gpt2
    /// Tokens in the vocabulary.
    public var vocabulary: Int
    /// The most positions the model can see.
    public var context: Int
    /// Width of the residual stream.
    public var width: Int
    /// Number of blocks.
    public var depth: Int
    /// Attention heads of each block; a divisor of `width`.
    public var heads: Int
    /// Width inside the feed-forward layers; 4 * width unless given.
    public var inner: Int
    /// Nonlinearity of the feed-forward layers.
    public var activation = Activation.geluTanh
    /// Added to the variance in norms.
    public var epsilon = 1e-5
    /// Chance of dropping an element of the embeddings and of each block's two outputs.
    public var dropout = 0.0
    /// Deviation of the initial weights; projections into the residual stream are divided by
    /// sqrt(2 depth) besides (Radford et al. 2019).
    public var initializerDeviation = 0.02
    /// Divides each layer's scores by its number counted from 1.
    public var scalesScoresByLayer = false
    /// The token that ends a document, if there is one.
    public var endOfText: Int?
    /// Keys of the file this came from, kept for writing it again.
    var original = JSONObject()

    /// As many as heads.
    public var keyValueHeads: Int { heads }
    /// width / heads.
    public var headWidth: Int { width / heads }

    /// A configuration with GPT-2's defaults for everything not named.
    public init(
        vocabulary: Int, context: Int, width: Int, depth: Int, heads: Int, inner: Int? = nil,
        dropout: Double = 0, endOfText: Int? = nil
    ) {
        self.vocabulary = vocabulary
        self.context = context
        self.width = width
        self.depth = depth
        self.heads = heads
        self.inner = inner ?? 4 * width
        self.dropout = dropout
        self.endOfText = endOfText
    }

    /// Reads a `config.json` whose `model_type` is `gpt2` or `openai-gpt`. Options that would change what the model
    /// computes and are not modelled are refused by name.
    public init(json: JSONObject, place: String) throws(MartletError) {
        let file = ConfigurationFile(json: json, place: place)
        let family = json["model_type"]?.string.flatMap { Family(rawValue: $0) } ?? .gpt2
        let isFirst = family == .gpt1
        let width = try file.positive("n_embd", default: 768)
        self.init(
            vocabulary: try file.positive("vocab_size", default: isFirst ? 40478 : 50257),
            context: try file.positive("n_positions", default: isFirst ? 512 : 1024), width: width,
            depth: try file.positive("n_layer", default: 12, limit: 10_000),
            heads: try file.positive("n_head", default: 12),
            inner: try file.optionalPositive("n_inner"),
            dropout: try file.fraction("resid_pdrop", default: 0.1))
        self.family = family
        guard width % heads == 0 else {
            throw file.error("n_head", "\(heads) heads do not divide a width (n_embd) of \(width)")
        }
        activation = try file.activation(
            family.activationKey, default: isFirst ? "gelu" : "gelu_new", among: family.activations)
        epsilon = try file.number("layer_norm_epsilon", default: 1e-5)
        initializerDeviation = try file.number("initializer_range", default: 0.02)
        scalesScoresByLayer = json["scale_attn_by_inverse_layer_idx"]?.bool ?? false
        if json["scale_attn_weights"]?.bool == false {
            throw file.unsupported("scale_attn_weights", "false")
        }
        if json["add_cross_attention"]?.bool == true {
            throw file.unsupported("add_cross_attention", "true")
        }
        if json["tie_word_embeddings"]?.bool == false {
            throw file.unsupported("tie_word_embeddings", "false")
        }
        endOfText = try file.token("eos_token_id", vocabulary: vocabulary)
        original = json
    }

    /// The `config.json` of a model of this configuration.
    public var json: JSONObject {
        var json = original
        let isFirst = family == .gpt1
        json["model_type"] = .string(family.rawValue)
        json["architectures"] = [isFirst ? "OpenAIGPTLMHeadModel" : "GPT2LMHeadModel"]
        json["vocab_size"] = .number(JSONNumber(vocabulary))
        json["n_positions"] = .number(JSONNumber(context))
        if !isFirst { json["n_ctx"] = .number(JSONNumber(context)) }
        json["n_embd"] = .number(JSONNumber(width))
        json["n_layer"] = .number(JSONNumber(depth))
        json["n_head"] = .number(JSONNumber(heads))
        if !isFirst {
            json["n_inner"] = inner == 4 * width ? .null : .number(JSONNumber(inner))
            json["scale_attn_by_inverse_layer_idx"] = .bool(scalesScoresByLayer)
        }
        let (key, known) = (family.activationKey, family.activations)
        let spelled = json[key]?.string
        if known.first(where: { $0.file == spelled })?.ours != activation {
            json[key] = .string(known.first { $0.ours == activation }?.file ?? known[0].file)
        }
        json["layer_norm_epsilon"] = .number(JSONNumber(epsilon))
        json["initializer_range"] = .number(JSONNumber(initializerDeviation))
        json["resid_pdrop"] = .number(JSONNumber(dropout))
        json["embd_pdrop"] = .number(JSONNumber(dropout))
        // The attention primitive keeps no matrix of probabilities to drop from.
        json["attn_pdrop"] = .number(JSONNumber(0.0))
        json["tie_word_embeddings"] = true
        json.setSavedType()
        let end: JSONValue = endOfText.map { .number(JSONNumber($0)) } ?? .null
        if !isFirst || json["eos_token_id"] != nil || endOfText != nil {
            json["bos_token_id"] = end
            json["eos_token_id"] = end
        }
        return json
    }
}
