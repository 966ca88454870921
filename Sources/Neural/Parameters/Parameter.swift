import ByteIO
import Tensors

/// One weight of a model: a path, a shape, and a place in its store.
public final class Parameter: Sendable {
    /// The house name, such as `blocks.3.attention.query.weight`.
    public let path: String
    /// Extents of the value.
    public let shape: Shape
    /// How it is filled when it is not loaded.
    public let initializer: Initializer
    /// False for running statistics and other values that no gradient reaches.
    public let isTrainable: Bool
    /// Who its gradient belongs to.
    public let leaf: Leaf
    let index: Int
    private unowned let store: ParameterStore

    init(
        path: String, shape: Shape, initializer: Initializer, isTrainable: Bool, index: Int,
        store: ParameterStore
    ) {
        self.path = path
        self.shape = shape
        self.initializer = initializer
        self.isTrainable = isTrainable
        self.index = index
        self.store = store
        leaf = Leaf(path)
    }

    /// The current value: tracked inside ``ParameterStore/tracking(_:)``, untracked otherwise.
    public var value: Tensor { store.value(of: self) }

    /// Matrices and embeddings shrink under weight decay; biases and norms do not.
    public var decays: Bool { isTrainable && shape.rank >= 2 }

    /// Where products keep this weight's packed form; nil while it may change.
    var packedWeights: PackedWeights? { store.packedWeights }
}

/// How a parameter starts out.
public enum Initializer: Sendable, Hashable {
    case zeros, ones
    /// One value throughout.
    case constant(Double)
    /// Normally distributed around 0.
    case normal(deviation: Double)
    /// Uniform in [-bound, bound).
    case uniform(bound: Double)
    /// Uniform with bound sqrt(6 / (in + out)) (Glorot & Bengio 2010) for a weight [out, in].
    case xavierUniform
    /// Normal with deviation sqrt(2 / in) (He et al. 2015) for a weight [out, in].
    case kaimingNormal

    /// A float32 tensor of this distribution.
    public func tensor(_ shape: Shape, _ random: inout RandomStream, on device: Device) -> Tensor {
        switch self {
        case .zeros: return .zeros(shape, on: device)
        case .ones: return .ones(shape, on: device)
        case .constant(let value): return Tensor(repeating: value, shape, on: device)
        case .normal(let deviation):
            return .normal(shape, deviation: deviation, &random, on: device)
        case .uniform(let bound):
            return .uniform(shape, low: -bound, high: bound, &random, on: device)
        case .xavierUniform:
            let bound = (6 / Double(shape[0] + shape[shape.rank - 1])).squareRoot()
            return .uniform(shape, low: -bound, high: bound, &random, on: device)
        case .kaimingNormal:
            let deviation = (2 / Double(shape[shape.rank - 1])).squareRoot()
            return .normal(shape, deviation: deviation, &random, on: device)
        }
    }
}

/// Where the values of a model's parameters come from.
public protocol WeightSource {
    /// The value of a parameter, in its shape and in any floating-point type.
    func value(of parameter: Parameter, on device: Device) throws(MartletError) -> Tensor
}

/// Weights as the initialisers say, each from a random stream of its own that is named by its path:
/// adding a layer does not change the others.
public struct RandomWeights: WeightSource {
    /// The seed of every stream.
    public let seed: UInt64

    /// Random weights of a seed.
    public init(seed: UInt64) { self.seed = seed }

    /// The parameter's value, in its shape.
    public func value(of parameter: Parameter, on device: Device) throws(MartletError) -> Tensor {
        var stream = RandomStream(seed: seed, "weights/" + parameter.path)
        return parameter.initializer.tensor(parameter.shape, &stream, on: device)
    }
}
