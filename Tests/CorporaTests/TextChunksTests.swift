import Corpora
import Testing
import Tokenization

@Suite struct TextChunksTests {
    private static let text =
        "It's  a test, isn't it?  Yes 12 34 x y\n\n  z  \u{3000} we'll see é t'as vu 世界 ok then. "

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
}
