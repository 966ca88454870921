import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension VerbTests {
    @Suite struct Info {
        private func info(_ preset: String) throws -> JSONObject {
            let run = try Tool.run(["info", "--preset", preset, "--json"])
            expectSuccess(run)
            return try #require(try run.objects().first)
        }

        @Test func theLargestAllocatesNothing() throws {
            let clock = ContinuousClock()
            let begin = clock.now
            let run = try Tool.run(
                ["info", "--preset", "gpt3-175b", "--json"],
                limits: Tool.Limits(memoryBytes: 4 << 30))
            #expect(clock.now - begin < .seconds(2))
            expectSuccess(run)
            // A child's peak begins with what its parent occupied when it was spawned.
            #expect(run.peakMemory < 2 << 30)
            let object = try #require(try run.objects().first)
            expectKeys(object, "parameters", "flops_per_token", "memory")
            #expect(object["parameters"]?.int == 174_604_259_328)
            let memory = try #require(object["memory"]?.object)
            #expect(memory["weights"]?.double == Double(4 * 174_604_259_328))
            // Whether its banded attention is modelled is said.
            #expect(object["note"]?.string?.contains("banded") == true)
            let text = try Tool.run(["info", "--preset", "gpt3-175b"])
            #expect(text.output.contains("banded") && text.output.contains("174.6B"))
        }

        @Test(arguments: [
            ("gpt2-124m", 124_439_808), ("gpt2-355m", 354_823_168), ("gpt2-774m", 774_030_080),
            ("gpt2-1.6b", 1_557_611_200), ("char10m", 10_770_816), ("char0.8m", 809_856),
        ])
        func publishedSizes(_ preset: String, _ parameters: Int) throws {
            let object = try info(preset)
            #expect(object["parameters"]?.int == parameters)
            let sum = (object["tensors"]?.array ?? []).reduce(0) { sum, tensor in
                sum + (tensor["shape"]?.array ?? []).compactMap(\.int).reduce(1, *)
            }
            #expect(sum == parameters)
        }

        @Test func presetsOfTheDesign() throws {
            let run = try Tool.run(["info", "--json"])
            expectSuccess(run)
            let names = try run.objects().compactMap { $0["preset"]?.string }
            for name in [
                "char10m", "char0.8m", "gpt1-117m", "gpt2-124m", "gpt3-175b", "llama-335m",
            ] {
                #expect(names.contains(name))
                expectSuccess(try Tool.run(["info", "--preset", name]))
            }
        }

        @Test func aModelFolder() throws {
            let folder = try TemporaryFolder()
            let model = try Tiny.train(in: folder)
            let run = try Tool.run(["info", "--model", model, "--json"])
            expectSuccess(run)
            let object = try #require(try run.objects().first)
            let file = try TensorFile(Files.join(model, "model.safetensors"))
            let stored = file.entries.values.reduce(0) { $0 + $1.shape.reduce(1, *) }
            #expect(object["parameters"]?.int == stored)
            #expect(object["memory"]?["weights"]?.double == Double(4 * stored))
            let text = try Tool.run(["info", "--model", model, "--tensors"])
            expectSuccess(text)
            #expect(text.output.contains("\(stored)") && text.output.contains("[20, 16]"))
        }
    }

    @Suite struct Bench {
        private func bench(_ words: String...) throws -> JSONObject { try bench(words) }

        private func bench(_ words: [String]) throws -> JSONObject {
            let run = try Tool.run(["bench"] + words + ["--json"])
            expectSuccess(run)
            let objects = try run.objects()
            #expect(objects.count == 1)
            let object = objects.first ?? [:]
            expectKeys(object, "peak_rss_mb", "tier", "threads")
            #expect(
                ["scalar", "avx2", "avx512", "avx512bf16", "amx"].contains(object["tier"]?.string))
            return object
        }

        @Test(arguments: ["float32", "bfloat16"])
        func matmul(_ precision: String) throws {
            let object = try bench("matmul", "--shape", "33x17x65", "--precision", precision)
            expectKeys(object, "gflops_median", "ms_per_step_median")
            #expect(try #require(object["gflops_median"]?.double) > 0)
            #expect(object["precision"]?.string == precision)
        }

        @Test(arguments: ["scalar", "avx2", "avx512", "avx512bf16", "amx"])
        func everyTierRunsOrSaysThatItDoesNot(_ tier: String) throws {
            let run = try Tool.run(
                ["bench", "matmul", "--shape", "8x8x8", "--json"],
                environment: ["MARTLET_TIER": tier])
            if run.ending == .exit(0) {
                #expect(try run.objects().first?["tier"]?.string == tier)
            } else {
                expectFailure(run, "MARTLET_TIER", tier, "does not run it")
                #expect(tier != "scalar")
            }
        }

        @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
        func signalsEndItAtOnce(_ signal: Int32, _ status: Int32) throws {
            let tool = try Tool.start([
                "bench", "matmul", "--shape", "64x64x64", "--steps", "100000000",
            ])
            #expect(tool.wait(atMost: 0.5) == nil)
            tool.send(signal)
            #expect(tool.wait(timeout: 10).ending == .exit(status))
        }

        @Test func tiers() throws {
            let run = try Tool.run(
                ["bench", "matmul", "--shape", "8x8x8", "--json"],
                environment: ["MARTLET_TIER": "scalar"])
            expectSuccess(run)
            #expect(try run.objects().first?["tier"]?.string == "scalar")
        }

        @Test func train() throws {
            let object = try bench(
                "train", "--preset", "char0.8m", "--batch", "2", "--context", "16", "--steps", "2",
                "--threads", "1")
            expectKeys(
                object, "tokens_per_s_median", "tokens_per_s_best", "ms_per_step_median",
                "peak_rss_mb", "tier", "threads")
            #expect(object["threads"]?.int == 1)
            let (best, median) = (
                object["tokens_per_s_best"]?.double ?? 0, object["tokens_per_s_median"]?.double ?? 1
            )
            #expect(best >= median && median > 0)
        }

        @Test(arguments: ["float32", "bfloat16"])
        func prefillAndDecode(_ precision: String) throws {
            let flags = ["--preset", "char0.8m", "--precision", precision, "--prompt", "8"]
            let prefill = try bench(["prefill", "--steps", "2"] + flags)
            let decode = try bench(["decode", "--steps", "3", "--streams", "5"] + flags)
            for object in [prefill, decode] {
                expectKeys(
                    object, "tokens_per_s_median", "tokens_per_s_best", "ms_per_step_median",
                    "peak_rss_mb", "tier", "threads", "weight_bytes")
                // Every matrix but the positions once: 65 x 128 and four blocks of 12 x 128 x 128.
                #expect(
                    object["weight_bytes"]?.int
                        == (65 * 128 + 4 * 12 * 128 * 128) * (precision == "float32" ? 4 : 2))
            }
        }

        @Test func tokenizeAndLoad() throws {
            let folder = try TemporaryFolder()
            let model = try Tiny.train(in: folder)
            let speed = try bench("tokenize", "--model", model, "--file", folder["text.txt"])
            expectKeys(
                speed, "mb_per_s_median", "tokens_per_s_median", "decode_mb_per_s_median", "load_ms"
            )
            let load = try bench("load", "--model", model)
            expectKeys(load, "load_ms", "weight_bytes")
            let file = try TensorFile(Files.join(model, "model.safetensors"))
            #expect(
                load["weight_bytes"]?.int == file.entries.values.reduce(0) { $0 + $1.range.count })
        }

        @Test func forPeopleToo() throws {
            let run = try Tool.run(["bench", "matmul", "--shape", "8x8x8"])
            expectSuccess(run)
            #expect(run.output.contains("gflops_median"))
        }
    }
}
