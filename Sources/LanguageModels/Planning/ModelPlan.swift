import ByteIO
import Neural
import Tensors

/// What a model costs, from the shapes it declares: parameters, arithmetic and memory. The same
/// shapes are what a run allocates.
public struct ModelPlan: Sendable {
    /// Trainable values, tied weights once.
    public let parameters: Int
    /// Values that take part in matrix products: everything but position tables, norms and biases;
    /// a tied embedding counts once, for the output projection.
    public let productParameters: Int
    /// Tensors by published or house name.
    public let tensors: [(name: String, shape: [Int])]
    private let depth: Int, width: Int, keyValueWidth: Int, context: Int, vocabulary: Int
    private let inner: Int, heads: Int
    /// Heads times their width, which need not be the model's.
    private let attentionWidth: Int

    init(
        store: ParameterStore, depth: Int, width: Int, keyValueWidth: Int, context: Int,
        vocabulary: Int, inner: Int, heads: Int, positionParameters: Int, isTied: Bool,
        attentionWidth: Int? = nil
    ) {
        self.init(
            shapes: store.parameters.map { ($0.path, Array($0.shape)) }, depth: depth, width: width,
            keyValueWidth: keyValueWidth, context: context, vocabulary: vocabulary, inner: inner,
            heads: heads, positionParameters: positionParameters, isTied: isTied,
            attentionWidth: attentionWidth)
    }

    init(
        shapes: [(String, [Int])], depth: Int, width: Int, keyValueWidth: Int, context: Int,
        vocabulary: Int, inner: Int, heads: Int, positionParameters: Int, isTied: Bool,
        attentionWidth: Int? = nil
    ) {
        tensors = shapes.map { (name: $0.0, shape: $0.1) }
        parameters = shapes.reduce(0) { $0 + $1.1.reduce(1, *) }
        let matrices = shapes.filter { $0.1.count >= 2 }.reduce(0) { $0 + $1.1.reduce(1, *) }
        productParameters = matrices - positionParameters - (isTied ? 0 : vocabulary * width)
        self.depth = depth
        self.width = width
        self.attentionWidth = attentionWidth ?? width
        self.keyValueWidth = keyValueWidth
        self.context = context
        self.vocabulary = vocabulary
        self.inner = inner
        self.heads = heads
    }

    /// Floating-point operations a token costs in training, forward and backward, at the full
    /// context: 6 per product parameter and 12 depth width context for attention (Chowdhery et al.
    /// 2022, appendix B; causal skipping is not credited).
    public var flopsPerToken: Double {
        6 * Double(productParameters) + 12 * Double(depth) * Double(attentionWidth)
            * Double(context)
    }

    /// Operations a token costs going forward only.
    public var forwardFlopsPerToken: Double { flopsPerToken / 3 }

    /// Bytes by term, for training in float32 with AdamW at a batch of `batch` full contexts.
    ///
    /// Activations are what the backward pass keeps of each layer: inputs of both norms, the normed
    /// inputs, queries, keys and values, the attention output, and both feed-forward sides. The peak is no
    /// sum of all: gradients take the place of activations on the way back, so it lies where the way back
    /// begins, or at its end.
    public func memory(batch: Int) -> [(term: String, bytes: Double)] {
        let values = Double(parameters)
        let tokens = Double(batch) * Double(context)
        let perLayer = Double(
            4 * width + 2 * attentionWidth + 2 * keyValueWidth + 2 * inner + heads)
        let activations = 4 * tokens * (Double(depth) * perLayer + Double(3 * width))
        // Logits exist for a chunk of rows at a time; the projection's gradient waits beside them.
        let row = 4 * Double(vocabulary)
        let chunks = (tokens / max(64, (0x1p26 / row).rounded(.down))).rounded(.up)
        let logits = (tokens / chunks).rounded(.up) * row + row * Double(width)
        let steady = 12 * values
        return [
            ("weights", 4 * values), ("gradients", 4 * values), ("adam_moments", 8 * values),
            ("activations", activations), ("logits", logits),
            ("peak", steady + max(activations + logits, 4 * values)),
            ("attention_cache_per_token", Double(4 * 2 * depth * keyValueWidth)),
        ]
    }
}
