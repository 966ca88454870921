import CKernels

/// A named stream of random numbers (Philox 4x32-10, Salmon et al. 2011): a key and a position.
///
/// Number i of a stream is a pure function of both, so that streams can be saved, resumed and
/// drawn from in any order by any number of threads.
public struct RandomStream: Sendable, Equatable {
    /// What distinguishes this stream from every other.
    public let key: UInt64
    /// 32-bit words used so far.
    public private(set) var position: UInt64

    /// The stream of a seed and a name; streams of different names are independent.
    public init(seed: UInt64, _ name: String) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed &* 0x9e37_79b9_7f4a_7c15
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        self.init(key: hash ^ (hash >> 31))
    }

    /// A stream where it stood.
    public init(key: UInt64, position: UInt64 = 0) {
        self.key = key
        self.position = position
    }

    /// Claims `count` words in whole blocks of 64, and returns where they begin.
    mutating func reserve(_ count: Int) -> UInt64 {
        let start = (position + 63) / 64 * 64
        position = start + (UInt64(count) + 63) / 64 * 64
        return start
    }

    /// The next 32 random bits.
    public mutating func nextWord() -> UInt32 {
        var word: UInt32 = 0
        martlet_kernels(MartletTierScalar).pointee.random_words(key, position, &word, 1)
        position += 1
        return word
    }

    /// The next number in [0, 1), with 24 random bits.
    public mutating func nextUniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

    /// The next number in [0, 1), with 53 random bits.
    public mutating func nextDouble() -> Double {
        let high = UInt64(nextWord() >> 5)
        let low = UInt64(nextWord() >> 6)
        return Double(high << 26 | low) * 0x1p-53
    }
}

extension Tensor {
    /// Normally distributed float32 values.
    public static func normal(
        _ shape: Shape, mean: Double = 0, deviation: Double = 1, _ random: inout RandomStream,
        on device: Device
    ) -> Tensor {
        let out = Tensor(uninitialized: shape, .float32, on: device)
        let count = out.count
        // Each normal uses two words; a reservation is a whole number of blocks.
        let first = random.reserve(2 * count) / 2
        let kernels = device.kernels
        let key = random.key
        device.parallel(count, grain: elementGrain) { range in
            let target = out.f32 + range.lowerBound
            kernels.random_normal(key, first + UInt64(range.lowerBound), target, range.count)
            for i in 0..<range.count { target[i] = Float(mean) + Float(deviation) * target[i] }
        }
        return out
    }

    /// Uniformly distributed float32 values in [low, high).
    public static func uniform(
        _ shape: Shape, low: Double = 0, high: Double = 1, _ random: inout RandomStream,
        on device: Device
    ) -> Tensor {
        let out = Tensor(uninitialized: shape, .float32, on: device)
        let first = random.reserve(out.count)
        let kernels = device.kernels
        let key = random.key
        device.withScratch(UInt32.self, count: out.count) { words in
            device.parallel(out.count, grain: elementGrain) { range in
                let i = range.lowerBound
                kernels.random_words(key, first + UInt64(i), words + i, range.count)
                for j in range {
                    let unit = Float(words[j] >> 8) * 0x1p-24
                    out.f32[j] = Float(low) + Float(high - low) * unit
                }
            }
        }
        return out
    }
}
