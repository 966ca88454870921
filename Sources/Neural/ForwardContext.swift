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
    /// Receives named intermediate values such as `hidden_states.3`.
    public var observe: ((_ name: String, _ value: Tensor) -> Void)?

    private init(
        isTraining: Bool, random: RandomStream, cache: (store: AttentionCache, streams: [Int])?
    ) {
        self.isTraining = isTraining
        self.random = random
        self.cache = cache
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
    public static func cached(_ store: AttentionCache, streams: [Int]) -> ForwardContext {
        ForwardContext(
            isTraining: false, random: RandomStream(key: 0), cache: (store, streams))
    }

    /// Dropout while training, nothing otherwise.
    public func dropout(_ x: Tensor, _ probability: Double) -> Tensor {
        isTraining ? x.droppedOut(probability, &random) : x
    }

    /// The position each batch row begins at.
    public func firstPositions(batch: Int) -> [Int] {
        cache.map { cache in cache.streams.map { cache.store.lengths[$0] } }
            ?? Array(repeating: 0, count: batch)
    }
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
