import ByteIO
import Testing

extension BadInputTests {
    /// Verbs, flags and their values.
    @Suite struct Flags {
        private let folder: TemporaryFolder
        private let data: String

        init() throws {
            folder = try TemporaryFolder()
            data = try folder.write(Sample.text(), to: "text.txt")
        }

        private func pretrain(_ others: [String], environment: [String: String] = [:]) throws
            -> Outcome
        {
            let run = try Tool.run(
                ["pretrain", "--data", data, "--output", folder["run"]] + Tiny.flags() + others,
                environment: environment, limits: Tool.Limits(memoryBytes: 16 << 30))
            #expect(!Files.exists(folder["run"]))
            return run
        }

        @Test func unknownVerb() throws {
            expectFailure(try Tool.run(["pretrian"]), status: 2, "pretrian")
            expectFailure(try Tool.run(["tokenizer", "trian"]), status: 2, "trian")
            expectFailure(try Tool.run(["bench", "everything"]), status: 2, "everything")
        }

        @Test(arguments: [
            "demo", "tokenizer train", "tokenizer encode", "tokenizer decode", "tokenizer inspect",
            "pretrain", "generate", "score", "forward", "info", "bench matmul", "bench train",
            "bench prefill", "bench decode", "bench tokenize", "bench load",
        ])
        func unknownFlag(_ verb: String) throws {
            // Whatever else is needed is there, so that the unknown flag is the only fault.
            let needed: [String: [String]] = [
                "tokenizer train": ["--vocab-size", "300", "--output", "v"],
                "tokenizer encode": ["--model", "m", "text"],
                "tokenizer decode": ["--model", "m", "--ids", "1"],
                "tokenizer inspect": ["--model", "m", "text"],
                "generate": ["--model", "m"], "score": ["--model", "m"],
                "forward": ["--model", "m", "--output", "f"],
                "bench prefill": ["--preset", "char0.8m"],
                "bench decode": ["--preset", "char0.8m"],
                "bench tokenize": ["--model", "m", "--file", "f"], "bench load": ["--model", "m"],
            ]
            let words = verb.split(separator: " ").map(String.init)
            let run = try Tool.run(words + (needed[verb] ?? []) + ["--bogus"])
            expectFailure(run, status: 2, "--bogus", "martlet \(verb)")
        }

        @Test func threadsAndPositionsThatCannotBeHad() throws {
            for threads in ["0", "-1", "1025", "9223372036854775807"] {
                expectFailure(
                    try Tool.run(["bench", "matmul", "--threads", threads]), status: 2, "--threads")
            }
            let decode = ["bench", "decode", "--preset", "char0.8m", "--steps"]
            expectFailure(try Tool.run(decode + ["63"]), status: 1, "context of 64")
            expectFailure(
                try Tool.run(decode + ["9223372036854775807"]), status: 2, "--steps")
            expectFailure(
                try Tool.run(["bench", "prefill", "--preset", "char0.8m", "--prompt", "65"]),
                status: 1, "context of 64")
            expectFailure(try Tool.run(["bench", "decode"]), status: 2, "--preset", "--model")
        }

        @Test func unknownOptimizerAndArchitecture() throws {
            expectFailure(try pretrain(["--optimizer", "adamx"]), status: 2, "adamx", "muon")
            expectFailure(
                try pretrain(["--architecture", "mamba"]), status: 1, "mamba", "qwen3")
        }

        @Test func neededFlags() throws {
            expectFailure(
                try Tool.run(["pretrain", "--output", folder["run"]]), status: 2, "--data")
            expectFailure(try Tool.run(["pretrain", "--data", data]), status: 2, "--output")
            expectFailure(try Tool.run(["generate", "--prompt", "the"]), status: 2, "--model")
            expectFailure(
                try Tool.run(["generate", "--model", "m"]), status: 2, "--prompt", "--ids")
            expectFailure(try Tool.run(["score", "--model", "m"]), status: 2, "--text", "--file")
            expectFailure(
                try Tool.run(["forward", "--model", "m", "--output", "f"]), status: 2, "--ids")
            expectFailure(
                try Tool.run(["demo", "--facts", folder["facts"]]), status: 2, "--facts", "--corpus"
            )
        }

        @Test func unknownPreset() throws {
            for verb in [["info"], ["bench", "train"]] {
                expectFailure(try Tool.run(verb + ["--preset", "huge"]), "huge", "char10m")
            }
            expectFailure(try pretrain(["--preset", "huge"]), "huge", "char10m")
        }

        @Test func presetThatIsOnlyDescribed() throws {
            expectFailure(try pretrain(["--preset", "gpt1-117m"]), "gpt1-117m", "described only")
        }

        @Test(arguments: [
            ["--steps", "many"], ["--steps", "1.5"], ["--steps"], ["--steps=-1"],
            ["--context", "0"],
            ["--width", "0"], ["--depth", "0"], ["--heads", "0"], ["--batch", "0"],
            ["--accumulate", "0"], ["--tokens", "10"], ["--minutes", "1"], ["--dropout", "1"],
            ["--dropout=-0.1"], ["--dropout", "nan"], ["--learning-rate", "0"],
            ["--learning-rate", "nan"], ["--learning-rate", "inf"], ["--weight-decay", "nan"],
            ["--weight-decay=-1"], ["--ema", "1"], ["--ema=-0.1"], ["--ema", "nan"],
            ["--floor", "1.5"], ["--floor=-1"],
            ["--clip-norm", "nan"], ["--clip-norm=-1"], ["--warmup=-1"],
            ["--decay", "sudden"], ["--evaluate-every", "0"], ["--checkpoint-every", "0"],
            ["--keep", "0"], ["--threads", "0"], ["--precision", "int3"],
            ["--resume", "--overwrite"],
            ["--context", "\(Int.max)"], ["--width", "\(Int.max)"], ["--depth", "\(Int.max)"],
            ["--batch", "\(Int.max)"], ["--accumulate", "\(Int.max)"], ["--steps", "\(Int.max)"],
        ])
        func valueOutOfRange(_ flags: [String]) throws {
            let name = String(flags[0].prefix { $0 != "=" })
            expectFailure(try pretrain(flags), status: 2, name)
        }

        @Test(arguments: [
            ["--tokens", "\(Int.max)"], ["--minutes", "inf"], ["--minutes", "1e300"],
            ["--minutes", "0"], ["--minutes", "nan"], ["--tokens", "0"],
        ])
        func durationOutOfRange(_ flags: [String]) throws {
            // Without --steps, which excludes these.
            let others = Tiny.flags().prefix { $0 != "--steps" }
            let run = try Tool.run(
                ["pretrain", "--data", data, "--output", folder["run"]] + others + flags,
                timeout: 20)
            expectFailure(run, status: 2, flags[0])
        }

        @Test func sizesThatDoNotFit() throws {
            expectFailure(try pretrain(["--heads", "3"]), "3 heads", "16")
            expectFailure(try pretrain(["--architecture", "abacus"]), "abacus", "gpt2")
            // Far more than any machine has: said, and not tried.
            expectFailure(
                try pretrain(["--width", "100000", "--depth", "1000", "--heads", "1"]), "memory")
        }

        @Test(arguments: ["bpe:", "bpe:100", "bpe:x", "wordlist", "bpe:99999999999999999999"])
        func badTokenizer(_ name: String) throws {
            expectFailure(try pretrain(["--tokenizer", name]), name)
        }

        @Test func unknownTier() throws {
            let run = try pretrain([], environment: ["MARTLET_TIER": "sse9"])
            expectFailure(run, status: 2, "MARTLET_TIER", "sse9", "scalar", "avx2")
            let bench = try Tool.run(
                ["bench", "matmul", "--shape", "4x4x4"], environment: ["MARTLET_TIER": "AVX2 "])
            expectFailure(bench, status: 2, "MARTLET_TIER")
        }

        @Test func benchSizes() throws {
            let limits = Tool.Limits(memoryBytes: 16 << 30)
            for shape in ["3x4", "0x4x4", "axbxc", "4x4x4x4", ""] {
                expectFailure(
                    try Tool.run(["bench", "matmul", "--shape", shape]), status: 2, "--shape")
            }
            let huge = try Tool.run(
                ["bench", "matmul", "--shape", "1048576x1048576x1048576"], limits: limits)
            expectFailure(huge, status: 2, "--shape")
            let batch = try Tool.run(
                ["bench", "train", "--batch", "100000000000", "--context", "1000000000000"],
                limits: limits)
            expectFailure(batch, status: 2, "--batch")
            expectFailure(try Tool.run(["bench", "train", "--steps", "0"]), status: 2, "--steps")
        }

        @Test func demoValues() throws {
            let output = ["--output", folder["demo"]]
            expectFailure(
                try Tool.run(["demo", "--stories", "0"] + output), status: 2, "--stories")
            expectFailure(
                try Tool.run(["demo", "--minutes", "0"] + output), status: 2, "--minutes")
            expectFailure(
                try Tool.run(["demo", "--minutes", "inf"] + output), status: 2, "--minutes")
            expectFailure(try Tool.run(["demo", "--steps=-1"] + output), status: 2, "--steps")
            #expect(!Files.exists(folder["demo"]))
        }

        @Test func aResultThatCannotBeWrittenIsAFailure() throws {
            try #require(Files.exists("/dev/full"), "a Linux device")
            let tool = try Tool.path()
            for words in ["info --preset char10m --json", "info", "--help"] {
                let run = try Tool.run(
                    script: "exec \"$0\" \(words) > /dev/full", [tool])
                expectFailure(run, "standard output", "No space left")
            }
        }
    }
}
