import ByteIO

/// Turns text into token ids and back.
///
/// The models are byte-level and character-level BPE, WordPiece, Unigram and whole words, with every
/// normalizer, pre-tokenizer, post-processor and decoder of Hugging Face's `tokenizer.json`, which is what they are read
/// from and written to, with the same ids, offsets and text as their `tokenizers` library; and
/// one token a byte or a Unicode scalar, which need no training. Also read are GPT-2's own files, tiktoken's,
/// BERT's `vocab.txt` and SentencePiece's models.
///
/// A tokenizer is a value that never changes, and can be used from many threads at once.
public struct Tokenizer: Sendable {
    /// The number of a token: from 0 up to, and without, `vocabularySize`.
    public typealias ID = Int32

    /// What one token of ordinary text stands for.
    public enum Kind: String, Sendable, Hashable {
        /// One byte.
        case bytes
        /// One Unicode scalar.
        case characters
        /// A run of bytes, built by byte-pair merges.
        case bpe
        /// A word or a piece of one, as BERT has them.
        case wordpiece
        /// The parts of the likeliest spelling.
        case unigram
        /// A whole word.
        case words
    }

    /// How text between added tokens becomes ids.
    enum Encoder: Sendable {
        case bytePairs(BytePairEncoder)
        case symbolPairs(SymbolPairEncoder)
        case characters(CharacterEncoder)
        case wordPieces(WordPieceEncoder)
        case wordSpeller(WordPieceSpeller)
        case unigram(UnigramEncoder)
        case sentencePieces(SentencePieceEncoder)
        case words(WordEncoder)
    }

    let vocabulary: Vocabulary
    let encoder: Encoder
    let added: AddedTokens
    let pipeline: Pipeline

    /// A tokenizer of checked parts: every id the encoder or an added token yields is in the
    /// vocabulary.
    init(
        vocabulary: Vocabulary, encoder: Encoder, added: [AddedTokens.Token], pipeline: Pipeline
    ) {
        self.vocabulary = vocabulary
        self.encoder = encoder
        self.pipeline = pipeline
        var steps = RegexSteps(for: added.reduce(0) { $0 + $1.content.count })
        self.added = AddedTokens(added) { content in
            let text = content.withUnsafeBufferPointer {
                AlignedText($0, from: 0, isTracked: false)
            }
            // A pattern that gives up on a token's name leaves it as it is.
            return (try? pipeline.normalized(text, &steps).bytes) ?? content
        }
        endOfText = self.added.special("<|endoftext|>".utf8)
    }

    /// The id of `<|endoftext|>`, or `nil` if the tokenizer has no special token of that name.
    public let endOfText: ID?

    /// The highest id plus 1, special and other added tokens included.
    public var vocabularySize: Int { vocabulary.size }

    /// What one token of ordinary text stands for.
    public var kind: Kind {
        switch encoder {
        case .characters: .characters
        case .wordPieces, .wordSpeller: .wordpiece
        case .unigram: .unigram
        case .words: .words
        case .symbolPairs, .sentencePieces: .bpe
        case .bytePairs(let encoder): encoder.rules.isEmpty ? .bytes : .bpe
        }
    }

    /// Whether a space is put before every text, even one that begins with a space: a part of a longer text that was cut
    /// before a space is then to be encoded without it.
    package var doublesLeadingSpace: Bool { pipeline.doublesSpace }

    /// Whether `id` is a special token, such as `<|endoftext|>`.
    public func isSpecial(_ id: ID) -> Bool {
        added.isSpecial(id)
    }

    /// The id of the special token whose text is exactly `text`, byte for byte.
    public func id(ofSpecial text: String) -> ID? {
        added.special(text.utf8)
    }

    /// The bytes that the token `id` stands for, or `nil` if there is no such token.
    public func bytes(of id: ID) -> [UInt8]? {
        vocabulary.bytes(of: Int(id)).map(Array.init)
    }

    /// The token `id` for people to read: parts of UTF-8 scalars, and ids without a token, are
    /// shown as U+FFFD.
    public func text(of id: ID) -> String {
        guard let bytes = vocabulary.bytes(of: Int(id)) else { return "\u{FFFD}" }
        return String(decoding: bytes, as: UTF8.self)
    }
}

// MARK: - Tokenizers that need no training

extension Tokenizer {
    /// The tokenizer whose tokens are the 256 bytes, each with its value as its id, and after them
    /// the special tokens. Any bytes can be encoded.
    ///
    /// - Parameter specials: Special tokens; empty and repeated ones are left out.
    public static func bytes(specials: [String] = ["<|endoftext|>"]) -> Tokenizer {
        var vocabulary = Vocabulary((0...255).map { CollectionOfOne(UInt8($0)) })
        let encoder = BytePairEncoder(byteIDs: (0...255).map(Int32.init), rules: [], cutting: .none)
        let added = appendSpecials(specials, to: &vocabulary)
        return Tokenizer(
            vocabulary: vocabulary, encoder: .bytePairs(encoder), added: added,
            pipeline: .bytePairs(cuts: false))
    }

    /// The tokenizer whose tokens are the Unicode scalars of `text` in ascending order, and after
    /// them `<|endoftext|>` if asked for.
    ///
    /// - Throws: `MartletError` if `text` is empty or not valid UTF-8.
    public static func characters(
        of text: UnsafeRawBufferPointer, endOfText: Bool
    ) throws(MartletError) -> Tokenizer {
        var learner = CharacterLearner()
        try learner.add(text)
        return try learner.learn(endOfText: endOfText)
    }

    /// The same tokenizer with more special tokens at its end; those it has stay as they are.
    public func adding(specials: [String]) -> Tokenizer {
        let missing = specials.filter { id(ofSpecial: $0) == nil }
        guard !missing.isEmpty else { return self }
        var vocabulary = vocabulary
        let fresh = Self.appendSpecials(missing, to: &vocabulary)
        return Tokenizer(
            vocabulary: vocabulary, encoder: encoder, added: added.tokens + fresh,
            pipeline: pipeline)
    }

    /// Appends special tokens to `vocabulary`, without empty and repeated ones.
    static func appendSpecials(
        _ specials: [String], to vocabulary: inout Vocabulary
    ) -> [AddedTokens.Token] {
        var tokens: [AddedTokens.Token] = []
        for content in specials.map({ Array($0.utf8) }) {
            if content.isEmpty || tokens.contains(where: { $0.content == content }) { continue }
            let id = vocabulary.size
            vocabulary.set(id, content, .literal)
            tokens.append(
                AddedTokens.Token(
                    id: Int32(id), content: content, isSpecial: true, isNormalized: false))
        }
        return tokens
    }
}
