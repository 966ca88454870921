import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Rotary position embedding (Su et al. 2021): pairs of each head turn by position times a
/// frequency of their own, so that scores depend on distances.
public struct RotaryPositions: Sendable {
    /// How frequencies are changed for contexts longer than the model was trained on.
    public enum Scaling: Sendable, Equatable {
        /// As they are.
        case none
        /// Positions divided by a factor (Chen et al. 2023).
        case linear(factor: Double)
        /// Llama 3's: long waves divided by a factor, short ones kept, a ramp between.
        case llama3(factor: Double, low: Double, high: Double, original: Int)
        /// YaRN's (Peng et al. 2023): frequencies that turn less than `slow` times over the original
        /// context are divided by a factor, those of more than `fast` turns kept, a ramp between
        /// (whose ends are whole numbers if `truncates`); angles' cosines and sines are scaled.
        case yarn(
            factor: Double, fast: Double, slow: Double, original: Int, scale: Double,
            truncates: Bool)
    }

    private let frequencies: [Double]
    private let scale: Double

    /// Frequencies of heads `width` wide: base^(-2 i / width).
    public init(width: Int, base: Double = 10_000, scaling: Scaling = .none) {
        if case .yarn(_, _, _, _, let scale, _) = scaling { self.scale = scale } else { scale = 1 }
        frequencies = (0..<width / 2).map { i in
            let plain = pow(base, -2 * Double(i) / Double(width))
            switch scaling {
            case .none: return plain
            case .linear(let factor): return plain / factor
            case .llama3(let factor, let low, let high, let original):
                let wave = 2 * .pi / plain
                let turns = Double(original) / wave
                if turns < low { return plain / factor }
                if turns > high { return plain }
                let share = (turns - low) / (high - low)
                return (1 - share) * plain / factor + share * plain
            case .yarn(let factor, let fast, let slow, let original, _, let truncates):
                // The pair that turns `turns` times over the original context.
                func pair(_ turns: Double) -> Double {
                    Double(width) * log(Double(original) / (turns * 2 * .pi)) / (2 * log(base))
                }
                let (first, last) = (pair(fast), pair(slow))
                let low = max(truncates ? first.rounded(.down) : first, 0)
                let high = min(truncates ? last.rounded(.up) : last, Double(width - 1))
                let ramp = (Double(i) - low) / (high == low ? 0.001 : high - low)
                let divided = min(max(ramp, 0), 1)
                return plain / factor * divided + plain * (1 - divided)
            }
        }
    }

    /// Cosines and sines [rows, width / 2] of the angles at `positions`.
    public func angles(_ positions: [Int], on device: Device) -> (cosine: Tensor, sine: Tensor) {
        let angles = positions.flatMap { position in frequencies.map { $0 * Double(position) } }
        let shape: Shape = [positions.count, frequencies.count]
        return (
            Tensor(angles.map { Float(scale * cos($0)) }, shape, on: device),
            Tensor(angles.map { Float(scale * sin($0)) }, shape, on: device)
        )
    }
}
