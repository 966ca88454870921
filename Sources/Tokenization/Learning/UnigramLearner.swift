import ByteIO

/// Learns a unigram vocabulary: pieces of words with probabilities, such that the likelihood of
/// the text is high when every word is cut into its most probable pieces.
///
/// Kudo, *Subword Regularization* (2018), section 3.2, in the form SentencePiece and Hugging Face's
/// `UnigramTrainer` have it: begin with the most frequent substrings, estimate probabilities by
/// expectation maximisation, drop a quarter of the pieces, those whose loss hurts least, and so on
/// down to the size. Three things differ and make texts shorter: substrings are counted with the
/// frequencies of their words, the end of a word counts as a place where a substring may end, and
/// characters are never dropped on the way.
///
/// ```swift
/// let learnt = try UnigramLearner(vocabularySize: 32_000).learn(words, threads: 8)
/// ```
///
/// The words come with whatever marks a space ("▁") in them. The result is the same for every
/// number of threads.
public struct UnigramLearner: Sendable {
    /// The number of tokens to reach, special ones and the unknown token included. Text with too
    /// few substrings gives fewer.
    public var vocabularySize: Int
    /// The first tokens, with score 0; no piece is one of them.
    public var specialTokens: [String]
    /// The token for what cannot be spelt; put first unless it is one of the special tokens.
    public var unknownToken: String?
    /// How many characters are kept, the most frequent ones; `nil` for all. A word is cut at the
    /// others, which are left to the unknown token.
    public var alphabetLimit: Int?
    /// Characters that become pieces even if the text does not have them.
    public var initialAlphabet = ""
    /// The number of pieces at the beginning, at most 8 million.
    public var seedSize = 1_000_000
    /// The number of characters of a piece, at most 255.
    public var maximumPieceLength = 16
    /// The part of the pieces that is kept each time some are dropped.
    public var shrinkingFactor = 0.75
    /// How often probabilities are estimated before pieces are dropped.
    public var subIterations = 2

    /// What has been learnt.
    public struct Result: Sendable {
        /// The tokens by id and the logarithms of their probabilities: the special ones, then the
        /// pieces, the most probable first.
        public var pieces: [(piece: [UInt8], score: Double)]
        /// The id of the unknown token.
        public var unknownID: Int?
    }

    /// A learner with SentencePiece's settings.
    public init(
        vocabularySize: Int, specialTokens: [String] = [], unknownToken: String? = "<unk>",
        alphabetLimit: Int? = nil
    ) {
        self.vocabularySize = vocabularySize
        self.specialTokens = specialTokens
        self.unknownToken = unknownToken
        self.alphabetLimit = alphabetLimit
    }

    /// Learns from words, which are UTF-8 (what is not counts as U+FFFD).
    ///
    /// - Parameters:
    ///   - threads: How many threads work.
    ///   - progress: Called after each estimation with the number of pieces and the number to
    ///     reach.
    /// - Throws: `MartletError` if a setting makes no sense, if a special token is empty or
    ///   repeated, or if the vocabulary has no room for the special tokens and the characters.
    public func learn(
        _ words: CountedWords, threads: Int = 1,
        progress: ((_ pieces: Int, _ target: Int) -> Void)? = nil
    ) throws(MartletError) -> Result {
        try checkSettings(threads)
        let (reserved, unknownID) = try reservedTokens()
        let text = try UnigramText(
            words, alphabetLimit: alphabetLimit, initialAlphabet: initialAlphabet)
        let room = vocabularySize - reserved.count
        guard room >= text.alphabet.count else {
            throw MartletError(
                .invalidValue,
                "a vocabulary of \(vocabularySize) tokens: this one needs at least "
                    + "\(reserved.count + text.alphabet.count) (the special tokens and the "
                    + "characters, which a limit can make fewer)")
        }
        // A tenth more than is needed is left by estimation; the rest goes at the end.
        let target = vocabularySize + vocabularySize / 10
        var model = UnigramModel(
            text: text, pieces: text.seeds(size: seedSize, maximumLength: maximumPieceLength),
            threads: threads)
        while true {
            for _ in 0..<subIterations {
                model.estimate()
                progress?(model.pieces.count, target)
            }
            // The unknown token counts, as in the model of Hugging Face's trainer.
            let size = model.pieces.count + 1
            if size <= target { break }
            model.prune(to: max(target, Int(Double(size) * shrinkingFactor)) - 1)
            if model.pieces.count + 1 >= size { break }
        }
        let taken = Set(reserved)
        let chosen = choose(model, room).filter { !taken.contains($0.piece) }
        return Result(pieces: reserved.map { ($0, 0) } + chosen, unknownID: unknownID)
    }

    private func checkSettings(_ threads: Int) throws(MartletError) {
        var problem: String?
        if !(1...1024).contains(threads) { problem = "\(threads) threads: 1 to 1024 are possible" }
        if vocabularySize < 1 || vocabularySize > Vocabulary.idLimit {
            problem = "a vocabulary of \(vocabularySize) tokens"
        }
        // The nodes of a trie of the longest pieces have 32-bit numbers.
        if !(1...8_000_000).contains(seedSize) {
            problem = "\(seedSize) pieces to begin with: 1 to 8000000 are possible"
        }
        if !(1...255).contains(maximumPieceLength) {
            problem = "pieces of up to \(maximumPieceLength) characters: 1 to 255 are possible"
        }
        if !(shrinkingFactor > 0 && shrinkingFactor < 1) {
            problem = "a shrinking factor of \(shrinkingFactor): it must be between 0 and 1"
        }
        if !(1...1000).contains(subIterations) { problem = "\(subIterations) estimations a round" }
        if let limit = alphabetLimit, limit < 1 { problem = "an alphabet of \(limit) characters" }
        if let problem { throw MartletError(.invalidValue, problem) }
    }

    /// The tokens before the pieces, and the id of the unknown token.
    private func reservedTokens() throws(MartletError) -> (tokens: [[UInt8]], unknownID: Int?) {
        var tokens = specialTokens.map { Array($0.utf8) }
        var unknownID: Int?
        if let unknown = unknownToken.map({ Array($0.utf8) }) {
            unknownID = tokens.firstIndex(of: unknown) ?? 0
            if !tokens.contains(unknown) { tokens.insert(unknown, at: 0) }
        }
        guard !tokens.contains([]), Set(tokens).count == tokens.count else {
            throw MartletError(.invalidValue, "a special token is empty or there twice")
        }
        return (tokens, unknownID)
    }

    /// Up to `room` pieces with their scores: all characters, and of the others the ones that were
    /// the hardest to do without.
    private func choose(_ model: UnigramModel, _ room: Int) -> [(piece: [UInt8], score: Double)] {
        let text = model.text
        var scoreOfCharacter: [UInt32: Double] = [:]
        for piece in model.pieces where piece.length == 1 {
            scoreOfCharacter[text.symbols[Int(piece.start)]] = piece.score
        }
        var chosen: [(piece: [UInt8], score: Double)] = []
        var penalty = 0.0
        for (index, scalar) in text.alphabet.enumerated() {
            if let score = scoreOfCharacter[UInt32(index + 1)] {
                chosen.append((utf8(scalar), score))
            } else {
                penalty += 0.0001
                chosen.append((utf8(scalar), model.lowestScore - penalty))
            }
        }
        let others = model.pieces.filter { $0.length > 1 }.sorted { $0.priority < $1.priority }
        for piece in others.prefix(room - chosen.count) {
            chosen.append((text.bytes(of: piece), piece.score))
        }
        return chosen.enumerated().sorted { left, right in
            left.element.score != right.element.score
                ? left.element.score > right.element.score : left.offset < right.offset
        }.map(\.element)
    }
}
