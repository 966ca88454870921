import Tensors

/// What the attention layers of one pass share: where positions stand, and what may be seen.
public struct AttentionPass: Sendable {
    /// Cosines and sines that turn queries and keys (Su et al. 2021); nil for no rotary positions.
    public var angles: (cosine: Tensor, sine: Tensor)?
    /// What is added to scores by distance; nil for nothing.
    public var distanceBias: DistanceBias?
    /// [batch, keys], what is added to scores by key: 0, or -1e30 for padding; nil for nothing.
    public var keyBias: Tensor?

    /// Nothing but the words themselves, unless told.
    public init(
        angles: (cosine: Tensor, sine: Tensor)? = nil, distanceBias: DistanceBias? = nil,
        keyBias: Tensor? = nil
    ) {
        self.angles = angles
        self.distanceBias = distanceBias
        self.keyBias = keyBias
    }
}

/// Multi-head attention (Vaswani et al. 2017): over a sequence itself, causal or not, or over another
/// one; with grouped key-value heads (Ainslie et al. 2023), rotary or relative positions, queries and
/// keys normed per head (Henry et al. 2020), and a cache, as the options and the pass say.
public struct MultiHeadAttention: Sendable {
    /// How queries, keys and values are projected.
    public enum Projections: Sendable {
        /// A linear map each.
        case separate
        /// One map: rows [query heads | key heads | value heads].
        case fused
        /// One map: rows [query | key | value] of each head in turn, as many key-value heads as heads.
        case fusedByHead
    }

    /// Widths and variants.
    public struct Options: Sendable {
        /// Width of the stream that is read and written.
        public var width: Int
        /// Query heads.
        public var heads: Int
        /// Key-value heads, a divisor of `heads`.
        public var keyValueHeads: Int
        /// Width of a head; need not be width / heads.
        public var headWidth: Int
        /// What scores are multiplied by.
        public var scale: Double
        /// Whether positions see only what comes before them.
        public var isCausal = true
        /// How queries, keys and values are made.
        public var projections = Projections.separate
        /// Whether they have biases.
        public var inputBias = true
        /// Whether the output projection has one.
        public var outputBias = true
        /// What per-head norms of queries and keys add to the mean square; nil for no norms.
        public var normEpsilon: Double?
        /// Whether rotary pairs are (2i, 2i + 1) instead of (i, i + half).
        public var interleavesPairs = false
        /// How a separate query projection begins, if not like the others (T5's scores have no scale).
        public var queryInitializer: Initializer?

        /// Plain causal attention with heads of width / heads and scores over their square root.
        public init(width: Int, heads: Int, keyValueHeads: Int? = nil, headWidth: Int? = nil) {
            self.width = width
            self.heads = heads
            self.keyValueHeads = keyValueHeads ?? heads
            self.headWidth = headWidth ?? width / heads
            scale = 1 / Double(self.headWidth).squareRoot()
            precondition(
                heads % self.keyValueHeads == 0,
                "attention: \(heads) heads over \(self.keyValueHeads) key-value heads")
        }
    }

    private enum Maps: Sendable {
        case separate(query: Linear, key: Linear, value: Linear)
        case fused(Linear)
    }
    private let options: Options
    private let maps: Maps
    private let output: Linear
    private let queryNorm: RMSNorm?, keyNorm: RMSNorm?

    /// Declares the projections; the output's initialiser may differ (GPT-2 scales it by depth).
    public init(
        _ options: Options, initializer: Initializer, outputInitializer: Initializer,
        in scope: ParameterScope
    ) {
        self.options = options
        func projection(_ heads: Int, _ name: String, _ own: Initializer? = nil) -> Linear {
            Linear(
                from: options.width, to: heads * options.headWidth, bias: options.inputBias,
                initializer: own ?? initializer, in: scope[name])
        }
        let (heads, keyValueHeads) = (options.heads, options.keyValueHeads)
        switch options.projections {
        case .separate:
            maps = .separate(
                query: projection(heads, "query", options.queryInitializer),
                key: projection(keyValueHeads, "key"),
                value: projection(keyValueHeads, "value"))
        case .fused, .fusedByHead:
            maps = .fused(projection(heads + 2 * keyValueHeads, "qkv"))
        }
        output = Linear(
            from: heads * options.headWidth, to: options.width, bias: options.outputBias,
            initializer: outputInitializer, in: scope["output"])
        func norm(_ name: String) -> RMSNorm? {
            options.normEpsilon.map {
                RMSNorm(width: options.headWidth, epsilon: $0, in: scope[name])
            }
        }
        queryNorm = norm("queryNorm")
        keyNorm = norm("keyNorm")
    }

    /// [batch, time, width] -> [batch, time, width]; `layer` is this layer's place in the cache.
    public func callAsFunction(
        _ x: Tensor, _ pass: AttentionPass = AttentionPass(), layer: Int, _ context: ForwardContext
    ) -> Tensor {
        output(mixed(x, pass, layer, context))
    }

    /// The same, dropped out and added to `residual`.
    public func callAsFunction(
        _ x: Tensor, _ pass: AttentionPass = AttentionPass(), layer: Int,
        addedTo residual: Tensor, _ dropout: Dropout, _ context: ForwardContext
    ) -> Tensor {
        output(mixed(x, pass, layer, context), addedTo: residual, dropout, context)
    }

    /// Attention over another sequence [batch, keys, width], dropped out and added to `residual`. A
    /// pass over cached streams reads what ``remember(_:lengths:layer:in:streams:)`` put there instead.
    public func callAsFunction(
        _ x: Tensor, over source: Tensor?, _ pass: AttentionPass, layer: Int,
        addedTo residual: Tensor, _ dropout: Dropout, _ context: ForwardContext
    ) -> Tensor {
        guard case .separate(let query, let key, let value) = maps else {
            preconditionFailure("attention over another sequence needs projections of its own")
        }
        let queries = heads(query(x, forProducts: true), options.heads)
        let mixed: Tensor
        if let store = context.crossCache, let cache = context.cache {
            mixed = store.attend(
                toAll: queries.reshaped([x.shape[0], x.shape[1], -1]), heads: options.heads,
                layer: layer, streams: cache.streams, scale: options.scale)
        } else if let source {
            let keys = heads(key(source, forProducts: true), options.keyValueHeads)
            let values = heads(value(source, forProducts: true), options.keyValueHeads)
            context.watchAttention("cross_attentions.\(layer)", queries, keys, pass, options.scale)
            mixed = queries.attention(
                key: keys, value: values, causal: false, scale: options.scale,
                keyBias: pass.keyBias
            ).reshaped([x.shape[0], x.shape[1], -1])
        } else {
            preconditionFailure("attention over another sequence, and there is none")
        }
        return output(mixed, addedTo: residual, dropout, context)
    }

    /// Puts the keys and values of another sequence [batch, keys, width] into a cache, of which row i
    /// has `lengths[i]` positions that count and belongs to `streams[i]`. The caller advances.
    public func remember(
        _ source: Tensor, lengths: [Int], layer: Int, in cache: AttentionCache, streams: [Int]
    ) {
        guard case .separate(_, let key, let value) = maps else { return }
        let keys = heads(key(source, forProducts: true), options.keyValueHeads)
        let values = heads(value(source, forProducts: true), options.keyValueHeads)
        for (row, stream) in streams.enumerated() {
            func part(_ t: Tensor) -> Tensor {
                t.sliced(0, row..<row + 1).sliced(1, 0..<lengths[row])
            }
            cache.store(key: part(keys), value: part(values), layer: layer, stream: stream)
        }
    }

    private func heads(_ t: Tensor, _ count: Int) -> Tensor {
        t.reshaped([t.shape[0], t.shape[1], count, options.headWidth])
    }

    /// Values mixed by attention: [batch, time, width] -> [batch, time, heads headWidth].
    private func mixed(
        _ x: Tensor, _ pass: AttentionPass, _ layer: Int, _ context: ForwardContext
    ) -> Tensor {
        if case .fused(let qkv) = maps, options.projections == .fused, pass.angles == nil,
            queryNorm == nil, !context.watchesAttention
        {
            return attended(qkv(x, forProducts: true), pass, layer, context)
        }
        let (query, key, value) = projected(x, pass)
        if context.cache != nil {
            let all = Tensor.concatenated([query, key, value], axis: 2)
            return attended(
                all.reshaped([x.shape[0], x.shape[1], -1]), pass, layer, context)
        }
        context.watchAttention(
            "attentions.\(layer)", query, key, pass, options.scale, isCausal: options.isCausal)
        return query.attention(
            key: key, value: value, causal: options.isCausal, scale: options.scale,
            distanceBias: pass.distanceBias, keyBias: pass.keyBias
        ).reshaped([x.shape[0], x.shape[1], -1])
    }

    /// Attention of rows [query heads | key heads | value heads], over the cache if there is one.
    private func attended(
        _ all: Tensor, _ pass: AttentionPass, _ layer: Int, _ context: ForwardContext
    ) -> Tensor {
        guard let cache = context.cache else {
            return all.selfAttention(
                heads: options.heads, keyValueHeads: options.keyValueHeads,
                causal: options.isCausal, scale: options.scale, distanceBias: pass.distanceBias,
                keyBias: pass.keyBias)
        }
        return cache.store.attend(
            all, heads: options.heads, layer: layer, streams: cache.streams, scale: options.scale,
            distanceBias: pass.distanceBias)
    }

    /// Queries [B, T, H, D], keys and values [B, T, K, D], normed and turned.
    private func projected(
        _ x: Tensor, _ pass: AttentionPass
    ) -> (query: Tensor, key: Tensor, value: Tensor) {
        let type = x.device.operandType(for: .float32)
        // What norms and rotations read keeps its bits until they have read it.
        let isChanged = pass.angles != nil || queryNorm != nil
        func finished(_ t: Tensor, _ norm: RMSNorm?) -> Tensor {
            guard isChanged else { return t }
            var t = norm.map { $0(t) } ?? t
            if let angles = pass.angles {
                t = t.rotated(
                    cosine: angles.cosine, sine: angles.sine,
                    interleaved: options.interleavesPairs)
            }
            return t.cast(to: type)
        }
        let (query, key, value): (Tensor, Tensor, Tensor)
        switch maps {
        case .separate(let toQuery, let toKey, let toValue):
            query = heads(toQuery(x, forProducts: !isChanged), options.heads)
            key = heads(toKey(x, forProducts: !isChanged), options.keyValueHeads)
            value = heads(toValue(x, forProducts: true), options.keyValueHeads)
        case .fused(let qkv):
            let all = qkv(x, forProducts: !isChanged)
            (query, key, value) = parts(all)
        }
        return (finished(query, queryNorm), finished(key, keyNorm), value.cast(to: type))
    }

    /// The three parts of fused rows.
    private func parts(_ all: Tensor) -> (query: Tensor, key: Tensor, value: Tensor) {
        let (count, width) = (options.heads, options.headWidth)
        guard options.projections == .fusedByHead else {
            let rows = heads(all, count + 2 * options.keyValueHeads)
            let keyEnd = count + options.keyValueHeads
            return (
                rows.sliced(2, 0..<count), rows.sliced(2, count..<keyEnd),
                rows.sliced(2, keyEnd..<keyEnd + options.keyValueHeads)
            )
        }
        let rows = all.reshaped([all.shape[0], all.shape[1], count, 3, width])
        func part(_ index: Int) -> Tensor {
            rows.sliced(3, index..<index + 1).reshaped([all.shape[0], all.shape[1], count, width])
        }
        return (part(0), part(1), part(2))
    }
}
