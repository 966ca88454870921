import Tensors
import Testing

/// Every primitive, four ways from one description: value and gradient against PyTorch, gradient
/// against finite differences, every tier against the reference.
@Suite struct PrimitiveTests {
    /// Batch norm is a layer here; its golden is checked with the layers.
    static let cases = GoldenCase.all.filter { $0.operation != "batch_norm" }

    @Test func thereIsACaseForEveryOperation() {
        #expect(Set(GoldenCase.all.map(\.operation)).count >= 48)
    }

    @Test(arguments: cases)
    func float64MatchesTheReference(_ golden: GoldenCase) {
        check(golden, .float64, Device(threads: 1, tier: .scalar), relative: 3e-8, absolute: 1e-9)
    }

    @Test(arguments: cases, testedTiers)
    func float32MatchesTheReference(_ golden: GoldenCase, _ tier: Tier) {
        check(golden, .float32, Device(threads: 2, tier: tier), relative: 1e-5, absolute: 2e-6)
    }

    /// bfloat16 has 8 significant bits: one rounding of operands and one of results.
    @Test(arguments: cases.filter { $0.upstream != nil && $0.operation != "power" })
    func bfloat16MatchesTheReferenceRoughly(_ golden: GoldenCase) {
        let device = Device(threads: 1)
        guard let y = golden.run(golden.tensors(.bfloat16, on: device)) else { return }
        #expect(y.dtype == .bfloat16 || y.dtype == .float32)
        expectClose(y.doubles, golden.output.values, relative: 3e-2, absolute: 3e-2, golden.name)
    }

    private func check(
        _ golden: GoldenCase, _ dtype: DType, _ device: Device, relative: Double, absolute: Double
    ) {
        // Differences of large inputs carry the rounding of the inputs.
        let largest = golden.inputs.flatMap(\.values).map(abs).max() ?? 1
        let absolute = absolute * max(1, largest / 8)
        let plain = golden.tensors(dtype, on: device)
        let tracked = plain.map { $0.dtype == dtype ? $0.tracked() : $0 }
        guard let y = golden.run(tracked) else {
            Issue.record("no operation '\(golden.operation)'")
            return
        }
        #expect(y.shape == golden.output.shape)
        expectClose(
            y.doubles, golden.output.values, relative: relative, absolute: absolute, golden.name)
        guard let upstream = golden.upstream else {
            #expect(!y.isTracked)
            return
        }
        let seed = Tensor(upstream.values, upstream.shape, on: device).cast(to: dtype)
        let gradients = y.gradients(upstream: seed)
        for (index, (input, expected)) in zip(tracked, golden.gradients).enumerated() {
            guard let expected else { continue }
            guard let gradient = gradients[input] else {
                Issue.record("\(golden.name): no gradient for input \(index)")
                continue
            }
            #expect(gradient.shape == input.shape)
            expectClose(
                gradient.doubles, expected.values, relative: 2 * relative, absolute: 4 * absolute,
                "\(golden.name): gradient of \(golden.inputs[index].name)")
        }
    }

    /// (f(x + h) - f(x - h)) / 2h in float64 for every element of every input.
    @Test(arguments: cases.filter { $0.upstream != nil })
    func gradientsMatchFiniteDifferences(_ golden: GoldenCase) {
        let device = Device(threads: 1, tier: .scalar)
        let inputs = golden.tensors(.float64, on: device)
        guard let upstream = golden.upstream else { return }
        let seed = Tensor(upstream.values, upstream.shape, on: device)
        let tracked = inputs.map { $0.dtype == .float64 ? $0.tracked() : $0 }
        guard let gradients = golden.run(tracked)?.gradients(upstream: seed) else { return }
        let step = 1e-5
        for (index, input) in inputs.enumerated() where input.dtype == .float64 {
            guard golden.gradients[index] != nil, let analytic = gradients[tracked[index]] else {
                continue
            }
            var numeric: [Double] = []
            let values = input.doubles
            for element in values.indices {
                func objective(_ shift: Double) -> Double {
                    var moved = values
                    moved[element] += shift
                    var changed = inputs
                    changed[index] = Tensor(moved, input.shape, on: device)
                    return golden.run(changed).map { ($0 * seed).sum().item } ?? .nan
                }
                numeric.append((objective(step) - objective(-step)) / (2 * step))
            }
            expectClose(
                analytic.doubles, numeric, relative: 1e-5, absolute: 1e-6,
                "\(golden.name): \(golden.inputs[index].name)")
        }
    }
}
