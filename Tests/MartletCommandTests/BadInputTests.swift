import ByteIO
import Testing

/// What the command answers to input that is wrong: a message that says what and where, status 1
/// for a failure and 2 for wrong usage, and never a crash.
@Suite struct BadInputTests {}

extension BadInputTests {
    /// Text to train on.
    @Suite struct Data {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func pretrain(_ data: String, _ others: String...) throws -> Outcome {
            let run = try Tool.run(
                ["pretrain", "--data", data, "--output", folder["run"]] + Tiny.flags() + others)
            // Input is checked before the folder is touched.
            #expect(!Files.exists(folder["run"]))
            return run
        }

        @Test func missingFile() throws {
            expectFailure(try pretrain(folder["none.txt"]), "none.txt", "No such file")
        }

        @Test func emptyFile() throws {
            expectFailure(
                try pretrain(try folder.write("", to: "empty.txt")), "empty.txt", "no text")
        }

        @Test func patternThatFitsNothing() throws {
            expectFailure(try pretrain(folder["*.txt"]), "*.txt", "no file fits")
        }

        @Test func folderWithoutText() throws {
            try folder.write("x", to: "texts/picture.png")
            expectFailure(try pretrain(folder["texts"]), "texts", ".jsonl")
        }

        @Test func invalidUTF8NamesFileAndOffset() throws {
            let bytes = Array("seventeen bytes, ".utf8) + [0xFF] + Array(Sample.text().utf8)
            let run = try pretrain(try folder.write(bytes, to: "latin.txt"))
            expectFailure(run, "latin.txt", "UTF-8", "byte 17")
        }

        @Test func invalidUTF8InJSONLinesNamesTheLine() throws {
            let bytes =
                Array("{\"text\":\"fine\"}\n{\"text\":\"".utf8) + [0xC3] + Array("\"}\n".utf8)
            expectFailure(try pretrain(try folder.write(bytes, to: "a.jsonl")), "a.jsonl", "2")
        }

        @Test(arguments: [
            ("{\"body\":\"abc\"}", "\"text\""), ("{\"text\":3}", "\"text\""), ("[1]", "object"),
            ("{\"text\":\"a\"}\n{\"text\":", "a.jsonl:2"),
        ])
        func malformedJSONLine(_ lines: String, _ mention: String) throws {
            let run = try pretrain(try folder.write(lines + "\n", to: "a.jsonl"))
            expectFailure(run, "a.jsonl", mention)
        }

        @Test(arguments: [1, 2, 17, 18])
        func textShorterThanTheContext(_ length: Int) throws {
            let text = String(Sample.text().prefix(length))
            let run = try pretrain(try folder.write(text, to: "short.txt"))
            expectFailure(run, "text")
            if length > 1 { expectFailure(run, "short.txt", "17", "--context") }
        }

        @Test func emptyStandardInput() throws {
            expectFailure(try pretrain("-"), "standard input", "no text")
        }

        @Test func badValidation() throws {
            let data = try folder.write(Sample.text(), to: "text.txt")
            let empty = try folder.write("", to: "empty.txt")
            expectFailure(try pretrain(data, "--validation", folder["none.txt"]), "none.txt")
            expectFailure(try pretrain(data, "--validation", empty), "empty.txt", "no text")
            for share in ["0", "1", "1.5", "nan"] {
                expectFailure(try pretrain(data, "--validation", share), "validation", "share")
            }
        }

        @Test func samplePromptThatCannotBeEncoded() throws {
            let data = try folder.write(Sample.text(), to: "text.txt")
            let run = try pretrain(data, "--sample-prompt", "\u{3A9}", "--evaluate-every", "2")
            expectFailure(run, "U+03A9")
        }

        @Test func tokenizerTraining() throws {
            let output = folder["vocabulary"]
            let bad = try folder.write([0x61, 0xFF], to: "bad.txt")
            let good = try folder.write(Sample.text(), to: "good.txt")
            func train(_ data: String, _ others: String...) throws -> Outcome {
                try Tool.run(["tokenizer", "train", "--data", data, "--output", output] + others)
            }
            expectFailure(try train(bad, "--vocab-size", "300"), "bad.txt", "byte 1")
            expectFailure(try train(folder["none"], "--vocab-size", "300"), "none")
            expectFailure(try train(good, "--vocab-size", "100"), status: 2, "--vocab-size", "100")
            expectFailure(try train(good, "--vocab-size", "\(Int.max)"), "\(Int.max)")
            expectFailure(try train(good, "--vocab-size", "300", "--kind", "magic"), "magic", "bpe")
            #expect(!Files.exists(output))
        }

        @Test func filesForOtherVerbs() throws {
            let run = try Tiny.train(in: folder)
            let none = folder["none.txt"]
            let bad = try folder.write([0x74, 0x68, 0xFF], to: "bad.txt")
            let empty = try folder.write("", to: "empty.txt")
            expectFailure(try Tool.run(["score", "--model", run, "--file", none]), "none.txt")
            expectFailure(try Tool.run(["score", "--model", run, "--file", bad]), "bad.txt", "2")
            expectFailure(try Tool.run(["score", "--model", run, "--file", empty]), "empty.txt")
            expectFailure(
                try Tool.run(["tokenizer", "encode", "--model", run, "--file", none]), "none.txt")
            expectFailure(
                try Tool.run(["tokenizer", "encode", "--model", run, "--file", bad]), "bad.txt", "2"
            )
            expectFailure(
                try Tool.run(["bench", "tokenize", "--model", run, "--file", none]), "none.txt")
            expectFailure(
                try Tool.run(["bench", "tokenize", "--model", run, "--file", empty]), "empty.txt")
        }
    }
}
