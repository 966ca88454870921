/// Where a model puts the tokens of a text: their ids, and if anybody asks which bytes of the normalized text
/// each stands for.
struct TokenSink: ~Copyable {
    var ids: IDBuffer
    /// A range for each id, if wanted.
    private(set) var ranges: [Range<Int>] = []
    let wantsRanges: Bool
    /// What the patterns of the tokenizer may still take on the text.
    var steps = RegexSteps(for: 0)

    init(capacity: Int, wantsRanges: Bool) {
        ids = IDBuffer(capacity: capacity)
        self.wantsRanges = wantsRanges
    }

    @inline(__always)
    mutating func append(_ id: Int32, _ range: Range<Int>) {
        ids.append(id)
        if wantsRanges { ranges.append(range) }
    }

    /// Appends the tokens of the bytes in `range` of `text`, which begins `shift` bytes into the whole; the last one stands for all of it, as in SentencePiece.
    mutating func append(
        bytesOf range: Range<Int>, in text: UnsafeBufferPointer<UInt8>, _ byteTokens: [Int32],
        from shift: Int = 0
    ) {
        let (start, end) = (range.lowerBound + shift, range.upperBound + shift)
        for index in range {
            append(
                byteTokens[Int(text[index])],
                start..<(index == range.upperBound - 1 ? end : start))
        }
    }

    /// Adds the ranges of ids that were appended without.
    mutating func append(range: Range<Int>) {
        if wantsRanges { ranges.append(range) }
    }

    /// Replaces the ranges by what `map` says of each.
    mutating func mapRanges(from first: Int, _ map: (Range<Int>) -> Range<Int>) {
        guard wantsRanges else { return }
        for index in first..<max(first, ranges.count) { ranges[index] = map(ranges[index]) }
    }
}

/// The tokens of a vocabulary by the bytes they are spelled with.
struct SpellingTable: Sendable {
    private var table: ByteTable
    private var ids: [Int32]

    init(_ table: ByteTable, ids: [Int32]) {
        self.table = table
        self.ids = ids
    }

    /// The id of the token spelled `spelling`.
    func find(_ spelling: UnsafeBufferPointer<UInt8>) -> Int32? {
        table.find(spelling).map { ids[$0] }
    }

    /// The id of the token spelled `spelling`.
    func find(_ spelling: [UInt8]) -> Int32? {
        table.find(spelling).map { ids[$0] }
    }

    /// The ids of `<0x00>` to `<0xFF>`, -1 for those that are not there.
    func byteTokens() -> [Int32] {
        let digits = Array("0123456789ABCDEF".utf8)
        return (0..<256).map { byte in
            find(Array("<0x".utf8) + [digits[byte >> 4], digits[byte & 15], UInt8(ascii: ">")])
                ?? -1
        }
    }

    /// Adds a token, spelled like none there is.
    mutating func append(_ spelling: UnsafeBufferPointer<UInt8>, id: Int32) {
        if table.insert(spelling) == ids.count { ids.append(id) }
    }

    /// The longest spelling that `splits` takes apart: what it does is quadratic in the length.
    static var longestSplit: Int { 1024 }

    /// The pairs of tokens that `spelling` is put together from, the shortest left one first; nil if it is too long.
    func splits(of spelling: ArraySlice<UInt8>) -> [(left: Int32, right: Int32)]? {
        guard spelling.count <= Self.longestSplit else { return nil }
        return spelling.withUnsafeBufferPointer { text in
            var result: [(left: Int32, right: Int32)] = []
            for middle in text.indices.dropFirst() where text[middle] & 0xC0 != 0x80 {
                if let left = find(UnsafeBufferPointer(rebasing: text[..<middle])),
                    let right = find(UnsafeBufferPointer(rebasing: text[middle...]))
                {
                    result.append((left, right))
                }
            }
            return result
        }
    }

    /// The number of tokens.
    var count: Int { ids.count }

    /// The token with a number below the count: its spelling and its id.
    subscript(number: Int) -> (spelling: ArraySlice<UInt8>, id: Int32) {
        (table[number], ids[number])
    }
}
