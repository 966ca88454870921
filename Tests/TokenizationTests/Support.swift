import ByteIO
import Testing
import Tokenization

/// The files that `Goldens/make_goldens.py` made.
enum Goldens {
    static func path(_ name: String) -> String {
        Files.join(Files.join(Files.parent(#filePath), "Goldens"), name)
    }

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: Files.read(path(name)), place: name)
    }

    /// The members `text` and `key` (integers) of each entry of a file.
    static func cases(_ name: String, _ key: String) throws -> [(text: [UInt8], numbers: [Int])] {
        try #require(json(name).array).map { entry in
            let numbers = try #require(entry[key]?.array).map { try #require($0.int) }
            return (Array(try #require(entry["text"]?.string).utf8), numbers)
        }
    }

    /// The tokenizer that Hugging Face's trainer learnt from `corpus.txt`.
    static func tokenizer() throws -> Tokenizer {
        try Tokenizer.loading(path("tokenizer.json"))
    }

    /// What our trainer learns from `corpus.txt`.
    static func trained(
        vocabularySize: Int = 600, minimumFrequency: Int = 0,
        specialTokens: [String] = ["<|endoftext|>", "<|pad|>"]
    ) throws -> Tokenizer {
        let learner = try VocabularyLearner(
            .bytePairs, vocabularySize: vocabularySize, minimumFrequency: minimumFrequency,
            specialTokens: specialTokens)
        try Files.read(path("corpus.txt")).withUnsafeBytes { try learner.add($0) }
        return try learner.learn()
    }
}

extension Tokenizer {
    func encode(_ bytes: [UInt8], parseSpecial: Bool = false) throws -> [ID] {
        try bytes.withUnsafeBytes { try encode($0, parseSpecial: parseSpecial) }
    }

    /// The bytes of all `ids`, joined.
    func joined(_ ids: [ID]) throws -> [UInt8] {
        try ids.flatMap { try #require(bytes(of: $0)) }
    }

    static func characters(_ text: String, endOfText: Bool = false) throws -> Tokenizer {
        try Array(text.utf8).withUnsafeBytes { try characters(of: $0, endOfText: endOfText) }
    }

    /// The tokenizer in a `tokenizer.json` with this content.
    static func parsing(_ file: JSONValue) throws -> Tokenizer {
        let folder = try TemporaryFolder()
        try Files.write(file.bytes(), to: folder["tokenizer.json"])
        return try loading(folder.path)
    }

    /// The file this tokenizer is saved as.
    func file() throws -> JSONValue {
        try JSONValue(parsing: fileContents(), place: "tokenizer.json")
    }
}

/// A folder of one test, gone with the object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws { path = try Files.temporaryDirectory() }

    deinit {
        do throws(MartletError) { try Files.remove(path) } catch { print("left behind: \(error)") }
    }

    /// The path of `name` in the folder.
    subscript(_ name: String) -> String { Files.join(path, name) }
}

/// What `body` throws; nil if it does not, or something else.
func failure<Result>(_ body: () throws -> Result) -> MartletError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? MartletError
    }
}

/// Random numbers for tests that must be the same each time (SplitMix64).
struct TestRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// `count` bytes: any, or mostly those of ASCII and of UTF-8 sequences.
    mutating func bytes(_ count: Int) -> [UInt8] {
        let common = Array("the 'll  \n12é世😀".utf8)
        let isWild = Bool.random(using: &self)
        return (0..<count).map { _ in
            isWild || UInt8.random(in: 0..<8, using: &self) == 0
                ? UInt8.random(in: 0...255, using: &self)
                : common[Int.random(in: 0..<common.count, using: &self)]
        }
    }
}
