/// Byte-pair encoding: a piece of text starts as one token a byte, and the neighbouring pair with
/// the earliest merge rule is joined, the leftmost first, until no rule applies.
struct BytePairEncoder: Sendable {
    /// How text becomes the pieces within which pairs are merged.
    enum Cutting: Sendable {
        /// It is one piece.
        case none
        case scanner(PatternScanner)
        /// By steps that leave the bytes as they are.
        case steps([PreTokenizer])
        /// By steps that spell the bytes as characters on their way.
        case spelled([PreTokenizer])
    }

    /// The token of each byte, -1 for a byte without one.
    let byteIDs: [Int32]
    /// The merges, the earliest first.
    let rules: [Rule]
    let cutting: Cutting
    /// A space is put before text that does not begin with one.
    let addsSpace: Bool
    /// The tokens by their bytes, if a piece that is a token is that token whatever the merges say.
    let wholePieces: SpellingTable?
    /// For each pair its rank (its place in `rules`) in the upper half and the id of the merged
    /// token in the lower one.
    private let merges: PairTable

    /// A pair of ids that are joined, and the id of what they become.
    typealias Rule = (left: Int32, right: Int32, result: Int32)

    /// An encoder that applies `rules`, the earliest first. Of rules for the same pair the last
    /// one counts, as in Hugging Face's loader.
    init(
        byteIDs: [Int32], rules: [Rule], cutting: Cutting, addsSpace: Bool = false,
        wholePieces: SpellingTable? = nil
    ) {
        merges = Self.table(of: rules)
        self.byteIDs = byteIDs
        if merges.count < rules.count {
            let merges = merges
            self.rules = rules.enumerated().filter { rank, rule in
                Int(merges.find(PairTable.key(rule.left, rule.right)) >> 32) == rank
            }.map(\.element)
        } else {
            self.rules = rules
        }
        self.cutting = cutting
        self.addsSpace = addsSpace
        self.wholePieces = wholePieces
    }

    /// What each pair becomes, and when: rank and id in one number.
    static func table(of rules: [Rule]) -> PairTable {
        var merges = PairTable(capacity: rules.count)
        for (rank, rule) in rules.enumerated() {
            let value = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: rule.result))
            merges.insert(PairTable.key(rule.left, rule.right), value)
        }
        return merges
    }

    /// Whether text can be encoded as it stands, without being copied.
    var isDirect: Bool {
        if addsSpace { return false }
        return switch cutting {
        case .none, .scanner: true
        case .steps, .spelled: false
        }
    }

    /// Appends the ids of `text`, for encoders that are direct.
    ///
    /// - Returns: `nil`, or the offset of the first byte that has no token and why.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, into output: inout IDBuffer
    ) -> EncodingFailure? {
        withPieces(text, into: &output) { base, encoder, output in
            switch cutting {
            case .none, .steps, .spelled:
                return encoder.encode(base, 0..<text.count, of: text.count, into: &output)
            case .scanner(let scanner):
                return KindReader.reading(text) { reader in
                    // GPT-2's is the one most used: a loop of its own is a tenth faster.
                    if scanner == .gpt2 {
                        return Self.encode(reader, &encoder, &output) {
                            PatternScanner.gpt2End(reader, $0)
                        }
                    }
                    return Self.encode(reader, &encoder, &output) {
                        scanner.spanEnd(in: reader, from: $0)
                    }
                } ?? nil
            }
        }
    }

    @inline(__always)
    private static func encode(
        _ reader: KindReader, _ encoder: inout PieceEncoder, _ output: inout IDBuffer,
        _ pieceEnd: (Int) -> Int
    ) -> EncodingFailure? {
        var start = 0
        while start < reader.count {
            let end = pieceEnd(start)
            let failure = encoder.encode(
                reader.text, start..<end, of: reader.count, into: &output)
            if let failure { return failure }
            start = end
        }
        return nil
    }

    /// Appends the ids of the pieces of a text.
    ///
    /// - Parameter done: called with each piece and the number of ids there are after it
    func encode(
        _ pieces: PreTokenizer.Pieces, into output: inout IDBuffer,
        done: (Range<Int>, Int) -> Void
    ) -> EncodingFailure? {
        pieces.text.bytes.withUnsafeBufferPointer { text in
            withPieces(text, into: &output) { base, encoder, output in
                for range in pieces.ranges {
                    let failure = encoder.encode(base, range, of: text.count, into: &output)
                    if let failure { return failure }
                    done(range, output.count)
                }
                return nil
            }
        }
    }

    private func withPieces(
        _ text: UnsafeBufferPointer<UInt8>, into output: inout IDBuffer,
        _ body: (UnsafePointer<UInt8>, inout PieceEncoder, inout IDBuffer) -> EncodingFailure?
    ) -> EncodingFailure? {
        guard let base = text.baseAddress, text.count > 0 else { return nil }
        if byteIDs.contains(-1), let offset = text.firstIndex(where: { byteIDs[Int($0)] < 0 }) {
            return .byte(text[offset], offset: offset)
        }
        return byteIDs.withUnsafeBufferPointer { byteIDs in
            guard let byteIDs = byteIDs.baseAddress else { return nil }
            if rules.isEmpty, wholePieces == nil, case .none = cutting {
                for byte in text { output.append(byteIDs[Int(byte)]) }
                return nil
            }
            return merges.withLookup { merges in
                var encoder = PieceEncoder(
                    merges: merges, byteIDs: byteIDs, byteCount: text.count, whole: wholePieces)
                return body(base, &encoder, &output)
            }
        }
    }
}

/// Why a text cannot be encoded.
enum EncodingFailure {
    /// A byte without a token.
    case byte(UInt8, offset: Int)
    /// A scalar without a token.
    case scalar(UInt32, offset: Int)
    /// A word without a token.
    case word(offset: Int)
    /// Bytes that are not valid UTF-8, for a tokenizer of characters.
    case invalidUTF8(offset: Int)
    /// A text or a word of more than 2 GiB.
    case tooLong(offset: Int)
    /// A pattern of the tokenizer gives up on the text.
    case tooManySteps

    /// The same, in a text before which `count` bytes stand.
    func shifted(by count: Int) -> EncodingFailure {
        switch self {
        case .byte(let byte, let offset): .byte(byte, offset: offset + count)
        case .scalar(let scalar, let offset): .scalar(scalar, offset: offset + count)
        case .word(let offset): .word(offset: offset + count)
        case .invalidUTF8(let offset): .invalidUTF8(offset: offset + count)
        case .tooLong(let offset): .tooLong(offset: offset + count)
        case .tooManySteps: .tooManySteps
        }
    }
}
