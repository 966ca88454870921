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

/// Continues prompts with a language model, or writes what belongs to a source with a model of two
/// stacks: one prefill, then a step for every token of all samples together.
public struct Generator {
    private let model: any PretrainedModel
    private let tokenizer: Tokenizer?

    /// A generator; without a tokenizer it works on ids alone.
    public init(_ model: any PretrainedModel, tokenizer: Tokenizer?) {
        self.model = model
        self.tokenizer = tokenizer
    }

    /// Continues `prompt` `samples` times, or writes as many targets for it.
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
        try generate(
            prompts: [prompt], options: options, samples: samples,
            stream: { _, sample, text in stream(sample, text) }, shouldStop: shouldStop)[0]
    }

    /// Continues several prompts side by side, `samples` times each: one step for every token of all of
    /// them. What a prompt gives does not depend on its neighbours.
    public func generate(
        prompts: [[Int32]], options: SamplingOptions, samples: Int = 1,
        stream: (_ prompt: Int, _ sample: Int, _ text: String) -> Void = { _, _, _ in },
        shouldStop: () -> Bool = { false }
    ) throws(MartletError) -> [[Generation]] {
        try options.validate()
        guard samples > 0 else { throw MartletError(.invalidValue, "\(samples) samples") }
        guard !prompts.isEmpty else { throw MartletError(.invalidValue, "there are no prompts") }
        if options.beams > 1 {
            var found: [[Generation]] = []
            for prompt in prompts {
                found.append(
                    try search(prompt, options, samples: samples, shouldStop: shouldStop))
            }
            return found
        }
        let clock = ContinuousClock()
        let start = clock.now
        let session = try DecodingSession(
            model, prompts: prompts, streams: samples, maximum: options.maximumTokens)
        var states: [SampleState] = []
        var rooms: [Int] = []
        var logits: [[Float]] = []
        for number in prompts.indices {
            let first = try session.begin(number, stream: number * samples)
            for sample in 0..<samples {
                session.fork(number * samples, to: number * samples + sample)
                states.append(
                    SampleState(
                        sample: sample, prompt: session.beginnings[number], options: options,
                        decoder: tokenizer.map {
                            StreamingDecoder($0, after: context(prompts[number]))
                        }))
                rooms.append(session.rooms[number])
                logits.append(first)
            }
        }
        var active = Array(states.indices)
        while true {
            for (row, text) in active.enumerated() {
                try states[text].take(logits[row], contextLeft: rooms[text]) { piece in
                    stream(text / samples, text % samples, piece)
                }
                rooms[text] -= 1
            }
            active.removeAll { states[$0].finish != nil }
            if active.isEmpty || shouldStop() { break }
            logits = try session.step(active.map { states[$0].ids.last ?? 0 }, streams: active)
        }
        // Stopped from outside: what was held back is part of the text.
        for index in states.indices where states[index].finish == nil {
            try states[index].end(.length) { stream(index / samples, index % samples, $0) }
        }
        let seconds = (clock.now - start) / .seconds(1)
        let results = states.enumerated().map { index, state in
            Generation(
                sample: state.sample, text: state.text, ids: state.ids,
                finishReason: state.finish ?? .length,
                promptTokens: prompts[index / samples].count,
                tokensPerSecond: Double(state.ids.count) / max(seconds, 1e-9))
        }
        return prompts.indices.map { Array(results[$0 * samples..<($0 + 1) * samples]) }
    }

    /// The best texts that beam search finds, the best first.
    private func search(
        _ prompt: [Int32], _ options: SamplingOptions, samples: Int, shouldStop: () -> Bool
    ) throws(MartletError) -> [Generation] {
        guard samples <= options.beams else {
            throw MartletError(
                .invalidValue, "\(samples) samples of \(options.beams) beams: there are not as many"
            )
        }
        let clock = ContinuousClock()
        let start = clock.now
        let session = try DecodingSession(
            model, prompts: [prompt], streams: 2 * options.beams,
            maximum: options.maximumTokens)
        let found = try BeamSearch(options, prompt: session.beginnings[0]).run(
            session, shouldStop: shouldStop)
        let seconds = (clock.now - start) / .seconds(1)
        var result: [Generation] = []
        for (sample, text) in found.prefix(samples).enumerated() {
            result.append(
                Generation(
                    sample: sample, text: try self.text(of: text.ids, after: prompt), ids: text.ids,
                    finishReason: text.reason, promptTokens: prompt.count,
                    tokensPerSecond: Double(text.ids.count) / max(seconds, 1e-9)))
        }
        return result
    }
}

extension Generator {
    /// What a text is decoded in the light of: a continuation of what it continues, a target of nothing.
    fileprivate func context(_ prompt: [Int32]) -> [Int32] {
        model is any SequenceToSequenceModel ? [] : prompt
    }

    private func text(of ids: [Int32], after prompt: [Int32]) throws(MartletError) -> String? {
        guard let tokenizer else { return nil }
        var decoder = StreamingDecoder(tokenizer, after: context(prompt))
        var text = ""
        for id in ids { text += try decoder.append(id) }
        return text + (try decoder.finish())
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

    init(sample: Int, prompt: [Int32], options: SamplingOptions, decoder: StreamingDecoder?) {
        self.sample = sample
        self.options = options
        sampler = Sampler(options, sample: sample, prompt: prompt)
        self.decoder = decoder
        stops = StopFinder(options.stopStrings)
        text = decoder == nil ? nil : ""
        if options.maximumTokens == 0 { finish = .length }
    }

    /// Chooses the next token, unless the sample has ended.
    mutating func take(
        _ logits: [Float], contextLeft: Int, _ stream: (String) -> Void
    ) throws(MartletError) {
        guard finish == nil else { return }
        guard contextLeft > 0 else { return try end(.context, stream) }
        let id = sampler.next(logits)
        if options.stopTokens.contains(id) { return try end(.stop, stream) }
        ids.append(id)
        if let piece = try decoder?.append(id) {
            let (certain, stopped) = stops.append(piece)
            emit(certain, stream)
            if stopped {
                finish = .stop
                return
            }
        }
        if ids.count == options.maximumTokens { try end(.length, stream) }
    }

    mutating func end(
        _ reason: FinishReason, _ stream: (String) -> Void
    ) throws(MartletError) {
        finish = reason
        guard let rest = try decoder?.finish() else { return }
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
