import ByteIO
import Synchronization
import Testing
import Tokenization

@Suite struct BytePairLearningTests {
    /// The merges in a file, each as its two tokens with a space between.
    private func merges(_ file: JSONValue) throws -> [String] {
        try #require(file["model"]?["merges"]?.array).map { merge in
            try merge.string
                ?? #require(merge.array).map { try #require($0.string) }
                .joined(separator: " ")
        }
    }

    @Test func mergesAreThoseOfHuggingFace() throws {
        let expected = try merges(Goldens.json("tokenizer.json"))
        let learnt = try merges(Goldens.trained().file())
        #expect(expected.count == 600 - 258)
        #expect(learnt.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    }

    @Test func idsAreBytesThenMergesThenSpecials() throws {
        let tokenizer = try Goldens.trained()
        #expect(tokenizer.vocabularySize == 600)
        #expect(tokenizer.kind == .bpe)
        // GPT-2's order: the printable bytes of Latin-1, then the others.
        let order =
            Array(33...126) + Array(161...172) + Array(174...255) + Array(0...32)
            + Array(127...160) + [173]
        for (id, byte) in order.enumerated() {
            #expect(tokenizer.bytes(of: Int32(id)) == [UInt8(byte)])
        }
        #expect(tokenizer.endOfText == 598)
        #expect(tokenizer.id(ofSpecial: "<|pad|>") == 599)
    }

    @Test func theSameTextGivesTheSameFile() throws {
        #expect(try Goldens.trained().fileContents() == Goldens.trained().fileContents())
    }

    @Test func documentsAreCutOnTheirOwn() throws {
        func trained(_ documents: [String]) throws -> JSONValue {
            let learner = try VocabularyLearner(
                .bytePairs, vocabularySize: 400)
            for document in documents {
                try Array(document.utf8).withUnsafeBytes { try learner.add($0) }
            }
            return try learner.learn().file()
        }
        #expect(try merges(trained(["ab", "ab", "c"])) == ["a b"])
        #expect(try merges(trained(["ab", "abc"])) == ["a b", "ab c"])
        #expect(try merges(trained([])) == [])
    }

    @Test func tiesGoToTheSmallestIds() throws {
        let learner = try VocabularyLearner(
            .bytePairs, vocabularySize: 259)
        try Array("zy ba dc".utf8).withUnsafeBytes { try learner.add($0) }
        // "z y" occurs as often as " b", "b a", " d", "d c"; of these 'b' has the smallest id.
        #expect(try merges(learner.learn().file()) == ["b a", "d c"])
    }

    @Test func aPairMustBeFrequentEnough() throws {
        let all = try Goldens.trained(vocabularySize: 5000)
        #expect(all.vocabularySize < 5000)
        let some = try Goldens.trained(vocabularySize: 5000, minimumFrequency: 5)
        #expect(some.vocabularySize > 300 && some.vocabularySize < all.vocabularySize)
        let learnt = try merges(some.file())
        #expect(try merges(all.file()).starts(with: learnt))
    }

    @Test func noMergeMakesASpecialToken() throws {
        let free = try Goldens.trained(specialTokens: [])
        let word = try #require((256..<600).map { free.text(of: $0) }.first { $0.utf8.count == 4 })
        let tokenizer = try Goldens.trained(specialTokens: [word])
        let special = try #require(tokenizer.id(ofSpecial: word))
        #expect(try !tokenizer.encode(word).contains(special))
        #expect(try tokenizer.encode(word, parseSpecial: true) == [special])
        #expect(try Tokenizer.parsing(tokenizer.file()).encode(word) == tokenizer.encode(word))
    }

    @Test func progressEndsAtTheTotal() throws {
        let calls = Mutex<[[Int]]>([])
        let learner = try VocabularyLearner(
            .bytePairs, vocabularySize: 500)
        try Files.read(Goldens.path("corpus.txt")).withUnsafeBytes { try learner.add($0) }
        _ = try learner.learn { done, total in calls.withLock { $0.append([done, total]) } }
        #expect(calls.withLock { $0 } == [[64, 243], [128, 243], [192, 243], [243, 243]])
    }

    @Test(
        arguments: [
            (256, ["<|endoftext|>"], "at least 257"), (-5, [], "at least 256"),
            (1 << 25, [], "at most"), (300, [""], "empty"), (300, ["<a>", "<a>"], "twice"),
            (300, ["a"], "byte"), (300, ["Ġ"], "byte"),
        ] as [(Int, [String], String)])
    func impossibleVocabulariesAreRefused(size: Int, specials: [String], part: String) {
        let error = failure {
            try VocabularyLearner(.bytePairs, vocabularySize: size, specialTokens: specials).learn()
        }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test func bytesThatAreNotTextAreLearntFrom() throws {
        let learner = try VocabularyLearner(
            .bytePairs, vocabularySize: 300, specialTokens: [])
        let bytes = [UInt8](repeating: 0xFF, count: 64) + [0xC3, 0xC3, 0xFE]
        try bytes.withUnsafeBytes { try learner.add($0) }
        let tokenizer = try learner.learn()
        #expect(tokenizer.bytes(of: 256) == [0xFF, 0xFF])
        #expect(try tokenizer.joined(tokenizer.encode(bytes)) == bytes)
    }
}
