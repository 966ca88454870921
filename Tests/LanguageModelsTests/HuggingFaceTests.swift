import ByteIO
import Checkpoints
import LanguageModels
import Neural
import Tensors
import Testing

/// GPT-2 saved by `transformers`, in new and old spelling, against the numbers it computed; the other
/// families are in ``FamilyGoldenTests``.
@Suite struct HuggingFaceTests {
    static let goldens = Files.join(Files.parent(#filePath), "Goldens")

    private func golden(_ name: String) throws -> JSONValue {
        let path = Files.join(Self.goldens, name + ".json")
        return try JSONValue(parsing: try Files.read(path), place: path)
    }

    private func numbers(_ json: JSONValue?) -> [Double] {
        if let array = json?.array { return array.flatMap { numbers($0) } }
        return json?.double.map { [$0] } ?? []
    }

    private func expectClose(_ a: [Double], _ b: [Double], _ tolerance: Double, _ what: String) {
        #expect(a.count == b.count, "\(what)")
        let worst = zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst <= tolerance, "\(what): largest difference \(worst)")
    }

    @Test(
        arguments: ["tiny-gpt2", "tiny-gpt2-old"],
        [LanguageModels.Purpose.inference, .training])
    func loadsAndGivesTheSameNumbers(_ name: String, _ purpose: LanguageModels.Purpose) throws {
        let golden = try golden(name)
        let device = Device(threads: 2)
        let (loaded, notes) = try LanguageModels.load(
            Files.join(Self.goldens, name), for: purpose, on: device)
        #expect(notes.isEmpty)
        let model = try #require(loaded as? any LanguageModel)
        let rows = try #require(golden["ids"]?.array)
        let ids = rows.flatMap { $0.array ?? [] }.compactMap { $0.int.map(Int32.init) }
        let time = ids.count / rows.count
        let input = Tensor(ids, [rows.count, time], on: device)
        let context = ForwardContext.evaluation()
        var hidden: [[Double]] = []
        context.observe = { _, value in hidden.append(value.doubles) }
        let logits = model(input, context)
        expectClose(logits.doubles, numbers(golden["logits"]), 1e-4, "logits")
        if let states = golden["hidden_states"]?.array {
            #expect(states.count == hidden.count)
            for (layer, expected) in states.enumerated() {
                expectClose(hidden[layer], numbers(expected), 1e-4, "hidden state \(layer)")
            }
        }
        // The published loss shifts the labels by one within each row.
        var shifted: [Int32] = []
        for row in rows {
            shifted += (row.array ?? []).dropFirst().compactMap { $0.int.map { Int32($0) } }
            shifted.append(-1)
        }
        let (total, count) = Losses.crossEntropy(
            logits, Tensor(shifted, [rows.count, time], on: device))
        if let loss = golden["loss"]?.double {
            #expect(abs(total.item / Double(count) - loss) < 1e-5)
        }
    }

    @Test func whatIsSavedLoadsWithTheSameLogits() throws {
        let name = "tiny-gpt2"
        let device = Device(threads: 1)
        let (loaded, _) = try LanguageModels.load(
            Files.join(Self.goldens, name), for: .training, on: device)
        let model = try #require(loaded as? any LanguageModel)
        let folder = try Files.temporaryDirectory()
        defer { do { try Files.remove(folder) } catch {} }
        try ModelFiles.writeWeights(of: model, to: folder)
        try ModelFiles.writeConfiguration(of: model, to: folder)
        let (read, _) = try LanguageModels.load(folder, for: .inference, on: device)
        let again = try #require(read as? any LanguageModel)
        let ids = Tensor([Int32(1), 2, 3, 4], [1, 4], on: device)
        #expect(model(ids, .evaluation()).floats == again(ids, .evaluation()).floats)
        // The bytes of the file are those transformers wrote.
        let ours = try SafetensorsFile(Files.join(folder, "model.safetensors"))
        let theirs = try SafetensorsFile(
            Files.join(Files.join(Self.goldens, name), "model.safetensors"))
        #expect(ours.tensors.map(\.name).sorted() == theirs.tensors.map(\.name).sorted())
        for tensor in theirs.tensors {
            let mine = try #require(ours.tensor(tensor.name))
            #expect(mine.shape == tensor.shape)
            #expect(ours.bytes(of: mine).elementsEqual(theirs.bytes(of: tensor)))
        }
    }

    @Test(arguments: [
        ("hidden_act", JSONValue.string("gelu"), "hidden_act"),
        ("num_key_value_heads", 3, "num_key_value_heads"),
        ("head_dim", 5, "head_dim"),
        ("rope_parameters", .object(["rope_type": "longrope", "factor": 2]), "longrope"),
        ("rope_parameters", .object(["partial_rotary_factor": 0.5]), "partial"),
        ("eos_token_id", 37, "eos_token_id"),
    ])
    func llamaOptionsThatCannotBeHonouredAreRefusedByName(
        _ key: String, _ value: JSONValue, _ named: String
    ) throws {
        var json = try LanguageModels.configuration(of: Files.join(Self.goldens, "tiny-llama"))
        json[key] = value
        let changed = json
        let error = #expect(throws: MartletError.self) {
            try LlamaConfiguration(json: changed, place: "config.json")
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(named))
    }

    @Test func unknownConfigurationKeysSurvive() throws {
        let json = try LanguageModels.configuration(of: Files.join(Self.goldens, "tiny-gpt2"))
        let again = try GPTConfiguration(json: json, place: "config").json
        for (key, value) in json where !["attn_pdrop"].contains(key) {
            #expect(again[key] == value, "\(key)")
        }
    }

    @Test(arguments: [
        ("model_type", JSONValue.string("mamba"), "mamba"),
        ("activation_function", "mish", "activation_function"),
        ("n_head", 5, "n_head"),
        ("n_embd", .number(JSONNumber(-3)), "n_embd"),
        ("n_layer", "three", "n_layer"),
        ("scale_attn_weights", false, "scale_attn_weights"),
        ("add_cross_attention", true, "add_cross_attention"),
        ("eos_token_id", 4100, "eos_token_id"),
    ])
    func optionsThatCannotBeHonouredAreRefusedByName(
        _ key: String, _ value: JSONValue, _ named: String
    ) throws {
        var json = try LanguageModels.configuration(of: Files.join(Self.goldens, "tiny-gpt2"))
        json[key] = value
        let changed = json
        let error = #expect(throws: MartletError.self) {
            try LanguageModels.declare(
                changed, place: "config.json", in: ParameterStore(on: Device(threads: 1)))
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(named))
    }

    @Test func weightsThatDoNotFitAreAllReported() throws {
        var json = try LanguageModels.configuration(of: Files.join(Self.goldens, "tiny-gpt2"))
        json["n_layer"] = 4
        json["n_positions"] = 25
        let changed = json
        let error = #expect(throws: MartletError.self) {
            let store = ParameterStore(on: Device(threads: 1))
            let model = try LanguageModels.declare(changed, place: "config.json", in: store)
            _ = try CheckpointWeights(
                folder: Files.join(Self.goldens, "tiny-gpt2"), names: model.names, for: store)
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(
            text.contains(
                "'transformer.h.3.ln_1.weight' (blocks.3.attentionNorm.weight) is missing"))
        #expect(
            text.contains(
                "'transformer.wpe.weight' (embedding.positions.weight) has shape [24, 24], the config asks for [25, 24]"
            ))
    }
}
