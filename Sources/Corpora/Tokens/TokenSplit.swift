import ByteIO

/// Where the validation text comes from.
public enum ValidationSource: Sendable {
    /// A tenth: the end of a single document, or every tenth of several documents by content.
    case automatic
    /// This share, above 0 and below 1, by the same rules.
    case fraction(Double)
    /// These texts; the whole other corpus is for training.
    case corpus(Corpus)
}

/// The rules that part a corpus into training and validation text. They depend on contents alone,
/// so that the same text is split the same way everywhere and for ever.
public struct TokenSplit: Sendable {
    /// The share that is held out unless something else is asked for.
    public static let automaticFraction = 0.1

    /// Where the validation part of a single text starts, as a byte offset: after the first
    /// `(1 - fraction) · n`, rounded down, of its `n` scalars. For a tenth that is the split of
    /// nanoGPT, `text[:int(0.9 * len(text))]`.
    ///
    /// - Parameter text: Valid UTF-8.
    public static func boundary(of text: UnsafeRawBufferPointer, fraction: Double) -> Int {
        let scalars = UTF8Validation.scalarCount(of: text)
        let training = Int((1 - fraction) * Double(scalars))
        return UTF8Validation.offset(ofScalar: training, in: text)
    }

    /// Whether a document with this content hash validates. For a tenth these are the hashes that
    /// ten divides; a larger share holds out those of a smaller one as well.
    public static func isHeldOut(_ hash: UInt64, fraction: Double) -> Bool {
        // The last decimal digit decides first, the next twenty bits divide its tenth further.
        let finer = Double((hash / 10) & 0xF_FFFF) / Double(1 << 20)
        return (Double(hash % 10) + finer) / 10 < fraction
    }

    // MARK: - A corpus

    private enum Rule {
        case everything
        case boundary(fraction: Double)
        /// By hash, except for one document that changes sides because its side is full.
        case hash(fraction: Double, moved: Int?)
    }

    /// The parts, as cache names say them.
    let parts: [String]
    private let rule: Rule

    /// One part with everything in it.
    static let everything = TokenSplit(parts: ["all"], rule: .everything)

    private init(parts: [String], rule: Rule) {
        self.parts = parts
        self.rule = rule
    }

    /// Parts a corpus in training (0) and validation (1).
    init(of survey: CorpusSurvey, fraction: Double) {
        parts = ["train-\(fraction)", "validation-\(fraction)"]
        guard survey.documents > 1 else {
            rule = .boundary(fraction: fraction)
            return
        }
        let moved: Int? =
            switch survey.heldOut {
            case 0: survey.documents - 1
            case survey.documents: 0
            default: nil
            }
        rule = .hash(fraction: fraction, moved: moved)
    }

    /// The share that `validation` asks for; nil if it brings its own text.
    ///
    /// - Throws: `.invalidValue` for a share that leaves nothing on one side.
    static func fraction(of validation: ValidationSource) throws(MartletError) -> Double? {
        switch validation {
        case .automatic: return automaticFraction
        case .corpus: return nil
        case .fraction(let fraction):
            guard fraction > 0, fraction < 1 else {
                throw MartletError(
                    .invalidValue,
                    "the validation share must be above 0 and below 1, "
                        + "not \(fraction)")
            }
            return fraction
        }
    }

    /// The pieces that the document goes into, each with the number of its part.
    ///
    /// - Throws: `.invalidValue` if a single text is too short to be cut.
    func pieces(
        of text: UnsafeRawBufferPointer, hash: UInt64, index: Int
    ) throws(MartletError) -> [(part: Int, range: Range<Int>)] {
        switch rule {
        case .everything:
            return [(0, 0..<text.count)]
        case .hash(let fraction, let moved):
            let isHeldOut = TokenSplit.isHeldOut(hash, fraction: fraction) != (index == moved)
            return [(isHeldOut ? 1 : 0, 0..<text.count)]
        case .boundary(let fraction):
            let boundary = TokenSplit.boundary(of: text, fraction: fraction)
            guard boundary > 0, boundary < text.count else {
                throw MartletError(
                    .invalidValue,
                    "\(text.count) bytes of text are too few to hold a part out "
                        + "for validation: give more text, or validation text of its own")
            }
            return [(0, 0..<boundary), (1, boundary..<text.count)]
        }
    }
}
