import ByteIO
import Synchronization
import Tensors

/// The parameters of one model, in the order they were declared.
///
/// A model is declared first (paths and shapes; nothing is allocated, so a 175-billion-parameter
/// model can be described on a laptop) and filled afterwards, once: for training in one flat
/// float32 arena of which every parameter is a view, or for inference with whatever tensors the
/// source has, mapped files included, which then never change.
public final class ParameterStore: Sendable {
    /// Where the values live.
    public let device: Device

    private struct State: Sendable {
        var parameters: [Parameter] = []
        var paths: Set<String> = []
        var values: [Tensor] = []
        var offsets: [Int] = []
        var arena: Tensor?
        var isTracking = false
        var frozen: Set<Int> = []
        var packed: PackedWeights?
    }
    private let state = Mutex(State())

    /// An empty store.
    public init(on device: Device) { self.device = device }

    /// Where the top level of a model declares its parts.
    public var scope: ParameterScope { ParameterScope(store: self, path: "") }

    /// Every parameter, in order of declaration.
    public var parameters: [Parameter] { state.withLock { $0.parameters } }

    /// Number of trainable values, tied weights counted once.
    public var valueCount: Int {
        parameters.filter(\.isTrainable).reduce(0) { $0 + $1.shape.elementCount }
    }

    func declare(
        _ path: String, _ shape: Shape, _ initializer: Initializer, isTrainable: Bool
    ) -> Parameter {
        state.withLock { state in
            precondition(
                state.values.isEmpty, "parameters: '\(path)' declared after the store was filled")
            precondition(
                state.paths.insert(path).inserted, "parameters: '\(path)' is declared twice")
            let parameter = Parameter(
                path: path, shape: shape, initializer: initializer, isTrainable: isTrainable,
                index: state.parameters.count, store: self)
            state.parameters.append(parameter)
            return parameter
        }
    }

    // MARK: Filling

    /// Fills the parameters for training: float32, in one arena.
    public func fillForTraining(from source: some WeightSource) throws(MartletError) {
        let parameters = parameters
        var offsets: [Int] = []
        var total = 0
        for parameter in parameters {
            offsets.append(total)
            // Whole cache lines apart, so that no two parameters share one.
            total += (parameter.shape.elementCount + 15) / 16 * 16
        }
        let arena = Tensor.zeros([max(total, 1)], on: device)
        for (parameter, offset) in zip(parameters, offsets) {
            let value = try source.value(of: parameter, on: device).cast(to: .float32)
            precondition(
                value.shape == parameter.shape, "parameters: '\(parameter.path)' has \(value.shape)"
            )
            ArenaUpdates.write(value, to: arena, at: offset)
        }
        let values = zip(parameters, offsets).map { parameter, offset in
            arena.sliced(0, offset..<offset + parameter.shape.elementCount).reshaped(
                parameter.shape)
        }
        state.withLock {
            $0.arena = arena
            $0.offsets = offsets
            $0.values = values
            $0.packed = nil
        }
    }

    /// Fills the parameters for inference: the source's own tensors, which must never change. Matrices
    /// that come in bfloat16 stay so on a device that multiplies in it.
    public func fillForInference(from source: some WeightSource) throws(MartletError) {
        var values: [Tensor] = []
        for parameter in parameters {
            var value = try source.value(of: parameter, on: device)
            let staysHalf =
                value.dtype == .bfloat16 && device.precision == .bfloat16
                && parameter.shape.rank == 2 && parameter.path.hasSuffix(".weight")
            if !staysHalf { value = value.cast(to: .float32) }
            precondition(
                value.shape == parameter.shape, "parameters: '\(parameter.path)' has \(value.shape)"
            )
            values.append(value.detached)
        }
        let filled = values
        state.withLock {
            $0.values = filled
            $0.arena = nil
            $0.packed = PackedWeights()
        }
    }

    // MARK: Reading

    func value(of parameter: Parameter) -> Tensor {
        let (value, tracked) = state.withLock { state in
            precondition(
                parameter.index < state.values.count,
                "parameters: '\(parameter.path)' is not filled yet")
            return (
                state.values[parameter.index],
                state.isTracking && parameter.isTrainable && !state.frozen.contains(parameter.index)
            )
        }
        return tracked ? value.tracked(by: parameter.leaf) : value
    }

    var packedWeights: PackedWeights? { state.withLock { $0.packed } }

    /// Runs `body` with parameters tracked: what it computes from them can be differentiated.
    /// Outside, reading a model records nothing.
    public func tracking<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        precondition(arena != nil, "parameters: a model loaded for inference has no gradients")
        let before = state.withLock { state in
            defer { state.isTracking = true }
            return state.isTracking
        }
        defer { state.withLock { $0.isTracking = before } }
        return try body()
    }

    /// Keeps parameters whose path satisfies `predicate` out of training.
    public func freeze(where predicate: (String) -> Bool) {
        let chosen = parameters.filter { predicate($0.path) }.map(\.index)
        state.withLock { $0.frozen.formUnion(chosen) }
    }

    /// Whether a parameter takes part in training.
    public func isFrozen(_ parameter: Parameter) -> Bool {
        state.withLock { $0.frozen.contains(parameter.index) }
    }

    // MARK: Writing

    /// The arena; nil when the store was filled for inference.
    package var arena: Tensor? { state.withLock { $0.arena } }

    /// Where a parameter's values begin in the arena.
    package func range(of parameter: Parameter) -> Range<Int> {
        let start = state.withLock { $0.offsets[parameter.index] }
        return start..<start + parameter.shape.elementCount
    }

    /// Lends the arena to the one writer there is at a time (the optimizer, a checkpoint being
    /// restored). Every leaf's version grows, so that graphs over old values are refused.
    package func write<R, E: Error>(_ body: (Tensor) throws(E) -> R) throws(E) -> R {
        guard let arena else {
            preconditionFailure("parameters: a model loaded for inference does not change")
        }
        for parameter in parameters { parameter.leaf.noteWrite() }
        return try body(arena)
    }

    /// Replaces the value of one parameter (running statistics).
    package func set(_ parameter: Parameter, to value: Tensor) {
        guard let arena else { return }
        ArenaUpdates.write(value, to: arena, at: range(of: parameter).lowerBound)
    }
}

/// A place in a model's tree of names, where parts declare their parameters.
public struct ParameterScope: Sendable {
    let store: ParameterStore
    let path: String

    /// The device parameters will live on.
    public var device: Device { store.device }

    /// The scope of a part.
    public subscript(_ name: String) -> ParameterScope {
        ParameterScope(store: store, path: joined(name))
    }

    /// The scope of one of several equal parts.
    public subscript(_ name: String, _ index: Int) -> ParameterScope {
        ParameterScope(store: store, path: joined("\(name).\(index)"))
    }

    /// Declares a trainable parameter.
    public func parameter(_ name: String, _ shape: Shape, _ initializer: Initializer) -> Parameter {
        store.declare(joined(name), shape, initializer, isTrainable: true)
    }

    /// Declares values that are kept and saved but not trained.
    public func buffer(_ name: String, _ shape: Shape, _ initializer: Initializer) -> Parameter {
        store.declare(joined(name), shape, initializer, isTrainable: false)
    }

    /// Declares a weight [out, in] in the representation this scope resolves it to.
    public func weight(_ shape: Shape, _ initializer: Initializer) -> Weight {
        Weight(dense: parameter("weight", shape, initializer))
    }

    private func joined(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
}
