/// A text, or a pair of texts, as a model reads it.
public struct Encoding: Sendable, Equatable {
    /// The tokens.
    public var ids: [Tokenizer.ID] = []
    /// For each token the bytes of its text it stands for; empty at 0 for tokens that were put in.
    public var offsets: [Range<Int>] = []
    /// For each token which text it is from: 0, or 1 for the second of a pair; nil for tokens that were put in.
    public var textNumbers: [Int?] = []
    /// For each token the number of the part it belongs to, as models of pairs want it.
    public var typeIDs: [Int] = []
    /// Whether each token was put in around the text.
    public var isSpecial: [Bool] = []
    /// Whether each token is to be attended to: false for padding.
    public var isAttended: [Bool] = []
    /// What truncation cut off, in pieces as long as this one.
    public var overflowing: [Encoding] = []

    /// No tokens.
    public init() {}

    /// The tokens of one text, with the bytes each stands for.
    public init(tokens: [(id: Tokenizer.ID, range: Range<Int>)]) {
        self.init(ids: tokens.map(\.id), offsets: tokens.map(\.range), textNumber: 0)
    }

    /// The number of tokens.
    public var count: Int { ids.count }

    init(ids: [Tokenizer.ID], offsets: [Range<Int>], textNumber: Int? = nil) {
        self.ids = ids
        self.offsets = offsets
        textNumbers = [Int?](repeating: textNumber, count: ids.count)
        typeIDs = [Int](repeating: 0, count: ids.count)
        isSpecial = [Bool](repeating: false, count: ids.count)
        isAttended = [Bool](repeating: true, count: ids.count)
    }

    private init(_ other: Encoding, _ range: Range<Int>) {
        ids = Array(other.ids[range])
        offsets = Array(other.offsets[range])
        textNumbers = Array(other.textNumbers[range])
        typeIDs = Array(other.typeIDs[range])
        isSpecial = Array(other.isSpecial[range])
        isAttended = Array(other.isAttended[range])
    }

    // MARK: - Joining, cutting, filling

    /// Appends the tokens of `other`; what either one's truncation cut off is joined in every combination.
    mutating func append(_ other: Encoding) {
        var pieces: [Encoding] = []
        for piece in overflowing {
            for end in [other.withoutOverflow] + other.overflowing {
                var joined = piece
                joined.append(end)
                pieces.append(joined)
            }
        }
        for end in other.overflowing {
            var joined = withoutOverflow
            joined.append(end)
            pieces.append(joined)
        }
        ids += other.ids
        offsets += other.offsets
        textNumbers += other.textNumbers
        typeIDs += other.typeIDs
        isSpecial += other.isSpecial
        isAttended += other.isAttended
        overflowing = pieces
    }

    private var withoutOverflow: Encoding {
        var result = self
        result.overflowing = []
        return result
    }

    /// Keeps at most `limit` tokens; the rest goes into `overflowing`, in pieces that share `stride` tokens with
    /// the one before.
    mutating func truncate(to limit: Int, stride: Int, fromLeft: Bool) {
        guard count > limit else { return }
        guard limit > 0 else {
            let all = self
            self = Encoding()
            overflowing = [all]
            return
        }
        let step = max(1, limit - stride)
        var parts: [Range<Int>] = []
        var place = 0
        while true {
            let part =
                fromLeft
                ? max(0, count - place - limit)..<count - place
                : place..<min(place + limit, count)
            parts.append(part)
            if fromLeft ? part.lowerBound == 0 : part.upperBound == count { break }
            place += step
        }
        let all = self
        self = Encoding(all, parts[0])
        overflowing = parts.dropFirst().map { Encoding(all, $0) }
    }

    /// Adds `padding` until there are `length` tokens.
    mutating func pad(to length: Int, _ padding: Padding) {
        for index in overflowing.indices { overflowing[index].pad(to: length, padding) }
        guard count < length else { return }
        var fill = Encoding(
            ids: [Tokenizer.ID](repeating: padding.id, count: length - count),
            offsets: [Range<Int>](repeating: 0..<0, count: length - count))
        fill.typeIDs = [Int](repeating: padding.typeID, count: fill.count)
        fill.isSpecial = [Bool](repeating: true, count: fill.count)
        fill.isAttended = [Bool](repeating: false, count: fill.count)
        let rest = overflowing
        overflowing = []
        if padding.isLeft {
            let text = self
            self = fill
            append(text)
        } else {
            append(fill)
        }
        overflowing = rest
    }
}

/// How texts that are too long are cut.
public struct Truncation: Sendable, Equatable {
    /// Which of a pair is cut.
    public enum Strategy: String, Sendable {
        /// Both, until neither is longer than its share.
        case longestFirst = "LongestFirst"
        /// The first.
        case onlyFirst = "OnlyFirst"
        /// The second.
        case onlySecond = "OnlySecond"
    }

    /// The most tokens, those put in around the text included.
    public var limit: Int
    /// Which of a pair is cut.
    public var strategy = Strategy.longestFirst
    /// The tokens that a piece shares with the one before it.
    public var stride = 0
    /// Whether the beginning is cut off instead of the end.
    public var isLeft = false

    /// Truncation to `limit` tokens.
    public init(to limit: Int) { self.limit = limit }
}

/// How encodings are made equally long.
public struct Padding: Sendable, Equatable {
    /// The length of all; nil: that of the longest of a batch.
    public var length: Int?
    /// The length is made a multiple of this.
    public var multiple: Int?
    /// The padding token.
    public var id: Tokenizer.ID = 0
    /// The number of the part it counts as.
    public var typeID = 0
    /// How the padding token is written.
    public var token = "[PAD]"
    /// Whether padding stands before the text.
    public var isLeft = false

    /// Padding with `id` to the longest of a batch.
    public init(id: Tokenizer.ID, token: String) {
        self.id = id
        self.token = token
    }

    func target(longest: Int) -> Int {
        let target = length ?? longest
        guard let multiple, multiple > 0, target % multiple > 0 else { return target }
        return target + multiple - target % multiple
    }
}
