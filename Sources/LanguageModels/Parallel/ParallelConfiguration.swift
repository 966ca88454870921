import ByteIO
import Neural
import Tensors

/// What a model of parallel blocks is made of, in house words; read from and written to a Hugging
/// Face `config.json` of `model_type` gptj or cohere. Keys we do not know survive.
public struct ParallelConfiguration: DecoderConfiguration {
    /// Which of the two.
    public enum Family: String, Sendable, CaseIterable {
        case gptj, cohere
    }

    /// GPT-J has biases everywhere but in attention and a plain feed-forward layer; Cohere's has
    /// none, and a gated one.
    public var family: Family
    /// Tokens in the vocabulary.
    public var vocabulary: Int
    /// The most positions the model can see.
    public var context: Int
    /// Width of the residual stream.
    public var width: Int
    /// Number of blocks.
    public var depth: Int
    /// Query heads of each block.
    public var heads: Int
    /// Key-value heads, a divisor of `heads`; one is multi-query attention (Shazeer 2019).
    public var keyValueHeads: Int
    /// Width inside the feed-forward layers.
    public var inner: Int
    /// Values of each head that turn, from the front.
    public var rotaryWidth: Int
    /// Base of the rotary frequencies.
    public var ropeBase = 10_000.0
    /// How they are changed for long contexts.
    public var ropeScaling = RotaryPositions.Scaling.none
    /// Nonlinearity of the feed-forward layers.
    public var activation: Activation
    /// What logits are multiplied by.
    public var logitScale = 1.0
    /// Whether the output projection is the token embedding.
    public var isTied: Bool
    /// Whether attention has biases.
    public var hasAttentionBias = false
    /// Added to the variance in norms.
    public var epsilon = 1e-5
    /// Chance of dropping an element of the embeddings and of each block's two outputs.
    public var dropout = 0.0
    /// Deviation of the initial weights.
    public var initializerDeviation = 0.02
    /// The token that ends a document, if there is one.
    public var endOfText: Int?
    /// Keys of the file this came from, kept for writing it again.
    var original = JSONObject()

    /// width / heads.
    public var headWidth: Int { width / heads }

    /// Reads a `config.json`. Options that would change what the model computes and are not
    /// modelled are refused by name.
    public init(json: JSONObject, place: String) throws(MartletError) {
        let file = ConfigurationFile(json: json, place: place)
        guard let family = json["model_type"]?.string.flatMap({ Family(rawValue: $0) }) else {
            throw file.unsupported("model_type", json["model_type"]?.text() ?? "(none)")
        }
        self.family = family
        let isGPTJ = family == .gptj
        let names: (width: String, depth: String, heads: String, context: String) =
            isGPTJ
            ? ("n_embd", "n_layer", "n_head", "n_positions")
            : (
                "hidden_size", "num_hidden_layers", "num_attention_heads",
                "max_position_embeddings"
            )
        width = try file.positive(names.width, default: isGPTJ ? 4096 : 8192, limit: 1 << 20)
        depth = try file.positive(names.depth, default: isGPTJ ? 28 : 40, limit: 10_000)
        heads = try file.positive(names.heads, default: isGPTJ ? 16 : 64, limit: 1 << 16)
        context = try file.positive(names.context, default: isGPTJ ? 2048 : 8192)
        vocabulary = try file.positive("vocab_size", default: isGPTJ ? 50400 : 256_000)
        let headWidth = try file.headWidth(names.heads, heads: heads, width: width)
        initializerDeviation = try file.number("initializer_range", default: 0.02)
        isTied = json["tie_word_embeddings"]?.bool ?? !isGPTJ
        activation = try file.activation(
            isGPTJ ? "activation_function" : "hidden_act", default: isGPTJ ? "gelu_new" : "silu")
        if isGPTJ {
            try file.require("tie_word_embeddings", false, default: false)
            keyValueHeads = heads
            inner = try file.optionalPositive("n_inner") ?? 4 * width
            if json["rotary_dim"]?.isNull == true { throw file.unsupported("rotary_dim", "null") }
            rotaryWidth = try file.positive("rotary_dim", default: 64)
            epsilon = try file.number("layer_norm_epsilon", default: 1e-5)
            dropout = try file.fraction("resid_pdrop", default: 0)
        } else {
            keyValueHeads = try file.optionalPositive("num_key_value_heads") ?? heads
            inner = try file.positive("intermediate_size", default: 22_528)
            rotaryWidth = headWidth
            epsilon = try file.number("layer_norm_eps", default: 1e-5)
            hasAttentionBias = json["attention_bias"]?.bool ?? false
            logitScale = try file.number("logit_scale", default: 0.0625)
            dropout = try file.fraction("resid_pdrop", default: 0)
            try file.require("use_qk_norm", false, default: false)
            (ropeBase, ropeScaling) = try file.rotary(context: context, defaultBase: 500_000)
        }
        guard heads % keyValueHeads == 0 else {
            throw file.error(
                "num_key_value_heads", "\(keyValueHeads) does not divide \(heads) attention heads")
        }
        guard rotaryWidth % 2 == 0, rotaryWidth <= headWidth else {
            throw file.error(
                "rotary_dim",
                "\(rotaryWidth) values of heads \(headWidth) wide cannot turn in pairs")
        }
        endOfText = try file.token("eos_token_id", vocabulary: vocabulary)
        original = json
    }

    /// The `config.json` of a model of this configuration.
    public var json: JSONObject {
        var json = original
        json["model_type"] = .string(family.rawValue)
        json["architectures"] = [family == .gptj ? "GPTJForCausalLM" : "CohereForCausalLM"]
        json["tie_word_embeddings"] = .bool(isTied)
        if dropout > 0 || json["resid_pdrop"] != nil { json.set("resid_pdrop", dropout) }
        json.setSavedType()
        return json
    }
}
