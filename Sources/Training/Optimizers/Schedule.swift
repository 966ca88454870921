#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The learning rate as a function of the step, counted from 1.
public struct Schedule: Sendable, Equatable {
    /// How the rate falls after the warm-up.
    public enum Decay: String, Sendable, CaseIterable {
        case constant, cosine, linear
    }
    /// The highest rate, reached at the end of the warm-up.
    public var peak: Double
    /// Steps of linear growth.
    public var warmup: Int
    /// What follows.
    public var decay: Decay
    /// The share of the peak the rate falls to.
    public var floor: Double

    /// A schedule; by default cosine decay (Loshchilov & Hutter 2017) to a tenth of the peak.
    public init(peak: Double, warmup: Int = 0, decay: Decay = .cosine, floor: Double = 0.1) {
        self.peak = peak
        self.warmup = warmup
        self.decay = decay
        self.floor = floor
    }

    /// The rate of step `step` of `total`.
    public func rate(step: Int, total: Int) -> Double {
        if step <= warmup { return peak * Double(step) / Double(warmup) }
        let progress = min(1, Double(step - warmup) / Double(max(1, total - warmup)))
        switch decay {
        case .constant: return peak
        case .linear: return peak * (1 - (1 - floor) * progress)
        case .cosine: return peak * (floor + (1 - floor) * 0.5 * (1 + cos(.pi * progress)))
        }
    }
}
