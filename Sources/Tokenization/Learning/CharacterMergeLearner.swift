import ByteIO

/// Learns merges of characters: byte-pair encoding over Unicode scalars, as Hugging Face's
/// `BpeTrainer` does it.
///
/// The tokens are the special tokens, the characters in the order of their scalars, their forms
/// with prefix or suffix in that order too, and one token a merge.
///
/// ```swift
/// var learner = CharacterMergeLearner(vocabularySize: 8192)
/// learner.endOfWordSuffix = "</w>"
/// let learnt = try learner.learn(words)
/// ```
public struct CharacterMergeLearner: Sendable {
    /// The number of tokens to reach. Text with too few pairs gives fewer.
    public var vocabularySize: Int
    /// How often a pair must occur to be merged.
    public var minimumFrequency: Int64
    /// The first tokens. No merge ever makes one of them.
    public var specialTokens: [String]
    /// How many characters are kept, the most frequent ones and of equally frequent ones those
    /// with the smallest scalars; `nil` for all. The others are dropped from the words.
    public var alphabetLimit: Int?
    /// Characters that are kept before all others, even if the text does not have them.
    public var initialAlphabet = ""
    /// What stands before a character that is not the first of its word: "##" in WordPiece.
    public var continuingPrefix = ""
    /// What stands after the last character of a word: "</w>" in the first GPT.
    public var endOfWordSuffix = ""
    /// Merges make only tokens of fewer characters (as in Hugging Face's trainer, those of two
    /// characters aside); `nil` for any.
    public var lengthLimit: Int?

    /// What has been learnt.
    public struct Result: Sendable {
        /// The tokens by id.
        public var tokens: [[UInt8]]
        /// The merges in order: the ids of two tokens and of what they become.
        public var merges: [(left: Int32, right: Int32, result: Int32)]
    }

    /// A learner without limits on characters and lengths.
    public init(
        vocabularySize: Int, minimumFrequency: Int64 = 0, specialTokens: [String] = [],
        alphabetLimit: Int? = nil
    ) {
        self.vocabularySize = vocabularySize
        self.minimumFrequency = minimumFrequency
        self.specialTokens = specialTokens
        self.alphabetLimit = alphabetLimit
    }

    /// Learns from words, which are UTF-8 (what is not counts as U+FFFD).
    ///
    /// - Parameter progress: Called after merges now and then and at the end with the number
    ///   learnt and the number to learn, which shrinks to the former when the text gives no more.
    /// - Throws: `MartletError` if the vocabulary has no room for the special tokens and the
    ///   characters or is too large, if a limit is negative, or if a special token is empty,
    ///   repeated, or one of the characters.
    public func learn(
        _ words: CountedWords, progress: ((_ done: Int, _ total: Int) -> Void)? = nil
    ) throws(MartletError) -> Result {
        guard alphabetLimit ?? 0 >= 0, lengthLimit ?? 1 >= 1 else {
            throw MartletError(
                .invalidValue, "a limit of characters that is negative, or of lengths below 1")
        }
        var tokens = try specialTable()
        let alphabet = alphabet(of: words)
        for scalar in alphabet {
            let before = tokens.count
            guard tokens.insert(utf8(scalar)) == before else {
                throw MartletError(
                    .invalidValue,
                    "the special token \(quoted(utf8(scalar))) is a character of the text")
            }
        }
        let spelt = spell(words, alphabet, &tokens)
        guard vocabularySize >= tokens.count, vocabularySize <= Vocabulary.idLimit else {
            throw MartletError(
                .invalidValue,
                "a vocabulary of \(vocabularySize) tokens: this one needs at least "
                    + "\(tokens.count) (the special tokens and the characters, which a limit can "
                    + "make fewer), and at most \(Vocabulary.idLimit)")
        }
        var options = SymbolMergeLearner.Options()
        options.minimumFrequency = minimumFrequency
        options.forbidden = specialTokens.map { Array($0.utf8) }
        options.continuingPrefix = Array(continuingPrefix.utf8)
        options.lengthLimit = lengthLimit
        let total = vocabularySize - tokens.count
        var learner = try SymbolMergeLearner(
            tokens: tokens, symbols: spelt.symbols, ends: spelt.ends, counts: words.counts,
            options: options)
        while learner.learnedTokens < total, learner.learnOne() {
            let done = learner.learnedTokens
            if done.isMultiple(of: 64) { progress?(done, total) }
        }
        progress?(learner.learnedTokens, learner.learnedTokens)
        return Result(
            tokens: (0..<learner.tokens.count).map { Array(learner.tokens[$0]) },
            merges: learner.rules)
    }

    // MARK: - What there is before the first merge

    private func specialTable() throws(MartletError) -> ByteTable {
        var tokens = ByteTable()
        for special in specialTokens {
            let content = Array(special.utf8)
            let before = tokens.count
            guard !content.isEmpty, tokens.insert(content) == before else {
                throw MartletError(
                    .invalidValue,
                    "the special token \(quoted(content)) is "
                        + (content.isEmpty ? "empty" : "there twice"))
            }
        }
        return tokens
    }

    /// The characters that are kept, sorted.
    private func alphabet(of words: CountedWords) -> [UInt32] {
        var counts = scalarCounts(of: words)
        for scalar in initialAlphabet.unicodeScalars { counts[scalar.value] = .max }
        guard let alphabetLimit, alphabetLimit < counts.count else { return counts.keys.sorted() }
        let kept = counts.sorted { left, right in
            left.value != right.value ? left.value > right.value : left.key < right.key
        }
        return kept.prefix(alphabetLimit).map(\.key).sorted()
    }

    /// The words as tokens. The forms of the characters with prefix or suffix that occur become
    /// tokens in the order of form and scalar.
    private func spell(
        _ words: CountedWords, _ alphabet: [UInt32], _ tokens: inout ByteTable
    ) -> (symbols: [Int32], ends: [Int]) {
        // By scalar and form: 1 with the prefix, 2 with the suffix, 3 with both.
        var ids: [UInt64: Int32] = [:]
        var symbols: [Int32] = []
        var ends: [Int] = []
        let known = Set(alphabet)
        let (hasPrefix, hasSuffix) = (!continuingPrefix.isEmpty, !endOfWordSuffix.isEmpty)
        // First with provisional numbers, in the order the forms come up.
        var forms: [UInt64] = []
        for word in 0..<words.count {
            let range = words.range(of: word)
            forEachScalar(of: words.bytes, in: range) { scalar, place in
                guard known.contains(scalar) else { return }
                var form = UInt64(scalar)
                if hasPrefix, place.lowerBound > range.lowerBound { form |= 1 << 32 }
                if hasSuffix, place.upperBound == range.upperBound { form |= 2 << 32 }
                if let id = ids[form] {
                    symbols.append(id)
                } else {
                    ids[form] = Int32(forms.count)
                    symbols.append(Int32(forms.count))
                    forms.append(form)
                }
            }
            ends.append(symbols.count)
        }
        var final = [Int32](repeating: 0, count: forms.count)
        for (form, provisional) in ids.sorted(by: { $0.key < $1.key }) {
            var bytes = utf8(UInt32(truncatingIfNeeded: form))
            if form >> 32 & 1 != 0 { bytes = Array(continuingPrefix.utf8) + bytes }
            if form >> 32 & 2 != 0 { bytes += Array(endOfWordSuffix.utf8) }
            final[Int(provisional)] = Int32(tokens.insert(bytes))
        }
        for index in symbols.indices { symbols[index] = final[Int(symbols[index])] }
        return (symbols, ends)
    }
}

/// How often each scalar occurs in the words.
func scalarCounts(of words: CountedWords) -> [UInt32: Int64] {
    var counts: [UInt32: Int64] = [:]
    for word in 0..<words.count {
        let count = words.counts[word]
        forEachScalar(of: words.bytes, in: words.range(of: word)) { scalar, _ in
            let (sum, overflow) = counts[scalar, default: 0].addingReportingOverflow(count)
            counts[scalar] = overflow ? .max : sum
        }
    }
    return counts
}

/// Calls `body` with the scalars of UTF-8 text and where they stand; what is not valid counts as
/// U+FFFD.
func forEachScalar(
    of bytes: [UInt8], in range: Range<Int>, _ body: (_ scalar: UInt32, _ place: Range<Int>) -> Void
) {
    bytes.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return }
        var index = range.lowerBound
        while index < range.upperBound {
            let (scalar, length) = StrictUTF8.decode(base + index, range.upperBound - index)
            body(scalar ?? 0xFFFD, index..<index + length)
            index += length
        }
    }
}

/// The UTF-8 bytes of a scalar.
func utf8(_ scalar: UInt32) -> [UInt8] {
    guard let scalar = Unicode.Scalar(scalar) else { return [0xEF, 0xBF, 0xBD] }
    return Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
}
