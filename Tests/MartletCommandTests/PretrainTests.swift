import ByteIO
import Testing

extension VerbTests {
    @Suite struct Pretrain {
        private let folder: TemporaryFolder
        private let data: String

        init() throws {
            folder = try TemporaryFolder()
            data = try folder.write(Sample.text(), to: "text.txt")
        }

        private func pretrain(
            _ run: String, data: [String]? = nil, _ others: [String] = [], input: [UInt8] = []
        ) throws -> Outcome {
            try Tool.run(
                ["pretrain", "--data"] + (data ?? [self.data]) + [
                    "--output", folder[run], "--json",
                ]
                    + Tiny.flags(steps: 6) + others, input: input)
        }

        @Test func events() throws {
            let run = try pretrain("run", ["--evaluate-every", "2", "--checkpoint-every", "3"])
            expectSuccess(run)
            let objects = try run.objects()
            #expect(objects.allSatisfy { $0["event"]?.string != nil })
            let steps = try run.events("step")
            #expect(steps.compactMap { $0["step"]?.int } == [1, 2, 3, 4, 5, 6])
            for step in steps {
                expectKeys(step, "step", "loss", "learning_rate", "grad_norm", "tokens_per_s")
            }
            #expect(try run.events("validation").compactMap { $0["step"]?.int } == [2, 4, 6])
            #expect(try run.events("checkpoint").compactMap { $0["step"]?.int } == [3, 6])

            let end = try #require(objects.last)
            #expect(end["event"]?.string == "end")
            expectKeys(
                end, "train_loss", "val_loss", "val_bits_per_byte", "best_val_loss", "token_count",
                "seconds")
            #expect(end["token_count"]?.int == 6 * 4 * Tiny.context)
            let losses = steps.compactMap { $0["loss"]?.double }
            #expect(agree(end["train_loss"]?.double, losses.reduce(0, +) / 6, 1e-9))
            let validation = try run.events("validation").compactMap { $0["val_loss"]?.double }
            #expect(end["val_loss"]?.double == validation.last)
            #expect(end["best_val_loss"]?.double == validation.min())
            // Every character is a token and a byte: nats a token are bits a byte but for log 2.
            let bits = end["val_bits_per_byte"]?.double
            #expect(agree(bits, (validation.last ?? 0) / 0.6931471805599453))
            // The same records are kept in the run.
            let records = try Files.read(folder["run/training/metrics.jsonl"])
            #expect(records.split(separator: 0x0A).count >= 6 + 3 + 1)
        }

        @Test func theFolderIsAModelFolder() throws {
            expectSuccess(try pretrain("run"))
            let config = try JSONValue(
                parsing: try Files.read(folder["run/config.json"]), place: "c")
            #expect(config["model_type"]?.string == "gpt2")
            #expect(config["n_embd"]?.int == Tiny.width && config["n_layer"]?.int == 1)
            #expect(config["n_head"]?.int == 2 && config["n_positions"]?.int == Tiny.context)
            #expect(config["eos_token_id"]?.isNull == true)
            let model = try TensorFile(folder["run/model.safetensors"])
            #expect(model.entries.values.allSatisfy { $0.dtype == "F32" })
            #expect(model.entries["transformer.wte.weight"]?.shape == [20, 16])
            #expect(model.entries["transformer.h.0.attn.c_attn.weight"]?.shape == [16, 48])
            for file in [
                "tokenizer.json", "generation_config.json", "training/config.yaml",
                "training/metrics.jsonl", "training/best/model.safetensors",
            ] { #expect(Files.exists(folder["run/\(file)"]), "\(file)") }
            let report = String(
                decoding: try Files.read(folder["run/training/report.html"]), as: UTF8.self)
            #expect(report.contains("<svg") && report.contains("</html>"))
            #expect(
                !report.contains("http://") && !report.contains("https://")
                    || report.contains("www.w3.org"))
        }

        @Test func validationLossIsThatOfTheSavedWeightsOverTheWholeSplit() throws {
            let run = try pretrain("run", ["--precision", "float32"])
            expectSuccess(run)
            let bytes = Array(Sample.text().utf8)
            try folder.write(
                Array(bytes.suffix(bytes.count - bytes.count * 9 / 10)), to: "last.txt")
            let score = try Tool.run([
                "score", "--model", folder["run"], "--file", folder["last.txt"], "--json",
            ])
            let loss = try run.events("end").first?["val_loss"]?.double
            // The split may lie a byte or two off, among 900.
            #expect(agree(loss, try score.objects().first?["nll"]?.double, 2e-3))
        }

        @Test func zeroStepsWriteALoadableModel() throws {
            let run = try pretrain("run", ["--steps", "0"])
            expectSuccess(run)
            #expect(try run.events("step").isEmpty)
            #expect(try run.events("end").first?["token_count"]?.int == 0)
            for words in [["generate", "--prompt", "the"], ["info"], ["score", "--text", "the"]] {
                expectSuccess(
                    try Tool.run([words[0], "--model", folder["run"]] + words.dropFirst()))
            }
            expectSuccess(try pretrain("again", ["--steps", "0"]))
            #expect(try Tiny.weights(folder["run"]) == (try Tiny.weights(folder["again"])))
        }

        @Test func tokensBecomeSteps() throws {
            let words = [
                "pretrain", "--data", data, "--output", folder["run"], "--json", "--tokens", "129",
            ]
            let run = try Tool.run(words + Tiny.flags().filter { $0 != "--steps" && $0 != "6" })
            expectSuccess(run)
            #expect(try run.events("step").count == 3)
        }

        @Test func microBatchesMakeOneStep() throws {
            expectSuccess(try pretrain("whole", ["--precision", "float32", "--batch", "8"]))
            let run = try pretrain("parts", ["--precision", "float32", "--accumulate", "2"])
            expectSuccess(run)
            #expect(try run.events("end").first?["token_count"]?.int == 6 * 8 * Tiny.context)
            let whole = try TensorFile(folder["whole/model.safetensors"]).floats(
                "transformer.wte.weight")
            let parts = try TensorFile(folder["parts/model.safetensors"]).floats(
                "transformer.wte.weight")
            #expect(whole.count == 320)
            #expect(zip(whole, parts).allSatisfy { abs($0 - $1) < 1e-4 })
        }

        @Test(arguments: ["bytes", "chars", "bpe:300"])
        func tokenizers(_ name: String) throws {
            let run = try pretrain("run", ["--tokenizer", name])
            expectSuccess(run)
            let config = try JSONValue(
                parsing: try Files.read(folder["run/config.json"]), place: "c")
            #expect(config["vocab_size"]?.int == ["bytes": 257, "chars": 20, "bpe:300": 300][name])
            expectSuccess(try Tool.run(["generate", "--model", folder["run"], "--prompt", "the"]))
        }

        @Test func samplesAreTakenWhileTraining() throws {
            let run = try pretrain("run", ["--evaluate-every", "2", "--sample-prompt", "the "])
            expectSuccess(run)
            let samples = try run.events("sample")
            #expect(samples.compactMap { $0["step"]?.int } == [2, 4])
            for sample in samples { #expect(sample["prompt"]?.string == "the ") }
        }

        // MARK: Where text comes from

        @Test func standardInputAndFilesGiveTheSameModel() throws {
            expectSuccess(try pretrain("file"))
            let text = Array(Sample.text().utf8)
            expectSuccess(try pretrain("stdin", data: ["-"], input: text))
            #expect(try Tiny.weights(folder["file"]) == (try Tiny.weights(folder["stdin"])))
            // The second time the tokens come from the cache.
            expectSuccess(try pretrain("cached"))
            #expect(try Tiny.weights(folder["file"]) == (try Tiny.weights(folder["cached"])))
        }

        @Test func foldersGlobsAndLists() throws {
            for index in 0..<12 {
                try folder.write(
                    Sample.text(words: 200, seed: UInt64(index)), to: "texts/\(index + 10).txt")
            }
            try folder.write("not text", to: "texts/picture.png")
            let files = (10..<22).map { folder["texts/\($0).txt"] }
            expectSuccess(try pretrain("folder", data: [folder["texts"]]))
            expectSuccess(try pretrain("glob", data: [folder["texts/*.txt"]]))
            expectSuccess(try pretrain("list", data: files))
            let expected = try Tiny.weights(folder["folder"])
            #expect(try Tiny.weights(folder["glob"]) == expected)
            #expect(try Tiny.weights(folder["list"]) == expected)
            // Several documents are kept apart by an end-of-text token.
            let config = try JSONValue(
                parsing: try Files.read(folder["list/config.json"]), place: "c")
            #expect(config["vocab_size"]?.int == 21)
            #expect(config["eos_token_id"]?.int != nil)
        }

        @Test func jsonLines() throws {
            var plain: [String] = []
            var (text, body) = ("", "")
            for index in 0..<12 {
                let document = Sample.text(words: 200, seed: UInt64(index))
                plain.append(try folder.write(document, to: "texts/\(index + 10).txt"))
                text += JSONValue.object(["text": .string(document), "n": 1]).text() + "\n"
                body += JSONValue.object(["body": .string(document), "text": 7]).text() + "\n"
            }
            try folder.write(text, to: "a.jsonl")
            try folder.write(body, to: "b.jsonl")
            expectSuccess(try pretrain("plain", data: plain))
            expectSuccess(try pretrain("text", data: [folder["a.jsonl"]]))
            expectSuccess(
                try pretrain("body", data: [folder["b.jsonl"]], ["--text-field", "body"]))
            #expect(try Tiny.weights(folder["text"]) == (try Tiny.weights(folder["plain"])))
            #expect(try Tiny.weights(folder["body"]) == (try Tiny.weights(folder["plain"])))
        }

        @Test func invalidBytesAreReplacedOnRequest() throws {
            let bytes = [0xFF] + Array(Sample.text().utf8)
            let bad = try folder.write(bytes, to: "bad.txt")
            expectSuccess(try pretrain("run", data: [bad], ["--replace-invalid"]))
            let config = try JSONValue(
                parsing: try Files.read(folder["run/config.json"]), place: "c")
            #expect(config["vocab_size"]?.int == 21)
        }

        @Test func validationOfItsOwn() throws {
            let other = try folder.write(Sample.text(words: 300, seed: 9), to: "other.txt")
            let own = try pretrain("own", ["--validation", other, "--precision", "float32"])
            expectSuccess(own)
            let score = try Tool.run(["score", "--model", folder["own"], "--file", other, "--json"])
            let loss = try own.events("end").first?["val_loss"]?.double
            #expect(agree(loss, try score.objects().first?["nll"]?.double, 1e-5))
            let half = try pretrain("half", ["--validation", "0.5"])
            expectSuccess(half)
            #expect(try Tiny.weights(folder["half"]) != (try Tiny.weights(folder["own"])))
        }
    }
}
