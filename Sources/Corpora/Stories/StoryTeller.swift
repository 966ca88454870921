/// Collects the sentences of one story and makes its random choices.
///
/// A plot calls ``say(_:)`` once a step with all the ways to say it; narration is written in the
/// past tense. Dialogue stands between “ and ”, and the text comes out with plain quotes and
/// with capital letters where sentences begin, so templates may start with `\(he)`.
struct StoryTeller: Sendable {
    private var draws: StoryDraws
    private var sentences: [String] = []
    private var usedNames: [String] = []

    init(draws: StoryDraws) {
        self.draws = draws
    }

    /// The story so far.
    var text: String { Self.typeset(sentences) }

    // MARK: Choices

    /// One of `options`, which must not be empty, each with the same chance.
    mutating func pick<Option>(_ options: [Option]) -> Option {
        options[draws.below(options.count)]
    }

    /// Different `options`, in a random order.
    mutating func pick<Option>(_ count: Int, of options: [Option]) -> [Option] {
        var rest = options
        return (0..<min(count, options.count)).map { _ in rest.remove(at: draws.below(rest.count)) }
    }

    /// True `parts` times out of `whole`.
    mutating func chance(_ parts: Int, of whole: Int) -> Bool {
        draws.below(whole) < parts
    }

    // MARK: Telling

    /// Adds one of `variants` to the story.
    mutating func say(_ variants: String...) {
        sentences.append(pick(variants))
    }

    /// Adds one of `variants` to the story, or nothing, with equal chances.
    mutating func maybe(_ variants: String...) {
        let line = pick(variants)
        if chance(1, of: 2) { sentences.append(line) }
    }

    /// Introduces the hero.
    mutating func open(_ hero: StoryCharacter) {
        let adjective = pick(["little", "young", "small", "cheerful", "curious", "clever", "busy"])
        let someone = article("\(adjective) \(hero.kind)")
        let home = pick(hero.isChild ? Lexicon.homes : Lexicon.animalHomes)
        let hobby = pick(hero.isChild ? Lexicon.hobbies : Lexicon.animalHobbies)
        say(
            "Once there was \(someone) named \(hero).",
            "Once upon a time, there was \(someone) named \(hero).",
            "Once upon a time, \(someone) named \(hero) lived \(home).",
            "\(home), there lived \(someone) named \(hero).",
            "\(hero) was \(someone) who loved to \(hobby).",
            "\(hero) was \(someone) who lived \(home).",
            "There was once \(someone) named \(hero) who liked to \(hobby).",
            "This is the story of \(someone) named \(hero).")
    }

    // MARK: Casting

    /// A child, or less often an animal. No two characters of a story share a name.
    mutating func hero() -> StoryCharacter {
        chance(2, of: 3) ? child() : animal()
    }

    /// A girl or a boy.
    mutating func child() -> StoryCharacter {
        chance(1, of: 2)
            ? character("girl", .she, named: Lexicon.girls)
            : character("boy", .he, named: Lexicon.boys)
    }

    /// An animal of one of the kinds.
    mutating func animal(_ kinds: [String] = Lexicon.animals) -> StoryCharacter {
        let kind = pick(kinds)
        return chance(1, of: 2)
            ? character(kind, .she, named: Lexicon.animalsNamedShe)
            : character(kind, .he, named: Lexicon.animalsNamedHe)
    }

    /// A child for a child, another kind of animal for an animal.
    mutating func friend(of hero: StoryCharacter) -> StoryCharacter {
        if hero.isChild { return child() }
        return animal(Lexicon.animals.filter { $0 != hero.kind })
    }

    /// A parent or grandparent, whose name is the capitalised kind.
    mutating func elder() -> StoryCharacter {
        pick(Lexicon.elders)
    }

    /// A grown-up with one of the jobs.
    mutating func worker(_ jobs: [String]) -> StoryCharacter {
        let job = pick(jobs)
        return chance(1, of: 2)
            ? character(job, .she, named: Lexicon.girls)
            : character(job, .he, named: Lexicon.boys)
    }

    /// When it happens, in one of the weathers.
    mutating func day(
        _ weathers: [StoryDay.Weather] = StoryDay.fair, times: [String] = ["morning", "afternoon"]
    ) -> StoryDay {
        StoryDay(weather: pick(weathers), time: pick(times))
    }

    /// One of the things, with an adjective that suits it.
    mutating func thing(_ things: [StoryThing.Choice]) -> StoryThing {
        let choice = pick(things)
        return StoryThing(adjective: pick(choice.adjectives), noun: choice.noun)
    }

    private mutating func character(
        _ kind: String, _ pronoun: StoryCharacter.Pronoun, named names: [String]
    ) -> StoryCharacter {
        let name = pick(names.filter { !usedNames.contains($0) })
        usedNames.append(name)
        return StoryCharacter(name: name, kind: kind, pronoun: pronoun)
    }
}

extension StoryTeller {
    /// Joins sentences with single spaces, makes “ and ” plain quotes and capitalises: the first
    /// letter of the text, of a speech, and after a full stop, exclamation or question mark.
    /// After a speech that ends with `!` or `?` the letter stays as written, since the sentence
    /// may go on: “Help!” he cried.
    private static func typeset(_ sentences: [String]) -> String {
        var text = String.UnicodeScalarView()
        var beginsSentence = true
        var endedSentence = false
        for scalar in sentences.joined(separator: " ").unicodeScalars {
            switch scalar {
            case "“":
                text.append("\"")
                beginsSentence = true
            case "”":
                if text.last != "." { endedSentence = false }
                text.append("\"")
            case ".", "!", "?":
                text.append(scalar)
                endedSentence = true
            case " ":
                text.append(scalar)
                if endedSentence { beginsSentence = true }
                endedSentence = false
            default:
                if beginsSentence {
                    text.append(contentsOf: scalar.properties.uppercaseMapping.unicodeScalars)
                } else {
                    text.append(scalar)
                }
                beginsSentence = false
            }
        }
        return String(text)
    }
}
