import ByteIO
import Testing

/// Families and optimizers beside the defaults, through the binary.
@Suite struct FamilyTests {
    /// Train, be interrupted by the step count, go on: the same bits as at one go. Then write.
    @Test(arguments: [
        ("qwen3", "muon"), ("llama", "adamw"), ("mistral", "adamw"), ("qwen2", "adamw"),
        ("gpt2", "muon"),
    ])
    func trainsResumesAndWrites(_ architecture: String, _ optimizer: String) throws {
        let folder = try TemporaryFolder()
        let data = try folder.write(Sample.text(), to: "text.txt")
        func train(_ run: String, steps: Int, _ others: String...) throws -> Outcome {
            try Tool.run(
                ["pretrain", "--data", data, "--output", folder[run], "--json"]
                    + Tiny.flags(
                        steps: steps, "--architecture", architecture, "--optimizer", optimizer,
                        "--decay", "constant", "--warmup", "2", "--dropout", "0.1")
                    + others)
        }
        let whole = try train("whole", steps: 12, "--threads", "1")
        expectSuccess(whole)
        expectSuccess(try train("parts", steps: 5))
        expectSuccess(try train("parts", steps: 12, "--resume", "--threads", "2"))
        #expect(try Tiny.weights(folder["parts"]) == Tiny.weights(folder["whole"]))
        let losses = try whole.events("step").compactMap { $0["loss"]?.double }
        #expect(losses.count == 12)
        #expect(try #require(losses.last) < losses[0])

        let config = try JSONValue(
            parsing: Files.read(folder["whole/config.json"]), place: "config.json")
        #expect(config["model_type"]?.string == architecture)
        for precision in ["float32", "bfloat16"] {
            let written = try Tool.run([
                "generate", "--model", folder["whole"], "--prompt", "the", "--max-new-tokens", "8",
                "--greedy", "--precision", precision, "--json",
            ])
            expectSuccess(written)
            #expect(try written.objects().first?["completion_tokens"]?.int == 8)
        }
        let score = try Tool.run([
            "score", "--model", folder["whole"], "--text", "the cat sat", "--json",
        ])
        expectSuccess(score)
        #expect(try #require(try score.objects().first?["nll"]?.double) > 0)
    }

    /// Another optimizer is another run.
    @Test func theOptimizerIsPartOfTheRun() throws {
        let folder = try TemporaryFolder()
        let data = try folder.write(Sample.text(), to: "text.txt")
        func train(_ others: String...) throws -> Outcome {
            try Tool.run(
                ["pretrain", "--data", data, "--output", folder["run"]] + Tiny.flags(steps: 4)
                    + others)
        }
        expectSuccess(try train())
        expectFailure(
            try train("--resume", "--optimizer", "muon"), status: 1, "optimizer", "muon")
    }
}
