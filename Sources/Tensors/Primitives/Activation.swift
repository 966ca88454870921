/// The nonlinearity of a feed-forward layer.
public enum Activation: String, Sendable, CaseIterable {
    /// x times the normal distribution function, exact.
    case gelu
    /// GPT-2's tanh approximation of it.
    case geluTanh
    case relu
    case silu

    /// The row of the table that computes it.
    var function: Unary.Function {
        switch self {
        case .gelu: .gelu
        case .geluTanh: .geluTanh
        case .relu: .relu
        case .silu: .silu
        }
    }

    /// Element by element.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        switch self {
        case .gelu: x.gelu()
        case .geluTanh: x.gelu(approximate: true)
        case .relu: x.relu()
        case .silu: x.silu()
        }
    }
}
