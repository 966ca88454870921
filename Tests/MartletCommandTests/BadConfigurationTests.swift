import ByteIO
import Testing

extension BadInputTests {
    /// Files for `--config`.
    @Suite struct Configuration {
        private let folder: TemporaryFolder
        private let data: String

        init() throws {
            folder = try TemporaryFolder()
            data = try folder.write(Sample.text(), to: "text.txt")
        }

        private func pretrain(_ yaml: String) throws -> Outcome {
            try folder.write(yaml, to: "bad.yaml")
            let run = try Tool.run(
                [
                    "pretrain", "--config", folder["bad.yaml"], "--data", data, "--output",
                    folder["run"],
                ]
                    + Tiny.flags().filter { $0 != "--steps" && $0 != "6" })
            #expect(!Files.exists(folder["run"]))
            return run
        }

        @Test func missingFile() throws {
            let run = try Tool.run(["pretrain", "--config", folder["none.yaml"]])
            expectFailure(run, "none.yaml", "No such file")
            expectFailure(try Tool.run(["pretrain", "--config"]), status: 2, "--config")
        }

        @Test func unknownKeyNamesFileAndKey() throws {
            let run = try pretrain("steps: 3\nlearning-rat: 0.1\n")
            expectFailure(run, "bad.yaml:2", "learning-rat")
            #expect(!run.errors.contains("Usage"))
        }

        @Test func unknownKeyForAVerbWithNeededFlags() throws {
            try folder.write("max-new-token: 3\n", to: "bad.yaml")
            for model in [["--model", "m", "--prompt", "the"], ["--prompt", "the"]] {
                let run = try Tool.run(["generate", "--config", folder["bad.yaml"]] + model)
                // Without a model there are two faults, and either may be named first.
                if model.count == 4 { expectFailure(run, "bad.yaml:1", "max-new-token") }
                #expect(run.ending == .exit(model.count == 4 ? 1 : 2))
            }
        }

        @Test(arguments: ["bogus:", "bogus: null", "bogus: false", "bogus: true", "bogus: [a, b]"])
        func unknownKeyWhateverItsValue(_ line: String) throws {
            expectFailure(try pretrain("steps: 3\n\(line)\n"), "bad.yaml:2", "bogus")
        }

        @Test(arguments: ["help: true", "version: true", "generate-completion-script: bash"])
        func notEverythingTheParserKnowsIsAKey(_ line: String) throws {
            expectFailure(try pretrain(line + "\n"), "bad.yaml:1")
        }

        @Test func aFileCannotNameAnother() throws {
            expectFailure(try pretrain("config: other.yaml\n"), "bad.yaml:1", "config")
        }

        @Test(arguments: [
            "steps: [1", "steps: 'a", "a: b: c", "\tsteps: 3", "steps: 3\n  width: 2\n",
        ])
        func malformedYAML(_ yaml: String) throws {
            expectFailure(try pretrain(yaml), "bad.yaml")
        }

        @Test(arguments: ["- steps", "just a line", "3"])
        func notAMapping(_ yaml: String) throws {
            expectFailure(try pretrain(yaml), "bad.yaml", "flag: value")
        }

        @Test func repeatedKey() throws {
            expectFailure(try pretrain("steps: 3\nsteps: 4\n"), "bad.yaml", "steps")
        }

        @Test(arguments: [
            "steps: many", "steps: 1.5", "steps: true", "steps: {a: 2}", "steps: [1, 2]",
            "steps: ''", "learning-rate: fast", "json: 3", "resume: maybe", "seed: -1",
            "threads: two", "data: {a: b}",
        ])
        func wrongTypeNamesFileAndKey(_ line: String) throws {
            let key = String(line.prefix { $0 != ":" })
            let run = try pretrain("dropout: 0.0\n\(line)\n")
            expectFailure(run, "bad.yaml:2", "'\(key)'")
        }

        @Test func notUTF8() throws {
            try folder.write([0x73, 0xFF, 0x3A, 0x20, 0x31], to: "bad.yaml")
            let run = try Tool.run(["pretrain", "--config", folder["bad.yaml"]])
            expectFailure(run, "bad.yaml")
        }
    }
}
