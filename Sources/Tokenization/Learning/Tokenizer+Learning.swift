import ByteIO

/// Learns a WordPiece or a unigram vocabulary from text, and makes a tokenizer of it.
///
/// ```swift
/// let learner = try VocabularyLearner(.wordPiece, vocabularySize: 8000, threads: 2)
/// for document in documents { try document.withUnsafeBufferPointer { try learner.add($0) } }
/// let tokenizer = try learner.learn()
/// ```
///
/// The text may be larger than memory, and the vocabulary is the same for every number of threads.
public final class VocabularyLearner {
    /// What is learnt.
    public enum Kind: Sendable {
        /// BERT's pieces of words, with case and accents as they are.
        case wordPiece
        /// Pieces with probabilities (Kudo 2018), spaces written as \u{2581}.
        case unigram
    }

    private let kind: Kind
    private let vocabularySize: Int
    private let minimumFrequency: Int
    private let specialTokens: [String]
    private let threads: Int
    private let counts: WordCounts

    /// A learner that has seen no text.
    ///
    /// - Parameters:
    ///   - vocabularySize: The number of tokens to reach, special ones included.
    ///   - minimumFrequency: How often a pair must occur to be merged, for pieces of words.
    ///   - specialTokens: The special tokens, first in the vocabulary; `[UNK]` or `<unk>`, which there must be, is added
    ///     if it is missing.
    /// - Throws: `MartletError` for a number of threads out of range.
    public init(
        _ kind: Kind, vocabularySize: Int, minimumFrequency: Int = 0,
        specialTokens: [String] = [], threads: Int = 1
    ) throws(MartletError) {
        self.kind = kind
        self.vocabularySize = vocabularySize
        self.minimumFrequency = minimumFrequency
        self.threads = threads
        let unknown = kind == .wordPiece ? "[UNK]" : "<unk>"
        self.specialTokens =
            specialTokens.contains(unknown) ? specialTokens : specialTokens + [unknown]
        let steps = Self.steps(kind)
        // Text cut at spaces alone must not be divided at lines.
        counts = try WordCounts(
            threads: threads, division: kind == .wordPiece ? .afterLines : .nowhere
        ) { (text, _, word) throws(MartletError) in
            do throws(RegexFailure) {
                let valid = Array(String(decoding: text, as: UTF8.self).utf8)
                var aligned = valid.withUnsafeBufferPointer {
                    AlignedText($0, from: 0, isTracked: false)
                }
                if let normalizer = steps.normalizer {
                    aligned = try normalizer.normalized(aligned)
                }
                guard aligned.count > 0 else { return }
                let pieces = try steps.preTokenizer.cut(
                    PreTokenizer.Pieces(text: aligned, ranges: [0..<aligned.count]))
                pieces.text.bytes.withUnsafeBufferPointer { bytes in
                    for range in pieces.ranges { word(UnsafeBufferPointer(rebasing: bytes[range])) }
                }
            } catch {
                throw MartletError(.unsupported, "the text takes too many steps to cut")
            }
        }
    }

    private static func steps(
        _ kind: Kind
    ) -> (normalizer: Normalizer?, preTokenizer: PreTokenizer) {
        switch kind {
        case .wordPiece:
            var cleaning = WordPieceEncoder.Cleaning()
            (cleaning.lowercases, cleaning.stripsAccents) = (false, false)
            return (.bert(cleaning), .bert)
        case .unigram: return (nil, .metaspace(replacement: 0x2581, .always, cuts: true))
        }
    }

    /// Takes in one document, in UTF-8.
    public func add(_ document: UnsafeBufferPointer<UInt8>) throws(MartletError) {
        try counts.add(document)
    }

    /// Learns from the text so far.
    ///
    /// - Parameter progress: Called now and then with what has been learnt and what is to be.
    /// - Throws: `MartletError` if the vocabulary has no room for the characters and the special tokens, or if one of those
    ///   is empty or repeated.
    public func learn(
        progress: ((_ done: Int, _ total: Int) -> Void)? = nil
    ) throws(MartletError) -> Tokenizer {
        let words = try counts.finish()
        switch kind {
        case .wordPiece:
            let learner = WordPieceLearner(
                vocabularySize: vocabularySize, minimumFrequency: Int64(minimumFrequency),
                specialTokens: specialTokens)
            let tokens = try learner.learn(words, progress: progress)
            var vocab = JSONObject()
            for (id, token) in tokens.enumerated() {
                vocab.append(String(decoding: token, as: UTF8.self), .number(JSONNumber(id)))
            }
            return try tokenizer(
                normalizer: [
                    "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                    "strip_accents": false, "lowercase": false,
                ],
                preTokenizer: ["type": "BertPreTokenizer"],
                decoder: ["type": "WordPiece", "prefix": "##", "cleanup": true],
                model: [
                    "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                    "max_input_chars_per_word": 100, "vocab": .object(vocab),
                ])
        case .unigram:
            let learner = UnigramLearner(
                vocabularySize: vocabularySize, specialTokens: specialTokens,
                unknownToken: "<unk>")
            let result = try learner.learn(words, threads: threads, progress: progress)
            let space: JSONValue = [
                "type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always",
                "split": true,
            ]
            return try tokenizer(
                normalizer: .null, preTokenizer: space, decoder: space,
                model: [
                    "type": "Unigram",
                    "unk_id": result.unknownID.map { .number(JSONNumber($0)) } ?? .null,
                    "vocab": .array(
                        result.pieces.map {
                            [
                                .string(String(decoding: $0.piece, as: UTF8.self)),
                                .number(JSONNumber($0.score)),
                            ]
                        }),
                    "byte_fallback": false,
                ])
        }
    }

    private func tokenizer(
        normalizer: JSONValue, preTokenizer: JSONValue, decoder: JSONValue, model: JSONValue
    ) throws(MartletError) -> Tokenizer {
        var added: [JSONValue] = []
        for (id, name) in specialTokens.enumerated() {
            added.append([
                "id": .number(JSONNumber(id)), "content": .string(name), "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": false, "special": true,
            ])
        }
        return try TokenizerFile.read(
            [
                "version": "1.0", "truncation": .null, "padding": .null,
                "added_tokens": .array(added), "normalizer": normalizer,
                "pre_tokenizer": preTokenizer, "post_processor": .null, "decoder": decoder,
                "model": model,
            ], place: "the learnt vocabulary")
    }
}
