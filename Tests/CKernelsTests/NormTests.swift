import CKernels
import Testing

/// LayerNorm (centered) and RMSNorm, with and without weight and bias.
@Suite struct NormTests {
    @Test(arguments: Tier.tested) func norm(_ tier: Tier) {
        for centered in [true, false] {
            for parts in 0..<4 {
                check(Float.self, tier, centered: centered, parts)
                check(Double.self, tier, centered: centered, parts)
            }
        }
    }

    @Test(arguments: Tier.tested) func epsilonKeepsConstantRowsFinite(_ tier: Tier) {
        for n in [1, 16, 33] {
            let x = [Float](repeating: 3, count: n)
            var (y, mean, rstd) = ([Float](repeating: .nan, count: n), [Float](), [Float]())
            mean = [.nan]
            rstd = [.nan]
            tier.kernels.pointee.norm_f32(x, nil, nil, 1e-5, true, &y, &mean, &rstd, 1, n)
            #expect(y == [Float](repeating: 0, count: n))
            #expect(mean == [3])
            #expect(abs(rstd[0] - 316.22777) < 1e-3)
        }
    }

    @Test(arguments: Tier.tested) func nonFiniteRowsStayAlone(_ tier: Tier) {
        let n = 37
        for bad in [Float.nan, .infinity] {
            var x = [Float](repeating: 0, count: 3 * n).indices.map { Float($0 % 5) }
            x[n + 20] = bad
            var (y, mean, rstd) = ([Float](repeating: 0, count: 3 * n), [Float](), [Float]())
            mean = [0, 0, 0]
            rstd = [0, 0, 0]
            tier.kernels.pointee.norm_f32(x, nil, nil, 1e-5, true, &y, &mean, &rstd, 3, n)
            let finite = y.map(\.isFinite)
            #expect(finite == (0..<3 * n).map { $0 / n != 1 })
            #expect(y[n..<2 * n].allSatisfy { $0.isNaN })
        }
    }

    /// `parts`: bit 0 for a weight, bit 1 for a bias.
    private func check<T: KernelReal>(
        _ type: T.Type, _ tier: Tier, centered: Bool, _ parts: Int
    ) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        let epsilon = T(rounding: Double(Float(1e-5)))
        var random = Random(14)
        for n in oddSizes {
            let rows = 3
            // The second row is far from zero, the third is tiny.
            let input: [T] =
                random.values(n, -2, 3) + random.values(n, 1000, 1004)
                + random.values(n, -1e-6, 1e-6)
            let (weight, bias): ([T], [T]) = (random.values(n, 0.5, 1.5), random.values(n))
            let reference = NormReference(
                x: input.exact, weight: parts & 1 == 0 ? nil : weight.exact,
                bias: parts & 2 == 0 ? nil : bias.exact, epsilon: epsilon.exact,
                centered: centered, rows: rows, n: n)
            let (dy, dWeight, dBias): ([T], [T], [T]) =
                (random.values(rows * n), random.values(n), random.values(n))
            let savedMean = reference.mean.map { T(rounding: $0) }
            let savedRoot = reference.rstd.map { T(rounding: $0) }
            let gradients = reference.gradients(
                dy: dy.exact, mean: savedMean.exact, rstd: savedRoot.exact)
            let placement = Placement.allCases[random.next(below: 3)]
            let what = """
                norm \(T.kernelName) \(tier.name) n=\(n) centered=\(centered) parts=\(parts) \
                \(placement)
                """
            let results = [kernels, scalar].map { table in
                let space = Workspace(placement)
                let x = space.input(input)
                let w = parts & 1 == 0 ? nil : space.input(weight)
                let b = parts & 2 == 0 ? nil : space.input(bias)
                let y = space.output(rows * n, of: T.self)
                let (m, r) = (space.output(rows, of: T.self), space.output(rows, of: T.self))
                table.norm(x, w, b, epsilon, centered, y, m, r, rows, n)
                let d = space.input(dy)
                let dx = space.output(rows * n, of: T.self)
                let dw = parts & 1 == 0 ? nil : space.variable(dWeight)
                let db = parts & 2 == 0 ? nil : space.variable(dBias)
                let (sm, sr) = (space.input(savedMean), space.input(savedRoot))
                table.normBackward(x, w, sm, sr, centered, d, dx, dw, db, rows, n)
                let result = [
                    space.values(y, rows * n), space.values(m, rows), space.values(r, rows),
                    space.values(dx, rows * n), dw.map { space.values($0, n) } ?? [],
                    db.map { space.values($0, n) } ?? [],
                ]
                space.expectIntact(what)
                return result
            }
            let e = T.epsilon
            let names = ["y", "mean", "rstd", "dx", "dWeight", "dBias"]
            let expected = [
                reference.y, reference.mean, reference.rstd, gradients.dx,
                parts & 1 == 0 ? [] : zip(dWeight, gradients.dWeight).map { $0.exact + $1 },
                parts & 2 == 0 ? [] : zip(dBias, gradients.dBias).map { $0.exact + $1 },
            ]
            // x - mean is rounded at the size of x, which rstd and the weight multiply.
            let reach = (0..<rows).map { r in
                (abs(reference.mean[r]) + reference.largest[r]) * reference.rstd[r]
            }
            let slacks: [(Int) -> Double] = [
                { 4 * e * (1 + reach[$0 / n]) * (2 + abs(expected[0][$0])) },
                { 4 * e * reference.largest[$0] },
                { 4 * e * (1 + reach[$0]) * reference.rstd[$0] },
                { 8 * e * (2 + reach[$0 / n]) * gradients.dxSize[$0 / n] },
                { 4 * e * (4 + gradients.dWeightSize[$0] + reach[0] + reach[1] + reach[2]) },
                { _ in 4 * e * 4 },
            ]
            for part in names.indices {
                expectClose(
                    results[0][part], expected[part], "\(what): \(names[part])",
                    slack: slacks[part])
                expectClose(
                    results[0][part], results[1][part].exact, "\(what): \(names[part]) to scalar",
                    slack: slacks[part])
            }
        }
    }
}

/// The norm in Double, by its definition.
private struct NormReference {
    let x: [Double]
    let weight, bias: [Double]?
    let centered: Bool
    let rows, n: Int
    private(set) var y: [Double] = []
    private(set) var mean: [Double] = []
    private(set) var rstd: [Double] = []
    /// The largest absolute value of each row.
    private(set) var largest: [Double] = []

    init(
        x: [Double], weight: [Double]?, bias: [Double]?, epsilon: Double, centered: Bool,
        rows: Int, n: Int
    ) {
        (self.x, self.weight, self.bias, self.centered) = (x, weight, bias, centered)
        (self.rows, self.n) = (rows, n)
        for r in 0..<rows {
            let row = x[r * n..<(r + 1) * n]
            let m = centered ? row.reduce(0, +) / Double(n) : 0
            let variance = row.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(n)
            let root = 1 / (variance + epsilon).squareRoot()
            mean.append(m)
            rstd.append(root)
            largest.append(row.reduce(0) { max($0, abs($1)) })
            for (i, value) in row.enumerated() {
                y.append((value - m) * root * (weight?[i] ?? 1) + (bias?[i] ?? 0))
            }
        }
    }

    /// dx[i] = rstd (g[i] - mean(g) - h[i] mean(g h)) with g = dy weight, h the normalised x.
    func gradients(dy: [Double], mean: [Double], rstd: [Double]) -> (
        dx: [Double], dxSize: [Double], dWeight: [Double], dWeightSize: [Double], dBias: [Double]
    ) {
        var (dx, dxSize) = ([Double](), [Double]())
        var (dWeight, dWeightSize, dBias) = (
            [Double](repeating: 0, count: n), [Double](repeating: 0, count: n),
            [Double](repeating: 0, count: n)
        )
        for r in 0..<rows {
            let h = (0..<n).map { (x[r * n + $0] - mean[r]) * rstd[r] }
            let g = (0..<n).map { dy[r * n + $0] * (weight?[$0] ?? 1) }
            let averageG = centered ? g.reduce(0, +) / Double(n) : 0
            let averageGH = zip(g, h).reduce(0) { $0 + $1.0 * $1.1 } / Double(n)
            for i in 0..<n {
                dx.append(rstd[r] * (g[i] - averageG - h[i] * averageGH))
                dWeight[i] += dy[r * n + i] * h[i]
                dWeightSize[i] += abs(dy[r * n + i] * h[i])
                dBias[i] += dy[r * n + i]
            }
            let furthest = h.reduce(0) { max($0, abs($1)) }
            dxSize.append(rstd[r] * (2 + furthest * furthest))
        }
        return (dx, dxSize, dWeight, dWeightSize, dBias)
    }
}
