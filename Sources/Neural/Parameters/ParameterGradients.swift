import Tensors

/// Gradients of a store's parameters: backward passes add into them, optimizers and communication
/// read them.
///
/// Each parameter has a block of its own, made when its gradient first comes and given back by
/// ``clear()``: the memory a step's activations leave on the way back becomes the gradients', and the
/// next step's activations get it again.
public final class ParameterGradients: GradientSink {
    private let indices: [ObjectIdentifier: Int]
    /// Contiguous, in the parameters' shapes; nil where none came.
    private var held: [Tensor?]

    /// Gradients for a store that was filled for training.
    public init(for store: ParameterStore) {
        precondition(store.arena != nil, "gradients: a model loaded for inference has none")
        let parameters = store.parameters
        indices = Dictionary(
            uniqueKeysWithValues: parameters.enumerated().map { index, parameter in
                (ObjectIdentifier(parameter.leaf), index)
            })
        held = Array(repeating: nil, count: parameters.count)
    }

    /// Forgets what was added.
    public func clear() { for index in held.indices { held[index] = nil } }

    /// Adds a gradient to what is held for the leaf.
    public func add(_ gradient: Tensor, to leaf: Leaf) {
        guard let index = indices[ObjectIdentifier(leaf)] else { return }
        if let sum = held[index] {
            sum.accumulate(gradient.cast(to: sum.dtype))
        } else {
            held[index] = gradient.cast(to: .float32).copied()
        }
    }

    /// Keeps a gradient of the leaf's if it is the first.
    public func take(_ gradient: Tensor, for leaf: Leaf) {
        guard let index = indices[ObjectIdentifier(leaf)] else { return }
        if held[index] == nil, gradient.dtype == .float32, gradient.isContiguous {
            held[index] = gradient.detached
        } else {
            add(gradient, to: leaf)
        }
    }

    /// What is held for the leaf.
    public func destination(for leaf: Leaf) -> Tensor? {
        indices[ObjectIdentifier(leaf)].flatMap { held[$0] }
    }

    /// The square root of the sum of squares of every gradient.
    public func norm() -> Double {
        held.reduce(0) { $0 + ($1.map(ArenaUpdates.sumOfSquares) ?? 0) }.squareRoot()
    }

    /// The gradient of one parameter, in its shape; nil if none flowed.
    public subscript(parameter: Parameter) -> Tensor? {
        destination(for: parameter.leaf)
    }
}
