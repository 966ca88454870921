import ByteIO
import Testing

/// A folder of one test, gone with the object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws { path = try Files.temporaryDirectory() }

    deinit {
        do throws(MartletError) { try Files.remove(path) } catch { print("left behind: \(error)") }
    }

    /// The path of `name` in the folder.
    subscript(_ name: String) -> String { Files.join(path, name) }

    /// Writes a file and gives its path; folders on the way are made.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Files.createDirectory(Files.parent(self[name]))
        try Files.write(bytes, to: self[name])
        return self[name]
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
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
}

/// Texts to train on.
enum Sample {
    /// About six bytes a word, ASCII, the same each time: 20 different characters.
    static func text(words count: Int = 2000, seed: UInt64 = 1) -> String {
        let words = [
            "the", "a", "dog", "cat", "ran", "sat", "on", "mat", "and", "then", "ball", "red",
            "blue", "big", "small", "went", "home",
        ]
        var random = TestRandom(state: seed)
        var text = ""
        for _ in 0..<count {
            text += words[Int.random(in: 0..<words.count, using: &random)]
            text += Int.random(in: 0..<10, using: &random) == 0 ? ".\n" : " "
        }
        return text
    }
}

/// Models small enough to train in a moment.
enum Tiny {
    /// The context of the model of ``flags``.
    static let context = 16
    /// The width of the model of ``flags``.
    static let width = 16

    /// Flags of a model of one block, for `steps` steps of four windows.
    static func flags(steps: Int = 6, _ others: String...) -> [String] {
        [
            "--tokenizer", "chars", "--width", "\(width)", "--depth", "1", "--heads", "2",
            "--context", "\(context)", "--batch", "4", "--steps", "\(steps)",
        ] + others
    }

    /// Trains a model on ``Sample/text`` in `folder`, as `name`, and gives its path.
    static func train(
        in folder: TemporaryFolder, as name: String = "run", steps: Int = 6, _ others: [String] = []
    ) throws -> String {
        let data = folder["text.txt"]
        if !Files.exists(data) { try folder.write(Sample.text(), to: "text.txt") }
        let run = try Tool.run(
            ["pretrain", "--data", data, "--output", folder[name]] + flags(steps: steps) + others)
        try #require(run.ending == .exit(0), "\(run.errors)")
        return folder[name]
    }

    /// The bytes of the model in a run folder.
    static func weights(_ run: String) throws -> [UInt8] {
        try Files.read(Files.join(run, "model.safetensors"))
    }

    /// Changes one member of a JSON file; nil removes it.
    static func edit(_ path: String, _ key: String, _ value: JSONValue?) throws {
        var object = try #require(
            try JSONValue(parsing: try Files.read(path), place: path).object)
        object[key] = value
        try Files.write(JSONValue.object(object).text(), to: path)
    }

    /// Changes a byte of a file; negative offsets count from the end. Other names of the file keep
    /// the bytes they had.
    static func flip(_ path: String, at offset: Int, bits: UInt8 = 0x20) throws {
        var bytes = try Files.read(path)
        bytes[offset < 0 ? bytes.count + offset : offset] ^= bits
        try Files.write(bytes, to: path)
    }
}

/// Checks that a command failed with `status` and said why on stderr, in one go with each of
/// `mentions`, without a crash and without a result on stdout.
func expectFailure(
    _ run: Outcome, status: Int32 = 1, _ mentions: String...,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(run.ending == .exit(status), "\(run.errors)", sourceLocation: sourceLocation)
    #expect(run.output == "", sourceLocation: sourceLocation)
    let errors = run.errors
    let lines = errors.split(separator: "\n")
    #expect(
        lines.contains { $0.hasPrefix("error: ") || $0.hasPrefix("Error: ") }, "\(errors)",
        sourceLocation: sourceLocation)
    for mention in mentions {
        #expect(
            errors.contains(mention), "'\(mention)' is not in: \(errors)",
            sourceLocation: sourceLocation)
    }
}

/// Checks that a command succeeded.
func expectSuccess(_ run: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(run.ending == .exit(0), "\(run.errors)", sourceLocation: sourceLocation)
}
