import ByteIO
import Decoding
import LanguageModels
import Neural
import Tensors
import Tokenization
import Training

/// What every head of a model attends to in one text, computed beside the fast path.
public struct AttentionMaps {
    /// The heads of one stack, or of a decoder's attention to the encoder.
    public struct Part: Sendable {
        /// What it is: "attention", or "encoder", "decoder" and "cross" of a model of two stacks.
        public let name: String
        /// What looks, and what is looked at.
        public let queries: [String], keys: [String]
        /// Probabilities [layer][head][query key], row after row.
        public let weights: [[[Float]]]
    }

    /// One part, or three of a model of two stacks.
    public let parts: [Part]

    /// The maps of a text.
    ///
    /// - Parameters:
    ///   - ids: the text, or the source of a model of two stacks
    ///   - target: what such a model wrote; its greedy text where it is nil
    public init(
        _ folder: ModelFolder, _ ids: [Int32], target: [Int32]? = nil
    ) throws(MartletError) {
        let model = folder.model
        func tokens(_ ids: [Int32]) -> [String] {
            ids.map { folder.tokenizer?.text(of: $0) ?? String($0) }
        }
        var input = ForwardPass.Input(ids)
        if let pair = model as? any SequenceToSequenceModel {
            var written = target
            if written == nil {
                var options = try SamplingOptions(folder: folder.path)
                options.temperature = 0
                options.beams = 1
                options.maximumTokens = 40
                written = try Generator(model, tokenizer: nil)
                    .generate(prompt: ids, options: options).first?.ids
            }
            input.decoderIDs = [Int32(pair.configuration.decoderStart)] + (written ?? [])
        }
        let result = try ForwardPass(model).run(input, attention: true)
        let queries = tokens(ids)
        let targets = tokens(input.decoderIDs ?? [])
        var parts: [Part] = []
        for (prefix, name, looking, seen) in [
            ("attentions.", "attention", queries, queries),
            ("encoder.attentions.", "encoder", queries, queries),
            ("decoder.attentions.", "decoder", targets, targets),
            ("decoder.cross_attentions.", "cross", targets, queries),
        ] {
            let layers = result.tensors.filter { $0.name.hasPrefix(prefix) }.map(\.value)
            guard !layers.isEmpty else { continue }
            let weights = layers.map { layer in
                let (values, heads) = (layer.floats, layer.shape[1])
                let size = values.count / heads
                return (0..<heads).map { Array(values[$0 * size..<($0 + 1) * size]) }
            }
            parts.append(Part(name: name, queries: looking, keys: seen, weights: weights))
        }
        self.parts = parts
    }

    /// `weights[layer][head][query][key]` of one part.
    public static func json(_ part: Part) -> JSONValue {
        .array(
            part.weights.map { layer in
                .array(
                    layer.map { head in
                        .array(
                            part.queries.indices.map { query in
                                let row = query * part.keys.count
                                return .array(
                                    head[row..<row + part.keys.count].map {
                                        $0.isFinite ? .number(JSONNumber(Double($0))) : .null
                                    })
                            })
                    })
            })
    }
}
