/// How well a vocabulary fits a text.
public struct VocabularyReport: Sendable, Equatable {
    /// A token and its bytes.
    public struct Token: Sendable, Equatable {
        /// The token's id.
        public var id: Int
        /// What it stands for.
        public var bytes: [UInt8]
        /// How often the text has it.
        public var count: Int64
    }

    /// The bytes of the text.
    public var byteCount: Int64
    /// The words of the text.
    public var wordCount: Int64
    /// The tokens of the text.
    public var tokenCount: Int64
    /// How many tokens another vocabulary makes of the same text, if that is known.
    public var referenceTokenCount: Int64?
    /// The number of tokens in the vocabulary.
    public var vocabularySize: Int
    /// The longest tokens, the longest first.
    public var longestTokens: [Token]
    /// The ids of the tokens that the text does not have.
    public var unusedTokens: [Int]

    /// Describes a text by the tokens it was encoded to.
    ///
    /// - Parameters:
    ///   - tokens: The bytes of each token by id; empty for an id without a token.
    ///   - counts: How often the text has each token, by id; missing ones count as zero.
    ///   - byteCount: The bytes of the text.
    ///   - wordCount: The words of the text.
    ///   - referenceTokenCount: How many tokens another vocabulary makes of it.
    ///   - longest: How many of the longest tokens are listed.
    public init(
        tokens: [[UInt8]], counts: [Int64], byteCount: Int64, wordCount: Int64,
        referenceTokenCount: Int64? = nil, longest: Int = 20
    ) {
        self.byteCount = byteCount
        self.wordCount = wordCount
        self.referenceTokenCount = referenceTokenCount
        tokenCount = counts.reduce(0, &+)
        func count(_ id: Int) -> Int64 { id < counts.count ? counts[id] : 0 }
        let used = tokens.indices.filter { !tokens[$0].isEmpty }
        vocabularySize = used.count
        unusedTokens = used.filter { count($0) == 0 }
        let order = used.sorted { left, right in
            let (a, b) = (tokens[left].count, tokens[right].count)
            return a != b ? a > b : left < right
        }
        longestTokens = order.prefix(max(longest, 0)).map { id in
            Token(id: id, bytes: tokens[id], count: count(id))
        }
    }

    /// How many bytes a token stands for on average: the larger, the shorter the texts.
    public var bytesPerToken: Double? { Self.ratio(byteCount, tokenCount) }

    /// How many tokens a word takes on average ("fertility").
    public var tokensPerWord: Double? { Self.ratio(tokenCount, wordCount) }

    /// How many bytes a token of the other vocabulary stands for.
    public var referenceBytesPerToken: Double? {
        referenceTokenCount.flatMap { Self.ratio(byteCount, $0) }
    }

    private static func ratio(_ part: Int64, _ whole: Int64) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }
}
