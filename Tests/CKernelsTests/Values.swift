/// SplitMix64: the same numbers on every run.
struct Random {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Uniform in [low, high), and exact in float32.
    mutating func uniform(_ low: Double = -1, _ high: Double = 1) -> Double {
        let unit = Double(next() >> 40) * 0x1p-24
        return Double(Float(low + (high - low) * unit))
    }

    /// `count` uniform values.
    mutating func values<T: KernelReal>(_ count: Int, _ low: Double = -1, _ high: Double = 1) -> [T]
    {
        var out: [T] = []
        out.reserveCapacity(count)
        for _ in 0..<count { out.append(T(rounding: uniform(low, high))) }
        return out
    }
}

/// Sizes that meet every tail: around the widths of vectors and panels, and a few blocks.
let oddSizes = [1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 64, 65, 100, 257]

/// Sizes of several blocks of any kernel.
let bigSizes = [1023, 4099]

extension KernelReal {
    /// Zeros, denormals, the ends of the range, infinities and NaN.
    static var specials: [Self] {
        let least = Self.leastNonzeroMagnitude
        let normal = Self.leastNormalMagnitude
        let positive: [Self] = [
            0, least, 7 * least, normal - least, normal, normal + least, Self.rare(false), 1,
            Self(1).nextUp, 3, Self.rare(true), .greatestFiniteMagnitude, .infinity,
        ]
        return positive + positive.map { -$0 } + [.nan]
    }

    /// A finite value whose square is far outside the range.
    private static func rare(_ isHuge: Bool) -> Self {
        Self(
            sign: .plus, exponent: (isHuge ? 3 : -3) * greatestFiniteMagnitude.exponent / 4,
            significand: 1.25)
    }
}

extension Array where Element: KernelReal {
    /// The same values in Double.
    var exact: [Double] { map(\.exact) }
}
