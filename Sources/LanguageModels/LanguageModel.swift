import ByteIO
import Neural
import Tensors

/// What every family's configuration says, in house words.
public protocol ModelConfiguration: Sendable, Equatable {
    /// Tokens in the vocabulary.
    var vocabulary: Int { get }
    /// The most positions the model can see.
    var context: Int { get }
    /// The token that ends a document, if the vocabulary has one.
    var endOfText: Int? { get }
    /// The Hugging Face `config.json`.
    var json: JSONObject { get }
}

/// A model that a Hugging Face folder holds: of any family, trained or to be trained.
public protocol PretrainedModel: Trainable, Sendable {
    associatedtype Configuration: ModelConfiguration
    /// What it is made of.
    var configuration: Configuration { get }
    /// Its published weight names.
    var names: WeightNames { get }
    /// What it costs.
    var plan: ModelPlan { get }
}

extension PretrainedModel {
    /// Tokens in the vocabulary.
    public var vocabulary: Int { configuration.vocabulary }
    /// The most positions it can see.
    public var context: Int { configuration.context }
    /// The token that ends a document, if the vocabulary has one.
    public var endOfText: Int? { configuration.endOfText }
    /// Its Hugging Face `config.json`.
    public var configurationJSON: JSONObject { configuration.json }
}

/// What a decoder's cache is measured by.
public protocol DecoderConfiguration: ModelConfiguration {
    /// Number of blocks.
    var depth: Int { get }
    /// Key-value heads of each block.
    var keyValueHeads: Int { get }
    /// Width of a head.
    var headWidth: Int { get }
}

/// A model that gives a distribution over the next token.
public protocol LanguageModel: PretrainedModel where Configuration: DecoderConfiguration {
    /// int32 ids [batch, time] to the final hidden states [batch, time, width].
    func hidden(_ ids: Tensor, _ context: ForwardContext) -> Tensor
    /// Hidden states [..., width] to logits [..., vocabulary].
    func logits(hidden: Tensor) -> Tensor
    /// The cross-entropy of those logits against int32 targets, summed over the targets not below
    /// 0, and how many of these there are.
    func loss(hidden: Tensor, targets: Tensor) -> (total: Tensor, count: Int)
}

extension LanguageModel {
    /// A cache for generating `streams` texts of up to `positions` tokens.
    public func makeCache(streams: Int, positions: Int) -> AttentionCache {
        AttentionCache(
            layers: configuration.depth, keyValueHeads: configuration.keyValueHeads,
            headWidth: configuration.headWidth, streams: streams, positions: positions,
            on: store.device)
    }

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

/// A model that gives every position a state that knows both sides of it.
public protocol EncoderModel: PretrainedModel {
    /// int32 ids [batch, time] to hidden states [batch, time, width]. The context says which positions
    /// count and which of two texts they belong to.
    func hidden(_ ids: Tensor, _ context: ForwardContext) -> Tensor
    /// The state of the whole, [batch, width]; nil where the model has none.
    func pooled(hidden: Tensor) -> Tensor?
    /// What the head makes of hidden states; nil without a head.
    func logits(hidden: Tensor) -> Tensor?
}

/// What a model of two stacks says beside.
public protocol SequenceToSequenceConfiguration: DecoderConfiguration {
    /// The token a target is begun with.
    var decoderStart: Int { get }
    /// The token that fills rows up to one length.
    var padding: Int { get }
}

/// A model that reads one sequence and writes another.
public protocol SequenceToSequenceModel: PretrainedModel
where Configuration: SequenceToSequenceConfiguration {
    /// int32 ids [batch, time] of a source to its states [batch, time, width]; the context's mask says
    /// which positions count.
    func encoded(_ ids: Tensor, _ context: ForwardContext) -> Tensor
    /// int32 ids [batch, time] of a target, begun with the start token, to hidden states. `source` is nil
    /// in a pass over caches.
    func decoded(_ ids: Tensor, over source: Tensor?, _ context: ForwardContext) -> Tensor
    /// Hidden states of the decoder [..., width] to logits [..., vocabulary].
    func logits(hidden: Tensor) -> Tensor
    /// The cross-entropy of those logits against int32 targets, summed over the targets not below
    /// 0, and how many of these there are.
    func loss(hidden: Tensor, targets: Tensor) -> (total: Tensor, count: Int)
    /// Puts what the decoder will want of encoded sources into a cache; row i has `lengths[i]` positions
    /// that count and belongs to `streams[i]`. The caller advances.
    func remember(_ source: Tensor, lengths: [Int], in cache: AttentionCache, streams: [Int])
}

extension SequenceToSequenceModel {
    /// A cache of the decoder's own positions, or of sources, for `streams` texts, of which `sharedBy`
    /// hold the same.
    public func makeCache(streams: Int, positions: Int, sharedBy: Int = 1) -> AttentionCache {
        AttentionCache(
            layers: configuration.depth, keyValueHeads: configuration.keyValueHeads,
            headWidth: configuration.headWidth, streams: streams, positions: positions,
            sharedBy: sharedBy, on: store.device)
    }

    /// Targets [batch, time] one place later, begun with the start token; what does not count is padding.
    public func decoderInputs(for targets: Tensor) -> Tensor {
        let (batch, time) = (targets.shape[0], targets.shape[1])
        let all = targets.values(Int32.self)
        var inputs: [Int32] = []
        for row in 0..<batch {
            inputs.append(Int32(configuration.decoderStart))
            inputs += all[row * time..<(row + 1) * time - 1].map {
                $0 < 0 ? Int32(configuration.padding) : $0
            }
        }
        return Tensor(inputs, targets.shape, on: targets.device)
    }

    /// The summed cross-entropy of targets given their sources, each word given those before it.
    public func loss(
        inputs: Tensor, targets: Tensor, _ context: ForwardContext
    ) -> (total: Tensor, count: Int) {
        let source = encoded(inputs, context)
        return loss(
            hidden: decoded(decoderInputs(for: targets), over: source, context), targets: targets)
    }
}
