import ByteIO
import Checkpoints
import LanguageModels
import Neural
import Tensors
import Testing

/// Configurations that lie, folders with something missing: an error that says where, never a trap.
@Suite struct HostileFolderTests {
    private static let all = FamilyGoldenTests.all + ["tiny-gpt2"]

    private func folder(of name: String) -> String { Files.join(HuggingFaceTests.goldens, name) }

    /// Every key of a configuration with values it must not have, one at a time: refused by name, or
    /// found to contradict the weights, or harmless.
    @Test(arguments: all) func everyKeyWithAbsurdValues(_ name: String) throws {
        let json = try LanguageModels.configuration(of: folder(of: name))
        let files = try CheckpointFiles(folder: folder(of: name))
        let absurd: [JSONValue] = [
            0, -1, .number(JSONNumber(1 << 33)), .number(JSONNumber(Int.max)),
            .number(JSONNumber(Int.min)), .number(JSONNumber(0.5)), .number(JSONNumber(1e300)),
            "words", true, false, .null, [], [1], .object([:]), .object(["rope_type": "yarn"]),
        ]
        for (key, _) in json {
            for value in absurd {
                var changed = json
                changed[key] = value
                let store = ParameterStore(on: Device(threads: 1))
                do throws(MartletError) {
                    let model = try LanguageModels.declare(
                        changed, place: "config.json", in: store,
                        hasTensor: { files.tensor($0) != nil })
                    _ = try CheckpointWeights(
                        folder: folder(of: name), names: model.names, for: store)
                } catch {
                    #expect(!"\(error)".isEmpty)
                }
            }
        }
    }

    /// Sizes that no machine holds are found out before anything is allocated.
    @Test(arguments: all) func enormousSizesNameTheTensor(_ name: String) throws {
        var json = try LanguageModels.configuration(of: folder(of: name))
        json["vocab_size"] = .number(JSONNumber(1 << 31))
        let changed = json
        let error = #expect(throws: MartletError.self) {
            let store = ParameterStore(on: Device(threads: 1))
            let model = try LanguageModels.declare(changed, place: "config.json", in: store)
            _ = try CheckpointWeights(folder: folder(of: name), names: model.names, for: store)
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("the config asks for [2147483648"), "\(text)")
    }

    private func copy(_ name: String, _ change: (String) throws -> Void) throws -> MartletError? {
        let copy = try Files.temporaryDirectory()
        defer { do { try Files.remove(copy) } catch {} }
        for file in ["config.json", "model.safetensors"] {
            try Files.write(
                try Files.read(Files.join(folder(of: name), file)), to: Files.join(copy, file))
        }
        try change(copy)
        return #expect(throws: MartletError.self) {
            try LanguageModels.load(copy, for: .inference, on: Device(threads: 1))
        }
    }

    /// Published files of BLOOM say heads and layers in either spelling; no tensor's shape gives the
    /// heads away.
    @Test func bloomReadsBothSpellings() throws {
        var json = try LanguageModels.configuration(of: folder(of: "tiny-bloom"))
        for (own, other) in [("n_head", "num_attention_heads"), ("n_layer", "num_hidden_layers")] {
            json[other] = json[own]
            json[own] = nil
        }
        let read = try BLOOMConfiguration(json: json, place: "config.json")
        #expect(read.heads == 3 && read.depth == 2)
    }

    @Test(arguments: ["config.json", "model.safetensors"])
    func aMissingFileIsNamed(_ file: String) throws {
        let error = try copy("tiny-t5") { try Files.remove(Files.join($0, file)) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(file.split(separator: ".")[0]))
    }

    @Test func aConfigurationThatIsNoObject() throws {
        let error = try copy("tiny-bert-mlm") {
            try Files.write("[1, 2]", to: Files.join($0, "config.json"))
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("expected an object"))
    }

    @Test func aTensorOfIntegersIsNamed() throws {
        let error = try copy("tiny-marian") { folder in
            let path = Files.join(folder, "model.safetensors")
            let old = try SafetensorsFile(path)
            let entries = old.tensors.map { tensor in
                SafetensorsWriter.Entry(
                    name: tensor.name,
                    dtype: tensor.name == "model.shared.weight" ? .int32 : tensor.dtype,
                    shape: tensor.shape)
            }
            try SafetensorsWriter.write(entries, to: path + ".new") {
                (index, sink) throws(MartletError) in
                try sink(UnsafeRawBufferPointer(old.bytes(of: old.tensors[index])))
            }
            try Files.write(try Files.read(path + ".new"), to: path)
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("model.shared.weight") && text.contains("embedding.tokens.weight"))
    }

    /// A copy of a tied embedding is fine; one that differs would be thrown away, and is refused.
    @Test(arguments: [
        ("tiny-gpt2", "lm_head.weight", "transformer.wte.weight"),
        (
            "tiny-bert-mlm", "cls.predictions.decoder.weight",
            "bert.embeddings.word_embeddings.weight"
        ),
        ("tiny-bart", "lm_head.weight", "model.shared.weight"),
    ])
    func repeatedEmbeddingsMustAgree(
        _ name: String, _ copy: String, _ original: String
    ) throws {
        for differs in [false, true] {
            let target = try Files.temporaryDirectory()
            defer { do { try Files.remove(target) } catch {} }
            let source = folder(of: name)
            try Files.write(
                try Files.read(Files.join(source, "config.json")),
                to: Files.join(target, "config.json"))
            let old = try SafetensorsFile(Files.join(source, "model.safetensors"))
            let embedding = try #require(old.tensor(original))
            var entries = old.tensors.map {
                SafetensorsWriter.Entry(name: $0.name, dtype: $0.dtype, shape: $0.shape)
            }
            entries.append(.init(name: copy, dtype: embedding.dtype, shape: embedding.shape))
            try SafetensorsWriter.write(entries, to: Files.join(target, "model.safetensors")) {
                (index, sink) throws(MartletError) in
                if index < old.tensors.count {
                    try sink(old.bytes(of: old.tensors[index]))
                } else {
                    let bytes = UnsafeMutableRawBufferPointer.allocate(
                        byteCount: old.bytes(of: embedding).count, alignment: 4)
                    defer { bytes.deallocate() }
                    bytes.copyMemory(from: old.bytes(of: embedding))
                    if differs { bytes[5] ^= 1 }
                    try sink(UnsafeRawBufferPointer(bytes))
                }
            }
            let device = Device(threads: 1)
            if differs {
                let error = #expect(throws: MartletError.self) {
                    try LanguageModels.load(target, for: .inference, on: device)
                }
                #expect("\(error.map { "\($0)" } ?? "")".contains(copy))
            } else {
                #expect(try LanguageModels.load(target, for: .inference, on: device).notes.isEmpty)
            }
        }
    }

    @Test func weightsOfAnotherFamilyAreAllListed() throws {
        let error = try copy("tiny-bart") { folder in
            let other = Files.join(self.folder(of: "tiny-marian"), "model.safetensors")
            try Files.write(try Files.read(other), to: Files.join(folder, "model.safetensors"))
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("model.encoder.embed_positions.weight"))
        #expect(text.contains("missing"))
    }

    @Test(arguments: [
        ("tiny-bert-mlm", "position_embedding_type", JSONValue.string("relative_key")),
        ("tiny-bert-mlm", "architectures", .array(["BertForQuestionAnswering"])),
        ("tiny-t5", "feed_forward_proj", .string("gated-swish")),
        ("tiny-bart", "normalize_before", .bool(true)),
        ("tiny-marian", "share_encoder_decoder_embeddings", .bool(false)),
        ("tiny-bloom", "tie_word_embeddings", .bool(false)),
        ("tiny-gptj", "rotary_dim", .number(JSONNumber(5))),
        ("tiny-cohere", "use_qk_norm", .bool(true)),
        ("tiny-gpt1", "afn", .string("mish")),
        ("tiny-window", "sliding_window", .number(JSONNumber(-3))),
    ])
    func optionsThatCannotBeHonouredAreNamed(
        _ name: String, _ key: String, _ value: JSONValue
    ) throws {
        var json = try LanguageModels.configuration(of: folder(of: name))
        json[key] = value
        let changed = json
        let error = #expect(throws: MartletError.self) {
            try LanguageModels.declare(
                changed, place: "config.json", in: ParameterStore(on: Device(threads: 1)))
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(key))
    }
}
