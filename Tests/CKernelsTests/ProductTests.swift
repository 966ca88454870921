import CKernels
import Testing

/// Products over float32, float64 and bfloat16 operands.
@Suite struct ProductTests {
    /// Odd shapes; the last ones span several blocks of every kernel.
    private static let shapes: [(m: Int, n: Int, k: Int)] = {
        var random = Random(20)
        let mixed = (0..<40).map { _ in
            (1 + random.next(below: 70), 1 + random.next(below: 70), 1 + random.next(below: 70))
        }
        return [(1, 1, 0), (5, 7, 0), (1, 1, 1), (1, 70, 3), (70, 1, 33), (12, 32, 256)] + mixed
            + [(5, 9, 600), (130, 257, 300)]
    }()

    private static let problems = shapes.enumerated().map {
        ProductProblem($1.m, $1.n, $1.k, seed: UInt64($0))
    }
    private static let halfProblems = shapes.enumerated().map {
        ProductProblem($1.m, $1.n, $1.k, seed: UInt64($0), halves: true)
    }

    @Test(arguments: Tier.tested) func float32(_ tier: Tier) {
        check(Self.problems, Self.float32(tier), Self.float32(.scalar), unit: Float.epsilon)
    }

    @Test(arguments: Tier.tested) func float64(_ tier: Tier) {
        check(Self.problems, Self.float64(tier), Self.float64(.scalar), unit: Double.epsilon)
    }

    @Test(arguments: Tier.testedWithModel) func bfloat16(_ tier: Tier) {
        let (multiplier, scalar) = (Self.bfloat16(tier), Self.bfloat16(.scalar))
        check(Self.halfProblems, multiplier, scalar, unit: Float.epsilon)
    }

    @Test(arguments: Tier.testedWithModel) func bfloat16OfFloat32(_ tier: Tier) {
        // The packers round to nearest, as the problem's reference does beforehand.
        let rounding: (Double) -> Double = {
            HalfFormat.bfloat16.value(HalfFormat.bfloat16.pattern($0))
        }
        var random = Random(21)
        for (m, n, k) in [(1, 1, 1), (33, 35, 65), (64, 31, 37), (13, 66, 96)] {
            let (a, b): ([Double], [Double]) = (random.values(m * k), random.values(k * n))
            let exact = ProductProblem(m, n, k, a: a.map(rounding), b: b.map(rounding))
            let problem = ProductProblem(m, n, k, a: a, b: b)
            for layout in Layout.allCases {
                let result = Self.bfloat16OfFloat32(tier).multiply(
                    problem, ProductCall(left: layout, right: layout, placement: .beforeGuard))
                expectClose(result, exact.value, "\(tier.name) \(m) x \(n) x \(k) \(layout)") {
                    Self.slack(k, Float.epsilon, exact.size[$0])
                }
            }
        }
    }

    /// Every layout of A with every layout of B.
    @Test(arguments: Tier.testedWithModel) func layouts(_ tier: Tier) {
        let problem = ProductProblem(37, 67, 41, seed: 22, halves: true)
        for left in Layout.allCases {
            for right in Layout.allCases {
                for placement in Placement.allCases {
                    let call = ProductCall(left: left, right: right, placement: placement)
                    let singles = Self.float32(tier).multiply(problem, call)
                    let doubles = Self.float64(tier).multiply(problem, call)
                    let halves = Self.bfloat16(tier).multiply(problem, call)
                    let mixed = Self.bfloat16OfFloat32(tier).multiply(problem, call)
                    let slack = { Self.slack(problem.k, Float.epsilon, problem.size[$0]) }
                    expectClose(singles, problem.value, "float32 \(call)", slack: slack)
                    expectClose(halves, problem.value, "bfloat16 \(call)", slack: slack)
                    expectIdentical(mixed, halves, "bfloat16 of float32 \(call)")
                    expectClose(doubles, problem.value, "float64 \(call)") {
                        Self.slack(problem.k, Double.epsilon, problem.size[$0])
                    }
                }
            }
        }
    }

    /// Roundings of k additions, which mostly cancel; flushed denormals cost one each.
    private static func slack(_ k: Int, _ unit: Double, _ size: Double) -> Double {
        unit * (Double(k).squareRoot() + 3) * size + Double(k) * 0x1p-126
    }

    private func check<Source, Packed, Sum>(
        _ problems: [ProductProblem], _ multiplier: Multiplier<Source, Packed, Sum>,
        _ scalar: Multiplier<Source, Packed, Sum>, unit: Double
    ) {
        var random = Random(23)
        for problem in problems {
            for turn in 0..<2 {
                let call = ProductCall(
                    left: Layout.allCases[random.next(below: 4)],
                    right: Layout.allCases[random.next(below: 4)],
                    accumulate: random.next(below: 2) == 0, bias: turn == 0,
                    gap: [0, 1, 5][random.next(below: 3)],
                    placement: Placement.allCases[random.next(below: 3)])
                let what = "\(multiplier.what) \(problem.m) x \(problem.n) x \(problem.k), \(call)"
                let all = multiplier.multiply(problem, call)
                let (result, gaps) = problem.split(all, gap: call.gap)
                #expect(gaps.allSatisfy { $0.bits == Sum.unwritten.bits }, "\(what): gaps")
                let (expected, size) = problem.expected(
                    accumulate: call.accumulate, bias: call.bias)
                let slack = { Self.slack(problem.k, unit, size[$0]) }
                expectClose(result, expected, what, slack: slack)
                let other = problem.split(scalar.multiply(problem, call), gap: call.gap).result
                expectClose(result, other.exact, what + " to scalar", slack: slack)
            }
        }
    }

    static func float32(_ tier: Tier) -> Multiplier<Float, Float, Float> {
        Multiplier(kernels: Float.kernels(tier).product, what: "float32 \(tier.name)")
    }
    static func float64(_ tier: Tier) -> Multiplier<Double, Double, Double> {
        Multiplier(kernels: Double.kernels(tier).product, what: "float64 \(tier.name)")
    }
    static func bfloat16(_ tier: Tier) -> Multiplier<UInt16, UInt16, Float> {
        Multiplier(kernels: .bfloat16(tier), what: "bfloat16 \(tier.name)")
    }
    static func bfloat16OfFloat32(_ tier: Tier) -> Multiplier<Float, UInt16, Float> {
        Multiplier(kernels: .bfloat16(tier), what: "bfloat16 of float32 \(tier.name)")
    }
}

extension ProductProblem {
    /// The elements of C and what lies between its rows.
    func split<T>(_ memory: [T], gap: Int) -> (result: [T], gaps: [T]) {
        if gap == 0 { return (memory, []) }
        var (result, gaps) = ([T](), [T]())
        for (i, element) in memory.enumerated() {
            if i % (n + gap) < n {
                result.append(element)
            } else {
                gaps.append(element)
            }
        }
        return (result, gaps)
    }
}
