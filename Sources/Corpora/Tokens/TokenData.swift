import ByteIO
import Tokenization

/// A corpus as tokens, for training and for validation.
public struct TokenData: Sendable {
    /// What to train on.
    public let train: TokenShard
    /// What to measure on.
    public let validation: TokenShard
    /// Whether the tokens were there from an earlier run.
    public let wasCached: Bool

    /// Puts two shards together.
    public init(train: TokenShard, validation: TokenShard, wasCached: Bool = false) {
        self.train = train
        self.validation = validation
        self.wasCached = wasCached
    }

    /// The UTF-8 bytes that the training tokens stand for.
    public var trainBytes: Int { train.textBytes }
    /// The UTF-8 bytes that the validation tokens stand for: what bits per byte are per.
    public var validationBytes: Int { validation.textBytes }
    /// The number of training documents; the two halves of a single text count once each.
    public var trainDocuments: Int { train.documents }
    /// The number of validation documents.
    public var validationDocuments: Int { validation.documents }

    /// Tokenises `corpus` and splits it, or maps the tokens an earlier run left in `cacheFolder`.
    ///
    /// If the training corpus has several documents and the tokenizer an end-of-text token, one
    /// follows each document, in validation as well. The texts are read twice: to name and split
    /// them, and to tokenise them; the second reading is spared if the tokens are cached.
    ///
    /// - Parameters:
    ///   - tokenizerIdentity: Names the tokenizer in the cache, see ``TokenizerIdentity``; found
    ///     out if it is nil.
    ///   - validation: What to validate on.
    ///   - cacheFolder: Where shards are kept, made if it is missing. Tokens are held in memory if
    ///     it is nil or cannot be written.
    ///   - progress: Called about every mebibyte with the bytes of text tokenised and their total.
    ///     What it throws ends the work.
    /// - Throws: what reading (``Corpus/forEachDocument(_:)``) and encoding throw; `.invalidValue`
    ///   for a validation share outside 0 to 1 and a text too short to split; `.mismatched` if the
    ///   texts change meanwhile.
    public static func prepare(
        _ corpus: Corpus, tokenizer: Tokenizer, tokenizerIdentity: String? = nil,
        validation: ValidationSource = .automatic, cacheFolder: String? = nil,
        progress: ((_ done: Int, _ total: Int) throws(MartletError) -> Void)? = nil
    ) throws(MartletError) -> TokenData {
        let fraction = try TokenSplit.fraction(of: validation)
        let survey = try CorpusSurvey(of: corpus, heldOutFraction: fraction ?? 0)
        var work = TokenPreparation(
            tokenizer: tokenizer, identity: tokenizerIdentity, cacheFolder: cacheFolder,
            separatesDocuments: survey.documents > 1, progress: progress)
        if case .corpus(let other) = validation {
            let otherSurvey = try CorpusSurvey(of: other, heldOutFraction: 0)
            work.total = survey.bytes + otherSurvey.bytes
            let train = try work.shards(of: corpus, survey, by: .everything)
            let held = try work.shards(of: other, otherSurvey, by: .everything)
            return TokenData(train: train[0], validation: held[0], wasCached: work.wasCached)
        }
        work.total = survey.bytes
        let split = TokenSplit(of: survey, fraction: fraction ?? TokenSplit.automaticFraction)
        let shards = try work.shards(of: corpus, survey, by: split)
        return TokenData(train: shards[0], validation: shards[1], wasCached: work.wasCached)
    }
}
