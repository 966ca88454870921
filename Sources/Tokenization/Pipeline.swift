import ByteIO

/// What happens to a text before the model's tokens are found and after: the parts of a
/// `tokenizer.json` beside its model.
struct Pipeline: Sendable {
    var normalizer: Normalizer?
    var preTokenizers: [PreTokenizer] = []
    var postProcessor: PostProcessor?
    /// How tokens become text; nil joins them with spaces.
    var decoder: TokenDecoder?
    /// How the pieces of a SentencePiece model become text, in the decoder's stead.
    var pieceDecoder: SentencePieceDecoder?
    var truncation: Truncation?
    var padding: Padding?
    /// Whether tokens are written in the byte alphabet.
    var spellsBytes = false
    /// The file's parts as they are written, without the vocabulary and the merges.
    var file: JSONObject

    /// Whether a step asks where its text stands.
    var needsOrigins: Bool {
        preTokenizers.contains {
            if case .metaspace(_, .first, _) = $0 { true } else { false }
        }
    }

    /// Whether a space is put before every text, even one that begins with a space.
    var doublesSpace: Bool {
        func doubles(_ step: Normalizer) -> Bool {
            switch step {
            case .prepend: true
            case .sentencePiece(let normalizer): normalizer.addsPrefix
            case .sequence(let steps): steps.contains(where: doubles)
            default: false
            }
        }
        return normalizer.map(doubles) ?? false
    }

    /// What `text`, a part of the whole that begins at `start`, becomes.
    func normalized(
        _ text: AlignedText, _ patternSteps: inout RegexSteps
    ) throws(RegexFailure) -> AlignedText {
        guard let normalizer else { return text }
        return try normalizer.normalized(text, &patternSteps)
    }

    /// The pieces of a part of normalized text.
    func pieces(
        _ text: AlignedText, _ range: Range<Int>, by steps: [PreTokenizer],
        _ patternSteps: inout RegexSteps
    ) throws(RegexFailure) -> PreTokenizer.Pieces {
        var pieces = PreTokenizer.Pieces(text: text, ranges: range.isEmpty ? [] : [range])
        for step in steps {
            pieces = try step.cut(pieces, &patternSteps)
            try GrowthLimit.check(pieces.text.count, from: text.count)
        }
        return pieces
    }

    // MARK: - Those of our own tokenizers

    private static func byteLevel(trim: Bool, cut: Bool) -> JSONValue {
        [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": .bool(trim),
            "use_regex": .bool(cut),
        ]
    }

    private static func file(
        preTokenizer: JSONValue, postProcessor: JSONValue, decoder: JSONValue, model: JSONValue
    ) -> JSONObject {
        [
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": [],
            "normalizer": .null, "pre_tokenizer": preTokenizer, "post_processor": postProcessor,
            "decoder": decoder, "model": model,
        ]
    }

    /// Byte pairs over text cut by GPT-2's pattern, or not at all.
    static func bytePairs(cuts: Bool) -> Pipeline {
        Pipeline(
            preTokenizers: [.byteLevel(addsSpace: false, cuts: cuts)],
            postProcessor: .byteLevel(trims: false, addsSpace: false), decoder: .byteLevel,
            spellsBytes: true,
            file: file(
                preTokenizer: byteLevel(trim: true, cut: cuts),
                postProcessor: byteLevel(trim: false, cut: true),
                decoder: byteLevel(trim: true, cut: true),
                model: [
                    "type": "BPE", "dropout": .null, "unk_token": .null,
                    "continuing_subword_prefix": .null, "end_of_word_suffix": .null,
                    "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                    "vocab": [:], "merges": [],
                ]))
    }

    /// One token a character.
    static let characters = Pipeline(
        decoder: .fuse,
        file: file(
            preTokenizer: [
                "type": "Split", "pattern": TokenizerFile.anyScalar, "behavior": "Isolated",
                "invert": false,
            ],
            postProcessor: .null, decoder: ["type": "Fuse"],
            model: ["type": "WordLevel", "vocab": [:], "unk_token": "<unk>"]))
}
