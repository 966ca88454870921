/// A counter-based generator: draw number `n` of story `index` is a pure function of
/// (seed, index, n), so any story can be told without telling those before it.
///
/// The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
struct StoryDraws: Sendable {
    private let key: UInt64
    private var counter: UInt64 = 0

    init(seed: UInt64, index: Int) {
        let story = UInt64(bitPattern: Int64(index))
        key = Self.mixed(Self.mixed(seed &+ Self.increment) ^ (story &* Self.increment))
    }

    /// The next 64 bits.
    mutating func next() -> UInt64 {
        counter &+= 1
        return Self.mixed(key &+ counter &* Self.increment)
    }

    /// A number in `0..<bound` (0 if `bound` is 0); the bias of at most bound / 2^64 is harmless.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(max(bound, 0))).high)
    }

    /// 2^64 divided by the golden ratio, made odd.
    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mixed(_ value: UInt64) -> UInt64 {
        var bits = value
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
