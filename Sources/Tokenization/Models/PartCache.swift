/// The tokens of parts of a text that come again and again: cut before the sign of a space (U+2581) where no piece of a
/// vocabulary goes across, parts are words, and most words of a text have been there before.
struct PartCache {
    /// Parts that are longer are rare, and are not kept.
    private static var longestPart: Int { 48 }
    /// So many different ones are kept.
    private static var limit: Int { 1 << 16 }

    private var parts = ByteTable(capacity: 1 << 10)
    /// Where the tokens of each part end.
    private var ends: [Int] = []
    private var ids: [Int32] = []
    private var lengths: [Int32] = []

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

    /// Calls `body` with the parts of `text`, in order.
    static func forEachPart(
        of text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void
    ) {
        let sign = SentencePieceNormalizer.sign
        func isSign(_ index: Int) -> Bool {
            index + 2 < text.count && text[index] == sign[0] && text[index + 1] == sign[1]
                && text[index + 2] == sign[2]
        }
        var start = 0
        var index = 0
        var isInSpace = true
        while index < text.count {
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
        if start < text.count { body(start..<text.count) }
    }

    /// Calls `body` with the tokens of `part` and the number of bytes of each; `make` finds them where they are not known.
    mutating func forEachToken(
        of part: UnsafeBufferPointer<UInt8>,
        make: (inout [Int32], inout [Int32]) -> Void, _ body: (Int32, Int32) -> Void
    ) {
        let isKept = part.count <= Self.longestPart
        var number = isKept ? parts.find(part) : nil
        if number == nil {
            var (newIDs, newLengths): ([Int32], [Int32]) = ([], [])
            make(&newIDs, &newLengths)
            guard isKept, ends.count < Self.limit else {
                for (id, length) in zip(newIDs, newLengths) { body(id, length) }
                return
            }
            number = parts.insert(part)
            ids += newIDs
            lengths += newLengths
            ends.append(ids.count)
        }
        guard let number else { return }
        for index in (number > 0 ? ends[number - 1] : 0)..<ends[number] {
            body(ids[index], lengths[index])
        }
    }
}
