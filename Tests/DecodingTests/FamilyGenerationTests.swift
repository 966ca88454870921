import ByteIO
import Decoding
import LanguageModels
import Tensors
import Testing

/// What tiny models of every family write, against what `transformers` had them write
/// (Tests/LanguageModelsTests/Goldens/make_family_goldens.py).
@Suite struct FamilyGenerationTests {
    private static let goldens = Files.join(
        Files.parent(Files.parent(#filePath)), "LanguageModelsTests/Goldens")

    /// Every model of the script that writes.
    static let writers = ((try? Files.list(goldens)) ?? []).filter { $0.hasSuffix(".golden.json") }
        .filter { file in
            let path = Files.join(goldens, file)
            let record = try? JSONValue(parsing: try Files.read(path), place: path)
            return record?["greedy"] != nil
        }.map { String($0.dropLast(12)) }.sorted()

    @Test func everyWriterIsFound() { #expect(Self.writers.count >= 12) }

    private func load(_ name: String) throws -> (model: any PretrainedModel, record: JSONValue) {
        let path = Files.join(Self.goldens, name + ".golden.json")
        let record = try JSONValue(parsing: try Files.read(path), place: path)
        let folder = Files.join(Self.goldens, name)
        let model = try LanguageModels.load(folder, for: .inference, on: Device(threads: 2)).model
        return (model, record)
    }

    private func ids(_ json: JSONValue?) -> [Int32] {
        (json?.array ?? []).compactMap { $0.int.map(Int32.init) }
    }

    private func expect(
        _ options: SamplingOptions, _ expected: [Int32], _ loaded: (any PretrainedModel, JSONValue)
    ) throws {
        let prompt = ids(loaded.1["ids"]?.array?.first)
        let written = try Generator(loaded.0, tokenizer: nil).generate(
            prompt: prompt, options: options)
        let ended = expected.last.map { options.stopTokens.contains($0) } ?? false
        #expect(written[0].ids == (ended ? Array(expected.dropLast()) : expected))
        #expect((written[0].finishReason == .stop) == ended)
    }

    private func options(_ record: JSONValue) -> SamplingOptions {
        var options = SamplingOptions()
        options.temperature = 0
        options.maximumTokens = 10
        options.stopTokens = Set(record["end"]?.int.map { [Int32($0)] } ?? [])
        return options
    }

    @Test(arguments: writers) func greedy(_ name: String) throws {
        let loaded = try load(name)
        try expect(options(loaded.record), ids(loaded.record["greedy"]), loaded)
    }

    @Test(arguments: writers) func beams(_ name: String) throws {
        let loaded = try load(name)
        let settings = try #require(loaded.record["beams"]?.array)
        for setting in settings {
            var options = options(loaded.record)
            options.beams = try #require(setting["num_beams"]?.int)
            options.lengthPenalty = try #require(setting["length_penalty"]?.double)
            options.stopsEarly = setting["early_stopping"]?.bool ?? false
            try expect(options, ids(setting["ids"]), loaded)
        }
    }

    /// Prompts of different lengths side by side give what each gives alone.
    @Test(arguments: writers) func neighboursChangeNothing(_ name: String) throws {
        let (model, record) = try load(name)
        let rows = (record["ids"]?.array ?? []).map { ids($0) }
        let prompts = [rows[0], Array(rows[1][0..<4]), Array(rows[0][2..<8]), [rows[1][0]]]
        let generator = Generator(model, tokenizer: nil)
        let together = try generator.generate(prompts: prompts, options: options(record))
        for (prompt, written) in zip(prompts, together) {
            let alone = try generator.generate(prompt: prompt, options: options(record))
            #expect(written.map(\.ids) == alone.map(\.ids))
            #expect(written.map(\.promptTokens) == [prompt.count])
        }
    }

    /// Beams where tokens are ruled out, as transformers 5.23 finds them in float64: `generate([[21, 30, 2, 8, 0]],
    /// num_beams=3, num_return_sequences=3, max_new_tokens=12, bad_words_ids=[[31], [2], [17]],
    /// renormalize_logits=...)`.
    @Test(arguments: [false, true]) func beamsAddUpToOneAgain(_ renormalizes: Bool) throws {
        let (model, _) = try load("tiny-marian")
        var options = SamplingOptions()
        options.temperature = 0
        options.beams = 3
        options.maximumTokens = 12
        options.stopTokens = [0]
        options.suppressedTokens = [31, 2, 17]
        options.renormalizes = renormalizes
        let texts = try Generator(model, tokenizer: nil).generate(
            prompt: [21, 30, 2, 8, 0], options: options, samples: 3)
        let tails: [[Int32]] = [
            [18, 22, 22, 18, 18, 18, 18, 18], [18, 22, 22, 18, 18, 18, 18, 22],
            [18, 18, 22, 22, 18, 18, 18, 22],
        ]
        let order = renormalizes ? [0, 2, 1] : [0, 1, 2]
        #expect(texts.map(\.ids) == order.map { [22, 18, 18, 18] + tails[$0] })
    }

    /// One beam is greedy; several come in falling order and differ.
    @Test func severalTextsOfOneSearch() throws {
        let (model, record) = try load("tiny-window")
        var options = options(record)
        options.beams = 4
        let prompt = ids(record["ids"]?.array?.first)
        let generator = Generator(model, tokenizer: nil)
        let texts = try generator.generate(prompt: prompt, options: options, samples: 3)
        #expect(texts.map(\.sample) == [0, 1, 2])
        #expect(Set(texts.map(\.ids)).count == 3)
        #expect(throws: MartletError.self) {
            try generator.generate(prompt: prompt, options: options, samples: 5)
        }
    }

    @Test func encodersAreRefused() throws {
        let (model, _) = try load("tiny-bert-mlm")
        let error = #expect(throws: MartletError.self) {
            try Generator(model, tokenizer: nil).generate(prompt: [5], options: SamplingOptions())
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("bert"))
    }
}
