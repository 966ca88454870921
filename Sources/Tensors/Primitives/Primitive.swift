/// One row of the table of primitives: an operation with its derivative beside it.
///
/// Everything else is composed of these rows. Inputs and outputs carry no graph; recording is
/// ``Tensor/apply(_:_:)``'s business, and a second device would implement the same rows.
protocol Primitive: Sendable {
    /// What errors and graph drawings call it.
    var name: String { get }

    /// The value, and the tensors the derivative will want.
    func forward(_ x: [Tensor]) -> Evaluation

    /// The gradients of the inputs, given that of the output. Entries whose `needs` is false may be
    /// nil. Gradients have the shapes of their inputs. Those of ``placesGradients`` are added to
    /// `saved.destination(input)` where there is one, and are nil then; otherwise they are tensors
    /// whose bytes nobody else has.
    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?]

    /// Inputs whose gradients the derivative adds where they are collected.
    var placesGradients: Set<Int> { get }
}

extension Primitive {
    /// None.
    var placesGradients: Set<Int> { [] }
}

/// What a primitive computes.
struct Evaluation {
    var output: Tensor
    /// Kept for the derivative when the operation is recorded.
    var kept: [Tensor] = []
}

extension Tensor {
    /// Runs a primitive and records it if any input is tracked.
    static func apply(_ primitive: some Primitive, _ inputs: [Tensor]) -> Tensor {
        let device = inputs[0].device
        for input in inputs.dropFirst() {
            precondition(
                input.device === device, "\(primitive.name): operands live on different devices")
        }
        let evaluation = primitive.forward(inputs.map(\.detached))
        guard inputs.contains(where: { $0.node != nil }) else { return evaluation.output }
        return evaluation.output.with(
            Node(primitive, inputs: inputs, output: evaluation.output, kept: evaluation.kept))
    }
}

extension Tensor {
    /// Kernels exist for float32 and float64; anything else here is a programming error.
    func requireReal(_ operation: @autoclosure () -> String) {
        precondition(
            dtype == .float32 || dtype == .float64, "\(operation()): not defined for \(dtype)")
    }
}

/// How large a piece of an element-wise loop one worker takes at a time.
let elementGrain = 1 << 15
