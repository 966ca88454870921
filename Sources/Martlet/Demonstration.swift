import ByteIO
import Corpora
import Decoding
import Tensors
import Training

/// The main job on a corpus that the program makes itself.
public struct Demonstration {
    /// Stories that are made unless another number is asked for.
    public static let storyCount = 12_000
    /// What the trained model is asked to continue.
    public static let prompts = [
        "Once upon a time, there was a little fox named",
        "There was once a little girl named Ruby who liked to draw. One warm afternoon,",
        "Oliver was a cheerful boy. He had a blue kite",
    ]

    private let output: String
    private let stories: Int
    private let seed: UInt64

    /// A demonstration that trains into `output`.
    public init(output: String, stories: Int = Demonstration.storyCount, seed: UInt64 = 7) {
        self.output = output
        self.stories = stories
        self.seed = seed
    }

    /// Writes the corpus, one story a paragraph (.txt) or one JSON object a line (.jsonl), and the
    /// facts behind the stories as one JSON object a line.
    public static func writeCorpus(
        _ stories: Int, seed: UInt64, to path: String, facts: String? = nil
    ) throws(MartletError) {
        let corpus = StoryWorld(seed: seed).corpus(count: stories)
        try Files.write(path.hasSuffix(".jsonl") ? corpus.jsonLines : corpus.text, to: path)
        guard let facts else { return }
        var lines = ""
        for story in corpus { lines += story.facts.json.text() + "\n" }
        try Files.write(lines, to: facts)
    }

    /// Trains the demonstration's model, replacing an earlier one.
    public func train(
        for duration: Duration, on device: Device, observe: @escaping (TrainingEvent) -> Void,
        shouldStop: @escaping () -> Bool
    ) throws(MartletError) -> TrainingSummary {
        // The corpus stands beside the run, so that people can read and reuse it.
        let corpus = output + "-stories.jsonl"
        if RunFolder.exists(output), !Files.exists(corpus) {
            throw MartletError(
                .alreadyExists, "the folder holds something that is no demonstration; name another",
                at: output)
        }
        try Files.createDirectory(Files.parent(output).isEmpty ? "." : Files.parent(output))
        try Self.writeCorpus(stories, seed: seed, to: corpus)
        var request = Pretraining.Request()
        request.data = [corpus]
        request.output = output
        // Rotary positions and Muon learn to look back at names much sooner (docs/log.md).
        request.architecture = "qwen3"
        request.preset = "story2m"
        request.options.optimizer = .muon
        request.overwrite = true
        request.options.duration = duration
        request.options.batch = 16
        request.options.schedule = Schedule(peak: 3e-3, warmup: 50, decay: .linear, floor: 0.02)
        request.options.seed = seed
        request.options.evaluateEvery = 250
        request.options.evaluationWindows = 128
        request.options.checkpointEvery = 500
        request.resolved = [
            ("data", JSONValue.string(corpus).text()), ("output", JSONValue.string(output).text()),
            ("architecture", "qwen3"), ("preset", "story2m"), ("batch", "16"),
            ("optimizer", "muon"), ("learning-rate", "0.003"), ("warmup", "50"),
            ("decay", "linear"), ("floor", "0.02"), ("seed", String(seed)),
            ("evaluate-every", "250"), ("checkpoint-every", "500"),
            ("precision", device.precision.rawValue),
        ]
        switch duration {
        case .steps(let count): request.resolved.append(("steps", String(count)))
        case .tokens(let count): request.resolved.append(("tokens", String(count)))
        case .minutes(let count): request.resolved.append(("minutes", String(count)))
        }
        return try Pretraining(request, on: device, observe: observe, shouldStop: shouldStop).run()
    }

    /// The model's continuation of a prompt.
    public func continuation(
        of prompt: String, with folder: ModelFolder, seed: UInt64
    ) throws(MartletError) -> String {
        var options = try SamplingOptions(folder: folder.path)
        options.temperature = 0.6
        options.maximumTokens = folder.model.context
        options.seed = seed
        return try folder.complete(prompt, options)
    }
}
