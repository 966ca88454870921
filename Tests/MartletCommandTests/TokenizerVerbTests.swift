import ByteIO
import Testing

extension VerbTests {
    @Suite struct Tokenizer {
        private let folder: TemporaryFolder
        private let vocabulary: String

        init() throws {
            folder = try TemporaryFolder()
            vocabulary = folder["vocabulary"]
        }

        @discardableResult
        private func train(_ others: String...) throws -> Outcome {
            let data = try folder.write(Sample.text(), to: "text.txt")
            let run = try Tool.run(
                [
                    "tokenizer", "train", "--data", data, "--vocab-size", "300", "--output",
                    vocabulary,
                    "--json",
                ] + others)
            expectSuccess(run)
            return run
        }

        private func encode(_ words: String...) throws -> [JSONObject] {
            let run = try Tool.run(
                ["tokenizer", "encode", "--model", vocabulary, "--json"] + words)
            expectSuccess(run)
            return try run.objects()
        }

        private func ids(_ object: JSONObject?) -> [Int] {
            (object?["ids"]?.array ?? []).compactMap(\.int)
        }

        @Test func trainSaysWhatItLearned() throws {
            let objects = try train().objects()
            #expect(objects.count == 1)
            expectKeys(objects.first, "vocab_size", "seconds", "bytes_per_token")
            #expect(objects.first?["vocab_size"]?.int == 300)
            #expect(try #require(objects.first?["bytes_per_token"]?.double) > 3)
            let first = try Files.read(Files.join(vocabulary, "tokenizer.json"))
            try train()
            #expect(try Files.read(Files.join(vocabulary, "tokenizer.json")) == first)
        }

        @Test func linesEndAsFilesOfAnySystemDo() throws {
            try train()
            func lines(_ text: String) throws -> [String] {
                let file = try folder.write(text, to: "lines.txt")
                let run = try Tool.run([
                    "tokenizer", "encode", "--model", vocabulary, "--file", file, "--lines",
                ])
                expectSuccess(run)
                return run.output.split(separator: "\n").map(String.init)
            }
            let expected = try lines("the cat\nsat\n")
            #expect(expected.count == 2)
            #expect(try lines("the cat\r\nsat\r\n") == expected)
            #expect(try lines("the cat\r\nsat") == expected)
        }

        @Test func encodeGivesOneObjectAnInput() throws {
            try train()
            let text = " the cat sat on the mat"
            let object = try #require(try encode(text).first)
            expectKeys(object, "ids", "tokens", "offsets", "type_ids", "special_tokens_mask")
            let count = ids(object).count
            #expect(count == 6)
            for key in ["tokens", "offsets", "type_ids", "special_tokens_mask"] {
                #expect(object[key]?.array?.count == count)
            }
            // Offsets are byte ranges, and cut the text into its tokens.
            let bytes = Array(text.utf8)
            let pieces = (object["offsets"]?.array ?? []).map { pair in
                let ends = (pair.array ?? []).compactMap(\.int)
                return String(decoding: bytes[ends[0]..<ends[1]], as: UTF8.self)
            }
            #expect(pieces == (object["tokens"]?.array ?? []).compactMap(\.string))
            #expect(pieces.joined() == text)
        }

        @Test(arguments: [
            "the cat", "", " two  spaces\n\ttab\r\n", "e\u{301} \u{e9} \u{1F600}\u{200D}", "-dash",
            "\u{5B57}\u{7B26}", "<|endoftext|>",
        ])
        func decodeUndoesEncode(_ text: String) throws {
            try train()
            try folder.write(text, to: "input.txt")
            let object = try encode("--file", folder["input.txt"]).first
            let list = ids(object).map(String.init).joined(separator: " ")
            let run = try Tool.run([
                "tokenizer", "decode", "--model", vocabulary, "--ids", list, "--json",
            ])
            expectSuccess(run)
            let decoded = try #require(try run.objects().first?["text"]?.string)
            #expect(Array(decoded.utf8) == Array(text.utf8))
            let plain = try Tool.run(["tokenizer", "decode", "--model", vocabulary, "--ids", list])
            #expect(plain.outputBytes == Array(text.utf8) + [0x0A])
        }

        @Test func specialTokens() throws {
            try train("--special-tokens", "<|endoftext|>", "<|user|>")
            let text = " the<|user|>"
            #expect(ids(try encode(text).first).count > 2)
            let parsed = try #require(try encode(text, "--parse-special").first)
            #expect(ids(parsed).count == 2)
            #expect(parsed["special_tokens_mask"] == [0, 1])
            #expect(try encode(text, "--add-special-tokens").count == 1)
        }

        @Test func lines() throws {
            try train()
            try folder.write(" the cat\n\n the dog\n", to: "lines.txt")
            let objects = try encode("--file", folder["lines.txt"], "--lines")
            #expect(objects.map { ids($0).count } == [2, 0, 2])
            #expect(ids(try encode(" the dog").first) == ids(objects.last))
            let plain = try Tool.run([
                "tokenizer", "encode", "--model", vocabulary, "--file", folder["lines.txt"],
                "--lines",
            ])
            #expect(
                plain.output.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
        }

        @Test func minimumFrequency() throws {
            let rare = try train("--min-frequency", "100000").objects().first
            #expect(rare?["vocab_size"]?.int == 257)
        }

        @Test func aTrainedVocabularyServesPretraining() throws {
            try train()
            let run = try Tool.run(
                ["pretrain", "--data", folder["text.txt"], "--output", folder["run"]] + Tiny.flags()
                    + ["--tokenizer", vocabulary, "--json"])
            expectSuccess(run)
            #expect(
                try Files.read(folder["run/tokenizer.json"])
                    == (try Files.read(Files.join(vocabulary, "tokenizer.json"))))
            let config = try JSONValue(
                parsing: try Files.read(folder["run/config.json"]), place: "config.json")
            #expect(config["vocab_size"]?.int == 300)
            #expect(
                config["eos_token_id"]?.int
                    == ids(try encode("<|endoftext|>", "--parse-special").first).first)
        }
    }
}
