import ByteIO
import Decoding
import LanguageModels
import Neural
import Tensors
import Testing

/// Vectors of texts, and words behind masks.
@Suite struct TextEmbeddingTests {
    private static let goldens = Files.join(
        Files.parent(Files.parent(#filePath)), "LanguageModelsTests/Goldens")

    private func load(_ name: String) throws -> any PretrainedModel {
        try LanguageModels.load(
            Files.join(Self.goldens, name), for: .inference, on: Device(threads: 2)
        ).model
    }

    private func folder(_ files: [(String, String)]) throws -> String {
        let folder = try Files.temporaryDirectory()
        for (name, text) in files {
            try Files.createDirectory(Files.parent(Files.join(folder, name)))
            try Files.write(text, to: Files.join(folder, name))
        }
        return folder
    }

    private func close(_ a: [Float], _ b: [Float]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 }
    }

    /// A row's vector is the same alone and beside longer rows, in every pooling, for every kind.
    @Test(
        arguments: ["tiny-bert-model", "tiny-roberta-mlm", "tiny-window"],
        TextEmbedding.Pooling.allCases)
    func neighboursChangeNothing(_ name: String, _ pooling: TextEmbedding.Pooling) throws {
        let model = try load(name)
        let empty = try folder([])
        defer { do { try Files.remove(empty) } catch {} }
        var options = try TextEmbedding.Options(folder: empty, model)
        options.pooling = pooling
        options.normalizes = true
        let embedding = try TextEmbedding(model, tokenizer: nil, options)
        let rows: [[Int32]] = [[5, 6, 7], [8], [9, 10, 11, 12, 13, 14, 15], [5, 6, 7]]
        let together = try embedding.vectors(of: rows)
        #expect(together.count == 4)
        for (row, vector) in zip(rows, together) {
            #expect(close(try embedding.vectors(of: [row])[0], vector))
            #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        }
        #expect(together[0] == together[3])
        #expect(throws: MartletError.self) { try embedding.vectors(of: [[5], []]) }
        #expect(throws: MartletError.self) { try embedding.vectors(of: [[99]]) }
    }

    @Test func sentenceTransformersFilesAreFollowed() throws {
        let model = try load("tiny-bert-model")
        let whole = try folder([
            (
                "modules.json",
                #"[{"type": "sentence_transformers.models.Transformer", "path": ""}, {"type": "sentence_transformers.models.Pooling", "path": "pool"}, {"type": "sentence_transformers.models.Normalize", "path": "2"}]"#
            ),
            (
                "pool/config.json",
                #"{"pooling_mode_cls_token": true, "word_embedding_dimension": 16}"#
            ),
            ("sentence_bert_config.json", #"{"max_seq_length": 7}"#),
        ])
        defer { do { try Files.remove(whole) } catch {} }
        let options = try TextEmbedding.Options(folder: whole, model)
        #expect(options.pooling == .cls && options.normalizes && options.maximumTokens == 7)
        for (modules, named) in [
            (#"[{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}]"#, "Dense"),
            (#"[{"type": "x.Pooling", "path": "../../etc"}]"#, "outside"),
        ] {
            try Files.write(modules, to: Files.join(whole, "modules.json"))
            let error = #expect(throws: MartletError.self) {
                try TextEmbedding.Options(folder: whole, model)
            }
            #expect("\(error.map { "\($0)" } ?? "")".contains(named))
        }
    }

    @Test func twoStacksGiveNoVectors() throws {
        let model = try load("tiny-t5")
        let empty = try folder([])
        defer { do { try Files.remove(empty) } catch {} }
        #expect(throws: MartletError.self) {
            try TextEmbedding(
                model, tokenizer: nil, try TextEmbedding.Options(folder: empty, model))
        }
    }

    /// The probability of a candidate is the one its own masking gives.
    @Test func maskedWordsAgreeWithTheirScores() throws {
        let model = try #require(try load("tiny-bert-mlm") as? any EncoderModel)
        let words = try MaskedWords(model, mask: 3)
        let ids: [Int32] = [5, 6, 7, 8]
        let scored = try words.logProbabilities(ids, isCounted: { $0 != 0 })
        #expect(scored[0] == nil)
        for position in 1..<4 {
            var masked = ids
            masked[position] = 3
            let found = try words.candidates(masked, count: 37)
            #expect(found.count == 1 && found[0].position == position)
            #expect(abs(found[0].words.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
            let own = try #require(found[0].words.first { $0.id == ids[position] })
            let score = try #require(scored[position])
            #expect(abs(Double(own.probability.logarithm) - score) < 1e-4)
        }
        #expect(throws: MartletError.self) { try words.candidates(ids, count: 1) }
        #expect(throws: MartletError.self) { try MaskedWords(model, mask: 37) }
        let other = try #require(try load("tiny-bert-model") as? any EncoderModel)
        #expect(throws: MartletError.self) { try MaskedWords(other, mask: 3) }
    }

    /// A target's score is what the model's loss says of it.
    @Test func targetsGivenSourcesAddUpToTheLoss() throws {
        let model = try #require(try load("tiny-bart") as? any SequenceToSequenceModel)
        let (source, target): ([Int32], [Int32]) = ([5, 6, 7, 8], [9, 10, 2])
        let scored = try Scoring.logProbabilities(of: target, given: source, model)
        let device = model.store.device
        let loss = model.loss(
            inputs: Tensor(source, [1, 4], on: device),
            targets: Tensor(target, [1, 3], on: device),
            .evaluation())
        #expect(abs(scored.compactMap { $0 }.reduce(0, +) + loss.total.item) < 1e-4)
    }

    @Test func recommendationsOfAFolder() throws {
        let model = try folder([
            (
                "config.json",
                #"{"eos_token_id": 2, "num_beams": 4, "no_repeat_ngram_size": 3, "min_length": 0, "forced_eos_token_id": 0, "num_beam_groups": 1, "bad_words_ids": [[7], [8, 9]]}"#
            )
        ])
        defer { do { try Files.remove(model) } catch {} }
        let options = try SamplingOptions(folder: model)
        #expect(options.stopTokens == [2] && options.beams == 4)
        #expect(options.suppressedTokens == [7])
        #expect(
            options.notes == [
                "bad_words_ids of several tokens", "no_repeat_ngram_size", "forced_eos_token_id",
            ])
        for absurd in [#"{"num_beams": 1e300}"#, #"{"do_sample": true, "top_k": 0.5}"#] {
            try Files.write(absurd, to: Files.join(model, "config.json"))
            #expect(throws: MartletError.self) { try SamplingOptions(folder: model) }
        }
    }

    @Test func suppressedTokensAreNeverWritten() throws {
        let model = try load("tiny-t5")
        var options = SamplingOptions()
        options.temperature = 0
        options.maximumTokens = 10
        let generator = Generator(model, tokenizer: nil)
        let usual = try generator.generate(prompt: [5, 6, 7], options: options)[0].ids
        options.suppressedTokens = Set(usual.prefix(2))
        #expect(
            try generator.generate(prompt: [5, 6, 7], options: options)[0].ids.allSatisfy {
                !options.suppressedTokens.contains($0)
            })
        options.beams = 3
        #expect(
            try generator.generate(prompt: [5, 6, 7], options: options)[0].ids.allSatisfy {
                !options.suppressedTokens.contains($0)
            })
        options.maximumTokens = .max
        options.beams = 1
        options.stopTokens = Set(0..<37)
        #expect(try generator.generate(prompt: [5], options: options)[0].ids.isEmpty)
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
extension Double {
    fileprivate var logarithm: Double { log(self) }
}
