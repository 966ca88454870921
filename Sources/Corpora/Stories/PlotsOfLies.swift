/// Plots about lies and jokes that go wrong.
extension StoryPlots {
    /// Something naughty at home: told, and forgiven; or blamed on the pet, and found out.
    static func lie(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.child()
        let elder = tell.elder()
        let pet = tell.animal(["dog", "cat", "puppy", "kitten"])
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick([StoryPlace("in", "the kitchen"), StoryPlace("in", "the house")])
        let deed = tell.pick([
            Deed(did: "broke the blue vase", clue: "bits of blue glass on", object: "blue vase"),
            Deed(did: "ate the last cookie", clue: "crumbs on", object: "last cookie"),
            Deed(did: "spilled the milk", clue: "wet spots on", object: "milk"),
            Deed(did: "dropped the egg basket", clue: "yellow spots on", object: "egg basket"),
            Deed(did: "took a bite of the cake", clue: "white cream on", object: "cake"),
            Deed(did: "broke the big plate", clue: "bits of the plate on", object: "big plate"),
            Deed(did: "ate the jam", clue: "red spots on", object: "jam"),
        ])
        let day = tell.day([.rainy, .cold, .cloudy, .windy, .cool])
        let before = tell.pick(["scared", "afraid", "nervous"])

        tell.open(hero)
        tell.say(
            "\(he) had \(article(pet.kind)) named \(pet).",
            "\(he) shared a room with \(pet.introduced).",
            "\(pet.introduced) lived with \(him), and \(hero) loved \(pet).",
            "\(hero) and \(pet.introduced) were always together.",
            "There was \(article(pet.kind)) named \(pet) in the house, and \(hero) fed it.")
        tell.say(
            "One \(day), \(hero) was alone \(place.at) and \(deed.did).",
            "One \(day), \(he) did a silly thing \(place.at). \(he) \(deed.did).",
            "On \(day.a), when \(he) was bored \(place.at), \(hero) \(deed.did).",
            "It was \(day.a), and nobody was watching \(place.at). \(hero) \(deed.did).",
            "One \(day), \(hero) thought nobody was \(place.at), and \(he) \(deed.did).")
        tell.say(
            "Then \(his) \(elder.kind) came in. “Who did this?” asked \(elder).",
            "Just then the door opened. “What happened here?” asked \(his) \(elder.kind).",
            "“Do you know anything about this?” asked \(his) \(elder.kind).",
            "A moment later, \(his) \(elder.kind) was at the door. “Who was that?” asked \(elder).",
            "“Oh no!” said \(his) \(elder.kind). “Who has done that?”")
        tell.say(
            "\(hero) was \(before) and looked at the floor.",
            "\(hero) turned red and felt \(before).",
            "\(hero) felt \(before), and \(his) heart beat fast.",
            "\(hero) did not know what to say. \(he) was so \(before).",
            "“Well?” asked \(elder). \(hero) was \(before) and said nothing at first.")

        if tell.chance(1, of: 2) {
            let after = tell.pick(["relieved", "happy", "calm"])
            tell.say(
                "“It was me,” \(he) said. “I am sorry.”",
                "\(he) took a deep breath and told the truth.",
                "First \(he) wanted to blame \(pet), but then \(he) said, “I did it.”",
                "“I did it,” said \(hero). “I am very sorry.”",
                "\(hero) looked at \(pet), and then \(he) told the truth.")
            tell.say(
                "\(elder) was quiet for a moment. “Thank you for telling me,” said \(elder).",
                "“That was brave of you,” said \(elder). “Now let us clean up.”",
                "\(elder) was not angry for long. “I am glad that you told me.”",
                "“It is good that you told the truth,” said \(elder).",
                "\(elder) looked at \(him) for a long time. “Thank you, \(hero).”")
            tell.say(
                "They cleaned the floor together, and \(pet) watched.",
                "\(hero) cleaned everything, and \(elder) helped \(him).",
                "\(elder) got a cloth, and \(hero) did the rest of the work.",
                "“Let us clean up together,” said \(elder), and they did.",
                "Then \(elder) and \(hero) cleaned up, and \(pet) sat next to them.")
            tell.say(
                "After that, \(hero) felt \(after).",
                "Then \(elder) gave \(him) a hug, and \(hero) was \(after).",
                "\(hero) was \(after), and \(pet) jumped up and kissed \(his) nose.",
                "\(hero) felt so \(after) that \(he) sang all evening.",
                "“I feel \(after) now,” said \(hero), and \(elder) laughed.")
            tell.maybe(
                "A true word is better than a good lie.",
                "In the evening they all laughed about it.")
            return StoryFacts(
                plot: "the lie", hero: hero, helper: elder, place: place.at, object: deed.object,
                day: day, feelings: (before, after), problem: deed.did, action: "told the truth",
                outcome: "cleaned up with \(elder)", ending: .happy,
                asking: [("What was the name of the \(pet.kind)?", pet.name)])
        }
        tell.say(
            "“It was \(pet),” \(he) said. “I saw it.”",
            "“The \(pet.kind) did it,” said \(hero), and that was a lie.",
            "\(he) pointed at \(pet). “It was not me. It was \(pet)!”",
            "\(hero) looked at \(pet). “It was \(pet),” \(he) said, and it was a lie.",
            "“I did not do it,” said \(hero). “It must have been \(pet).”")
        tell.say(
            "“Bad \(pet.kind)!” said \(elder). So \(pet) had to go out into the cold yard.",
            "\(elder) sent \(pet) out of the house, and \(pet) did not know why.",
            "So \(pet) got no dinner and had to sit outside the door.",
            "“Then \(pet) must stay outside,” said \(elder), and closed the door.",
            "\(pet) had to stay in the cold yard and cried.")
        tell.say(
            "But then \(elder) saw \(deed.clue) the sleeve of \(hero).",
            "A little later, \(elder) found \(deed.clue) the shirt of \(hero).",
            "At dinner \(elder) saw \(deed.clue) the socks of \(hero).",
            "But what was that? \(elder) saw \(deed.clue) the shoes of \(hero).",
            "“Come here,” said \(elder), who had seen \(deed.clue) the sleeve of \(hero).")
        tell.say(
            "“It was you all the time,” said \(elder) in a sad voice.",
            "“You lied, and \(pet) had to pay for it,” said \(elder).",
            "“Why did you lie to me?” asked \(elder).",
            "“\(pet) did nothing wrong,” said \(elder). “You lied to me, \(hero).”",
            "\(elder) opened the door for \(pet) and said, “Now I know who did it.”")
        tell.say(
            "\(hero) was ashamed. There were no stories and no songs that night.",
            "\(hero) felt ashamed, most of all when \(pet) looked at \(him).",
            "\(hero) was so ashamed that \(he) could not sleep.",
            "“I am sorry, \(pet),” said \(hero), who was ashamed.",
            "\(hero) was ashamed, and \(pet) did not come to \(him) that evening.")
        return StoryFacts(
            plot: "the lie", hero: hero, place: place.at, object: deed.object, day: day,
            feelings: (before, "ashamed"), problem: deed.did, action: "blamed \(pet)",
            outcome: "was found out", ending: .sad,
            asking: [("Who was blamed?", pet.name), ("Who found out?", elder.name)])
    }

    /// What may happen in a kitchen, and what gives it away: `crumbs on` a sleeve.
    private struct Deed {
        let did: String
        let clue: String
        let object: String
    }

    /// A bored guard calls for help for fun. Who promises to stop is helped when it counts.
    static func falseAlarm(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.child()
        let farmer = tell.worker(["farmer", "miller", "shepherd"])
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let flock = tell.pick(["sheep", "geese", "goats", "hens", "ducks"])
        let danger = tell.pick(["wolf", "fox", "bear"])
        let place = tell.pick([
            StoryPlace("on", "the hill"), StoryPlace("in", "the meadow"),
            StoryPlace("at", "the edge of the forest"), StoryPlace("behind", "the barn"),
            StoryPlace("by", "the stream"),
        ])
        let cry = "“\(danger)! Help!”"
        let day = tell.day()

        tell.open(hero)
        tell.say(
            "\(farmer.introduced) asked \(him) to watch the \(flock).",
            "\(his) job was to watch the \(flock) of \(farmer.introduced).",
            "\(he) worked for \(farmer.introduced) and watched the \(flock).",
            "Every day \(hero) watched the \(flock) of \(farmer.introduced).",
            "\(hero) took care of the \(flock), and \(farmer.introduced) paid \(him) for it.")
        tell.say(
            "One \(day), \(hero) sat \(place.at) and was bored.",
            "One \(day), nothing happened \(place.at), and \(he) was bored.",
            "On \(day.a), \(hero) was bored, all alone \(place.at).",
            "It was \(day.a). \(hero) sat \(place.at) with the \(flock) and was bored.",
            "One \(day), \(hero) counted the \(flock) \(place.at). Soon \(he) was bored.")
        tell.say(
            "So \(he) called, \(cry) But there was no \(danger) at all.",
            "For fun \(he) shouted, \(cry) It was not true.",
            "\(cry) \(hero) shouted, just to see who would come.",
            "“I want to see \(farmer) run,” thought \(hero). \(cry) \(he) shouted.",
            "\(cry) \(hero) shouted as loudly as \(he) could, and it was a lie.")
        tell.say(
            "\(farmer) came running and saw \(him) laugh. “Do not do that again,” said \(farmer).",
            "\(farmer) ran up with a stick. “That was not funny,” \(farmer.he) said.",
            "“It was a joke,” said \(hero), when \(farmer) came. \(farmer) did not laugh.",
            "\(farmer) came, out of breath. “If you lie, nobody will believe you.”",
            "“I come when you need me,” said \(farmer). “I do not come for a joke.”")

        if tell.chance(1, of: 2) {
            let after = tell.pick(["thankful", "happy", "relieved"])
            tell.say(
                "\(hero) stopped laughing. “I am sorry. I will never do it again,” \(he) said.",
                "\(hero) thought about it. “You are right,” \(he) said. “I promise to stop.”",
                "\(hero) was sorry and gave \(his) word that it was the last time.",
                "“It was silly of me,” said \(hero). “I will only call if it is true.”",
                "\(hero) saw how tired \(farmer) was. “I promise to stop,” \(he) said.")
            tell.say(
                "A week later, a real \(danger) came out of the trees.",
                "Not long after, \(hero) saw two yellow eyes. It was a real \(danger)!",
                "The next day a hungry \(danger) came, and this one was real.",
                "Some days later, a real \(danger) came up to the \(flock).",
                "Then, one evening, \(hero) saw a real \(danger) behind a bush.")
            tell.say(
                "\(cry) \(hero) shouted, and \(farmer) came at once.",
                "\(he) called for help, and \(farmer) believed \(him) and ran.",
                "\(hero) shouted, \(cry) \(farmer) believed \(him) and ran.",
                "“Help!” called \(hero), and \(farmer) did not wait a moment.",
                "\(hero) called, and \(farmer) knew that it was true and came.")
            tell.say(
                "Together they chased the \(danger) away, and all the \(flock) were safe.",
                "They made a lot of noise, and the \(danger) ran away.",
                "When the \(danger) saw two people with sticks, it ran off.",
                "\(farmer) had a big stick, and the \(danger) ran away.",
                "The \(danger) saw them both and ran, and the \(flock) were safe.")
            tell.say(
                "“Thank you for coming, \(farmer),” said \(hero), who was \(after).",
                "\(hero) thanked \(farmer) and felt \(after).",
                "\(hero) was \(after). “Thank you for believing me,” \(he) told \(farmer).",
                "“You believed me,” said \(hero), who was \(after). “Thank you, \(farmer).”",
                "“I kept my promise,” said \(hero), \(after) that \(farmer) had come.")
            return StoryFacts(
                plot: "the false alarm", hero: hero, helper: farmer, place: place.at,
                object: danger, day: day, feelings: ("bored", after),
                problem: "called for help for fun", action: "promised to stop",
                outcome: "was helped when a real \(danger) came", ending: .happy,
                asking: [("Which animals did \(hero) watch?", flock)])
        }
        let after = tell.pick(["ashamed", "sorry", "sad"])
        tell.say(
            "But \(hero) did it again the next day, and \(farmer) came again for nothing.",
            "But \(hero) thought it was a good joke. \(he) did it two more times.",
            "\(hero) did not listen. The next day \(he) played the same joke.",
            "The next day \(hero) was bored again. \(cry) \(he) shouted, for fun.",
            "“One more time,” said \(hero), and \(farmer) came running for nothing.")
        tell.say(
            "Then a real \(danger) came out of the trees.",
            "In the evening two yellow eyes came closer. It was a real \(danger)!",
            "A few days later, a hungry \(danger) came, and this one was real.",
            "But one day \(hero) saw a real \(danger) behind a bush.",
            "Not long after, a real \(danger) came up to the \(flock).")
        tell.say(
            "\(cry) \(hero) cried, but nobody came.",
            "\(he) shouted and shouted. “It is only a joke,” thought \(farmer), and stayed home.",
            "\(hero) called for help, but \(farmer) did not believe \(him).",
            "\(hero) shouted until \(his) voice was gone, but \(farmer) stayed at home.",
            "“That is \(hero) again,” said \(farmer), and did not come.")
        tell.say(
            "The \(danger) chased the \(flock) away, and they did not come back.",
            "\(hero) climbed up a tree, and the \(danger) took what it wanted.",
            "When the \(danger) was gone, half of the \(flock) were gone too.",
            "The \(flock) ran in all directions, and \(hero) could not stop them.",
            "In the end, many of the \(flock) were gone.")
        tell.say(
            "\(hero) was \(after). Nobody had believed \(him) when it was true.",
            "“It is my own fault,” said \(hero), who was \(after).",
            "\(hero) felt \(after) and walked home in the dark.",
            "\(hero) had to tell \(farmer) everything and was \(after).",
            "“I called, but you did not believe me,” said \(hero), who was \(after).")
        return StoryFacts(
            plot: "the false alarm", hero: hero, place: place.at, object: danger, day: day,
            feelings: ("bored", after), problem: "called for help for fun",
            action: "did it again", outcome: "got no help when a real \(danger) came",
            ending: .sad, asking: [("Which animals did \(hero) watch?", flock)])
    }
}
