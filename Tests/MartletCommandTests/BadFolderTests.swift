import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension BadInputTests {
    /// Output folders: full, taken, in use, impossible.
    @Suite struct Folders {
        private let folder: TemporaryFolder
        private let data: String

        init() throws {
            folder = try TemporaryFolder()
            data = try folder.write(Sample.text(), to: "text.txt")
        }

        private func arguments(_ run: String, steps: Int = 6, _ others: [String] = []) -> [String] {
            ["pretrain", "--data", data, "--output", folder[run], "--threads", "1"]
                + Tiny.flags(steps: steps, "--checkpoint-every", "5") + others
        }

        /// Every file below a folder with its bytes.
        private func content(_ path: String) throws -> [String: [UInt8]] {
            var result: [String: [UInt8]] = [:]
            for name in try Files.list(path) {
                let inner = Files.join(path, name)
                if Files.isDirectory(inner) {
                    result.merge(try content(inner)) { first, _ in first }
                } else {
                    result[inner] = try Files.read(inner)
                }
            }
            return result
        }

        @Test func aRunIsNotOverwritten() throws {
            expectSuccess(try Tool.run(arguments("run")))
            let before = try content(folder["run"])
            expectFailure(try Tool.run(arguments("run")), "run", "--resume", "--overwrite")
            #expect(try content(folder["run"]) == before)
        }

        @Test func aModelThatIsNoRunIsNotOverwritten() throws {
            expectSuccess(try Tool.run(arguments("run")))
            try Files.remove(folder["run/training"])
            let before = try content(folder["run"])
            expectFailure(try Tool.run(arguments("run")), "run", "--overwrite")
            #expect(try content(folder["run"]) == before)
        }

        @Test func overwriteReplacesEverything() throws {
            expectSuccess(try Tool.run(arguments("run", steps: 12)))
            expectSuccess(try Tool.run(arguments("run", ["--overwrite", "--seed", "3"])))
            expectSuccess(try Tool.run(arguments("fresh", ["--seed", "3"])))
            #expect(try Tiny.weights(folder["run"]) == (try Tiny.weights(folder["fresh"])))
            #expect(
                try Files.list(folder["run/training/checkpoints"])
                    == (try Files.list(folder["fresh/training/checkpoints"])))
        }

        @Test func impossiblePlaces() throws {
            try folder.write("a file", to: "file")
            for (place, mention) in [
                ("", "output folder"), (folder["file"], folder["file"]),
                (folder["file/run"], folder["file"]), ("/proc/none/run", "/proc/none"),
            ] {
                let run = try Tool.run(
                    ["pretrain", "--data", data, "--output", place] + Tiny.flags())
                expectFailure(run, mention)
            }
            #expect(try Files.read(folder["file"]) == Array("a file".utf8))
        }

        @Test func twoProcessesInOneFolder() throws {
            let many = arguments("run", steps: 100_000, ["--json"])
            let first = try Tool.start(many)
            #expect(first.waitForOutput("\"step\":7,"))
            for flag in ["--resume", "--overwrite"] {
                expectFailure(try Tool.run(many + [flag]), "run", "another process")
            }
            // The first goes on undisturbed, and its lock ends with it however it ends.
            #expect(first.waitForOutput("\"step\":40,"))
            first.send(SIGKILL)
            #expect(first.wait().ending == .signal(SIGKILL))
            let second = try Tool.start(many + ["--resume"])
            #expect(second.waitForOutput("\"event\":\"step\""), "\(second.wait().errors)")
            second.send(SIGKILL)
        }

        @Test func aFullDisk() throws {
            // A model of 300 KB, and a disk that is full for files beyond 64 KiB.
            let full = Tool.Limits(fileBytes: 64 << 10)
            let wide = ["--width", "80", "--json"]
            let steps = 2000
            expectSuccess(try Tool.run(arguments("whole", steps: steps, wide)))
            let session = try Tool.start(arguments("run", steps: steps, wide))
            #expect(session.waitForOutput("\"step\":12,"))
            session.send(SIGTERM)
            #expect(session.wait().ending == .exit(143))
            let before = try Tiny.weights(folder["run"])
            let latest = try Files.read(folder["run/training/checkpoints/latest"])

            let failed = try Tool.run(
                arguments("run", steps: steps, wide + ["--resume"]), limits: full)
            #expect(failed.ending == .exit(1))
            #expect(failed.errors.contains("error: "), "\(failed.errors)")
            #expect(failed.errors.contains("model.safetensors"), "\(failed.errors)")
            #expect(
                ["disk", "limit", "too large", "No space"].contains { failed.errors.contains($0) },
                "\(failed.errors)")
            // The run is as it was, and nothing half-written takes the space the next try needs.
            #expect(try Tiny.weights(folder["run"]) == before)
            #expect(try Files.read(folder["run/training/checkpoints/latest"]) == latest)
            let names = try Files.list(folder["run/training/checkpoints"])
            #expect(names.allSatisfy { $0 == "latest" || $0.hasPrefix("step-") }, "\(names)")

            expectSuccess(try Tool.run(arguments("run", steps: steps, wide + ["--resume"])))
            #expect(try Tiny.weights(folder["run"]) == (try Tiny.weights(folder["whole"])))
        }

        @Test func aFullDiskFromTheBeginning() throws {
            let wide = ["--width", "80"]
            expectSuccess(try Tool.run(arguments("whole", wide)))
            let failed = try Tool.run(
                arguments("run", wide), limits: Tool.Limits(fileBytes: 64 << 10))
            expectFailure(failed, status: 1)
            #expect(failed.errors.contains("model.safetensors"))
            expectSuccess(try Tool.run(arguments("run", wide + ["--resume"])))
            #expect(try Tiny.weights(folder["run"]) == (try Tiny.weights(folder["whole"])))
        }

        @Test func aFullDiskForOtherVerbs() throws {
            let model = try Tiny.train(in: folder)
            let full = Tool.Limits(fileBytes: 512)
            let output = folder["out.safetensors"]
            expectFailure(
                try Tool.run(
                    [
                        "forward", "--model", model, "--ids", "1 2", "--gradients", "--output",
                        output,
                    ],
                    limits: full), "out.safetensors")
            #expect(!Files.exists(output))
            expectFailure(
                try Tool.run(
                    [
                        "tokenizer", "train", "--data", data, "--vocab-size", "300", "--output",
                        folder["v"],
                    ], limits: full), "tokenizer.json")
            #expect(!Files.exists(folder["v/tokenizer.json"]))
            expectFailure(
                try Tool.run(
                    ["demo", "--corpus", folder["stories.txt"], "--stories", "9"], limits: full),
                "stories.txt")
            #expect(!Files.exists(folder["stories.txt"]))
        }
    }
}
