/// Wall time of a run: throughput, and the step count that fits into given minutes.
struct Clock {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var previous: ContinuousClock.Instant
    private let secondsBefore: Double
    private let minutes: Double?
    private var durations: [Double] = []
    private(set) var lastTokensPerSecond = 0.0
    private var tokensPerStep = 0

    /// Steps that are not counted (caches and pages are cold), and steps that are timed.
    private static let warmup = 3
    private static let timed = 10

    init(secondsBefore: Double, minutes: Double?) {
        start = clock.now
        previous = start
        self.secondsBefore = secondsBefore
        self.minutes = minutes
    }

    private static func seconds(_ duration: Swift.Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    /// Notes the end of a step; returns the run's seconds so far.
    mutating func tick(tokens: Int) -> Double {
        let now = clock.now
        let elapsed = Self.seconds(now - previous)
        previous = now
        durations = durations.suffix(63) + [elapsed]
        tokensPerStep = tokens
        lastTokensPerSecond = Double(tokens) / max(elapsed, 1e-9)
        return secondsBefore + Self.seconds(now - start)
    }

    /// Leaves out what happened since the last step (evaluation, checkpoints).
    mutating func pause() { previous = clock.now }

    /// Median of the recent steps.
    private var secondsPerStep: Double? {
        guard !durations.isEmpty else { return nil }
        return durations.sorted()[durations.count / 2]
    }

    var tokensPerSecond: Double { secondsPerStep.map { Double(tokensPerStep) / $0 } ?? 0 }

    func secondsLeft(steps: Int?) -> Double? {
        guard let steps, let secondsPerStep else { return nil }
        return Double(steps) * secondsPerStep
    }

    /// The step count that fills the minutes, once enough steps were timed: measured steps, with a
    /// twelfth of the time left for evaluation and checkpoints.
    func stepsThatFit(after step: Int) -> Int? {
        guard let minutes else { return nil }
        let elapsed = secondsBefore + Self.seconds(previous - start)
        let budget = minutes * 60
        guard step >= Self.warmup + Self.timed || elapsed > budget / 4 else { return nil }
        let timed = durations.suffix(Self.timed).sorted()
        guard let median = timed.isEmpty ? nil : timed[timed.count / 2] else { return nil }
        return step + max(1, Int(max(0, budget * 11 / 12 - elapsed) / max(median, 1e-6)))
    }
}
