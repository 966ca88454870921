import CKernels
import Testing

/// What one call computes does not depend on how the whole product is divided into calls.
@Suite struct ProductRangeTests {
    private static let problems = [
        ProductProblem(130, 257, 300, seed: 30, halves: true),
        ProductProblem(29, 71, 41, seed: 31, halves: true),
        ProductProblem(1, 300, 64, seed: 32, halves: true),
    ]

    @Test(arguments: Tier.testedWithModel) func rangesGiveTheSameBits(_ tier: Tier) {
        for problem in Self.problems {
            check(problem, ProductTests.float32(tier))
            check(problem, ProductTests.float64(tier))
            check(problem, ProductTests.bfloat16(tier))
        }
    }

    private func check<Source, Packed, Sum>(
        _ problem: ProductProblem, _ multiplier: Multiplier<Source, Packed, Sum>
    ) {
        var random = Random(33)
        let panels = multiplier.kernels.panels
        for turn in 0..<10 {
            var call = ProductCall(
                accumulate: turn % 2 == 0, bias: turn % 3 == 0, gap: turn % 4,
                placement: Placement.allCases[turn % 3])
            let whole = multiplier.multiply(problem, call)
            let before = call.accumulate ? problem.before : nil
            // Starts stand at panels; ends are anywhere.
            let row = random.next(below: (problem.m - 1) / panels.mr + 1) * panels.mr
            let column = random.next(below: (problem.n - 1) / panels.nr + 1) * panels.nr
            let rows = row..<row + 1 + random.next(below: problem.m - row)
            let columns = column..<column + 1 + random.next(below: problem.n - column)
            (call.rows, call.columns) = (rows, columns)
            let part = multiplier.multiply(problem, call)
            let stride = problem.n + call.gap
            let expected = whole.indices.map { i in
                let (r, c) = (i / stride, i % stride)
                if rows.contains(r) && columns.contains(c) { return whole[i] }
                guard let before, c < problem.n else { return Sum.unwritten }
                return Sum(operand: before[r * problem.n + c])
            }
            let wrong = expected.indices.first { expected[$0].bits != part[$0].bits }
            #expect(
                wrong == nil,
                "\(multiplier.what) \(problem.m) x \(problem.n) x \(problem.k), \(call)")
        }
    }

    /// Where a tier takes rows of A without panels, they give the bits that panels give.
    @Test(arguments: Tier.testedWithModel) func rowsAsTheyStandGiveTheSameBits(_ tier: Tier) {
        for problem in Self.problems {
            checkRows(problem, ProductTests.float32(tier))
            checkRows(problem, ProductTests.float64(tier))
            let bfloat16 = ProductTests.bfloat16(tier)
            // Tile units leave up to four rows to the vector unit, which adds pairs in another order.
            let isOtherUnit = tier.kernels.pointee.tier == MartletTierAMX && problem.m <= 4
            if problem.k % 2 == 0, !isOtherUnit { checkRows(problem, bfloat16) }
        }
    }

    /// Rows 512 and 1,024 elements apart, which kernels may copy first: more than a band of them, several
    /// blocks of k, and sums that go on from what C holds.
    @Test(arguments: Tier.tested) func rowsAPowerOfTwoApart(_ tier: Tier) {
        for (m, n, k) in [(101, 37, 509), (7, 33, 1021)] {
            let problem = ProductProblem(m, n, k, seed: UInt64(k))
            checkRows(problem, ProductTests.float32(tier), accumulate: true)
            checkRows(problem, ProductTests.float64(tier), accumulate: true)
        }
    }

    private func checkRows<Source, Packed, Sum>(
        _ problem: ProductProblem, _ multiplier: Multiplier<Source, Packed, Sum>,
        accumulate: Bool = false
    ) {
        guard multiplier.kernels.panels.takes_rows else { return }
        for placement in Placement.allCases {
            var call = ProductCall(accumulate: accumulate, bias: true, gap: 3, placement: placement)
            let panels = multiplier.multiply(problem, call)
            call.asRows = true
            let rows = multiplier.multiply(problem, call)
            #expect(
                panels.map(\.bits) == rows.map(\.bits),
                "\(multiplier.what) \(problem.m) x \(problem.n) x \(problem.k), \(call)")
        }
    }

    /// Padding of the last panel and of k is zeros, and everything is written.
    @Test(arguments: Tier.testedWithModel) func paddingIsZero(_ tier: Tier) {
        checkPadding(ProductTests.float32(tier), one: Float(1), zero: 0)
        checkPadding(ProductTests.float64(tier), one: Double(1), zero: 0)
        checkPadding(ProductTests.bfloat16(tier), one: 0x3f80, zero: 0)
        checkPadding(ProductTests.bfloat16OfFloat32(tier), one: 0x3f80, zero: 0)
    }

    private func checkPadding<Source, Packed: Equatable, Sum>(
        _ multiplier: Multiplier<Source, Packed, Sum>, one: Packed, zero: Packed
    ) {
        for (lines, depth) in [(1, 1), (13, 33), (33, 31), (66, 7), (32, 32), (5, 97)] {
            for layout in Layout.allCases {
                for isLeft in [true, false] {
                    let (rows, columns) = isLeft ? (lines, depth) : (depth, lines)
                    let ones = [Double](repeating: 1, count: rows * columns)
                    let space = Workspace(.aligned)
                    let (out, count) = multiplier.pack(
                        ones, rows, columns, layout, isLeft: isLeft, space, space)
                    let packed = space.values(out, count)
                    space.expectIntact(multiplier.what)
                    let units = packed.count { $0 == one }
                    #expect(
                        units == lines * depth, "\(multiplier.what) \(lines) x \(depth) \(layout)")
                    #expect(packed.allSatisfy { $0 == one || $0 == zero }, "\(multiplier.what)")
                }
            }
        }
    }
}
