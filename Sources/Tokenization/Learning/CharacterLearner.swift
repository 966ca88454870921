import ByteIO

/// Collects the Unicode scalars of text, and makes the tokenizer whose tokens they are.
///
/// ```swift
/// var learner = CharacterLearner()
/// for document in documents { try document.withUnsafeBytes { try learner.add($0) } }
/// let tokenizer = try learner.learn(endOfText: true)
/// ```
public struct CharacterLearner: Sendable {
    private var isPresent = [Bool](repeating: false, count: 0x110000)
    private var isEmpty = true

    /// A learner that has seen no text.
    public init() {}

    /// Takes in text in UTF-8: a document, or a part of one that holds whole scalars.
    ///
    /// - Throws: `MartletError` if it is not valid UTF-8; the scalars before are taken in.
    public mutating func add(_ text: UnsafeRawBufferPointer) throws(MartletError) {
        let text = text.bindMemory(to: UInt8.self)
        guard let base = text.baseAddress, text.count > 0 else { return }
        isEmpty = false
        var index = 0
        while index < text.count {
            let (scalar, length) = StrictUTF8.decode(base + index, text.count - index)
            guard let scalar else {
                throw MartletError(.malformed, "the text is not UTF-8 at byte offset \(index)")
            }
            isPresent[Int(scalar)] = true
            index += length
        }
    }

    /// The tokenizer whose tokens are the scalars so far in ascending order, and after them
    /// `<|endoftext|>` if asked for.
    ///
    /// - Throws: `MartletError` if there was no text.
    public func learn(endOfText: Bool) throws(MartletError) -> Tokenizer {
        guard !isEmpty else {
            throw MartletError(.invalidValue, "a vocabulary of characters needs some text")
        }
        var vocabulary = Vocabulary()
        var tokens: [(scalar: UInt32, id: Int32)] = []
        for value in isPresent.indices where isPresent[value] {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            tokens.append((scalar.value, Int32(tokens.count)))
            vocabulary.set(vocabulary.size, Array(String(scalar).utf8), .literal)
        }
        let added = Tokenizer.appendSpecials(
            endOfText ? ["<|endoftext|>"] : [], to: &vocabulary)
        return Tokenizer(
            vocabulary: vocabulary, encoder: .characters(CharacterEncoder(tokens)), added: added,
            pipeline: .characters)
    }
}
