/// One axis of a chart: its ends and the round places between them.
package struct ChartScale: Sendable, Equatable {
    /// A place on the axis and what is written there.
    package struct Tick: Sendable, Equatable {
        package let value: Double
        package let label: String
    }

    package let lower: Double
    package let upper: Double
    /// At 1, 2 or 5 times a power of ten apart, rising, all inside `lower...upper`.
    package let ticks: [Tick]
    /// The labels are to be read times ten to this power; 0 unless they are tiny or huge.
    package let exponent: Int

    /// A scale for values between `lower` and `upper`, with about `target` ticks.
    ///
    /// - Parameters:
    ///   - rounded: the ends move out to ticks; else they stay where the values end.
    ///   - integral: no ticks between whole numbers.
    package init(
        from lower: Double, to upper: Double, target: Int, rounded: Bool, integral: Bool = false
    ) {
        let (low, high) = Self.widened(min(lower, upper), max(lower, upper), integral: integral)
        let step = Step(atLeast: (high - low) / Double(max(target, 1)), integral: integral)
        var first = (low / step.size - 1e-6).rounded(rounded ? .down : .up)
        var last = (high / step.size + 1e-6).rounded(rounded ? .up : .down)
        if rounded {
            // An end that lies on a tick, give or take the last bit, needs no room beyond it.
            if (first + 1) * step.size <= low { first += 1 }
            if (last - 1) * step.size >= high { last -= 1 }
        }
        self.lower = rounded ? step.times(first) : low
        self.upper = rounded ? step.times(last) : high

        let places = (0...max(0, min(40, Int((last - first).rounded()))))
            .map { first + Double($0) }.filter { $0 <= last }
        let largest = places.map { step.times($0).magnitude }.max() ?? 0
        let exponent =
            largest > 0 && (largest < 0.01 || largest >= 1e15)
            ? NumberText.exponent(of: largest * (1 + 1e-9)) : 0
        let (factor, suffix) = NumberText.unit(for: exponent == 0 ? largest : 0)
        let decimals = max(0, NumberText.exponent(of: factor) + exponent - step.exponent)
        self.exponent = exponent
        self.ticks = places.map { place in
            let value = step.times(place)
            let shown = value / factor / NumberText.power(exponent)
            let label = NumberText.fixed(shown, decimals: decimals) + suffix
            return Tick(value: value, label: place == 0 ? "0" : label)
        }
    }

    /// Where `value` lies: 0 at the lower end, 1 at the upper.
    package func fraction(of value: Double) -> Double {
        (value - lower) / (upper - lower)
    }

    /// Ends far enough apart to divide: a flat curve gets room above and below.
    private static func widened(
        _ low: Double, _ high: Double, integral: Bool
    ) -> (Double, Double) {
        guard (high - low).isFinite else { return (0, 1) }
        let size = max(low.magnitude, high.magnitude)
        guard high - low <= max(size * 1e-9, 1e-200) else { return (low, high) }
        let room = integral ? max(1, size * 1e-6) : size > 1e-200 ? size * 0.1 : 1
        return (low - room, high + room)
    }

    /// 1, 2 or 5 times a power of ten.
    private struct Step {
        var mantissa: Double
        var exponent: Int

        init(atLeast span: Double, integral: Bool) {
            exponent = NumberText.exponent(of: span)
            let leading = span / NumberText.power(exponent)
            mantissa = [1, 2, 5].first { leading <= $0 * 1.000_001 } ?? 1
            if leading > 5.000_005 { exponent += 1 }
            if integral && exponent < 0 { (mantissa, exponent) = (1, 0) }
        }

        var size: Double { times(1) }

        /// Dividing by a whole power gives the double nearest to 0.3; multiplying by 0.1 does not.
        func times(_ count: Double) -> Double {
            exponent < 0
                ? count * mantissa / NumberText.power(-exponent)
                : count * mantissa * NumberText.power(exponent)
        }
    }
}
