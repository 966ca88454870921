import ByteIO

/// Draws windows of `context + 1` tokens from a sequence in shuffled order, each once an epoch.
///
/// In epoch `e` the windows lie end to end from a phase on that is drawn from (seed, `e`), so that
/// over the epochs every token is seen at every place of a window. Their order is a keyed
/// ``Permutation``. Nothing is stored: the window at a position is a pure function of the position,
/// found in constant time, and a resumed run goes on exactly where it was.
///
/// Of texts made of documents the windows begin where documents do, and go on in steps of `context`
/// through long ones; a document's last window runs over into the next. A model then sees every
/// beginning as a beginning, which is how it will be asked to write.
public struct WindowSampler: Sendable {
    /// How far a run has come.
    public struct Position: Sendable, Equatable {
        /// The number of windows drawn so far.
        public var index: UInt64

        /// The position after `index` windows.
        public init(index: UInt64 = 0) { self.index = index }
    }

    /// The number of tokens to draw from.
    public let tokenCount: Int
    /// The number of tokens a model sees; a window has one more, the last one's target.
    public let context: Int
    /// What the order is drawn from.
    public let seed: UInt64
    /// The windows in an epoch: as many as there is room for behind every phase, at least 1.
    public let windowsPerEpoch: Int
    /// Where windows begin if documents decide it; empty otherwise.
    private let starts: [Int]
    /// The phases that leave room for the windows: `context` of them, fewer if the text is short.
    private let phases: Int

    /// - Parameter split: What the tokens are called in the error, such as "training".
    /// - Throws: `.invalidValue` if there are fewer than `context + 1` tokens.
    public init(
        tokenCount: Int, context: Int, seed: UInt64, split: String = "training"
    ) throws(MartletError) {
        guard context >= 1 else {
            throw MartletError(.invalidValue, "a context of \(context) tokens is too short")
        }
        guard tokenCount > context else {
            throw MartletError(
                .invalidValue,
                "the \(split) split has \(tokenCount) tokens, a window needs "
                    + "\(context + 1): give more text or a smaller --context")
        }
        self.tokenCount = tokenCount
        self.context = context
        self.seed = seed
        windowsPerEpoch = max(1, (tokenCount - context) / context)
        phases = min(context, tokenCount - windowsPerEpoch * context)
        starts = []
    }

    /// Windows that begin with documents.
    /// - Parameters:
    ///   - shard: tokens in which `documentEnd` follows every document
    /// - Throws: as above.
    public init(
        documentsOf shard: TokenShard, endedBy documentEnd: Int32, context: Int, seed: UInt64,
        split: String = "training"
    ) throws(MartletError) {
        let plain = try WindowSampler(
            tokenCount: shard.count, context: context, seed: seed, split: split)
        var starts: [Int] = []
        var begin = 0
        let last = shard.count - context - 1
        for index in 0..<shard.count where shard[index] == documentEnd {
            starts += stride(from: begin, to: index, by: context).map { min($0, last) }
            begin = index + 1
        }
        starts += stride(from: begin, to: shard.count, by: context).map { min($0, last) }
        tokenCount = shard.count
        self.context = context
        self.seed = seed
        self.starts = starts.isEmpty ? [0] : starts
        windowsPerEpoch = self.starts.count
        phases = plain.phases
    }

    /// The epoch that window `index` belongs to, from 0.
    public func epoch(at index: UInt64) -> UInt64 { index / UInt64(windowsPerEpoch) }

    /// Where window `index` of the run starts: it is the `context + 1` tokens from there on.
    public func offset(at index: UInt64) -> Int {
        let (epoch, place) = index.quotientAndRemainder(dividingBy: UInt64(windowsPerEpoch))
        let key = ContentHash.mixed(ContentHash.mixed(seed) &+ epoch)
        let order = Permutation(count: windowsPerEpoch, key: key)
        guard starts.isEmpty else {
            // Every other window begins with the token that ended the document before: a text may
            // be asked for after that token, or with no token before it.
            let start = starts[Int(order[place])]
            return start > 0 && !(place + epoch).isMultiple(of: 2) ? start - 1 : start
        }
        // A key of its own, so that phase and order have nothing to do with each other.
        let draw = ContentHash.mixed(~key)
        let phase = Int(draw.multipliedFullWidth(by: UInt64(phases)).high)
        return phase + Int(order[place]) * context
    }
}
