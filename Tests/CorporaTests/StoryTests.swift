import ByteIO
import Corpora
import Testing

@Suite("Stories")
struct StoryTests {
    private static let world = StoryWorld(seed: 7)
    private static let stories = world.corpus(count: 4000).map { $0 }

    private static let plots = [
        "learning", "lost and found", "the birthday", "the boat", "the broken toy", "the cake",
        "the cold bird", "the false alarm", "the garden", "the lie", "the missing friend",
        "the newcomer", "the noise at night", "the picnic", "the promise", "the purse", "the race",
        "the short cut", "the storm", "too high",
    ]

    // MARK: Determinism

    @Test("The first hundred stories are the same on every machine")
    func goldenHash() {
        let world = StoryWorld(seed: 1)
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<100 {
            for byte in world.story(index).text.utf8 {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            }
        }
        #expect(hash == 0x5CE2_8E43_4D34_015A)
    }

    @Test("A story depends on seed and index only", arguments: [0, 17, 3999, 1 << 40, -1, Int.min])
    func pureFunction(index: Int) {
        let story = Self.world.story(index)
        #expect(StoryWorld(seed: 7).story(index).json == story.json)
        #expect(StoryWorld(seed: 8).story(index).text != story.text)
        #expect(Self.world.story(index ^ 1).text != story.text)
    }

    @Test("Practically no story is told twice")
    func distinct() {
        let texts = Set(Self.stories.map { Array($0.text.utf8) })
        #expect(texts.count * 1000 >= Self.stories.count * 999)
    }

    @Test("A corpus has as many stories as asked for")
    func counts() {
        let texts = Self.world.corpus(count: 3).map(\.text)
        #expect(texts == (0..<3).map { Self.world.story($0).text })
        #expect(Self.world.corpus(count: 0).text.isEmpty)
        #expect(Self.world.corpus(count: -5).jsonLines.isEmpty)
    }

    // MARK: Content

    @Test("Every plot occurs, with both endings")
    func coverage() {
        var endings: [String: Set<StoryFacts.Ending>] = [:]
        for story in Self.stories {
            endings[story.facts.plot, default: []].insert(story.facts.ending)
        }
        #expect(endings.keys.sorted() == Self.plots)
        for (plot, seen) in endings {
            #expect(seen == Set(StoryFacts.Ending.allCases), "\(plot)")
        }
    }

    @Test("The text says what the facts say")
    func factsAreInTheText() {
        var wrong: [String] = []
        for (index, story) in Self.stories.enumerated() {
            let facts = story.facts
            var spans = [
                facts.hero.name, facts.place, facts.weather, facts.time, facts.feelingBefore,
                facts.feelingAfter,
            ]
            spans += [facts.helper?.name, facts.object].compactMap { $0 }
            for span in spans where !mentions(story.text, span) {
                wrong.append("story \(index) lacks \(span): \(story.text)")
            }
        }
        #expect(wrong.prefix(3) == [])
    }

    @Test("Answers are spans of the text, and the ending is asked for last")
    func questions() throws {
        var wrong: [String] = []
        for (index, story) in Self.stories.enumerated() {
            let last = try #require(story.facts.questions.last)
            #expect(last.question == "How did the story end?")
            #expect(last.answer == (story.facts.ending == .happy ? "happily" : "sadly"))
            for (question, answer) in story.facts.questions.dropLast()
            where !question.hasSuffix("?") || !mentions(story.text, answer) {
                wrong.append("story \(index): \(question) \(answer)")
            }
            let asksWho = story.facts.questions.contains {
                $0.question == "Who \(story.facts.problem)?" && $0.answer == story.facts.hero.name
            }
            if !asksWho { wrong.append("story \(index) does not ask who") }
        }
        #expect(wrong.prefix(3) == [])
    }

    @Test("A name keeps its pronoun from story to story")
    func namesKeepPronouns() {
        var pronouns: [String: StoryCharacter.Pronoun] = [:]
        for story in Self.stories {
            for character in [story.facts.hero, story.facts.helper].compactMap({ $0 }) {
                let known = pronouns[character.name, default: character.pronoun]
                #expect(known == character.pronoun, "\(character)")
                pronouns[character.name] = character.pronoun
            }
            #expect(story.facts.helper?.name != story.facts.hero.name)
        }
    }

    // MARK: Form

    @Test("Letters, spaces, quotes and sentence ends are right")
    func typography() {
        var wrong: [String] = []
        for (index, story) in Self.stories.enumerated() {
            let bytes = Array(story.text.utf8)
            var found = flaws(bytes)
            if !bytes.allSatisfy({ isLetter($0) || " .,!?\"".utf8.contains($0) }) {
                found.append("unexpected sign")
            }
            let quotes = bytes.count { $0 == UInt8(ascii: "\"") }
            if !quotes.isMultiple(of: 2) { found.append("open quote") }
            let words = bytes.count { $0 == UInt8(ascii: " ") } + 1
            if !(60...140).contains(words) { found.append("\(words) words") }
            if !found.isEmpty { wrong.append("story \(index), \(found): \(story.text)") }
        }
        #expect(wrong.prefix(3) == [])
    }

    @Test("a and an go with the next sound")
    func articles() {
        var wrong: Set<String> = []
        for story in Self.stories {
            let words = story.text.split(whereSeparator: { !$0.isLetter }).map { $0.lowercased() }
            for (article, next) in zip(words, words.dropFirst()) {
                let vowel = "aeiou".contains(next.prefix(1)) || next == "hour" || next == "honest"
                if article == (vowel ? "a" : "an") { wrong.insert("\(article) \(next)") }
            }
        }
        #expect(wrong == [])
    }

    // MARK: Files

    @Test("Plain text keeps stories apart by blank lines")
    func plainText() {
        let corpus = Self.world.corpus(count: 50)
        #expect(corpus.text == corpus.map(\.text).joined(separator: "\n\n") + "\n")
    }

    @Test("A line of JSONL is a story with its facts")
    func jsonLines() throws {
        let corpus = Self.world.corpus(count: 200)
        let lines = corpus.jsonLines.split(separator: "\n")
        #expect(lines.count == corpus.count)
        for (line, story) in zip(lines, corpus) {
            let value = try JSONValue(parsing: String(line), place: "corpus.jsonl")
            #expect(value == story.json)
            #expect(value["text"]?.string == story.text)
            #expect(value["facts"]?["hero"]?["name"]?.string == story.facts.hero.name)
            #expect(value["facts"]?["questions"]?.array?.count == story.facts.questions.count)
        }
    }

    // MARK: Helpers

    /// Whether `span` stands in `text` as whole words; its first letter may be a capital there.
    private func mentions(_ text: String, _ span: String) -> Bool {
        let bytes = Array(text.utf8)
        let wanted = Array(span.utf8)
        guard let first = wanted.first, bytes.count >= wanted.count else { return false }
        return (0...(bytes.count - wanted.count)).contains { start in
            let end = start + wanted.count
            return bytes[start] | 0x20 == first | 0x20
                && bytes[(start + 1)..<end].elementsEqual(wanted.dropFirst())
                && (start == 0 || !isLetter(bytes[start - 1]))
                && (end == bytes.count || !isLetter(bytes[end]))
        }
    }

    /// What is wrong with spaces, capitals and punctuation.
    private func flaws(_ bytes: [UInt8]) -> [String] {
        let quote = UInt8(ascii: "\"")
        let stops = [UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?")]
        var found: [String] = []
        let end = bytes.last == quote ? bytes.dropLast().last : bytes.last
        if !stops.contains(end ?? 0) { found.append("no full stop at the end") }
        if let first = bytes.first(where: { $0 != quote }), !isCapital(first) {
            found.append("small letter at the start")
        }
        var quotes = 0
        for (index, byte) in bytes.enumerated() {
            if byte == quote { quotes += 1 }
            guard byte == UInt8(ascii: " ") else { continue }
            let rest = bytes[(index + 1)...]
            guard let next = rest.first, index > 0 else {
                found.append("space at an edge")
                continue
            }
            if !isLetter(next) && next != quote { found.append("space before no word") }
            let letter = rest.first { $0 != quote } ?? next
            if stops.contains(bytes[index - 1]) && !isCapital(letter) {
                found.append("small letter after a stop at \(index)")
            }
            let opensSpeech = next == quote && quotes.isMultiple(of: 2)
            if opensSpeech && !isCapital(letter) { found.append("small letter in a speech") }
        }
        return found
    }

    private func isCapital(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        isCapital(byte & 0xDF)
    }
}
