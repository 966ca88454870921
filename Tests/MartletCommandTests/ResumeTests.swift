import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A run that is stopped, however it is stopped, goes on as if nothing had happened.
@Suite struct ResumeTests {
    private let folder: TemporaryFolder
    private let data: String

    init() throws {
        folder = try TemporaryFolder()
        data = try folder.write(Sample.text(), to: "text.txt")
    }

    /// Dropout, evaluations and samples, so that every random stream matters.
    private func arguments(_ run: String, steps: Int, _ others: String...) -> [String] {
        [
            "pretrain", "--data", data, "--output", folder[run], "--dropout", "0.2", "--json",
            "--evaluate-every", "9", "--accumulate", "2",
        ] + Tiny.flags(steps: steps, "--checkpoint-every", "5") + others
    }

    private func uninterrupted(steps: Int) throws -> [UInt8] {
        expectSuccess(try Tool.run(arguments("whole", steps: steps, "--threads", "1")))
        return try Tiny.weights(folder["whole"])
    }

    @Test(.timeLimit(.minutes(3)))
    func fiftyKillsAtRandomInstants() throws {
        let steps = 150
        let clock = ContinuousClock()
        let begin = clock.now
        let expected = try uninterrupted(steps: steps)
        let duration = (clock.now - begin) / .seconds(1)
        let losses = try losses(of: "whole")
        #expect(losses.count == steps)

        var random = TestRandom(state: 50)
        var (kills, runs) = (0, 0)
        while kills < 50 {
            runs += 1
            let name = "run-\(runs)"
            var isDone = false
            while !isDone {
                // The thread count changes from session to session and must not matter either.
                let threads = "\(1 + kills % 2)"
                let tool = try Tool.start(
                    arguments(name, steps: steps, "--resume", "--threads", threads))
                let delay = kills < 50 ? Double.random(in: 0..<0.4 * duration, using: &random) : 60
                if let ended = tool.wait(atMost: delay) {
                    expectSuccess(ended)
                    isDone = true
                } else {
                    tool.send(SIGKILL)
                    let ended = tool.wait()
                    // It may have come to its own end a moment before the signal.
                    isDone = ended.ending == .exit(0)
                    if !isDone {
                        #expect(ended.ending == .signal(SIGKILL))
                        kills += 1
                        try expectEverythingWhole(name)
                    }
                }
            }
            #expect(try Tiny.weights(folder[name]) == expected, "\(name), after \(kills) kills")
            // Steps that were taken twice had the same loss both times.
            let repeated = try self.losses(of: name)
            #expect(Set(repeated).isSubset(of: Set(losses)))
            #expect(Set(repeated.map(\.step)) == Set(1...steps))
            try Files.remove(folder[name])
        }
    }

    private struct Loss: Hashable {
        let step: Int
        let loss: Double
    }

    /// The losses of every step in `metrics.jsonl`, whose every line must be an object.
    private func losses(of run: String) throws -> [Loss] {
        let path = folder["\(run)/training/metrics.jsonl"]
        var result: [Loss] = []
        for line in try Files.read(path).split(separator: UInt8(ascii: "\n")) {
            let value = try JSONValue(parsing: Array(line), place: path)
            if value["event"]?.string == "step", let step = value["step"]?.int,
                let loss = value["loss"]?.double
            {
                result.append(Loss(step: step, loss: loss))
            }
        }
        return result
    }

    /// Whatever carries its final name is complete, whenever the run was killed.
    private func expectEverythingWhole(_ run: String) throws {
        let root = folder[run]
        for place in ["", "training/best"] {
            let model = Files.join(Files.join(root, place), "model.safetensors")
            guard Files.exists(model) else { continue }
            _ = try TensorFile(model)
            for name in ["config.json", "tokenizer.json", "generation_config.json"] {
                // The best weights stand first, what describes them follows.
                let path = Files.join(Files.parent(model), name)
                guard place.isEmpty || Files.exists(path) else { continue }
                _ = try JSONValue(parsing: try Files.read(path), place: path)
            }
        }
        let checkpoints = Files.join(root, "training/checkpoints")
        let latest = Files.join(checkpoints, "latest")
        guard Files.exists(latest) else { return }
        let name = String(decoding: try Files.read(latest), as: UTF8.self).dropLast()
        let folder = Files.join(checkpoints, String(name))
        for name in ["model.safetensors", "optimizer.safetensors"] {
            _ = try TensorFile(Files.join(folder, name))
        }
        for name in ["state.json", "manifest.json"] {
            let path = Files.join(folder, name)
            _ = try JSONValue(parsing: try Files.read(path), place: path)
        }
    }

    @Test func threadsDoNotMatter() throws {
        let expected = try uninterrupted(steps: 60)
        for threads in ["2", "3"] {
            expectSuccess(
                try Tool.run(arguments("run", steps: 60, "--threads", threads, "--overwrite")))
            #expect(try Tiny.weights(folder["run"]) == expected, "\(threads) threads")
        }
        for precision in ["float32", "bfloat16"] {
            for threads in ["1", "2"] {
                expectSuccess(
                    try Tool.run(
                        arguments(
                            "\(precision)-\(threads)", steps: 20, "--threads", threads,
                            "--precision", precision)))
            }
            #expect(
                try Tiny.weights(folder["\(precision)-1"])
                    == (try Tiny.weights(folder["\(precision)-2"])))
        }
        #expect(try Tiny.weights(folder["float32-1"]) != (try Tiny.weights(folder["bfloat16-1"])))
    }

    @Test func dropoutMattersAndSeedsMatter() throws {
        let expected = try uninterrupted(steps: 10)
        expectSuccess(try Tool.run(arguments("other", steps: 10, "--seed", "1338")))
        #expect(try Tiny.weights(folder["other"]) != expected)
        expectSuccess(try Tool.run(arguments("dry", steps: 10, "--dropout", "0")))
        #expect(try Tiny.weights(folder["dry"]) != expected)
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func signalsFinishTheStepAndSave(_ signal: Int32, _ status: Int32) throws {
        // Its events fill the pipe long before the end, so that it cannot finish unseen.
        let steps = 1200
        let rarely = ["--checkpoint-every", "500", "--evaluate-every", "500"]
        let tool = try Tool.start(arguments("run", steps: steps) + rarely)
        #expect(tool.waitForOutput("\"step\":20,"))
        tool.send(signal)
        let run = tool.wait()
        #expect(run.ending == .exit(status), "\(run.errors)")
        #expect(run.errors.contains("--resume"))

        let last = try #require(try run.events("step").last?["step"]?.int)
        #expect(last >= 20 && last < steps)
        #expect(try run.events("checkpoint").last?["step"]?.int == last)
        #expect(try run.events("end").first?["token_count"]?.int == last * 2 * 4 * Tiny.context)
        let latest = try Files.read(folder["run/training/checkpoints/latest"])
        #expect(String(decoding: latest, as: UTF8.self) == "step-\(padded(last))\n")
        #expect(
            try Tiny.weights(folder["run"])
                == (try Tiny.weights(folder["run/training/checkpoints/step-\(padded(last))"])))

        let rest = try Tool.run(arguments("run", steps: steps, "--resume") + rarely)
        expectSuccess(rest)
        #expect(try rest.events("step").first?["step"]?.int == last + 1)
        #expect(try Tiny.weights(folder["run"]) == (try uninterrupted(steps: steps)))
    }

    @Test func signalsAtAnyMoment() throws {
        let steps = 150
        let clock = ContinuousClock()
        let begin = clock.now
        let expected = try uninterrupted(steps: steps)
        let duration = (clock.now - begin) / .seconds(1)
        var random = TestRandom(state: 143)
        for index in 0..<8 {
            let name = "run-\(index)"
            let tool = try Tool.start(arguments(name, steps: steps))
            var ended = tool.wait(atMost: .random(in: 0..<duration, using: &random))
            if ended == nil {
                tool.send(SIGTERM)
                ended = tool.wait()
            }
            // Before it listens, the signal ends it; after its last step, it may be done.
            let ending = try #require(ended?.ending)
            #expect(
                [.exit(143), .exit(0), .signal(SIGTERM)].contains(ending), "\(ended?.errors ?? "")")
            expectSuccess(try Tool.run(arguments(name, steps: steps, "--resume")))
            #expect(try Tiny.weights(folder[name]) == expected)
        }
    }

    private func padded(_ step: Int) -> String {
        String(String(100_000_000 + step).dropFirst())
    }

    @Test func aSecondSignalEndsAtOnce() throws {
        let steps = 1200
        let rarely = ["--checkpoint-every", "500", "--evaluate-every", "500"]
        let tool = try Tool.start(arguments("run", steps: steps) + rarely)
        #expect(tool.waitForOutput("\"step\":20,"))
        // Nobody reads: it stands still in the middle of a step once the pipe is full.
        let metrics = folder["run/training/metrics.jsonl"]
        var (before, now) = (-1, try Files.size(metrics))
        while now != before {
            usleep(300_000)
            (before, now) = (now, try Files.size(metrics))
        }
        tool.send(SIGINT)
        #expect(tool.waitWithoutReading(atMost: 0.3) == nil)
        tool.send(SIGINT)
        #expect(tool.waitWithoutReading(atMost: 5) == .exit(130))
        expectSuccess(try Tool.run(arguments("run", steps: steps, "--resume") + rarely))
        #expect(try Tiny.weights(folder["run"]) == (try uninterrupted(steps: steps)))
    }
}
