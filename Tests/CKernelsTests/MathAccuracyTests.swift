import CKernels
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What body/math_f32.h promises: within 2 units in the last place of the exact value.
@Suite struct MathAccuracyTests {
    private static let limit = 2.0

    @Test(arguments: Tier.tested) func exponential(_ tier: Tier) {
        // Below the smallest normal number the result is 0.
        sweep(tier, MartletExp, "exp", patterns(-87.33654, 88.72283)) { exp($0) }
        let below = tier.floats(MartletExp, [-87.33655, -87.4, -88, -90, -103, -104, -1e10])
        #expect(below == Array(repeating: 0, count: 7))
        #expect(
            tier.floats(MartletExp, [88.722847, 89, 1e10]) == [.infinity, .infinity, .infinity])
        #expect(tier.floats(MartletExp, [88.72283])[0].isFinite)
    }

    @Test(arguments: Tier.tested) func logarithm(_ tier: Tier) {
        sweep(tier, MartletLog, "log", patterns(.leastNonzeroMagnitude, .greatestFiniteMagnitude)) {
            log($0)
        }
        sweep(tier, MartletLog, "log near 1", neighbours(of: 1)) { log($0) }
    }

    @Test(arguments: Tier.tested) func hyperbolicTangent(_ tier: Tier) {
        sweep(tier, MartletTanh, "tanh", patterns(-20, 20)) { tanh($0) }
        sweep(tier, MartletTanh, "tanh, dense", steps(-1, 1)) { tanh($0) }
        sweep(tier, MartletTanh, "tanh at the seam", neighbours(of: 0.625)) { tanh($0) }
    }

    @Test(arguments: Tier.tested) func errorFunction(_ tier: Tier) {
        sweep(tier, MartletErf, "erf", patterns(-20, 20)) { erf($0) }
        sweep(tier, MartletErf, "erf, dense", steps(-4.5, 4.5)) { erf($0) }
        sweep(tier, MartletErf, "erf at the seam", neighbours(of: 1)) { erf($0) }
    }

    /// GELU's 1 + erf cancels for negative x, so it is exact to units of x, not of the result.
    @Test(arguments: Tier.tested) func gelu(_ tier: Tier) {
        let x = steps(-8, 8)
        for (operation, name) in [(MartletGelu, "gelu"), (MartletGeluTanh, "gelu tanh")] {
            let exact = x.map { x in
                let x = Double(x)
                return operation == MartletGelu
                    ? 0.5 * x * (1 + erf(x * 0.5.squareRoot()))
                    : 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))
            }
            expectClose(tier.floats(operation, x), exact, "\(name), \(tier.name)") {
                2 * Float.epsilon * Double(abs(x[$0]))
            }
        }
    }

    /// Floats from low to high with evenly spaced patterns, so that every exponent has its share.
    private func patterns(_ low: Float, _ high: Float) -> [Float] {
        var all: [Float] = []
        let most = max(low.magnitude, high.magnitude).bitPattern
        for pattern in stride(from: 0, to: Int(most), by: 12_289) {
            let x = Float(bitPattern: UInt32(pattern))
            if x <= high { all.append(x) }
            if -x >= low { all.append(-x) }
        }
        return (all + [low, high]).filter { $0 >= low }
    }

    /// Evenly spaced values.
    private func steps(_ low: Double, _ high: Double) -> [Float] {
        (0...60_000).map { Float(low + (high - low) * Double($0) / 60_000) }
    }

    private func neighbours(of x: Float) -> [Float] {
        (-5000..<5000).map { Float(bitPattern: UInt32(Int(x.bitPattern) + $0)) }
    }

    private func sweep(
        _ tier: Tier, _ operation: MartletUnary, _ name: String, _ x: [Float],
        _ exact: (Double) -> Double, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let y = tier.floats(operation, x)
        var worst = (units: 0.0, x: Float(0), y: Float(0))
        for i in 0..<x.count {
            let e = exact(Double(x[i]))
            // The unit of the exact value: its distance to the next float.
            let units = abs(Double(y[i]) - e) / Double(Float(e).ulp)
            if !(units <= worst.units) { worst = (units, x[i], y[i]) }
        }
        #expect(
            worst.units <= Self.limit, "\(name), \(tier.name): \(worst)",
            sourceLocation: sourceLocation)
    }
}

extension Tier {
    /// A unary function of float32 values.
    fileprivate func floats(_ operation: MartletUnary, _ x: [Float]) -> [Float] {
        var y = [Float](repeating: .nan, count: x.count)
        kernels.pointee.unary_f32(operation, x, &y, x.count)
        return y
    }
}
