/// The tokens of pieces of a text that come again and again, as words do. A text that is one piece can be cut before the
/// sign of a space (U+2581) where no token of the vocabulary goes across.
struct PartCache {
    /// Parts that are longer are rare, and are not kept.
    static var longestPart: Int { 48 }
    /// So many different ones are kept.
    private static var limit: Int { 1 << 16 }

    private var parts = ByteTable(capacity: 1 << 6)
    /// Where the tokens of each part end.
    private var ends: [Int] = []
    private var ids: [Int32] = []
    /// The bytes of the part that each token stands for, if anybody asks.
    private var ranges: [Range<Int>] = []

    /// Whether no piece has the sign of a space after anything else.
    static func canCut(_ spellings: SpellingTable) -> Bool {
        let sign = SentencePieceNormalizer.sign
        guard spellings.find(sign) != nil else { return false }
        for number in 0..<spellings.count {
            let spelling = spellings[number].spelling
            guard spelling.contains(sign[0]) else { continue }
            var follows = false
            var index = spelling.startIndex
            while index < spelling.endIndex {
                if spelling[index...].starts(with: sign) {
                    if follows { return false }
                    index += sign.count
                } else {
                    follows = true
                    index += 1
                }
            }
        }
        return true
    }

    /// Calls `body` with the parts of the piece `range` of `text`, in order.
    static func forEachPart(
        of text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
    ) {
        let sign = SentencePieceNormalizer.sign
        func isSign(_ index: Int) -> Bool {
            index + 2 < range.upperBound && text[index] == sign[0] && text[index + 1] == sign[1]
                && text[index + 2] == sign[2]
        }
        var start = range.lowerBound
        var index = start
        var isInSpace = true
        while index < range.upperBound {
            if isSign(index) {
                if !isInSpace {
                    body(start..<index)
                    start = index
                }
                isInSpace = true
                index += sign.count
            } else {
                isInSpace = false
                index += 1
            }
        }
        if start < range.upperBound { body(start..<range.upperBound) }
    }

    /// Appends the tokens of the part `range` of `text`, by `encode` where it has not been there before.
    mutating func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into sink: inout TokenSink,
        _ encode: (inout TokenSink) -> EncodingFailure?
    ) -> EncodingFailure? {
        guard range.count <= Self.longestPart else { return encode(&sink) }
        let part = UnsafeBufferPointer(rebasing: text[range])
        let start = range.lowerBound
        if let number = parts.find(part) {
            for index in (number > 0 ? ends[number - 1] : 0)..<ends[number] {
                if sink.wantsRanges {
                    let place = ranges[index]
                    sink.append(ids[index], place.lowerBound + start..<place.upperBound + start)
                } else {
                    sink.append(ids[index], 0..<0)
                }
            }
            return nil
        }
        let first = sink.ids.count
        if let failure = encode(&sink) { return failure }
        guard ends.count < Self.limit else { return nil }
        parts.insert(part)
        for index in first..<sink.ids.count {
            ids.append(sink.ids[index])
            if sink.wantsRanges {
                let place = sink.ranges[index]
                ranges.append(place.lowerBound - start..<place.upperBound - start)
            }
        }
        ends.append(ids.count)
        return nil
    }
}
