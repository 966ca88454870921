import ByteIO
import LanguageModels
import Neural
import Tensors

/// Texts one model is writing side by side: its caches, and the step that takes a token of each and
/// gives the logits of the next. A language model goes on from a prompt; a model of two stacks writes
/// what belongs to a source, from its start token on.
///
/// Every text has a stream of its own in the caches: texts of different lengths step together, and what
/// one gives does not depend on its neighbours.
struct DecodingSession {
    /// What stands before the first new token of each prompt's texts.
    let beginnings: [[Int32]]
    /// New tokens each prompt has room for in the model's context.
    let rooms: [Int]
    private let model: any PretrainedModel
    private let cache: AttentionCache
    private let sources: AttentionCache?

    /// Prepares `streams` texts for each prompt, of up to `maximum` new tokens, and encodes the sources
    /// if they are that. Prompt p has streams p streams ..< (p + 1) streams.
    ///
    /// - Parameter prompts: what to continue, or sources
    /// - Throws: `.invalidValue` for an empty prompt, one longer than the context, and an id outside the
    ///   vocabulary; `.unsupported` for a model that writes nothing
    init(
        _ model: any PretrainedModel, prompts: [[Int32]], streams: Int, maximum: Int
    ) throws(MartletError) {
        for prompt in prompts { try Self.check(prompt, model) }
        self.model = model
        let longest = prompts.map(\.count).max() ?? 0
        let total = prompts.count * streams
        switch model {
        case let model as any LanguageModel:
            beginnings = prompts
            sources = nil
            cache = model.makeCache(
                streams: total, positions: longest + min(maximum, model.context - longest))
        case let model as any SequenceToSequenceModel:
            beginnings = prompts.map { _ in [Int32(model.configuration.decoderStart)] }
            cache = model.makeCache(streams: total, positions: 1 + min(maximum, model.context - 1))
            let store = model.makeCache(
                streams: total, positions: longest, sharedBy: streams)
            for (number, prompt) in prompts.enumerated() {
                // All texts of a source share the blocks of its first stream.
                let first = number * streams
                let input = Tensor(prompt, [1, prompt.count], on: model.store.device)
                let source = model.encoded(input, .evaluation())
                guard store.reserve(prompt.count, stream: first) else { throw Self.fullCache }
                model.remember(source, lengths: [prompt.count], in: store, streams: [first])
                store.advance(prompt.count, stream: first)
                for stream in first + 1..<first + max(streams, 1) { store.fork(first, to: stream) }
            }
            sources = store
        default:
            let type = model.configurationJSON["model_type"]?.string ?? ""
            throw MartletError(.unsupported, "a model of type '\(type)' does not write texts")
        }
        rooms = beginnings.map { model.context - $0.count }
    }

    private static var fullCache: MartletError {
        MartletError(.invalidValue, "the attention cache is full")
    }

    private static func check(
        _ prompt: [Int32], _ model: any PretrainedModel
    ) throws(MartletError) {
        guard !prompt.isEmpty else { throw MartletError(.invalidValue, "the prompt has no tokens") }
        guard prompt.count <= model.context else {
            throw MartletError(
                .invalidValue,
                "the prompt has \(prompt.count) tokens, the model's context is \(model.context)")
        }
        if let bad = prompt.first(where: { $0 < 0 || Int($0) >= model.vocabulary }) {
            throw MartletError(
                .invalidValue, "token id \(bad) is outside the vocabulary of \(model.vocabulary)")
        }
    }

    /// Runs the beginning of a prompt once, in a stream; the logits of the first new token.
    func begin(_ prompt: Int, stream: Int) throws(MartletError) -> [Float] {
        try step(beginnings[prompt], streams: [stream])[0]
    }

    /// Adds as many tokens to each of some streams, row after row; the logits that follow each.
    func step(_ ids: [Int32], streams: [Int]) throws(MartletError) -> [[Float]] {
        let count = ids.count / streams.count
        for stream in streams where !cache.reserve(count, stream: stream) { throw Self.fullCache }
        let input = Tensor(ids, [streams.count, count], on: model.store.device)
        let context = ForwardContext.cached(cache, cross: sources, streams: streams)
        let logits: Tensor
        switch model {
        case let model as any LanguageModel:
            logits = model.logits(hidden: Self.last(model.hidden(input, context)))
        case let model as any SequenceToSequenceModel:
            logits = model.logits(hidden: Self.last(model.decoded(input, over: nil, context)))
        default: preconditionFailure("decoding: checked when the session was made")
        }
        for stream in streams { cache.advance(count, stream: stream) }
        let values = logits.floats
        let width = values.count / streams.count
        return streams.indices.map { Array(values[$0 * width..<($0 + 1) * width]) }
    }

    private static func last(_ hidden: Tensor) -> Tensor {
        hidden.sliced(1, hidden.shape[1] - 1..<hidden.shape[1])
    }

    /// Makes a stream hold what another holds.
    func fork(_ source: Int, to stream: Int) { cache.fork(source, to: stream) }

    /// Forgets a stream.
    func forget(_ stream: Int) { cache.truncate(stream: stream, to: 0) }
}
