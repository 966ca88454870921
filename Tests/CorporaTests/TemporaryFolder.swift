import ByteIO

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
    func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
    }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Files.createDirectory(Files.parent(self[name]))
        try Files.write(bytes, to: self[name])
        return self[name]
    }
}

/// What `body` throws; nil if it does not.
func failure<Result>(_ body: () throws(MartletError) -> Result) -> MartletError? {
    do throws(MartletError) {
        _ = try body()
        return nil
    } catch {
        return error
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
