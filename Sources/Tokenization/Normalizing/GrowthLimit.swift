/// How much steps may make of a text: a few of them that double it could fill any memory.
enum GrowthLimit {
    /// Whether `count` bytes are too much to make of `source` bytes.
    static func isExceeded(_ count: Int, from source: Int) -> Bool {
        count > 1 << 20 && count / 64 > source
    }

    /// Checks that `count` bytes are not too much to make of `source` bytes.
    static func check(_ count: Int, from source: Int) throws(RegexFailure) {
        if isExceeded(count, from: source) { throw RegexFailure() }
    }
}
