import CKernels
import Testing

@Suite struct AdamTests {
    @Test(arguments: Tier.tested) func steps(_ tier: Tier) {
        check(Float.self, tier)
        check(Double.self, tier)
    }

    @Test(arguments: Tier.tested) func nothingMovesWithoutGradientOrDecay(_ tier: Tier) {
        let step = adam(turn: 1, decay: 0, decoupled: true)
        for n in oddSizes {
            var random = Random(UInt64(n))
            let before: [Float] = random.values(n)
            var (value, first, second) = (before, [Float](repeating: 0, count: n), [Float]())
            second = first
            let gradient = first
            withUnsafePointer(to: step) {
                tier.kernels.pointee.adam_f32($0, &value, &first, &second, gradient, n)
            }
            #expect(value == before && first == gradient && second == gradient)
        }
    }

    private func adam(turn: Int, decay: Double, decoupled: Bool) -> MartletAdam {
        var (power1, power2) = (1.0, 1.0)
        for _ in 0..<turn { (power1, power2) = (power1 * 0.9, power2 * 0.999) }
        return MartletAdam(
            rate: 3e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: decay,
            gradient_scale: 0.25, correction1: 1 - power1, correction2: 1 - power2,
            decoupled: decoupled)
    }

    private func check<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        var random = Random(16)
        for n in [0] + oddSizes + bigSizes {
            for (turn, decay, decoupled) in [(1, 0.0, true), (7, 0.1, true), (1000, 0.1, false)] {
                let step = adam(turn: turn, decay: decay, decoupled: decoupled)
                let start: [[T]] = [
                    random.values(n), random.values(n, -0.1, 0.1), random.values(n, 0, 0.01),
                ]
                let gradient: [T] = random.values(n, -2, 2)
                var expected: [[Double]] = [[], [], []]
                for i in 0..<n {
                    let (x, m, v) = (start[0][i].exact, start[1][i].exact, start[2][i].exact)
                    let g = gradient[i].exact * step.gradient_scale + (decoupled ? 0 : decay * x)
                    let first = step.beta1 * m + (1 - step.beta1) * g
                    let second = step.beta2 * v + (1 - step.beta2) * g * g
                    let root = (second / step.correction2).squareRoot() + step.epsilon
                    let kept = decoupled ? x * (1 - step.rate * decay) : x
                    expected[0].append(kept - step.rate * (first / step.correction1) / root)
                    expected[1].append(first)
                    expected[2].append(second)
                }
                for placement in Placement.allCases {
                    let what = "adam \(T.kernelName) \(tier.name) n=\(n) t=\(turn) \(placement)"
                    let results = [kernels, scalar].map { table in
                        let space = Workspace(placement)
                        let state = start.map { space.variable($0) }
                        let d = space.input(gradient)
                        withUnsafePointer(to: step) {
                            table.adam($0, state[0], state[1], state[2], d, n)
                        }
                        let result = state.map { space.values($0, n) }
                        space.expectIntact(what)
                        return result
                    }
                    for (part, name) in ["value", "first", "second"].enumerated() {
                        let slack = 4 * T.epsilon
                        expectClose(
                            results[0][part], expected[part], relative: slack, absolute: slack,
                            "\(what): \(name)")
                        expectClose(
                            results[0][part], results[1][part].exact, relative: slack,
                            absolute: slack, "\(what): \(name) to scalar")
                    }
                }
            }
        }
    }
}
