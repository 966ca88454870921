import Tensors

/// What a forward pass carries beside its inputs: whether it is training (dropout, batch
/// statistics), where cached attention stands, and who wants to look at intermediate values.
public final class ForwardContext {
    /// Whether dropout drops and batch norms use the batch's statistics.
    public let isTraining: Bool
    /// Where dropout draws from.
    public var random: RandomStream
    /// Keys and values of earlier positions, with the stream each batch row belongs to.
    public let cache: (store: AttentionCache, streams: [Int])?
    /// Keys and values of another sequence (an encoder's), under the same stream numbers.
    public let crossCache: AttentionCache?
    /// Which of the input's positions count, [batch, time] of 0 or 1; nil for all. Models that see
    /// what follows need it where rows were filled up to one length.
    public var mask: Tensor?
    /// Which of two texts each position belongs to, int32 [batch, time]; nil for the first.
    public var segments: Tensor?
    /// What names of intermediate values begin with, where a model has two stacks: `encoder.`.
    public var part = ""
    /// Receives named intermediate values such as `hidden_states.3`.
    public var observe: ((_ name: String, _ value: Tensor) -> Void)?
    /// Whether `observe` is also given attention probabilities, computed beside the fast path:
    /// `attentions.3` and `cross_attentions.3` [batch, heads, queries, keys].
    public var watchesAttention = false

    private init(
        isTraining: Bool, random: RandomStream, cache: (store: AttentionCache, streams: [Int])?,
        crossCache: AttentionCache? = nil
    ) {
        self.isTraining = isTraining
        self.random = random
        self.cache = cache
        self.crossCache = crossCache
    }

    /// A pass that drops nothing.
    public static func evaluation() -> ForwardContext {
        ForwardContext(isTraining: false, random: RandomStream(key: 0), cache: nil)
    }

    /// A training pass whose dropout masks come from `random`.
    public static func training(_ random: RandomStream) -> ForwardContext {
        ForwardContext(isTraining: true, random: random, cache: nil)
    }

    /// A pass over new positions of cached streams; the caller advances the cache afterwards.
    ///
    /// - Parameter cross: keys and values of what a decoder reads beside its own positions
    public static func cached(
        _ store: AttentionCache, cross: AttentionCache? = nil, streams: [Int]
    ) -> ForwardContext {
        ForwardContext(
            isTraining: false, random: RandomStream(key: 0), cache: (store, streams),
            crossCache: cross)
    }

    /// ``mask`` as what attention adds by key: 0, or -1e30 where nothing is to be seen.
    public var keyBias: Tensor? {
        mask.map { mask in
            Tensor(
                mask.cast(to: .float32).floats.map { $0 == 0 ? Float(-1e30) : 0 }, mask.shape,
                on: mask.device)
        }
    }

    /// Tells `observe` the stream before layer `layer`, or after the last.
    public func watchHidden(_ layer: Int, _ x: Tensor) {
        observe?("\(part)hidden_states.\(layer)", x)
    }

    /// Tells `observe` the probabilities of an attention, if it wants them.
    func watchAttention(
        _ name: String, _ query: Tensor, _ key: Tensor, _ pass: AttentionPass, _ scale: Double,
        isCausal: Bool = false
    ) {
        guard watchesAttention, let observe else { return }
        observe(
            part + name,
            query.attentionProbabilities(
                key: key, causal: isCausal, scale: scale, distanceBias: pass.distanceBias,
                keyBias: pass.keyBias))
    }

    /// Dropout while training, nothing otherwise.
    public func dropout(_ x: Tensor, _ probability: Double) -> Tensor {
        isTraining ? x.droppedOut(probability, &random) : x
    }

    /// The positions of `time` new tokens of each batch row, row after row; one row only where all
    /// rows begin at the same place. They must stay below `limit`.
    public func positions(batch: Int, time: Int, limit: Int) -> [Int] {
        let first =
            cache.map { cache in cache.streams.map { cache.store.lengths[$0] } }
            ?? Array(repeating: 0, count: batch)
        let rows = Set(first).count == 1 ? [first[0]] : first
        precondition(
            (rows.max() ?? 0) + time <= limit,
            "forward: position \((rows.max() ?? 0) + time) of a context of \(limit)")
        return rows.flatMap { $0..<$0 + time }
    }
}

/// A model whose first guesses are worth counting, beside its loss.
public protocol Guessing: Trainable {
    /// The summed loss over the counted targets, how many there are, and how many were guessed.
    func judged(inputs: Tensor, targets: Tensor, _ context: ForwardContext) -> (
        loss: Double, count: Int, right: Int
    )
}

/// A model that can be trained on token batches.
public protocol Trainable {
    /// Its parameters.
    var store: ParameterStore { get }

    /// The summed loss over the counted targets, as a scalar, and how many there are.
    /// - Parameters:
    ///   - inputs: int32 [batch, time]
    ///   - targets: int32 [batch, time]; values below 0 are not counted
    func loss(inputs: Tensor, targets: Tensor, _ context: ForwardContext) -> (
        total: Tensor, count: Int
    )
}
