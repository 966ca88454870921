import ByteIO

/// Turns text into token ids and back.
///
/// There are four kinds: byte-level BPE as GPT-2 has it, the same without merges (one token a
/// byte), one token a Unicode scalar, and WordPiece as BERT has it. All are read from and written to Hugging Face's
/// `tokenizer.json`, and give the same ids as their `tokenizers` library.
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
    }

    /// How text between added tokens becomes ids.
    enum Encoder: Sendable {
        case bytePairs(BytePairEncoder)
        case characters(CharacterEncoder)
        case wordPieces(WordPieceEncoder)
    }

    let vocabulary: Vocabulary
    let encoder: Encoder
    let added: AddedTokens
    /// Tokens that belong before and after a text that a model is to read as a whole.
    var before: [ID] = [], after: [ID] = []

    /// A tokenizer of checked parts: every id the encoder or an added token yields is in the
    /// vocabulary.
    init(vocabulary: Vocabulary, encoder: Encoder, added: [AddedTokens.Token]) {
        self.vocabulary = vocabulary
        self.encoder = encoder
        self.added = AddedTokens(added)
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
        case .wordPieces: .wordpiece
        case .bytePairs(let encoder): encoder.rules.isEmpty ? .bytes : .bpe
        }
    }

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
        let encoder = BytePairEncoder(byteIDs: (0...255).map(Int32.init), rules: [], splits: false)
        let added = appendSpecials(specials, to: &vocabulary)
        return Tokenizer(vocabulary: vocabulary, encoder: .bytePairs(encoder), added: added)
    }

    /// The tokenizer whose tokens are the Unicode scalars of `text` in ascending order, and after
    /// them `<|endoftext|>` if asked for.
    ///
    /// - Throws: `MartletError` if `text` is empty or not valid UTF-8.
    public static func characters(
        of text: UnsafeRawBufferPointer, endOfText: Bool
    ) throws(MartletError) -> Tokenizer {
        let text = text.bindMemory(to: UInt8.self)
        guard let base = text.baseAddress, text.count > 0 else {
            throw MartletError(.invalidValue, "a vocabulary of characters needs some text")
        }
        var isPresent = [Bool](repeating: false, count: 0x110000)
        var index = 0
        while index < text.count {
            let (scalar, length) = StrictUTF8.decode(base + index, text.count - index)
            guard let scalar else {
                throw MartletError(.malformed, "the text is not UTF-8 at byte offset \(index)")
            }
            isPresent[Int(scalar)] = true
            index += length
        }
        var vocabulary = Vocabulary()
        var tokens: [(scalar: UInt32, id: Int32)] = []
        for value in isPresent.indices where isPresent[value] {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            tokens.append((scalar.value, Int32(tokens.count)))
            vocabulary.set(vocabulary.size, Array(String(scalar).utf8), .literal)
        }
        let added = appendSpecials(endOfText ? ["<|endoftext|>"] : [], to: &vocabulary)
        return Tokenizer(
            vocabulary: vocabulary, encoder: .characters(CharacterEncoder(tokens)), added: added)
    }

    /// The same tokenizer with more special tokens at its end; those it has stay as they are.
    ///
    /// - Throws: `.unsupported` for word pieces, whose file says which tokens there are.
    public func adding(specials: [String]) throws(MartletError) -> Tokenizer {
        let missing = specials.filter { id(ofSpecial: $0) == nil }
        guard !missing.isEmpty else { return self }
        if case .wordPieces = encoder {
            throw MartletError(
                .unsupported, "a WordPiece tokenizer without the token '\(missing[0])' gets none")
        }
        var vocabulary = vocabulary
        let fresh = Self.appendSpecials(missing, to: &vocabulary)
        return Tokenizer(vocabulary: vocabulary, encoder: encoder, added: added.tokens + fresh)
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
