import Tensors

/// A layer of the original Transformer (Vaswani et al. 2017): self-attention, attention over another
/// sequence if asked for, and a feed-forward layer, the stream normed after each. BERT's and BART's.
public struct PostNormBlock: Sendable {
    /// Sizes and variants.
    public struct Options: Sendable {
        /// Of the self-attention, and of the attention over another sequence.
        public var attention: MultiHeadAttention.Options
        /// Width inside the feed-forward layer.
        public var inner: Int
        /// Its nonlinearity.
        public var activation: Activation
        /// Added to the variance in norms.
        public var epsilon: Double
        /// Chance of dropping an element of each part's output.
        public var dropout: Double
        /// Whether there is attention over another sequence.
        public var readsSource = false

        /// A layer without attention over another sequence.
        public init(
            attention: MultiHeadAttention.Options, inner: Int, activation: Activation,
            epsilon: Double, dropout: Double
        ) {
            (self.attention, self.inner, self.activation) = (attention, inner, activation)
            (self.epsilon, self.dropout) = (epsilon, dropout)
        }
    }

    private let attention: MultiHeadAttention
    private let attentionNorm: LayerNorm
    private let sourceAttention: MultiHeadAttention?
    private let sourceNorm: LayerNorm?
    private let feedForward: FeedForward
    private let feedForwardNorm: LayerNorm
    private let dropout: Dropout
    private let layer: Int

    /// Declares a layer; `layer` is its place in caches.
    public init(
        _ options: Options, layer: Int, initializer: Initializer, in scope: ParameterScope
    ) {
        let width = options.attention.width
        func attention(_ name: String) -> MultiHeadAttention {
            MultiHeadAttention(
                options.attention, initializer: initializer, outputInitializer: initializer,
                in: scope[name])
        }
        func norm(_ name: String) -> LayerNorm {
            LayerNorm(width: width, epsilon: options.epsilon, in: scope[name])
        }
        self.attention = attention("attention")
        attentionNorm = norm("attentionNorm")
        sourceAttention = options.readsSource ? attention("sourceAttention") : nil
        sourceNorm = options.readsSource ? norm("sourceNorm") : nil
        feedForward = FeedForward(
            width: width, inner: options.inner, activation: options.activation,
            initializer: initializer, outputInitializer: initializer, in: scope["feedForward"])
        feedForwardNorm = norm("feedForwardNorm")
        dropout = Dropout(options.dropout)
        self.layer = layer
    }

    /// [B, T, C] -> [B, T, C].
    ///
    /// - Parameters:
    ///   - source: [B, S, C], what is read beside the stream; nil where a cache has it
    ///   - sourcePass: what may be seen of it
    public func callAsFunction(
        _ x: Tensor, _ pass: AttentionPass, _ context: ForwardContext, over source: Tensor? = nil,
        _ sourcePass: AttentionPass = AttentionPass()
    ) -> Tensor {
        var x = attentionNorm(attention(x, pass, layer: layer, addedTo: x, dropout, context))
        if let sourceAttention, let sourceNorm {
            x = sourceNorm(
                sourceAttention(
                    x, over: source, sourcePass, layer: layer, addedTo: x, dropout, context))
        }
        return feedForwardNorm(feedForward(x, addedTo: x, dropout, context))
    }

    /// See ``MultiHeadAttention/remember(_:lengths:layer:in:streams:)``.
    public func remember(
        _ source: Tensor, lengths: [Int], in cache: AttentionCache, streams: [Int]
    ) {
        sourceAttention?.remember(
            source, lengths: lengths, layer: layer, in: cache, streams: streams)
    }
}
