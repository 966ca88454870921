/// Where a model puts the tokens of a text: their ids, and if anybody asks which bytes of the normalized text
/// each stands for.
struct TokenSink: ~Copyable {
    var ids: IDBuffer
    /// A range for each id, if wanted.
    private(set) var ranges: [Range<Int>] = []
    let wantsRanges: Bool

    init(capacity: Int, wantsRanges: Bool) {
        ids = IDBuffer(capacity: capacity)
        self.wantsRanges = wantsRanges
    }

    @inline(__always)
    mutating func append(_ id: Int32, _ range: Range<Int>) {
        ids.append(id)
        if wantsRanges { ranges.append(range) }
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

    /// The number of tokens.
    var count: Int { ids.count }

    /// The token with a number below the count: its spelling and its id.
    subscript(number: Int) -> (spelling: ArraySlice<UInt8>, id: Int32) {
        (table[number], ids[number])
    }
}
