import ByteIO
import Testing
import Tokenization

/// GPT-2's own pair of files.
@Suite struct RawFileTests {
    /// Writes the trained tokenizer as a pair of files with these names.
    private func write(
        _ tokenizer: Tokenizer, to folder: TemporaryFolder, _ vocabulary: String, _ merges: String,
        newline: String = "\n"
    ) throws {
        let model = try #require(tokenizer.file()["model"])
        try Files.write(try #require(model["vocab"]).bytes(), to: folder[vocabulary])
        let rules = try #require(model["merges"]?.array).map { try #require($0.string) }
        let lines = ["#version: 0.2"] + rules + [""]
        try Files.write(lines.joined(separator: newline), to: folder[merges])
    }

    @Test(arguments: [
        ("encoder.json", "vocab.bpe", "\n"), ("vocab.json", "merges.txt", "\n"),
        ("encoder.json", "merges.txt", "\r\n"),
    ])
    func pairsOfFilesAreRead(vocabulary: String, merges: String, newline: String) throws {
        let tokenizer = try Goldens.trained(specialTokens: ["<|endoftext|>"])
        let folder = try TemporaryFolder()
        try write(tokenizer, to: folder, vocabulary, merges, newline: newline)
        for path in [folder.path, folder[vocabulary], folder[merges]] {
            let again = try Tokenizer.loading(path)
            #expect(again.endOfText == 599)
            #expect(try again.fileContents() == tokenizer.fileContents())
        }
    }

    @Test func tokenizerJSONComesFirst() throws {
        let folder = try TemporaryFolder()
        try write(Goldens.trained(), to: folder, "vocab.json", "merges.txt")
        try Tokenizer.bytes().save(to: folder.path)
        #expect(try Tokenizer.loading(folder.path).kind == .bytes)
        #expect(try Tokenizer.loading(folder["vocab.json"]).kind == .bpe)
    }

    @Test func whatIsMissingIsNamed() throws {
        let folder = try TemporaryFolder()
        let nothing = failure { try Tokenizer.loading(folder.path) }
        #expect(nothing?.code == .notFound)
        #expect(nothing?.message.contains("tokenizer.json") == true)
        try Files.write("{\"a\":0}", to: folder["encoder.json"])
        let merges = failure { try Tokenizer.loading(folder.path) }
        #expect(merges?.code == .notFound)
        #expect(merges?.message.contains("vocab.bpe or merges.txt") == true)
        #expect(failure { try Tokenizer.loading(folder["none"]) }?.code == .notFound)
    }

    @Test(arguments: [
        ("#version: 0.2\na b\nab", "line 3: 'ab'"), ("a b\na x", "line 2, 'a' with 'x'"),
        ("a b c", "line 1: 'a b c'"), ("\u{FF}\u{0} b", "line 1"),
    ])
    func brokenMergesAreNamedByLine(text: String, part: String) throws {
        let folder = try TemporaryFolder()
        try Files.write("{\"a\":0,\"b\":1,\"ab\":2}", to: folder["vocab.json"])
        try Files.write(text, to: folder["merges.txt"])
        let error = failure { try Tokenizer.loading(folder.path) }
        #expect(error?.message.contains("merges.txt \(part)") == true, "\(error?.message ?? "")")
    }
}
