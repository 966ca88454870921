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
    }

    private let frequencies: [Double]

    /// Frequencies of heads `width` wide: base^(-2 i / width).
    public init(width: Int, base: Double = 10_000, scaling: Scaling = .none) {
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
            }
        }
    }

    /// Cosines and sines [rows, width / 2] of the angles at `positions`.
    public func angles(_ positions: [Int], on device: Device) -> (cosine: Tensor, sine: Tensor) {
        let angles = positions.flatMap { position in frequencies.map { $0 * Double(position) } }
        let shape: Shape = [positions.count, frequencies.count]
        return (
            Tensor(angles.map { Float(cos($0)) }, shape, on: device),
            Tensor(angles.map { Float(sin($0)) }, shape, on: device)
        )
    }
}
