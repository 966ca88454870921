import Tensors

/// Gradients of a store's parameters in one flat arena, laid out like the parameters: backward
/// passes add into it, optimizers and communication read ranges of it.
public final class GradientArena: GradientSink {
    /// The flat values; complete after ``finish()``.
    package let values: Tensor
    private let store: ParameterStore
    private let ranges: [ObjectIdentifier: (index: Int, range: Range<Int>)]
    private let shapes: [Shape]
    private var written: Set<Int> = []

    /// An arena for a store that was filled for training.
    public init(for store: ParameterStore) {
        self.store = store
        guard let arena = store.arena else {
            preconditionFailure("gradients: a model loaded for inference has none")
        }
        values = Tensor.zeros(arena.shape, arena.dtype, on: arena.device)
        var ranges: [ObjectIdentifier: (index: Int, range: Range<Int>)] = [:]
        for (index, parameter) in store.parameters.enumerated() {
            ranges[ObjectIdentifier(parameter.leaf)] = (index, store.range(of: parameter))
        }
        self.ranges = ranges
        shapes = store.parameters.map(\.shape)
    }

    /// Forgets what was added; nothing is written until the next pass.
    public func clear() { written.removeAll(keepingCapacity: true) }

    /// Adds a gradient to what is held for the leaf.
    public func add(_ gradient: Tensor, to leaf: Leaf) {
        guard let place = ranges[ObjectIdentifier(leaf)] else { return }
        if written.insert(place.index).inserted {
            ArenaUpdates.write(gradient, to: values, at: place.range.lowerBound)
        } else {
            destination(for: leaf)?.put(gradient, times: 1)
        }
    }

    /// The leaf's place in the arena.
    public func destination(for leaf: Leaf) -> GradientDestination? {
        guard let place = ranges[ObjectIdentifier(leaf)] else { return nil }
        return GradientDestination(
            values.sliced(0, place.range).reshaped(shapes[place.index]),
            isFresh: !written.contains(place.index))
    }

    /// Says that the leaf's place was written.
    public func noteWritten(_ leaf: Leaf) {
        if let place = ranges[ObjectIdentifier(leaf)] { written.insert(place.index) }
    }

    /// Zeroes what no pass has written since ``clear()``.
    public func finish() {
        for place in ranges.values where !written.contains(place.index) {
            ArenaUpdates.clear(values, range: place.range)
            written.insert(place.index)
        }
    }

    /// The square root of the sum of squares of every gradient.
    public func norm() -> Double { ArenaUpdates.sumOfSquares(values).squareRoot() }

    /// The gradient of one parameter.
    public func gradient(of parameter: Parameter) -> Tensor {
        values.sliced(0, store.range(of: parameter)).reshaped(parameter.shape)
    }
}
