import ByteIO
import Testing

/// Calls `body` with the path of a fresh folder, which is removed afterwards.
func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = try Files.temporaryDirectory()
    defer { try? Files.remove(folder) }
    return try body(folder)
}

/// The error that `body` throws; an issue is recorded if it throws none.
func error(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws(MartletError) -> Void
) -> MartletError? {
    do throws(MartletError) {
        try body()
        Issue.record("no error was thrown", sourceLocation: sourceLocation)
        return nil
    } catch {
        return error
    }
}

/// SplitMix64: the same numbers on every run.
struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    mutating func next(below bound: Int) -> Int {
        Int(next() % UInt64(bound))
    }
}
