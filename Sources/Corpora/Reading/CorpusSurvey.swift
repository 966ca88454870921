import ByteIO

/// What one reading of a corpus tells: how much there is, and which content it is.
struct CorpusSurvey: Sendable {
    private(set) var documents = 0
    /// The length of all texts in UTF-8.
    private(set) var bytes = 0
    /// How many documents the rule for several would hold out.
    private(set) var heldOut = 0
    /// The hash of the texts in order, boundaries included.
    private(set) var hash: UInt64 = 0

    init(of corpus: Corpus, heldOutFraction: Double) throws(MartletError) {
        try corpus.forEachText { (text, _) throws(MartletError) in
            let own = ContentHash.of(text)
            documents += 1
            bytes += text.count
            hash = ContentHash.appending(own, to: hash)
            if TokenSplit.isHeldOut(own, fraction: heldOutFraction) { heldOut += 1 }
        }
    }
}
