import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What `--resume` makes of a run folder that is damaged, finished, or asked for something else.
@Suite struct CheckpointTests {
    private let folder: TemporaryFolder
    private let data: String
    private let expected: [UInt8]

    init() throws {
        folder = try TemporaryFolder()
        data = try folder.write(Sample.text(), to: "text.txt")
        let run = try Tool.run(Self.arguments(data, folder["run"], []))
        try #require(run.ending == .exit(0), "\(run.errors)")
        expected = try Tiny.weights(folder["run"])
    }

    private static func arguments(_ data: String, _ run: String, _ others: [String]) -> [String] {
        ["pretrain", "--data", data, "--output", run, "--dropout", "0.2", "--json"]
            + Tiny.flags(steps: 20, "--checkpoint-every", "5", "--evaluate-every", "7") + others
    }

    private func resume(_ others: String...) throws -> Outcome {
        try Tool.run(Self.arguments(data, folder["run"], ["--resume"] + others))
    }

    private func checkpoint(_ step: Int, _ file: String) -> String {
        folder["run/training/checkpoints/step-000000\(step)/\(file)"]
    }

    @Test func keepsTheNewestTwo() throws {
        let names = try Files.list(folder["run/training/checkpoints"])
        #expect(names == ["latest", "step-00000015", "step-00000020"])
        expectSuccess(
            try Tool.run(Self.arguments(data, folder["run"], ["--overwrite", "--keep", "3"])))
        #expect(try Files.list(folder["run/training/checkpoints"]).count == 4)
    }

    @Test(arguments: [
        ("model.safetensors", -9), ("model.safetensors", 12), ("model.safetensors", 0),
        ("optimizer.safetensors", -9), ("state.json", 20), ("manifest.json", 20),
    ])
    func aFlippedByteIsReportedAndTheCheckpointBeforeIsUsed(_ file: String, _ offset: Int) throws {
        try Tiny.flip(checkpoint(20, file), at: offset)
        let run = try resume()
        expectSuccess(run)
        let notes = try run.events("note").compactMap { $0["text"]?.string }
        #expect(notes.contains { $0.contains("step-00000020/\(file)") }, "\(notes)")
        #expect(run.errors.contains("step-00000020/\(file)"))
        #expect(try run.events("step").compactMap { $0["step"]?.int } == [16, 17, 18, 19, 20])
        #expect(try Tiny.weights(folder["run"]) == expected)
    }

    @Test(arguments: ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"])
    func aTruncatedOrMissingFileIsReported(_ file: String) throws {
        let path = checkpoint(20, file)
        try Files.write(Array(try Files.read(path).dropLast(7)), to: path)
        try Files.remove(checkpoint(15, file))
        let run = try resume()
        expectSuccess(run)
        for step in [15, 20] { #expect(run.errors.contains("step-000000\(step)/\(file)")) }
        #expect(try run.events("step").count == 20)
        #expect(try Tiny.weights(folder["run"]) == expected)
    }

    @Test func withoutACheckpointItStartsFromTheBeginning() throws {
        try Files.remove(folder["run/training/checkpoints"])
        let run = try resume()
        expectSuccess(run)
        #expect(run.errors.contains("beginning"))
        #expect(try run.events("step").count == 20)
        #expect(try Tiny.weights(folder["run"]) == expected)
    }

    @Test func resumeOfNothingStarts() throws {
        let run = try Tool.run(Self.arguments(data, folder["fresh"], ["--resume"]))
        expectSuccess(run)
        #expect(try Tiny.weights(folder["fresh"]) == expected)
    }

    @Test func aLostOrChangedRootModelIsDerivedAgain() throws {
        let root = folder["run/model.safetensors"]
        try Files.remove(root)
        expectSuccess(try resume())
        #expect(try Tiny.weights(folder["run"]) == expected)
        try Files.write("junk", to: root)
        expectSuccess(try resume())
        #expect(try Tiny.weights(folder["run"]) == expected)
    }

    @Test func aRootModelThatIsWrittenOverCostsNoMoreThanACheckpoint() throws {
        // As `cp other.safetensors run/model.safetensors` does it: the same file, other bytes. It
        // is a name of the newest checkpoint's file as well, so that the one before is used.
        let root = folder["run/model.safetensors"]
        let file = open(root, O_WRONLY | O_TRUNC)
        try #require(file >= 0)
        _ = write(file, "junk", 4)
        close(file)
        let run = try resume()
        expectSuccess(run)
        #expect(try Tiny.weights(folder["run"]) == expected)
    }

    @Test func leftoversOfAKilledRunAreRemoved() throws {
        try folder.write(
            "half", to: "run/training/checkpoints/writing-step-00000025/model.safetensors")
        let hidden = ["run/.martlet-7-7.tmp", "run/training/best/.martlet-7-8.tmp"]
        for path in hidden { try folder.write("half", to: path) }
        expectSuccess(try resume())
        #expect(try Files.list(folder["run/training/checkpoints"]).count == 3)
        for path in hidden { #expect(!Files.exists(folder[path])) }
    }

    @Test func theDemonstrationLeavesRunsAlone() throws {
        let demo = try Tool.run(["demo", "--output", folder["run"], "--steps", "1"])
        expectFailure(demo, "run", "demonstration")
        #expect(try Tiny.weights(folder["run"]) == expected)
    }

    @Test func aFinishedRunStaysAsItIs() throws {
        let run = try resume()
        expectSuccess(run)
        #expect(try run.events("step").isEmpty)
        #expect(try run.events("end").count == 1)
        #expect(try Tiny.weights(folder["run"]) == expected)
    }

    @Test(arguments: [
        ["--seed", "3"], ["--dropout", "0.1"], ["--learning-rate", "0.01"], ["--batch", "5"],
        ["--context", "8"], ["--width", "32"], ["--weight-decay", "0"], ["--precision", "float32"],
        ["--accumulate", "2"], ["--clip-norm", "2"], ["--ema", "0.9"],
        ["--heads", "4"], ["--floor", "0.2"],
    ])
    func anotherRecipeIsRefused(_ flags: [String]) throws {
        let names = ["config.json", "training/config.yaml", "training/report.html"]
        func others() throws -> [[UInt8]] { try names.map { try Files.read(folder["run/" + $0]) } }
        let before = try others()
        let run = try Tool.run(Self.arguments(data, folder["run"], ["--resume"] + flags))
        expectFailure(run, "run", "--overwrite")
        #expect(try Tiny.weights(folder["run"]) == expected)
        #expect(try others() == before)
    }

    @Test func otherDataIsRefused() throws {
        let other = try folder.write(Sample.text(words: 1900), to: "other.txt")
        let run = try Tool.run(Self.arguments(other, folder["run"], ["--resume"]))
        expectFailure(run, "run", "--overwrite")
    }

    @Test func moreStepsAreTakenOrRefused() throws {
        let run = try resume("--steps", "30", "--warmup", "1")
        // Either the run is longer now, or somebody is told that it is not.
        let last = try run.objects().last { $0["event"]?.string == "step" }?["step"]?.int
        #expect(
            run.ending == .exit(0) && last == 30
                || run.ending == .exit(1) && run.errors.contains("steps"),
            "\(run.errors)")
    }

    @Test func anotherTierIsSaid() throws {
        let steps = ["--steps", "2000"]
        let tool = try Tool.start(
            Self.arguments(data, folder["tiers"], steps), environment: ["MARTLET_TIER": "scalar"])
        #expect(tool.waitForOutput("\"step\":7,"))
        tool.send(SIGTERM)
        #expect(tool.wait().ending == .exit(143))
        let best = try Tool.run(["bench", "matmul", "--shape", "4x4x4", "--json"]).objects()
        try #require(best.first?["tier"]?.string != nil)
        guard best.first?["tier"]?.string != "scalar" else { return }
        let rest = try Tool.start(Self.arguments(data, folder["tiers"], steps + ["--resume"]))
        #expect(rest.waitForOutput("\"event\":\"step\""))
        #expect(rest.output.contains("scalar"))
        rest.send(SIGTERM)
        #expect(rest.wait().ending == .exit(143))
    }

    @Test func aLossThatIsNotFiniteStopsTheRun() throws {
        let run = try Tool.run(
            Self.arguments(
                data, folder["wild"],
                ["--learning-rate", "1e30", "--checkpoint-every", "1", "--warmup", "1"]))
        #expect(run.ending == .exit(1))
        let last = try #require(try run.events("step").last?["step"]?.int)
        for mention in ["error: ", "step \(last + 1)", "windows", "nan", "step \(last)"] {
            #expect(run.errors.contains(mention), "\(run.errors)")
        }
        // The last good checkpoint is there and is the model of the folder.
        #expect(Files.exists(folder["wild/training/checkpoints/step-0000000\(last)"]))
        #expect(
            try Tiny.weights(folder["wild"])
                == (try Tiny.weights(folder["wild/training/checkpoints/step-0000000\(last)"])))
    }

    @Test func anEvaluationThatIsNotFiniteStopsTheRun() throws {
        let run = try Tool.run(
            Self.arguments(
                data, folder["wild"],
                ["--learning-rate", "1e30", "--warmup", "1"]
            ).map { $0 == "7" ? "1" : $0 })
        #expect(run.ending == .exit(1))
        for mention in ["error: ", "validation loss", "nan", "step 1", "--learning-rate"] {
            #expect(run.errors.contains(mention), "\(run.errors)")
        }
    }

    /// What the closing evaluation found counts when the run is made longer.
    @Test func betterWeightsOfTheLastSessionStay() throws {
        let path = folder["run/training/best/best.json"]
        func best() throws -> JSONValue { try JSONValue(parsing: Files.read(path), place: path) }
        #expect(try best()["step"]?.int == 20)
        // Far worse from here on.
        let rest = Self.arguments(data, folder["run"], ["--resume"]).map { $0 == "20" ? "40" : $0 }
        let before = try best()
        let weights = try Tiny.weights(folder["run/training/best"])
        try Files.write(
            before.text().replacing("\"val_loss\":", with: "\"val_loss\": 0.001, \"was\":"),
            to: path)
        expectSuccess(try Tool.run(rest + ["--warmup", "1"]))
        #expect(try best()["val_loss"]?.double == 0.001)
        #expect(try Tiny.weights(folder["run/training/best"]) == weights)
    }

    @Test func minutesBecomeSteps() throws {
        let flags =
            Self.arguments(data, folder["timed"], []).filter { $0 != "--steps" && $0 != "20" }
            + ["--checkpoint-every", "10000", "--evaluate-every", "10000"]
        let run = try Tool.run(flags + ["--minutes", "0.01"])
        expectSuccess(run)
        let last = try run.events("step").last?["step"]?.int
        let path = folder[
            "timed/training/checkpoints/step-\(String(String(100_000_000 + (last ?? 0)).dropFirst()))/state.json"
        ]
        let state = try JSONValue(parsing: try Files.read(path), place: path)
        #expect(state["total_steps"]?.int == last)
        // A resume keeps the count, whatever time is left.
        let again = try Tool.run(flags + ["--minutes", "0.01", "--resume"])
        expectSuccess(again)
        #expect(try again.events("step").isEmpty)
    }
}
