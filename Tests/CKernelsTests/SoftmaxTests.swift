import CKernels
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct SoftmaxTests {
    @Test(arguments: Tier.tested) func softmax(_ tier: Tier) {
        checkSoftmax(Float.self, tier)
        checkSoftmax(Double.self, tier)
    }

    @Test(arguments: Tier.tested) func softmaxDerivative(_ tier: Tier) {
        checkBackward(Float.self, tier)
        checkBackward(Double.self, tier)
    }

    @Test(arguments: Tier.tested) func crossEntropy(_ tier: Tier) {
        checkCrossEntropy(Float.self, tier)
        checkCrossEntropy(Double.self, tier)
    }

    /// Losses, and slopes in bfloat16, from logits that are lost; rows end with zeros.
    @Test(arguments: Tier.tested) func crossEntropySlopes(_ tier: Tier) {
        var random = Random(14)
        for n in oddSizes + [4099] {
            let input: [Float] = random.values(3 * n, -9, 9)
            let exact = input.exact
            let targets = [Int32(random.next(below: n)), -1, Int32(n - 1)]
            let (stride, space) = (n + 1 + n % 3, Workspace(.beforeGuard))
            let x = space.variable(input)
            let loss = space.output(3, of: Float.self)
            let slopes = space.output(3 * stride, of: UInt16.self)
            tier.kernels.pointee.cross_entropy_slopes_bf16(
                x, space.input(targets), loss, slopes, stride, 3, n)
            let what = "cross entropy slopes \(tier.name) n=\(n)"
            var expectedSlopes = [Double](repeating: 0, count: 3 * stride)
            var expectedLoss = [0.0, 0, 0]
            for row in [0, 2] {
                let logits = exact[row * n..<(row + 1) * n]
                expectedLoss[row] = logSum(logits) - exact[row * n + Int(targets[row])]
                for (i, p) in softmax(logits).enumerated() { expectedSlopes[row * stride + i] = p }
                expectedSlopes[row * stride + Int(targets[row])] -= 1
            }
            expectClose(
                space.values(loss, 3), expectedLoss, relative: 1e-5, absolute: 1e-5, what)
            let widened = space.values(slopes, 3 * stride).map {
                Float(HalfFormat.bfloat16.value($0))
            }
            expectClose(widened, expectedSlopes, relative: 0.004, absolute: 1e-6, what)
            space.expectIntact(what)
        }
    }

    /// The softmax of one row.
    private func softmax(_ row: ArraySlice<Double>) -> [Double] {
        let shift = largest(row)
        let powers = row.map { exp($0 - shift) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }

    /// log(sum of exp) of one row.
    private func logSum(_ row: ArraySlice<Double>) -> Double {
        let shift = largest(row)
        return shift + log(row.reduce(0) { $0 + exp($1 - shift) })
    }

    private func largest(_ row: ArraySlice<Double>) -> Double {
        row.contains { $0.isNaN } ? .nan : row.max() ?? -.infinity
    }

    /// Rows of logits: moderate, far apart, far from zero, partly -inf, all -inf, with +inf or NaN.
    private func rows<T: KernelReal>(_ n: Int, _ random: inout Random) -> [T] {
        var all: [T] = random.values(n, -4, 4) + random.values(n, -200, 200)
        all += random.values(n, 9990, 10_000)
        all += random.values(n).map { (x: T) in random.next(below: 3) == 0 ? -.infinity : x }
        all += Array(repeating: -.infinity, count: n)
        var row: [T] = random.values(n)
        row[random.next(below: n)] = .infinity
        all += row
        row[random.next(below: n)] = .nan
        all += row
        row = Array(repeating: -T.greatestFiniteMagnitude, count: n)
        row[random.next(below: n)] = 0
        return all + row
    }

    private func checkSoftmax<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        var random = Random(11)
        for n in oddSizes {
            let input: [T] = rows(n, &random)
            let (count, exact) = (input.count / n, input.exact)
            for logarithm in [false, true] {
                let sums = (0..<count).map { logSum(exact[$0 * n..<($0 + 1) * n]) }
                let logarithms = exact.indices.map { exact[$0] - sums[$0 / n] }
                let expected =
                    logarithm
                    ? logarithms : (0..<count).flatMap { softmax(exact[$0 * n..<($0 + 1) * n]) }
                let slack = { (i: Int) in
                    // x - log-sum is rounded at the size of both, and e^x multiplies that.
                    let size = abs(sums[i / n]) + abs(logarithms[i]) + 4
                    if logarithm { return 2 * T.epsilon * size }
                    return expected[i] * T.epsilon * (4 + 2 * abs(logarithms[i])) + T.tiny
                }
                let placement = Placement.allCases[random.next(below: 3)]
                let what = "softmax \(logarithm) \(T.kernelName) \(tier.name) n=\(n) \(placement)"
                let results = [kernels, scalar].map { table in
                    let space = Workspace(placement)
                    let (x, y) = (space.input(input), space.output(input.count, of: T.self))
                    table.softmax(x, y, count, n, logarithm)
                    let result = space.values(y, input.count)
                    space.expectIntact(what)
                    return result
                }
                expectClose(results[0], expected, what, slack: slack)
                expectClose(results[0], results[1].exact, what + " to scalar") { 2 * slack($0) }
            }
        }
    }

    private func checkBackward<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        let rows = 3
        var random = Random(12)
        for n in oddSizes {
            for logarithm in [false, true] {
                let y: [T] = random.values(rows * n).map { (x: T) in
                    logarithm ? 2 * x - 3 : abs(x) / T(n)
                }
                let dy: [T] = random.values(rows * n, -2, 2)
                var (expected, sizes) = ([Double](), [Double]())
                for r in 0..<rows {
                    let row = r * n..<(r + 1) * n
                    let (p, d) = (y[row].map(\.exact), dy[row].map(\.exact))
                    let factors = logarithm ? Array(repeating: 1, count: n) : p
                    let total = zip(factors, d).reduce(0) { $0 + $1.0 * $1.1 }
                    let size = zip(factors, d).reduce(0) { $0 + abs($1.0 * $1.1) }
                    for i in 0..<n {
                        let e = exp(p[i])
                        expected.append(logarithm ? d[i] - e * total : p[i] * (d[i] - total))
                        sizes.append((logarithm ? e : p[i]) * (abs(d[i]) + size) + abs(d[i]))
                    }
                }
                for placement in Placement.allCases {
                    let what =
                        "softmax' \(logarithm) \(T.kernelName) \(tier.name) n=\(n) \(placement)"
                    let results = [kernels, scalar].map { table in
                        let space = Workspace(placement)
                        let (a, d) = (space.input(y), space.input(dy))
                        let dx = space.output(rows * n, of: T.self)
                        table.softmaxBackward(a, d, dx, rows, n, logarithm)
                        let result = space.values(dx, rows * n)
                        space.expectIntact(what)
                        return result
                    }
                    let slack = { (i: Int) in 6 * T.epsilon * sizes[i] }
                    expectClose(results[0], expected, what, slack: slack)
                    expectClose(results[0], results[1].exact, what + " to scalar", slack: slack)
                }
            }
        }
    }

    private func checkCrossEntropy<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let (kernels, scalar) = (T.kernels(tier), T.kernels(.scalar))
        var random = Random(13)
        for n in oddSizes + [4099] {
            let input: [T] = rows(n, &random)
            let (count, exact) = (input.count / n, input.exact)
            // One row in three is ignored, whatever it holds.
            let targets = (0..<count).map { row in
                (row + n) % 3 == 0 ? -1 - Int32(row) : Int32(random.next(below: n))
            }
            let upstream: [T] = random.values(count, -2, 2)
            let sums = (0..<count).map { logSum(exact[$0 * n..<($0 + 1) * n]) }
            let expectedLoss = (0..<count).map {
                targets[$0] < 0 ? 0 : sums[$0] - exact[$0 * n + Int(targets[$0])]
            }
            let roundedSums = sums.map { T(rounding: $0) }
            let gradients = exact.indices.map { i in
                let row = i / n
                if targets[row] < 0 { return 0.0 }
                let p = exp(exact[i] - roundedSums[row].exact)
                return upstream[row].exact * (p - (Int(targets[row]) == i % n ? 1 : 0))
            }
            let placement = Placement.allCases[random.next(below: 3)]
            let what = "cross entropy \(T.kernelName) \(tier.name) n=\(n) \(placement)"
            let results = [kernels, scalar].map { table in
                let space = Workspace(placement)
                let (x, t) = (space.input(input), space.input(targets))
                let (loss, sum) = (space.output(count, of: T.self), space.output(count, of: T.self))
                table.crossEntropy(x, t, loss, sum, count, n)
                let (l, d) = (space.input(roundedSums), space.input(upstream))
                let dx = space.output(input.count, of: T.self)
                table.crossEntropyBackward(x, t, l, d, dx, count, n)
                let result = (
                    loss: space.values(loss, count), sum: space.values(sum, count),
                    gradient: space.values(dx, input.count)
                )
                space.expectIntact(what)
                return result
            }
            let sumSlack = { (i: Int) in T.epsilon * (2 * abs(sums[i]) + 8) }
            let lossSlack = { (i: Int) in sumSlack(i) + T.epsilon * abs(expectedLoss[i]) }
            let slack = { (i: Int) in
                let distance = min(abs(exact[i] - sums[i / n]), 100)
                return T.epsilon * (6 + 2 * distance) * abs(gradients[i]) + 4 * T.epsilon
            }
            expectClose(results[0].sum, sums, what + ": log-sum", slack: sumSlack)
            expectClose(results[0].loss, expectedLoss, what + ": loss", slack: lossSlack)
            expectClose(results[0].gradient, gradients, what + ": gradient", slack: slack)
            expectClose(results[0].sum, results[1].sum.exact, what, slack: sumSlack)
            expectClose(results[0].loss, results[1].loss.exact, what, slack: lossSlack)
            expectClose(results[0].gradient, results[1].gradient.exact, what, slack: slack)
        }
    }
}
