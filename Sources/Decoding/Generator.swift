import ByteIO
import LanguageModels
import Neural
import Tensors
import Tokenization

/// Why a continuation ended.
public enum FinishReason: String, Sendable {
    /// An end-of-text token or a stop string.
    case stop
    /// The number of new tokens asked for.
    case length
    /// The model's context is full. Nothing is shifted out of it.
    case context
}

/// One finished continuation.
public struct Generation: Sendable {
    /// Which of the samples of its request.
    public let sample: Int
    /// The continuation alone; nil for a model without a tokenizer.
    public let text: String?
    /// Its tokens, without an end-of-text token.
    public let ids: [Int32]
    /// Why it ended.
    public let finishReason: FinishReason
    /// Tokens of the prompt.
    public let promptTokens: Int
    /// New tokens of this sample over the seconds all samples took.
    public let tokensPerSecond: Double
}

/// Continues prompts with a language model: one prefill, then a step for every token of all
/// samples together.
public struct Generator {
    private let model: any LanguageModel
    private let tokenizer: Tokenizer?

    /// A generator; without a tokenizer it works on ids alone.
    public init(_ model: any LanguageModel, tokenizer: Tokenizer?) {
        self.model = model
        self.tokenizer = tokenizer
    }

    /// Continues `prompt` `samples` times.
    ///
    /// - Parameters:
    ///   - stream: told of text as it becomes certain: whole UTF-8 scalars, and nothing that could
    ///     still turn out to be part of a stop string
    ///   - shouldStop: asked after every token
    /// - Throws: `.invalidValue` for an empty prompt, one longer than the context, an id outside the
    ///   vocabulary, and options out of range.
    public func generate(
        prompt: [Int32], options: SamplingOptions, samples: Int = 1,
        stream: (_ sample: Int, _ text: String) -> Void = { _, _ in },
        shouldStop: () -> Bool = { false }
    ) throws(MartletError) -> [Generation] {
        try options.validate()
        try check(prompt)
        guard samples > 0 else { throw MartletError(.invalidValue, "\(samples) samples") }
        let clock = ContinuousClock()
        let start = clock.now
        let room = model.context - prompt.count
        let positions = prompt.count + min(room, options.maximumTokens)
        let cache = model.makeCache(streams: samples, positions: positions)
        var states = (0..<samples).map { sample in
            SampleState(sample: sample, prompt: prompt, options: options, tokenizer: tokenizer)
        }
        var logits = try prefill(prompt, cache, samples: samples)
        var active = Array(0..<samples)
        var length = prompt.count
        while true {
            for (row, sample) in active.enumerated() {
                try states[sample].take(logits[row], contextLeft: model.context - length) { text in
                    stream(sample, text)
                }
            }
            active.removeAll { states[$0].finish != nil }
            if active.isEmpty || shouldStop() { break }
            let ids = active.map { states[$0].ids.last ?? 0 }
            for stream in active where !cache.reserve(1, stream: stream) {
                throw MartletError(.invalidValue, "the attention cache is full")
            }
            let input = Tensor(ids, [ids.count, 1], on: model.store.device)
            let output = model(input, .cached(cache, streams: active))
            for stream in active { cache.advance(1, stream: stream) }
            length += 1
            logits = rows(output, active.count)
        }
        let seconds = (clock.now - start) / .seconds(1)
        return states.map { state in
            Generation(
                sample: state.sample, text: state.text, ids: state.ids,
                finishReason: state.finish ?? .length, promptTokens: prompt.count,
                tokensPerSecond: Double(state.ids.count) / max(seconds, 1e-9))
        }
    }

    private func check(_ prompt: [Int32]) throws(MartletError) {
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

    /// Runs the prompt once, and lets the other samples share its cache.
    private func prefill(
        _ prompt: [Int32], _ cache: AttentionCache, samples: Int
    ) throws(MartletError) -> [[Float]] {
        guard cache.reserve(prompt.count, stream: 0) else {
            throw MartletError(.invalidValue, "the attention cache is too small for the prompt")
        }
        let input = Tensor(prompt, [1, prompt.count], on: model.store.device)
        let hidden = model.hidden(input, .cached(cache, streams: [0]))
        cache.advance(prompt.count, stream: 0)
        for sample in 1..<max(samples, 1) { cache.fork(0, to: sample) }
        let last = hidden.sliced(1, prompt.count - 1..<prompt.count)
        let row = model.logits(hidden: last).floats
        return Array(repeating: row, count: samples)
    }

    private func rows(_ logits: Tensor, _ count: Int) -> [[Float]] {
        let values = logits.floats
        let width = values.count / count
        return (0..<count).map { Array(values[$0 * width..<($0 + 1) * width]) }
    }
}

/// One sample under way.
private struct SampleState {
    let sample: Int
    private let options: SamplingOptions
    private var sampler: Sampler
    private var decoder: StreamingDecoder?
    private var stops: StopFinder
    private(set) var ids: [Int32] = []
    private(set) var text: String?
    private(set) var finish: FinishReason?

    init(sample: Int, prompt: [Int32], options: SamplingOptions, tokenizer: Tokenizer?) {
        self.sample = sample
        self.options = options
        sampler = Sampler(options, sample: sample, prompt: prompt)
        decoder = tokenizer.map { StreamingDecoder($0) }
        stops = StopFinder(options.stopStrings)
        text = tokenizer == nil ? nil : ""
        if options.maximumTokens == 0 { finish = .length }
    }

    /// Chooses the next token, unless the sample has ended.
    mutating func take(
        _ logits: [Float], contextLeft: Int, _ stream: (String) -> Void
    ) throws(MartletError) {
        guard finish == nil else { return }
        guard contextLeft > 0 else { return end(.context, stream) }
        let id = sampler.next(logits)
        if options.stopTokens.contains(id) { return end(.stop, stream) }
        ids.append(id)
        if let piece = try decoder?.append(id) {
            let (certain, stopped) = stops.append(piece)
            emit(certain, stream)
            if stopped {
                finish = .stop
                return
            }
        }
        if ids.count == options.maximumTokens { end(.length, stream) }
    }

    private mutating func end(_ reason: FinishReason, _ stream: (String) -> Void) {
        finish = reason
        guard let rest = decoder?.finish() else { return }
        let (certain, stopped) = stops.append(rest)
        emit(certain, stream)
        if stopped { finish = .stop } else { emit(stops.flush(), stream) }
    }

    private mutating func emit(_ piece: String, _ stream: (String) -> Void) {
        guard !piece.isEmpty else { return }
        text?.append(piece)
        stream(piece)
    }
}
