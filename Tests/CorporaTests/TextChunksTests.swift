import Corpora
import Testing
import Tokenization

@Suite struct TextChunksTests {
    private static let text =
        "It's  a test, isn't it?  Yes 12 34 x y\n\n  z  \u{3000} we'll see é t'as vu 世界 ok then. "
        + "Ещё раз, привет мир и γειά σου Κόσμε, 第一章 開始、हम और तुम x\u{301} y 🌍 ﬁ ǅ ʰ "

    /// A vocabulary with many merges, so that a wrong cut would show.
    private static func tokenizer() throws -> Tokenizer {
        let learner = try VocabularyLearner(.bytePairs, vocabularySize: 400)
        try Array(text.utf8).withUnsafeBytes { try learner.add($0) }
        return try learner.learn()
    }

    @Test(arguments: [1, 2, 5, 17, 40, 1000])
    func chunksGiveTheSameTokensAsTheWhole(size: Int) throws {
        let bytes = Array(String(repeating: Self.text, count: 5).utf8)
        let tokenizers = try [
            Self.tokenizer(), .bytes(),
            bytes.withUnsafeBytes {
                Result { [buffer = $0] in
                    try Tokenizer.characters(of: buffer, endOfText: false)
                }
            }.get(),
        ]
        for tokenizer in tokenizers {
            let whole = try bytes.withUnsafeBytes { try tokenizer.encode($0) }
            let chunked = try bytes.withUnsafeBytes { text in
                try TextChunks.ranges(of: text, size: size).flatMap { range in
                    try tokenizer.encode(UnsafeRawBufferPointer(rebasing: text[range]))
                }
            }
            #expect(chunked == whole)
        }
    }

    @Test func chunksCoverTheTextInOrder() {
        let bytes = Array(String(repeating: Self.text, count: 50).utf8)
        let ranges = bytes.withUnsafeBytes { TextChunks.ranges(of: $0, size: 100) }
        #expect(ranges.count > 10)
        #expect(ranges.flatMap { Array($0) } == Array(bytes.indices))
        let dense = [UInt8](repeating: 0xE4, count: 1000)
        #expect(dense.withUnsafeBytes { TextChunks.ranges(of: $0, size: 10) } == [0..<1000])
        #expect([UInt8]().withUnsafeBytes { TextChunks.ranges(of: $0) } == [])
    }

    /// What stands between the places where a text may be cut.
    private static func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.withUnsafeBytes { text in
            TextChunks.ranges(of: text, size: 1).map { Array(text[$0]) }
        }
    }

    @Test(arguments: [
        ["ab", " cd", " \u{E9}", " ж", " мир"], ["世", " 界"], ["𐐀", " 𐐨"], ["ד", " x", " ʰ"],
        ["a  b - c 1 d, e"], ["ab\u{3000}cd"], ["🌍 a"], ["a 🌍"],
        // A mark is not a letter.
        ["e\u{301} x"], ["x \u{301}"], ["\u{E14}\u{E34} \u{E01}", " \u{E02}"],
    ])
    func cutsAreBeforeSpacesBetweenLetters(pieces: [String]) {
        #expect(Self.pieces(Array(pieces.joined().utf8)) == pieces.map { Array($0.utf8) })
    }

    @Test(
        arguments: [
            [0xE4, 0xB8, 0x20, 0x61], [0x96, 0x20, 0x61], [0x61, 0x20, 0xE4, 0xB8],
            [0x61, 0x20, 0xFF, 0x62], [0x61, 0x20, 0x96], [0xC3, 0xA9, 0xA9, 0x20, 0x61],
        ] as [[UInt8]])
    func bytesThatAreNoTextAreNoLetters(bytes: [UInt8]) {
        #expect(Self.pieces(bytes) == [bytes])
    }
}
