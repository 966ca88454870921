import ByteIO
import Neural
import Tensors

/// What a GPT-2 model is made of, in house words; read from and written to a Hugging Face
/// `config.json`, whose keys we do not know survive the round trip.
public struct GPTConfiguration: Sendable, Equatable {
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

    /// Names of the activations in the file, and ours.
    private static let activations: [(file: String, ours: Activation)] = [
        ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh), ("gelu", .gelu),
        ("relu", .relu), ("silu", .silu), ("swish", .silu),
    ]

    /// Reads a `config.json` whose `model_type` is `gpt2`. Options that would change what the model
    /// computes and are not modelled are refused by name.
    public init(json: JSONObject, place: String) throws(MartletError) {
        let file = ConfigurationFile(json: json, place: place)
        let width = try file.positive("n_embd", default: 768)
        self.init(
            vocabulary: try file.positive("vocab_size", default: 50257),
            context: try file.positive("n_positions", default: 1024), width: width,
            depth: try file.positive("n_layer", default: 12, limit: 10_000),
            heads: try file.positive("n_head", default: 12),
            inner: try file.optionalPositive("n_inner"),
            dropout: try file.fraction("resid_pdrop", default: 0.1))
        guard width % heads == 0 else {
            throw file.error("n_head", "\(heads) heads do not divide a width (n_embd) of \(width)")
        }
        let name = json["activation_function"]?.string ?? "gelu_new"
        guard let known = Self.activations.first(where: { $0.file == name }) else {
            throw file.unsupported("activation_function", name)
        }
        activation = known.ours
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
        endOfText = json["eos_token_id"]?.int
        if let id = endOfText, id < 0 || id >= vocabulary {
            throw file.error("eos_token_id", "\(id) is outside the vocabulary of \(vocabulary)")
        }
        original = json
    }

    /// The `config.json` of a model of this configuration.
    public var json: JSONObject {
        var json = original
        json["model_type"] = "gpt2"
        json["architectures"] = ["GPT2LMHeadModel"]
        json["vocab_size"] = .number(JSONNumber(vocabulary))
        json["n_positions"] = .number(JSONNumber(context))
        json["n_ctx"] = .number(JSONNumber(context))
        json["n_embd"] = .number(JSONNumber(width))
        json["n_layer"] = .number(JSONNumber(depth))
        json["n_head"] = .number(JSONNumber(heads))
        json["n_inner"] = inner == 4 * width ? .null : .number(JSONNumber(inner))
        let spelled = json["activation_function"]?.string
        if Self.activations.first(where: { $0.file == spelled })?.ours != activation {
            let name = Self.activations.first { $0.ours == activation }?.file ?? "gelu_new"
            json["activation_function"] = .string(name)
        }
        json["layer_norm_epsilon"] = .number(JSONNumber(epsilon))
        json["initializer_range"] = .number(JSONNumber(initializerDeviation))
        json["scale_attn_by_inverse_layer_idx"] = .bool(scalesScoresByLayer)
        json["resid_pdrop"] = .number(JSONNumber(dropout))
        json["embd_pdrop"] = .number(JSONNumber(dropout))
        // The attention primitive keeps no matrix of probabilities to drop from.
        json["attn_pdrop"] = .number(JSONNumber(0.0))
        json["tie_word_embeddings"] = true
        if json["torch_dtype"] == nil {
            json["dtype"] = "float32"
        } else {
            json["torch_dtype"] = "float32"
        }
        let end: JSONValue = endOfText.map { .number(JSONNumber($0)) } ?? .null
        json["bos_token_id"] = end
        json["eos_token_id"] = end
        return json
    }
}

/// Checked reading of configuration values, with errors that name file and key.
struct ConfigurationFile {
    let json: JSONObject
    let place: String

    func error(_ key: String, _ message: String) -> MartletError {
        MartletError(.invalidValue, message, at: "\(place): '\(key)'")
    }

    func unsupported(_ key: String, _ value: String) -> MartletError {
        MartletError(.unsupported, "\(value) is not supported", at: "\(place): '\(key)'")
    }

    /// A missing key has the published class's default; null counts as missing.
    func positive(
        _ key: String, default fallback: Int, limit: Int = 1 << 32
    ) throws(MartletError) -> Int {
        let value = try optionalPositive(key) ?? fallback
        guard value <= limit else { throw error(key, "\(value) is more than \(limit)") }
        return value
    }

    func optionalPositive(_ key: String) throws(MartletError) -> Int? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let int = value.int, int > 0, int <= 1 << 32 else {
            throw error(key, "expected a positive whole number, found \(value.text())")
        }
        return int
    }

    func number(_ key: String, default fallback: Double) throws(MartletError) -> Double {
        guard let value = json[key], !value.isNull else { return fallback }
        guard let number = value.double, number.isFinite else {
            throw error(key, "expected a number, found \(value.text())")
        }
        return number
    }

    func fraction(_ key: String, default fallback: Double) throws(MartletError) -> Double {
        let value = try number(key, default: fallback)
        guard value >= 0, value < 1 else { throw error(key, "\(value) is not in [0, 1)") }
        return value
    }
}
