import Tensors

/// Losses over batches of rows.
public enum Losses {
    /// Cross-entropy summed over the rows whose target is not below 0, and the number of those.
    /// - Parameters:
    ///   - logits: [..., classes]
    ///   - targets: int32 [...]
    public static func crossEntropy(_ logits: Tensor, _ targets: Tensor) -> (
        total: Tensor, count: Int
    ) {
        let classes = logits.shape[logits.rank - 1]
        let flat = targets.reshaped([targets.count])
        let losses = logits.reshaped([targets.count, classes]).crossEntropy(flat)
        return (losses.sum(), countedTargets(targets))
    }

    /// How many int32 targets are not below 0.
    static func countedTargets(_ targets: Tensor) -> Int {
        targets.values(Int32.self).reduce(0) { $0 + ($1 < 0 ? 0 : 1) }
    }

    /// Mean squared difference.
    public static func meanSquaredError(_ prediction: Tensor, _ target: Tensor) -> Tensor {
        let difference = prediction - target
        return (difference * difference).mean()
    }
}
