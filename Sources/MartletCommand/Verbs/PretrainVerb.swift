import ArgumentParser
import Martlet

/// `martlet pretrain`.
struct PretrainVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain", abstract: "Train a model from raw text, or go on with a run.",
        discussion: """
            Example:
              martlet pretrain --data story.txt --output runs/story --minutes 10
            Ctrl-C finishes the step, saves, and exits; --resume goes on from there.
            """)

    @Option(
        parsing: .upToNextOption,
        help: "Text: files, folders, globs, or - for standard input (.txt .md .jsonl).")
    var data: [String] = []
    @Option(help: "The run folder, which is also the model's folder.") var output: String?
    @Option(
        help:
            "The family: gpt2, llama, mistral, qwen2, qwen3, bloom, bert, t5, bart or transformer.")
    var architecture = "gpt2"
    @Option(
        help: "A size by name; `martlet info` lists them (default: \(Pretraining.defaultPreset)).")
    var preset: String?
    @Option(help: "bytes, chars, bpe:N, or a folder with a tokenizer.") var tokenizer: String?
    @Option(help: "Tokens of a training window, and positions of the model.") var context: Int?
    @Option(help: "Width of the model.") var width: Int?
    @Option(help: "Blocks of the model.") var depth: Int?
    @Option(help: "Attention heads.") var heads: Int?
    @Option(help: "Deviation of the initial weights (default: the preset's).") var initializerRange:
        Double?
    @Option(help: "Windows in a batch.") var batch: Int?
    @Option(help: "Batches whose gradients make one step.") var accumulate = 1
    @Option(help: "Stop after so many steps; 0 writes an initialised model.") var steps: Int?
    @Option(help: "Stop after so many tokens.") var tokens: Int?
    @Option(help: "Stop after so many minutes.") var minutes: Double?
    @Option(help: "What turns gradients into steps: adamw, or muon for the matrices of blocks.")
    var optimizer = "adamw"
    @Option(help: "The highest learning rate.") var learningRate = 1e-3
    @Option(help: "Steps until the rate is reached (default: a twentieth, at most 100).")
    var warmup: Int?
    @Option(help: "How the rate falls: cosine, linear or constant.") var decay = "cosine"
    @Option(help: "The share of the highest rate it falls to.") var floor = 0.1
    @Option(help: "Weight decay of matrices and embeddings.") var weightDecay = 0.1
    @Option(
        help:
            "Evaluate and save a moving average of the weights with this decay, such as 0.99; 0 for the weights themselves."
    ) var ema = 0.0
    @Option(help: "Chance of dropping an activation.") var dropout = 0.0
    @Flag(help: "Hide whole words from a masked model (bert).") var wholeWords = false
    @Option(help: "Largest gradient norm; 0 for no limit.") var clipNorm = 1.0
    @Option(help: "A file or folder to validate on, or a fraction of the data.") var validation:
        String?
    @Option(help: "Steps between evaluations.") var evaluateEvery: Int?
    @Option(help: "Steps between checkpoints.") var checkpointEvery: Int?
    @Option(help: "Checkpoints to keep.") var keep = 2
    @Option(help: "Seed of weights, data order and dropout.") var seed: UInt64 = 1337
    @Option(help: "The field of .jsonl lines that holds the text.") var textField = "text"
    @Flag(help: "Replace invalid UTF-8 instead of refusing it.") var replaceInvalid = false
    @Option(help: "What the samples taken while training begin with.") var samplePrompt: String?
    @Option(help: "A YAML file with any of these flags.") var config: String?
    @Flag(help: "Go on with the run in the output folder.") var resume = false
    @Flag(help: "Replace the run in the output folder.") var overwrite = false
    @Flag(help: "One JSON object per event on stdout.") var json = false
    @OptionGroup var device: DeviceFlags

    func run() throws {
        guard !data.isEmpty else { throw ValidationError("--data is needed: the text to train on") }
        guard let output else { throw ValidationError("--output is needed: the folder of the run") }
        if resume && overwrite {
            throw ValidationError("--resume and --overwrite exclude each other")
        }
        Signals.finishWorkFirst()
        let view = TrainingView(json: json)
        let run = Pretraining(
            try request(output), on: try device.device(default: .bfloat16), observe: view.show,
            shouldStop: { Signals.shouldStop })
        try view.end(try run.run(), folder: output)
    }

    private func request(_ output: String) throws -> Pretraining.Request {
        var request = Pretraining.Request()
        request.data = data
        request.output = output
        request.architecture = architecture
        request.preset = preset
        request.tokenizer = try tokenizer.map { try TokenizerChoice($0) }
        request.context = try positive(context, "context", most: 1 << 24)
        request.width = try positive(width, "width", most: 1 << 20)
        request.depth = try positive(depth, "depth", most: 1 << 16)
        request.heads = try positive(heads, "heads", most: 1 << 20)
        guard dropout >= 0, dropout < 1 else {
            throw ValidationError("--dropout \(dropout): expected 0 or more, below 1")
        }
        request.dropout = dropout
        request.hidesWholeWords = wholeWords
        if let initializerRange, !(initializerRange > 0 && initializerRange.isFinite) {
            throw ValidationError("--initializer-range \(initializerRange): expected more than 0")
        }
        request.initializerDeviation = initializerRange
        request.corpusOptions.textField = textField
        request.corpusOptions.replaceInvalidUTF8 = replaceInvalid
        request.resume = resume
        request.overwrite = overwrite
        request.samplePrompt = samplePrompt
        if let validation {
            if let fraction = Double(validation) {
                request.validation = .fraction(fraction)
            } else {
                request.validation = .corpus(
                    try Corpus([validation], options: request.corpusOptions))
            }
        }
        request.options = try options()
        request.resolved = resolved(request)
        return request
    }

    private func options() throws -> TrainingOptions {
        var options = TrainingOptions()
        guard [steps != nil, tokens != nil, minutes != nil].filter({ $0 }).count <= 1 else {
            throw ValidationError("give one of --steps, --tokens and --minutes")
        }
        if let tokens { options.duration = .tokens(tokens) }
        if let minutes { options.duration = .minutes(minutes) }
        if let steps { options.duration = .steps(steps) }
        if let steps, steps < 0 || steps > 1 << 40 {
            throw ValidationError("--steps \(steps): expected 0 to \(1 << 40)")
        }
        _ = try positive(tokens, "tokens", most: 1 << 60)
        if let minutes { try Self.checkMinutes(minutes) }
        options.batch = try positive(batch, "batch", most: 1 << 16) ?? 16
        options.accumulate = try positive(accumulate, "accumulate", most: 1 << 16) ?? 1
        guard learningRate > 0, learningRate.isFinite else {
            throw ValidationError("--learning-rate \(learningRate): expected more than 0")
        }
        guard let decay = Schedule.Decay(rawValue: decay) else {
            throw ValidationError("--decay \(self.decay): expected cosine, linear or constant")
        }
        guard let optimizer = OptimizerChoice(rawValue: optimizer) else {
            throw ValidationError("--optimizer \(self.optimizer): expected adamw or muon")
        }
        options.optimizer = optimizer
        var defaultWarmup = 100
        if case .steps(let count) = options.duration { defaultWarmup = min(100, count / 20) }
        if let warmup, warmup < 0 {
            throw ValidationError("--warmup \(warmup): expected 0 or more")
        }
        for (flag, value) in [
            ("floor", floor), ("weight-decay", weightDecay), ("clip-norm", clipNorm),
        ] where !(value >= 0 && value.isFinite) {
            throw ValidationError("--\(flag) \(value): expected 0 or more")
        }
        guard floor <= 1 else {
            throw ValidationError("--floor \(floor): expected a share, 0 to 1")
        }
        options.schedule = Schedule(
            peak: learningRate, warmup: warmup ?? defaultWarmup, decay: decay, floor: floor)
        options.weightDecay = weightDecay
        guard ema >= 0, Float(ema) < 1 else {
            throw ValidationError("--ema \(ema): expected 0 or more, below 1")
        }
        options.averageDecay = ema
        options.clipNorm = clipNorm
        options.seed = seed
        options.evaluateEvery =
            try positive(evaluateEvery, "evaluate-every") ?? options.evaluateEvery
        options.checkpointEvery =
            try positive(checkpointEvery, "checkpoint-every") ?? options.checkpointEvery
        options.keep = try positive(keep, "keep") ?? 2
        return options
    }

    private func positive(_ value: Int?, _ flag: String, most: Int = 1 << 40) throws -> Int? {
        guard let value else { return nil }
        guard value >= 1 else { throw ValidationError("--\(flag) \(value): expected 1 or more") }
        guard value <= most else {
            throw ValidationError("--\(flag) \(value): expected \(most) or less")
        }
        return value
    }

    /// Up to ten years.
    static func checkMinutes(_ minutes: Double) throws {
        guard minutes > 0, minutes <= 5_256_000 else {
            throw ValidationError("--minutes \(minutes): expected more than 0, and not for ever")
        }
    }

    /// The flags in effect, as the lines of `training/config.yaml`.
    private func resolved(_ request: Pretraining.Request) -> [(String, String)] {
        func quoted(_ text: String) -> String { JSONValue.string(text).text() }
        var lines: [(String, String)] = [
            ("data", "[" + data.map(quoted).joined(separator: ", ") + "]"),
            ("output", quoted(request.output)), ("architecture", quoted(architecture)),
            ("preset", quoted(preset ?? Pretraining.defaultPreset)),
        ]
        if let tokenizer { lines.append(("tokenizer", quoted(tokenizer))) }
        for (name, value) in [
            ("context", context), ("width", width), ("depth", depth), ("heads", heads),
        ] {
            if let value { lines.append((name, String(value))) }
        }
        if let initializerRange { lines.append(("initializer-range", String(initializerRange))) }
        lines += [("batch", String(request.options.batch)), ("accumulate", String(accumulate))]
        switch request.options.duration {
        case .steps(let count): lines.append(("steps", String(count)))
        case .tokens(let count): lines.append(("tokens", String(count)))
        case .minutes(let count): lines.append(("minutes", String(count)))
        }
        lines += [
            ("optimizer", optimizer), ("learning-rate", String(learningRate)),
            ("warmup", String(request.options.schedule.warmup)),
            ("decay", decay), ("floor", String(floor)), ("weight-decay", String(weightDecay)),
            ("ema", String(ema)), ("dropout", String(dropout)), ("whole-words", String(wholeWords)),
            ("clip-norm", String(clipNorm)),
            ("evaluate-every", String(request.options.evaluateEvery)),
            ("checkpoint-every", String(request.options.checkpointEvery)), ("keep", String(keep)),
            ("seed", String(seed)), ("text-field", quoted(textField)),
            ("replace-invalid", String(replaceInvalid)),
        ]
        if let samplePrompt { lines.append(("sample-prompt", quoted(samplePrompt))) }
        if let validation { lines.append(("validation", quoted(validation))) }
        if let precision = device.precision { lines.append(("precision", precision)) }
        return lines
    }
}
