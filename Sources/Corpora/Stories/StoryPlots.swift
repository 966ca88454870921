/// The plots. Each is a function that tells one story and returns what was true in it; about half
/// way through the hero decides something, and the ending follows from that.
enum StoryPlots {
    typealias Plot = @Sendable (inout StoryTeller) -> StoryFacts

    static let all: [Plot] = [
        lostAndFound, boat,
        purse, brokenToy,
        lie, falseAlarm,
        storm, coldBird,
        garden, promise,
        picnic, missingFriend,
        newcomer, nightNoise,
        climbing, learning,
        race, shortCut,
        cake, birthday,
    ]
}
