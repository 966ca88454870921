import ByteIO
import Checkpoints
import Tensors
import Testing

/// Writing files, and refusing to.
@Suite struct SafetensorsWriterTests {
    private typealias Entry = SafetensorsWriter.Entry

    @Test func bytesComeInPieces() throws {
        let folder = try TestFolder()
        let path = folder.at("a.safetensors")
        let data = (0..<4000).map { UInt8(truncatingIfNeeded: $0) }
        let entries = [
            Entry(name: "small", dtype: .uint8, shape: [3]),
            Entry(name: "none", dtype: .float32, shape: [0]),
            Entry(name: "large", dtype: .float32, shape: [10, 100]),
        ]
        var order: [Int] = []
        let written = try SafetensorsWriter.write(entries, to: path) {
            (index, sink) throws(MartletError) in
            order.append(index)
            switch index {
            case 0:
                for byte: UInt8 in [1, 2, 3] { try send([byte], to: sink) }
            case 2:
                for start in stride(from: 0, to: 4000, by: 333) {
                    try send(Array(data[start..<min(start + 333, 4000)]), to: sink)
                    try send([], to: sink)
                }
            default: break
            }
        }
        #expect(order == [2, 1, 0])
        let file = try SafetensorsFile(path)
        #expect(try file.copy("small") == [1, 2, 3])
        #expect(try file.copy("none") == [])
        #expect(try file.copy("large") == data)
        let bytes = try Files.read(path)
        #expect(written.bytes == bytes.count)
        #expect(written.checksum == CRC32C.checksum(bytes))
        #expect((bytes.count - 4003).isMultiple(of: 8))
        #expect(try folder.names() == ["a.safetensors"])
    }

    @Test func metadata() throws {
        let folder = try TestFolder()
        let path = folder.at("a.safetensors")
        try SafetensorsWriter.write([], to: path) { _, _ in }
        #expect(try SafetensorsFile(path).metadata.map { "\($0)=\($1)" } == ["format=pt"])
        try SafetensorsWriter.write([], metadata: [], to: path) { _, _ in }
        #expect(try SafetensorsFile(path).metadata.isEmpty)
        #expect(try Files.read(path) == safetensors("{}      "))
        try SafetensorsWriter.write(
            [], metadata: [("é", "1"), ("e\u{301}", "\"\n\u{0}")], to: path
        ) { _, _ in }
        #expect(try SafetensorsFile(path).metadata.map(\.1) == ["1", "\"\n\u{0}"])
    }

    @Test(arguments: [true, false])
    func replacesOnlyWhenComplete(_ durable: Bool) throws {
        let folder = try TestFolder()
        let path = try folder.write("before", to: "a.safetensors")
        let entries = [
            Entry(name: "a", dtype: .uint8, shape: [2]),
            Entry(name: "b", dtype: .uint8, shape: [2]),
        ]
        for given in [0, 1, 3, 5] {
            let error = #expect(throws: MartletError.self) {
                try SafetensorsWriter.write(entries, to: path, durable: durable) {
                    (index, sink) throws(MartletError) in
                    let count = index == 0 ? 2 : given
                    for _ in 0..<count { try send([1], to: sink) }
                }
            }
            #expect(error?.code == .mismatched)
            let what = given > 2 ? "more than 2 bytes" : "\(given) of 2 bytes"
            #expect(error?.message == "tensor 'b' was given \(what)")
        }
        let thrown = #expect(throws: MartletError.self) {
            try SafetensorsWriter.write(entries, to: path, durable: durable) {
                (_, _) throws(MartletError) in throw MartletError(.nonFinite, "the caller's")
            }
        }
        #expect(thrown?.code == .nonFinite)
        #expect(try folder.names() == ["a.safetensors"])
        #expect(try Files.read(path) == Array("before".utf8))

        try SafetensorsWriter.write(entries, to: path, durable: durable) {
            (index, sink) throws(MartletError) in try send([1, UInt8(index)], to: sink)
        }
        #expect(try folder.names() == ["a.safetensors"])
        #expect(try SafetensorsFile(path).copy("b") == [1, 1])
    }

    @Test func anOpenFileKeepsItsContent() throws {
        let folder = try TestFolder()
        let path = folder.at("a.safetensors")
        let entry = Entry(name: "a", dtype: .uint8, shape: [1])
        func write(_ byte: UInt8) throws {
            try SafetensorsWriter.write([entry], to: path, durable: false) {
                (_, sink) throws(MartletError) in try send([byte], to: sink)
            }
        }
        try write(1)
        let file = try SafetensorsFile(path)
        try write(2)
        #expect(try file.copy("a") == [1])
        #expect(try SafetensorsFile(path).copy("a") == [2])
    }

    @Test func errorsOfTheFileSystem() throws {
        let folder = try TestFolder()
        let missing = folder.at("missing/a.safetensors")
        let error = #expect(throws: MartletError.self) {
            try SafetensorsWriter.write([], to: missing) { _, _ in }
        }
        #expect(error?.code == .notFound)
        #expect(error?.place == missing)
        try Files.createDirectory(folder.at("taken/inner"))
        for durable in [true, false] {
            #expect(throws: MartletError.self) {
                try SafetensorsWriter.write([], to: folder.at("taken"), durable: durable) { _, _ in
                }
            }
        }
        #expect(try folder.names() == ["taken"])
    }

    @Test func entriesNoFileCanHold() throws {
        let folder = try TestFolder()
        func refused(_ entries: [Entry], metadata: [(String, String)] = []) {
            let error = #expect(throws: MartletError.self) {
                try SafetensorsWriter.write(
                    entries, metadata: metadata, to: folder.at("a"),
                    body: { (_, _) throws(MartletError) in })
            }
            #expect(error?.code == .invalidValue)
        }
        func entry(_ shape: [Int], _ dtype: DType = .float32, name: String = "a") -> Entry {
            Entry(name: name, dtype: dtype, shape: shape)
        }
        refused([entry([1]), entry([2])])
        refused([entry([1], name: "__metadata__")])
        refused([entry([1], name: String(repeating: "n", count: 1025))])
        refused([entry([-1])])
        refused([entry([1, 1, 1, 1, 1, 1, 1, 1, 1])])
        refused([entry([Int.max])])
        refused([entry([Int.max, Int.max])])
        refused(
            [entry([Int.max / 8], .uint8), entry([Int.max / 8], .uint8, name: "b")]
                + (0..<8).map { entry([Int.max / 8], .uint8, name: "c\($0)") })
        refused([], metadata: [("a", "1"), ("a", "2")])
        #expect(try folder.names().isEmpty)
    }

    @Test func typesAgreeWithTheFormat() {
        #expect(FormatType.all.count == 22)
        for dtype in DType.allCases {
            let type = FormatType.named(dtype.formatName)
            #expect(type?.dtype == dtype)
            #expect(type?.bits == 8 * dtype.byteWidth)
            #expect(FormatType.all[dtype.formatRank].name == dtype.formatName)
        }
    }
}
