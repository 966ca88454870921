import ByteIO

/// Learns a WordPiece vocabulary: byte-pair merges over characters in which all but the first of a
/// word begin with "##". Only the tokens are kept, for a WordPiece encoder takes the longest one
/// that fits. The tokens are those of Hugging Face's `WordPieceTrainer`.
///
/// ```swift
/// let learner = WordPieceLearner(vocabularySize: 30_522, specialTokens: ["[PAD]", "[UNK]"])
/// let tokens = try learner.learn(words)
/// ```
public struct WordPieceLearner: Sendable {
    /// How the merges are learnt.
    public var characters: CharacterMergeLearner

    /// A learner of so many tokens, the special ones (first in the vocabulary) included.
    ///
    /// - Parameters:
    ///   - minimumFrequency: How often a pair must occur to be merged.
    ///   - alphabetLimit: How many characters are kept, the most frequent ones; `nil` for all.
    ///   - continuingPrefix: What a token begins with that is not the first of its word.
    public init(
        vocabularySize: Int, minimumFrequency: Int64 = 0, specialTokens: [String] = [],
        alphabetLimit: Int? = nil, continuingPrefix: String = "##"
    ) {
        characters = CharacterMergeLearner(
            vocabularySize: vocabularySize, minimumFrequency: minimumFrequency,
            specialTokens: specialTokens, alphabetLimit: alphabetLimit)
        characters.continuingPrefix = continuingPrefix
    }

    /// Learns from words, which are UTF-8.
    ///
    /// - Returns: The tokens by id: special tokens, characters, characters with prefix, merges.
    /// - Throws: What ``CharacterMergeLearner/learn(_:progress:)`` throws.
    public func learn(
        _ words: CountedWords, progress: ((_ done: Int, _ total: Int) -> Void)? = nil
    ) throws(MartletError) -> [[UInt8]] {
        try characters.learn(words, progress: progress).tokens
    }
}
