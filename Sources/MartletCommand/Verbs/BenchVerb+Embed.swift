import ArgumentParser
import Martlet

extension BenchVerb {
    struct Embed: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Texts to vectors, tokenizing included.",
            discussion: "Example:\n  martlet bench embed --model models/minilm --file sentences.txt"
        )
        @Option(help: "A model folder.") var model: String
        @Option(help: "A file with a text on every line.") var file: String
        @Option(help: "Passes over the file to time.") var steps = 5
        @Flag(help: "One JSON object on stdout.") var json = false
        @OptionGroup var device: DeviceFlags

        func run() throws {
            guard steps > 0 else { throw ValidationError("--steps \(steps): expected 1 or more") }
            let device = try device.device()
            let folder = try ModelFolder(model, on: device)
            let texts = try EmbedVerb.lines(of: file)
            let embedding = try TextEmbedding(
                folder.model, tokenizer: folder.tokenizer,
                try TextEmbedding.Options(folder: model, folder.model))
            let line = ProgressLine()
            let timing = try Benchmarks.time(
                count: steps, warmup: 1, progress: { line.update("pass \($0) of \(steps)") }
            ) {
                _ = try embedding.vectors(of: texts)
            }
            line.finish()
            BenchVerb.show(
                [
                    "sentences_per_s_median": .real(Double(texts.count) / timing.median),
                    "ms_per_step_median": .real(timing.median * 1e3),
                    "text_count": .count(texts.count),
                ], device, json: json)
        }
    }
}
