import Tensors
import Testing

/// What a device of bfloat16 precision computes with fused rows, against the composition of the
/// plain ones in float64 on the same rounded operands.
@Suite struct HalfPrecisionTests {
    private static let reference = Device(threads: 1, tier: .scalar)

    /// Operands that bfloat16 holds exactly.
    private func operand(
        _ shape: Shape, _ name: String, on device: Device, scale: Double = 1
    ) -> Tensor {
        var random = RandomStream(seed: 5, name)
        return (Tensor.normal(shape, &random, on: device) * scale).cast(to: .bfloat16)
            .cast(to: .float32)
    }

    /// Compares y and the gradients of all inputs, given what makes y.
    private func compare(
        _ inputs: [(shape: Shape, scale: Double)], _ tier: Tier, slack: Double, _ what: String,
        keepsFloat32: Bool = false, _ body: ([Tensor]) -> Tensor
    ) {
        func run(_ device: Device, _ dtype: DType) -> [[Double]] {
            let x = inputs.enumerated().map { index, input in
                operand(input.shape, "\(what)\(index)", on: device, scale: input.scale)
                    .cast(to: dtype).tracked()
            }
            let y = body(x)
            let seed = operand(y.shape, "\(what)seed", on: device).cast(to: y.dtype)
            let gradients = y.gradients(upstream: seed)
            return [y.doubles] + x.map { gradients[$0]?.doubles ?? [] }
        }
        let device = Device(threads: 2, tier: tier, precision: .bfloat16)
        for (index, (a, b)) in zip(run(device, .float32), run(Self.reference, .float64))
            .enumerated()
        {
            let largest = b.reduce(0) { max($0, abs($1)) }
            expectClose(
                a, b, relative: 0, absolute: slack * largest,
                "\(what), \(tier): \(index == 0 ? "value" : "gradient \(index - 1)")")
        }
    }

    @Test(arguments: testedTiers)
    func linearWithActivationAndResidual(_ tier: Tier) {
        for activation in [nil] + Activation.allCases.map({ Optional($0) }) {
            for hasResidual in [false, true] {
                compare(
                    [([2, 7, 34], 1), ([45, 34], 0.2), ([45], 1)]
                        + (hasResidual ? [([2, 7, 45], 1)] : []),
                    tier, slack: 0.01, "linear \(activation.map { "\($0)" } ?? "")"
                ) { x in
                    x[0].linear(
                        x[1], bias: x[2], activation: activation,
                        residual: hasResidual ? x[3] : nil)
                }
            }
        }
    }

    @Test(arguments: testedTiers) func feedForwardInHalves(_ tier: Tier) {
        compare(
            [([3, 32], 1), ([64, 32], 0.2), ([64], 1), ([32, 64], 0.2), ([3, 32], 1)], tier,
            slack: 0.015, "feed-forward"
        ) { x in
            let type = x[0].device.operandType(for: x[0].dtype)
            return x[0].linear(x[1], bias: x[2], activation: .geluTanh, output: type)
                .linear(x[3], residual: x[4])
        }
    }

    @Test(arguments: testedTiers) func norms(_ tier: Tier) {
        compare([([5, 70], 2), ([70], 1), ([70], 1)], tier, slack: 0.01, "layer norm") { x in
            x[0].layerNormalized(
                weight: x[1], bias: x[2], epsilon: 1e-5,
                output: x[0].device.operandType(for: x[0].dtype))
        }
        compare([([300, 33], 2), ([33], 1)], tier, slack: 0.01, "RMS norm") { x in
            x[0].rootMeanSquareNormalized(
                weight: x[1], epsilon: 1e-5, output: x[0].device.operandType(for: x[0].dtype))
        }
    }

    @Test(arguments: testedTiers) func selfAttention(_ tier: Tier) {
        compare([([2, 70, 4 * 16], 1)], tier, slack: 0.015, "self-attention") { x in
            x[0].cast(to: x[0].device.operandType(for: x[0].dtype)).selfAttention(
                heads: 2, keyValueHeads: 1, causal: true, scale: 0.4)
        }
    }

    /// One input or three slices of it: the same numbers.
    @Test func selfAttentionEqualsAttentionOfSlices() {
        let device = Self.reference
        let all = operand([2, 9, 5 * 6], "slices", on: device).cast(to: .float64).tracked()
        func part(_ heads: Range<Int>) -> Tensor {
            all.sliced(2, heads.lowerBound * 6..<heads.upperBound * 6)
                .reshaped([2, 9, heads.count, 6])
        }
        let whole = all.selfAttention(heads: 3, keyValueHeads: 1, causal: true, scale: 0.5)
        let sliced = part(0..<3).attention(
            key: part(3..<4), value: part(4..<5), causal: true, scale: 0.5)
        #expect(whole.doubles == sliced.reshaped(whole.shape).doubles)
        let seed = operand(whole.shape, "seed", on: device).cast(to: .float64)
        let a = whole.gradients(upstream: seed)[all]?.doubles ?? []
        let b = sliced.gradients(upstream: seed.reshaped(sliced.shape))[all]?.doubles ?? []
        expectClose(a, b, relative: 1e-12, absolute: 1e-12, "gradient of rows")
    }

    /// Logits in chunks or whole: the same loss and gradients, ignored targets among them.
    @Test(arguments: [1, 3, 7, 100], [DType.float32, .float64])
    func projectedCrossEntropyEqualsWholeLogits(_ chunk: Int, _ dtype: DType) {
        let device = Self.reference
        let x = operand([2, 5, 12], "rows", on: device).cast(to: dtype).tracked()
        let weight = operand([17, 12], "table", on: device).cast(to: dtype).tracked()
        let targets = Tensor([3, 0, -1, 16, 7, 7, -1, 2, 9, 11] as [Int32], [2, 5], on: device)
        let chunked = x.projectedCrossEntropy(weight, targets, chunk: chunk) * 0.25
        let whole =
            x.linear(weight).reshaped([10, 17]).crossEntropy(targets.reshaped([10])).sum() * 0.25
        let slack = dtype == .float64 ? 1e-12 : 1e-5
        expectClose(chunked.doubles, whole.doubles, relative: slack, absolute: 0, "loss")
        let (a, b) = (chunked.gradients(), whole.gradients())
        for (name, leaf) in [("rows", x), ("table", weight)] {
            expectClose(
                a[leaf]?.doubles ?? [], b[leaf]?.doubles ?? [], relative: slack, absolute: slack,
                name)
        }
        #expect(
            x.detached.projectedCrossEntropy(weight.detached, targets, chunk: chunk).item
                == x.projectedCrossEntropy(weight, targets, chunk: chunk).item)
    }

    /// The same in bfloat16 beside float32: classes odd, even, and so many that they are gone through
    /// in bands; rows few, many, and all at once.
    @Test(arguments: [3, 30, 100], [17, 18, 9001])
    func projectedCrossEntropyInHalves(_ chunk: Int, _ classes: Int) {
        func results(_ precision: Precision) -> [[Double]] {
            let device = Device(threads: 2, precision: precision)
            let x = operand([40, 12], "rows", on: device).tracked()
            let weight = operand([classes, 12], "table", on: device).tracked()
            let targets = Tensor(
                (0..<40).map { Int32($0 % 5 == 2 ? -1 : $0 % 17) }, [40], on: device)
            let loss = x.projectedCrossEntropy(weight, targets, chunk: chunk) * 0.125
            let gradients = loss.gradients()
            return [loss, gradients[x], gradients[weight]].map { $0?.doubles ?? [] }
        }
        for (half, exact) in zip(results(.bfloat16), results(.float32)) {
            expectClose(half, exact, relative: 0.01, absolute: 0.004, "\(classes) by \(chunk)")
        }
    }

    /// A row that stands for many has a stride of zero, which is no row to be taken as it stands.
    @Test(arguments: testedTiers) func broadcastRows(_ tier: Tier) {
        let device = Device(threads: 2, tier: tier, precision: .bfloat16)
        let row = operand([1, 64], "row", on: device).cast(to: .bfloat16)
        let matrices = operand([3, 64, 5], "matrices", on: device).cast(to: .bfloat16)
        let one = row.matmul(matrices.sliced(0, 1..<2).reshaped([64, 5])).floats
        #expect(Array(row.matmul(matrices).floats[5..<10]) == one)
        let weight = operand([7, 64], "weight", on: device)
        let many = row.broadcast(to: [20, 64]).linear(weight).floats
        // One row alone may be summed in another order than many, as on the tile unit.
        expectClose(
            many[7 * 19..<7 * 20].map(Double.init), row.linear(weight).doubles, relative: 1e-6,
            absolute: 1e-6, "a row alone")
    }

    /// Every element type a linear map can be asked for holds the same numbers.
    @Test func linearInEveryType() {
        let device = Device(threads: 1, precision: .bfloat16)
        let x = operand([3, 8], "x", on: device)
        let weight = operand([5, 8], "weight", on: device)
        let residual = operand([3, 5], "residual", on: device)
        let plain = x.linear(weight, residual: residual)
        for output in [DType.float32, .bfloat16, .float16, .float64] {
            let y = x.linear(weight, residual: residual, output: output)
            #expect(y.dtype == output)
            expectClose(y.doubles, plain.doubles, relative: 0.01, absolute: 0.01, "\(output)")
        }
    }

    /// Gradients of slices of bfloat16 rows.
    @Test func slicesOfHalves() {
        let device = Device(threads: 1, precision: .bfloat16)
        let x = operand([2, 6], "x", on: device).cast(to: .bfloat16).tracked()
        let y = x.sliced(1, 0..<3) * x.sliced(1, 3..<6)
        let gradient = y.cast(to: .float32).sum().gradients()[x]?.doubles ?? []
        let values = x.doubles
        for row in 0..<2 {
            for i in 0..<3 {
                #expect(gradient[row * 6 + i] == values[row * 6 + i + 3])
                #expect(gradient[row * 6 + i + 3] == values[row * 6 + i])
            }
        }
    }
}
