import ByteIO
import Checkpoints
import Tensors
import Testing

/// Writing model folders.
@Suite struct ShardWritingTests {
    private typealias Entry = SafetensorsWriter.Entry

    /// Four tensors of four bytes; the bytes of each are its number and `mark`.
    private static let entries = ["d", "c", "b", "a"].map {
        Entry(name: $0, dtype: .uint8, shape: [2, 2])
    }

    @discardableResult
    private func write(
        _ mark: UInt8, maximum: Int, to folder: String, entries: [Entry] = entries,
        durable: Bool = true
    ) throws -> [CheckpointFiles.WrittenFile] {
        try CheckpointFiles.writeSharded(
            entries, to: folder, maximumShardBytes: maximum, durable: durable
        ) { (index, sink) throws(MartletError) in
            try send([UInt8(index), mark, mark, mark], to: sink)
        }
    }

    private func expectContent(_ mark: UInt8, of folder: String) throws {
        let files = try CheckpointFiles(folder: folder)
        #expect(files.notes.isEmpty)
        #expect(files.tensors.count == Self.entries.count)
        for (index, entry) in Self.entries.enumerated() {
            let file = try #require(files.file(of: entry.name))
            #expect(try file.copy(entry.name) == [UInt8(index), mark, mark, mark])
        }
    }

    /// The same split, files and index as transformers makes, byte by byte.
    @Test func equalsTransformers() throws {
        let theirs = try TestFolder()
        try CheckpointFilesTests.writeReference(to: theirs)
        let source = try CheckpointFiles(folder: theirs.path)
        let ours = try TestFolder()
        let tensors = try ReferenceFiles.shardedNames.map { try #require(source.tensor($0)) }
        let written = try CheckpointFiles.writeSharded(
            tensors.map { .init(name: $1.name, dtype: $1.dtype, shape: $1.shape) }, to: ours.path,
            maximumShardBytes: 400
        ) { (index, sink) throws(MartletError) in
            try sink(tensors[index].0.bytes(of: tensors[index].1))
        }
        #expect(try ours.names() == theirs.names())
        #expect(written.map(\.name) == (try ours.names()))
        for file in written {
            let bytes = try Files.read(ours.at(file.name))
            #expect(try bytes == Files.read(theirs.at(file.name)))
            #expect(file.bytes == bytes.count)
            #expect(file.checksum == CRC32C.checksum(bytes))
        }
    }

    @Test func oneFileIsEnough() throws {
        let folder = try TestFolder()
        let written = try write(1, maximum: 16, to: folder.path)
        #expect(written.map(\.name) == ["model.safetensors"])
        #expect(try folder.names() == ["model.safetensors"])
        try expectContent(1, of: folder.path)
    }

    @Test(arguments: [(15, 2), (8, 2), (7, 4), (4, 4), (1, 4)])
    func shardSizes(_ sizes: (maximum: Int, shards: Int)) throws {
        let folder = try TestFolder()
        let path = folder.at("made/as/needed")
        let written = try write(1, maximum: sizes.maximum, to: path, durable: false)
        #expect(written.count == sizes.shards + 1)
        #expect(try Files.list(path) == written.map(\.name))
        try expectContent(1, of: path)
    }

    @Test func nothingAtAll() throws {
        let folder = try TestFolder()
        #expect(try write(1, maximum: 1, to: folder.path, entries: []).count == 1)
        #expect(try CheckpointFiles(folder: folder.path).tensors.isEmpty)
    }

    /// Whatever was there before, only the new weights are there afterwards, and nothing else goes.
    @Test func replacesOtherWeights() throws {
        let folder = try TestFolder()
        let others = [
            "config.json", "model-1-of-2.safetensors", "model-0000x-of-00002.safetensors",
            "tokenizer.json",
        ]
        for name in others { try folder.write("{}", to: name) }
        for (round, maximum) in [16, 8, 4, 4, 8, 16, 4].enumerated() {
            let written = try write(UInt8(round), maximum: maximum, to: folder.path)
            try expectContent(UInt8(round), of: folder.path)
            #expect(try Set(folder.names()) == Set(others + written.map(\.name)))
        }
    }

    @Test(arguments: [16, 4], [16, 4])
    func failureLeavesTheOldWeights(_ before: Int, _ after: Int) throws {
        let folder = try TestFolder()
        try write(1, maximum: before, to: folder.path)
        let names = try folder.names()
        for last in 0..<4 {
            var calls = 0
            let error = #expect(throws: MartletError.self) {
                try CheckpointFiles.writeSharded(
                    Self.entries, to: folder.path, maximumShardBytes: after
                ) { (index, sink) throws(MartletError) in
                    calls += 1
                    if calls > last { throw MartletError(.diskFull, "full") }
                    try send([UInt8(index), 2, 2, 2], to: sink)
                }
            }
            #expect(error?.code == .diskFull)
            #expect(try folder.names() == names)
            try expectContent(1, of: folder.path)
        }
    }

    @Test func whatCannotBeWritten() throws {
        let folder = try TestFolder()
        for maximum in [0, -1, Int.min] {
            let error = #expect(throws: MartletError.self) {
                try write(1, maximum: maximum, to: folder.path)
            }
            #expect(error?.code == .invalidValue)
        }
        let twice = Self.entries + Self.entries
        let error = #expect(throws: MartletError.self) {
            try write(1, maximum: 4, to: folder.path, entries: twice)
        }
        #expect(error?.code == .invalidValue)
        #expect(try folder.names().isEmpty)
        try folder.write("", to: "file")
        #expect(throws: MartletError.self) { try write(1, maximum: 4, to: folder.at("file")) }
    }
}
