import ByteIO

/// Decodes ids one after the other, giving out text as soon as its scalars are whole.
///
/// All that `append` and `finish` give, joined, equals `decode` of all ids at once: bytes that can
/// no longer become valid UTF-8 appear as U+FFFD.
public struct StreamingDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skipSpecial: Bool
    /// The beginning of a scalar, at most three bytes.
    private var pending: [UInt8] = []

    /// A decoder at the beginning of a text.
    ///
    /// - Parameter skipSpecial: Whether to leave out special tokens.
    public init(_ tokenizer: Tokenizer, skipSpecial: Bool = false) {
        self.tokenizer = tokenizer
        self.skipSpecial = skipSpecial
    }

    /// Takes the next id and gives the text that has become certain, which may be empty.
    ///
    /// - Throws: `MartletError` if there is no token `id`; the decoder stays as it was.
    public mutating func append(_ id: Tokenizer.ID) throws(MartletError) -> String {
        let bytes = try tokenizer.checkedBytes(of: id)
        if skipSpecial, tokenizer.isSpecial(id) { return "" }
        pending.append(contentsOf: bytes)
        let count = StrictUTF8.decidedPrefix(of: pending)
        let text = String(decoding: pending[..<count], as: UTF8.self)
        pending.removeFirst(count)
        return text
    }

    /// Ends the text: what is left of a scalar cut short becomes U+FFFD. The decoder then stands
    /// at the beginning of another text.
    public mutating func finish() -> String {
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }
}
