import ByteIO

/// Learns a vocabulary from text, and makes a tokenizer of it.
///
/// ```swift
/// let learner = try VocabularyLearner(.bytePairs, vocabularySize: 8192)
/// for document in documents { try document.withUnsafeBytes { try learner.add($0) } }
/// let tokenizer = try learner.learn()
/// ```
///
/// The text may be larger than memory: only its distinct words are kept, on disk where they are many. The
/// vocabulary is the same for every number of threads.
public final class VocabularyLearner {
    /// What is learnt.
    public enum Kind: String, Sendable, CaseIterable {
        /// Byte pairs over GPT-2's pieces: the tokens are the 256 bytes in GPT-2's order, one token a merge, and at
        /// the end the special tokens. The merges are those of Hugging Face's `BpeTrainer` with the byte-level
        /// alphabet.
        case bytePairs = "bpe"
        /// BERT's pieces of words, with case and accents as they are.
        case wordPiece = "wordpiece"
        /// Pieces with probabilities (Kudo 2018), spaces written as U+2581.
        case unigram

        /// The special tokens a vocabulary has if nobody says otherwise.
        public var standardSpecialTokens: [String] {
            switch self {
            case .bytePairs: ["<|endoftext|>"]
            case .wordPiece: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
            case .unigram: ["<unk>", "</s>"]
            }
        }

        /// The special token that stands for what has none, which there must be.
        var unknown: String? {
            switch self {
            case .bytePairs: nil
            case .wordPiece: "[UNK]"
            case .unigram: "<unk>"
            }
        }
    }

    /// The distinct words that were left out of the last vocabulary to save memory: the rarest ones.
    public private(set) var omittedWords = 0

    private let kind: Kind
    private let vocabularySize: Int
    private let minimumFrequency: Int
    private let specialTokens: [String]
    private let alphabetLimit: Int?
    private let threads: Int
    private let counts: WordCounts

    /// A learner that has seen no text.
    ///
    /// - Parameters:
    ///   - vocabularySize: The number of tokens to reach, special ones included. Text with too few pairs gives fewer.
    ///   - minimumFrequency: How often a pair must occur to be merged; not for unigrams.
    ///   - specialTokens: The special tokens; nil for those of the kind. The one for unknown text is added if it is
    ///     needed and missing. No merge ever makes one of them, so that ordinary text cannot.
    ///   - alphabetLimit: How many characters are kept, the most frequent ones; nil for all. Byte pairs begin with the
    ///     256 bytes, and have none.
    ///   - threads: How many threads count words and estimate probabilities.
    /// - Throws: `MartletError` for a number of threads out of range, or a limit where there is none.
    public init(
        _ kind: Kind, vocabularySize: Int, minimumFrequency: Int = 0,
        specialTokens: [String]? = nil, alphabetLimit: Int? = nil, threads: Int = 1
    ) throws(MartletError) {
        guard alphabetLimit == nil || kind != .bytePairs else {
            throw MartletError(
                .invalidValue, "byte pairs begin with the 256 bytes: their alphabet has no limit")
        }
        self.alphabetLimit = alphabetLimit
        self.kind = kind
        self.vocabularySize = vocabularySize
        self.minimumFrequency = minimumFrequency
        self.threads = threads
        var specials = specialTokens ?? kind.standardSpecialTokens
        if let unknown = kind.unknown, !specials.contains(unknown) { specials.append(unknown) }
        self.specialTokens = specials
        counts =
            switch kind {
            case .bytePairs:
                try WordCounts(threads: threads) { text, _, word in
                    PatternScanner.gpt2.forEachPiece(of: text) { range in
                        word(UnsafeBufferPointer(rebasing: text[range]))
                        return true
                    }
                }
            case .wordPiece:
                try Self.counts(by: .bert, .bert(Self.cleaning), threads, .afterLines)
            case .unigram:
                // Text that is cut at spaces alone must not be divided at lines.
                try Self.counts(
                    by: .metaspace(replacement: 0x2581, .always, cuts: true), nil, threads, .nowhere
                )
            }
    }

    private static var cleaning: WordPieceEncoder.Cleaning {
        var cleaning = WordPieceEncoder.Cleaning()
        (cleaning.lowercases, cleaning.stripsAccents) = (false, false)
        return cleaning
    }

    private static func counts(
        by preTokenizer: PreTokenizer, _ normalizer: Normalizer?, _ threads: Int,
        _ division: WordCounts.Division
    ) throws(MartletError) -> WordCounts {
        try WordCounts(threads: threads, division: division) {
            (text, _, word) throws(MartletError) in
            do throws(RegexFailure) {
                // Bytes that are no text count as U+FFFD.
                let valid = Array(String(decoding: text, as: UTF8.self).utf8)
                var aligned = valid.withUnsafeBufferPointer {
                    AlignedText($0, from: 0, isTracked: false)
                }
                if let normalizer { aligned = try normalizer.normalized(aligned) }
                guard aligned.count > 0 else { return }
                let pieces = try preTokenizer.cut(
                    PreTokenizer.Pieces(text: aligned, ranges: [0..<aligned.count]))
                pieces.text.bytes.withUnsafeBufferPointer { bytes in
                    for range in pieces.ranges { word(UnsafeBufferPointer(rebasing: bytes[range])) }
                }
            } catch {
                throw MartletError(.unsupported, "the text takes too many steps to cut")
            }
        }
    }

    /// Takes in one document, in UTF-8. (Byte pairs are learnt from bytes that are not valid as well.)
    public func add(_ document: UnsafeRawBufferPointer) throws(MartletError) {
        try counts.add(document.bindMemory(to: UInt8.self))
    }

    /// Learns from the text so far. More text may be added afterwards, and `learn` called again.
    ///
    /// - Parameter progress: Called now and then and at the end with what has been learnt and what is to be; the latter
    ///   shrinks to the former when the text gives no more.
    /// - Throws: `MartletError` if the vocabulary has no room for the bytes or characters and the special tokens, or
    ///   if one of those is empty, repeated, or the name of a byte.
    public func learn(
        progress: ((_ done: Int, _ total: Int) -> Void)? = nil
    ) throws(MartletError) -> Tokenizer {
        switch kind {
        case .bytePairs: try bytePairs(progress)
        case .wordPiece: try wordPieces(progress)
        case .unigram: try unigrams(progress)
        }
    }

    private func words() throws(MartletError) -> CountedWords {
        let words = try counts.finish()
        omittedWords = words.omittedWords
        return words
    }

    // MARK: - Byte pairs

    private func bytePairs(
        _ progress: ((_ done: Int, _ total: Int) -> Void)?
    ) throws(MartletError) -> Tokenizer {
        let specials = try checkedSpecials()
        let smallest = 256 + specials.count
        guard vocabularySize >= smallest, vocabularySize <= Vocabulary.idLimit else {
            throw MartletError(
                .invalidValue,
                "a vocabulary of \(vocabularySize) tokens: this one needs at least \(smallest) "
                    + "(the bytes and the special tokens), and at most \(Vocabulary.idLimit)")
        }
        var options = SymbolMergeLearner.Options()
        options.minimumFrequency = Int64(minimumFrequency)
        // A special token's text as bytes, if it is spelled like a token of bytes.
        options.forbidden = specials.compactMap {
            $0.withUnsafeBufferPointer(ByteAlphabet.decode)
        }
        var learner = try SymbolMergeLearner(bytesOf: words(), options: options)
        let total = vocabularySize - smallest
        while learner.learnedTokens < total, learner.learnOne() {
            let done = learner.learnedTokens
            if done.isMultiple(of: 64) { progress?(done, total) }
        }
        progress?(learner.learnedTokens, learner.learnedTokens)

        var vocabulary = Vocabulary((0..<learner.tokens.count).map { learner.tokens[$0] })
        let added = Tokenizer.appendSpecials(specialTokens, to: &vocabulary)
        var byteIDs = [Int32](repeating: -1, count: 256)
        for (id, byte) in ByteAlphabet.bytesInOrder.enumerated() { byteIDs[Int(byte)] = Int32(id) }
        let encoder = BytePairEncoder(
            byteIDs: byteIDs, rules: learner.rules, cutting: .scanner(.gpt2))
        return Tokenizer(
            vocabulary: vocabulary, encoder: .bytePairs(encoder), added: added,
            pipeline: .bytePairs(cuts: true))
    }

    private func checkedSpecials() throws(MartletError) -> [[UInt8]] {
        var seen: [[UInt8]] = []
        for special in specialTokens {
            let content = Array(special.utf8)
            let bytes = content.withUnsafeBufferPointer(ByteAlphabet.decode)
            var problem: String?
            if bytes?.count == 1 { problem = "is spelled like the token of a byte" }
            if seen.contains(content) { problem = "is there twice" }
            if content.isEmpty { problem = "is empty" }
            if let problem {
                throw MartletError(.invalidValue, "the special token \(quoted(content)) \(problem)")
            }
            seen.append(content)
        }
        return seen
    }

    // MARK: - Pieces of words, and pieces with probabilities

    private func wordPieces(
        _ progress: ((_ done: Int, _ total: Int) -> Void)?
    ) throws(MartletError) -> Tokenizer {
        let learner = WordPieceLearner(
            vocabularySize: vocabularySize, minimumFrequency: Int64(minimumFrequency),
            specialTokens: specialTokens, alphabetLimit: alphabetLimit)
        var vocab = JSONObject()
        for (id, token) in try learner.learn(words(), progress: progress).enumerated() {
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
    }

    private func unigrams(
        _ progress: ((_ done: Int, _ total: Int) -> Void)?
    ) throws(MartletError) -> Tokenizer {
        let learner = UnigramLearner(
            vocabularySize: vocabularySize, specialTokens: specialTokens, unknownToken: "<unk>",
            alphabetLimit: alphabetLimit)
        let result = try learner.learn(words(), threads: threads, progress: progress)
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

    /// The tokenizer of a model whose first tokens are the special ones.
    private func tokenizer(
        normalizer: JSONValue, preTokenizer: JSONValue, decoder: JSONValue, model: JSONValue
    ) throws(MartletError) -> Tokenizer {
        let added = specialTokens.enumerated().map { id, name -> JSONValue in
            [
                "id": .number(JSONNumber(id)), "content": .string(name), "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": false, "special": true,
            ]
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
