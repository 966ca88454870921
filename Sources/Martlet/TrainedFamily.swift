import ByteIO
import LanguageModels
import Neural
import Tensors
import Tokenization
import Training

/// A family that is trained from raw text: its model in given sizes, the special tokens it needs, and
/// what it is asked about the text.
public enum TrainedFamily: String, Sendable, CaseIterable {
    case gpt2, llama, mistral, qwen2, qwen3, bloom
    case bert
    case t5, bart, transformer

    private static let padding = "<pad>", mask = "<mask>", end = "<|endoftext|>"
    /// As many as T5 has; a context of 512 uses 28.
    private static let sentinels = (0..<100).map { "<extra_id_\($0)>" }

    /// Whether queries and keys turn in pairs, so that heads need an even width.
    var turnsPairs: Bool {
        [.llama, .mistral, .qwen2, .qwen3].contains(self)
    }

    /// Whether positions are sines and cosines, so that the width is even.
    var pairsWidth: Bool { self == .transformer }

    /// Special tokens beside the text's own.
    var specials: [String] {
        switch self {
        case .gpt2, .llama, .mistral, .qwen2, .qwen3, .bloom: []
        case .bert: [Self.padding, Self.mask]
        // Sentinels come last and downwards in published files; ours keep their order.
        case .t5: [Self.end, Self.padding] + Self.sentinels
        case .bart: [Self.end, Self.padding, Self.mask]
        case .transformer: [Self.end, Self.padding]
        }
    }

    /// The model in the sizes of `gpt`. A gated feed-forward layer has three matrices where GPT's has
    /// two, so its inner width is two thirds of GPT's; two stacks have half of the blocks each.
    func declare(
        _ gpt: GPTConfiguration, _ tokenizer: Tokenizer, in store: ParameterStore
    ) -> any PretrainedModel {
        let padding = tokenizer.id(ofSpecial: Self.padding).map(Int.init) ?? 0
        let half = max(1, gpt.depth / 2)
        switch self {
        case .gpt2: return GPT(gpt, in: store)
        case .llama, .mistral, .qwen2, .qwen3:
            var llama = LlamaConfiguration(
                LlamaConfiguration.Family(rawValue: rawValue) ?? .llama, vocabulary: gpt.vocabulary,
                context: gpt.context, width: gpt.width, depth: gpt.depth, heads: gpt.heads)
            llama.dropout = gpt.dropout
            llama.initializerDeviation = gpt.initializerDeviation
            llama.endOfText = gpt.endOfText
            return Llama(llama, in: store)
        case .bloom:
            var bloom = BLOOMConfiguration(
                vocabulary: gpt.vocabulary, context: gpt.context, width: gpt.width,
                depth: gpt.depth, heads: gpt.heads)
            bloom.dropout = gpt.dropout
            bloom.initializerDeviation = gpt.initializerDeviation
            bloom.endOfText = gpt.endOfText
            return BLOOM(bloom, in: store)
        case .bert:
            var bert = BERTConfiguration(
                .bert, vocabulary: gpt.vocabulary, context: gpt.context, width: gpt.width,
                depth: gpt.depth, heads: gpt.heads, inner: gpt.inner, padding: padding)
            bert.dropout = gpt.dropout
            bert.initializerDeviation = gpt.initializerDeviation
            bert.endOfText = gpt.endOfText
            return BERT(bert, in: store)
        case .t5:
            var t5 = T5Configuration(
                vocabulary: gpt.vocabulary, context: gpt.context, width: gpt.width, depth: half,
                heads: gpt.heads, inner: gpt.inner)
            t5.dropout = gpt.dropout
            (t5.padding, t5.decoderStart, t5.endOfText) = (padding, padding, gpt.endOfText)
            return T5(t5, in: store)
        case .bart, .transformer:
            var bart = BARTConfiguration(
                self == .bart ? .bart : .marian, vocabulary: gpt.vocabulary, context: gpt.context,
                width: gpt.width, depth: half, heads: gpt.heads, inner: gpt.inner,
                padding: padding, decoderStart: self == .bart ? gpt.endOfText ?? padding : padding)
            bart.dropout = gpt.dropout
            bart.initializerDeviation = gpt.initializerDeviation
            bart.endOfText = gpt.endOfText
            return BART(bart, in: store)
        }
    }

    /// What the model is asked about its text; nil for the next token of each.
    func objective(
        _ tokenizer: Tokenizer, context: Int, wholeWords: Bool
    ) throws(MartletError) -> (any Objective)? {
        func id(_ name: String) throws(MartletError) -> Int32 {
            guard let id = tokenizer.id(ofSpecial: name) else {
                throw MartletError(.notFound, "the tokenizer has no special token '\(name)'")
            }
            return id
        }
        if [.t5, .bart, .transformer].contains(self), context < 8 {
            throw MartletError(
                .invalidValue,
                "a context of \(context) is too short for what '\(rawValue)' is asked")
        }
        switch self {
        case .gpt2, .llama, .mistral, .qwen2, .qwen3, .bloom: return nil
        case .bert:
            let ordinary = Self.ordinary(tokenizer)
            guard !ordinary.isEmpty else {
                throw MartletError(.invalidValue, "the tokenizer has no tokens but special ones")
            }
            return MaskedObjective(
                mask: try id(Self.mask), ordinary: ordinary, padding: try id(Self.padding),
                beginsWord: wholeWords ? Self.wordBeginnings(tokenizer) : nil)
        case .t5:
            var sentinels: [Int32] = []
            for name in Self.sentinels { sentinels.append(try id(name)) }
            let objective = SpanCorruption(
                sentinels: sentinels, end: try id(Self.end), padding: try id(Self.padding))
            let spans = objective.sizes(of: objective.windowLength(context: context)).spans
            guard spans <= sentinels.count else {
                throw MartletError(
                    .invalidValue,
                    "a context of \(context) has \(spans) spans, there are \(sentinels.count) sentinels: choose a smaller --context"
                )
            }
            return objective
        case .bart:
            let ends = Self.ordinary(tokenizer).filter {
                [UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: "\n")]
                    .contains(tokenizer.bytes(of: $0)?.last)
            }
            return Denoising(
                mask: try id(Self.mask), end: try id(Self.end), padding: try id(Self.padding),
                sentenceEnds: Set(ends))
        case .transformer:
            return Continuation(end: try id(Self.end), padding: try id(Self.padding))
        }
    }

    /// The tokens that are not special.
    private static func ordinary(_ tokenizer: Tokenizer) -> [Int32] {
        (0..<Int32(tokenizer.vocabularySize)).filter {
            tokenizer.bytes(of: $0) != nil && !tokenizer.isSpecial($0)
        }
    }

    /// Whether each token begins a word: with white space, or anything but letters and digits; a word
    /// piece's "##" says itself that it goes on.
    private static func wordBeginnings(_ tokenizer: Tokenizer) -> [Bool] {
        (0..<Int32(tokenizer.vocabularySize)).map { id in
            guard let bytes = tokenizer.bytes(of: id), let first = bytes.first else { return true }
            if tokenizer.kind == .wordpiece { return !bytes.starts(with: Array("##".utf8)) }
            switch first {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
                return false
            default: return true
            }
        }
    }
}
