import Tensors

/// Causal multi-head self-attention with rotary positions (Su et al. 2021): several query heads may
/// share one key-value head (Ainslie et al. 2023), and queries and keys may each be normed per head
/// (Henry et al. 2020).
public struct RotaryAttention: Sendable {
    /// Widths and options; `headWidth` need not be width / heads.
    public struct Sizes: Sendable, Equatable {
        var width: Int, heads: Int, keyValueHeads: Int, headWidth: Int

        /// All four; `keyValueHeads` divides `heads`.
        public init(width: Int, heads: Int, keyValueHeads: Int, headWidth: Int) {
            precondition(
                heads % keyValueHeads == 0,
                "attention: \(heads) heads over \(keyValueHeads) key-value heads")
            (self.width, self.heads) = (width, heads)
            (self.keyValueHeads, self.headWidth) = (keyValueHeads, headWidth)
        }
    }

    private let query: Linear, key: Linear, value: Linear
    private let output: Linear
    private let queryNorm: RMSNorm?, keyNorm: RMSNorm?
    private let sizes: Sizes

    /// - Parameters:
    ///   - normEpsilon: what the per-head norms add to the mean square; nil for no norms
    public init(
        _ sizes: Sizes, inputBias: Bool, outputBias: Bool, normEpsilon: Double?,
        initializer: Initializer, outputInitializer: Initializer, in scope: ParameterScope
    ) {
        self.sizes = sizes
        func projection(_ heads: Int, _ name: String) -> Linear {
            Linear(
                from: sizes.width, to: heads * sizes.headWidth, bias: inputBias,
                initializer: initializer, in: scope[name])
        }
        query = projection(sizes.heads, "query")
        key = projection(sizes.keyValueHeads, "key")
        value = projection(sizes.keyValueHeads, "value")
        output = Linear(
            from: sizes.heads * sizes.headWidth, to: sizes.width, bias: outputBias,
            initializer: outputInitializer, in: scope["output"])
        func norm(_ name: String) -> RMSNorm? {
            normEpsilon.map { RMSNorm(width: sizes.headWidth, epsilon: $0, in: scope[name]) }
        }
        queryNorm = norm("queryNorm")
        keyNorm = norm("keyNorm")
    }

    /// [batch, time, width] -> [batch, time, width], dropped out and added to `residual`; `angles`
    /// belong to the rows' positions, `layer` is this layer's place in the cache.
    public func callAsFunction(
        _ x: Tensor, angles: (cosine: Tensor, sine: Tensor), layer: Int,
        addedTo residual: Tensor, _ dropout: Dropout, _ context: ForwardContext
    ) -> Tensor {
        let (batch, time) = (x.shape[0], x.shape[1])
        let scale = 1 / Double(sizes.headWidth).squareRoot()
        let type = x.device.operandType(for: .float32)
        func heads(_ t: Tensor, _ count: Int) -> Tensor {
            t.reshaped([batch, time, count, sizes.headWidth])
        }
        func turned(_ t: Tensor, _ count: Int, _ norm: RMSNorm?) -> Tensor {
            let t = heads(t, count)
            return (norm.map { $0(t) } ?? t)
                .rotated(cosine: angles.cosine, sine: angles.sine, interleaved: false)
                .cast(to: type)
        }
        let query = turned(query(x), sizes.heads, queryNorm)  // [B, T, H, D]
        let key = turned(key(x), sizes.keyValueHeads, keyNorm)  // [B, T, K, D]
        let value = heads(value(x, forProducts: true), sizes.keyValueHeads)
        let width = sizes.heads * sizes.headWidth
        guard let cache = context.cache else {
            let mixed = query.attention(key: key, value: value, causal: true, scale: scale)
            return output(
                mixed.reshaped([batch, time, width]), addedTo: residual, dropout, context)
        }
        let all = Tensor.concatenated([query, key, value], axis: 2).reshaped([batch, time, -1])
        let mixed = cache.store.attend(
            all, heads: sizes.heads, layer: layer, streams: cache.streams, scale: scale)
        return output(mixed, addedTo: residual, dropout, context)
    }
}
