/// `phrase` with the indefinite article that goes with its first letter.
///
/// The lexicon has no words such as "hour" or "unicorn" that are spoken otherwise than written.
func article(_ phrase: String) -> String {
    switch phrase.utf8.first {
    case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"),
        UInt8(ascii: "u"):
        "an \(phrase)"
    default: "a \(phrase)"
    }
}

extension StoryCharacter {
    var he: String { pronoun == .he ? "he" : "she" }
    var him: String { pronoun == .he ? "him" : "her" }
    var his: String { pronoun == .he ? "his" : "her" }
    var himself: String { pronoun == .he ? "himself" : "herself" }

    var isChild: Bool { kind == "girl" || kind == "boy" }

    /// As a first mention: `a boy named Tom`.
    var introduced: String { "\(article(kind)) named \(name)" }
}

/// A thing with its adjective, `red ball`.
struct StoryThing: Sendable, CustomStringConvertible {
    /// A noun and the adjectives that make sense with it.
    typealias Choice = (noun: String, adjectives: [String])

    let adjective: String
    let noun: String

    var description: String { "\(adjective) \(noun)" }
    /// `a red ball`.
    var a: String { article(description) }
}

/// A place with the phrases a sentence needs and where in it things hide.
struct StoryPlace: Sendable, CustomStringConvertible {
    /// `in the park`.
    let at: String
    /// `the park`.
    let name: String
    /// `under a bench`.
    let spots: [String]

    /// `to the park`.
    var to: String { "to \(name)" }
    var description: String { name }

    init(_ preposition: String, _ name: String, spots: [String] = []) {
        self.at = "\(preposition) \(name)"
        self.name = name
        self.spots = spots
    }
}

/// Food in the three forms a sentence needs.
struct StoryFood: Sendable, CustomStringConvertible {
    /// `apples`.
    let many: String
    /// `an apple`.
    let one: String

    var description: String { many }

    init(_ many: String, _ one: String) {
        self.many = many
        self.one = one
    }
}

/// The weather and time of a story: `sunny morning`.
struct StoryDay: Sendable, CustomStringConvertible {
    /// What the sky does; plots choose from those that suit them.
    enum Weather: String, Sendable, CaseIterable {
        case sunny, warm, cool, windy, cloudy, bright, rainy, snowy, cold, frosty
    }

    /// Good enough to be outside.
    static let fair: [Weather] = [.sunny, .warm, .cool, .windy, .cloudy, .bright]

    let weather: Weather
    let time: String

    var description: String { "\(weather.rawValue) \(time)" }
    /// `a sunny morning`.
    var a: String { article(description) }

    /// What one sees of the weather.
    var sky: String {
        switch weather {
        case .sunny: "The sun was shining in a blue sky."
        case .warm: "The air was warm and smelled of flowers."
        case .cool: "The air was cool and fresh."
        case .windy: "The wind was playing with the leaves."
        case .cloudy: "Soft gray clouds covered the sky."
        case .bright: "The sky was bright and the birds were singing."
        case .rainy: "Rain was falling on the roof."
        case .snowy: "White snow was falling everywhere."
        case .cold: "The ground was hard and cold."
        case .frosty: "There was ice on every branch."
        }
    }
}
