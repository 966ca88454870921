import CKernels
import Testing

@Suite struct ReductionTests {
    @Test(arguments: Tier.tested) func sums(_ tier: Tier) {
        checkSums(Float.self, tier)
        checkSums(Double.self, tier)
    }

    @Test(arguments: Tier.tested) func maxima(_ tier: Tier) {
        checkMaxima(Float.self, tier)
        checkMaxima(Double.self, tier)
    }

    @Test(arguments: Tier.tested) func sumsOverRows(_ tier: Tier) {
        checkRows(Float.self, tier)
        checkRows(Double.self, tier)
    }

    private func checkSums<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        var random = Random(7)
        for n in [0] + oddSizes + bigSizes {
            for size in [1.0, 1e-12, 1e12] {
                let input: [T] = random.values(n, -size, 3 * size)
                let exact = input.exact
                // A tree over lanes: few additions stand on one another.
                let slack = T.epsilon * (Double(n) / 16 + 8) * exact.reduce(0) { $0 + abs($1) }
                for placement in Placement.allCases {
                    let what = "\(T.kernelName) \(tier.name) n=\(n) size \(size) \(placement)"
                    let space = Workspace(placement)
                    let x = space.input(input)
                    let (sum, squares) = (kernels.sum(x, n), kernels.sumSquares(x, n))
                    let scalarSquares = scalar.sumSquares(x, n)
                    expectIdentical([sum], [scalar.sum(x, n)], "sum " + what)
                    space.expectIntact(what)
                    expectClose([sum], [exact.reduce(0, +)], "sum " + what) { _ in slack }
                    let total = exact.reduce(0) { $0 + $1 * $1 }
                    let close = (T.epsilon * 16 + Double.epsilon * Double(n)) * total
                    expectClose([squares], [total], "squares " + what) { _ in close }
                    expectClose([squares], [scalarSquares], "squares to scalar " + what) { _ in
                        close
                    }
                }
            }
            for special in [T.nan, .infinity, -.infinity] where n > 0 {
                var input: [T] = random.values(n)
                input[random.next(below: n)] = special
                expectIdentical([kernels.sum(input, n)], [special], "sum of \(special) n=\(n)")
                let squares = kernels.sumSquares(input, n)
                #expect(special.isNaN ? squares.isNaN : squares == .infinity, "n=\(n)")
            }
        }
        #expect(kernels.sum([.infinity, -.infinity], 2).isNaN)
    }

    private func checkMaxima<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let kernels = T.kernels(tier)
        var random = Random(8)
        func check(_ input: [T], _ what: String) {
            // NaN wins, the first one; otherwise the first largest.
            var first = 0
            for i in 1..<input.count where !input[first].isNaN {
                if input[i].isNaN || input[i] > input[first] { first = i }
            }
            for placement in Placement.allCases {
                let space = Workspace(placement)
                let x = space.input(input)
                var index = -1
                let best = kernels.maximum(x, input.count, &index)
                space.expectIntact(what)
                #expect(index == first, "\(what) \(placement): \(input[first]) stands at \(first)")
                expectIdentical([best], [input[first]], what)
            }
        }
        for n in oddSizes {
            let what = "maximum \(T.kernelName) \(tier.name) n=\(n)"
            var input: [T] = random.values(n, -9, -1)
            check(input, what)
            check(Array(repeating: -.infinity, count: n), what + " of -inf")
            check(input.map { $0.rounded() }, what + " with ties")
            input[random.next(below: n)] = .infinity
            check(input, what + " with inf")
            input[random.next(below: n)] = .nan
            check(input, what + " with a NaN")
            input[random.next(below: n)] = .nan
            check(input, what + " with NaNs")
        }
    }

    private func checkRows<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        var random = Random(9)
        for columns in [0] + oddSizes {
            for rows in [0, 1, 2, 5, 16] {
                let stride = columns + [0, 1, 7][random.next(below: 3)]
                var input: [T] = random.values(max(0, (rows - 1) * stride + columns))
                let start: [T] = random.values(columns)
                if !input.isEmpty && columns > 2 {
                    input[columns / 2] = [T.nan, .infinity][rows % 2]
                }
                var expected = start.exact
                for r in 0..<rows {
                    for c in 0..<columns { expected[c] += input[r * stride + c].exact }
                }
                for placement in Placement.allCases {
                    let what =
                        "sum of \(rows) rows \(T.kernelName) \(tier.name) n=\(columns) \(placement)"
                    let results = [kernels, scalar].map { table in
                        let space = Workspace(placement)
                        let (x, out) = (space.input(input), space.variable(start))
                        table.sumRows(x, rows, columns, stride, out)
                        let result = space.values(out, columns)
                        space.expectIntact(what)
                        return result
                    }
                    expectClose(
                        results[0], expected, relative: 0, absolute: T.epsilon * Double(rows + 1),
                        what)
                    expectIdentical(results[0], results[1], what)
                }
            }
        }
    }
}
