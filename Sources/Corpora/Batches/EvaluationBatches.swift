import ByteIO

/// A whole shard in consecutive windows: every token but the first is a target exactly once. The
/// last window is padded (token 0, target -1) and the last batch may have fewer windows.
public struct EvaluationBatches: RandomAccessCollection, Sendable {
    private let shard: TokenShard
    private let batch: Int
    private let context: Int

    init(
        of shard: TokenShard, batch: Int, context: Int, split: String
    ) throws(MartletError) {
        guard batch >= 1, context >= 1 else {
            throw MartletError(
                .invalidValue, "\(batch) windows of \(context) tokens make no batch")
        }
        guard shard.count >= 2 else {
            throw MartletError(
                .invalidValue,
                "the \(split) split has \(shard.count) tokens, at least 2 are "
                    + "needed: give more text")
        }
        self.shard = shard
        self.batch = batch
        self.context = context
    }

    /// The number of tokens that are predicted over all batches.
    public var targetCount: Int { shard.count - 1 }
    /// The number of windows over all batches.
    public var windowCount: Int { (targetCount + context - 1) / context }

    /// The first batch: 0.
    public var startIndex: Int { 0 }
    /// The number of batches.
    public var endIndex: Int { (windowCount + batch - 1) / batch }

    /// Batch number `index`, made when it is asked for: `[batch or fewer, context]`.
    public subscript(_ index: Int) -> Batch {
        precondition(indices.contains(index), "EvaluationBatches: batch \(index) of \(count)")
        let windows = index * batch..<Swift.min((index + 1) * batch, windowCount)
        return Batch(of: shard, at: windows.map { $0 * context }, context: context)
    }
}

extension TokenShard {
    /// The whole shard in consecutive windows of `context` tokens, `batch` of them at a time.
    ///
    /// - Parameter split: What the tokens are called in the error, such as "validation".
    /// - Throws: `.invalidValue` if there are fewer than 2 tokens or a size is not positive.
    public func evaluationBatches(
        batch: Int, context: Int, split: String = "validation"
    ) throws(MartletError) -> EvaluationBatches {
        try EvaluationBatches(of: self, batch: batch, context: context, split: split)
    }
}
