import ByteIO
import Checkpoints
import Tensors
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reading model folders.
@Suite struct CheckpointFilesTests {
    /// A file of one-byte tensors, each holding its number in the list.
    static func shard(_ names: [String]) -> [UInt8] {
        let entries = names.enumerated().map { number, name in
            #""\#(name)":{"dtype":"U8","shape":[1],"data_offsets":[\#(number),\#(number + 1)]}"#
        }
        return safetensors(
            "{\(entries.joined(separator: ","))}", data: names.indices.map { UInt8($0) })
    }

    static let indexName = "model.safetensors.index.json"

    /// The refusal of a folder with this index and a shard `s1` that holds `a` and `b`.
    private func refusal(index: String) throws -> MartletError? {
        let folder = try TestFolder()
        try folder.write(Self.shard(["a", "b"]), to: "s1")
        try folder.write(index, to: Self.indexName)
        return #expect(throws: MartletError.self) { try CheckpointFiles(folder: folder.path) }
    }

    @Test func singleFile() throws {
        let folder = try TestFolder()
        try folder.write(Self.shard(["a", "b"]), to: "model.safetensors")
        let files = try CheckpointFiles(folder: folder.path)
        #expect(files.tensors.map(\.name) == ["a", "b"])
        #expect(files.notes.isEmpty)
        let (file, tensor) = try #require(files.tensor("b"))
        #expect(Array(file.bytes(of: tensor)) == [1])
        #expect(files.file(of: "c") == nil)
        #expect(files.tensor("c") == nil)
    }

    @Test func singleFileCountsBesideAnIndex() throws {
        let folder = try TestFolder()
        try folder.write(Self.shard(["a"]), to: "model.safetensors")
        try folder.write("not even JSON", to: Self.indexName)
        let files = try CheckpointFiles(folder: folder.path)
        #expect(files.tensors.count == 1)
        #expect(files.notes.count == 1)
    }

    @Test func shardsOfTransformers() throws {
        let folder = try TestFolder()
        try Self.writeReference(to: folder)
        let files = try CheckpointFiles(folder: folder.path)
        #expect(files.files.count == 4)
        #expect(files.notes.isEmpty)
        #expect(Set(files.tensors.map(\.name)) == Set(ReferenceFiles.shardedNames))
        #expect(files.tensors.reduce(0) { $0 + $1.elementCount } == 288)
        let (file, weight) = try #require(files.tensor("transformer.h.0.mlp.c_fc.weight"))
        #expect(weight.shape == [4, 16])
        #expect(file.path.hasSuffix("model-00003-of-00004.safetensors"))
        #expect(files.file(of: weight.name) === file)
    }

    static func writeReference(to folder: TestFolder) throws {
        let shards = [
            ReferenceFiles.shard1, ReferenceFiles.shard2, ReferenceFiles.shard3,
            ReferenceFiles.shard4,
        ]
        for (number, shard) in shards.enumerated() {
            try folder.write(shard, to: "model-0000\(number + 1)-of-00004.safetensors")
        }
        try folder.write(ReferenceFiles.index, to: indexName)
    }

    @Test func nothingToRead() throws {
        let folder = try TestFolder()
        func code() -> MartletError.Code? {
            #expect(throws: MartletError.self) { try CheckpointFiles(folder: folder.path) }?.code
        }
        #expect(code() == .notFound)
        try folder.write("", to: "pytorch_model.bin")
        #expect(code() == .unsupported)
        let missing = #expect(throws: MartletError.self) {
            try CheckpointFiles(folder: folder.at("missing"))
        }
        #expect(missing?.code == .notFound)
    }

    @Test func extraTensorsAreNoted() throws {
        let folder = try TestFolder()
        try folder.write(Self.shard(["a", "b", "c\\u001b"]), to: "s1")
        try folder.write(Self.shard(["b"]), to: "s2")
        try folder.write(#"{"weight_map":{"b":"s2","a":"s1"}}"#, to: Self.indexName)
        let files = try CheckpointFiles(folder: folder.path)
        #expect(files.tensors.map(\.name) == ["a", "b"])
        #expect(files.tensor("b")?.0.path == folder.at("s2"))
        #expect(files.tensor("c\u{1B}") == nil)
        #expect(files.notes.count == 1)
        #expect(files.notes.first?.hasSuffix(#"does not name: 'b', 'c\u{1b}'"#) == true)
    }

    @Test func namesThatSwiftHoldsEqual() throws {
        let folder = try TestFolder()
        try folder.write(Self.shard(["\u{E9}"]), to: "s1")
        try folder.write(Self.shard(["x", "e\u{301}"]), to: "s2")
        try folder.write(
            "{\"weight_map\":{\"\u{E9}\":\"s1\",\"e\u{301}\":\"s2\",\"x\":\"s2\"}}",
            to: Self.indexName)
        let files = try CheckpointFiles(folder: folder.path)
        #expect(files.tensors.count == 3)
        #expect(try files.file(of: "\u{E9}")?.copy("\u{E9}") == [0])
        #expect(try files.file(of: "e\u{301}")?.copy("e\u{301}") == [1])
    }

    @Test func totalsAreInformationalOnly() throws {
        let folder = try TestFolder()
        try folder.write(Self.shard(["a"]), to: "s1")
        try folder.write(
            "\n{\"metadata\":{\"total_size\":-1e99,\"x\":[]},\"y\":null,\"weight_map\":{\"a\":\"s1\"}} \n",
            to: Self.indexName)
        #expect(try CheckpointFiles(folder: folder.path).tensors.count == 1)
    }

    @Test(arguments: [
        "", "[]", "{", "{}", "{}x", #"{"weight_map":null}"#, #"{"weight_map":[]}"#,
        #"{"weight_map":{"a":1}}"#, #"{"weight_map":{"a":null}}"#, #"{"weight_map":{"a":"s1"}"#,
        #"{"weight_map":{"a":"s1",}}"#, #"{"weight_map":{"a":"s1"]}"#, #"{"metadata":{}}"#,
        #"{"weight_map":{"a":"s1"},"metadata":{x}}"#, #"{"weight_map":{"a":"s1","a":"s1"}}"#,
        #"{"weight_map":{"a":"s1"},"weight_map":{"a":"s1"}}"#,
    ])
    func brokenIndex(_ index: String) throws {
        #expect(try refusal(index: index)?.code == .malformed)
    }

    @Test(arguments: [
        "", ".", "..", "../s1", "./s1", "a/s1", "/s1", "/etc/passwd", #"..\\s1"#, #"C:\\s1"#,
        "s..1", #"s1\u0000"#, #"s1\n"#, #"\u0000s1"#, "s1/", "//s1", "s\u{FF0F}1", "sé",
        String(repeating: "s", count: 256),
    ])
    func shardsThatAreNoBareNames(_ name: String) throws {
        let error = try refusal(index: #"{"weight_map":{"a":"\#(name)"}}"#)
        #expect(error?.code == .malformed)
        #expect(error?.message.contains("not the bare name of a file") == true)
    }

    @Test func mappedTensorsMustExist() throws {
        let error = try refusal(index: #"{"weight_map":{"a":"s1","c":"s1"}}"#)
        #expect(error?.code == .mismatched)
        #expect(error?.message.contains("'c'") == true)
        #expect(try refusal(index: #"{"weight_map":{"a":"s1","b":"s2"}}"#)?.code == .notFound)
        let folderItself = try refusal(index: #"{"weight_map":{"a":"\#(Self.indexName)"}}"#)
        #expect(folderItself != nil)
    }

    @Test func linksMayNotLeadOut() throws {
        let outside = try TestFolder()
        try outside.write(Self.shard(["a"]), to: "secret")
        let folder = try TestFolder()
        try folder.write(Self.shard(["a"]), to: "inside")
        try folder.write(#"{"weight_map":{"a":"s1"}}"#, to: Self.indexName)
        func outcome(_ target: String) throws -> MartletError.Code? {
            try Files.remove(folder.at("s1"))
            folder.link("s1", to: target)
            do { _ = try CheckpointFiles(folder: folder.path) } catch { return error.code }
            return nil
        }
        #expect(try outcome("inside") == nil)
        #expect(try outcome(folder.at("inside")) == nil)
        #expect(try outcome(outside.at("secret")) == .malformed)
        #expect(try outcome("../\(Files.lastComponent(outside.path))/secret") == .malformed)
        #expect(try outcome("/dev/zero") == .malformed)
        #expect(try outcome("missing") == .notFound)
        #expect(try outcome("s1") == .notFound)
        // A neighbour whose name merely begins alike.
        let beside = folder.path + "-beside"
        try Files.createDirectory(beside)
        defer { try? Files.remove(beside) }
        try Files.write(Self.shard(["a"]), to: Files.join(beside, "secret"))
        #expect(try outcome(Files.join(beside, "secret")) == .malformed)
    }

    @Test func notARegularFile() throws {
        let folder = try TestFolder()
        try folder.write(#"{"weight_map":{"a":"s1"}}"#, to: Self.indexName)
        try Files.createDirectory(folder.at("s1"))
        #expect(throws: MartletError.self) { try CheckpointFiles(folder: folder.path) }
        try Files.remove(folder.at("s1"))
        #expect(mkfifo(folder.at("s1"), 0o600) == 0)
        #expect(throws: MartletError.self) { try CheckpointFiles(folder: folder.path) }
    }

    /// The hub's cache: `snapshots/REVISION` links into `blobs`.
    @Test func hubCache() throws {
        let cache = try TestFolder()
        let revision = cache.at("snapshots/abc")
        try Files.createDirectory(revision)
        try Files.createDirectory(cache.at("blobs"))
        try cache.write(Self.shard(["a"]), to: "blobs/1234")
        try cache.write(Self.shard(["a"]), to: "secret")
        try cache.write(#"{"weight_map":{"a":"s1"}}"#, to: "snapshots/abc/\(Self.indexName)")
        cache.link("snapshots/abc/s1", to: "../../blobs/1234")
        #expect(try CheckpointFiles(folder: revision).tensors.count == 1)

        try Files.remove(cache.at("snapshots/abc/s1"))
        cache.link("snapshots/abc/s1", to: "../../secret")
        #expect(throws: MartletError.self) { try CheckpointFiles(folder: revision) }

        // The blobs themselves may not lead on.
        let outside = try TestFolder()
        try outside.write(Self.shard(["a"]), to: "1234")
        try Files.remove(cache.at("blobs"))
        try Files.remove(cache.at("snapshots/abc/s1"))
        cache.link("blobs", to: outside.path)
        cache.link("snapshots/abc/s1", to: "../../blobs/1234")
        #expect(throws: MartletError.self) { try CheckpointFiles(folder: revision) }
    }
}
