import ByteIO
import Corpora
import Dispatch
import Testing
import Tokenization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Documents in parts against documents whole.
@Suite struct CorpusPartsTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let text =
        "It's  a test, isn't it?  Yes 12 34 x y\n\n  z  \u{3000} we'll see é t'as vu 世界 ok then. "
        + "Ещё раз, привет мир и γειά σου Κόσμε, 第一章 開始、हम और तुम x\u{301} y 🌍 a ▁ b c "

    /// A part as it was during the call.
    private struct Part {
        var text: [UInt8]
        var source: String
        var offset: Int
        var isStart: Bool
        var isEnd: Bool
    }

    private static func parts(_ corpus: Corpus, size: Int) throws(MartletError) -> [Part] {
        var parts: [Part] = []
        try corpus.forEachPart(size: size) { (part) throws(MartletError) in
            parts.append(
                Part(
                    text: Array(part.text), source: part.source, offset: part.offset,
                    isStart: part.isStart, isEnd: part.isEnd))
        }
        return parts
    }

    private static func documents(_ corpus: Corpus) throws(MartletError) -> [Document] {
        var documents: [Document] = []
        try corpus.forEachDocument { (document) throws(MartletError) in documents.append(document) }
        return documents
    }

    /// The documents that parts make up.
    private static func joined(_ parts: [Part]) -> [Document] {
        var documents: [Document] = []
        var open: Document?
        for part in parts {
            #expect(!part.text.isEmpty)
            #expect(part.isStart == (open == nil))
            var document = open ?? Document(text: [], source: part.source)
            #expect(part.source == document.source)
            #expect(part.offset == document.text.count)
            document.text += part.text
            open = part.isEnd ? nil : document
            if part.isEnd { documents.append(document) }
        }
        #expect(open == nil)
        return documents
    }

    /// Expects parts to make up the documents, or to fail as they do.
    private static func compare(_ corpus: Corpus, size: Int) throws {
        let expected = failure { () throws(MartletError) in try documents(corpus) }
        let error = failure { () throws(MartletError) in try parts(corpus, size: size) }
        #expect(error?.description == expected?.description)
        #expect(error?.code == expected?.code)
        guard expected == nil, error == nil else { return }
        let joined = Self.joined(try parts(corpus, size: size))
        let whole = try documents(corpus)
        #expect(joined.map(\.text) == whole.map(\.text))
        #expect(joined.map(\.source) == whole.map(\.source))
    }

    // MARK: - Parts

    @Test(arguments: [0, 1, 2, 5, 16, 17, 40, 1000, Int.max])
    func partsMakeUpTheDocuments(size: Int) throws {
        let long = String(repeating: Self.text, count: 4)
        let line = "{\"text\": \"\(long.filter { $0 != "\n" })\"}"
        let paths = [
            try folder.write("", to: "empty.txt"), try folder.write(long, to: "long.txt"),
            try folder.write("\u{FEFF}", to: "mark.txt"),
            try folder.write("\u{FEFF}" + long, to: "marked.txt"),
            try folder.write("a b", to: "short.txt"),
            try folder.write("\(line)\r\n\n{\"text\": \"\"}\n\(line)", to: "lines.jsonl"),
        ]
        try Self.compare(Corpus(paths), size: size)
        let held = [long, "", "a b c", "x"].map { Document(text: Array($0.utf8), source: "held") }
        try Self.compare(Corpus(documents: held), size: size)
    }

    @Test func partsEndBeforeSpacesBetweenLetters() throws {
        let path = try folder.write(String(repeating: Self.text, count: 20), to: "a.txt")
        let parts = try Self.parts(Corpus([path]), size: 16)
        #expect(parts.count > 100)
        for part in parts {
            #expect(part.text.first == 0x20 || part.isStart)
            #expect(part.text.count >= 16 || part.isEnd)
            #expect(part.text.count < 200)
        }
    }

    @Test func aPartGrowsToTheNextPlace() throws {
        let word = [UInt8](repeating: 0x78, count: 100)
        let path = try folder.write(word + Array(" c d".utf8), to: "a.txt")
        #expect(try Self.parts(Corpus([path]), size: 16).map(\.text) == [word, Array(" c d".utf8)])
        let dense = try folder.write(word + word, to: "dense.txt")
        #expect(try Self.parts(Corpus([dense]), size: 16).map(\.text) == [word + word])
    }

    @Test func whereAPartIsIsSaid() throws {
        let corpus = try Corpus(documents: [Document(text: Array("ab cd ef".utf8), source: "x")])
        var places: [String] = []
        try corpus.forEachPart(size: 1) { (part) throws(MartletError) in places.append(part.place) }
        let rest = [2, 5].map { "x, from byte \($0) of the text" }
        #expect(places == ["x"] + rest)
    }

    @Test func thereMustBeText() throws {
        let empty = try folder.write("", to: "empty.txt")
        let blank = try folder.write("\n{\"text\": \"\"}", to: "blank.jsonl")
        try Self.compare(Corpus([empty, blank]), size: 16)
        let error = failure { () throws(MartletError) in
            try Corpus([empty, blank]).forEachPart { (_) throws(MartletError) in }
        }
        #expect(error?.code == .invalidValue)
    }

    /// Of a file larger than what is read before its pages are given back.
    @Test func whatWasGivenBackIsReadAgain() throws {
        let text = Array(String(repeating: "one two three ", count: 1_400_000).utf8)
        let expected = text.withUnsafeBytes { text in
            TextChunks.ranges(of: text).map {
                ContentHash.of(UnsafeRawBufferPointer(rebasing: text[$0]))
            }
        }
        #expect(expected.count > 16)
        let corpus = try Corpus([folder.write(text, to: "a.txt")])
        for _ in 0..<2 {
            var hashes: [UInt64] = []
            try corpus.forEachPart(size: TextChunks.size) { (part) throws(MartletError) in
                hashes.append(ContentHash.of(part.text))
            }
            #expect(hashes == expected)
        }
    }

    // MARK: - Encoding

    @Test func invalidBytesAreNamedByTheirPlaceInTheFile() throws {
        // The truncated scalar stands at a place that would end a part if it were a letter.
        let bytes = Array("ab cd ef".utf8) + [0xE2, 0x82] + Array(" gh ij".utf8)
        for (mark, offset) in [([], 8), ([0xEF, 0xBB, 0xBF], 11)] as [([UInt8], Int)] {
            let path = try folder.write(mark + bytes, to: "a.txt")
            for size in [1, 2, 6, 8, 16] {
                let error = failure { () throws(MartletError) in
                    try Self.parts(Corpus([path]), size: size)
                }
                #expect(error?.code == .malformed)
                #expect(error?.place == path)
                #expect(error?.message.contains("byte \(offset) (0xe2)") == true)
            }
            var options = CorpusOptions()
            options.replaceInvalidUTF8 = true
            let parts = try Self.parts(Corpus([path], options: options), size: 2)
            let texts = parts.map { String(decoding: $0.text, as: UTF8.self) }
            #expect(texts == ["ab", " cd", " ef\u{FFFD} gh", " ij"])
            #expect(parts.map(\.offset) == [0, 2, 5, 14])
        }
    }

    @Test(arguments: [1, 2, 3, 5, 16], [false, true])
    func randomBytesAreFoundAndReplacedAsInTheWhole(size: Int, replaces: Bool) throws {
        var random = TestRandom(state: 11)
        var options = CorpusOptions()
        options.replaceInvalidUTF8 = replaces
        let valid = [" ", "a", "b c", "é", "世 界", "🌍", "д я"].map { Array($0.utf8) }
        let broken: [[UInt8]] = [
            [0xE2, 0x82], [0xF0, 0x9F, 0x8C], [0xC3], [0x80], [0xFF], [0xED, 0xA0, 0x80],
        ]
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                let pool = Int.random(in: 0..<12, using: &random) == 0 ? broken : valid
                bytes += pool.randomElement(using: &random) ?? []
            }
            let documents = [bytes, Array("b c".utf8)].map { Document(text: $0, source: "x") }
            try Self.compare(Corpus(documents: documents, options: options), size: size)
        }
    }

    @Test(arguments: ["{\"text\": 3}", "nothing", "{\"text\": \"a", "{\"text\": \"a b ? c d\"}"])
    func badLinesAreNamed(line: String) throws {
        let good = Array("{\"text\": \"one two three four\"}\n".utf8)
        let bad = line.utf8.map { $0 == UInt8(ascii: "?") ? 0xC3 : $0 }
        let path = try folder.write(good + bad, to: "a.jsonl")
        try Self.compare(Corpus([path]), size: 4)
        var options = CorpusOptions()
        options.replaceInvalidUTF8 = true
        try Self.compare(Corpus([path], options: options), size: 4)
    }

    // MARK: - Pipes

    @Test(arguments: [0, 1, 9, 10, 11, 1 << 20, (1 << 20) + 1, 3 << 20])
    func streamsAreCopiedWhole(count: Int) throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let path = try folder.write(content, to: "stream")
        for limit in [0, 10, 1 << 20, 1 << 30] {
            switch try StreamCopy.of(path, memoryLimit: limit) {
            case .memory(let bytes):
                #expect(count <= limit)
                #expect(bytes == content)
            case .file(let file):
                #expect(count > limit)
                #expect(file.bytes.elementsEqual(content))
                #expect(!Files.exists(Files.parent(file.path)))
            }
        }
    }

    @Test(arguments: [10, 64 << 20])
    func aPipeCanBeGoneThroughRepeatedly(heldBytes: Int) throws {
        let text = Array(String(repeating: Self.text, count: 12_000).utf8)
        let path = folder["pipe"]
        #expect(mkfifo(path, 0o600) == 0)
        let done = DispatchSemaphore(value: 0)
        DispatchQueue(label: "pipe").async {
            let file = open(path, O_WRONLY)
            var rest = text[...]
            while !rest.isEmpty {
                let step = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                if step <= 0 { break }
                rest = rest.dropFirst(step)
            }
            close(file)
            done.signal()
        }
        var options = CorpusOptions()
        options.heldStreamBytes = heldBytes
        let corpus = try Corpus([path], options: options)
        done.wait()
        #expect(try corpus.byteCount() == text.count)
        for _ in 0..<2 {
            let documents = Self.joined(try Self.parts(corpus, size: 1 << 16))
            #expect(documents.map(\.text) == [text])
            #expect(documents.map(\.source) == [path])
        }
    }

    // MARK: - What is learnt

    @Test(arguments: VocabularyLearner.Kind.allCases, [1, 3])
    func vocabulariesFromPartsAreThoseFromDocuments(
        kind: VocabularyLearner.Kind, threads: Int
    ) throws {
        let texts = [String(repeating: Self.text, count: 30), "one two one", Self.text]
        let corpus = try Corpus(
            documents: texts.map { Document(text: Array($0.utf8), source: "x") })
        let whole = try VocabularyLearner(kind, vocabularySize: 600, threads: threads)
        try corpus.forEachText { (text, _) throws(MartletError) in try whole.add(text) }
        let inParts = try VocabularyLearner(kind, vocabularySize: 600, threads: threads)
        try corpus.forEachPart(size: 16) { (part) throws(MartletError) in
            try inParts.add(part.text)
        }
        let tokenizer = try inParts.learn()
        #expect(try TokenizerIdentity.of(tokenizer) == TokenizerIdentity.of(whole.learn()))

        // The report after learning counts the tokens of parts.
        var (ids, idsOfParts): ([Tokenizer.ID], [Tokenizer.ID]) = ([], [])
        try corpus.forEachText { (text, _) throws(MartletError) in
            ids += try tokenizer.encode(text)
        }
        try corpus.forEachPart(size: 16) { (part) throws(MartletError) in
            idsOfParts += try tokenizer.encode(part.text)
        }
        #expect(ids == idsOfParts)
    }

    @Test func charactersFromPartsAreThoseOfTheWhole() throws {
        let text = Array(String(repeating: Self.text, count: 3).utf8)
        let corpus = try Corpus(documents: [Document(text: text, source: "x")])
        var learner = CharacterLearner()
        try corpus.forEachPart(size: 16) { (part) throws(MartletError) in
            try learner.add(part.text)
        }
        let whole = try text.withUnsafeBufferPointer { (text) throws(MartletError) in
            try Tokenizer.characters(of: UnsafeRawBufferPointer(text), endOfText: true)
        }
        let tokenizer = try learner.learn(endOfText: true)
        #expect(try TokenizerIdentity.of(tokenizer) == TokenizerIdentity.of(whole))
        let nothing = failure { () throws(MartletError) in
            try CharacterLearner().learn(endOfText: true)
        }
        #expect(nothing?.code == .invalidValue)
    }
}
