import ByteIO

/// A text cut into its tokens such that every byte is shown once: what a terminal or a page draws.
///
/// The ranges of `Tokenizer.encodeWithOffsets(_:parseSpecial:)` need not be a cut: the parts of one character each
/// have all of it, what normalization leaves out has none, and some tokens stand where there is no text. The pieces
/// here lie end to end, from the first byte to the last.
///
/// ```swift
/// let text = try TokenizedText(Array("To be".utf8), by: tokenizer)
/// for piece in text.pieces { print(VisibleText.line(text.text[piece.range])) }
/// ```
public struct TokenizedText: Sendable {
    /// A token that occurs in the text.
    public struct Token: Sendable, Equatable {
        /// Its number in the vocabulary.
        public let id: Tokenizer.ID
        /// How files write it, in UTF-8: `Ġthe`, `▁the` or `##the`.
        public let spelling: [UInt8]
        /// The bytes it stands for: `Tokenizer.bytes(of:)`.
        public let bytes: [UInt8]
        /// Whether it is a special token, such as `<|endoftext|>`.
        public let isSpecial: Bool
        /// How often it occurs.
        public internal(set) var count = 0
        /// The most bytes of the text that one of its occurrences stands for.
        public internal(set) var width = 0
    }

    /// Some bytes of the text, and the token that stands for them.
    public struct Piece: Sendable, Equatable {
        /// The place of the token in `tokens`; nil where no token stands for the text.
        public internal(set) var token: Int?
        /// The bytes of the text; none if they are all with the token's neighbours.
        public let range: Range<Int>
    }

    /// The text; any bytes.
    public let text: [UInt8]
    /// The tokens, as the tokenizer gives them.
    public let ids: [Tokenizer.ID]
    /// For each of `ids` the bytes it stands for, whole characters: these may overlap, and leave text out.
    public let offsets: [Range<Int>]
    /// Every token that occurs, the most frequent first.
    public let tokens: [Token]
    /// The text from its beginning to its end: a piece for each of `ids`, in their order, and pieces without a token
    /// between them.
    public let pieces: [Piece]
    /// The number of Unicode scalars in the text, what is no UTF-8 counted as U+FFFD.
    public let characterCount: Int
    /// What one token of ordinary text stands for.
    public let kind: Tokenizer.Kind
    /// The size of the tokenizer's vocabulary.
    public let vocabularySize: Int

    /// Encodes `text`.
    ///
    /// - Parameter parseSpecial: As in `Tokenizer.encode(_:parseSpecial:)`.
    /// - Throws: `MartletError` if a scalar (or byte) of the text has no token.
    public init(
        _ text: [UInt8], by tokenizer: Tokenizer, parseSpecial: Bool = false
    ) throws(MartletError) {
        let encoded = try text.withUnsafeBufferPointer { (bytes) throws(MartletError) in
            try tokenizer.encodeWithOffsets(
                UnsafeRawBufferPointer(bytes), parseSpecial: parseSpecial)
        }
        var cutter = Cutter(text: text, tokenizer: tokenizer)
        for index in encoded.indices {
            let next = index + 1 < encoded.count ? encoded[index + 1] : nil
            cutter.add(encoded[index], before: next)
        }
        cutter.skip(to: text.count)

        let found = cutter.tokens
        let order = found.indices.sorted {
            (found[$1].count, $0) < (found[$0].count, $1)
        }
        var ranks = [Int](repeating: 0, count: order.count)
        for (rank, number) in order.enumerated() { ranks[number] = rank }

        self.text = text
        ids = encoded.map(\.id)
        offsets = encoded.map(\.range)
        tokens = order.map { found[$0] }
        pieces = cutter.pieces.map { Piece(token: $0.token.map { ranks[$0] }, range: $0.range) }
        characterCount = String(decoding: text, as: UTF8.self).unicodeScalars.count
        kind = tokenizer.kind
        vocabularySize = tokenizer.vocabularySize
    }

    /// Bytes of text for each token; nil without tokens.
    public var bytesPerToken: Double? {
        ids.isEmpty ? nil : Double(text.count) / Double(ids.count)
    }

    /// Unicode scalars of text for each token; nil without tokens.
    public var charactersPerToken: Double? {
        ids.isEmpty ? nil : Double(characterCount) / Double(ids.count)
    }
}

/// Makes a cut of ranges that overlap or leave gaps.
private struct Cutter {
    typealias Encoded = (id: Tokenizer.ID, range: Range<Int>)

    let text: [UInt8]
    let tokenizer: Tokenizer
    private(set) var tokens: [TokenizedText.Token] = []
    private(set) var pieces: [TokenizedText.Piece] = []
    private var numbers: [Tokenizer.ID: Int] = [:]
    /// Where the pieces so far end.
    private var place = 0

    init(text: [UInt8], tokenizer: Tokenizer) {
        self.text = text
        self.tokenizer = tokenizer
    }

    /// Appends the piece of a token; `next` is the token after it.
    mutating func add(_ token: Encoded, before next: Encoded?) {
        skip(to: token.range.lowerBound)
        let number = self.number(of: token.id)
        var end = max(place, token.range.upperBound)
        if let next, !next.range.isEmpty, next.range.lowerBound < token.range.upperBound {
            // Both have the same character. Either this token stands for its first bytes, or the next one has it all,
            // as the letter after a `▁` that was put in; otherwise it goes to the first token.
            let other = self.number(of: next.id)
            if let count = byteCount(of: tokens[number], before: end) {
                end = place + count
            } else if byteCount(of: tokens[other], before: next.range.upperBound) != nil {
                end = place
            }
        }
        tokens[number].count += 1
        tokens[number].width = max(tokens[number].width, end - place)
        pieces.append(TokenizedText.Piece(token: number, range: place..<end))
        place = end
    }

    /// Appends the text up to `end` as one that no token stands for, if there is any.
    mutating func skip(to end: Int) {
        guard end > place else { return }
        pieces.append(TokenizedText.Piece(token: nil, range: place..<end))
        place = end
    }

    private mutating func number(of id: Tokenizer.ID) -> Int {
        if let number = numbers[id] { return number }
        numbers[id] = tokens.count
        tokens.append(
            TokenizedText.Token(
                id: id, spelling: tokenizer.spelling(of: Int(id)),
                bytes: tokenizer.bytes(of: id) ?? [], isSpecial: tokenizer.isSpecial(id)))
        return tokens.count - 1
    }

    /// The number of bytes of `token` if just those come next in the text, and end before `limit`; a token `<0xHH>`
    /// may be the byte it names.
    private func byteCount(of token: TokenizedText.Token, before limit: Int) -> Int? {
        func isNext(_ bytes: [UInt8]) -> Bool {
            place + bytes.count <= limit && text[place..<place + bytes.count] == bytes[...]
        }
        if isNext(token.bytes) { return token.bytes.count }
        if let byte = TokenDecoder.byteToken(token.bytes), isNext([byte]) { return 1 }
        return nil
    }
}
