/// Plots about things that get lost and found.
extension StoryPlots {
    /// The hero loses a treasure. With a friend's help it is found; too proud for help, it is not.
    static func lostAndFound(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let friend = tell.friend(of: hero)
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick(Lexicon.places)
        let spots = tell.pick(3, of: place.spots)
        let thing = tell.thing(Lexicon.treasures)
        let day = tell.day()
        let before = tell.pick(["sad", "worried", "upset"])
        let search = "They looked \(spots[0]). They looked \(spots[1])."

        tell.open(hero)
        tell.say(
            "\(hero) had \(thing.a) and took it everywhere.",
            "\(his) favorite thing was \(thing.a).",
            "\(his) grandma had given \(him) \(thing.a), and \(he) loved it.",
            "\(he) was very proud of \(his) \(thing).",
            "Of all \(his) things, \(he) loved \(his) \(thing) the most.")
        tell.say(
            "One \(day), \(he) played \(place.at) until it was time to eat.",
            "One \(day), \(hero) ran and jumped \(place.at) for a long time.",
            "One \(day), \(he) went for a walk and then took a nap \(place.at).",
            "It was a fine day \(place.at), \(day.a) just right for playing.",
            "On \(day.a), \(hero) was playing \(place.at).")
        tell.say(
            "Then \(he) looked around, and the \(thing) was gone.",
            "When \(he) wanted to go home, \(he) could not find the \(thing).",
            "But when \(he) stopped to rest, the \(thing) was not there.",
            "All at once \(he) saw that \(his) \(thing) was missing.",
            "After that \(he) looked for the \(thing), but it was not in \(his) bag.")
        tell.say(
            "\(hero) was \(before). “Where is my \(thing.noun)?” \(he) said.",
            "“Oh no, I have lost my \(thing.noun)!” \(he) cried. \(hero) felt \(before).",
            "\(he) felt so \(before) that \(he) almost cried.",
            "\(hero) sat down on the ground and felt \(before).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["happy", "glad", "thankful"])
            tell.say(
                "Just then \(he) met \(friend.introduced). “Please help me,” said \(hero).",
                "\(he) went to \(his) friend \(friend). “Can you help me look?” asked \(hero).",
                "\(his) friend \(friend) came by, and \(hero) asked for help.",
                "“I need two more eyes,” \(he) said, and asked \(his) friend \(friend) for help.")
            tell.say(
                "“Of course,” said \(friend). “Four eyes see more than two.”",
                "“Yes, let us look together,” said \(friend).",
                "“Do not be sad,” said \(friend). “We will find it.”",
                "\(friend) nodded. “Let us start right now.”",
                "“Two of us will find it sooner,” said \(friend).")
            tell.say(
                search, "First they looked \(spots[0]), and then they looked \(spots[1]).",
                "It was not \(spots[0]), and it was not \(spots[1]).",
                "\(friend) looked \(spots[0]), and \(hero) looked \(spots[1]).",
                "They asked everyone, and they looked \(spots[0]) and \(spots[1]).")
            tell.say(
                "At last \(friend) looked \(spots[2]), and there was the \(thing)!",
                "Then \(friend) saw something \(spots[2]). It was the \(thing)!",
                "“Look!” called \(friend). The \(thing) was lying \(spots[2]).",
                "In the end they found the \(thing) \(spots[2]).",
                "After a long time, \(hero) and \(friend) found the \(thing) \(spots[2]).")
            tell.say(
                "“Thank you, \(friend)!” said \(hero), and \(he) was \(after) again.",
                "\(hero) gave \(friend) a big hug. “Thank you,” said \(hero), feeling \(after).",
                "\(hero) thanked \(friend) and was \(after) all the way home.",
                "“Thank you, \(friend). I am so \(after),” said \(hero), and held it tight.",
                "“I could not have done it without you,” \(hero) told \(friend), \(after) again.")
            tell.maybe(
                "From then on, \(hero) took good care of the \(thing.noun).",
                "After that, the two friends played together every day.",
                "It is easier to find things together.",
                "\(friend) was the first one who could play with the \(thing.noun).")
            return StoryFacts(
                plot: "lost and found", hero: hero, helper: friend, place: place.at,
                object: "\(thing)", day: day, feelings: (before, after),
                problem: "lost the \(thing)", action: "asked \(friend) for help",
                outcome: "found the \(thing) \(spots[2])", ending: .happy,
                asking: [("What was lost?", "\(thing)"), ("Where was it found?", spots[2])])
        }
        tell.say(
            "\(his) friend \(friend) came by and asked, “Can I help you look?”",
            "“I can help you,” said \(friend), \(his) friend.",
            "A friend named \(friend) saw \(him) and wanted to help.",
            "“Shall we look for it together?” asked a friend named \(friend).",
            "\(his) friend \(friend) heard \(him) and came over to help.")
        tell.say(
            "“No, I do not need any help,” said \(hero).",
            "But \(hero) was too proud. “Go away,” \(he) said. “I can do it alone.”",
            "“No,” said \(hero), “I will find it without you.” So \(friend) went home.",
            "But \(hero) did not want anyone to help. “Leave me alone,” \(he) said.",
            "\(hero) shook \(his) head. “It is my \(thing.noun), and I will find it myself.”")
        tell.say(
            "\(hero) looked \(spots[0]), but it was not there.",
            "\(hero) looked \(spots[0]) and \(spots[1]), but \(he) saw nothing.",
            "\(hero) looked \(spots[0]) first, and then \(spots[1]), all alone.",
            "For an hour \(hero) looked \(spots[0]), again and again.")
        tell.say(
            "Soon it was dark, and \(hero) had to go home without the \(thing).",
            "Then night came, and \(he) went home with empty hands.",
            "\(he) looked until dark, but \(he) never found the \(thing).",
            "It was too much work for one, and \(hero) did not find the \(thing).",
            "The sun went down, and the \(thing) was still lost.")
        tell.say(
            "\(hero) was lonely that night. “I should have said yes to \(friend),” \(he) thought.",
            "In bed \(he) felt lonely and wished \(he) had let \(friend) help.",
            "\(he) felt lonely, because now \(he) had no \(thing.noun) and no friend to play with.",
            "\(hero) was lonely and sad. Two would have found the \(thing.noun).")
        return StoryFacts(
            plot: "lost and found", hero: hero, place: place.at, object: "\(thing)", day: day,
            feelings: (before, "lonely"), problem: "lost the \(thing)",
            action: "did not let \(friend) help", outcome: "never found the \(thing)",
            ending: .sad,
            asking: [("What was lost?", "\(thing)"), ("Who wanted to help?", friend.name)])
    }

    /// A toy boat on a river: tied to a string it comes back, caught by a friend it comes back,
    /// let go without thought it is gone.
    static func boat(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let elder = tell.elder()
        let friend = tell.friend(of: hero)
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick([
            StoryPlace("by", "the river"), StoryPlace("by", "the stream"),
            StoryPlace("at", "the pond"), StoryPlace("at", "the lake"),
        ])
        let stuff = tell.pick(["paper", "wood", "bark", "an old box", "sticks"])
        let color = tell.pick(Lexicon.colors)
        let boat = "\(color) boat"
        let day = tell.day([.windy, .sunny, .cool, .cloudy])
        let before = tell.pick(["worried", "scared", "nervous"])

        tell.open(hero)
        tell.say(
            "\(hero) and \(his) \(elder.kind) made a boat out of \(stuff) and painted it \(color).",
            "\(his) \(elder.kind) helped \(him) build \(article(boat)) out of \(stuff).",
            "With the help of \(his) \(elder.kind), \(he) made \(article(boat)) from \(stuff).",
            "\(hero) made a boat out of \(stuff), and \(his) \(elder.kind) painted it \(color).",
            "Out of \(stuff), \(hero) and \(his) \(elder.kind) built \(article(boat)).")
        tell.say(
            "“Tie a string to it, or the water will take it away,” said \(elder).",
            "“The water is fast,” said \(elder). “Do not forget to tie a string to it.”",
            "\(elder) gave \(him) a long string. “Tie this to your boat,” said \(elder).",
            "“Boats like to run away,” said \(elder). “You must tie a string to it.”",
            "“Please use a string when you let it sail,” said \(elder).")
        tell.say(
            "One \(day), \(hero) sat \(place.at) with the \(boat).",
            "On \(day.a), \(hero) took the \(boat) out to play \(place.at).",
            "The next day was \(day.a), and \(hero) stood \(place.at) with the \(boat).",
            "One \(day), \(hero) wanted to see the \(boat) sail and went to play \(place.at).",
            "It was \(day.a), and \(hero) was \(place.at) with the \(boat) under one arm.")
        let tied = tell.chance(2, of: 5)
        if tied {
            tell.say(
                "\(he) remembered what \(elder) had said and tied the string to the boat.",
                "First \(he) tied the string to the boat, as \(elder) had told \(him).",
                "\(he) made a good knot, so that the string would hold the boat.",
                "“First the string,” said \(hero), and \(he) tied it to the boat.",
                "\(hero) did what \(elder) had said and tied the string to the boat.")
        } else {
            tell.say(
                "“I do not need a string,” \(he) said, and put the boat on the water.",
                "\(he) could not wait, so \(he) forgot about the string.",
                "\(he) wanted to see it sail far and left the string on the grass.",
                "“Strings are for babies,” said \(hero), and \(he) let the boat go.",
                "\(hero) did not listen. \(he) put the boat on the water without a string.")
        }
        tell.say(
            "Then a strong wind came and pushed the boat away. \(hero) was \(before).",
            "The boat sailed well, but then the water pulled it away. \(hero) felt \(before).",
            "A big wave came, and the boat went farther and farther. \(hero) was \(before).",
            "All of a sudden the wind blew hard, and the boat sailed off. \(hero) felt \(before).",
            "Then the boat went faster and faster, away from \(him). \(hero) was \(before).")
        if tied {
            tell.say(
                "But \(he) held the string and pulled, and the boat came back.",
                "\(he) pulled the string with both hands, and slowly the boat came back.",
                "The string was strong. \(hero) pulled, and the boat came back to \(him).",
                "\(hero) did not let go of the string, and the boat had to come back.",
                "“Come back!” said \(hero), and pulled the string, and the boat came back.")
            tell.say(
                "“\(elder) was right,” said \(hero). \(he) was happy and sailed the boat all day.",
                "\(hero) was happy that \(he) had listened to \(his) \(elder.kind).",
                "\(he) ran home to thank \(elder), happy and a little wet.",
                "\(hero) was happy. “It was good that I had the string,” \(he) told \(elder).",
                "At home, \(hero) told \(elder) all about it and was happy.")
            return StoryFacts(
                plot: "the boat", hero: hero, helper: elder, place: place.at, object: boat,
                day: day, feelings: (before, "happy"), problem: "almost lost the \(boat)",
                action: "tied a string to the boat", outcome: "pulled the boat back",
                ending: .happy, asking: [("What was the boat made of?", stuff)])
        }
        if tell.chance(1, of: 2) {
            tell.say(
                "Farther down, \(friend.introduced) saw the boat and took a long stick.",
                "“Help!” called \(hero). \(friend.introduced) heard it and took a long stick.",
                "“My boat!” cried \(hero). \(his) friend \(friend) came running with a long stick.",
                "But \(friend.introduced) was sitting there with a long stick and saw the boat.",
                "Luckily, \(friend.introduced) was close to the water and had a long stick.")
            tell.say(
                "With the stick \(friend) reached the boat and pulled it out of the water.",
                "\(friend) reached out as far as \(friend.he) could and caught the boat.",
                "Splash! \(friend) got wet feet, but \(friend.he) caught the boat.",
                "\(friend) went into the water up to the knees and caught the boat.",
                "It was not easy, but \(friend) caught the boat with the stick.")
            tell.say(
                "“Thank you, \(friend)!” said \(hero). \(he) was happy and tied the string.",
                "\(hero) thanked \(friend). They tied the string to the boat and were happy.",
                "\(hero) was so happy that \(friend) got the first turn with the boat.",
                "\(hero) was happy. “Thank you, \(friend). Next time I will use a string.”",
                "“Here is your boat,” said \(friend). \(hero) said thank you and was happy.")
            return StoryFacts(
                plot: "the boat", hero: hero, helper: friend, place: place.at, object: boat,
                day: day, feelings: (before, "happy"), problem: "almost lost the \(boat)",
                action: "did not tie the string", outcome: "got the boat back from \(friend)",
                ending: .happy,
                asking: [("What was the boat made of?", stuff), ("Who caught it?", friend.name)])
        }
        tell.say(
            "There was no string to pull. The \(boat) got smaller and smaller and was gone.",
            "\(hero) ran after it, but the water was too fast, and the \(boat) was gone.",
            "\(he) reached for it, but it was too far away. Soon the \(boat) was gone.",
            "\(hero) called and cried, but a boat cannot hear. Soon the \(boat) was gone.",
            "\(he) could only watch. Around the next turn, the \(boat) was gone.")
        tell.say(
            "“I should have used the string,” said \(hero). \(he) was sad and walked home slowly.",
            "\(hero) was sad. Next time \(he) would listen to \(elder).",
            "\(hero) went home sad, and the string was still lying on the grass.",
            "\(he) was sad, because \(he) had not listened to \(his) \(elder.kind).",
            "That evening \(hero) was sad. “You told me to use a string,” \(he) said to \(elder).")
        tell.maybe("A good boat was lost, all for a bit of string.", "It was a quiet evening.")
        return StoryFacts(
            plot: "the boat", hero: hero, place: place.at, object: boat, day: day,
            feelings: (before, "sad"), problem: "lost the \(boat)",
            action: "did not tie the string", outcome: "went home without the boat", ending: .sad,
            asking: [("What was the boat made of?", stuff)])
    }
}
