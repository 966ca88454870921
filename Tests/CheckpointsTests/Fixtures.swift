import ByteIO
import Checkpoints
import Tensors
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A folder of its own for one test, removed with it.
final class TestFolder {
    let path: String

    init() throws {
        path = try Files.temporaryDirectory()
    }

    deinit {
        try? Files.remove(path)
    }

    /// The path of `name` in the folder.
    func at(_ name: String) -> String {
        Files.join(path, name)
    }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Files.write(bytes, to: at(name))
        return at(name)
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
    }

    func link(_ name: String, to target: String) {
        #expect(symlink(target, at(name)) == 0)
    }

    func names() throws -> [String] {
        try Files.list(path)
    }
}

/// The bytes of a file with this header and data, the header as it is.
func safetensors(_ header: [UInt8], data: [UInt8] = []) -> [UInt8] {
    littleEndian(UInt64(header.count)) + header + data
}

/// The bytes of a file with this header and data, the header as it is.
func safetensors(_ header: String, data: [UInt8] = []) -> [UInt8] {
    safetensors(Array(header.utf8), data: data)
}

/// The bytes of a file with `byteCount` zeros as data.
func safetensors(_ header: String, zeros byteCount: Int) -> [UInt8] {
    safetensors(header, data: [UInt8](repeating: 0, count: byteCount))
}

func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// Parses a file's header from memory; the buffer has exactly the file's length.
func parsed(_ file: [UInt8]) throws -> SafetensorsHeader {
    try file.withUnsafeBytes { try SafetensorsHeader(of: $0, place: "test.safetensors") }
}

/// The error with which `file` is refused; nil, and a failed test, if it is accepted.
func refusal(
    _ file: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) -> MartletError? {
    #expect(throws: MartletError.self, sourceLocation: sourceLocation) { try parsed(file) }
}

extension SafetensorsFile {
    /// A copy of the bytes of the tensor with this name.
    func copy(_ name: String) throws -> [UInt8] {
        let tensor = try #require(self.tensor(name))
        return Array(bytes(of: tensor))
    }
}

/// A small repeatable source of numbers.
struct Randomness: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Hands an array to a writer's sink.
func send(
    _ bytes: [UInt8], to sink: (UnsafeRawBufferPointer) throws(MartletError) -> Void
) throws(MartletError) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    try sink(UnsafeRawBufferPointer(copy))
}
