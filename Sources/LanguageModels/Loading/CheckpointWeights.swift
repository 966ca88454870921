import ByteIO
import Checkpoints
import Neural
import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The weights of a model folder as a `WeightSource`: published names and layouts to ours.
///
/// Everything is compared before anything is loaded, and every tensor missing, unused or misshapen
/// is reported at once.
public struct CheckpointWeights: WeightSource {
    private let files: CheckpointFiles
    private let names: WeightNames
    private let usesPrefix: Bool
    /// Stored tensors that were not needed, and remarks about the files.
    public let notes: [String]

    /// Opens the weights in `folder` and compares them with what `store` declares.
    public init(folder: String, names: WeightNames, for store: ParameterStore) throws(MartletError)
    {
        try self.init(try CheckpointFiles(folder: folder), names: names, for: store)
    }

    /// Compares opened files with what `store` declares.
    init(
        _ files: CheckpointFiles, names: WeightNames, for store: ParameterStore
    ) throws(MartletError) {
        self.files = files
        let folder = files.folder
        self.names = names
        usesPrefix = files.tensors.contains { $0.name.utf8.starts(with: names.prefix.utf8) }
        var problems: [String] = []
        var used: Set<[UInt8]> = []
        for parameter in store.parameters {
            let (stored, transposed) = Self.storedName(parameter.path, names, usesPrefix, files)
            guard let (_, tensor) = files.tensor(stored) else {
                problems.append("tensor '\(stored)' (\(parameter.path)) is missing")
                continue
            }
            used.insert(Array(stored.utf8))
            let expected = transposed ? Array(parameter.shape.reversed()) : Array(parameter.shape)
            if tensor.shape != expected {
                problems.append(
                    "tensor '\(stored)' (\(parameter.path)) has shape \(tensor.shape), the config asks for \(expected)"
                )
            }
            if !tensor.dtype.isFloatingPoint {
                problems.append("tensor '\(stored)' (\(parameter.path)) is \(tensor.dtype)")
            }
        }
        problems += Self.contradictions(files, used, store, names, usesPrefix)
        let unused = files.tensors.map(\.name).filter {
            !used.contains(Array($0.utf8)) && !names.isIgnored($0)
        }
        if !problems.isEmpty {
            let shown = problems.prefix(8).joined(separator: "; ")
            let more = problems.count > 8 ? "; and \(problems.count - 8) more" : ""
            let extra =
                unused.isEmpty ? "" : "; unused: \(unused.prefix(4).joined(separator: ", "))"
            throw MartletError(.mismatched, shown + more + extra, at: folder)
        }
        notes = files.notes + unused.map { "tensor '\($0)' is not used" }
    }

    /// Copies of the token embedding that differ from it: a tie would throw them away.
    private static func contradictions(
        _ files: CheckpointFiles, _ used: Set<[UInt8]>, _ store: ParameterStore,
        _ names: WeightNames, _ usesPrefix: Bool
    ) -> [String] {
        let path = "embedding.tokens.weight"
        guard store.parameters.contains(where: { $0.path == path }) else { return [] }
        let stored = storedName(path, names, usesPrefix, files).0
        guard let (file, tensor) = files.tensor(stored) else { return [] }
        let own = file.bytes(of: tensor)
        return WeightNames.repeatedEmbeddings.compactMap { name in
            guard name != stored, !used.contains(Array(name.utf8)),
                let (otherFile, other) = files.tensor(name)
            else { return nil }
            defer {
                file.release(tensor)
                otherFile.release(other)
            }
            let copy = otherFile.bytes(of: other)
            guard let a = own.baseAddress, let b = copy.baseAddress else { return nil }
            guard own.count != copy.count || memcmp(a, b, own.count) != 0 else { return nil }
            return "tensor '\(name)' differs from '\(stored)', to which the config ties it"
        }
    }

    /// The first of a parameter's names that the files have; the likeliest if they have none. Old
    /// files call a norm's weight gamma and its bias beta.
    private static func storedName(
        _ path: String, _ names: WeightNames, _ usesPrefix: Bool, _ files: CheckpointFiles
    ) -> (String, Bool) {
        let (candidates, transposed) = names.published(path, withPrefix: usesPrefix)
        for name in candidates {
            if files.tensor(name) != nil { return (name, transposed) }
            for (new, old) in [("weight", "gamma"), ("bias", "beta")] where name.hasSuffix(new) {
                let legacy = name.dropLast(new.count) + old
                if files.tensor(String(legacy)) != nil { return (String(legacy), transposed) }
            }
        }
        return (candidates[0], transposed)
    }

    /// The parameter's value, in its shape.
    public func value(of parameter: Parameter, on device: Device) throws(MartletError) -> Tensor {
        let (stored, transposed) = Self.storedName(parameter.path, names, usesPrefix, files)
        guard let (file, tensor) = files.tensor(stored) else {
            throw MartletError(.mismatched, "tensor '\(stored)' is missing", at: files.folder)
        }
        let bytes = file.bytes(of: tensor)
        let shape = Shape(tensor.shape)
        let value: Tensor
        if file.isAligned(tensor) {
            value = Tensor(borrowing: bytes, shape, tensor.dtype, owner: file, on: device)
        } else {
            value = Tensor(writing: shape, tensor.dtype, on: device) { $0.copyMemory(from: bytes) }
        }
        return transposed ? value.transposed() : value
    }
}

/// Writing a model's weights under their published names.
public enum ModelFiles {
    /// Writes `model.safetensors` (float32, published names and layouts) into `folder`.
    @discardableResult
    public static func writeWeights(
        of model: some PretrainedModel, to folder: String, named name: String = "model.safetensors",
        durable: Bool = true
    ) throws(MartletError) -> (bytes: Int, checksum: UInt32) {
        let names = model.names
        let parameters = model.store.parameters
        let stored = parameters.map { names.published($0.path) }
        var entries: [SafetensorsWriter.Entry] = []
        for (parameter, published) in zip(parameters, stored) {
            let shape =
                published.isTransposed
                ? Array(parameter.shape.reversed()) : Array(parameter.shape)
            entries.append(
                .init(name: names.fullName(parameter.path), dtype: .float32, shape: shape))
        }
        return try SafetensorsWriter.write(
            entries, to: Files.join(folder, name), durable: durable
        ) { (index, sink) throws(MartletError) in
            let value = parameters[index].value.detached.cast(to: .float32)
            let laidOut = stored[index].isTransposed ? value.transposed() : value
            try laidOut.withBytes { (bytes) throws(MartletError) in try sink(bytes) }
        }
    }

    /// Writes `config.json` and `generation_config.json`.
    public static func writeConfiguration(of model: some PretrainedModel, to folder: String)
        throws(MartletError)
    {
        let config = JSONValue.object(model.configurationJSON)
        try Files.write(config.text(pretty: true) + "\n", to: Files.join(folder, "config.json"))
        var generation = JSONObject()
        generation["do_sample"] = true
        generation["temperature"] = .number(JSONNumber(0.8))
        generation["top_p"] = .number(JSONNumber(0.95))
        // Published readers take a missing top_k for 50; 0 turns it off.
        generation["top_k"] = .number(JSONNumber(0))
        if let end = model.endOfText {
            generation["bos_token_id"] = .number(JSONNumber(end))
            generation["eos_token_id"] = .number(JSONNumber(end))
            generation["pad_token_id"] = .number(JSONNumber(end))
        }
        if let two = model.configuration as? any SequenceToSequenceConfiguration {
            // Readers that find this file look for the start token nowhere else.
            generation["decoder_start_token_id"] = .number(JSONNumber(two.decoderStart))
            generation["pad_token_id"] = .number(JSONNumber(two.padding))
        }
        try Files.write(
            JSONValue.object(generation).text(pretty: true) + "\n",
            to: Files.join(folder, "generation_config.json"))
    }
}
