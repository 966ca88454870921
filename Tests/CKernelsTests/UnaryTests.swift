import CKernels
import Testing

@Suite struct UnaryTests {
    @Test(arguments: Tier.tested) func values(_ tier: Tier) {
        checkValues(Float.self, tier)
        checkValues(Double.self, tier)
    }

    @Test(arguments: Tier.tested) func derivatives(_ tier: Tier) {
        checkDerivatives(Float.self, tier)
        checkDerivatives(Double.self, tier)
    }

    /// Operations that round once give the same bits in every tier.
    private static let exactOperations = [
        MartletNegate, MartletSqrt, MartletReciprocal, MartletRelu, MartletAbs, MartletSin,
        MartletCos,
    ]

    /// Special values, moderate values, and a few over the whole range.
    private func samples<T: KernelReal>(_ count: Int, _ random: inout Random) -> [T] {
        let specials = T.specials
        let shift = random.next(below: specials.count)
        return (0..<count).map { i in
            if i % 3 == 0 { return specials[(i / 3 + shift) % specials.count] }
            return T(rounding: random.uniform(-6, 6) * (i % 3 == 1 ? 1 : 20))
        }
    }

    private func checkValues<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        var random = Random(1)
        for reference in UnaryReference.all {
            for (turn, n) in ([0] + oddSizes + bigSizes).enumerated() {
                let input: [T] = samples(n, &random)
                let expected = input.map { reference.value($0.exact) }
                for placement in Placement.allCases {
                    if n > 300 && placement != .unaligned { continue }
                    let what = "\(reference.name) \(T.kernelName) \(tier.name) n=\(n) \(placement)"
                    let results = [kernels, scalar].map { table in
                        let space = Workspace(placement)
                        let (x, y) = (space.input(input), space.output(n, of: T.self))
                        table.unary(reference.operation, x, y, n)
                        let result = space.values(y, n)
                        space.expectIntact(what)
                        return result
                    }
                    let slack = { (i: Int) in
                        reference.slack(input[i].exact, expected[i], T.epsilon, T.tiny)
                    }
                    expectClose(results[0], expected, what, slack: slack)
                    if turn % 2 == 0 {
                        expectClose(results[1], expected, what + ", scalar", slack: slack)
                    }
                    if Self.exactOperations.contains(reference.operation) {
                        expectIdentical(results[0], results[1], what)
                    } else {
                        expectClose(results[0], results[1].exact, what + " to scalar") {
                            2 * slack($0)
                        }
                    }
                }
            }
        }
    }

    private func checkDerivatives<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        var random = Random(2)
        for reference in UnaryReference.all {
            for n in [0] + oddSizes {
                let x: [T] = samples(n, &random)
                let y = x.map { T(rounding: reference.value($0.exact)) }
                let dy: [T] = random.values(n, -2, 2)
                let slopes = (0..<n).map { reference.slope(x[$0].exact, y[$0].exact) }
                let expected = (0..<n).map { dy[$0].exact * slopes[$0] }
                for placement in Placement.allCases {
                    let what =
                        "\(reference.name)' \(T.kernelName) \(tier.name) n=\(n) \(placement)"
                    let results = [kernels, scalar].map { table in
                        let space = Workspace(placement)
                        let (a, b, d) = (space.input(x), space.input(y), space.input(dy))
                        let dx = space.output(n, of: T.self)
                        table.unaryBackward(reference.operation, a, b, d, dx, n)
                        let result = space.values(dx, n)
                        space.expectIntact(what)
                        return result
                    }
                    let slack = { (i: Int) in
                        let (d, e) = (abs(dy[i].exact), T.epsilon)
                        let y =
                            reference.name == "silu" || reference.name == "sigmoid"
                            ? y[i].exact : slopes[i]
                        return d * reference.slopeSlack(x[i].exact, y, e, T.tiny)
                            + abs(expected[i]) * e + T.tiny
                    }
                    expectClose(results[0], expected, what, slack: slack)
                    expectClose(results[0], results[1].exact, what + " to scalar") {
                        2 * slack($0)
                    }
                }
            }
        }
    }
}
