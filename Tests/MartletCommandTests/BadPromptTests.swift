import ByteIO
import Testing

extension BadInputTests {
    /// Prompts, ids and sampling options.
    @Suite struct Prompts {
        private let folder: TemporaryFolder
        private let model: String

        init() throws {
            folder = try TemporaryFolder()
            model = try Tiny.train(in: folder)
        }

        private func run(_ verb: String, _ others: String...) throws -> Outcome {
            let output = verb == "forward" ? ["--output", folder["out.safetensors"]] : []
            let run = try Tool.run(
                [verb, "--model", model] + output + others,
                limits: Tool.Limits(memoryBytes: 16 << 30), timeout: 20)
            #expect(!Files.exists(folder["out.safetensors"]))
            return run
        }

        @Test func promptLongerThanTheContext() throws {
            let long = "the cat sat on the mat"
            expectFailure(try run("generate", "--prompt", long), "22 tokens", "16")
            expectFailure(try run("generate", "--prompt", long, "--stream"), "22 tokens", "16")
            expectFailure(try run("forward", "--text", long), "22", "16")
        }

        @Test func characterTheTokenizerDoesNotKnow() throws {
            for (verb, flag) in [
                ("generate", "--prompt"), ("score", "--text"), ("forward", "--text"),
            ] {
                expectFailure(try run(verb, flag, "the \u{3A9}"), "U+03A9", "4")
            }
            expectFailure(try Tool.run(["tokenizer", "encode", "--model", model, "Z"]), "'Z'")
            expectFailure(try Tool.run(["tokenizer", "inspect", "--model", model, "Z"]), "'Z'")
        }

        @Test func emptyInput() throws {
            expectFailure(try run("generate", "--prompt", ""), "prompt")
            expectFailure(try run("generate", "--ids", ""), "prompt")
            expectFailure(try run("score", "--text", ""), "text")
            expectFailure(try run("score", "--ids", ""), "tokens")
            expectFailure(try run("forward", "--ids", ""), "ids")
        }

        @Test(arguments: ["generate", "score", "forward"])
        func idsOutOfRange(_ verb: String) throws {
            expectFailure(try run(verb, "--ids", "1 2 20"), "20", "vocabulary")
            expectFailure(try run(verb, "--ids", "1 -2"), "-2", "vocabulary")
            expectFailure(
                try run(verb, "--ids", "1 99999999999"), status: 2, "--ids", "99999999999")
            expectFailure(try run(verb, "--ids", "1 two"), status: 2, "--ids", "two")
        }

        @Test func idsToDecode() throws {
            func decode(_ ids: String) throws -> Outcome {
                try Tool.run(["tokenizer", "decode", "--model", model, "--ids", ids])
            }
            expectFailure(try decode("1 20"), "20", "vocabulary")
            expectFailure(try decode("1 -1"), "-1")
            expectFailure(try decode("one"), status: 2, "one")
        }

        @Test func labels() throws {
            expectFailure(
                try run("forward", "--ids", "1 2 3", "--labels", "1 2"), "2 labels", "3 ids")
            expectFailure(try run("forward", "--ids", "1 2", "--labels", "1 20"), "20")
            expectFailure(
                try run("forward", "--ids", "1 2", "--labels", "-100 -100"), "every label")
            expectFailure(try run("forward", "--ids", "1", "--gradients"), "label")
        }

        @Test func outputThatCannotBeWritten() throws {
            let path = folder["none/out.safetensors"]
            let run = try Tool.run(["forward", "--model", model, "--ids", "1", "--output", path])
            expectFailure(run, "none/out.safetensors", "No such file")
        }

        @Test(arguments: [
            (["--temperature", "nan"], "temperature"), (["--temperature=-1"], "temperature"),
            (["--temperature", "inf"], "temperature"), (["--top-k=-1"], "top-k"),
            (["--top-p", "0"], "top-p"), (["--top-p", "1.1"], "top-p"),
            (["--min-p", "2"], "min-p"),
            (["--repetition-penalty", "0"], "repetition"), (["--max-new-tokens=-1"], "new tokens"),
            (["--samples", "0"], "--samples"), (["--samples", "1000000000"], "--samples"),
            (["--stop", ""], "stop"), (["--seed=-1"], "--seed"), (["--ids", "1"], "--prompt"),
            (["--threads", "0"], "--threads"), (["--precision", "int3"], "--precision"),
        ])
        func samplingOptionOutOfRange(_ flags: [String], _ mention: String) throws {
            let run = try Tool.run(
                ["generate", "--model", model, "--prompt", "the"] + flags,
                limits: Tool.Limits(memoryBytes: 16 << 30), timeout: 20)
            expectFailure(run, status: 2, mention)
        }

        @Test func moreTokensThanCanBe() throws {
            let run = try run(
                "generate", "--prompt", "the", "--json", "--max-new-tokens", "\(Int.max)")
            expectSuccess(run)
            #expect(try run.objects().first?["finish_reason"]?.string == "context")
        }

        @Test func strideOutOfRange() throws {
            for stride in ["0", "17", "99999"] {
                expectFailure(try run("score", "--text", "the", "--stride", stride), "stride", "16")
            }
        }

        @Test func textsThatLookLikeFlagsAreTexts() throws {
            // "-" is no character of this model, so that the text is seen to arrive.
            expectFailure(try run("generate", "--prompt", "- the"), "'-'")
            expectFailure(try run("generate", "--prompt", "--the"), "'-'")
            expectFailure(try run("score", "--text", "-the"), "'-'")
            expectFailure(try run("forward", "--text", "-the"), "'-'")
        }
    }
}
