import ByteIO
import LanguageModels
import Neural
import Tensors
import Tokenization

/// Texts as vectors: the states of a model, pooled to one for each text.
public struct TextEmbedding {
    /// What is made of a text's states.
    public enum Pooling: String, Sendable, CaseIterable {
        /// Their mean.
        case mean
        /// The first: of `[CLS]`, in models that have it.
        case cls
        /// The last: of the only token that has seen all, in models that read forwards.
        case last
    }

    /// How texts become vectors.
    public struct Options: Sendable, Equatable {
        /// What is made of a text's states.
        public var pooling: Pooling
        /// Whether vectors get length 1.
        public var normalizes = false
        /// Tokens of a text that are read; the rest is cut off.
        public var maximumTokens: Int

        /// What a model folder says in the files of sentence-transformers, and otherwise the mean of an
        /// encoder's states or the last of a language model's.
        public init(folder: String, _ model: any PretrainedModel) throws(MartletError) {
            pooling = model is any LanguageModel ? .last : .mean
            maximumTokens = model.context
            func read(_ name: String) throws(MartletError) -> JSONValue? {
                let path = Files.join(folder, name)
                guard Files.exists(path) else { return nil }
                return try JSONValue(
                    parsing: try Files.read(path, limit: 1 << 20), place: path,
                    duplicateKeys: .lastWins)
            }
            if let limit = try read("sentence_bert_config.json")?["max_seq_length"]?.int, limit > 2
            {
                maximumTokens = min(maximumTokens, limit)
            }
            let modules = try read("modules.json")?.array ?? []
            var pooled = "1_Pooling"
            for module in modules {
                let type = module["type"]?.string ?? ""
                switch type.split(separator: ".").last {
                case "Transformer": break
                case "Normalize": normalizes = true
                case "Pooling": pooled = module["path"]?.string ?? pooled
                default:
                    throw MartletError(
                        .unsupported, "the module '\(type)' is not supported",
                        at: Files.join(folder, "modules.json"))
                }
            }
            guard !pooled.contains("..") && !pooled.hasPrefix("/") else {
                throw MartletError(
                    .invalidValue, "the pooling module lies outside the folder",
                    at: Files.join(folder, "modules.json"))
            }
            let poolingFile = pooled.isEmpty ? "config.json" : pooled + "/config.json"
            if !pooled.isEmpty, let file = try read(poolingFile) {
                let known: [(String, Pooling)] = [
                    ("pooling_mode_mean_tokens", .mean), ("pooling_mode_cls_token", .cls),
                    ("pooling_mode_lasttoken", .last),
                ]
                let modes = file.object?.filter {
                    $0.0.hasPrefix("pooling_mode_") && $0.1.bool == true
                }
                let chosen = known.first { file[$0.0]?.bool == true }
                guard modes?.count == 1, let chosen else {
                    throw MartletError(
                        .unsupported, "only one of mean, cls and last is supported",
                        at: Files.join(folder, poolingFile))
                }
                pooling = chosen.1
            }
        }
    }

    private let model: any PretrainedModel
    private let tokenizer: Tokenizer?
    private let options: Options

    /// Positions that go through the model at once.
    private static let batchPositions = 4096

    /// Embeds with a model that has one stack.
    public init(
        _ model: any PretrainedModel, tokenizer: Tokenizer?, _ options: Options
    ) throws(MartletError) {
        guard model is any EncoderModel || model is any LanguageModel else {
            let type = model.configurationJSON["model_type"]?.string ?? ""
            throw MartletError(
                .unsupported,
                "a model of type '\(type)' has two stacks and gives no vectors of texts")
        }
        self.model = model
        self.tokenizer = tokenizer
        self.options = options
    }

    /// The vectors of texts, in their order.
    public func vectors(
        of texts: [String], progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(MartletError) -> [[Float]] {
        guard let tokenizer else {
            throw MartletError(
                .notFound, "the model has no tokenizer; give ids instead of text")
        }
        var ids: [[Int32]] = []
        for text in texts {
            ids.append(try tokenizer.encodeWhole(text, limit: options.maximumTokens))
        }
        return try vectors(of: ids, progress: progress)
    }

    /// The vectors of rows of ids, in their order. Rows of like length go through the model together;
    /// what a row is filled up with changes nothing.
    public func vectors(
        of rows: [[Int32]], progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(MartletError) -> [[Float]] {
        for (number, row) in rows.enumerated() {
            guard !row.isEmpty, row.count <= options.maximumTokens else {
                throw MartletError(
                    .invalidValue,
                    "text \(number + 1) has \(row.count) tokens, 1 to \(options.maximumTokens) can be read"
                )
            }
            if let bad = row.first(where: { $0 < 0 || Int($0) >= model.vocabulary }) {
                throw MartletError(
                    .invalidValue,
                    "token id \(bad) is outside the vocabulary of \(model.vocabulary)")
            }
        }
        let order = rows.indices.sorted {
            rows[$0].count > rows[$1].count || (rows[$0].count == rows[$1].count && $0 < $1)
        }
        var result = [[Float]](repeating: [], count: rows.count)
        var next = 0
        while next < order.count {
            let longest = rows[order[next]].count
            let count = max(1, min(Self.batchPositions / longest, order.count - next))
            let chosen = Array(order[next..<next + count])
            for (index, vector) in zip(chosen, pooled(chosen.map { rows[$0] })) {
                result[index] = vector
            }
            next += count
            progress(next, order.count)
        }
        return result
    }

    /// The vectors of rows that are filled up to one length.
    private func pooled(_ rows: [[Int32]]) -> [[Float]] {
        let (longest, device) = (rows[0].count, model.store.device)
        // What it is matters to positions of RoBERTa alone.
        let padding = model.configurationJSON["pad_token_id"]?.int ?? 0
        let filler = (0..<model.vocabulary).contains(padding) ? Int32(padding) : 0
        let ids = rows.flatMap { $0 + [Int32](repeating: filler, count: longest - $0.count) }
        let input = Tensor(ids, [rows.count, longest], on: device)
        let context = ForwardContext.evaluation()
        let hidden: Tensor
        switch model {
        case let model as any EncoderModel:
            if rows.contains(where: { $0.count < longest }) {
                context.mask = Tensor(
                    rows.flatMap { row in (0..<longest).map { Int32($0 < row.count ? 1 : 0) } },
                    [rows.count, longest], on: device)
            }
            hidden = model.hidden(input, context)
        case let model as any LanguageModel:
            // What comes behind a row is not seen by it.
            hidden = model.hidden(input, context)
        default: preconditionFailure("embedding: checked when it was made")
        }
        let width = hidden.shape[2]
        let values = hidden.floats
        return rows.indices.map { row in
            let start = row * longest * width
            func state(_ t: Int) -> ArraySlice<Float> {
                values[start + t * width..<start + (t + 1) * width]
            }
            var vector: [Float]
            switch options.pooling {
            case .cls: vector = Array(state(0))
            case .last: vector = Array(state(rows[row].count - 1))
            case .mean:
                vector = [Float](repeating: 0, count: width)
                for t in rows[row].indices {
                    for (d, value) in state(t).enumerated() { vector[d] += value }
                }
                for d in 0..<width { vector[d] /= Float(rows[row].count) }
            }
            if options.normalizes {
                let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
                if length > 0 { for d in 0..<width { vector[d] /= length } }
            }
            return vector
        }
    }
}
