import ByteIO
import Corpora
import Testing
import Tokenization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct TokenDataTests {
    let folder: TemporaryFolder
    let tokenizer = Tokenizer.bytes()

    init() throws { folder = try TemporaryFolder() }

    private func corpus(_ texts: [String]) throws(MartletError) -> Corpus {
        try Corpus(
            documents: texts.enumerated().map { index, text in
                Document(text: Array(text.utf8), source: "text \(index)")
            })
    }

    private func text(_ shard: TokenShard, skipSpecial: Bool = false) throws -> String {
        try tokenizer.decode(shard.ids(from: 0, count: shard.count), skipSpecial: skipSpecial)
    }

    /// A hundred documents, no two alike.
    private var many: [String] { (0..<100).map { "Document number \($0), and é 世 more." } }

    // MARK: - Splits

    @Test func aSingleTextIsCutAtItsLastTenth() throws {
        let text = String(repeating: "aé世", count: 10)
        let data = try TokenData.prepare(corpus([text]), tokenizer: tokenizer)
        #expect(try self.text(data.train) == String(repeating: "aé世", count: 9))
        #expect(try self.text(data.validation) == "aé世")
        #expect(data.trainBytes == 54)
        #expect(data.validationBytes == 6)
        #expect(data.trainDocuments == 1)
        #expect(data.validationDocuments == 1)
        #expect(!data.wasCached)
        #expect(data.train.vocabularySize == tokenizer.vocabularySize)
    }

    @Test func oneCharacterCannotBeCut() throws {
        let corpus = try corpus(["世"])
        let error = failure { () throws(MartletError) in
            try TokenData.prepare(corpus, tokenizer: tokenizer)
        }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains("too few") == true)
    }

    @Test func documentsGoWholeToOneSideWithASeparator() throws {
        let data = try TokenData.prepare(corpus(many), tokenizer: tokenizer)
        let separator = "<|endoftext|>"
        let train = try text(data.train).components(separatedBy: separator)
        let held = try text(data.validation).components(separatedBy: separator)
        #expect(train.count == data.trainDocuments + 1)
        #expect(train.last == "" && held.last == "")
        #expect(Set(train).union(held) == Set(many + [""]))
        #expect(Set(train).intersection(held) == [""])
        #expect((2...25).contains(data.validationDocuments))
        #expect(data.trainDocuments + data.validationDocuments == 100)
        // The separators stand for no bytes.
        #expect(data.validationBytes == held.reduce(0) { $0 + $1.utf8.count })
        #expect(data.validation.count == data.validationBytes + data.validationDocuments)
        #expect(data.train.count == data.trainBytes + data.trainDocuments)
    }

    @Test func whichSideADocumentIsOnDoesNotDependOnTheOthers() throws {
        let all = try TokenData.prepare(corpus(many), tokenizer: tokenizer)
        let half = try TokenData.prepare(
            corpus(Array(many.reversed().dropLast(40))), tokenizer: tokenizer)
        let held = try text(all.validation).components(separatedBy: "<|endoftext|>")
        for document in try text(half.validation).components(separatedBy: "<|endoftext|>") {
            #expect(held.contains(document))
        }
        let same = try TokenData.prepare(
            corpus(many), tokenizer: tokenizer, validation: .fraction(0.1))
        #expect(try text(same.validation) == text(all.validation))
    }

    @Test func neitherSideStaysEmpty() throws {
        for document in many.prefix(30) {
            // Equal texts have equal hashes: both are on one side, until one is moved.
            let data = try TokenData.prepare(corpus([document, document]), tokenizer: tokenizer)
            #expect(data.trainDocuments == 1)
            #expect(data.validationDocuments == 1)
        }
    }

    @Test func anotherCorpusValidates() throws {
        let data = try TokenData.prepare(
            corpus(["one", "two"]), tokenizer: tokenizer, validation: .corpus(corpus(["val"])))
        #expect(try text(data.train) == "one<|endoftext|>two<|endoftext|>")
        #expect(try text(data.validation) == "val<|endoftext|>")
        #expect(data.validationBytes == 3)
        // A model that never saw the separator is not asked for it.
        let single = try TokenData.prepare(
            corpus(["val"]), tokenizer: tokenizer, validation: .corpus(corpus(["one", "two"])))
        #expect(try text(single.train) == "val")
        #expect(try text(single.validation) == "onetwo")
    }

    @Test func aTokenizerWithoutEndOfTextSeparatesNothing() throws {
        let data = try TokenData.prepare(
            corpus(["one", "two"]), tokenizer: .bytes(specials: []),
            validation: .corpus(corpus(["val"])))
        #expect(data.train.count == 6)
    }

    @Test func anErrorOfTheTokenizerNamesTheDocument() throws {
        let alphabet = Array("ab".utf8)
        let tokenizer = try alphabet.withUnsafeBytes {
            try Tokenizer.characters(of: $0, endOfText: false)
        }
        let corpus = try corpus(["abababababa", "abc"])
        let error = failure { () throws(MartletError) in
            try TokenData.prepare(corpus, tokenizer: tokenizer)
        }
        #expect(error?.description.contains("text 1") == true)
    }

    // MARK: - Progress

    @Test func progressEndsAtTheTotalAndCanStop() throws {
        let corpus = try corpus([String(repeating: "some words ", count: 400_000)])
        var reports: [(Int, Int)] = []
        _ = try TokenData.prepare(corpus, tokenizer: tokenizer) { reports.append(($0, $1)) }
        #expect(reports.count > 2)
        #expect(reports.allSatisfy { $0.1 == 4_400_000 })
        #expect(reports.last?.0 == 4_400_000)
        #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.0 <= $1.0 })
        let cache = folder["cache"]
        let stopped = failure { () throws(MartletError) in
            try TokenData.prepare(corpus, tokenizer: tokenizer, cacheFolder: cache) {
                (_, _) throws(MartletError) in throw MartletError(.interrupted, "stop")
            }
        }
        #expect(stopped?.code == .interrupted)
        #expect(try Files.list(cache) == ["lock"])
    }

    // MARK: - Cache

    @Test func tokensAreKeptAndFound() throws {
        let cache = folder["data/.martlet-cache"]
        let first = try TokenData.prepare(corpus(many), tokenizer: tokenizer, cacheFolder: cache)
        #expect(!first.wasCached)
        let memory = try TokenData.prepare(corpus(many), tokenizer: tokenizer)
        let second = try TokenData.prepare(corpus(many), tokenizer: tokenizer, cacheFolder: cache)
        #expect(second.wasCached)
        for data in [first, second] {
            #expect(try text(data.train) == text(memory.train))
            #expect(try text(data.validation) == text(memory.validation))
            #expect(data.validationBytes == memory.validationBytes)
            #expect(data.trainBytes == memory.trainBytes)
            #expect(data.trainDocuments == memory.trainDocuments)
        }
        #expect(try Files.list(cache).count == 3)
    }

    @Test func whateverMattersIsPartOfTheName() throws {
        let cache = folder["cache"]
        func isCached(
            _ texts: [String], _ identity: String? = nil,
            _ validation: ValidationSource = .automatic
        ) throws -> Bool {
            try TokenData.prepare(
                corpus(texts), tokenizer: tokenizer, tokenizerIdentity: identity,
                validation: validation, cacheFolder: cache
            ).wasCached
        }
        #expect(try !isCached(many))
        #expect(try !isCached(many.dropLast()))
        #expect(try !isCached(many, "../../another tokenizer"))
        #expect(try !isCached(many, nil, .fraction(0.2)))
        #expect(try !isCached(many, nil, .corpus(corpus(["val"]))))
        #expect(try !isCached([many.joined()], nil))
        #expect(try isCached(many))
        #expect(try isCached(many, "../../another tokenizer"))
        #expect(try isCached(many, nil, .fraction(0.2)))
        #expect(try isCached(many, nil, .corpus(corpus(["val"]))))
        #expect(try Files.list(folder.path) == ["cache"])
        #expect(TokenizerIdentity.of([1]) != TokenizerIdentity.of([2]))
        #expect(try TokenizerIdentity.of(.bytes()) == TokenizerIdentity.of(.bytes()))
        #expect(
            try TokenizerIdentity.of(.bytes()) != TokenizerIdentity.of(.bytes(specials: ["<x>"])))
    }

    @Test func aDamagedCacheIsMadeAgain() throws {
        let cache = folder["cache"]
        let good = try TokenData.prepare(corpus(many), tokenizer: tokenizer, cacheFolder: cache)
        let expected = try text(good.validation)
        for name in try Files.list(cache) where name != "lock" {
            for damage in 0..<3 {
                let path = Files.join(cache, name)
                var bytes = try Files.read(path)
                if damage == 0 { bytes[20] ^= 1 }
                if damage == 1 { bytes.removeLast(7) }
                if damage == 2 { bytes = [] }
                try Files.write(bytes, to: path)
                let data = try TokenData.prepare(
                    corpus(many), tokenizer: tokenizer, cacheFolder: cache)
                #expect(!data.wasCached)
                #expect(try text(data.validation) == expected)
                let again = try TokenData.prepare(
                    corpus(many), tokenizer: tokenizer, cacheFolder: cache)
                #expect(again.wasCached)
            }
        }
        #expect(try Files.list(cache).count == 3)
    }

    @Test func leftoversOfAnInterruptedWriterAreCleared() throws {
        let cache = folder["cache"]
        try folder.write("half", to: "cache/x.tokens.partial")
        _ = try TokenData.prepare(corpus(many), tokenizer: tokenizer, cacheFolder: cache)
        #expect(try !Files.list(cache).contains { $0.hasSuffix(".partial") })
    }

    @Test func aCacheThatCannotBeWrittenIsDoneWithout() throws {
        let file = try folder.write("in the way", to: "file")
        let data = try TokenData.prepare(
            corpus(many), tokenizer: tokenizer, cacheFolder: Files.join(file, "cache"))
        #expect(data.trainDocuments + data.validationDocuments == 100)

        let cache = folder["locked"]
        try Files.createDirectory(cache)
        let lock = try FileLock(Files.join(cache, "lock"))
        let meanwhile = try TokenData.prepare(
            corpus(many), tokenizer: tokenizer, cacheFolder: cache)
        #expect(try text(meanwhile.train) == text(data.train))
        #expect(try Files.list(cache) == ["lock"])
        lock.unlock()

        #expect(chmod(cache, 0o500) == 0)
        let readOnly = try TokenData.prepare(corpus(many), tokenizer: tokenizer, cacheFolder: cache)
        #expect(try text(readOnly.train) == text(data.train))
        #expect(chmod(cache, 0o700) == 0)
    }
}

extension String {
    /// The parts between the places where `separator` stands.
    fileprivate func components(separatedBy separator: String) -> [String] {
        let bytes = Array(utf8)
        let mark = Array(separator.utf8)
        var parts: [String] = []
        var start = 0
        var index = 0
        while index + mark.count <= bytes.count {
            if bytes[index..<index + mark.count].elementsEqual(mark) {
                parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
                index += mark.count
                start = index
            } else {
                index += 1
            }
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }
}
