import Tensors
import Testing

/// Biases of attention against products, a softmax and a sum in float64: value and gradients, the
/// bias's own among them.
@Suite struct AttentionBiasTests {
    private static let reference = Device(threads: 1, tier: .scalar)

    private struct Case {
        let queries: Int, keys: Int, heads: Int, keyValueHeads: Int, width: Int
        let causal: Bool, hides: Bool, perHead: Bool
    }

    private static let cases = [
        Case(
            queries: 70, keys: 70, heads: 2, keyValueHeads: 1, width: 8, causal: true,
            hides: false, perHead: true),
        Case(
            queries: 5, keys: 5, heads: 2, keyValueHeads: 2, width: 6, causal: false, hides: true,
            perHead: true),
        Case(
            queries: 3, keys: 300, heads: 4, keyValueHeads: 2, width: 16, causal: false,
            hides: true, perHead: false),
        Case(
            queries: 90, keys: 290, heads: 2, keyValueHeads: 1, width: 32, causal: true,
            hides: true, perHead: true),
    ]

    /// Keys that are hidden, [2, keys] as zeros and -1e30: the second row's last third.
    private func hidden(_ c: Case, on device: Device) -> Tensor {
        let row = { (batch: Int) in
            (0..<c.keys).map { batch == 1 && $0 >= c.keys - c.keys / 3 - 1 ? -1e30 : 0 }
        }
        return Tensor(row(0) + row(1), [2, c.keys], on: device)
    }

    private func inputs(_ c: Case, on device: Device) -> [Tensor] {
        var random = RandomStream(seed: 3, "biased \(c)")
        let shapes: [Shape] = [
            [2, c.queries, c.heads, c.width], [2, c.keys, c.keyValueHeads, c.width],
            [2, c.keys, c.keyValueHeads, c.width],
            [c.perHead ? c.heads : 1, c.queries + c.keys + 3],
        ]
        // Drawn on one device: tiers differ in the last bit, which rounding may blow up.
        return shapes.map {
            Tensor(
                Tensor.normal($0, &random, on: Self.reference).cast(to: .bfloat16).doubles, $0,
                on: device)
        }
    }

    /// Scores with everything written out.
    private func composed(_ x: [Tensor], _ c: Case, zero: Int) -> Tensor {
        let device = x[0].device
        let group = c.heads / c.keyValueHeads
        func wide(_ t: Tensor) -> Tensor {
            t.reshaped([2, c.keys, c.keyValueHeads, 1, c.width])
                .broadcast(to: [2, c.keys, c.keyValueHeads, group, c.width])
                .reshaped([2, c.keys, c.heads, c.width]).transposed([0, 2, 1, 3])
        }
        let scores = x[0].transposed([0, 2, 1, 3]).matmul(wide(x[1]).transposed(2, 3)) * 0.3
        var places: [Int32] = []
        var future: [Double] = []
        for i in 0..<c.queries {
            let at = i + c.keys - c.queries
            for j in 0..<c.keys {
                places.append(Int32(zero + j - at))
                future.append(c.causal && j > at ? -1e30 : 0)
            }
        }
        let table = x[3].transposed(0, 1).rows(
            at: Tensor(places, [c.queries, c.keys], on: device))  // [Q, K, H or 1]
        var biased = scores + table.transposed([2, 0, 1])
        biased = biased + Tensor(future, [c.queries, c.keys], on: device)
        if c.hides { biased = biased + hidden(c, on: device).reshaped([2, 1, 1, c.keys]) }
        return biased.softmax().matmul(wide(x[2])).transposed([0, 2, 1, 3])
    }

    private func run(
        _ c: Case, _ device: Device, _ dtype: DType, _ body: ([Tensor]) -> Tensor
    ) -> [[Double]] {
        let x = inputs(c, on: device).map { $0.cast(to: dtype).tracked() }
        let y = body(x)
        var random = RandomStream(seed: 4, "seed")
        let seed = Tensor.normal(y.shape, &random, on: device).cast(to: .bfloat16)
        let gradients = y.gradients(upstream: seed.cast(to: y.dtype))
        return [y.doubles] + x.map { gradients[$0]?.doubles ?? [] }
    }

    @Test(arguments: testedTiers) func equalScoresWrittenOut(_ tier: Tier) {
        for c in Self.cases {
            let zero = c.keys + 1
            let expected = run(c, Self.reference, .float64) { composed($0, c, zero: zero) }
            for (dtype, slack) in [(DType.float64, 1e-12), (.float32, 2e-5), (.bfloat16, 0.02)] {
                let device = Device(threads: 2, tier: tier)
                let actual = run(c, device, dtype == .bfloat16 ? .float32 : dtype) { x in
                    let half = { (t: Tensor) in dtype == .bfloat16 ? t.cast(to: .bfloat16) : t }
                    let real: DType = dtype == .float64 ? .float64 : .float32
                    return half(x[0]).attention(
                        key: half(x[1]), value: half(x[2]), causal: c.causal, scale: 0.3,
                        distanceBias: DistanceBias(x[3], zero: zero),
                        keyBias: c.hides ? hidden(c, on: device).cast(to: real) : nil)
                }
                for (index, (a, b)) in zip(actual, expected).enumerated() {
                    let largest = b.reduce(0) { max($0, abs($1)) }
                    expectClose(
                        a, b, relative: 0, absolute: slack * largest,
                        "\(c) \(dtype) \(tier): \(index == 0 ? "value" : "gradient \(index - 1)")")
                }
            }
        }
    }

    /// Token by token over a cache, and the first ones at once, as the whole rows.
    @Test(arguments: [Precision.float32, .bfloat16])
    func cachedAttentionIsBiasedAlike(_ precision: Precision) {
        let (time, heads, width) = (40, 4, 8)
        let device = Device(threads: 2, precision: precision)
        var random = RandomStream(seed: 6, "cached")
        let all = Tensor.normal([1, time, (heads + 4) * width], &random, on: device)
            .cast(to: .bfloat16).cast(to: .float32)
        let bias = DistanceBias(
            Tensor.normal([heads, 2 * time - 1], &random, on: device), zero: time - 1)
        let whole = all.selfAttention(
            heads: heads, keyValueHeads: 2, causal: true, scale: 0.5, distanceBias: bias)
        let cache = AttentionCache(
            layers: 1, keyValueHeads: 2, headWidth: width, streams: 1, positions: time, on: device)
        var parts: [Tensor] = []
        for range in [0..<7, 7..<9] + (9..<time).map({ $0..<$0 + 1 }) {
            #expect(cache.reserve(range.count, stream: 0))
            parts.append(
                cache.attend(
                    all.sliced(1, range), heads: heads, layer: 0, streams: [0], scale: 0.5,
                    distanceBias: bias
                ).cast(to: .float32))
            cache.advance(range.count, stream: 0)
        }
        let slack = precision == .float32 ? 1e-5 : 0.02
        expectClose(
            Tensor.concatenated(parts, axis: 1).doubles, whole.doubles, relative: slack,
            absolute: slack, "cached")
        // Queries over everything that is there.
        let query = all.sliced(2, 0..<heads * width)
        let key = all.sliced(2, heads * width..<(heads + 2) * width)
        let value = all.sliced(2, (heads + 2) * width..<(heads + 4) * width)
        let crossed = query.reshaped([1, time, heads, width]).attention(
            key: key.reshaped([1, time, 2, width]), value: value.reshaped([1, time, 2, width]),
            causal: false, scale: 0.5)
        expectClose(
            cache.attend(toAll: query, heads: heads, layer: 0, streams: [0], scale: 0.5).doubles,
            crossed.doubles, relative: slack, absolute: slack, "cross-attention")
    }
}
