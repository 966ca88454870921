import Tensors

/// Causal multi-head self-attention (Vaswani et al. 2017); several query heads may share one
/// key-value head (Ainslie et al. 2023).
///
/// One linear map makes queries, keys and values together: rows [query heads | key heads | value
/// heads], each `headWidth` wide.
public struct MultiHeadAttention: Sendable {
    private let qkv: Linear
    private let output: Linear
    private let heads: Int, keyValueHeads: Int, headWidth: Int
    private let scale: Double

    /// - Parameters:
    ///   - keyValueHeads: key-value heads, a divisor of `heads`; `heads` when nil
    ///   - scale: what scores are multiplied by; 1 / sqrt(headWidth) when nil
    public init(
        width: Int, heads: Int, keyValueHeads: Int? = nil, headWidth: Int? = nil,
        scale: Double? = nil, bias: Bool = true, initializer: Initializer,
        outputInitializer: Initializer, in scope: ParameterScope
    ) {
        self.heads = heads
        self.keyValueHeads = keyValueHeads ?? heads
        self.headWidth = headWidth ?? width / heads
        self.scale = scale ?? 1 / Double(self.headWidth).squareRoot()
        precondition(
            heads % self.keyValueHeads == 0,
            "attention: \(heads) heads over \(self.keyValueHeads) key-value heads")
        qkv = Linear(
            from: width, to: (heads + 2 * self.keyValueHeads) * self.headWidth, bias: bias,
            initializer: initializer, in: scope["qkv"])
        output = Linear(
            from: heads * self.headWidth, to: width, bias: bias, initializer: outputInitializer,
            in: scope["output"])
    }

    /// [batch, time, width] -> [batch, time, width]; `layer` is this layer's place in the cache.
    public func callAsFunction(_ x: Tensor, layer: Int, _ context: ForwardContext) -> Tensor {
        output(mixed(x, layer: layer, context))
    }

    /// The same, dropped out and added to `residual`.
    public func callAsFunction(
        _ x: Tensor, layer: Int, addedTo residual: Tensor, _ dropout: Dropout,
        _ context: ForwardContext
    ) -> Tensor {
        output(mixed(x, layer: layer, context), addedTo: residual, dropout, context)
    }

    /// Values mixed by attention: [batch, time, width] -> [batch, time, heads headWidth].
    private func mixed(_ x: Tensor, layer: Int, _ context: ForwardContext) -> Tensor {
        let all = qkv(x, forProducts: true)  // [B, T, (H + 2 K) D]
        guard let cache = context.cache else {
            return all.selfAttention(
                heads: heads, keyValueHeads: keyValueHeads, causal: true, scale: scale)
        }
        return cache.store.attend(
            all, heads: heads, layer: layer, streams: cache.streams, scale: scale)
    }
}
