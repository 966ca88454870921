import ByteIO
import Neural

/// What a model of LLaMA's kind is made of, in house words; read from and written to a Hugging Face
/// `config.json` of `model_type` llama, mistral, qwen2 or qwen3. Keys we do not know survive.
public struct LlamaConfiguration: DecoderConfiguration {
    /// The published relatives, which differ in biases and norms.
    public enum Family: String, Sendable, CaseIterable {
        case llama, mistral, qwen2, qwen3

        var className: String {
            switch self {
            case .llama: "LlamaForCausalLM"
            case .mistral: "MistralForCausalLM"
            case .qwen2: "Qwen2ForCausalLM"
            case .qwen3: "Qwen3ForCausalLM"
            }
        }
    }

    /// Which relative.
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
    /// Key-value heads, a divisor of `heads`.
    public var keyValueHeads: Int
    /// Width of a head.
    public var headWidth: Int
    /// Width inside the feed-forward layers.
    public var inner: Int
    /// Whether the output projection is the token embedding.
    public var isTied: Bool
    /// Base of the rotary frequencies.
    public var ropeBase = 10_000.0
    /// How they are changed for long contexts.
    public var ropeScaling = RotaryPositions.Scaling.none
    /// Positions that layers of ``windowedLayers`` see, their own among them; nil for all.
    public var window: Int?
    /// Layers that see only the window.
    public var windowedLayers: Set<Int> = []
    /// Added to the mean square in norms.
    public var epsilon = 1e-6
    /// Whether queries, keys and values have biases.
    public var hasInputBias: Bool
    /// Whether the attention's output projection has one.
    public var hasOutputBias: Bool
    /// Whether the feed-forward layers have them.
    public var hasFeedForwardBias = false
    /// Chance of dropping an element of the embeddings and of each block's two outputs.
    public var dropout = 0.0
    /// Deviation of the initial weights; projections into the residual stream are divided by
    /// sqrt(2 depth) besides.
    public var initializerDeviation = 0.02
    /// The token that ends a document, if there is one.
    public var endOfText: Int?
    /// Keys of the file this came from, kept for writing it again.
    var original = JSONObject()

    /// Whether queries and keys are normed per head.
    var normsHeads: Bool { family == .qwen3 }

    /// A new model of a family: tied, heads of width / heads, an inner width of 8/3 width rounded
    /// up to a multiple of 64, unless given.
    public init(
        _ family: Family, vocabulary: Int, context: Int, width: Int, depth: Int, heads: Int,
        keyValueHeads: Int? = nil, headWidth: Int? = nil, inner: Int? = nil, isTied: Bool = true
    ) {
        self.family = family
        self.vocabulary = vocabulary
        self.context = context
        self.width = width
        self.depth = depth
        self.heads = heads
        self.keyValueHeads = keyValueHeads ?? heads
        self.headWidth = headWidth ?? width / heads
        self.inner = inner ?? (8 * width / 3 + 63) / 64 * 64
        self.isTied = isTied
        hasInputBias = family == .qwen2
        hasOutputBias = false
    }

    /// Reads a `config.json`. Options that would change what the model computes and are not
    /// modelled are refused by name.
    public init(json: JSONObject, place: String) throws(MartletError) {
        let file = ConfigurationFile(json: json, place: place)
        guard let family = json["model_type"]?.string.flatMap({ Family(rawValue: $0) }) else {
            throw file.unsupported("model_type", json["model_type"]?.text() ?? "(none)")
        }
        let width = try file.positive("hidden_size", default: 4096, limit: 1 << 20)
        let heads = try file.positive("num_attention_heads", default: 32, limit: 1 << 16)
        let keyValueHeads: Int
        if let given = try file.optionalPositive("num_key_value_heads") {
            keyValueHeads = given
        } else {
            // Missing, the published classes take different numbers; null is always the heads.
            let fallback = [.mistral: 8, .qwen2: 32, .qwen3: 32][family] ?? heads
            keyValueHeads = json["num_key_value_heads"] == nil ? fallback : heads
        }
        guard heads % keyValueHeads == 0 else {
            throw file.error(
                "num_key_value_heads", "\(keyValueHeads) does not divide \(heads) attention heads")
        }
        let headWidth: Int
        if let given = try file.optionalPositive("head_dim") {
            headWidth = given
        } else if family == .qwen3 {
            headWidth = 128
        } else {
            guard width % heads == 0 else {
                throw file.error(
                    "num_attention_heads", "\(heads) heads do not divide a width of \(width)")
            }
            headWidth = width / heads
        }
        guard headWidth % 2 == 0, headWidth <= 1 << 16 else {
            throw file.error("head_dim", "\(headWidth) is not an even width of pairs to turn")
        }
        self.init(
            family,
            vocabulary: try file.positive(
                "vocab_size", default: [.qwen2, .qwen3].contains(family) ? 151_936 : 32_000),
            context: try file.positive(
                "max_position_embeddings",
                default: [.llama: 2048, .mistral: 131_072][family] ?? 32_768),
            width: width,
            depth: try file.positive("num_hidden_layers", default: 32, limit: 10_000),
            heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth,
            inner: try file.positive(
                "intermediate_size",
                default: [.llama: 11_008, .mistral: 14_336][family] ?? 22_016),
            isTied: json["tie_word_embeddings"]?.bool ?? false)
        let activation = json["hidden_act"]?.string ?? "silu"
        guard ["silu", "swish"].contains(activation) else {
            throw file.unsupported("hidden_act", activation)
        }
        epsilon = try file.number("rms_norm_eps", default: 1e-6)
        initializerDeviation = try file.number("initializer_range", default: 0.02)
        if family == .llama || family == .qwen3 {
            hasInputBias = json["attention_bias"]?.bool ?? false
            hasOutputBias = hasInputBias
        }
        if family == .llama { hasFeedForwardBias = json["mlp_bias"]?.bool ?? false }
        dropout = try file.fraction("resid_pdrop", default: 0)
        (ropeBase, ropeScaling) = try file.rotary(context: context)
        try readWindows(file)
        // Several ends are published as a list; the first is the one texts are closed with.
        endOfText = try file.token("eos_token_id", vocabulary: vocabulary)
        original = json
    }

    /// Windows: Mistral's in every layer, Qwen's in those from `max_window_layers` on, or in those
    /// `layer_types` says.
    private mutating func readWindows(_ file: ConfigurationFile) throws(MartletError) {
        let json = file.json
        let uses = family == .mistral || json["use_sliding_window"]?.bool == true
        guard uses, family != .llama else { return }
        // The published classes take 4,096 for a missing window; null is none.
        if let given = json["sliding_window"] {
            guard !given.isNull else { return }
            guard let number = given.int, number > 0 else {
                throw file.error("sliding_window", "\(given.text()) is no number of positions")
            }
            window = number
        } else {
            window = 4096
        }
        if let types = json["layer_types"]?.array, family != .mistral {
            guard types.count == depth else {
                throw file.error("layer_types", "\(types.count) types for \(depth) layers")
            }
            for (layer, type) in types.enumerated() {
                switch type.string {
                case "sliding_attention": windowedLayers.insert(layer)
                case "full_attention": break
                default: throw file.unsupported("layer_types", type.text())
                }
            }
            return
        }
        let first = family == .mistral ? 0 : json["max_window_layers"]?.int ?? 28
        windowedLayers = Set((0..<depth).filter { $0 >= first })
    }

    /// The `config.json` of a model of this configuration.
    public var json: JSONObject {
        var json = original
        func set(_ key: String, _ value: Int) { json[key] = .number(JSONNumber(value)) }
        json["model_type"] = .string(family.rawValue)
        json["architectures"] = [.string(family.className)]
        set("vocab_size", vocabulary)
        set("max_position_embeddings", context)
        set("hidden_size", width)
        set("intermediate_size", inner)
        set("num_hidden_layers", depth)
        set("num_attention_heads", heads)
        set("num_key_value_heads", keyValueHeads)
        if family == .qwen3 || headWidth * heads != width || json["head_dim"] != nil {
            set("head_dim", headWidth)
        }
        json["hidden_act"] = json["hidden_act"] ?? "silu"
        json["rms_norm_eps"] = .number(JSONNumber(epsilon))
        json["initializer_range"] = .number(JSONNumber(initializerDeviation))
        json["tie_word_embeddings"] = .bool(isTied)
        if family == .llama || family == .qwen3 { json["attention_bias"] = .bool(hasInputBias) }
        if family == .llama { json["mlp_bias"] = .bool(hasFeedForwardBias) }
        if original["rope_parameters"] == nil, original["rope_theta"] == nil {
            json["rope_theta"] = .number(JSONNumber(ropeBase))
        }
        if family == .mistral, original["sliding_window"] == nil { json["sliding_window"] = .null }
        if dropout > 0 || json["resid_pdrop"] != nil {
            json["resid_pdrop"] = .number(JSONNumber(dropout))
        }
        json[json["torch_dtype"] == nil ? "dtype" : "torch_dtype"] = "float32"
        if json["eos_token_id"]?.array == nil {
            let end: JSONValue = endOfText.map { .number(JSONNumber($0)) } ?? .null
            json["bos_token_id"] = json["bos_token_id"] ?? end
            json["eos_token_id"] = end
        }
        return json
    }
}
