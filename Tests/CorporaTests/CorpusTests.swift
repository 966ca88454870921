import ByteIO
import Corpora
import Dispatch
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct CorpusTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The texts of a corpus, as strings, and where they come from.
    private func documents(
        _ paths: [String], options: CorpusOptions = .init()
    ) throws(MartletError) -> [(text: String, source: String)] {
        var result: [(String, String)] = []
        try Corpus(paths, options: options).forEachDocument { (document) throws(MartletError) in
            result.append((String(decoding: document.text, as: UTF8.self), document.source))
        }
        return result
    }

    // MARK: - What is named

    @Test func filesComeInTheOrderGiven() throws {
        let second = try folder.write("two", to: "b.txt")
        let first = try folder.write("one", to: "a.md")
        let other = try folder.write("three", to: "c.py")
        let found = try documents([second, first, other])
        #expect(found.map(\.text) == ["two", "one", "three"])
        #expect(found.map(\.source) == [second, first, other])
    }

    @Test func foldersAreWalkedInByteOrder() throws {
        for name in ["b.txt", "a/z.md", "a/deep/y.TXT", "a.txt", "é.txt", "z.jsonl", "Z.txt"] {
            try folder.write("{\"text\": \"\(name)\"}", to: "in/" + name)
        }
        for name in ["x.bin", ".hidden.txt", ".cache/x.txt"] {
            try folder.write("no", to: "in/" + name)
        }
        symlink("..", folder["in/a/up"])
        symlink("nowhere", folder["in/dangling.txt"])
        let names = try Corpus([folder["in"]]).names
        let expected = [
            "Z.txt", "a.txt", "a/deep/y.TXT", "a/z.md", "b.txt", "z.jsonl", "é.txt",
        ]
        #expect(names == expected.map { folder["in/" + $0] })
    }

    @Test func patternsFindFiles() throws {
        for name in ["1.txt", "2.txt", "10.txt", "x.md", "s/3.txt", "s/t/4.txt", ".h/5.txt"] {
            try folder.write(name, to: name)
        }
        symlink("..", folder["s/up"])
        func names(_ pattern: String) throws -> [String] {
            try documents([folder[pattern]]).map(\.text)
        }
        #expect(try names("?.txt") == ["1.txt", "2.txt"])
        #expect(try names("[12]*.txt") == ["1.txt", "10.txt", "2.txt"])
        #expect(try names("*/*.txt") == ["s/3.txt"])
        #expect(try names("s/**") == ["s/3.txt", "s/t/4.txt", "1.txt", "10.txt", "2.txt", "x.md"])
        #expect(try names("**/t/*") == ["s/t/4.txt"])
        #expect(try names("s/t/**/4*") == ["s/t/4.txt"])
        #expect(try names(".h/*.txt") == [".h/5.txt"])
    }

    @Test func aFileNamedLikeAPatternIsTakenLiterally() throws {
        try folder.write("other", to: "a1.txt")
        #expect(try documents([folder.write("odd", to: "a[1].txt")]).map(\.text) == ["odd"])
    }

    @Test func whatIsNotThereIsSaid() throws {
        let missing = failure { () throws(MartletError) in try Corpus([folder["none.txt"]]) }
        #expect(missing?.code == .notFound)
        #expect(missing?.description.contains(folder["none.txt"]) == true)
        let pattern = failure { () throws(MartletError) in try Corpus([folder["*.txt"]]) }
        #expect(pattern?.code == .notFound)
        #expect(pattern?.place == folder["*.txt"])
        #expect(failure { () throws(MartletError) in try Corpus([]) }?.code == .invalidValue)
        #expect(failure { () throws(MartletError) in try Corpus([""]) } != nil)
        #expect(failure { () throws(MartletError) in try Corpus(["a\0b"]) } != nil)

        try folder.write("x", to: "only/data.bin")
        let useless = failure { () throws(MartletError) in try Corpus([folder["only"]]) }
        #expect(useless?.code == .invalidValue)
        #expect(useless?.message.contains(".jsonl") == true)
    }

    @Test func emptyTextIsRefused() throws {
        let empty = try folder.write("", to: "empty.txt")
        let mark = try folder.write("\u{FEFF}", to: "mark.txt")
        let blank = try folder.write("\n \r\n{\"text\": \"\"}\n", to: "blank.jsonl")
        let one = failure { () throws(MartletError) in try Corpus([empty]) }
        #expect(one?.code == .invalidValue)
        #expect(one?.place == empty)
        let nothing = failure { () throws(MartletError) in try documents([empty, mark, blank]) }
        #expect(nothing?.code == .invalidValue)
        #expect(nothing?.message.contains("3 files") == true)
        let full = try folder.write("full", to: "full.txt")
        #expect(try documents([empty, full, mark]).map(\.text) == ["full"])
    }

    @Test func pipesAreReadOnceAndKept() throws {
        let path = folder["pipe"]
        #expect(mkfifo(path, 0o600) == 0)
        let done = DispatchSemaphore(value: 0)
        DispatchQueue(label: "pipe").async {
            let file = open(path, O_WRONLY)
            _ = write(file, "through", 7)
            close(file)
            done.signal()
        }
        let corpus = try Corpus([path])
        done.wait()
        for _ in 0..<2 {
            var texts: [[UInt8]] = []
            try corpus.forEachDocument { (document) throws(MartletError) in
                texts.append(document.text)
            }
            #expect(texts == [Array("through".utf8)])
        }
    }

    // MARK: - Encoding

    @Test func aByteOrderMarkIsDropped() throws {
        let text = try folder.write("\u{FEFF}text\u{FEFF}", to: "a.txt")
        let lines = try folder.write("\u{FEFF}{\"text\": \"line\"}", to: "a.jsonl")
        #expect(try documents([text, lines]).map(\.text) == ["text\u{FEFF}", "line"])
    }

    @Test func invalidTextIsRefusedOrReplaced() throws {
        let text = try folder.write([0xEF, 0xBB, 0xBF, 0x61, 0xE2, 0x82, 0x62], to: "a.txt")
        let refused = failure { () throws(MartletError) in try documents([text]) }
        #expect(refused?.code == .malformed)
        #expect(refused?.place == text)
        #expect(refused?.message.contains("byte 4 ") == true)

        let lines = try folder.write(
            Array("{\"text\": \"ok\"}\n{\"text\": \"".utf8) + [0xFF] + Array("\"}".utf8),
            to: "a.jsonl")
        let line = failure { () throws(MartletError) in try documents([lines]) }
        #expect(line?.message.contains("byte 25 ") == true)

        var options = CorpusOptions()
        options.replaceInvalidUTF8 = true
        let replaced = try documents([text, lines], options: options).map(\.text)
        #expect(replaced == ["a\u{FFFD}b", "ok", "\u{FFFD}"])
    }

    // MARK: - Lines

    @Test func linesAreDocuments() throws {
        let path = try folder.write(
            "{\"text\": \"one\\nmore\", \"id\": 1}\r\n\n{\"id\": 2, \"text\": \"two\"}",
            to: "a.jsonl")
        let found = try documents([path])
        #expect(found.map(\.text) == ["one\nmore", "two"])
        #expect(found.map(\.source) == [path + ":1", path + ":3"])

        let other = try folder.write("{\"body\": \"b\", \"text\": \"t\"}\n", to: "b.jsonl")
        var options = CorpusOptions()
        options.textField = "body"
        #expect(try documents([other], options: options).map(\.text) == ["b"])
    }

    @Test(arguments: [
        "not json", "[1]", "\"text\"", "{\"txt\": \"x\"}", "{\"text\": 3}", "{\"text\": \"x\"",
        "{\"text\": \"x\"} {}", "{}", "null", "{\"text\": \"\\ud800\"}",
    ])
    func aBadLineIsNamed(line: String) throws {
        let path = try folder.write("{\"text\": \"fine\"}\n\(line)\n", to: "a.jsonl")
        let error = failure { () throws(MartletError) in try documents([path]) }
        #expect(error?.code == .malformed)
        #expect(error?.description.contains(path + ":2") == true)
    }

    @Test func missingFieldNamesThoseThere() throws {
        let path = try folder.write("{\"id\": 1, \"content\": \"x\"}", to: "a.jsonl")
        let error = failure { () throws(MartletError) in try documents([path]) }
        #expect(error?.message.contains("\"id\", \"content\"") == true)
    }

    // MARK: - Identity

    @Test func hashTellsContentsAndBoundariesNotNames() throws {
        func hash(_ texts: [String]) throws -> UInt64 {
            try Corpus(documents: texts.map { Document(text: Array($0.utf8), source: "") })
                .contentHash()
        }
        let a = try folder.write("ab", to: "a.txt")
        let b = try folder.write("ab", to: "b.md")
        #expect(try Corpus([a]).contentHash() == Corpus([b]).contentHash())
        #expect(try Corpus([a]).contentHash() == hash(["ab"]))
        let hashes = try [
            ["ab"], ["a", "b"], ["b", "a"], ["ab", "ab"], ["ab\0"], ["ab\0\0\0\0\0\0"], ["\0"],
            ["12345678"], ["12345678\0"], ["1234567"],
        ].map(hash)
        #expect(Set(hashes).count == hashes.count)
    }

    @Test func theCacheLiesBesideTheData() throws {
        let path = try folder.write("x", to: "a.txt")
        #expect(try Corpus([path]).defaultCacheFolder == folder[".martlet-cache"])
        let held = try Corpus(documents: [Document(text: [0x61], source: "x")])
        #expect(held.defaultCacheFolder == nil)
    }
}
