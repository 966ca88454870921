/// Who receives gradients as a backward pass completes them.
public protocol GradientSink {
    /// Adds `gradient` to what is held for `leaf`.
    mutating func add(_ gradient: Tensor, to leaf: Leaf)

    /// The same for a gradient whose bytes nobody else has: a sink that holds nothing for `leaf` yet may
    /// keep the tensor and write to it later.
    mutating func take(_ gradient: Tensor, for leaf: Leaf)

    /// What is held for `leaf`, for a derivative to add to in place: contiguous, in the leaf's shape.
    /// nil if nothing is, or if it must go through ``add(_:to:)``.
    func destination(for leaf: Leaf) -> Tensor?
}

extension GradientSink {
    /// Adds it like any other.
    public mutating func take(_ gradient: Tensor, for leaf: Leaf) { add(gradient, to: leaf) }
    /// None.
    public func destination(for leaf: Leaf) -> Tensor? { nil }
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
    /// - Parameter completed: told of each read of a leaf when its gradient is final, while the walk goes on.
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
