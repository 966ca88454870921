/// Who receives gradients as a backward pass completes them.
public protocol GradientSink {
    /// Adds `gradient` to what is held for `leaf`.
    mutating func add(_ gradient: Tensor, to leaf: Leaf)

    /// Where a derivative may put the gradient of `leaf` itself, without a tensor of its own; nil
    /// if it must go through ``add(_:to:)``.
    func destination(for leaf: Leaf) -> GradientDestination?

    /// Says that the destination of `leaf` was written.
    mutating func noteWritten(_ leaf: Leaf)
}

extension GradientSink {
    /// None.
    public func destination(for leaf: Leaf) -> GradientDestination? { nil }
    /// Nothing to note.
    public mutating func noteWritten(_ leaf: Leaf) {}
}

/// Bytes of a sink that a derivative writes in place.
public struct GradientDestination: Sendable {
    /// Contiguous, in the leaf's shape.
    let buffer: Tensor
    /// Whether the buffer holds nothing yet: it is to be overwritten, not added to.
    let isFresh: Bool

    /// A destination over a contiguous buffer that nobody reads meanwhile.
    package init(_ buffer: Tensor, isFresh: Bool) {
        precondition(buffer.isContiguous, "gradient destination: \(buffer.shape) has gaps")
        self.buffer = buffer
        self.isFresh = isFresh
    }

    /// Puts (or adds) factor * x.
    package func put(_ x: Tensor, times factor: Double) {
        let x = x.cast(to: buffer.dtype).packed().reshaped([x.count])
        let flat = buffer.reshaped([buffer.count])
        if isFresh { ArenaUpdates.clear(flat, range: 0..<flat.count) }
        ArenaUpdates.add(x, factor: factor, to: flat, range: 0..<flat.count)
    }
}

/// Gradients keyed by the tensor they belong to.
public struct Gradients: GradientSink, Sendable {
    private var entries: [ObjectIdentifier: (leaf: Leaf, gradient: Tensor)] = [:]

    /// No gradients.
    public init() {}

    /// The gradient of a tracked tensor; nil where none flowed.
    public subscript(tensor: Tensor) -> Tensor? {
        tensor.node?.leaf.flatMap { entries[ObjectIdentifier($0)]?.gradient }
    }

    /// The gradient of a leaf; nil where none flowed.
    public subscript(leaf: Leaf) -> Tensor? { entries[ObjectIdentifier(leaf)]?.gradient }

    /// Adds a gradient to the entry of its leaf.
    public mutating func add(_ gradient: Tensor, to leaf: Leaf) {
        let key = ObjectIdentifier(leaf)
        if let held = entries[key] {
            entries[key] = (leaf, held.gradient + gradient)
        } else {
            entries[key] = (leaf, gradient)
        }
    }
}

extension Tensor {
    /// The gradients of this scalar with respect to every tracked tensor it descends from.
    ///
    /// - Parameter retainGraph: keep the saved values, so that the graph can be walked again.
    public func gradients(retainGraph: Bool = false) -> Gradients {
        var result = Gradients()
        backward(into: &result, retainGraph: retainGraph)
        return result
    }

    /// Walks the graph back from this scalar and adds each gradient, times `seed`, into `sink`.
    ///
    /// Saved values are freed as the walk passes them unless `retainGraph`. The order of additions
    /// depends on the graph alone.
    /// - Parameter completed: told of each leaf when its gradient is final, while the walk goes on.
    public func backward(
        into sink: inout some GradientSink, seed: Double = 1, retainGraph: Bool = false,
        completed: (Leaf) -> Void = { _ in }
    ) {
        precondition(count == 1, "gradients: shape \(shape) is not a scalar")
        guard let node else { return }
        let seedTensor = Tensor(repeating: seed, shape, dtype, on: device)
        ReverseWalk(retainGraph: retainGraph).run(
            from: node, seed: seedTensor, into: &sink, completed: completed)
    }

    /// Gradients of a tensor of any shape against an upstream gradient of the same shape.
    package func gradients(upstream: Tensor, retainGraph: Bool = false) -> Gradients {
        precondition(upstream.shape == shape, "gradients: upstream \(upstream.shape) for \(shape)")
        var result = Gradients()
        guard let node else { return result }
        ReverseWalk(retainGraph: retainGraph).run(
            from: node, seed: upstream, into: &result, completed: { _ in })
        return result
    }
}
