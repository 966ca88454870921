import ByteIO
import Neural
import Tensors

/// A model that gives a distribution over the next token.
public protocol LanguageModel: Trainable, Sendable {
    /// Tokens in the vocabulary.
    var vocabulary: Int { get }
    /// The most positions it can see.
    var context: Int { get }
    /// The token that ends a document, if the vocabulary has one.
    var endOfText: Int? { get }
    /// Its Hugging Face `config.json`.
    var configurationJSON: JSONObject { get }
    /// Its published weight names.
    var names: WeightNames { get }
    /// What it costs.
    var plan: ModelPlan { get }

    /// int32 ids [batch, time] to the final hidden states [batch, time, width].
    func hidden(_ ids: Tensor, _ context: ForwardContext) -> Tensor
    /// Hidden states [..., width] to logits [..., vocabulary].
    func logits(hidden: Tensor) -> Tensor
    /// The cross-entropy of those logits against int32 targets, summed over the targets not below
    /// 0, and how many of these there are.
    func loss(hidden: Tensor, targets: Tensor) -> (total: Tensor, count: Int)
    /// A cache for generating `streams` texts of up to `positions` tokens.
    func makeCache(streams: Int, positions: Int) -> AttentionCache
}

extension LanguageModel {
    /// int32 ids [batch, time] to logits [batch, time, vocabulary].
    public func callAsFunction(_ ids: Tensor, _ context: ForwardContext) -> Tensor {
        logits(hidden: hidden(ids, context))
    }

    /// The summed cross-entropy of next-token prediction, and the number of counted targets.
    public func loss(
        inputs: Tensor, targets: Tensor, _ context: ForwardContext
    ) -> (total: Tensor, count: Int) {
        loss(hidden: hidden(inputs, context), targets: targets)
    }
}
