import ByteIO

/// Decodes ids one after the other, giving out text as soon as its scalars are whole and no later
/// token can change it.
///
/// All that `append` and `finish` give, joined, equals `decode` of all ids at once: bytes that can
/// no longer become valid UTF-8 appear as U+FFFD, and spaces appear where the tokenizer's decoder puts them.
public struct StreamingDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skipSpecial: Bool
    /// The beginning of a scalar, at most three bytes, where tokens are decoded by their bytes.
    private var pending: [UInt8] = []
    /// The tokens whose text is not given out yet, after those it is decoded in the light of.
    private var window: [Tokenizer.ID] = []
    /// How many of the window have been given out.
    private var settledCount = 0

    /// A decoder at the beginning of a text, or after the tokens of one.
    ///
    /// - Parameters:
    ///   - context: What the text goes on from: the space before its first word is then kept. Special tokens
    ///     in it, and ids that are no tokens, count for nothing.
    ///   - skipSpecial: Whether to leave out special tokens.
    public init(
        _ tokenizer: Tokenizer, after context: [Tokenizer.ID] = [], skipSpecial: Bool = false
    ) {
        self.tokenizer = tokenizer
        self.skipSpecial = skipSpecial
        guard !tokenizer.isDecodedByBytes else { return }
        window = context.suffix(4 * Self.contextLength).filter {
            !tokenizer.isSpecial($0) && (try? tokenizer.decodedBytes(of: $0)) != nil
        }.suffix(Self.contextLength)
        settledCount = window.count
    }

    /// Takes the next id and gives the text that has become certain, which may be empty.
    ///
    /// - Throws: `MartletError` if there is no token `id`; the decoder stays as it was.
    public mutating func append(_ id: Tokenizer.ID) throws(MartletError) -> String {
        let bytes = try tokenizer.decodedBytes(of: id)
        if skipSpecial, tokenizer.added.isSkipped(id) { return "" }
        guard tokenizer.isDecodedByBytes else {
            if isIdle(id) { return "" }
            window.append(id)
            if tokenizer.pipeline.decoder?.needsWholeText == true { return "" }
            // A run of byte tokens is decoded as a whole.
            if TokenDecoder.byteToken(tokenizer.decodedSpelling(of: id)) != nil { return "" }
            return try settle(isEnd: false)
        }
        pending.append(contentsOf: bytes)
        let count = StrictUTF8.decidedPrefix(of: pending)
        let text = String(decoding: pending[..<count], as: UTF8.self)
        pending.removeFirst(count)
        return text
    }

    /// Ends the text: what is left of a scalar cut short becomes U+FFFD. The decoder then stands
    /// at the beginning of another text.
    ///
    /// - Throws: `MartletError` if a pattern of the tokenizer's decoder gives up.
    public mutating func finish() throws(MartletError) -> String {
        defer {
            pending.removeAll()
            window.removeAll()
            settledCount = 0
        }
        guard tokenizer.isDecodedByBytes else { return try settle(isEnd: true) }
        return String(decoding: pending, as: UTF8.self)
    }

    /// The text of the window beyond what has been given out: what tokens add is decoded in the light of those before
    /// them, for decoders that begin a text otherwise than they go on.
    private mutating func settle(isEnd: Bool) throws(MartletError) -> String {
        let known = Array(try tokenizer.text(of: window[..<settledCount]).utf8)
        let all = Array(try tokenizer.text(of: window).utf8)
        // Bytes that are no scalar yet may become one.
        let isOpen =
            tokenizer.pipeline.decoder?.joinsBytes == true && !isEnd
            && all.suffix(3) == [0xEF, 0xBF, 0xBD]
        guard !isOpen, all.starts(with: known) || isEnd else { return "" }
        guard all.count >= known.count else { return "" }
        let text = String(decoding: all[known.count...], as: UTF8.self)
        // Few tokens that have been given out are enough to know what stands before the next, if they have text.
        if tokenizer.pipeline.pieceDecoder != nil {
            var length = Self.contextLength
            while length < window.count,
                try tokenizer.text(of: window.suffix(length)).isEmpty
            {
                length *= 2
            }
            window = window.suffix(length)
            // At the beginning, a second sign of a space does what the first did.
            if all.isEmpty, window.count > 1, window[window.count - 2] == window.last {
                window.removeLast()
            }
        } else {
            window = window.suffix(Self.contextLength)
        }
        settledCount = window.count
        return text
    }

    /// Whether a token changes nothing, because it has no text and follows one that has none.
    private func isIdle(_ id: Tokenizer.ID) -> Bool {
        guard let decoder = tokenizer.pipeline.pieceDecoder, decoder.isSilent(id),
            let last = window.last
        else { return false }
        return decoder.isSilent(last)
    }

    /// How many tokens that have been given out are kept to decode the next in their light.
    private static let contextLength = 4
}
