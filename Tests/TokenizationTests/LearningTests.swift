import ByteIO
import Testing
import Tokenization

/// Counting words and learning vocabularies of characters; the goldens are from
/// `Goldens/make_learning_goldens.py`.
@Suite struct LearningTests {
    /// The parts of `text` between ASCII white space, each after `mark`.
    static func words(_ text: [UInt8], mark: String = "") -> [[UInt8]] {
        text.split { [0x09, 0x0A, 0x0D, 0x20].contains($0) }.map { Array(mark.utf8) + $0 }
    }

    static func counted(_ words: [[UInt8]]) -> CountedWords {
        var counts: [[UInt8]: Int64] = [:]
        for word in words { counts[word, default: 0] += 1 }
        var result = CountedWords()
        for (word, count) in counts.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            result.append(word, count: count)
        }
        return result
    }

    /// Counts the words of documents, cut at spaces and line feeds.
    static func counts(
        _ documents: [[UInt8]], memory: Int, threads: Int,
        division: WordCounts.Division = .afterLines
    ) throws -> WordCounts {
        let counts = try WordCounts(
            memoryLimit: memory, threads: threads, division: division
        ) { (text, _, word) throws(MartletError) in
            for part in text.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }) {
                word(UnsafeBufferPointer(rebasing: part))
            }
        }
        for document in documents {
            try document.withUnsafeBufferPointer { try counts.add($0) }
        }
        return counts
    }

    static func corpus(mark: String = "") throws -> CountedWords {
        try counted(words(Files.read(Goldens.path("corpus.txt")), mark: mark))
    }

    private func text(_ golden: JSONValue, _ file: JSONValue) throws -> CountedWords {
        if golden["text"]?.string == "corpus" { return try Self.corpus() }
        return Self.counted(Self.words(Array(try #require(file["scripts"]?.string).utf8)))
    }

    private func strings(_ value: JSONValue?) throws -> [[UInt8]] {
        try #require(value?.array).map { Array(try #require($0.string).utf8) }
    }

    // MARK: - Counting

    private static func random(_ documents: Int, seed: UInt64) -> [[UInt8]] {
        var random = TestRandom(state: seed)
        return (0..<documents).map { _ in
            (0..<Int.random(in: 0...400, using: &random)).flatMap { _ in
                let length = Int.random(in: 1...14, using: &random)
                let spread = UInt8.random(in: 1...9, using: &random)
                let word = (0..<length).map { _ in
                    0x61 + UInt8.random(in: 0..<spread, using: &random)
                }
                return word + (Bool.random(using: &random) ? [0x20] : [0x0A])
            }
        }
    }

    @Test(arguments: [1, 2, 3], [1, 400_000, 1 << 28])
    func countsAreThoseOfADictionary(threads: Int, memory: Int) throws {
        let documents = Self.random(300, seed: 1)
        let expected = Self.counted(documents.flatMap { Self.words($0) })
        let counts = try Self.counts(documents, memory: memory, threads: threads)
        #expect(try counts.finish() == expected)
        // What was counted stays, and more may come.
        try documents[0].withUnsafeBufferPointer { try counts.add($0) }
        let more = try counts.finish()
        #expect(more.count == expected.count)
        #expect(more.occurrences == expected.occurrences + Int64(Self.words(documents[0]).count))
    }

    @Test(arguments: [1, 2, 3]) func longDocumentsAreDivided(threads: Int) throws {
        let part = Array(Self.random(400, seed: 2).joined())
        let document = Array(repeating: part, count: 5).flatMap { $0 }
        try #require(document.count > 5 << 19)
        let expected = Self.counted(Self.words(document))
        for division in [WordCounts.Division.afterLines, .nowhere] {
            let counts = try Self.counts(
                [document], memory: 1 << 20, threads: threads, division: division)
            #expect(try counts.finish() == expected)
        }
    }

    @Test func documentsAreDividedWhereGPT2CutsToo() {
        let text = Array("a\nb \nc\n\nd;\n/e\n f\né\ng'\n's".utf8)
        text.withUnsafeBufferPointer { text in
            var places: [Int] = []
            var pieces: [Range<Int>] = []
            PatternScanner.gpt2.forEachPiece(of: text) { range in
                pieces.append(range)
                return true
            }
            var offset = 0
            while let place = WordCounts.Division.afterLines.next(text, offset) {
                places.append(place)
                offset = place + 1
            }
            #expect(places == [2])
            for place in places { #expect(pieces.contains { $0.lowerBound == place }) }
        }
    }

    @Test(arguments: [1, 2]) func theLeastFrequentWordsAreLeftOut(threads: Int) throws {
        let documents = Self.random(60, seed: 3)
        let all = Self.counted(documents.flatMap { Self.words($0) })
        for maximum in [0, 1, 10, 100, 1000, 5000, all.bytes.count - 1, all.bytes.count] {
            let counts = try Self.counts(documents, memory: 1, threads: threads)
            let words = try counts.finish(maximumBytes: maximum)
            #expect(words.bytes.count <= maximum)
            #expect(words.count + words.omittedWords == all.count)
            #expect(words.occurrences + words.omittedOccurrences == all.occurrences)
            let least = words.counts.min() ?? .max
            let kept = (0..<all.count).filter { all.counts[$0] >= least }
            #expect(kept.map { Array(all[$0]) } == (0..<words.count).map { Array(words[$0]) })
            // The next count would not have fitted.
            if let next = all.counts.filter({ $0 < least }).max() {
                let more = (0..<all.count).filter { all.counts[$0] >= next }
                #expect(more.reduce(0) { $0 + all[$1].count } > maximum)
            }
        }
    }

    @Test func wordsOfAnyBytesAreCounted() throws {
        let words: [[UInt8]] = [
            [0], [0, 0], [0xFF], [1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8, 0],
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
            [UInt8](repeating: 7, count: 999),
        ]
        let counts = try WordCounts(threads: 2) { (text, _, word) throws(MartletError) in
            word(text)
            word(UnsafeBufferPointer(rebasing: text[..<0]))
        }
        for word in words + words {
            try word.withUnsafeBufferPointer { try counts.add($0) }
        }
        #expect(try counts.finish() == Self.counted(words + words))
    }

    @Test(arguments: [1, 3]) func whatTheCutterThrowsComesOut(threads: Int) throws {
        let counts = try WordCounts(memoryLimit: 1, threads: threads) {
            (text, _, word) throws(MartletError) in
            if text.contains(0x21) { throw MartletError(.unsupported, "no '!'") }
            word(text)
        }
        let error = failure {
            for document in [[0x61], [0x21], [0x62]] as [[UInt8]] {
                try document.withUnsafeBufferPointer { try counts.add($0) }
            }
            return try counts.finish()
        }
        #expect(error?.message == "no '!'")
        #expect(failure { try counts.finish() }?.message == "no '!'")
    }

    @Test(arguments: [(0, 1), (-1, 1), (1, 0), (1, -3), (1, 5000)])
    func impossibleCountersAreRefused(memory: Int, threads: Int) {
        let error = failure { try Self.counts([], memory: memory, threads: threads) }
        #expect(error?.code == .invalidValue)
    }

    // MARK: - Merges of characters

    @Test func wordPieceTokensAreThoseOfHuggingFace() throws {
        let file = try Goldens.json("learning.json")
        for golden in try #require(file["word_piece"]?.array) {
            let learner = WordPieceLearner(
                vocabularySize: try #require(golden["size"]?.int),
                minimumFrequency: Int64(try #require(golden["frequency"]?.int)),
                specialTokens: ["[PAD]", "[UNK]"], alphabetLimit: golden["limit"]?.int)
            let tokens = try learner.learn(text(golden, file))
            #expect(try tokens == strings(golden["tokens"]))
        }
    }

    @Test func mergesOfCharactersAreThoseOfHuggingFace() throws {
        let file = try Goldens.json("learning.json")
        for golden in try #require(file["merges"]?.array) {
            var learner = CharacterMergeLearner(
                vocabularySize: try #require(golden["size"]?.int),
                specialTokens: ["[PAD]", "[UNK]"])
            learner.endOfWordSuffix = try #require(golden["suffix"]?.string)
            learner.lengthLimit = golden["length"]?.int
            let learnt = try learner.learn(text(golden, file))
            let merges = learnt.merges.map { merge in
                learnt.tokens[Int(merge.left)] + [0x20] + learnt.tokens[Int(merge.right)]
            }
            #expect(merges.count == golden["count"]?.int)
            #expect(try Array(merges.suffix(40)) == strings(golden["merges"]))
            #expect(try Array(learnt.tokens.suffix(40)) == strings(golden["last"]))
        }
    }

    @Test func progressOfMergesEndsAtTheTotal() throws {
        var calls: [[Int]] = []
        let learner = WordPieceLearner(vocabularySize: 400)
        let tokens = try learner.learn(Self.corpus()) { calls.append([$0, $1]) }
        #expect(tokens.count == 400)
        let last = try #require(calls.last)
        #expect(last[0] == last[1])
        #expect(calls.dropLast().allSatisfy { $0[0].isMultiple(of: 64) && $0[1] == last[1] })
    }

    @Test func noMergeMakesASpecialToken() throws {
        let free = try WordPieceLearner(vocabularySize: 300).learn(Self.corpus())
        let word = try #require(free.last { $0.count > 3 && !$0.starts(with: [0x23]) })
        let special = String(decoding: word, as: UTF8.self)
        let tokens = try WordPieceLearner(vocabularySize: 300, specialTokens: [special])
            .learn(Self.corpus())
        #expect(tokens.first == word)
        #expect(tokens.count == 300)
        #expect(Set(tokens).count == 300)
    }

    @Test(
        arguments: [
            (5, [], nil, "at least"), (1 << 30, [], nil, "at most"), (-1, [], nil, "at least"),
            (400, [""], nil, "empty"), (400, ["x", "x"], nil, "twice"),
            (400, ["a"], nil, "character"), (400, [], -1, "negative"),
        ] as [(Int, [String], Int?, String)])
    func impossibleVocabulariesAreRefused(
        size: Int, specials: [String], limit: Int?, part: String
    ) throws {
        let words = try Self.corpus()
        let error = failure {
            try WordPieceLearner(
                vocabularySize: size, specialTokens: specials, alphabetLimit: limit
            ).learn(words)
        }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test func emptyAndBrokenTextIsLearntFrom() throws {
        #expect(try WordPieceLearner(vocabularySize: 9).learn(CountedWords()) == [])
        let words = Self.counted([[0xFF, 0xFE], [0xFF, 0xFE], [0x61, 0xC3]])
        let tokens = try WordPieceLearner(vocabularySize: 9).learn(words)
        #expect(tokens.contains(Array("\u{FFFD}\u{FFFD}".utf8)))
        let none = try WordPieceLearner(vocabularySize: 9, alphabetLimit: 0).learn(words)
        #expect(none == [])
    }

    // MARK: - Reports

    @Test func aReportCountsTokens() {
        let report = VocabularyReport(
            tokens: [[1], [2, 3], [], [4, 5, 6], [7, 8]], counts: [4, 0, 0, 2], byteCount: 10,
            wordCount: 3, referenceTokenCount: 5, longest: 2)
        #expect(report.tokenCount == 6)
        #expect(report.vocabularySize == 4)
        #expect(report.unusedTokens == [1, 4])
        #expect(report.longestTokens.map(\.id) == [3, 1])
        #expect(report.longestTokens.map(\.count) == [2, 0])
        #expect(report.bytesPerToken == 10.0 / 6)
        #expect(report.tokensPerWord == 2)
        #expect(report.referenceBytesPerToken == 2)
        let empty = VocabularyReport(tokens: [], counts: [], byteCount: 0, wordCount: 0)
        #expect(empty.bytesPerToken == nil && empty.tokensPerWord == nil)
    }
}

/// Learning unigram vocabularies.
@Suite struct UnigramLearningTests {
    /// How many tokens the best cuts of all words have, together.
    private func tokenCount(_ learnt: UnigramLearner.Result, _ words: CountedWords) -> Int64 {
        var scores: [[UInt8]: Double] = [:]
        for (id, piece) in learnt.pieces.enumerated() where id != learnt.unknownID {
            scores[piece.piece] = piece.score
        }
        let longest = scores.keys.map(\.count).max() ?? 0
        var total: Int64 = 0
        for number in 0..<words.count {
            let word = Array(words[number])
            var best = [(score: Double, tokens: Int64)](
                repeating: (-.infinity, 0), count: word.count + 1)
            best[0].score = 0
            for start in word.indices where best[start].score > -.infinity {
                for end in (start + 1)...min(word.count, start + longest) {
                    guard let score = scores[Array(word[start..<end])] else { continue }
                    let sum = best[start].score + score
                    if sum > best[end].score { best[end] = (sum, best[start].tokens + 1) }
                }
            }
            #expect(best[word.count].score > -.infinity)
            total += best[word.count].tokens * words.counts[number]
        }
        return total
    }

    @Test func textsAreAsShortAsWithHuggingFace() throws {
        let words = try LearningTests.corpus(mark: "▁")
        for golden in try #require(Goldens.json("learning.json")["unigram"]?.array) {
            let size = try #require(golden["size"]?.int)
            let learnt = try UnigramLearner(vocabularySize: size).learn(words)
            #expect(learnt.pieces.count <= size)
            #expect(learnt.pieces.count >= golden["learnt"]?.int ?? .max)
            #expect(learnt.unknownID == 0)
            let tokens = Double(tokenCount(learnt, words))
            #expect(tokens <= 1.01 * Double(try #require(golden["tokens"]?.int)))
        }
    }

    @Test func theNumberOfThreadsChangesNothing() throws {
        let words = try LearningTests.corpus(mark: "▁")
        let learner = UnigramLearner(vocabularySize: 300)
        let one = try learner.learn(words)
        for threads in [2, 3, 7] {
            let other = try learner.learn(words, threads: threads)
            #expect(other.pieces.map(\.piece) == one.pieces.map(\.piece))
            #expect(
                other.pieces.map(\.score.bitPattern) == one.pieces.map(\.score.bitPattern))
        }
    }

    @Test func piecesAreSortedProbabilities() throws {
        let words = try LearningTests.corpus(mark: "▁")
        var learner = UnigramLearner(vocabularySize: 250, specialTokens: ["<s>", "<unk>", "▁un"])
        learner.initialAlphabet = "ж☂"
        var calls = 0
        let learnt = try learner.learn(words) { pieces, target in
            calls += 1
            #expect(pieces > 0 && target == 275)
        }
        #expect(calls > 2)
        #expect(learnt.unknownID == 1)
        let names = learnt.pieces.map { String(decoding: $0.piece, as: UTF8.self) }
        #expect(Array(names.prefix(3)) == ["<s>", "<unk>", "▁un"])
        #expect(Set(learnt.pieces.map(\.piece)).count == learnt.pieces.count)
        #expect(names.contains("ж") && names.contains("☂"))
        let scores = learnt.pieces.dropFirst(3).map(\.score)
        #expect(scores.allSatisfy { $0 < 0 && $0.isFinite })
        #expect(zip(scores, scores.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(names.dropFirst(3).allSatisfy { $0.unicodeScalars.count <= 16 })
    }

    @Test func wordsAreCutAtCharactersBeyondTheLimit() throws {
        var words = CountedWords()
        words.append(Array("abxab".utf8), count: 9)
        words.append(Array("ab".utf8), count: 3)
        let learner = UnigramLearner(
            vocabularySize: 9, specialTokens: [], unknownToken: nil, alphabetLimit: 2)
        let learnt = try learner.learn(words)
        #expect(learnt.unknownID == nil)
        let names = learnt.pieces.map { String(decoding: $0.piece, as: UTF8.self) }
        #expect(names.sorted() == ["a", "ab", "b"])
    }

    @Test func littleTextIsLearntFrom() throws {
        let none = try UnigramLearner(vocabularySize: 5).learn(CountedWords())
        #expect(none.pieces.map(\.piece) == [Array("<unk>".utf8)])
        var words = CountedWords()
        words.append([0x61], count: 1)
        let one = try UnigramLearner(vocabularySize: 5).learn(words)
        #expect(one.pieces.map(\.piece) == [Array("<unk>".utf8), [0x61]])
        words.append([UInt8](repeating: 0x62, count: 5000), count: 2)
        let long = try UnigramLearner(vocabularySize: 9).learn(words, threads: 2)
        #expect(long.pieces.contains { $0.piece == [0x62] })
        #expect(long.pieces.allSatisfy { $0.score.isFinite })
    }

    @Test(arguments: 0..<12) func impossibleSettingsAreRefused(number: Int) throws {
        let words = try LearningTests.corpus()
        var learner = UnigramLearner(vocabularySize: 300)
        var threads = 1
        switch number {
        case 0: learner.vocabularySize = 20
        case 1: learner.vocabularySize = -4
        case 2: learner.vocabularySize = .max
        case 3: learner.seedSize = 0
        case 4: learner.seedSize = .max
        case 5: learner.maximumPieceLength = 0
        case 6: learner.shrinkingFactor = .nan
        case 7: learner.shrinkingFactor = 1
        case 8: learner.subIterations = 0
        case 9: learner.alphabetLimit = 0
        case 10: learner.specialTokens = ["x", "x"]
        default: threads = 0
        }
        #expect(failure { try learner.learn(words, threads: threads) }?.code == .invalidValue)
    }
}

@Suite struct AlphabetLimitTests {
    @Test func rareCharactersHaveNoToken() throws {
        let text = Array("abab abab ab ab z".utf8)
        for (kind, limit) in [(VocabularyLearner.Kind.wordPiece, 2), (.unigram, 3)] {
            func tokenizer(_ limit: Int?) throws -> Tokenizer {
                let learner = try VocabularyLearner(kind, vocabularySize: 20, alphabetLimit: limit)
                try text.withUnsafeBytes { try learner.add($0) }
                return try learner.learn()
            }
            let unknown = kind == .wordPiece ? "[UNK]" : "<unk>"
            let limited = try tokenizer(limit)
            let id = try #require(limited.id(ofSpecial: unknown))
            #expect(try limited.encode("ab z").contains(id))
            #expect(try !limited.encode("ab").contains(id))
            #expect(try !tokenizer(nil).encode("ab z").contains(id))
        }
        #expect(
            failure { try VocabularyLearner(.bytePairs, vocabularySize: 300, alphabetLimit: 9) }?
                .code == .invalidValue)
    }
}
