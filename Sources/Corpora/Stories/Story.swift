import ByteIO

/// A short story together with what happened in it.
public struct Story: Sendable {
    /// One paragraph of ASCII text, mostly 80 to 130 words.
    public let text: String
    /// The world behind the text.
    public let facts: StoryFacts

    /// `{"text": …, "facts": …}`, the shape of one line of a JSONL corpus.
    public var json: JSONValue {
        ["text": .string(text), "facts": facts.json]
    }
}

/// Somebody in a story.
public struct StoryCharacter: Sendable, Hashable, CustomStringConvertible {
    /// What narration calls a character instead of the name.
    public enum Pronoun: String, Sendable, CaseIterable {
        case he, she
    }

    /// The name the text uses, such as `Tom` or `Grandma`.
    public let name: String
    /// What the character is, such as `boy`, `rabbit` or `baker`.
    public let kind: String
    /// The pronoun the whole text keeps to.
    public let pronoun: Pronoun

    /// The name.
    public var description: String { name }

    var json: JSONValue {
        [
            "name": .string(name), "kind": .string(kind),
            "pronoun": .string(pronoun.rawValue),
        ]
    }
}

/// What is true in a story: who, where, when, what went wrong, what was done and how it ended.
public struct StoryFacts: Sendable {
    /// How a story ends.
    public enum Ending: String, Sendable, CaseIterable {
        case happy, sad

        var adverb: String { self == .happy ? "happily" : "sadly" }
    }

    /// Name of the plot, such as `lost and found`.
    public let plot: String
    /// The main character.
    public let hero: StoryCharacter
    /// Who helped the hero; nil if nobody did.
    public let helper: StoryCharacter?
    /// Where it happened, with its preposition: `in the park`.
    public let place: String
    /// The thing the story turns on, without article: `red ball`.
    public let object: String?
    /// One word: `sunny`.
    public let weather: String
    /// Time of day: `morning`.
    public let time: String
    /// How the hero felt when the problem came, one word of the text.
    public let feelingBefore: String
    /// How the hero felt in the end, one word of the text.
    public let feelingAfter: String
    /// What went wrong, in the past tense with the hero as subject: `lost the red ball`.
    public let problem: String
    /// What the hero decided to do, in the same form: `asked Mia for help`.
    public let action: String
    /// What came of it, in the same form: `found the red ball under a bench`.
    public let outcome: String
    /// Follows from `action`.
    public let ending: Ending
    /// True questions and answers. Every answer but the one to "How did the story end?" is a
    /// span of the text (which may begin with a capital letter there).
    public let questions: [(question: String, answer: String)]

    /// - Parameters:
    ///   - feelings: the hero's feeling when the problem came, and in the end.
    ///   - asking: questions only this plot has, with answers that are spans of the text.
    init(
        plot: String, hero: StoryCharacter, helper: StoryCharacter? = nil, place: String,
        object: String? = nil, day: StoryDay, feelings: (before: String, after: String),
        problem: String, action: String, outcome: String, ending: Ending,
        asking: [(String, String)] = []
    ) {
        self.plot = plot
        self.hero = hero
        self.helper = helper
        self.place = place
        self.object = object
        self.weather = day.weather.rawValue
        self.time = day.time
        self.feelingBefore = feelings.before
        self.feelingAfter = feelings.after
        self.problem = problem
        self.action = action
        self.outcome = outcome
        self.ending = ending

        var questions = [
            (question: "Who \(problem)?", answer: hero.name),
            (question: "Where did it happen?", answer: place),
            (question: "What time of day was it?", answer: day.time),
            (question: "What was the weather like?", answer: day.weather.rawValue),
        ]
        if let helper {
            questions.append((question: "Who helped \(hero)?", answer: helper.name))
        }
        questions += asking.map { (question: $0.0, answer: $0.1) }
        questions.append((question: "How did \(hero) feel in the end?", answer: feelings.after))
        questions.append((question: "How did the story end?", answer: ending.adverb))
        self.questions = questions
    }

    /// An object with every property under its own name in snake case; `null` for what is nil.
    public var json: JSONValue {
        [
            "plot": .string(plot),
            "hero": hero.json,
            "helper": helper?.json ?? .null,
            "place": .string(place),
            "object": object.map(JSONValue.string) ?? .null,
            "weather": .string(weather),
            "time": .string(time),
            "feeling_before": .string(feelingBefore),
            "feeling_after": .string(feelingAfter),
            "problem": .string(problem),
            "action": .string(action),
            "outcome": .string(outcome),
            "ending": .string(ending.rawValue),
            "questions": .array(
                questions.map {
                    ["question": .string($0.question), "answer": .string($0.answer)]
                }),
        ]
    }
}
