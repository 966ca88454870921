import ArgumentParser
import Martlet

/// `martlet demo`.
struct DemoVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The whole road in five minutes: make a corpus, learn, write stories.",
        discussion: """
            Examples:
              martlet demo
              martlet demo --corpus stories.txt --facts facts.jsonl
            The second only writes the corpus and the facts behind it.
            """)

    @Option(help: "Only write the corpus to this file.") var corpus: String?
    @Option(help: "With --corpus: write the facts behind the stories, one JSON object a line.")
    var facts: String?
    @Option(help: "Stories to make.") var stories = Demonstration.storyCount
    @Option(help: "The run folder.") var output = "runs/demo"
    @Option(help: "Minutes of training.") var minutes = 4.1
    @Option(help: "Steps of training instead of minutes.") var steps: Int?
    @Option(help: "Seed of stories and training.") var seed: UInt64 = 7
    @Flag(help: "JSON events on stdout.") var json = false
    @OptionGroup var device: DeviceFlags

    func run() throws {
        guard stories > 0 else { throw ValidationError("--stories \(stories): expected 1 or more") }
        guard facts == nil || corpus != nil else {
            throw ValidationError("--facts goes with --corpus")
        }
        if let corpus {
            try Demonstration.writeCorpus(stories, seed: seed, to: corpus, facts: facts)
            Output.say(
                "wrote \(stories) stories to \(corpus)"
                    + (facts.map { " and their facts to \($0)" } ?? ""))
            return
        }
        try PretrainVerb.checkMinutes(minutes)
        if let steps, steps < 0 || steps > 1 << 40 {
            throw ValidationError("--steps \(steps): expected 0 to \(1 << 40)")
        }
        Output.say(
            "Martlet makes up \(stories) stories, learns a vocabulary from them, and trains a small model to go on.\n"
        )
        Output.say("A story it reads:\n  " + StoryWorld(seed: seed).story(0).text + "\n")
        Signals.finishWorkFirst()
        let view = TrainingView(json: json)
        let demo = Demonstration(output: output, stories: stories, seed: seed)
        let duration: Duration = steps.map { .steps($0) } ?? .minutes(minutes)
        let device = try device.device(default: .bfloat16)
        let summary = try demo.train(
            for: duration, on: device, observe: view.show, shouldStop: { Signals.shouldStop })
        try view.end(summary, folder: output)
        let folder = try ModelFolder(output, on: device)
        Output.say("")
        for (index, prompt) in Demonstration.prompts.enumerated() {
            if let status = Signals.exitStatus { throw Stopped(status: status) }
            let text = try demo.continuation(of: prompt, with: folder, seed: UInt64(index))
            Output.say("\(prompt)\u{2026}\n  \(prompt)\(text)\n")
            if json {
                Output.json(["event": "story", "prompt": .string(prompt), "text": .string(text)])
            }
        }
        if json {
            Output.json([
                "event": "demo", "train_loss": .real(summary.trainLoss),
                "val_loss": .real(summary.validationLoss),
                "tokens_per_s": .real(summary.tokensPerSecond.rounded()), "run": .string(output),
            ])
        }
        Output.say(
            """
            Try next:
              martlet generate --model \(output) --prompt "Once upon a time" --samples 3
              martlet tokenizer inspect --model \(output) "The little dog found a red ball."
              martlet pretrain --data your-own.txt --output runs/mine --minutes 10
            and open \(output)/training/report.html
            """)
    }
}
