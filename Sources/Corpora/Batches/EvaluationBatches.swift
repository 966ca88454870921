import ByteIO

/// A whole shard in consecutive windows: every token but the first is a target exactly once. Of
/// texts made of documents each is read from its beginning, as in training, and every token but
/// each document's first is a target. Windows are padded (token 0, target -1) where text ends, and
/// the last batch may have fewer windows.
public struct EvaluationBatches: RandomAccessCollection, Sendable {
    private let shard: TokenShard
    private let batch: Int
    private let context: Int
    /// The inputs of each window if documents decide them; nil for consecutive windows.
    private let windows: [Range<Int>]?

    init(
        of shard: TokenShard, batch: Int, context: Int, documentEnd: Int32?, split: String
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
        windows = documentEnd.flatMap { end in
            shard.documents > 1 ? Self.windows(of: shard, endedBy: end, context: context) : nil
        }
    }

    private static func windows(
        of shard: TokenShard, endedBy documentEnd: Int32, context: Int
    ) -> [Range<Int>] {
        var windows: [Range<Int>] = []
        var begin = 0
        for index in 0..<shard.count where shard[index] == documentEnd || index == shard.count - 1 {
            // The end is the last target, and no input of this document.
            windows += stride(from: begin, to: index, by: context).map {
                $0..<Swift.min($0 + context, index)
            }
            begin = index + 1
        }
        return windows
    }

    /// The number of tokens that are predicted over all batches.
    public var targetCount: Int { windows?.reduce(0) { $0 + $1.count } ?? shard.count - 1 }
    /// The number of windows over all batches.
    public var windowCount: Int {
        windows?.count ?? (targetCount + context - 1) / context
    }

    /// The first batch: 0.
    public var startIndex: Int { 0 }
    /// The number of batches.
    public var endIndex: Int { (windowCount + batch - 1) / batch }

    /// Batch number `index`, made when it is asked for: `[batch or fewer, context]`.
    public subscript(_ index: Int) -> Batch {
        precondition(indices.contains(index), "EvaluationBatches: batch \(index) of \(count)")
        let rows = index * batch..<Swift.min((index + 1) * batch, windowCount)
        let inputs = rows.map { row in
            windows?[row] ?? row * context..<Swift.min((row + 1) * context, shard.count - 1)
        }
        return Batch(of: shard, inputs: inputs, context: context)
    }
}

extension TokenShard {
    /// The whole shard in consecutive windows of `context` tokens, `batch` of them at a time.
    ///
    /// - Parameters:
    ///   - documentEnd: The token after every document, if the text has several: each is then read
    ///     from its beginning.
    ///   - split: What the tokens are called in the error, such as "validation".
    /// - Throws: `.invalidValue` if there are fewer than 2 tokens or a size is not positive.
    public func evaluationBatches(
        batch: Int, context: Int, documentEnd: Int32? = nil, split: String = "validation"
    ) throws(MartletError) -> EvaluationBatches {
        try EvaluationBatches(
            of: self, batch: batch, context: context, documentEnd: documentEnd, split: split)
    }
}
