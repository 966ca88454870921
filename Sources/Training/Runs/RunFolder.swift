import ByteIO
import Checkpoints
import Neural
import Tensors

/// A run on disk: a Hugging Face model folder with `training/` beside the model's own files.
///
/// ```
/// config.json model.safetensors tokenizer.json generation_config.json
/// training/config.yaml metrics.jsonl report.html lock
/// training/checkpoints/step-00000100/{model.safetensors, optimizer.safetensors, state.json, manifest.json}
/// training/checkpoints/latest          the name of the checkpoint that counts
/// training/best/{model.safetensors, config.json, …, best.json}
/// ```
///
/// A checkpoint is written to a temporary folder, every file synced, the manifest last, and then
/// renamed: it is whole or it is not there. Older ones are removed only afterwards.
public final class RunFolder {
    /// The folder.
    public let path: String
    private let lock: FileLock
    /// Writes a model's files; the run does not know the family.
    public struct ModelWriter {
        /// Writes `model.safetensors` into a folder and returns its size and CRC-32C.
        public let weights:
            (_ folder: String) throws(MartletError) -> (bytes: Int, checksum: UInt32)
        /// Writes config.json, tokenizer.json and what else makes the folder a model.
        public let description: (_ folder: String) throws(MartletError) -> Void

        /// A writer from its two halves.
        public init(
            weights:
                @escaping (_ folder: String) throws(MartletError) -> (bytes: Int, checksum: UInt32),
            description: @escaping (_ folder: String) throws(MartletError) -> Void
        ) {
            self.weights = weights
            self.description = description
        }
    }

    static let weightsFile = "model.safetensors"
    private static let optimizerFile = "optimizer.safetensors"
    private static let stateFile = "state.json"

    /// `training`, where everything that is not the model lives.
    public var trainingPath: String { Files.join(path, "training") }
    private var checkpointsPath: String { Files.join(trainingPath, "checkpoints") }
    private var latestPath: String { Files.join(checkpointsPath, "latest") }

    /// Whether a folder holds a run already, or another model.
    public static func exists(_ path: String) -> Bool {
        ["training", weightsFile, weightsFile + ".index.json", "pytorch_model.bin"].contains {
            Files.exists(Files.join(path, $0))
        }
    }

    /// Opens a run's folder, making it if need be, and locks it until the object goes.
    public init(_ path: String) throws(MartletError) {
        self.path = path
        try Files.createDirectory(Files.join(path, "training"))
        let lockPath = Files.join(Files.join(path, "training"), "lock")
        do {
            lock = try FileLock(lockPath)
        } catch {
            guard error.code == .locked else { throw error }
            throw MartletError(.locked, "another process is training in this folder", at: path)
        }
        try removeLeftovers()
        try Files.createDirectory(Files.join(Files.join(path, "training"), "checkpoints"))
    }

    /// Removes what a killed process was writing: hidden files, as large as the model. Nobody else writes
    /// here while the folder is locked.
    private func removeLeftovers() throws(MartletError) {
        for folder in [path, trainingPath, Files.join(trainingPath, "best")]
        where Files.isDirectory(folder) {
            for name in try Files.list(folder)
            where name.hasPrefix(".martlet-") && name.hasSuffix(".tmp") {
                try Files.remove(Files.join(folder, name))
            }
        }
    }

    /// Removes what an earlier run left: the training folder's contents and the model's files.
    public func clear() throws(MartletError) {
        for name in try Files.list(trainingPath) where name != "lock" {
            try Files.remove(Files.join(trainingPath, name))
        }
        for name in [
            Self.weightsFile, "config.json", "tokenizer.json", "tokenizer_config.json",
            "generation_config.json",
        ] {
            try Files.remove(Files.join(path, name))
        }
        try Files.createDirectory(checkpointsPath)
    }

    // MARK: Checkpoints

    private static func name(of step: Int) -> String {
        let digits = String(step)
        return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    private static func step(of name: String) -> Int? {
        name.utf8.starts(with: "step-".utf8) ? Int(name.dropFirst(5)) : nil
    }

    /// Steps that have a checkpoint folder, newest first, whole or not.
    private func steps() throws(MartletError) -> [Int] {
        try Files.list(checkpointsPath).compactMap(Self.step(of:)).sorted(by: >)
    }

    /// Saves a complete checkpoint and makes the root's model follow it; keeps the newest `keep`.
    public func save(
        _ progress: RunProgress, optimizer: any Optimizer, model: ModelWriter, keep: Int
    ) throws(MartletError) {
        let name = Self.name(of: progress.step)
        let final = Files.join(checkpointsPath, name)
        let temporary = Files.join(checkpointsPath, "writing-\(name)")
        do {
            try Files.remove(temporary)
            try Files.createDirectory(temporary)
            let weights = try model.weights(temporary)
            let moments = try Self.writeOptimizer(optimizer, to: temporary)
            let state = progress.json.bytes(pretty: true)
            try Files.write(state, to: Files.join(temporary, Self.stateFile))
            let manifest = Manifest([
                .init(name: Self.weightsFile, bytes: weights.bytes, checksum: weights.checksum),
                .init(name: Self.optimizerFile, bytes: moments.bytes, checksum: moments.checksum),
                .init(name: Self.stateFile, bytes: state.count, checksum: CRC32C.checksum(state)),
            ])
            try Files.write(
                manifest.json.text(pretty: true), to: Files.join(temporary, Manifest.fileName))
            try Files.syncDirectory(temporary)
            // The same step again (a run stopped right after a save): the new one replaces it.
            if Files.exists(final) { try Files.remove(final) }
            try Files.rename(temporary, to: final)
        } catch {
            // A full disk must not cost the space the next attempt needs.
            do { try Files.remove(temporary) } catch {}
            throw error
        }
        try Files.write(name + "\n", to: latestPath)
        try Files.copy(Files.join(final, Self.weightsFile), to: Files.join(path, Self.weightsFile))
        for old in try steps().dropFirst(max(1, keep)) {
            // Renamed first: a kill in between leaves no half of a checkpoint under its name.
            let name = Self.name(of: old)
            let leaving = Files.join(checkpointsPath, "removing-\(name)")
            try Files.rename(Files.join(checkpointsPath, name), to: leaving)
            try Files.remove(leaving)
        }
    }

    private static func writeOptimizer(
        _ optimizer: any Optimizer, to folder: String
    ) throws(MartletError) -> (bytes: Int, checksum: UInt32) {
        let state = optimizer.state
        return try SafetensorsWriter.write(
            state.map { .init(name: $0.name, dtype: .float32, shape: [$0.values.count]) },
            metadata: [("optimizer", optimizer.name), ("time", String(optimizer.time))],
            to: Files.join(folder, optimizerFile), durable: false
        ) { (index, sink) throws(MartletError) in
            try state[index].values.withBytes { (bytes) throws(MartletError) in try sink(bytes) }
        }
    }

    /// A checkpoint whose files were all found true.
    public struct Checkpoint {
        /// Where its model lies.
        public let folder: String
        /// How far the run was.
        public let progress: RunProgress
    }

    /// The newest checkpoint that verifies, and what was wrong with newer ones. Temporary folders
    /// of a killed run are removed.
    public func newestCheckpoint() throws(MartletError) -> (
        checkpoint: Checkpoint?, problems: [String]
    ) {
        for name in try Files.list(checkpointsPath)
        where name.hasPrefix("writing-") || name.hasPrefix("removing-") {
            try Files.remove(Files.join(checkpointsPath, name))
        }
        var problems: [String] = []
        for step in try steps() {
            let folder = Files.join(checkpointsPath, Self.name(of: step))
            do {
                let manifest = try Manifest(folder: folder)
                try manifest.verify(folder)
                let statePath = Files.join(folder, Self.stateFile)
                let state = try JSONValue(parsing: try Files.read(statePath), place: statePath)
                let progress = try RunProgress(json: state, place: statePath)
                return (Checkpoint(folder: folder, progress: progress), problems)
            } catch {
                problems.append("checkpoint skipped: \(error)")
            }
        }
        return (nil, problems)
    }

    /// Restores the optimizer's state from a checkpoint.
    public func restore(_ checkpoint: Checkpoint, into optimizer: any Optimizer)
        throws(MartletError)
    {
        let path = Files.join(checkpoint.folder, Self.optimizerFile)
        let file = try SafetensorsFile(path)
        let kind = file.metadata.first { $0.0 == "optimizer" }?.1 ?? "?"
        guard kind == optimizer.name,
            let time = file.metadata.first(where: { $0.0 == "time" }).flatMap({ Int($0.1) })
        else {
            throw MartletError(
                .mismatched,
                "the state is of optimizer '\(kind)', the run uses '\(optimizer.name)'", at: path)
        }
        for (name, values) in optimizer.state {
            guard let stored = file.tensor(name), stored.shape == [values.count],
                stored.dtype == .float32
            else {
                throw MartletError(
                    .mismatched, "no state '\(name)' of \(values.count) values", at: path)
            }
            let tensor = Tensor(writing: [values.count], .float32, on: values.device) {
                $0.copyMemory(from: file.bytes(of: stored))
            }
            ArenaUpdates.write(tensor, to: values, at: 0)
        }
        optimizer.time = time
    }

    /// Makes the root's model that of `checkpoint` again if somebody changed or lost it.
    public func followModel(of checkpoint: Checkpoint) throws(MartletError) {
        let root = Files.join(path, Self.weightsFile)
        let source = Files.join(checkpoint.folder, Self.weightsFile)
        let manifest = try Manifest(folder: checkpoint.folder)
        if let entry = manifest.entries.first(where: { $0.name == Self.weightsFile }) {
            do {
                try Manifest([entry]).verify(path)
                return
            } catch {}
        }
        try Files.copy(source, to: root)
    }

    /// Keeps the current weights as `training/best`.
    public func saveBest(_ progress: RunProgress, model: ModelWriter) throws(MartletError) {
        let folder = Files.join(trainingPath, "best")
        try Files.createDirectory(folder)
        let weights = try model.weights(folder)
        try model.description(folder)
        let best: JSONValue = .object([
            "step": .number(JSONNumber(progress.step)),
            "val_loss": progress.bestLoss.map { .number(JSONNumber($0)) } ?? .null,
            "crc32c": .number(JSONNumber(Int(weights.checksum))),
        ])
        try Files.write(best.text(pretty: true) + "\n", to: Files.join(folder, "best.json"))
    }

    /// The step and validation loss of `training/best`; nil if there is none.
    func best() throws(MartletError) -> (step: Int, loss: Double)? {
        let path = Files.join(Files.join(trainingPath, "best"), "best.json")
        guard Files.exists(path) else { return nil }
        let best = try JSONValue(parsing: try Files.read(path), place: path)
        guard let step = best["step"]?.int, let loss = best["val_loss"]?.double else { return nil }
        return (step, loss)
    }

    // MARK: Records

    /// Appends one line to `training/metrics.jsonl`.
    public func record(_ event: JSONObject) throws(MartletError) {
        try Files.append(
            JSONValue.object(event).text() + "\n", to: Files.join(trainingPath, "metrics.jsonl"))
    }

    /// Ends a line that a killed run left unfinished.
    public func mendRecords() throws(MartletError) {
        let path = Files.join(trainingPath, "metrics.jsonl")
        guard Files.exists(path), let last = try Files.read(path).last, last != UInt8(ascii: "\n")
        else { return }
        try Files.append("\n", to: path)
    }

    /// Draws `training/report.html` anew from the records.
    public func writeReport(title: String, configuration: [(String, String)]) throws(MartletError) {
        let path = Files.join(trainingPath, "metrics.jsonl")
        guard Files.exists(path) else { return }
        let report = RunReport(
            metrics: try Files.read(path), title: title, configuration: configuration)
        try Files.write(report.html(), to: Files.join(trainingPath, "report.html"))
    }
}
