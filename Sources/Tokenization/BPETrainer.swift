import ByteIO

/// Learns a vocabulary of byte pairs from text.
///
/// The tokens are the 256 bytes in GPT-2's order, one token a merge, and at the end the special
/// tokens. The merges are those of Hugging Face's `BpeTrainer` with the byte-level alphabet: the
/// most frequent pair first, and of equally frequent ones the pair with the smallest ids.
///
/// ```swift
/// var trainer = BPETrainer(vocabularySize: 8192)
/// for document in documents { document.withUnsafeBytes { trainer.add($0) } }
/// let tokenizer = try trainer.train()
/// ```
///
/// Only the distinct pieces of the text are kept in memory, and how often each occurs.
public struct BPETrainer: Sendable {
    private let vocabularySize: Int
    private let minimumFrequency: Int
    private let specialTokens: [String]
    private var words = ByteTable(capacity: 1 << 12)
    private var counts: [Int64] = []

    /// A trainer that has seen no text.
    ///
    /// - Parameters:
    ///   - vocabularySize: The number of tokens to reach, special ones included. Text with too few
    ///     pairs gives fewer.
    ///   - minimumFrequency: How often a pair must occur to be merged.
    ///   - specialTokens: The special tokens. No merge ever makes one of them, so that ordinary
    ///     text cannot.
    public init(
        vocabularySize: Int, minimumFrequency: Int = 0,
        specialTokens: [String] = ["<|endoftext|>"]
    ) {
        self.vocabularySize = vocabularySize
        self.minimumFrequency = minimumFrequency
        self.specialTokens = specialTokens
    }

    /// Takes in one document, in UTF-8. (Bytes that are not valid are learnt from as well.)
    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        let text = bytes.bindMemory(to: UInt8.self)
        GPT2Splitter.forEachPiece(of: text) { range in
            let word = words.insert(UnsafeBufferPointer(rebasing: text[range]))
            if word == counts.count { counts.append(0) }
            counts[word] += 1
            return true
        }
    }

    /// Learns the merges from the text so far. More text may be added afterwards, and `train`
    /// called again.
    ///
    /// - Parameter progress: Called after merges now and then and at the end with the number
    ///   learnt and the number to learn, which shrinks to the former when the text gives no more.
    /// - Throws: `MartletError` if the vocabulary has no room for the bytes and the special tokens
    ///   or is too large, or if a special token is empty, repeated, or the name of a byte.
    public func train(
        progress: ((_ done: Int, _ total: Int) -> Void)? = nil
    ) throws(MartletError) -> Tokenizer {
        let specials = try checkedSpecials()
        let smallest = 256 + specials.count
        guard vocabularySize >= smallest, vocabularySize <= Vocabulary.idLimit else {
            throw MartletError(
                .invalidValue,
                "a vocabulary of \(vocabularySize) tokens: this one needs at least \(smallest) "
                    + "(the bytes and the special tokens), and at most \(Vocabulary.idLimit)")
        }
        // Pairs and list nodes have 32-bit numbers, and each byte can give rise to three of them.
        guard words.byteCount <= Int(Int32.max) / 3 else {
            throw MartletError(
                .unsupported, "the distinct words of the text are more than 682 MiB together")
        }
        // A special token's text as bytes, if it is spelled like a token of bytes.
        let forbidden = specials.compactMap { $0.withUnsafeBufferPointer(ByteAlphabet.decode) }
        var learner = MergeLearner(
            words: words, counts: counts, forbidden: forbidden,
            minimumFrequency: Int64(minimumFrequency))
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
}
