import ByteIO
import Tensors

/// The weights of a model folder: `model.safetensors`, or several shards and their index.
///
/// Where both stand in a folder the single file counts, as it does for transformers. With an index,
/// every tensor it maps must be in the shard it names; what a shard holds beyond that is left out
/// and mentioned in `notes`.
public struct CheckpointFiles: Sendable {
    /// The folder it was opened by.
    public let folder: String
    /// The opened files, in the order of their names.
    public let files: [SafetensorsFile]
    /// Every tensor: file by file, each in the order of its header.
    public let tensors: [StoredTensor]
    /// What is odd about the folder but no error, in sentences for people.
    public let notes: [String]

    private let fileOfName: [ByteName: Int]

    /// Opens the weights in `folder`, each file checked as `SafetensorsFile` does.
    ///
    /// Throws `.notFound` without weights, `.unsupported` when there are only pickled ones,
    /// `.malformed` for an index that names anything but files of its folder, `.mismatched` when a
    /// shard lacks a tensor that the index places there.
    public init(folder: String) throws(MartletError) {
        self.folder = folder
        let single = Files.join(folder, ShardIndex.singleFileName)
        let index = Files.join(folder, ShardIndex.fileName)
        if Files.exists(single) {
            let file = try SafetensorsFile(single)
            files = [file]
            tensors = file.tensors
            notes =
                Files.exists(index)
                ? ["\(index) is not read, since \(ShardIndex.singleFileName) is there as well"] : []
            fileOfName = Self.positions([file.tensors])
            return
        }
        guard Files.exists(index) else { throw Self.nothing(in: folder) }

        var files: [SafetensorsFile] = []
        var tensors: [[StoredTensor]] = []
        var notes: [String] = []
        for shard in try ShardIndex(index).shards {
            let file = try SafetensorsFile(try ShardLocation.path(of: shard.file, in: folder))
            for name in shard.names where file.tensor(name) == nil {
                throw MartletError(
                    .mismatched,
                    "the index places tensor \(ByteName.quoted(name)) here, but it is not there",
                    at: file.path)
            }
            let mapped = Set(shard.names.map { ByteName($0) })
            let extra = file.tensors.filter { !mapped.contains(ByteName($0.name)) }
            if !extra.isEmpty { notes.append(Self.note(on: extra, in: file.path)) }
            files.append(file)
            tensors.append(file.tensors.filter { mapped.contains(ByteName($0.name)) })
        }
        self.files = files
        self.notes = notes
        self.tensors = tensors.flatMap { $0 }
        fileOfName = Self.positions(tensors)
    }

    /// The file that holds the tensor with exactly this name.
    public func file(of name: String) -> SafetensorsFile? {
        fileOfName[ByteName(name)].map { files[$0] }
    }

    /// The tensor with exactly this name, and the file that holds it.
    public func tensor(_ name: String) -> (SafetensorsFile, StoredTensor)? {
        guard let file = file(of: name), let tensor = file.tensor(name) else { return nil }
        return (file, tensor)
    }

    private static func positions(_ tensors: [[StoredTensor]]) -> [ByteName: Int] {
        var positions: [ByteName: Int] = [:]
        positions.reserveCapacity(tensors.reduce(0) { $0 + $1.count })
        for (file, tensors) in tensors.enumerated() {
            for tensor in tensors { positions[ByteName(tensor.name)] = file }
        }
        return positions
    }

    private static func note(on extra: [StoredTensor], in path: String) -> String {
        let names = extra.prefix(5).map { ByteName.quoted($0.name) }.joined(separator: ", ")
        let more = extra.count > 5 ? " and \(extra.count - 5) more" : ""
        return "\(path) holds tensors that the index does not name: \(names)\(more)"
    }

    private static func nothing(in folder: String) -> MartletError {
        guard Files.isDirectory(folder) else {
            return MartletError(.notFound, "there is no such folder", at: folder)
        }
        let pickled = ["pytorch_model.bin", "pytorch_model.bin.index.json"]
        if pickled.contains(where: { Files.exists(Files.join(folder, $0)) }) {
            return MartletError(
                .unsupported,
                "holds pickled weights only, which could run code when read; "
                    + "save them as safetensors", at: folder)
        }
        return MartletError(
            .notFound,
            "holds neither \(ShardIndex.singleFileName) nor \(ShardIndex.fileName)", at: folder)
    }
}
