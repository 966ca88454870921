import ByteIO
import Corpora
import Decoding
import LanguageModels
import Neural
import Tensors
import Tokenization
import Training

/// Training a model from raw text: tokenizer, tokens, model, loop and run folder in one call.
public struct Pretraining {
    /// What to train, on what, and for how long.
    public struct Request: Sendable {
        /// What `--data` names; see ``Corpus``.
        public var data: [String] = []
        /// How the data is read.
        public var corpusOptions = CorpusOptions()
        /// The run folder.
        public var output = ""
        /// The family; see ``TrainedFamily``.
        public var architecture = "gpt2"
        /// A size by name, and what overrides it.
        public var preset: String?
        /// The tokenizer; decided by the preset when nil.
        public var tokenizer: TokenizerChoice?
        /// Tokens of a window; the preset's when nil.
        public var context: Int?
        /// Width of the model; the preset's when nil.
        public var width: Int?
        /// Blocks of the model; the preset's when nil.
        public var depth: Int?
        /// Attention heads; the preset's when nil.
        public var heads: Int?
        /// Deviation of the initial weights; the preset's when nil.
        public var initializerDeviation: Double?
        /// Whether a masked model's words are hidden whole.
        public var hidesWholeWords = false
        /// Chance of dropping an activation while training.
        public var dropout = 0.0
        /// What to validate on.
        public var validation = ValidationSource.automatic
        /// The recipe.
        public var options = TrainingOptions()
        /// Go on with a run in the output folder, or replace it.
        public var resume = false
        /// Replace a run in the output folder.
        public var overwrite = false
        /// Prompt of the samples taken at evaluations; nil for the beginning of a document.
        public var samplePrompt: String?
        /// The flags that were in effect, kept in `training/config.yaml`.
        public var resolved: [(String, String)] = []

        /// The defaults.
        public init() {}
    }

    /// The size that is trained when neither a preset nor sizes are named.
    public static let defaultPreset = "story2m"

    private let request: Request
    private let device: Device
    private let observe: (TrainingEvent) -> Void
    private let shouldStop: () -> Bool

    /// A training run to be.
    public init(
        _ request: Request, on device: Device, observe: @escaping (TrainingEvent) -> Void,
        shouldStop: @escaping () -> Bool
    ) {
        self.request = request
        self.device = device
        self.observe = observe
        self.shouldStop = shouldStop
    }

    /// Trains. Everything about the input is checked before the output folder is touched.
    public func run() throws(MartletError) -> TrainingSummary {
        try checkOutput()
        let corpus = try Corpus(request.data, options: request.corpusOptions)
        let resumes = request.resume && RunFolder.exists(request.output)
        let family = TrainedFamily(rawValue: request.architecture) ?? .gpt2
        let tokenizer = try makeTokenizer(corpus, resumes: resumes)
            .adding(specials: family.specials)
        let data = try TokenData.prepare(
            corpus, tokenizer: tokenizer, validation: request.validation,
            cacheFolder: corpus.defaultCacheFolder
        ) { (done, total) throws(MartletError) in
            if shouldStop() { throw MartletError(.interrupted, "stopped while reading the text") }
            observe(.working(on: "reading the text", done: done, total: total))
        }
        let configuration = try modelConfiguration(tokenizer, family)
        let store = ParameterStore(on: device)
        let model = family.declare(configuration, tokenizer, in: store)
        let objective = try family.objective(
            tokenizer, context: configuration.context, wholeWords: request.hidesWholeWords)
        let window =
            objective?.windowLength(context: configuration.context) ?? configuration.context
        var options = request.options
        options.context = configuration.context
        options.documentEnd = tokenizer.endOfText
        try checkLength(data.train, "training", window)
        try checkSamplePrompt(tokenizer, configuration.context)

        let folder = try RunFolder(request.output)
        if request.overwrite { try folder.clear() }
        try folder.mendRecords()
        let (checkpoint, problems) = try folder.newestCheckpoint()
        for problem in problems { observe(.note(problem)) }
        if resumes, checkpoint == nil {
            observe(.note("no checkpoint yet: starting from the beginning"))
        }

        if let checkpoint {
            do {
                try store.fillForTraining(
                    from: try CheckpointWeights(
                        folder: checkpoint.folder, names: model.names, for: store))
            } catch {
                guard error.code == .mismatched else { throw error }
                throw MartletError(
                    .mismatched,
                    "the run was begun with another model; resume with the same settings or use --overwrite",
                    at: checkpoint.folder, cause: error)
            }
        } else {
            try store.fillForTraining(from: RandomWeights(seed: options.seed))
        }
        let writer = RunFolder.ModelWriter(
            weights: { (path) throws(MartletError) in
                try ModelFiles.writeWeights(of: model, to: path, durable: false)
            },
            description: { (path) throws(MartletError) in
                try ModelFiles.writeConfiguration(of: model, to: path)
                try tokenizer.save(to: path)
            })
        var loop = TrainingLoop(
            model, writer: writer, data: data, options: options, folder: folder,
            modelIdentity: JSONValue.object(model.configurationJSON).text())
        loop.objective = objective
        if let checkpoint {
            try loop.check(checkpoint)
            try folder.followModel(of: checkpoint)
        }
        // Only now: a run that is refused keeps its files.
        try writer.description(request.output)
        try writeResolved(folder)
        loop.observe = observe
        loop.shouldStop = shouldStop
        if let model = model as? any LanguageModel {
            loop.sample = { () throws(MartletError) in try sample(model, tokenizer) }
        }
        defer { report(folder, model) }
        return try loop.run(from: checkpoint)
    }

    private func checkOutput() throws(MartletError) {
        // It would be the current folder, which is nobody's run.
        guard !request.output.isEmpty else {
            throw MartletError(.invalidValue, "the output folder has no name")
        }
        guard let family = TrainedFamily(rawValue: request.architecture) else {
            throw MartletError(
                .unsupported,
                "architecture '\(request.architecture)' is not supported; supported: "
                    + TrainedFamily.allCases.map(\.rawValue).joined(separator: ", "))
        }
        if request.hidesWholeWords, family != .bert {
            throw MartletError(
                .invalidValue, "whole words are hidden from masked models alone (bert)")
        }
        guard RunFolder.exists(request.output), !request.resume, !request.overwrite else { return }
        throw MartletError(
            .alreadyExists,
            "the folder holds a run already; go on with --resume or replace it with --overwrite",
            at: request.output)
    }

    private func makeTokenizer(_ corpus: Corpus, resumes: Bool) throws(MartletError) -> Tokenizer {
        if resumes, let tokenizer = try ModelFolder.tokenizer(request.output) { return tokenizer }
        func progress(_ done: Int, _ total: Int) {
            observe(.working(on: "learning the vocabulary", done: done, total: total))
        }
        if let choice = request.tokenizer {
            return try choice.make(for: corpus, progress: progress)
        }
        return try Self.tokenizer(ofPreset: request.preset).make(for: corpus, progress: progress)
    }

    /// A preset's vocabulary decides its tokenizer: 65 is characters, anything else byte pairs.
    private static func tokenizer(ofPreset name: String?) throws(MartletError) -> TokenizerChoice {
        let preset = try Preset.named(name ?? defaultPreset)
        guard let vocabulary = preset.configuration?.vocabulary else { return .bytes }
        return vocabulary == 65 ? .characters : .bpe(vocabulary: vocabulary)
    }

    private func modelConfiguration(
        _ tokenizer: Tokenizer, _ family: TrainedFamily
    ) throws(MartletError) -> GPTConfiguration {
        let preset = try Preset.named(request.preset ?? Self.defaultPreset)
        guard var configuration = preset.configuration else {
            throw MartletError(.unsupported, "preset '\(preset.name)' is \(preset.note)")
        }
        configuration.vocabulary = tokenizer.vocabularySize
        configuration.endOfText = tokenizer.endOfText.map(Int.init)
        configuration.context = request.context ?? configuration.context
        configuration.depth = request.depth ?? configuration.depth
        configuration.heads = request.heads ?? configuration.heads
        configuration.dropout = request.dropout
        configuration.initializerDeviation =
            request.initializerDeviation ?? configuration.initializerDeviation
        if let width = request.width {
            configuration.width = width
            configuration.inner = 4 * width
        }
        try checkSize(configuration)
        guard configuration.width % configuration.heads == 0 else {
            throw MartletError(
                .invalidValue,
                "\(configuration.heads) heads do not divide a width of \(configuration.width)")
        }
        if family.pairsWidth, configuration.width % 2 != 0 {
            throw MartletError(
                .invalidValue, "a width of \(configuration.width) is odd; choose another --width")
        }
        if family.turnsPairs, configuration.width / configuration.heads % 2 != 0 {
            throw MartletError(
                .invalidValue,
                "heads \(configuration.width / configuration.heads) wide cannot turn in pairs; choose another --heads or --width"
            )
        }
        return configuration
    }

    /// Refuses what cannot be held: weights, gradients and both moments in float32.
    private func checkSize(_ configuration: GPTConfiguration) throws(MartletError) {
        let limits = [
            ("context", configuration.context, 1 << 20), ("width", configuration.width, 1 << 17),
            ("depth", configuration.depth, 10_000),
        ]
        for (name, value, limit) in limits where value > limit {
            throw MartletError(.invalidValue, "a \(name) of \(value) is more than \(limit)")
        }
        let width = Double(configuration.width)
        let tables = Double(configuration.vocabulary + configuration.context) * width
        let needed = 16 * (12 * Double(configuration.depth) * width * width + tables)
        let there = Double(Machine.memoryBytes)
        guard needed <= there else {
            throw MartletError(
                .invalidValue,
                "training this model takes \(Int(needed / 0x1p30)) GiB of memory and more, the machine has \(Int(there / 0x1p30))"
            )
        }
    }

    private func checkLength(_ shard: TokenShard, _ name: String, _ context: Int)
        throws(MartletError)
    {
        guard shard.count <= context else { return }
        throw MartletError(
            .invalidValue,
            "the \(name) split has \(shard.count) tokens, a window needs \(context + 1): give more text or a smaller --context",
            at: request.data.joined(separator: " "))
    }

    private func checkSamplePrompt(
        _ tokenizer: Tokenizer, _ context: Int
    ) throws(MartletError) {
        guard let prompt = request.samplePrompt else { return }
        let count = try tokenizer.encode(prompt).count
        guard count == 0 || count > context else { return }
        throw MartletError(
            .invalidValue,
            "the sample prompt has \(count) tokens, the model's context is \(context)")
    }

    private func sample(
        _ model: any LanguageModel, _ tokenizer: Tokenizer
    ) throws(MartletError) -> (prompt: String, text: String)? {
        var options = SamplingOptions()
        options.temperature = 0.8
        options.topP = 0.95
        options.maximumTokens = min(80, model.context - 1)
        options.stopTokens = Set(tokenizer.endOfText.map { [$0] } ?? [])
        var prompt: [Int32] = []
        if let text = request.samplePrompt {
            prompt = try tokenizer.encode(text)
        } else if let end = tokenizer.endOfText {
            prompt = [end]
        } else if let newline = try? tokenizer.encode("\n") {
            prompt = newline
        }
        guard !prompt.isEmpty else { return nil }
        let generator = Generator(model, tokenizer: tokenizer)
        let written = try generator.generate(prompt: prompt, options: options)
        return (request.samplePrompt ?? "", written.first?.text ?? "")
    }

    private func writeResolved(_ folder: RunFolder) throws(MartletError) {
        // Every JSON scalar is a YAML scalar.
        let lines = request.resolved.map { key, value in "\(key): \(value)" }
        try Files.write(
            lines.joined(separator: "\n") + "\n", to: Files.join(folder.trainingPath, "config.yaml")
        )
    }

    private func report(_ folder: RunFolder, _ model: any PretrainedModel) {
        let plan = model.plan
        let title = Files.lastComponent(request.output)
        let rows =
            [("parameters", String(plan.parameters))] + request.resolved + [
                ("tier", device.tier.description), ("precision", device.precision.rawValue),
            ]
        do {
            try folder.writeReport(title: title, configuration: rows)
        } catch {
            observe(.note("the report could not be written: \(error)"))
        }
    }
}
