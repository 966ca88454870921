import ByteIO
import Neural
import Tensors

/// What an encoder of BERT's kind is made of, in house words; read from and written to a Hugging Face
/// `config.json` of `model_type` bert or roberta. Keys we do not know survive.
public struct BERTConfiguration: ModelConfiguration {
    /// The two published kinds, which differ in positions and in their heads.
    public enum Family: String, Sendable, CaseIterable {
        case bert, roberta
        var className: String { self == .bert ? "Bert" : "Roberta" }
    }

    /// What stands on the encoder.
    public enum Head: String, Sendable, CaseIterable {
        /// Nothing but the pooler.
        case none = "Model"
        /// Words under masks.
        case maskedWords = "ForMaskedLM"
        /// Words under masks, and which segment follows.
        case pretraining = "ForPreTraining"
        /// One label for the whole.
        case sequenceLabels = "ForSequenceClassification"
        /// A label for each token.
        case tokenLabels = "ForTokenClassification"
    }

    /// Which kind.
    public var family: Family
    /// Which head.
    public var head = Head.maskedWords
    /// Tokens in the vocabulary.
    public var vocabulary: Int
    /// Rows of the position table; of RoBERTa's, the first padding + 1 count for nothing.
    public var positionRows: Int
    /// Width of the stream.
    public var width: Int
    /// Number of blocks.
    public var depth: Int
    /// Attention heads of each block; a divisor of `width`.
    public var heads: Int
    /// Width inside the feed-forward layers.
    public var inner: Int
    /// Nonlinearity of the feed-forward layers.
    public var activation = Activation.gelu
    /// Kinds of segments.
    public var segmentKinds = 2
    /// Labels of a classifier.
    public var labels = 2
    /// Added to the variance in norms.
    public var epsilon = 1e-12
    /// Chance of dropping an element of the embeddings and of each block's outputs.
    public var dropout = 0.0
    /// Deviation of the initial weights.
    public var initializerDeviation = 0.02
    /// The token that fills rows up to one length.
    public var padding: Int
    /// The token that ends a document, if there is one.
    public var endOfText: Int?
    /// Keys of the file this came from, kept for writing it again.
    var original = JSONObject()

    /// A new model with a head for masked words.
    public init(
        _ family: Family, vocabulary: Int, context: Int, width: Int, depth: Int, heads: Int,
        inner: Int? = nil, padding: Int = 0
    ) {
        self.family = family
        (self.vocabulary, self.width, self.depth, self.heads) = (vocabulary, width, depth, heads)
        self.inner = inner ?? 4 * width
        self.padding = padding
        positionRows = context + (family == .roberta ? padding + 1 : 0)
    }

    /// The most tokens it can be given.
    public var context: Int { positionRows - (family == .roberta ? padding + 1 : 0) }
    /// The row positions are counted from, over tokens that are not this one; nil to count from 0.
    var positionsAfter: Int? { family == .roberta ? padding : nil }
    /// Whether the first position goes through a pooler.
    var hasPooler: Bool {
        switch head {
        case .none: true
        case .pretraining, .sequenceLabels: family == .bert
        case .maskedWords, .tokenLabels: false
        }
    }

    /// Reads a `config.json`. Options that would change what the model computes and are not modelled
    /// are refused by name.
    public init(json: JSONObject, place: String) throws(MartletError) {
        let file = ConfigurationFile(json: json, place: place)
        guard let family = json["model_type"]?.string.flatMap({ Family(rawValue: $0) }) else {
            throw file.unsupported("model_type", json["model_type"]?.text() ?? "(none)")
        }
        let isRoberta = family == .roberta
        let vocabulary = try file.positive("vocab_size", default: isRoberta ? 50265 : 30522)
        let padding =
            try file.token("pad_token_id", vocabulary: vocabulary) ?? (isRoberta ? 1 : 0)
        self.init(
            family, vocabulary: vocabulary, context: 1,
            width: try file.positive("hidden_size", default: 768, limit: 1 << 20),
            depth: try file.positive("num_hidden_layers", default: 12, limit: 10_000),
            heads: try file.positive("num_attention_heads", default: 12, limit: 1 << 16),
            inner: try file.positive("intermediate_size", default: 3072), padding: padding)
        positionRows = try file.positive("max_position_embeddings", default: 512)
        guard padding < vocabulary else {
            throw file.error(
                "pad_token_id", "\(padding) is outside the vocabulary of \(vocabulary)")
        }
        guard context > 0 else {
            throw file.error("max_position_embeddings", "\(positionRows) leaves no position")
        }
        _ = try file.headWidth("num_attention_heads", heads: heads, width: width)
        let name = json["architectures"]?.array?.first?.string ?? family.className + "Model"
        let kind = Head.allCases.first { family.className + $0.rawValue == name }
        guard let kind else { throw file.unsupported("architectures", "'\(name)'") }
        head = kind
        if let type = json["position_embedding_type"]?.string, type != "absolute" {
            throw file.unsupported("position_embedding_type", "'\(type)'")
        }
        try file.require("is_decoder", false, default: false)
        try file.require("add_cross_attention", false, default: false)
        try file.require("tie_word_embeddings", true, default: true)
        activation = try file.activation("hidden_act", default: "gelu")
        segmentKinds = try file.positive("type_vocab_size", default: 2)
        labels = json["id2label"]?.object?.count ?? json["num_labels"]?.int ?? 2
        guard labels > 0, labels <= 1 << 20 else {
            throw file.error("id2label", "\(labels) labels")
        }
        epsilon = try file.number("layer_norm_eps", default: 1e-12)
        dropout = try file.fraction("hidden_dropout_prob", default: 0.1)
        initializerDeviation = try file.number("initializer_range", default: 0.02)
        endOfText = try file.token("eos_token_id", vocabulary: vocabulary)
        original = json
    }

    /// The `config.json` of a model of this configuration.
    public var json: JSONObject {
        var json = original
        json["model_type"] = .string(family.rawValue)
        json["architectures"] = [.string(family.className + head.rawValue)]
        json.set("vocab_size", vocabulary)
        json.set("max_position_embeddings", positionRows)
        json.set("hidden_size", width)
        json.set("num_hidden_layers", depth)
        json.set("num_attention_heads", heads)
        json.set("intermediate_size", inner)
        json.set("type_vocab_size", segmentKinds)
        json.set("layer_norm_eps", epsilon)
        json.set("hidden_dropout_prob", dropout)
        // The attention primitive keeps no matrix of probabilities to drop from.
        json["attention_probs_dropout_prob"] = json["attention_probs_dropout_prob"] ?? 0
        json.set("initializer_range", initializerDeviation)
        json.set("pad_token_id", padding)
        json["hidden_act"] =
            json["hidden_act"]
            ?? .string(
                ConfigurationFile.activations.first { $0.ours == activation }?.file ?? "gelu")
        json.setSavedType()
        if original.isEmpty { json.setToken("eos_token_id", endOfText) }
        return json
    }
}

/// The published weight names of both.
enum BERTNames {
    static func names(_ configuration: BERTConfiguration) -> WeightNames {
        let isBert = configuration.family == .bert
        let heads: [WeightNames.Rule]
        switch (configuration.head, isBert) {
        case (.none, _): heads = []
        case (.maskedWords, true), (.pretraining, true):
            heads = [
                .init("head.dense.*", "cls.predictions.transform.dense.*", isHead: true),
                .init("head.norm.*", "cls.predictions.transform.LayerNorm.*", isHead: true),
                .init(
                    "head.bias", "cls.predictions.bias", isHead: true,
                    or: ["cls.predictions.decoder.bias"]),
                .init("head.nextSegment.*", "cls.seq_relationship.*", isHead: true),
            ]
        case (.maskedWords, false), (.pretraining, false):
            heads = [
                .init("head.dense.*", "lm_head.dense.*", isHead: true),
                .init("head.norm.*", "lm_head.layer_norm.*", isHead: true),
                .init("head.bias", "lm_head.bias", isHead: true, or: ["lm_head.decoder.bias"]),
            ]
        case (.sequenceLabels, false):
            heads = [
                .init("head.dense.*", "classifier.dense.*", isHead: true),
                .init("head.output.*", "classifier.out_proj.*", isHead: true),
            ]
        case (.sequenceLabels, true), (.tokenLabels, _):
            heads = [.init("head.output.*", "classifier.*", isHead: true)]
        }
        return WeightNames(
            prefix: isBert ? "bert." : "roberta.", rules: body + heads,
            ignored: ["embeddings.position_ids", "embeddings.token_type_ids", "pooler.*"]
                + ["cls.*", "lm_head.*"],
            isWrittenBare: configuration.head == .none)
    }

    private static let body: [WeightNames.Rule] = [
        .init("embedding.tokens.weight", "embeddings.word_embeddings.weight"),
        .init("embedding.positions.weight", "embeddings.position_embeddings.weight"),
        .init("embedding.segments.weight", "embeddings.token_type_embeddings.weight"),
        .init("embedding.norm.*", "embeddings.LayerNorm.*"),
        .init("blocks.#.attention.query.*", "encoder.layer.#.attention.self.query.*"),
        .init("blocks.#.attention.key.*", "encoder.layer.#.attention.self.key.*"),
        .init("blocks.#.attention.value.*", "encoder.layer.#.attention.self.value.*"),
        .init("blocks.#.attention.output.*", "encoder.layer.#.attention.output.dense.*"),
        .init("blocks.#.attentionNorm.*", "encoder.layer.#.attention.output.LayerNorm.*"),
        .init("blocks.#.feedForward.up.*", "encoder.layer.#.intermediate.dense.*"),
        .init("blocks.#.feedForward.down.*", "encoder.layer.#.output.dense.*"),
        .init("blocks.#.feedForwardNorm.*", "encoder.layer.#.output.LayerNorm.*"),
        .init("pooler.*", "pooler.dense.*"),
    ]
}
