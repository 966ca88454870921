import Testing

/// Records an issue that names the worst element if any of `actual` is farther than its slack from
/// `expected`. NaN must meet NaN and infinity the same infinity; an expected value beyond the
/// range of T is infinity.
func expectClose<T: KernelReal>(
    _ actual: [T], _ expected: [Double], _ what: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation, slack: (Int) -> Double
) {
    guard actual.count == expected.count else {
        Issue.record(
            "\(what()): \(actual.count) values, not \(expected.count)",
            sourceLocation: sourceLocation)
        return
    }
    let limit = T.greatestFiniteMagnitude.exact
    var worst = (index: -1, excess: 1.0)
    for i in 0..<expected.count {
        let (a, e) = (actual[i].exact, expected[i])
        if a == e { continue }
        let allowed = slack(i)
        var excess = abs(a - e) / allowed
        if a.isNaN || e.isNaN {
            excess = a.isNaN && e.isNaN ? 0 : .infinity
        } else if a.isInfinite {
            // The exact value is beyond the range, or so close to its end that rounding goes over.
            excess = (a > 0) == (e > 0) && abs(e) + allowed > limit ? 0 : .infinity
        } else if excess.isNaN {
            excess = .infinity
        }
        if excess > worst.excess { worst = (i, excess) }
    }
    guard worst.index >= 0 else { return }
    let (a, e) = (actual[worst.index].exact, expected[worst.index])
    Issue.record(
        """
        \(what()): worst at \(worst.index) of \(expected.count): \(a), not \(e); difference \
        \(abs(a - e)), allowed \(slack(worst.index))
        """, sourceLocation: sourceLocation)
}

/// The same with a slack of `relative` times the expected value plus `absolute`.
func expectClose<T: KernelReal>(
    _ actual: [T], _ expected: [Double], relative: Double, absolute: Double = 0,
    _ what: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) {
    expectClose(actual, expected, what(), sourceLocation: sourceLocation) {
        relative * abs(expected[$0]) + absolute
    }
}

/// Records an issue that names the first element whose bits differ. Any NaN equals any other.
func expectIdentical<T: KernelReal>(
    _ actual: [T], _ expected: [T], _ what: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.count == expected.count else {
        Issue.record(
            "\(what()): \(actual.count) values, not \(expected.count)",
            sourceLocation: sourceLocation)
        return
    }
    for i in 0..<actual.count where actual[i].bits != expected[i].bits {
        if actual[i].isNaN && expected[i].isNaN { continue }
        Issue.record(
            """
            \(what()): first difference at \(i) of \(actual.count): \(actual[i]), not \
            \(expected[i])
            """, sourceLocation: sourceLocation)
        return
    }
}
