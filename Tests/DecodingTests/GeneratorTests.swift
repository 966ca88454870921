import ByteIO
import Decoding
import LanguageModels
import Neural
import Tensors
import Testing
import Tokenization

@Suite struct GeneratorTests {
    private func model(_ device: Device) throws -> GPT {
        let store = ParameterStore(on: device)
        let model = GPT(
            GPTConfiguration(vocabulary: 257, context: 48, width: 32, depth: 2, heads: 2), in: store
        )
        try store.fillForInference(from: RandomWeights(seed: 2))
        return model
    }

    private func options(_ change: (inout SamplingOptions) -> Void = { _ in }) -> SamplingOptions {
        var options = SamplingOptions()
        options.maximumTokens = 12
        change(&options)
        return options
    }

    @Test(arguments: [Precision.float32, .bfloat16])
    func cachedGreedyEqualsRecomputation(_ precision: Precision) throws {
        let device = Device(threads: 2, precision: precision)
        let model = try model(device)
        let prompt: [Int32] = [10, 200, 31, 7]
        let result = try Generator(model, tokenizer: nil).generate(
            prompt: prompt, options: options { $0.temperature = 0 })
        var ids = prompt
        for _ in 0..<12 {
            let logits = model(Tensor(ids, [1, ids.count], on: device), .evaluation())
            let last = logits.sliced(1, ids.count - 1..<ids.count).floats
            ids.append(Sampler.likeliest(last))
        }
        #expect(result[0].ids == Array(ids.dropFirst(4)))
        #expect(result[0].finishReason == .length)
    }

    @Test func samplesDoNotDependOnTheirNeighbours() throws {
        let model = try model(Device(threads: 1))
        let generator = Generator(model, tokenizer: nil)
        let one = try generator.generate(prompt: [1, 2], options: options { $0.seed = 5 })
        let three = try generator.generate(
            prompt: [1, 2], options: options { $0.seed = 5 }, samples: 3)
        #expect(one[0].ids == three[0].ids)
        #expect(Set(three.map(\.ids)).count == 3)
        let other = try generator.generate(prompt: [1, 2], options: options { $0.seed = 6 })
        #expect(one[0].ids != other[0].ids)
    }

    @Test func theContextsEndIsTheEnd() throws {
        let model = try model(Device(threads: 1))
        let prompt = (0..<45).map { Int32($0) }
        let result = try Generator(model, tokenizer: nil).generate(
            prompt: prompt, options: options())
        // Position 48 is the last; the token predicted there has no place any more.
        #expect(result[0].ids.count == 3)
        #expect(result[0].finishReason == .context)
    }

    @Test func badPromptsAreRefused() throws {
        let generator = Generator(try model(Device(threads: 1)), tokenizer: nil)
        for prompt in [[], [257], [-1], Array(repeating: Int32(1), count: 49)] {
            #expect(throws: MartletError.self) {
                try generator.generate(prompt: prompt, options: options())
            }
        }
        #expect(throws: MartletError.self) {
            try generator.generate(prompt: [1], options: options { $0.topP = 0 })
        }
    }

    @Test func streamedTextIsTheText() throws {
        let generator = Generator(try model(Device(threads: 1)), tokenizer: .bytes())
        var pieces: [String] = []
        let result = try generator.generate(
            prompt: [65], options: options { $0.maximumTokens = 40 }, stream: { pieces.append($1) })
        #expect(pieces.joined() == result[0].text)
        #expect(pieces.count > 1)
    }

    @Test func stopStringsEndTheTextBeforeThem() throws {
        let generator = Generator(try model(Device(threads: 1)), tokenizer: .bytes())
        let plain = try generator.generate(prompt: [65], options: options { $0.temperature = 0 })
        let text = Array((plain[0].text ?? "").unicodeScalars)
        try #require(text.count >= 6)
        var stop = String.UnicodeScalarView()
        stop.append(contentsOf: text[3..<5])
        let stopped = try generator.generate(
            prompt: [65],
            options: options {
                $0.temperature = 0; $0.stopStrings = [String(stop)]
            })
        #expect(stopped[0].finishReason == .stop)
        #expect(plain[0].text?.hasPrefix(stopped[0].text ?? "?") == true)
        #expect((stopped[0].text ?? "").unicodeScalars.count <= 3)
    }

    @Test func scoresAreTheModelsLogProbabilities() throws {
        let device = Device(threads: 1)
        let model = try model(device)
        let ids = (0..<100).map { Int32($0 * 37 % 257) }
        let scored = try Scoring(model).logProbabilities(ids)
        #expect(scored.count == 100)
        #expect(scored[0] == nil)
        // Within the first window: the plain log-softmax.
        let logits = model(Tensor(Array(ids[..<48]), [1, 48], on: device), .evaluation())
            .logSoftmax()
        for position in 0..<48 {
            let expected = logits.sliced(1, position..<position + 1).floats[Int(ids[position + 1])]
            #expect(abs((scored[position + 1] ?? 0) - Double(expected)) < 1e-5)
        }
        // Strided windows see more context, and agree where the windows do.
        let strided = try Scoring(model).logProbabilities(ids, stride: 10)
        #expect(strided.count == 100)
        for position in 1...48 {
            #expect(abs((strided[position] ?? 0) - (scored[position] ?? 1)) < 1e-5)
        }
        for rows in [1, 3, 7] {
            #expect(try Scoring(model).logProbabilities(ids, stride: 10, rows: rows) == strided)
        }
        #expect(throws: MartletError.self) { try Scoring(model).logProbabilities([]) }
    }
}
