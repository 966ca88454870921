import CKernels
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct ElementwiseTests {
    @Test(arguments: Tier.tested) func binary(_ tier: Tier) {
        checkBinary(Float.self, tier)
        checkBinary(Double.self, tier)
    }

    @Test(arguments: Tier.tested) func compareAndSelect(_ tier: Tier) {
        checkCompare(Float.self, tier)
        checkCompare(Double.self, tier)
        checkSelect(Float.self, tier)
        checkSelect(Double.self, tier)
    }

    @Test(arguments: Tier.tested) func accumulate(_ tier: Tier) {
        checkAccumulate(Float.self, tier)
        checkAccumulate(Double.self, tier)
    }

    /// Moderate values with a special one here and there, and sometimes equal neighbours.
    private func samples<T: KernelReal>(_ count: Int, _ random: inout Random) -> [T] {
        let specials = T.specials
        return (0..<count).map { i in
            switch random.next(below: 4) {
            case 0: specials[random.next(below: specials.count)]
            case 1: T(random.next(below: 5)) - 2
            default: T(rounding: random.uniform(-4, 4))
            }
        }
    }

    /// A NaN on either side wins.
    private static let binaries: [(MartletBinary, String, @Sendable (Double, Double) -> Double)] = [
        (MartletAdd, "add", { $0 + $1 }),
        (MartletSubtract, "subtract", { $0 - $1 }),
        (MartletMultiply, "multiply", { $0 * $1 }),
        (MartletDivide, "divide", { $0 / $1 }),
        (MartletMaximum, "maximum", { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }),
        (MartletMinimum, "minimum", { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }),
        (MartletPower, "power", { pow($0, $1) }),
    ]

    private func checkBinary<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        var random = Random(3)
        for (operation, name, value) in Self.binaries {
            for n in [0] + oddSizes {
                let left: [T] = samples(max(n, 1), &random)
                let right: [T] = samples(max(n, 1), &random)
                for (aStep, bStep) in [(1, 1), (1, 0), (0, 1), (0, 0)] {
                    let expected = (0..<n).map {
                        value(left[$0 * aStep].exact, right[$0 * bStep].exact)
                    }
                    let placement = Placement.allCases[random.next(below: 3)]
                    let what =
                        "\(name) \(T.kernelName) \(tier.name) n=\(n) \(aStep)\(bStep) \(placement)"
                    let results = [kernels, scalar].map { table in
                        let space = Workspace(placement)
                        let a = space.input(aStep == 0 ? [left[0]] : Array(left[..<n]))
                        let b = space.input(bStep == 0 ? [right[0]] : Array(right[..<n]))
                        let out = space.output(n, of: T.self)
                        table.binary(operation, a, aStep, b, bStep, out, n)
                        let result = space.values(out, n)
                        space.expectIntact(what)
                        return result
                    }
                    // One rounding; a denormal result may round twice on its way through Double.
                    expectClose(
                        results[0], expected, relative: T.epsilon / 2 * 1.001,
                        absolute: T.leastNonzeroMagnitude.exact, what)
                    expectIdentical(results[0], results[1], what)
                }
            }
        }
    }

    private func checkCompare<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let comparisons: [(MartletCompare, String, (T, T) -> Bool)] = [
            (MartletLess, "<", { $0 < $1 }), (MartletLessEqual, "<=", { $0 <= $1 }),
            (MartletGreater, ">", { $0 > $1 }), (MartletGreaterEqual, ">=", { $0 >= $1 }),
            (MartletEqual, "==", { $0 == $1 }), (MartletNotEqual, "!=", { $0 != $1 }),
        ]
        let kernels = T.kernels(tier)
        var random = Random(4)
        for (operation, name, holds) in comparisons {
            for n in [0] + oddSizes {
                let left: [T] = samples(max(n, 1), &random)
                let right: [T] = samples(max(n, 1), &random)
                for (aStep, bStep) in [(1, 1), (1, 0), (0, 1)] {
                    let placement = Placement.allCases[random.next(below: 3)]
                    let what = "\(name) \(T.kernelName) \(tier.name) n=\(n) \(placement)"
                    let space = Workspace(placement)
                    let a = space.input(aStep == 0 ? [left[0]] : Array(left[..<n]))
                    let b = space.input(bStep == 0 ? [right[0]] : Array(right[..<n]))
                    let out = space.output(n, of: UInt8.self)
                    kernels.compare(operation, a, aStep, b, bStep, out, n)
                    let result = space.values(out, n)
                    space.expectIntact(what)
                    let expected: [UInt8] = (0..<n).map {
                        holds(left[$0 * aStep], right[$0 * bStep]) ? 1 : 0
                    }
                    #expect(result == expected, "\(what)")
                }
            }
        }
    }

    private func checkSelect<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let kernels = T.kernels(tier)
        var random = Random(5)
        for n in [0] + oddSizes {
            let left: [T] = samples(n, &random)
            let right: [T] = samples(n, &random)
            // Any byte but 0 means true.
            let mask = (0..<n).map { _ in [0, 1, 0, 255][random.next(below: 4)] as UInt8 }
            for placement in Placement.allCases {
                let what = "select \(T.kernelName) \(tier.name) n=\(n) \(placement)"
                let space = Workspace(placement)
                let (m, a, b) = (space.input(mask), space.input(left), space.input(right))
                let out = space.output(n, of: T.self)
                kernels.select(m, a, b, out, n)
                let result = space.values(out, n)
                space.expectIntact(what)
                expectIdentical(result, (0..<n).map { mask[$0] != 0 ? left[$0] : right[$0] }, what)
            }
        }
    }

    private func checkAccumulate<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        var random = Random(6)
        for n in [0] + oddSizes + bigSizes {
            for factor in [T(1), T(rounding: random.uniform()), 0] {
                let before: [T] = samples(n, &random)
                let added: [T] = samples(n, &random)
                let expected = (0..<n).map { before[$0].exact + factor.exact * added[$0].exact }
                let placement = Placement.allCases[random.next(below: 3)]
                let what = "accumulate \(T.kernelName) \(tier.name) n=\(n) \(placement)"
                let results = [kernels, scalar].map { table in
                    let space = Workspace(placement)
                    let (y, x) = (space.variable(before), space.input(added))
                    table.accumulate(y, x, factor, n)
                    let result = space.values(y, n)
                    space.expectIntact(what)
                    return result
                }
                let slack = { (i: Int) in
                    T.epsilon * (abs(before[i].exact) + abs(factor.exact * added[i].exact))
                        + 2 * T.leastNonzeroMagnitude.exact
                }
                expectClose(results[0], expected, what, slack: slack)
                expectClose(results[0], results[1].exact, what + " to scalar", slack: slack)
            }
        }
    }
}
