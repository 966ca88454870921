import ByteIO
import Testing

extension VerbTests {
    /// `--config`: every flag in a file.
    @Suite struct Configuration {
        private let folder: TemporaryFolder
        private let data: String

        init() throws {
            folder = try TemporaryFolder()
            data = try folder.write(Sample.text(), to: "text.txt")
        }

        /// A value for every flag of `pretrain`, different from the default where that is possible.
        private func flags() throws -> [(name: String, value: String)] {
            let other = try folder.write(Sample.text(words: 300, seed: 9), to: "other.txt")
            return [
                ("architecture", "gpt2"), ("preset", "char0.8m"), ("tokenizer", "bpe:280"),
                ("context", "12"), ("width", "24"), ("depth", "2"), ("heads", "3"), ("batch", "3"),
                ("accumulate", "2"), ("steps", "7"), ("learning-rate", "0.002"), ("warmup", "2"),
                ("decay", "linear"), ("weight-decay", "0.05"), ("dropout", "0.15"),
                ("clip-norm", "0.5"), ("validation", other), ("evaluate-every", "3"),
                ("checkpoint-every", "2"), ("keep", "3"), ("seed", "99"), ("text-field", "body"),
                ("sample-prompt", "the cat"), ("precision", "float32"), ("threads", "2"),
            ]
        }

        private var body: String {
            get throws {
                let line = JSONValue.object(["body": .string(Sample.text())]).text() + "\n"
                return try folder.write(line + line, to: "data.jsonl")
            }
        }

        private func viaFlags(_ run: String) throws -> Outcome {
            try Tool.run(
                [
                    "pretrain", "--data", try body, "--output", folder[run], "--replace-invalid",
                    "--json",
                ]
                    + (try flags()).flatMap { ["--\($0.name)", $0.value] })
        }

        @Test func everyFlagCanStandInTheFile() throws {
            expectSuccess(try viaFlags("flags"))
            var yaml = "# everything\ndata:\n  - \(try body)\noutput: \(folder["file"])\n"
            yaml += try flags().map { "\($0.name): \($0.value)\n" }.joined()
            yaml +=
                "replace-invalid: true\nresume: false\noverwrite: false\njson: true\ntokens: null\n"
            yaml += "minutes: ~\n"
            try folder.write(yaml, to: "run.yaml")
            let run = try Tool.run(["pretrain", "--config", folder["run.yaml"]])
            expectSuccess(run)
            #expect(try run.events("step").count == 7)
            #expect(try run.events("sample").first?["prompt"]?.string == "the cat")
            #expect(try Tiny.weights(folder["file"]) == (try Tiny.weights(folder["flags"])))
            #expect(try Files.list(folder["file/training/checkpoints"]).count == 4)
            // `--config=FILE` is the same.
            let equals = try Tool.run(["pretrain", "--config=\(folder["run.yaml"])", "--overwrite"])
            expectSuccess(equals)
            #expect(try Tiny.weights(folder["file"]) == (try Tiny.weights(folder["flags"])))
        }

        @Test func theSavedFileFedBackGivesTheSameRun() throws {
            expectSuccess(try viaFlags("run"))
            let saved = folder["run/training/config.yaml"]
            let again = try Tool.run(["pretrain", "--config", saved, "--output", folder["again"]])
            expectSuccess(again)
            #expect(try Tiny.weights(folder["again"]) == (try Tiny.weights(folder["run"])))
            let first = String(decoding: try Files.read(saved), as: UTF8.self)
            let second = String(
                decoding: try Files.read(folder["again/training/config.yaml"]), as: UTF8.self)
            #expect(
                first.split(separator: "\n").filter { !$0.hasPrefix("output:") }
                    == second.split(separator: "\n").filter { !$0.hasPrefix("output:") })
            // It holds whatever was given.
            let lines = first.split(separator: "\n")
            for (name, value) in try flags() where name != "threads" {
                #expect(
                    lines.contains("\(name): \(value)") || lines.contains("\(name): \"\(value)\""),
                    "\(name)")
            }
        }

        @Test func theSavedFileOfADefaultRun() throws {
            let run = try Tiny.train(in: folder)
            let saved = Files.join(run, "training/config.yaml")
            expectSuccess(
                try Tool.run(["pretrain", "--config", saved, "--output", folder["again"]]))
            #expect(try Tiny.weights(folder["again"]) == (try Tiny.weights(run)))
        }

        @Test func theSavedFileOfTheDemonstration() throws {
            expectSuccess(
                try Tool.run([
                    "demo", "--steps", "2", "--stories", "60", "--output", folder["demo"],
                    "--precision", "float32",
                ]))
            let again = try Tool.run([
                "pretrain", "--config", folder["demo/training/config.yaml"], "--output",
                folder["again"],
            ])
            expectSuccess(again)
            #expect(try Tiny.weights(folder["again"]) == (try Tiny.weights(folder["demo"])))
        }

        @Test func flagsOnTheCommandLineWin() throws {
            let model = try Tiny.train(in: folder)
            try folder.write(
                "data: [\(folder["none.txt"])]\noutput: \(folder["nowhere"])\nsteps: 3\nseed: 5\n",
                to: "run.yaml")
            let run = try Tool.run(
                [
                    "pretrain", "--config", folder["run.yaml"], "--data", data, "--output",
                    folder["won"],
                ]
                    + Tiny.flags() + ["--seed=1337"])
            expectSuccess(run)
            #expect(!Files.exists(folder["nowhere"]))
            #expect(try Tiny.weights(folder["won"]) == (try Tiny.weights(model)))
        }

        @Test func textsThatLookLikeSomethingElse() throws {
            // Quoted scalars are texts, whatever they spell.
            let bytes = ["--tokenizer", "bytes", "--evaluate-every", "2", "--json"]
            for (value, text) in [
                ("\"true\"", "true"), ("'null'", "null"), ("\"12\"", "12"), ("'- dash'", "- dash"),
                ("\"--flag\"", "--flag"), ("\"a: b # c\"", "a: b # c"), ("'it''s'", "it's"),
            ] {
                try folder.write("sample-prompt: \(value)\n", to: "run.yaml")
                let run = try Tool.run(
                    ["pretrain", "--data", data, "--output", folder["run"], "--overwrite"]
                        + Tiny.flags() + bytes + ["--config", folder["run.yaml"]])
                expectSuccess(run)
                #expect(try run.events("sample").first?["prompt"]?.string == text)
                // And they survive the way through the saved file.
                let saved = folder["run/training/config.yaml"]
                let again = try Tool.run([
                    "pretrain", "--config", saved, "--output", folder["again"], "--overwrite",
                    "--json",
                ])
                expectSuccess(again)
                #expect(try again.events("sample").first?["prompt"]?.string == text)
            }
        }

        @Test func anEmptyFileChangesNothing() throws {
            let model = try Tiny.train(in: folder)
            for text in ["", "# nothing\n", "---\n", "steps:\n", "steps: null\n"] {
                try folder.write(text, to: "run.yaml")
                let run = try Tool.run(
                    ["pretrain", "--config", folder["run.yaml"], "--data", data, "--output"]
                        + [folder["again"], "--overwrite"] + Tiny.flags())
                expectSuccess(run)
                #expect(try Tiny.weights(folder["again"]) == (try Tiny.weights(model)))
            }
        }

        @Test func generateTakesOneToo() throws {
            let model = try Tiny.train(in: folder)
            try folder.write(
                "model: \(model)\nprompt: the\nmax-new-tokens: 4\nstop: [x, y]\ngreedy: true\njson: true\n",
                to: "generate.yaml")
            let run = try Tool.run(["generate", "--config", folder["generate.yaml"]])
            expectSuccess(run)
            let flags = try Tool.run([
                "generate", "--model", model, "--prompt", "the", "--max-new-tokens", "4",
                "--greedy",
                "--json", "--stop", "x", "y",
            ])
            #expect(try run.objects().first?["ids"] == (try flags.objects().first?["ids"]))
            #expect(try run.objects().first?["completion_tokens"]?.int == 4)
        }
    }
}
