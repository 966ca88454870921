import CKernels
import Testing

/// NaN, infinities, overflow and denormals in products.
@Suite struct ProductSpecialTests {
    @Test(arguments: Tier.testedWithModel) func nonFiniteOperandsReachTheirRowsAndColumns(
        _ tier: Tier
    ) {
        check(tier, ProductTests.float32(tier))
        check(tier, ProductTests.float64(tier))
        check(tier, ProductTests.bfloat16(tier))
        check(tier, ProductTests.bfloat16OfFloat32(tier))
    }

    private func check<Source, Packed, Sum>(
        _ tier: Tier, _ multiplier: Multiplier<Source, Packed, Sum>
    ) {
        let (m, n, k) = (37, 45, 35)
        for special in [Double.nan, .infinity, -.infinity] {
            for inLeft in [true, false] {
                var random = Random(40)
                let start = ProductProblem(m, n, k, seed: 41, halves: true)
                var (a, b) = (start.a, start.b)
                for _ in 0..<3 {
                    if inLeft {
                        a[random.next(below: m * k)] = special
                    } else {
                        b[random.next(below: k * n)] = special
                    }
                }
                // A zero against an infinity is NaN.
                a[5 * k + 7] = 0
                b[7 * n + 11] = special
                let problem = ProductProblem(m, n, k, a: a, b: b)
                let result = multiplier.multiply(problem, ProductCall())
                expectClose(result, problem.value, "\(multiplier.what) \(special) \(inLeft)") {
                    problem.size[$0].isFinite ? 16 * Float.epsilon * problem.size[$0] : 0
                }
                #expect(result.contains { $0.isNaN } && result.contains { $0.isFinite })
            }
        }
    }

    @Test(arguments: Tier.testedWithModel) func productsOverflowToInfinity(_ tier: Tier) {
        let problem = ProductProblem(
            2, 2, 3, a: [0x1p100, 1, 2, -0x1p100, 1, 2], b: [0x1p100, 1, 1, 1, 1, 1])
        let expected: [Float] = [.infinity, 0x1p100, -.infinity, -0x1p100]
        expectIdentical(ProductTests.float32(tier).multiply(problem, .init()), expected, "float32")
        expectIdentical(
            ProductTests.bfloat16(tier).multiply(problem, .init()), expected, "bfloat16")
        let doubles = ProductTests.float64(tier).multiply(problem, .init())
        expectClose(doubles, problem.value, relative: 1e-15, "float64")
    }

    @Test(arguments: Tier.tested) func float32KeepsDenormals(_ tier: Tier) {
        let least = Double(Float.leastNonzeroMagnitude)
        let problem = ProductProblem(
            2, 1, 2, a: [0x1p-70, 0, 3 * least, 5 * least], b: [0x1p-70, 1])
        let result = ProductTests.float32(tier).multiply(problem, .init())
        #expect(result == [0x1p-140, 5 * Float.leastNonzeroMagnitude])
    }

    /// Denormal operands and results of bfloat16 products are zero, the smallest normal is kept.
    @Test(arguments: Tier.testedWithModel) func bfloat16FlushesDenormals(_ tier: Tier) {
        let denormals = [0x1p-127, -0x1p-127, 0x1p-133, 0x1.fcp-127, -0x1.8p-130]
        // Every element is one product: the inner dimension has a single non-zero pair.
        for (m, n, k, place) in [(1, 1, 1, 0), (33, 35, 40, 17), (12, 64, 2, 1), (64, 32, 64, 63)] {
            let column: [Double] = (0..<m).map { denormals[$0 % denormals.count] }
            let (zero, big) = ([Double](repeating: 0, count: m * n), 0x1p127)
            let operands = single(
                m, n, k, place, column: column, row: Array(repeating: big, count: n))
            let swapped = single(
                m, n, k, place, column: Array(repeating: big, count: m),
                row: (0..<n).map { denormals[$0 % denormals.count] })
            // 2^-70 squared is a denormal of float32 as a result; 2^-63 squared is not.
            let small = single(
                m, n, k, place, column: (0..<m).map { $0 % 2 == 0 ? 0x1p-70 : 0x1p-63 },
                row: (0..<n).map { $0 % 2 == 0 ? 0x1p-70 : -0x1p-63 })
            let kept = (0..<m * n).map { i in
                (i / n) % 2 == 1 && (i % n) % 2 == 1 ? -0x1p-126 : 0.0
            }
            for (problem, expected) in [(operands, zero), (swapped, zero), (small, kept)] {
                let wanted = expected.map { Float($0) }
                for layout in Layout.allCases {
                    let call = ProductCall(left: layout, right: layout)
                    let what = "\(tier.name) \(m) x \(n) x \(k), \(call)"
                    let halves = ProductTests.bfloat16(tier).multiply(problem, call)
                    let mixed = ProductTests.bfloat16OfFloat32(tier).multiply(problem, call)
                    #expect(halves == wanted, "bfloat16 \(what)")
                    #expect(mixed == wanted, "bfloat16 of float32 \(what)")
                }
            }
        }
    }

    /// Only index `place` of the inner dimension is not zero.
    private func single(
        _ m: Int, _ n: Int, _ k: Int, _ place: Int, column: [Double], row: [Double]
    ) -> ProductProblem {
        var a = [Double](repeating: 0, count: m * k)
        var b = [Double](repeating: 0, count: k * n)
        for i in 0..<m { a[i * k + place] = column[i] }
        for j in 0..<n { b[place * n + j] = row[j] }
        return ProductProblem(m, n, k, a: a, b: b)
    }
}
