/// The plots. Each is a function that tells one story and returns what was true in it; about half
/// way through the hero decides something, and the ending follows from that.
enum StoryPlots {
    typealias Plot = @Sendable (inout StoryTeller) -> StoryFacts

    static let all: [Plot] = [
        lostAndFound, boat, purse,
        storm, coldBird, garden,
        brokenToy, lie, falseAlarm,
        picnic, newcomer, missingFriend,
        climbing, nightNoise, learning,
        race, cake, birthday,
        promise, shortCut,
    ]
}
