import Synchronization

/// A tensor gradients are wanted for: a parameter, or whatever a caller tracks. Its version grows
/// whenever its bytes are written, so that a backward pass over stale values is noticed.
public final class Leaf: Sendable {
    /// What error messages and graph drawings call it.
    public let name: String
    private let writes = Atomic<Int>(0)

    /// A leaf at version 0.
    public init(_ name: String) { self.name = name }

    /// How often the bytes have been rewritten.
    public var version: Int { writes.load(ordering: .relaxed) }

    /// Says that the bytes are about to change.
    package func noteWrite() { writes.wrappingAdd(1, ordering: .relaxed) }
}

/// One recorded operation: its primitive, where its inputs came from, and what its derivative
/// needs. Immutable, except that a backward pass takes the saved values out.
final class Node: Sendable {
    /// What a derivative may read.
    struct Saved: Sendable {
        let inputShapes: [Shape]
        let inputTypes: [DType]
        let kept: [Tensor]
        /// Gradients of leaves among the inputs that may be added to in place; see
        /// ``Primitive/derivative(_:_:needs:)``.
        var destinations: [Tensor?] = []
        /// Whether the graph will be walked again: what was kept must then stay as it is.
        var isRetained = false

        func destination(_ input: Int) -> Tensor? {
            input < destinations.count ? destinations[input] : nil
        }
    }
    private struct State: Sendable {
        var parents: [Node?]
        var saved: Saved?
    }

    /// nil for a leaf.
    let primitive: (any Primitive)?
    let leaf: Leaf?
    let shape: Shape
    /// The versions of the leaves among the inputs when they were read.
    private let versions: [(leaf: Leaf, version: Int)]
    private let state: Mutex<State>

    init(leaf: Leaf, shape: Shape) {
        primitive = nil
        self.leaf = leaf
        self.shape = shape
        versions = []
        state = Mutex(State(parents: [], saved: nil))
    }

    init(_ primitive: any Primitive, inputs: [Tensor], output: Tensor, kept: [Tensor]) {
        self.primitive = primitive
        leaf = nil
        shape = output.shape
        versions = inputs.compactMap { $0.node?.leaf }.map { ($0, $0.version) }
        state = Mutex(
            State(
                parents: inputs.map(\.node),
                saved: Saved(
                    inputShapes: inputs.map(\.shape), inputTypes: inputs.map(\.dtype), kept: kept)))
    }

    var parents: [Node?] { state.withLock { $0.parents } }

    /// The saved values, which are gone afterwards unless `retain`.
    func takeSaved(retain: Bool) -> Saved {
        for (leaf, version) in versions where leaf.version != version {
            preconditionFailure(
                "gradients: '\(leaf.name)' was written after '\(primitive?.name ?? "")' read it")
        }
        var saved = state.withLock { state in
            let saved = state.saved
            if !retain { state.saved = nil }
            return saved
        }
        saved?.isRetained = retain
        guard let saved else {
            preconditionFailure(
                "gradients: the graph was released by an earlier pass; give it retainGraph: true")
        }
        return saved
    }

    // A chain of a million nodes would otherwise be released by a million nested deinits.
    deinit {
        var pending = state.withLock { state in
            defer { state.parents = [] }
            return state.parents
        }
        while var node = pending.popLast() {
            if node != nil, isKnownUniquelyReferenced(&node), let last = node {
                pending += last.state.withLock { state in
                    defer { state.parents = [] }
                    return state.parents
                }
            }
        }
    }
}

extension Tensor {
    /// The same values as a leaf of a new graph: operations on it are recorded, and
    /// ``Gradients`` has an entry for it.
    public func tracked(as name: String = "value") -> Tensor {
        tracked(by: Leaf(name))
    }

    /// The same values, gradients going to `leaf`.
    package func tracked(by leaf: Leaf) -> Tensor {
        detached.with(Node(leaf: leaf, shape: shape))
    }
}
