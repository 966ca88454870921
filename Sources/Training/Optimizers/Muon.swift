import Neural
import Tensors

/// Muon (Jordan et al. 2024) for the matrices of blocks, AdamW for embeddings, the output
/// projection, norms and biases.
///
/// A matrix moves along its momentum with all singular values set to about 1, which five steps of a
/// Newton-Schulz iteration approximate. The step is scaled by 0.2 sqrt(max(rows, columns)) (Liu et
/// al. 2025), which gives its elements the size AdamW's have, so that both share rate and decay.
public final class Muon: Optimizer {
    /// The name in checkpoints.
    public let name = "muon"
    /// Steps taken.
    public var time: Int {
        get { adam.time }
        set { adam.time = newValue }
    }
    private let adam: Adam
    private let momentum: Double, weightDecay: Double
    private let velocity: Tensor

    /// - Parameters:
    ///   - momentum: the share of the past in the velocity
    public init(
        for store: ParameterStore, momentum: Double = 0.95, beta2: Double = 0.95,
        weightDecay: Double = 0.1
    ) {
        guard let arena = store.arena else {
            preconditionFailure("optimizer: a model loaded for inference does not train")
        }
        self.momentum = momentum
        self.weightDecay = weightDecay
        adam = Adam(
            for: store, beta2: beta2, weightDecay: weightDecay,
            where: { !Self.isTurned($0) })
        velocity = .zeros(arena.shape, arena.dtype, on: arena.device)
    }

    /// AdamW's moments, and the velocity of the matrices, by name.
    public var state: [(name: String, values: Tensor)] {
        adam.state + [("velocity", velocity)]
    }

    /// Matrices inside blocks; embeddings and output projections are tables of vectors. A matrix that
    /// makes queries, keys and values together (GPT-2's) is turned whole.
    private static func isTurned(_ parameter: Parameter) -> Bool {
        parameter.shape.rank == 2 && parameter.path.split(separator: ".").contains("blocks")
    }

    /// Updates every trainable parameter that is not frozen.
    public func step(
        _ store: ParameterStore, gradients: ParameterGradients, rate: Double, gradientScale: Double
    ) {
        adam.step(store, gradients: gradients, rate: rate, gradientScale: gradientScale)
        let updates = store.updates(gradients, where: Self.isTurned)
        store.write { arena in
            for (parameter, range, gradient) in updates {
                ArenaUpdates.scale(velocity, by: momentum, range: range)
                ArenaUpdates.add(gradient, factor: gradientScale, to: velocity, range: range)
                // Nesterov's: the gradient counts once more.
                let ahead =
                    velocity.sliced(0, range).reshaped(parameter.shape) * momentum
                    + gradient * gradientScale
                let turned = Self.orthogonalized(ahead)
                let (rows, columns) = (parameter.shape[0], parameter.shape[1])
                let size = 0.2 * Double(max(rows, columns)).squareRoot()
                ArenaUpdates.scale(arena, by: 1 - rate * weightDecay, range: range)
                ArenaUpdates.add(
                    turned.reshaped([range.count]), factor: -rate * size, to: arena,
                    range: range)
            }
        }
    }

    /// The matrix with its singular values moved to between about 0.7 and 1.2.
    static func orthogonalized(_ matrix: Tensor) -> Tensor {
        let isTall = matrix.shape[0] > matrix.shape[1]
        var x = isTall ? matrix.transposed() : matrix
        let norm = (x * x).sum().item.squareRoot()
        x = x * (1 / (norm + 1e-7))
        // The coefficients of the published iteration: steepest at zero.
        for _ in 0..<5 {
            let square = x.matmul(x.transposed())
            let bend = square * -4.7750 + square.matmul(square) * 2.0315
            x = x * 3.4445 + bend.matmul(x)
        }
        return isTall ? x.transposed() : x
    }
}
