import ArgumentParser
import Martlet

/// `martlet generate`.
struct GenerateVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Continue a text, or write what belongs to a source.",
        discussion: """
            Example:
              martlet generate --model runs/shakespeare --prompt "ROMEO:"
            Greedy unless the model's generation_config.json or a flag says sample. A text that fills \
            the model's context ends there (finish_reason "context"). For a model of two stacks (T5, BART, \
            Marian) the prompt is the source.
            """)

    @Option(help: "A model folder.") var model: String
    @Option(parsing: .unconditional, help: "The text to continue.") var prompt: String?
    @Option(help: "Token ids instead of text: --ids \"1 2 3\".") var ids: String?
    @Option(help: "New tokens at most (default: 128, or the model's own).") var maxNewTokens: Int?
    @Option(help: "Divides the logits; higher is wilder.") var temperature: Double?
    @Option(help: "Keep the k likeliest tokens; 0 keeps all.") var topK: Int?
    @Option(help: "Keep the smallest set whose probability reaches p.") var topP: Double?
    @Option(help: "Keep tokens at least this fraction as likely as the likeliest.") var minP:
        Double?
    @Option(help: "Makes tokens that were used less likely.") var repetitionPenalty: Double?
    @Option(parsing: .upToNextOption, help: "Texts that end the continuation.") var stop: [String] =
        []
    @Option(help: "Beginnings beam search follows side by side (default: 1, or the model's own).")
    var beams: Int?
    @Option(
        parsing: .unconditional,
        help: "Beams are compared by log-probability over length to the power of this.")
    var lengthPenalty: Double?
    @Flag(help: "End beam search when as many texts as beams are finished.") var earlyStopping =
        false
    @Option(help: "Seed of the random choices.") var seed: UInt64 = 0
    @Flag(help: "Always the likeliest token.") var greedy = false
    @Option(help: "Continuations to write.") var samples = 1
    @Flag(help: "Print the text as it is written.") var stream = false
    @Option(help: "A YAML file with any of these flags.") var config: String?
    @Flag(help: "One JSON object per sample on stdout.") var json = false
    @OptionGroup var device: DeviceFlags

    func run() throws {
        guard (prompt == nil) != (ids == nil) else {
            throw ValidationError("give --prompt or --ids")
        }
        let options = try samplingOptions()
        Signals.finishWorkFirst()
        let folder = try ModelFolder(model, on: try device.device(default: .bfloat16))
        for note in folder.notes { Output.say("note: \(note)") }
        for key in options.notes {
            Output.say("note: the model's recommended '\(key)' is not done")
        }
        let promptIDs = try ids.map(IDList.parse) ?? folder.ids(of: prompt ?? "")
        // Beam search knows its text only at the end.
        let live =
            options.beams == 1
            && (stream || (!json && samples == 1 && folder.tokenizer != nil))
        var isBegun = false
        // A source is not part of what is written for it.
        let shown = folder.model is any LanguageModel ? prompt ?? "" : ""
        let generator = Generator(folder.model, tokenizer: folder.tokenizer)
        let results = try generator.generate(
            prompt: promptIDs, options: options, samples: samples,
            stream: { sample, text in
                guard live else { return }
                if json {
                    Output.json(["event": "text", "sample": .count(sample), "text": .string(text)])
                } else if samples == 1 {
                    // The prompt comes with the first text, when it is known to be a good one.
                    Output.printPart((isBegun ? "" : shown) + text)
                    isBegun = true
                }
            }, shouldStop: { Signals.shouldStop })
        if live, !json, !isBegun { Output.printPart(shown) }
        for result in results { show(result, live: live, after: shown) }
        if let status = Signals.exitStatus { throw Stopped(status: status) }
    }

    private func show(_ result: Generation, live: Bool, after prompt: String) {
        if json {
            Output.json([
                "sample": .count(result.sample), "text": result.text.map { .string($0) } ?? .null,
                "ids": .ids(result.ids), "finish_reason": .string(result.finishReason.rawValue),
                "prompt_tokens": .count(result.promptTokens),
                "completion_tokens": .count(result.ids.count),
                "tokens_per_s": .real(result.tokensPerSecond.rounded()),
            ])
            return
        }
        if live, samples == 1 {
            Output.print("")
        } else if let text = result.text {
            Output.print((samples > 1 ? "--- \(result.sample + 1)\n" : "") + prompt + text)
        } else {
            Output.print(result.ids.map(String.init).joined(separator: " "))
        }
        if result.finishReason == .context {
            Output.say(
                "(the model's context of \(result.promptTokens + result.ids.count) tokens is full)")
        }
    }

    private func samplingOptions() throws -> SamplingOptions {
        guard samples > 0, samples <= 1 << 12 else {
            throw ValidationError("--samples \(samples): expected 1 to \(1 << 12)")
        }
        var options = try SamplingOptions(folder: model)
        // A flag that only makes sense for sampling asks for sampling.
        if temperature != nil || topK != nil || topP != nil || minP != nil, options.isGreedy {
            options.temperature = 1
        }
        options.temperature = temperature ?? options.temperature
        options.topK = topK ?? options.topK
        options.topP = topP ?? options.topP
        options.minP = minP ?? options.minP
        options.repetitionPenalty = repetitionPenalty ?? options.repetitionPenalty
        options.maximumTokens = maxNewTokens ?? options.maximumTokens
        options.stopStrings = stop
        options.seed = seed
        options.beams = beams ?? options.beams
        options.lengthPenalty = lengthPenalty ?? options.lengthPenalty
        options.stopsEarly = earlyStopping || options.stopsEarly
        // A flag wins over the model's own recommendation.
        if greedy || (beams ?? 1 > 1 && temperature == nil) { options.temperature = 0 }
        let asksForSampling = temperature != nil || topK != nil || topP != nil || minP != nil
        if greedy || asksForSampling || !stop.isEmpty, beams == nil { options.beams = 1 }
        do { try options.validate() } catch { throw ValidationError("\(error)") }
        return options
    }
}
