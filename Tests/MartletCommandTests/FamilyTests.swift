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

    /// An average of the weights changes what is saved, not how the run goes; and it is resumed exactly.
    @Test func averagedWeightsAreSaved() throws {
        let folder = try TemporaryFolder()
        let data = try folder.write(Sample.text(), to: "text.txt")
        func train(_ run: String, steps: Int, _ others: String...) throws -> Outcome {
            let outcome = try Tool.run(
                ["pretrain", "--data", data, "--output", folder[run], "--json"]
                    + Tiny.flags(steps: steps, "--decay", "constant", "--warmup", "2")
                    + ["--evaluate-every", "4"] + others)
            expectSuccess(outcome)
            return outcome
        }
        let plain = try train("plain", steps: 12)
        let whole = try train("whole", steps: 12, "--ema", "0.9")
        _ = try train("parts", steps: 5, "--ema", "0.9")
        _ = try train("parts", steps: 12, "--ema", "0.9", "--resume")
        #expect(try Tiny.weights(folder["parts"]) == Tiny.weights(folder["whole"]))
        #expect(try Tiny.weights(folder["plain"]) != Tiny.weights(folder["whole"]))
        let forgotten = try Tool.run(
            ["pretrain", "--data", data, "--output", folder["whole"], "--resume"]
                + Tiny.flags(steps: 14, "--decay", "constant", "--warmup", "2"))
        expectFailure(forgotten, "whole", "ema", "0.9")
        func losses(_ run: Outcome, _ event: String, _ key: String) throws -> [Double] {
            try run.events(event).compactMap { $0[key]?.double }
        }
        #expect(try losses(plain, "step", "loss") == losses(whole, "step", "loss"))
        // The average lags behind weights that still improve fast.
        for (now, average) in zip(
            try losses(plain, "validation", "val_loss"),
            try losses(whole, "validation", "val_loss"))
        {
            #expect(average > now)
        }
    }

    /// Families with other objectives: killed and gone on with, the same bits; and everything one does
    /// with them.
    @Test(arguments: ["bert", "t5", "bart", "transformer"])
    func otherObjectivesTrainAndResume(_ architecture: String) throws {
        let folder = try TemporaryFolder()
        let data = try folder.write(Sample.text(), to: "text.txt")
        func train(_ run: String, steps: Int, _ others: String...) throws -> Outcome {
            try Tool.run(
                ["pretrain", "--data", data, "--output", folder[run], "--json"]
                    + Tiny.flags(
                        steps: steps, "--architecture", architecture, "--decay", "constant",
                        "--warmup", "2", "--dropout", "0.1")
                    + others)
        }
        let whole = try train("whole", steps: 12, "--threads", "1")
        expectSuccess(whole)
        expectSuccess(try train("parts", steps: 5))
        expectSuccess(try train("parts", steps: 12, "--resume", "--threads", "2"))
        #expect(try Tiny.weights(folder["parts"]) == Tiny.weights(folder["whole"]))
        if architecture != "bert" {
            // Published readers look for the start of a target in generation_config.json alone.
            let (config, generation) = (
                try JSONValue(parsing: Files.read(folder["whole/config.json"]), place: ""),
                try JSONValue(
                    parsing: Files.read(folder["whole/generation_config.json"]), place: "")
            )
            for key in ["decoder_start_token_id", "pad_token_id"] {
                #expect(generation[key]?.int != nil && generation[key] == config[key], "\(key)")
            }
        }
        let end = try #require(try whole.events("end").first)
        #expect(end["val_loss"]?.double != nil)
        #expect(end["val_bits_per_byte"]?.isNull == true)
        func run(_ words: String...) throws -> JSONValue {
            let outcome = try Tool.run(
                [words[0], "--model", folder["whole"], "--json"] + words.dropFirst())
            expectSuccess(outcome)
            return .object(try #require(try outcome.objects().first))
        }
        let page = folder["map.html"]
        if architecture == "bert" {
            #expect(end["val_accuracy"]?.double != nil)
            let filled = try run("fill", "--text", "the c<mask>t sat")
            #expect(filled["candidates"]?.array?.count == 5)
            let chances = (filled["candidates"]?.array ?? []).compactMap {
                $0["probability"]?.double
            }
            #expect(chances == chances.sorted(by: >))
            let scored = try run("score", "--text", "the cat")
            #expect(scored["logprobs"]?.array?.allSatisfy { $0.double ?? 1 < 0 } == true)
            let vectors = try run("embed", "--text", "the cat", "a dog", "--normalize")["vectors"]
            #expect(vectors?.array?.count == 2)
            let maps = try run("attention", "--text", "the cat", "--output", page)["weights"]
            let row = maps?.array?.first?.array?.first?.array?.first?.array ?? []
            #expect(abs(row.compactMap(\.double).reduce(0, +) - 1) < 1e-5)
            expectFailure(
                try Tool.run(["generate", "--model", folder["whole"], "--prompt", "the"]),
                status: 1, "bert")
        } else {
            let written = try run("generate", "--prompt", "the cat", "--max-new-tokens", "6")
            #expect(written["finish_reason"] != nil)
            let best = try run(
                "generate", "--prompt", "the cat", "--max-new-tokens", "6", "--beams", "3",
                "--length-penalty", "0.8", "--early-stopping")
            #expect(best["ids"]?.array != nil)
            let scored = try run("score", "--text", "sat", "--source", "the cat")
            #expect(scored["logprobs"]?.array?.count == 3)
            let maps = try run("attention", "--text", "the cat", "--output", page)
            for part in ["encoder", "decoder", "cross"] {
                #expect(maps[part + "_weights"]?.array?.isEmpty == false)
            }
            expectFailure(
                try Tool.run(["score", "--model", folder["whole"], "--text", "the"]), status: 2,
                "--source")
            let output = folder["out.safetensors"]
            let passed = try run(
                "forward", "--ids", "1 2 3", "--labels", "4 5", "--gradients", "--hidden-states",
                "--output", output)
            #expect(passed["loss"]?.double ?? 0 > 0)
        }
        let html = String(decoding: try Files.read(page), as: UTF8.self)
        #expect(html.contains("</html>") && !html.contains("http"))
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
