import CKernels
import Testing

/// Bfloat16 products that take rows as they stand and do more to their tiles than adding up.
@Suite struct FinishTests {
    private static let shapes = [(1, 1, 2), (3, 33, 64), (12, 32, 96), (37, 70, 50), (100, 40, 34)]
    private static let functions = UnaryReference.all.filter { unary in
        [MartletRelu, MartletSilu, MartletGelu, MartletGeluTanh].contains { $0 == unary.operation }
    }

    /// Rows as they stand give the bits of packed panels.
    @Test(arguments: Tier.testedWithModel) func rowsGiveTheBitsOfPanels(_ tier: Tier) {
        for (turn, (m, n, k)) in Self.shapes.enumerated() {
            let problem = ProductProblem(m, n, k, seed: UInt64(90 + turn), halves: true)
            let plain = run(problem, tier, direct: false, finish: nil).values
            let direct = run(problem, tier, direct: true, finish: nil).values
            // The tile unit's tier gives a few rows to the vector unit, which rounds otherwise.
            if tier.kernels.pointee.tier == MartletTierAMX, m <= 4 {
                expectClose(direct, plain.map(\.exact), relative: 1e-5, absolute: 1e-5, "\(m) rows")
            } else {
                expectIdentical(direct, plain, "\(tier.name) \(m) x \(n) x \(k)")
            }
            expectClose(direct, problem.value, relative: 1e-5, absolute: 1e-4, "\(tier.name)")
        }
    }

    /// C = f(A B + bias) + residual in float32, and f' of the same in bfloat16.
    @Test(arguments: Tier.testedWithModel) func activationAndResidual(_ tier: Tier) {
        for (turn, (m, n, k)) in Self.shapes.enumerated() {
            let problem = ProductProblem(m, n, k, seed: UInt64(95 + turn), halves: true)
            let (sums, _) = problem.expected(accumulate: false, bias: true)
            let function = Self.functions[turn % Self.functions.count]
            let result = run(
                problem, tier, direct: true,
                finish: (
                    function.operation, residual: problem.before.map { Float($0) }, half: false
                ))
            let values = sums.map(function.value)
            let slopes = zip(sums, values).map { function.slope($0, $1) }
            let what = "\(tier.name) \(function.name) \(m)"
            expectClose(result.slopes, slopes, relative: 0.004, absolute: 1e-4, what)
            expectClose(
                result.values, zip(values, problem.before).map { $0 + $1 }, relative: 1e-5,
                absolute: 1e-4, what)
            let half = run(
                problem, tier, direct: true, finish: (function.operation, residual: nil, half: true)
            )
            expectClose(half.values, values, relative: 0.004, absolute: 1e-4, what + " half")
        }
    }

    private func run(
        _ problem: ProductProblem, _ tier: Tier, direct: Bool,
        finish: (code: MartletUnary, residual: [Float]?, half: Bool)?
    ) -> (values: [Float], slopes: [Float]) {
        let (m, n, k) = (problem.m, problem.n, problem.k)
        let kernels = tier.kernels.pointee
        let space = Workspace(.beforeGuard)
        let halves = { (x: [Double]) in x.map { HalfFormat.bfloat16.pattern($0) } }
        let (a, b) = (space.input(halves(problem.a)), space.input(halves(problem.b)))
        func room(_ lines: Int, _ panel: Int) -> Int {
            let depth = kernels.panels_bf16.depth
            return (lines + panel - 1) / panel * panel * ((k + depth - 1) / depth * depth)
        }
        let left = space.output(room(m, kernels.panels_bf16.mr), of: UInt16.self)
        let right = space.output(room(n, kernels.panels_bf16.nr), of: UInt16.self)
        var pack = MartletPack(
            source: a, row_stride: k, column_stride: 1, rows: m, columns: k, begin: 0, end: m,
            out: left, source_is_bf16: true)
        kernels.pack_a_bf16(&pack)
        pack = MartletPack(
            source: b, row_stride: n, column_stride: 1, rows: k, columns: n, begin: 0, end: n,
            out: right, source_is_bf16: true)
        kernels.pack_b_bf16(&pack)
        let bias = finish.map { _ in space.input(problem.bias.map { Float($0) }) }
        let wide = space.output(m * n, of: Float.self)
        let narrow = space.output(m * n, of: UInt16.self)
        let slopes = space.output(m * n, of: UInt16.self)
        var all = MartletFinish(
            c_is_bf16: finish?.half ?? false,
            activation: finish.map { Int32($0.code.rawValue) } ?? -1,
            slopes: slopes, slopes_stride: n,
            residual: finish?.residual.map { space.input($0) }, residual_stride: n)
        let isHalf = finish?.half ?? false
        withUnsafePointer(to: &all) { all in
            var product = MartletProduct(
                a: direct ? UnsafeRawPointer(a) : UnsafeRawPointer(left), b: right,
                c: isHalf ? UnsafeMutableRawPointer(narrow) : UnsafeMutableRawPointer(wide),
                bias: bias, m: m, n: n, k: k, c_stride: n, row_begin: 0, row_end: m,
                column_begin: 0, column_end: n, accumulate: false, a_stride: direct ? k : 0,
                b_depth: 0, finish: finish == nil ? nil : all)
            kernels.product_bf16(&product)
        }
        space.expectIntact("\(tier.name) \(m) x \(n) x \(k)")
        let widened = { (p: UnsafeMutablePointer<UInt16>) in
            space.values(p, m * n).map { Float(HalfFormat.bfloat16.value($0)) }
        }
        return (isHalf ? widened(narrow) : space.values(wide, m * n), widened(slopes))
    }
}
