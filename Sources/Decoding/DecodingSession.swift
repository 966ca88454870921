import ByteIO
import LanguageModels
import Neural
import Tensors

/// Texts one model is writing side by side: its caches, and the step that takes a token of each and
/// gives the logits of the next. A language model goes on from a prompt; a model of two stacks writes
/// what belongs to a source, from its start token on.
struct DecodingSession {
    /// What stands before the first new token of every text.
    let beginning: [Int32]
    /// New tokens the model's context has room for.
    let room: Int
    private let model: any PretrainedModel
    private let cache: AttentionCache
    private let sources: AttentionCache?

    /// Prepares `streams` texts of up to `maximum` new tokens, and encodes the source if there is one.
    ///
    /// - Parameter prompt: what to continue, or the source
    /// - Throws: `.invalidValue` for an empty prompt, one longer than the context, and an id outside the
    ///   vocabulary; `.unsupported` for a model that writes nothing
    init(
        _ model: any PretrainedModel, prompt: [Int32], streams: Int, maximum: Int
    ) throws(MartletError) {
        try Self.check(prompt, model)
        self.model = model
        func positions(_ beginning: Int) -> Int {
            beginning + min(model.context - beginning, maximum)
        }
        switch model {
        case let model as any LanguageModel:
            beginning = prompt
            sources = nil
            cache = model.makeCache(streams: streams, positions: positions(prompt.count))
        case let model as any SequenceToSequenceModel:
            beginning = [Int32(model.configuration.decoderStart)]
            cache = model.makeCache(streams: streams, positions: positions(1))
            // All texts read the same source, so one stream has its blocks and the others share them.
            let store = model.makeCache(streams: streams, positions: prompt.count)
            let input = Tensor(prompt, [1, prompt.count], on: model.store.device)
            let source = model.encoded(input, .evaluation())
            guard store.reserve(prompt.count, stream: 0) else { throw Self.fullCache }
            model.remember(source, lengths: [prompt.count], in: store, streams: [0])
            store.advance(prompt.count, stream: 0)
            for stream in 1..<max(streams, 1) { store.fork(0, to: stream) }
            sources = store
        default:
            let type = model.configurationJSON["model_type"]?.string ?? ""
            throw MartletError(.unsupported, "a model of type '\(type)' does not write texts")
        }
        room = model.context - beginning.count
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

    /// Runs the beginning once in stream 0; the logits of the first new token.
    func begin() throws(MartletError) -> [Float] {
        try step(beginning, streams: [0])[0]
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
