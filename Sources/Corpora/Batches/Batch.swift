import ByteIO

/// Windows of tokens side by side, and what follows each token.
public struct Batch: Sendable, Equatable {
    /// The token ids, `[batch, context]`, row after row.
    public let inputs: [Int32]
    /// What is to be predicted, `[batch, targetContext]`: the id that follows each input, unless an
    /// objective asks something else; -1 where there is nothing to predict.
    public let targets: [Int32]
    /// The number of windows.
    public let batch: Int
    /// The length of a window.
    public let context: Int
    /// The targets of a window.
    public let targetContext: Int
    /// How many inputs of each window count, where what it is filled up with must not be seen; nil
    /// where that makes no difference.
    public let lengths: [Int]?

    /// Arrays of `batch · context` inputs and `batch · targetContext` targets, which are as many unless
    /// given.
    public init(
        inputs: [Int32], targets: [Int32], batch: Int, context: Int, targetContext: Int? = nil,
        lengths: [Int]? = nil
    ) {
        self.targetContext = targetContext ?? context
        // Whole windows need no mask.
        self.lengths = lengths?.contains { $0 < context } == true ? lengths : nil
        precondition(
            inputs.count == batch * context && targets.count == batch * self.targetContext
                && (lengths?.count ?? batch) == batch,
            "Batch: \(inputs.count) inputs and \(targets.count) targets for [\(batch), \(context)]")
        self.inputs = inputs
        self.targets = targets
        self.batch = batch
        self.context = context
    }

    /// The number of targets that are not ignored.
    public var targetCount: Int { targets.reduce(0) { $0 + ($1 < 0 ? 0 : 1) } }

    /// Tokens of text that the batch holds.
    public var tokenCount: Int { lengths?.reduce(0, +) ?? inputs.count }

    /// A batch of windows of `shard` given by their inputs, each followed by one more target, and
    /// padded to the context: inputs with token 0, targets with -1.
    init(of shard: TokenShard, inputs windows: [Range<Int>], context: Int) {
        var inputs = [Int32](repeating: 0, count: windows.count * context)
        var targets = [Int32](repeating: -1, count: windows.count * context)
        for (row, window) in windows.enumerated() {
            let (offset, count) = (window.lowerBound, window.count)
            inputs.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                shard.copy(from: offset, count: count, into: base + row * context)
            }
            targets.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                shard.copy(from: offset + 1, count: count, into: base + row * context)
            }
        }
        self.init(inputs: inputs, targets: targets, batch: windows.count, context: context)
    }
}

/// Something that has a batch at every position of a run: always the same one at the same position.
public protocol BatchSource: Sendable {
    /// The batch of the windows from `position` on.
    func batch(at position: WindowSampler.Position) -> Batch
    /// The position of the batch after the one at `position`.
    func position(after position: WindowSampler.Position) -> WindowSampler.Position
}

/// Batches of shuffled windows of one shard, without end.
public struct TrainingBatches: BatchSource {
    /// The tokens.
    public let shard: TokenShard
    /// Where the windows lie.
    public let sampler: WindowSampler
    /// The windows in a batch.
    public let batch: Int

    /// - Parameters:
    ///   - documentEnd: The token after every document, if the text has several: windows then begin
    ///     with documents.
    ///   - split: What the tokens are called in the error, such as "training".
    /// - Throws: `.invalidValue` if the shard has fewer than `context + 1` tokens, or the batch
    ///   would be empty.
    public init(
        _ shard: TokenShard, batch: Int, context: Int, seed: UInt64, documentEnd: Int32? = nil,
        split: String = "training"
    ) throws(MartletError) {
        guard batch >= 1 else {
            throw MartletError(.invalidValue, "a batch of \(batch) windows is empty")
        }
        self.shard = shard
        self.batch = batch
        if let documentEnd, shard.documents > 1 {
            sampler = try WindowSampler(
                documentsOf: shard, endedBy: documentEnd, context: context, seed: seed, split: split
            )
        } else {
            sampler = try WindowSampler(
                tokenCount: shard.count, context: context, seed: seed, split: split)
        }
    }

    /// The windows `position.index ..< position.index + batch` of the run, `[batch, context]`.
    public func batch(at position: WindowSampler.Position) -> Batch {
        let windows = (0..<UInt64(batch)).map { row in
            let offset = sampler.offset(at: position.index + row)
            return offset..<offset + sampler.context
        }
        return Batch(of: shard, inputs: windows, context: sampler.context)
    }

    /// The position `batch` windows further.
    public func position(after position: WindowSampler.Position) -> WindowSampler.Position {
        WindowSampler.Position(index: position.index + UInt64(batch))
    }
}
