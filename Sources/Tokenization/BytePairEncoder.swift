/// Byte-pair encoding: a piece of text starts as one token a byte, and the neighbouring pair with
/// the earliest merge rule is joined, the leftmost first, until no rule applies.
struct BytePairEncoder: Sendable {
    /// The token of each byte, -1 for a byte without one.
    let byteIDs: [Int32]
    /// The pairs that are merged (keys of `PairTable`), the earliest rule first.
    let rules: [UInt64]
    /// Whether the text is cut by `GPT2Splitter`; if not, it is one piece.
    let splits: Bool
    /// For each pair its rank (its place in `rules`) in the upper half and the id of the merged
    /// token in the lower one.
    private let merges: PairTable

    /// A pair of ids that are joined, and the id of what they become.
    typealias Rule = (left: Int32, right: Int32, result: Int32)

    /// An encoder that applies `rules`, the earliest first. Of rules for the same pair the last
    /// one counts, as in Hugging Face's loader.
    init(byteIDs: [Int32], rules: [Rule], splits: Bool) {
        var merges = PairTable(capacity: rules.count)
        for (rank, rule) in rules.enumerated() {
            let value = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: rule.result))
            merges.insert(PairTable.key(rule.left, rule.right), value)
        }
        var keys = rules.map { PairTable.key($0.left, $0.right) }
        if merges.count < rules.count {
            keys = keys.enumerated().filter { Int(merges.find($1) >> 32) == $0 }.map { $1 }
        }
        self.byteIDs = byteIDs
        self.rules = keys
        self.splits = splits
        self.merges = merges
    }

    /// The id of the token that `rule`, one of `rules`, makes.
    func result(of rule: UInt64) -> Int32 {
        Int32(truncatingIfNeeded: merges.find(rule))
    }

    /// Appends the ids of `text`.
    ///
    /// - Returns: `nil`, or the offset of the first byte that has no token and why.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, into output: inout IDBuffer
    ) -> EncodingFailure? {
        guard let base = text.baseAddress, text.count > 0 else { return nil }
        if byteIDs.contains(-1), let offset = text.firstIndex(where: { byteIDs[Int($0)] < 0 }) {
            return .byte(text[offset], offset: offset)
        }
        return byteIDs.withUnsafeBufferPointer { byteIDs in
            guard let byteIDs = byteIDs.baseAddress else { return nil }
            if rules.isEmpty {
                for byte in text { output.append(byteIDs[Int(byte)]) }
                return nil
            }
            return merges.withLookup { merges in
                var encoder = PieceEncoder(
                    merges: merges, byteIDs: byteIDs, byteCount: text.count)
                guard splits else {
                    return encoder.encode(base, 0..<text.count, of: text.count, into: &output)
                }
                return ScalarClasses.withTables { classes in
                    var splitter = GPT2Splitter(base, count: text.count, classes: classes)
                    var start = 0
                    while start < text.count {
                        let end = splitter.pieceEnd(from: start)
                        let failure = encoder.encode(
                            base, start..<end, of: text.count, into: &output)
                        if let failure { return failure }
                        start = end
                    }
                    return nil
                }
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
    /// Bytes that are not valid UTF-8, for a tokenizer of characters.
    case invalidUTF8(offset: Int)
    /// A word of more than 2 GiB.
    case tooLong(offset: Int)

    /// The same, in a text before which `count` bytes stand.
    func shifted(by count: Int) -> EncodingFailure {
        switch self {
        case .byte(let byte, let offset): .byte(byte, offset: offset + count)
        case .scalar(let scalar, let offset): .scalar(scalar, offset: offset + count)
        case .invalidUTF8(let offset): .invalidUTF8(offset: offset + count)
        case .tooLong(let offset): .tooLong(offset: offset + count)
        }
    }
}
