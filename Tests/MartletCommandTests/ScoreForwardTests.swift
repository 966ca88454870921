import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension VerbTests {
    @Suite struct ScoreAndForward {
        private let folder: TemporaryFolder
        private let model: String

        init() throws {
            folder = try TemporaryFolder()
            model = try Tiny.train(in: folder, steps: 40)
        }

        private func score(_ others: String...) throws -> JSONObject {
            let run = try Tool.run(["score", "--model", model, "--json"] + others)
            expectSuccess(run)
            let objects = try run.objects()
            #expect(objects.count == 1)
            return objects.first ?? [:]
        }

        private func logprobs(_ object: JSONObject) -> [Double?] {
            (object["logprobs"]?.array ?? []).map(\.double)
        }

        private func forward(_ others: String...) throws -> (file: TensorFile, loss: Double?) {
            let output = folder["out.safetensors"]
            let run = try Tool.run(
                ["forward", "--model", model, "--output", output, "--json"] + others)
            expectSuccess(run)
            return (try TensorFile(output), try run.objects().first?["loss"]?.double)
        }

        // MARK: score

        @Test func scoreKeysAndSums() throws {
            let text = "the cat sat"
            let object = try score("--text", text)
            expectKeys(object, "ids", "tokens", "logprobs", "nll", "perplexity", "bits_per_byte")
            let values = logprobs(object)
            #expect(values.count == text.utf8.count && object["ids"]?.array?.count == values.count)
            #expect((object["tokens"]?.array ?? []).compactMap(\.string).joined() == text)
            #expect(values.first == .some(nil))
            let rest = values.dropFirst().compactMap { $0 }
            #expect(rest.count == values.count - 1 && rest.allSatisfy { $0 < 0 })
            let nll = object["nll"]?.double
            #expect(agree(nll, -rest.reduce(0, +) / Double(rest.count), 1e-9))
            #expect(agree(object["perplexity"]?.double, nll.map { exp($0) }, 1e-9))
            #expect(agree(object["bits_per_byte"]?.double, nll.map { $0 / log(2) }, 1e-9))
        }

        @Test func aFileAndIDsScoreAlike() throws {
            let text = "the cat sat"
            try folder.write(text, to: "cat.txt")
            let byText = try score("--text", text)
            #expect(try score("--file", folder["cat.txt"]) == byText)
            let ids = (byText["ids"]?.array ?? []).compactMap(\.int).map(String.init)
            let byIDs = try score("--ids", ids.joined(separator: " "))
            #expect(byIDs["logprobs"] == byText["logprobs"])
            #expect(try score("--text", text, "--threads", "1")["logprobs"] == byText["logprobs"])
        }

        @Test func longTextsGoInWindows() throws {
            let text = String(Sample.text(seed: 3).prefix(50))
            let object = try score("--text", text)
            let values = logprobs(object)
            #expect(values.count == 50 && values.dropFirst().allSatisfy { $0 != nil })
            let ids = (object["ids"]?.array ?? []).compactMap(\.int).map(String.init)
            // Each window of 16 inputs predicts the next 16 tokens and sees nothing before it.
            for window in 0..<3 {
                let part = ids[(16 * window)...min(16 * window + 16, 49)]
                let alone = logprobs(try score("--ids", part.joined(separator: " ")))
                for (offset, value) in alone.enumerated().dropFirst() {
                    #expect(agree(values[16 * window + offset], value, 1e-4))
                }
            }
            // With a stride of 1 every token has all the context it can have.
            let closer = logprobs(try score("--text", text, "--stride", "1"))
            #expect(zip(values, closer).prefix(17).allSatisfy { agree($0 ?? 0, $1 ?? 0, 1e-4) })
            let last = logprobs(try score("--ids", ids.suffix(17).joined(separator: " ")))
            #expect(agree(closer[49], last[16], 1e-4))
            #expect(!agree(values[40], closer[40], 1e-6))
        }

        @Test func oneToken() throws {
            let object = try score("--text", "t")
            #expect(object["nll"]?.isNull == true)
            #expect(object["logprobs"] == [.null])
        }

        // MARK: forward

        @Test func forwardSavesEverything() throws {
            let (file, loss) = try forward("--ids", "17 9 7", "--hidden-states", "--gradients")
            #expect(loss != nil)
            #expect(file.entries.values.allSatisfy { $0.dtype == "F32" })
            #expect(file.entries["logits"]?.shape == [1, 3, 20])
            for layer in 0...1 {
                #expect(file.entries["hidden_states.\(layer)"]?.shape == [1, 3, 16])
            }
            #expect(file.entries["hidden_states.2"] == nil)
            // One gradient for every tensor of the model, in its published name and layout.
            let model = try TensorFile(Files.join(self.model, "model.safetensors"))
            for (name, tensor) in model.entries {
                let gradient = file.entries["gradients." + name]
                #expect(gradient?.shape == tensor.shape, "\(name)")
                let values = file.floats("gradients." + name)
                #expect(values.allSatisfy { $0.isFinite })
                #expect(values.contains { $0 != 0 }, "\(name)")
            }
            #expect(file.entries.count == 1 + 2 + model.entries.count)
        }

        @Test func forwardAgreesWithScore() throws {
            let text = "the cat sat"
            let scored = try score("--text", text)
            let ids = (scored["ids"]?.array ?? []).compactMap(\.int)
            let list = ids.map(String.init).joined(separator: " ")
            let (file, loss) = try forward("--text", text, "--labels", list)
            #expect(agree(loss, scored["nll"]?.double, 1e-6))
            let logits = file.floats("logits").map(Double.init)
            let values = logprobs(scored)
            for position in 1..<ids.count {
                let row = Array(logits[20 * (position - 1)..<20 * position])
                let top = row.max() ?? 0
                let normaliser = top + log(row.reduce(0) { $0 + exp($1 - top) })
                #expect(agree(row[ids[position]] - normaliser, values[position], 1e-5))
            }
        }

        @Test func ignoredLabels() throws {
            let (_, all) = try forward("--ids", "17 9 7", "--labels", "17 9 7")
            let (_, first) = try forward("--ids", "17 9 7", "--labels=-100 9 -100")
            let (_, second) = try forward("--ids", "17 9 7", "--labels=-100 -100 7")
            #expect(agree(all, ((first ?? 0) + (second ?? 0)) / 2, 1e-6))
        }

        @Test func gradientsAreThoseOfTheLoss() throws {
            // The loss's slope along its own gradient, measured by a step on a copy of the model.
            let (file, loss) = try forward("--ids", "17 9 7 1 5", "--gradients")
            let name = "transformer.wpe.weight"
            let gradient = file.floats("gradients." + name)
            let square = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
            let path = Files.join(model, "model.safetensors")
            let weights = try TensorFile(path)
            let entry = try #require(weights.entries[name])
            let step = Float(1e-2 / square.squareRoot())
            var bytes = try Files.read(path)
            let start = bytes.count - (weights.entries.values.map(\.range.upperBound).max() ?? 0)
            for (index, value) in weights.floats(name).enumerated() {
                let moved = (value - step * gradient[index]).bitPattern
                for byte in 0..<4 {
                    bytes[start + entry.range.lowerBound + 4 * index + byte] =
                        UInt8(truncatingIfNeeded: moved >> (8 * UInt32(byte)))
                }
            }
            try Files.write(bytes, to: path)
            let (_, after) = try forward("--ids", "17 9 7 1 5", "--labels", "17 9 7 1 5")
            let fall = try #require(loss) - (try #require(after))
            #expect(agree(fall / (Double(step) * square), 1, 0.05), "\(fall)")
        }

        @Test func withoutLabelsThereIsNoLoss() throws {
            let (file, loss) = try forward("--ids", "1")
            #expect(loss == nil)
            #expect(Array(file.entries.keys) == ["logits"])
        }
    }
}
