import ByteIO
import Checkpoints
import Tensors
import Testing

/// Damaged files are refused, or read as what they then say; they never trap.
@Suite struct MutationTests {
    private static let header =
        #"{"__metadata__":{"format":"pt","n":"\u00e9"},"a.w":{"dtype":"F32","shape":[2,3],"#
        + #""data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"#
        + #""é":{"shape":[],"dtype":"I64","data_offsets":[32,40]},"#
        + #""none":{"dtype":"U8","shape":[0,9],"data_offsets":[40,40],"x":[null,{"y":-1.5e3}]}}  "#

    /// Pieces that mean something to a parser.
    private static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", " ", "0", "-", "1e9", ".5", "null", "true",
            "\\u0000", "\\ud800", "99999999999999999999", "9223372036854775807", "4294967296",
            "\"F4\"", "\"U16\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "__metadata__",
            "[0,0]", "[0,40]", "{}", "[[[[[[[[", "\u{FEFF}", "\u{0}",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]]

    private func mutate(_ bytes: inout [UInt8], with random: inout Randomness) {
        guard !bytes.isEmpty else { return }
        let position = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, position + Int.random(in: 1...12, using: &random))
        switch Int.random(in: 0..<8, using: &random) {
        case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[position] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(position..<end)
        case 3: bytes.insert(contentsOf: bytes[position..<end], at: position)
        case 4:
            let target = Int.random(in: 0..<bytes.count, using: &random)
            bytes.insert(contentsOf: Array(bytes[position..<end]), at: target)
        case 5: bytes[position] = UInt8.random(in: 0x30...0x39, using: &random)
        default:
            guard let piece = Self.pieces.randomElement(using: &random) else { return }
            if Bool.random(using: &random) {
                bytes.insert(contentsOf: piece, at: position)
            } else {
                bytes.replaceSubrange(position..<end, with: piece)
            }
        }
    }

    /// Opens the bytes as a file and, if they are one, checks that it hangs together.
    private func isAccepted(_ file: [UInt8]) -> Bool {
        guard let header = try? parsed(file) else { return false }
        var end = 0
        let byPosition = header.tensors.map(\.range).sorted {
            ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
        }
        for range in byPosition {
            #expect(range.lowerBound == end)
            end = range.upperBound
        }
        #expect(header.dataStart + end == file.count)
        for tensor in header.tensors {
            #expect(tensor.elementCount * tensor.dtype.byteWidth == tensor.byteCount)
        }
        return true
    }

    /// Mutations of the whole file, length and data included.
    @Test func mutatedFiles() {
        var random = Randomness(seed: 1)
        let sound = safetensors(Self.header, zeros: 40)
        #expect(isAccepted(sound))
        var accepted = 0
        for _ in 0..<4000 {
            var file = sound
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&file, with: &random) }
            if isAccepted(file) { accepted += 1 }
        }
        #expect(accepted < 2000)
    }

    /// Mutations of the header alone, with a length that fits it, so that they reach the parser.
    @Test func mutatedHeaders() {
        var random = Randomness(seed: 2)
        var accepted = 0
        for _ in 0..<6000 {
            var header = Array(Self.header.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&header, with: &random) }
            if isAccepted(safetensors(header, data: [UInt8](repeating: 0, count: 40))) {
                accepted += 1
            }
        }
        // Some must get through (a changed name, a space), or nothing behind the parser is tried.
        #expect(accepted > 100)
        #expect(accepted < 4000)
    }

    @Test func everyTruncation() throws {
        let sound = safetensors(Self.header, zeros: 40)
        for count in 0..<sound.count {
            #expect(!isAccepted(Array(sound[..<count])))
        }
        for length in 0..<UInt64(sound.count + 20) where length != UInt64(Self.header.utf8.count) {
            let file = littleEndian(length) + sound[8...]
            // Shorter by the spaces at the end: sound JSON, but then the data is too long.
            #expect(!isAccepted(file))
        }
    }

    @Test func mutatedIndexes() throws {
        let folder = try TestFolder()
        try folder.write(CheckpointFilesTests.shard(["a", "b"]), to: "s1")
        try folder.write(CheckpointFilesTests.shard(["c"]), to: "s2")
        let sound = #"{"metadata":{"total_size":3},"weight_map":{"a":"s1","b":"s1","c":"s2"}}"#
        var random = Randomness(seed: 3)
        for _ in 0..<400 {
            var index = Array(sound.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&index, with: &random) }
            try folder.write(index, to: CheckpointFilesTests.indexName)
            guard let files = try? CheckpointFiles(folder: folder.path) else { continue }
            for tensor in files.tensors {
                let found = try #require(files.tensor(tensor.name))
                #expect(found.0.bytes(of: found.1).count == 1)
            }
        }
    }
}
