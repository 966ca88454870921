import Tensors
import Testing

@Suite struct AttentionCacheTests {
    let device = Device(threads: 2)

    /// Attention over a cache, token by token, equals attention over the whole sequence.
    @Test(arguments: [(1, 2), (2, 1)], testedTiers)
    func stepwiseEqualsWhole(_ heads: (keyValueHeads: Int, group: Int), _ tier: Tier) {
        for precision in Precision.allCases {
            let device = Device(threads: 2, tier: tier, precision: precision)
            stepwiseEqualsWhole(heads.keyValueHeads, heads.group, width: 20, device)
            stepwiseEqualsWhole(heads.keyValueHeads, heads.group, width: 64, device)
        }
    }

    private func stepwiseEqualsWhole(
        _ keyValueHeads: Int, _ group: Int, width: Int, _ device: Device
    ) {
        let (time, heads) = (70, keyValueHeads * group)
        var random = RandomStream(seed: 9, "cache")
        // Rounded first, so that both precisions see the same numbers.
        let all = Tensor.normal(
            [1, time, (heads + 2 * keyValueHeads) * width], &random, on: device
        )
        .cast(to: .bfloat16).cast(to: .float32)
        let whole = all.selfAttention(
            heads: heads, keyValueHeads: keyValueHeads, causal: true, scale: 0.3
        ).floats
        let cache = AttentionCache(
            layers: 1, keyValueHeads: keyValueHeads, headWidth: width, streams: 2, positions: time,
            on: device)
        var stepwise: [Float] = []
        // Three pieces: a prefill, a piece with a past, and single tokens.
        for piece in [0..<10, 10..<40] + (40..<time).map({ $0..<$0 + 1 }) {
            #expect(cache.reserve(piece.count, stream: 0))
            let out = cache.attend(
                all.sliced(1, piece), heads: heads, layer: 0, streams: [0], scale: 0.3)
            cache.advance(piece.count, stream: 0)
            stepwise += out.floats
        }
        // In bfloat16, probabilities and outputs are each rounded once.
        let slack = device.precision == .bfloat16 ? 0.012 : 1e-5
        expectClose(
            stepwise.map(Double.init), whole.map(Double.init), relative: slack, absolute: slack,
            "cache, \(device.precision)")
    }

    /// Long sequences, several blocks of queries: float32 in every tier against float64.
    @Test(arguments: testedTiers)
    func longSequencesMatchFloat64(_ tier: Tier) {
        let (time, heads, width) = (700, 2, 64)
        let reference = Device(threads: 2, tier: .scalar)
        let device = Device(threads: 2, tier: tier)
        func run(_ dtype: DType, _ device: Device) -> [[Double]] {
            var random = RandomStream(seed: 4, "long")
            let inputs = (0..<3).map { _ in
                Tensor.normal([1, time, heads, width], &random, on: device).cast(to: dtype)
                    .tracked()
            }
            let y = inputs[0].attention(key: inputs[1], value: inputs[2], causal: true)
            let gradients = (y * y).sum().gradients()
            return [y.doubles] + inputs.map { gradients[$0]?.doubles ?? [] }
        }
        for (a, b) in zip(run(.float32, device), run(.float64, reference)) {
            expectClose(a, b, relative: 1e-4, absolute: 1e-5, "attention over \(time)")
        }
    }

    @Test func forksShareUntilTheyDiffer() {
        let cache = AttentionCache(
            layers: 1, keyValueHeads: 1, headWidth: 4, streams: 3, positions: 64, on: device)
        // Query and key are zero, so that values are averaged.
        func token(_ value: Float) -> Tensor {
            Tensor((0..<12).map { $0 < 8 ? 0 : value }, [1, 1, 12], on: device)
        }
        func step(_ stream: Int, _ value: Float) -> [Float] {
            #expect(cache.reserve(1, stream: stream))
            let out = cache.attend(
                token(value), heads: 1, layer: 0, streams: [stream], scale: 1)
            cache.advance(1, stream: stream)
            return out.floats
        }
        #expect(step(0, 4) == [4, 4, 4, 4])
        cache.fork(0, to: 1)
        #expect(step(0, 8) == [6, 6, 6, 6])
        #expect(step(1, 0) == [2, 2, 2, 2])
        #expect(cache.lengths == [2, 2, 0])
        cache.truncate(stream: 0, to: 1)
        #expect(step(0, 6) == [5, 5, 5, 5])
    }

    /// Room that is reserved beyond the length is not shared, and a copy needs a block of its own.
    @Test func forksOfReservedRoomStayApart() {
        let cache = AttentionCache(
            layers: 1, keyValueHeads: 1, headWidth: 4, streams: 2, positions: 64, on: device)
        func write(_ stream: Int, _ value: Float) -> [Float] {
            #expect(cache.reserve(1, stream: stream))
            let row = Tensor((0..<12).map { $0 < 8 ? Float(0) : value }, [1, 1, 12], on: device)
            let out = cache.attend(row, heads: 1, layer: 0, streams: [stream], scale: 1)
            cache.advance(1, stream: stream)
            return out.floats
        }
        #expect(cache.reserve(64, stream: 0))
        #expect(write(0, 4) == [4, 4, 4, 4])
        cache.fork(0, to: 1)
        #expect(write(0, 8) == [6, 6, 6, 6])
        #expect(write(1, 0) == [2, 2, 2, 2])
        #expect(write(0, 0) == [4, 4, 4, 4])
        // Two blocks, one in use and shared: writing needs a copy, and a second block is one too many.
        let tight = AttentionCache(
            layers: 1, keyValueHeads: 1, headWidth: 4, streams: 2, positions: 32, on: device)
        #expect(tight.reserve(8, stream: 0))
        tight.advance(8, stream: 0)
        tight.fork(0, to: 1)
        #expect(!tight.reserve(32, stream: 1))
        #expect(tight.reserve(8, stream: 1))
    }

    /// What a former text left in a block does not reach the next one.
    @Test(arguments: Precision.allCases) func blocksComeBackClean(_ precision: Precision) {
        let device = Device(threads: 1, precision: precision)
        let cache = AttentionCache(
            layers: 1, keyValueHeads: 1, headWidth: 4, streams: 1, positions: 32, on: device)
        func write(_ value: Float) -> [Float] {
            #expect(cache.reserve(1, stream: 0))
            let row = Tensor((0..<12).map { $0 < 8 ? Float(0) : value }, [1, 1, 12], on: device)
            let out = cache.attend(row, heads: 1, layer: 0, streams: [0], scale: 1)
            cache.advance(1, stream: 0)
            return out.floats
        }
        _ = write(1)
        _ = write(.infinity)
        cache.truncate(stream: 0, to: 0)
        #expect(write(3) == [3, 3, 3, 3])
    }

    @Test func aFullCacheSaysSo() {
        let cache = AttentionCache(
            layers: 1, keyValueHeads: 1, headWidth: 4, streams: 1, positions: 32, on: device)
        #expect(cache.reserve(32, stream: 0))
        cache.advance(32, stream: 0)
        #expect(!cache.reserve(1, stream: 0))
    }
}
