import ByteIO
import Checkpoints
import LanguageModels
import Neural
import Tensors
import Testing

/// A tiny model that `transformers` saved, with what it computed (Goldens/make_family_goldens.py).
struct FamilyGolden {
    /// Every model that the script made, by what it is: adding one there is adding its tests.
    static let names = ((try? Files.list(HuggingFaceTests.goldens)) ?? [])
        .filter { $0.hasSuffix(".golden.json") }.map { String($0.dropLast(12)) }.sorted()
    static let decoders = names.filter { kind($0) == .decoder }
    static let encoders = names.filter { kind($0) == .encoder }
    static let pairs = names.filter { kind($0) == .pair }

    private enum Kind { case decoder, encoder, pair }

    private static func kind(_ name: String) -> Kind? {
        guard let golden = try? FamilyGolden(name) else { return nil }
        if golden.record["greedy"] == nil { return .encoder }
        return golden.mask == nil ? .decoder : .pair
    }

    let folder: String
    let record: JSONValue
    let tensors: SafetensorsFile
    let ids: [[Int32]], mask: [[Int32]]?, segments: [[Int32]]?
    let labels: [[Int32]]?

    init(_ name: String) throws {
        let goldens = HuggingFaceTests.goldens
        folder = Files.join(goldens, name)
        let path = Files.join(goldens, name + ".golden.json")
        record = try JSONValue(parsing: try Files.read(path), place: path)
        tensors = try SafetensorsFile(Files.join(goldens, name + ".golden.safetensors"))
        let json = record
        func rows(_ key: String) -> [[Int32]]? {
            json[key]?.array?.map { Self.numbers($0) }
        }
        ids = rows("ids") ?? []
        mask = rows("mask")
        segments = rows("segments")
        labels = rows("labels")
    }

    static func numbers(_ json: JSONValue?) -> [Int32] {
        json?.array?.compactMap { $0.int.map(Int32.init) } ?? json?.int.map { [Int32($0)] } ?? []
    }

    func values(_ name: String) throws -> [Double] {
        let stored = try #require(tensors.tensor(name), "\(name)")
        return tensors.bytes(of: stored).withMemoryRebound(to: Float.self) { $0.map(Double.init) }
    }

    func tensor(_ rows: [[Int32]], on device: Device) -> Tensor {
        Tensor(rows.flatMap { $0 }, [rows.count, rows[0].count], on: device)
    }

    /// A context that knows padding and segments.
    func context(on device: Device) -> ForwardContext {
        let context = ForwardContext.evaluation()
        context.mask = mask.map { tensor($0, on: device) }
        context.segments = segments.map { tensor($0, on: device) }
        return context
    }

    /// Labels as our losses take them: shifted for decoders, below 0 where they do not count.
    func targets(for model: any PretrainedModel, on device: Device) throws -> Tensor {
        let labels = try #require(labels)
        let rows = model is any LanguageModel ? labels.map { $0.dropFirst() + [-1] } : labels
        return tensor(rows.map { $0.map { max($0, -1) } }, on: device)
    }

    /// Logits, or states and their pooling, by name.
    func outputs(
        of model: any PretrainedModel, _ context: ForwardContext, on device: Device
    ) throws -> [(String, Tensor)] {
        let input = tensor(ids, on: device)
        switch model {
        case let model as any LanguageModel: return [("logits", model(input, context))]
        case let model as any EncoderModel:
            let hidden = model.hidden(input, context)
            if let logits = model.logits(hidden: hidden) { return [("logits", logits)] }
            return [("last_hidden_state", hidden)]
                + (model.pooled(hidden: hidden).map { [("pooled", $0)] } ?? [])
        case let model as any SequenceToSequenceModel:
            let source = model.encoded(input, context)
            let decoder = model.decoderInputs(for: try targets(for: model, on: device))
            return [
                ("logits", model.logits(hidden: model.decoded(decoder, over: source, context)))
            ]
        default: return []
        }
    }
}

/// Every family's numbers against the reference's: float32, 1e-4 of the largest value.
@Suite struct FamilyGoldenTests {
    static let all = FamilyGolden.decoders + FamilyGolden.encoders + FamilyGolden.pairs

    @Test func everyGoldenIsFound() {
        #expect(FamilyGolden.decoders.count >= 8)
        #expect(FamilyGolden.encoders.count >= 8)
        #expect(FamilyGolden.pairs.count >= 4)
        #expect(Self.all.count == FamilyGolden.names.count)
    }

    private func expectClose(
        _ a: [Double], _ b: [Double], share: Double, floor: Double = 0, _ what: String
    ) {
        #expect(a.count == b.count, "\(what)")
        let largest = b.reduce(0) { max($0, abs($1)) }
        let worst = zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst <= share * largest + floor, "\(what): \(worst) of \(largest)")
    }

    @Test(arguments: all, [LanguageModels.Purpose.inference, .training])
    func outputsAndHiddenStates(_ name: String, _ purpose: LanguageModels.Purpose) throws {
        let golden = try FamilyGolden(name)
        let device = Device(threads: 2)
        let (model, notes) = try LanguageModels.load(golden.folder, for: purpose, on: device)
        #expect(notes.isEmpty, "\(notes)")
        let context = golden.context(on: device)
        var hidden: [(String, Tensor)] = []
        context.observe = { hidden.append(($0, $1)) }
        let outputs = try golden.outputs(of: model, context, on: device)
        #expect(!outputs.isEmpty)
        for (key, value) in outputs + hidden {
            expectClose(value.doubles, try golden.values(key), share: 1e-4, "\(name): \(key)")
        }
        let expected = golden.tensors.tensors.filter { $0.name.contains("hidden_states") }
        #expect(hidden.count == expected.count)
    }

    @Test(arguments: all.filter { $0 != "tiny-bert-model" })
    func lossesAndGradients(_ name: String) throws {
        let golden = try FamilyGolden(name)
        let device = Device(threads: 2)
        let (model, _) = try LanguageModels.load(golden.folder, for: .training, on: device)
        var gradients = ParameterGradients(for: model.store)
        let targets = try golden.targets(for: model, on: device)
        var loss = 0.0
        model.store.tracking {
            let (total, count) = model.loss(
                inputs: golden.tensor(golden.ids, on: device), targets: targets,
                golden.context(on: device))
            loss = total.item / Double(count)
            total.backward(into: &gradients, seed: 1 / Double(count))
        }
        let expected = try #require(golden.record["loss"]?.double)
        #expect(abs(loss - expected) < 1e-5 * max(1, expected), "\(loss) \(expected)")
        let stored = golden.tensors.tensors.map(\.name).filter { $0.hasPrefix("gradients.") }
        let largest = try stored.flatMap { try golden.values($0) }.map(abs).max() ?? 0
        var compared = 0
        for parameter in model.store.parameters where parameter.isTrainable {
            let key = "gradients." + model.names.fullName(parameter.path)
            guard golden.tensors.tensor(key) != nil else {
                let isZero = gradients[parameter]?.doubles.allSatisfy { $0 == 0 } ?? true
                #expect(isZero, "\(key) has no reference")
                continue
            }
            let gradient = try #require(gradients[parameter], "\(key)")
            let laidOut =
                model.names.isStoredTransposed(parameter.path)
                ? gradient.transposed().doubles : gradient.doubles
            compared += 1
            expectClose(
                laidOut, try golden.values(key), share: 1e-3, floor: 1e-6 * largest, key)
        }
        #expect(compared == stored.count)
    }

    /// What is saved has the names, shapes and bytes that transformers wrote, and loads again.
    @Test(arguments: all) func savingKeepsEveryByte(_ name: String) throws {
        let golden = try FamilyGolden(name)
        let device = Device(threads: 1)
        let (model, _) = try LanguageModels.load(golden.folder, for: .training, on: device)
        let folder = try Files.temporaryDirectory()
        defer { do { try Files.remove(folder) } catch {} }
        try ModelFiles.writeWeights(of: model, to: folder)
        try ModelFiles.writeConfiguration(of: model, to: folder)
        let ours = try SafetensorsFile(Files.join(folder, "model.safetensors"))
        let theirs = try SafetensorsFile(Files.join(golden.folder, "model.safetensors"))
        #expect(ours.tensors.map(\.name).sorted() == theirs.tensors.map(\.name).sorted())
        for tensor in theirs.tensors {
            let mine = try #require(ours.tensor(tensor.name))
            #expect(mine.shape == tensor.shape)
            #expect(ours.bytes(of: mine).elementsEqual(theirs.bytes(of: tensor)))
        }
        let (again, _) = try LanguageModels.load(folder, for: .inference, on: device)
        let context = golden.context(on: device)
        for (a, b) in zip(
            try golden.outputs(of: model, context, on: device),
            try golden.outputs(of: again, context, on: device))
        {
            #expect(a.1.floats == b.1.floats)
        }
        let before = try LanguageModels.configuration(of: golden.folder)
        let after = try LanguageModels.configuration(of: folder)
        for (key, value) in before { #expect(after[key] == value, "\(key)") }
    }

    /// Token by token over a cache, the logits of whole rows.
    @Test(arguments: FamilyGolden.decoders) func cachedSteps(_ name: String) throws {
        let golden = try FamilyGolden(name)
        let device = Device(threads: 2)
        let (model, _) = try LanguageModels.load(golden.folder, for: .inference, on: device)
        let decoder = try #require(model as? any LanguageModel)
        let expected = try golden.values("logits")
        let (time, width) = (golden.ids[0].count, decoder.vocabulary)
        let cache = decoder.makeCache(streams: 2, positions: time)
        func feed(_ ids: [Int32], _ streams: [Int]) -> [Double] {
            let count = ids.count / streams.count
            for stream in streams { #expect(cache.reserve(count, stream: stream)) }
            let logits = decoder(
                Tensor(ids, [streams.count, count], on: device),
                .cached(cache, streams: streams))
            for stream in streams { cache.advance(count, stream: stream) }
            return logits.doubles
        }
        // The second stream begins three tokens ahead.
        _ = feed(Array(golden.ids[1][0..<3]), [1])
        for t in 0..<time - 3 {
            let logits = feed([golden.ids[0][t], golden.ids[1][t + 3]], [0, 1])
            expectClose(
                Array(logits[0..<width]), Array(expected[t * width..<(t + 1) * width]),
                share: 1e-4, "stream 0 at \(t)")
            let at = (time + t + 3) * width
            expectClose(
                Array(logits[width...]), Array(expected[at..<at + width]), share: 1e-4,
                "stream 1 at \(t + 3)")
        }
    }

    /// A text's logits are the same alone and beside another of a different length, to 1e-5.
    @Test(arguments: FamilyGolden.decoders) func neighboursChangeNoLogits(_ name: String) throws {
        let golden = try FamilyGolden(name)
        let device = Device(threads: 2)
        let model = try LanguageModels.load(golden.folder, for: .inference, on: device).model
        let decoder = try #require(model as? any LanguageModel)
        let prompts = [golden.ids[0], Array(golden.ids[1][0..<4])]
        func written(_ chosen: [Int]) -> [[Double]] {
            let cache = decoder.makeCache(streams: chosen.count, positions: 16)
            for (stream, prompt) in chosen.enumerated() {
                #expect(cache.reserve(prompts[prompt].count, stream: stream))
                _ = decoder(
                    golden.tensor([prompts[prompt]], on: device),
                    .cached(cache, streams: [stream]))
                cache.advance(prompts[prompt].count, stream: stream)
            }
            var rows = [[Double]](repeating: [], count: chosen.count)
            for id in [Int32(5), 9, 17] {
                for stream in chosen.indices { #expect(cache.reserve(1, stream: stream)) }
                let logits = decoder(
                    golden.tensor(chosen.map { _ in [id] }, on: device),
                    .cached(cache, streams: Array(chosen.indices))
                ).doubles
                let width = logits.count / chosen.count
                for stream in chosen.indices {
                    rows[stream] += logits[stream * width..<(stream + 1) * width]
                    cache.advance(1, stream: stream)
                }
            }
            return rows
        }
        let together = written([0, 1])
        for prompt in 0..<2 {
            expectClose(together[prompt], written([prompt])[0], share: 1e-5, "prompt \(prompt)")
        }
    }

    /// Sources of different lengths side by side, and targets word by word over both caches.
    @Test(arguments: FamilyGolden.pairs) func cachedTargets(_ name: String) throws {
        let golden = try FamilyGolden(name)
        let device = Device(threads: 2)
        let (model, _) = try LanguageModels.load(golden.folder, for: .inference, on: device)
        let pair = try #require(model as? any SequenceToSequenceModel)
        let expected = try golden.values("logits")
        let targets = pair.decoderInputs(for: try golden.targets(for: pair, on: device))
        let (time, width) = (targets.shape[1], pair.vocabulary)
        let lengths = try #require(golden.mask).map { $0.reduce(0) { $0 + Int($1) } }
        let cross = pair.makeCache(streams: 2, positions: lengths.max() ?? 0)
        let source = pair.encoded(
            golden.tensor(golden.ids, on: device), golden.context(on: device))
        for (stream, length) in lengths.enumerated() {
            #expect(cross.reserve(length, stream: stream))
        }
        pair.remember(source, lengths: lengths, in: cross, streams: [0, 1])
        for (stream, length) in lengths.enumerated() { cross.advance(length, stream: stream) }
        let cache = pair.makeCache(streams: 2, positions: time)
        for t in 0..<time {
            for stream in 0..<2 { #expect(cache.reserve(1, stream: stream)) }
            let hidden = pair.decoded(
                targets.sliced(1, t..<t + 1), over: nil,
                .cached(cache, cross: cross, streams: [0, 1]))
            for stream in 0..<2 { cache.advance(1, stream: stream) }
            let logits = pair.logits(hidden: hidden).doubles
            for stream in 0..<2 {
                let at = (stream * time + t) * width
                expectClose(
                    Array(logits[stream * width..<(stream + 1) * width]),
                    Array(expected[at..<at + width]), share: 1e-4, "stream \(stream) at \(t)")
            }
        }
    }

    /// A row's numbers do not depend on its neighbours or on how far it is filled up.
    @Test(arguments: FamilyGolden.encoders) func paddingChangesNothing(_ name: String) throws {
        let golden = try FamilyGolden(name)
        let device = Device(threads: 2)
        let (model, _) = try LanguageModels.load(golden.folder, for: .inference, on: device)
        let encoder = try #require(model as? any EncoderModel)
        let whole = encoder.hidden(
            golden.tensor(golden.ids, on: device), golden.context(on: device))
        let length = try #require(golden.mask)[1].reduce(0) { $0 + Int($1) }
        let context = ForwardContext.evaluation()
        if let segments = golden.segments {
            context.segments = golden.tensor([Array(segments[1][0..<length])], on: device)
        }
        let alone = encoder.hidden(
            golden.tensor([Array(golden.ids[1][0..<length])], on: device), context)
        let part = whole.sliced(0, 1..<2).sliced(1, 0..<length)
        expectClose(part.doubles, alone.doubles, share: 1e-5, "alone and padded")
    }

    /// Files of old: gamma and beta for a norm's weight and bias, bodies without their prefix, and position
    /// buffers nobody needs.
    @Test func oldSpellingsOfBERT() throws {
        let golden = try FamilyGolden("tiny-bert-model")
        let device = Device(threads: 1)
        let folder = try Files.temporaryDirectory()
        defer { do { try Files.remove(folder) } catch {} }
        try Files.write(
            try Files.read(Files.join(golden.folder, "config.json")),
            to: Files.join(folder, "config.json"))
        let file = try SafetensorsFile(Files.join(golden.folder, "model.safetensors"))
        var entries = file.tensors.map { tensor in
            var name = "bert." + tensor.name
            for (new, old) in [("LayerNorm.weight", "gamma"), ("LayerNorm.bias", "beta")]
            where name.hasSuffix(new) { name = name.dropLast(new.count) + "LayerNorm." + old }
            return SafetensorsWriter.Entry(name: name, dtype: .float32, shape: tensor.shape)
        }
        entries.append(
            .init(name: "bert.embeddings.position_ids", dtype: .float32, shape: [1]))
        try SafetensorsWriter.write(entries, to: Files.join(folder, "model.safetensors")) {
            (index, sink) throws(MartletError) in
            let isBuffer = index == file.tensors.count
            let bytes = file.bytes(of: file.tensors[isBuffer ? 0 : index])
            try sink(isBuffer ? UnsafeRawBufferPointer(rebasing: bytes[0..<4]) : bytes)
        }
        let (model, notes) = try LanguageModels.load(folder, for: .inference, on: device)
        #expect(notes.isEmpty, "\(notes)")
        for (key, value) in try golden.outputs(of: model, golden.context(on: device), on: device) {
            expectClose(value.doubles, try golden.values(key), share: 1e-4, key)
        }
    }

    /// Files in bfloat16 are computed with as they are: the numbers of the same values in float32, to the
    /// bit, in either precision.
    @Test(
        arguments: [
            "tiny-gpt1", "tiny-gptj", "tiny-cohere", "tiny-bert-mlm", "tiny-t5", "tiny-bart",
        ],
        Precision.allCases)
    func halfFilesEqualTheirValues(_ name: String, _ precision: Precision) throws {
        let golden = try FamilyGolden(name)
        let device = Device(threads: 2, precision: precision)
        var outputs: [[Float]] = []
        for dtype in [DType.bfloat16, .float32] {
            let folder = try Files.temporaryDirectory()
            defer { do { try Files.remove(folder) } catch {} }
            try Files.write(
                try Files.read(Files.join(golden.folder, "config.json")),
                to: Files.join(folder, "config.json"))
            let file = try SafetensorsFile(Files.join(golden.folder, "model.safetensors"))
            let entries = file.tensors.map {
                SafetensorsWriter.Entry(name: $0.name, dtype: dtype, shape: $0.shape)
            }
            try SafetensorsWriter.write(entries, to: Files.join(folder, "model.safetensors")) {
                (index, sink) throws(MartletError) in
                let tensor = file.tensors[index]
                let value = Tensor(writing: Shape(tensor.shape), .float32, on: device) {
                    $0.copyMemory(from: file.bytes(of: tensor))
                }
                let rounded = value.cast(to: .bfloat16).cast(to: dtype)
                try rounded.withBytes { (bytes) throws(MartletError) in try sink(bytes) }
            }
            let model = try LanguageModels.load(folder, for: .inference, on: device).model
            let context = golden.context(on: device)
            outputs.append(
                try golden.outputs(of: model, context, on: device).flatMap { $0.1.floats })
            // What is saved from it is float32 again.
            try ModelFiles.writeWeights(of: model, to: folder, named: "again.safetensors")
            let again = try SafetensorsFile(Files.join(folder, "again.safetensors"))
            #expect(again.tensors.allSatisfy { $0.dtype == .float32 })
        }
        #expect(outputs[0] == outputs[1])
    }
}
