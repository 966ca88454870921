import CKernels
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct RotaryTests {
    @Test(arguments: Tier.tested) func rotary(_ tier: Tier) {
        check(Float.self, tier)
        check(Double.self, tier)
    }

    private func check<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        var random = Random(15)
        for half in [0] + oddSizes {
            let width = 2 * half
            let input: [T] = random.values(width, -3, 3)
            let angles = (0..<half).map { _ in random.uniform(-100, 100) }
            let cosines = angles.map { T(rounding: cos($0)) }
            let sines = angles.map { T(rounding: sin($0)) }
            for interleaved in [false, true] {
                for direction in [1.0, -1.0] {
                    var expected = [Double](repeating: 0, count: width)
                    for i in 0..<half {
                        let (first, second) = interleaved ? (2 * i, 2 * i + 1) : (i, i + half)
                        let (a, b) = (input[first].exact, input[second].exact)
                        let (c, s) = (cosines[i].exact, direction * sines[i].exact)
                        expected[first] = a * c - b * s
                        expected[second] = b * c + a * s
                    }
                    for placement in Placement.allCases {
                        let what = "rotary \(T.kernelName) \(tier.name) \(width) \(placement)"
                        let results = [kernels, scalar].map { table in
                            let space = Workspace(placement)
                            let (c, s) = (space.input(cosines), space.input(sines))
                            let (x, y) = (space.input(input), space.output(width, of: T.self))
                            let back = space.output(width, of: T.self)
                            let turn = T(rounding: direction)
                            table.rotary(x, c, s, turn, interleaved, y, width)
                            table.rotary(y, c, s, -turn, interleaved, back, width)
                            let result = (space.values(y, width), space.values(back, width))
                            space.expectIntact(what)
                            return result
                        }
                        let slack = { (_: Int) in 6 * T.epsilon }
                        expectClose(results[0].0, expected, what, slack: slack)
                        expectClose(results[0].0, results[1].0.exact, what, slack: slack)
                        expectClose(results[0].1, input.exact, what + " and back") {
                            12 * T.epsilon * (1 + abs(input[$0].exact))
                        }
                    }
                }
            }
        }
    }
}
