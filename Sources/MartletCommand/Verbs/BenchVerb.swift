import ArgumentParser
import Martlet

/// `martlet bench`.
struct BenchVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Speed on this machine, after warm-up.",
        discussion: """
            Example:
              martlet bench train --preset char10m --batch 16 --context 256
            """,
        subcommands: [
            Matmul.self, Train.self, Prefill.self, Decode.self, Tokenize.self, Embed.self,
            Load.self,
        ])

    /// What every measurement says of its circumstances.
    static func circumstances(_ device: Device) -> JSONObject {
        [
            "tier": .string(device.tier.description), "threads": .count(device.threads),
            "precision": .string(device.precision.rawValue),
            "peak_rss_mb": .count(Benchmarks.peakResidentMegabytes),
        ]
    }

    static func show(_ figures: JSONObject, _ device: Device, json: Bool) {
        var all = figures
        for (key, value) in circumstances(device) { all[key] = value }
        if json {
            Output.json(all)
        } else {
            for (key, value) in all {
                Output.print(
                    "\(key)\(String(repeating: " ", count: max(1, 26 - key.count)))\(value.text())")
            }
        }
    }

    struct Matmul: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A product against a weight that was packed before.",
            discussion:
                "Example:\n  martlet bench matmul --shape 1024x2304x768 --precision bfloat16")
        @Option(help: "Rows, columns and inner dimension: MxNxK.") var shape = "1024x768x768"
        @Option(help: "Products to time.") var steps = 20
        @Flag(help: "One JSON object on stdout.") var json = false
        @OptionGroup var device: DeviceFlags

        func run() throws {
            let extents = shape.split(separator: "x").compactMap { Int($0) }
            guard extents.count == 3, extents.allSatisfy({ $0 > 0 && $0 <= 1 << 20 }) else {
                throw ValidationError("--shape \(shape): expected MxNxK, as in 1024x768x768")
            }
            let (m, n, k) = (extents[0], extents[1], extents[2])
            guard max(m * n, n * k, m * k) <= 1 << 30 else {
                throw ValidationError("--shape \(shape): a matrix of more than 4 GiB")
            }
            guard steps > 0 else { throw ValidationError("--steps \(steps): expected 1 or more") }
            let device = try device.device()
            let timing = try Benchmarks.product(m: m, n: n, k: k, count: steps, on: device)
            let operations = 2 * Double(m) * Double(n) * Double(k)
            BenchVerb.show(
                [
                    "shape": .string(shape), "ms_per_step_median": .real(timing.median * 1e3),
                    "gflops_median": .real(operations / timing.median / 1e9),
                    "gflops_best": .real(operations / timing.best / 1e9),
                ], device, json: json)
        }
    }

    struct Train: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Training steps on random tokens: forward, loss, backward, clip, AdamW; no dropout.",
            discussion: "Example:\n  martlet bench train --preset char10m --batch 16 --context 256")
        @Option(help: "A size by name.") var preset = "char10m"
        @Option(help: "Windows in a batch.") var batch = 16
        @Option(help: "Tokens of a window.") var context = 256
        @Option(help: "Steps to time.") var steps = 10
        @Flag(help: "One JSON object on stdout.") var json = false
        @OptionGroup var device: DeviceFlags

        func run() throws {
            guard batch > 0, context > 0, steps > 0 else {
                throw ValidationError("--batch, --context and --steps are 1 or more")
            }
            guard batch <= 1 << 16, context <= 1 << 16 else {
                throw ValidationError(
                    "--batch \(batch) --context \(context): expected \(1 << 16) or less each")
            }
            let named = try Preset.named(preset)
            guard let configuration = named.configuration else {
                throw MartletError(.unsupported, "preset '\(preset)' is \(named.note)")
            }
            let device = try device.device()
            let line = ProgressLine()
            let (timing, allocations) = try Benchmarks.train(
                configuration, batch: batch, context: context, steps: steps, on: device
            ) { line.update("step \($0) of \(steps)") }
            line.finish()
            let tokens = Double(batch * context)
            BenchVerb.show(
                [
                    "preset": .string(preset), "batch": .count(batch), "context": .count(context),
                    "ms_per_step_median": .real(timing.median * 1e3),
                    "tokens_per_s_median": .real((tokens / timing.median).rounded()),
                    "tokens_per_s_best": .real((tokens / timing.best).rounded()),
                    "system_allocations_per_step": .real(allocations),
                ], device, json: json)
        }
    }

    /// The model a generation benchmark runs: a preset's sizes with random weights, or a folder.
    struct ModelFlags: ParsableArguments {
        @Option(help: "A size by name, with random weights.") var preset: String?
        @Option(help: "A model folder.") var model: String?
        @Option(help: "Tokens of the prompt.") var prompt = 32

        func validate() throws {
            guard (preset == nil) != (model == nil) else {
                throw ValidationError("give either --preset or --model")
            }
            guard prompt > 0, prompt <= 1 << 20 else {
                throw ValidationError("--prompt \(prompt): expected 1 to \(1 << 20)")
            }
        }

        func load(on device: Device) throws -> any LanguageModel {
            if let model { return try ModelFolder(model, on: device).languageModel() }
            let named = try Preset.named(preset ?? "")
            guard let configuration = named.configuration else {
                throw MartletError(.unsupported, "preset '\(named.name)' is \(named.note)")
            }
            return try Benchmarks.model(configuration, on: device)
        }

        func show(
            _ timing: Benchmarks.Timing, tokens: Int, _ model: any LanguageModel, _ device: Device,
            json: Bool
        ) {
            // What products read: every matrix once, in the width of their operands.
            let width = device.precision == .bfloat16 ? 2 : 4
            BenchVerb.show(
                [
                    "ms_per_step_median": .real(timing.median * 1e3),
                    "tokens_per_s_median": .real(Double(tokens) / timing.median),
                    "tokens_per_s_best": .real(Double(tokens) / timing.best),
                    "weight_bytes": .count(model.plan.productParameters * width),
                ], device, json: json)
        }
    }

    struct Prefill: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reading a prompt of random tokens, up to the logits after it.",
            discussion: "Example:\n  martlet bench prefill --preset gpt2-124m --prompt 512")
        @OptionGroup var source: ModelFlags
        @Option(help: "Prompts to time.") var steps = 5
        @Flag(help: "One JSON object on stdout.") var json = false
        @OptionGroup var device: DeviceFlags

        func run() throws {
            guard steps > 0 else { throw ValidationError("--steps \(steps): expected 1 or more") }
            let device = try device.device()
            let model = try source.load(on: device)
            let line = ProgressLine()
            let timing = try Benchmarks.prefill(model, prompt: source.prompt, count: steps) {
                line.update("prompt \($0) of \(steps)")
            }
            line.finish()
            source.show(timing, tokens: source.prompt, model, device, json: json)
        }
    }

    struct Decode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writing token by token after a prompt, one text or many at a time.",
            discussion: "Example:\n  martlet bench decode --preset gpt2-124m --streams 32")
        @OptionGroup var source: ModelFlags
        @Option(help: "Texts written at a time.") var streams = 1
        @Option(help: "Steps to time; each gives every text one token.") var steps = 128
        @Flag(help: "One JSON object on stdout.") var json = false
        @OptionGroup var device: DeviceFlags

        func run() throws {
            guard steps > 0, steps <= 1 << 20, streams > 0, streams <= 4096 else {
                throw ValidationError("--steps is 1 to \(1 << 20), --streams 1 to 4096")
            }
            let device = try device.device()
            let model = try source.load(on: device)
            let line = ProgressLine()
            let timing = try Benchmarks.decode(
                model, streams: streams, prompt: source.prompt, count: steps
            ) { line.update("step \($0) of \(steps)") }
            line.finish()
            source.show(timing, tokens: streams, model, device, json: json)
        }
    }

    struct Tokenize: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Loading a tokenizer, encoding a file with it and decoding it, on one thread.",
            discussion:
                "Example:\n  martlet bench tokenize --model runs/shakespeare --file shakespeare.txt"
        )
        @Option(help: "A folder with a tokenizer.") var model: String
        @Option(help: "The text to encode.") var file: String
        @Option(help: "Passes to time.") var steps = 5
        @Flag(help: "One JSON object on stdout.") var json = false

        func run() throws {
            guard steps > 0 else { throw ValidationError("--steps \(steps): expected 1 or more") }
            let device = Device(threads: 1)
            let text = try Files.read(file)
            guard !text.isEmpty else {
                throw MartletError(.invalidValue, "has no text in it", at: file)
            }
            let timings = try Benchmarks.tokenize(model, text, count: steps)
            let tokens = Double(timings.tokens)
            BenchVerb.show(
                [
                    "mb_per_s_median": .real(Double(text.count) / timings.encode.median / 1e6),
                    "tokens_per_s_median": .real((tokens / timings.encode.median).rounded()),
                    "token_count": .count(timings.tokens),
                    "decode_mb_per_s_median": .real(
                        Double(text.count) / timings.decode.median / 1e6),
                    "load_ms": .real(timings.load.median * 1e3),
                ], device, json: json)
        }
    }

    struct Load: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Opening a model folder until it can run.",
            discussion: "Example:\n  martlet bench load --model runs/shakespeare")
        @Option(help: "A model folder.") var model: String
        @Flag(help: "One JSON object on stdout.") var json = false
        @OptionGroup var device: DeviceFlags

        func run() throws {
            let device = try device.device()
            var parameters = 0
            let timing = try Benchmarks.time(count: 3, warmup: 0) {
                parameters = try ModelFolder(model, on: device).model.plan.parameters
            }
            BenchVerb.show(
                ["load_ms": .real(timing.median * 1e3), "weight_bytes": .count(4 * parameters)],
                device, json: json)
        }
    }
}
