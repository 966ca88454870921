import ByteIO
import Testing

extension VerbTests {
    @Suite struct Generate {
        private let folder: TemporaryFolder
        private let model: String

        init() throws {
            folder = try TemporaryFolder()
            model = try Tiny.train(in: folder, steps: 40)
        }

        private func generate(_ others: String...) throws -> [JSONObject] {
            let run = try Tool.run(
                ["generate", "--model", model, "--prompt", "the", "--json"] + others)
            expectSuccess(run)
            return try run.objects()
        }

        /// Everything but the speed.
        private func results(_ objects: [JSONObject]) -> [[JSONValue?]] {
            objects.map { object in
                ["sample", "text", "ids", "finish_reason", "prompt_tokens"].map { object[$0] }
            }
        }

        @Test func keys() throws {
            let objects = try generate("--max-new-tokens", "5")
            #expect(objects.count == 1)
            let object = try #require(objects.first)
            expectKeys(
                object, "sample", "text", "ids", "finish_reason", "prompt_tokens",
                "completion_tokens", "tokens_per_s")
            #expect(object["sample"]?.int == 0)
            #expect(object["prompt_tokens"]?.int == 3)
            #expect(object["completion_tokens"]?.int == 5)
            #expect(object["ids"]?.array?.count == 5)
            let ids = (object["ids"]?.array ?? []).compactMap(\.int).map(String.init)
            let decoded = try Tool.run([
                "tokenizer", "decode", "--model", model, "--ids", ids.joined(separator: " "),
                "--json",
            ])
            #expect(try decoded.objects().first?["text"] == object["text"])
        }

        @Test func plainTextBeginsWithThePrompt() throws {
            let run = try Tool.run([
                "generate", "--model", model, "--prompt", "the", "--max-new-tokens", "5", "--seed",
                "4",
            ])
            expectSuccess(run)
            let text = try #require(
                try generate("--max-new-tokens", "5", "--seed", "4").first?["text"]?.string)
            #expect(run.output == "the\(text)\n")
            let two = try Tool.run([
                "generate", "--model", model, "--prompt", "the", "--samples", "2",
                "--max-new-tokens", "5",
                "--seed", "4",
            ])
            #expect(two.output.contains("the\(text)\n"))
        }

        @Test func greedyIsDeterministic() throws {
            let first = results(try generate("--greedy"))
            #expect(results(try generate("--greedy", "--seed", "99")) == first)
            #expect(results(try generate("--greedy", "--threads", "1")) == first)
            #expect(results(try generate("--temperature", "0")) == first)
            #expect(results(try generate("--top-k", "1")) == first)
            #expect(results(try generate("--top-p", "0.000001")) == first)
            #expect(results(try generate("--min-p", "1")) == first)
            let several = results(try generate("--greedy", "--samples", "2"))
            #expect(several[0] == first[0] && several[1].dropFirst() == first[0].dropFirst())
        }

        @Test func seeds() throws {
            let first = results(try generate("--seed", "1", "--temperature", "3"))
            #expect(results(try generate("--seed", "1", "--temperature", "3")) == first)
            #expect(
                results(try generate("--seed", "1", "--temperature", "3", "--threads", "1"))
                    == first)
            #expect(results(try generate("--seed", "2", "--temperature", "3")) != first)
        }

        @Test func severalSamples() throws {
            let objects = try generate("--samples", "3", "--seed", "5", "--temperature", "3")
            #expect(objects.compactMap { $0["sample"]?.int } == [0, 1, 2])
            let texts = Set(objects.compactMap { $0["text"]?.string })
            #expect(texts.count == 3)
            // A sample does not depend on how many others are taken.
            let alone = try generate("--seed", "5", "--temperature", "3")
            #expect(results(alone)[0] == results(objects)[0])
        }

        @Test func finishReasons() throws {
            let short = try #require(try generate("--greedy", "--max-new-tokens", "6").first)
            #expect(short["finish_reason"]?.string == "length")
            // A full context ends the text: three tokens of prompt and thirteen new ones.
            let full = try #require(try generate("--greedy", "--max-new-tokens", "50").first)
            #expect(full["finish_reason"]?.string == "context")
            #expect(full["completion_tokens"]?.int == Tiny.context - 3)
            #expect(try generate("--max-new-tokens", "0").first?["completion_tokens"]?.int == 0)

            let text = try #require(short["text"]?.string)
            let stop = String(text.suffix(2))
            let stopped = try #require(
                try generate("--greedy", "--stop", "never", stop).first)
            #expect(stopped["finish_reason"]?.string == "stop")
            let rest = try #require(stopped["text"]?.string)
            #expect(text.hasPrefix(rest) && !rest.contains(stop))
            #expect(stopped["completion_tokens"]?.int == stopped["ids"]?.array?.count)
        }

        @Test func aPromptThatFillsTheContext() throws {
            let ids = Array(repeating: "1", count: Tiny.context).joined(separator: " ")
            let run = try Tool.run(["generate", "--model", model, "--ids", ids, "--json"])
            expectSuccess(run)
            let object = try #require(try run.objects().first)
            #expect(object["finish_reason"]?.string == "context")
            #expect(object["completion_tokens"]?.int == 0)
        }

        @Test func streamedTextIsTheText() throws {
            let objects = try generate("--stream", "--seed", "3")
            let pieces = objects.filter { $0["event"]?.string == "text" }
            #expect(pieces.count > 1)
            let whole = try #require(objects.last?["text"]?.string)
            #expect(pieces.compactMap { $0["text"]?.string }.joined() == whole)
        }

        @Test func scalarsAreNeverSplit() throws {
            // A model of bytes that writes nonsense: whatever it writes is valid UTF-8.
            try folder.write(
                String(repeating: "\u{5B57}\u{1F600}\u{E9}", count: 200), to: "wide.txt")
            let wide = try Tool.run(
                ["pretrain", "--data", folder["wide.txt"], "--output", folder["wide"]]
                    + Tiny.flags(steps: 60, "--tokenizer", "bytes", "--learning-rate", "0.01"))
            expectSuccess(wide)
            for seed in 0..<4 {
                let words = [
                    "generate", "--model", folder["wide"], "--prompt", "\u{5B57}", "--seed",
                    "\(seed)",
                ]
                let stream = try Tool.run(words + ["--stream", "--json"])
                expectSuccess(stream)
                for object in try stream.objects() {
                    #expect(object["text"]?.string != nil)
                }
                let plain = try Tool.run(words)
                #expect(String(validating: plain.outputBytes, as: UTF8.self) != nil)
            }
        }

        @Test func idsInsteadOfText() throws {
            let encoded = try Tool.run(["tokenizer", "encode", "--model", model, "the"])
            let ids = String(encoded.output.dropLast())
            let run = try Tool.run([
                "generate", "--model", model, "--ids", ids, "--greedy", "--json",
            ])
            #expect(results(try run.objects()) == results(try generate("--greedy")))
        }

        @Test func defaultsComeFromTheModelsFolder() throws {
            let path = Files.join(model, "generation_config.json")
            try Tiny.edit(path, "max_new_tokens", 4)
            try Tiny.edit(path, "do_sample", false)
            let object = try #require(try generate("--seed", "1").first)
            #expect(object["completion_tokens"]?.int == 4)
            #expect(results([object]) == results(try generate("--greedy", "--max-new-tokens", "4")))
            // Without the file: greedy.
            try Files.remove(path)
            #expect(results(try generate("--seed", "7")) == results(try generate("--greedy")))
        }

        @Test func repetitionPenalty() throws {
            let plain = try #require(
                try generate("--greedy").first?["ids"]?.array?.compactMap(\.int))
            let penalised = try #require(
                try generate("--greedy", "--repetition-penalty", "50").first?["ids"]?.array?
                    .compactMap(\.int))
            #expect(Set(penalised).count > Set(plain).count)
        }
    }
}
