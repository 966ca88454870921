/// Plots about telling the truth.
extension StoryPlots {
    /// The hero breaks a friend's toy: told and mended, or hidden and found out.
    static func brokenToy(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let friend = tell.friend(of: hero)
        let (he, his) = (hero.he, hero.his)
        let toy = tell.thing(Lexicon.toys)
        let place = tell.pick(Lexicon.places)
        let day = tell.day()
        let glue = tell.pick(["glue", "tape", "a little nail", "string", "a small screw"])
        let hiding = tell.pick([
            "under a pile of leaves", "behind a wall", "in a bush", "under a box", "in a hole",
        ])
        let before = tell.pick(["scared", "worried", "upset"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) met \(his) friend \(friend) \(place.at).",
            "One \(day), \(hero) and a friend named \(friend) were playing \(place.at).",
            "\(his) best friend was \(friend.introduced). One \(day), they played \(place.at).")
        tell.say(
            "\(friend) had brought \(toy.a). “You may play with it. Be careful,” said \(friend).",
            "“Look at my \(toy),” said \(friend). “You may hold it for a while.”",
            "\(friend) let \(hero) play with \(toy.a) while \(friend.he) got something to eat.",
            "\(friend) had \(toy.a), and \(hero) was allowed to play with it.")
        tell.say(
            "But \(hero) was too wild, and the \(toy) fell on a stone. Crack!",
            "\(hero) threw it up high, and it came down hard. The \(toy) broke in two.",
            "Then \(hero) tripped, and the \(toy) broke.",
            "\(hero) pulled too hard, and a piece of the \(toy) came off.")
        tell.say(
            "\(hero) was \(before). \(friend) had not seen it yet.",
            "Nobody had seen it, but \(hero) felt \(before).",
            "“What have I done?” \(he) said. \(he) was \(before).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["glad", "happy", "relieved"])
            tell.say(
                "\(he) went to \(friend) and said, “I broke your \(toy.noun). I am very sorry.”",
                "“I must tell the truth,” \(he) thought. So \(he) told \(friend) everything.",
                "“\(friend), it was my fault,” said \(hero). “I broke it, and I am sorry.”")
            tell.say(
                "\(friend) looked sad, but then \(friend.he) said, “Thank you for telling me.”",
                "At first \(friend) was angry. Then \(friend.he) said, “Maybe we can fix it.”",
                "“It is good that you told me,” said \(friend). “Let us fix it.”")
            tell.say(
                "They found \(glue) and worked on it together.",
                "\(hero) ran home for \(glue), and they fixed the \(toy.noun) side by side.",
                "With \(glue) and four busy hands, they fixed it.")
            tell.say(
                "Soon the \(toy) was as good as new.",
                "When they were done, the \(toy) worked again.",
                "It took a long time, but in the end the \(toy) was whole again.")
            tell.say(
                "\(hero) was \(after) that \(he) had told the truth.",
                "They were still friends, and \(hero) was \(after).",
                "“You are a true friend,” said \(friend), and \(hero) felt \(after).")
            return StoryFacts(
                plot: "the broken toy", hero: hero, helper: friend, place: place.at,
                object: "\(toy)", day: day, feelings: (before, after),
                problem: "broke the \(toy)", action: "told \(friend) the truth",
                outcome: "fixed the \(toy) with \(friend)", ending: .happy,
                asking: [("Whose toy was it?", friend.name), ("What did they use?", glue)])
        }
        tell.say(
            "\(he) did not want to say it, so \(he) hid the \(toy.noun) \(hiding).",
            "Quickly \(he) put the pieces \(hiding) and said nothing.",
            "\(he) looked left and right and hid it \(hiding).")
        tell.say(
            "“Where is my \(toy.noun)?” asked \(friend). “I do not know,” said \(hero).",
            "When \(friend) asked about it, \(hero) said, “Somebody took it.”",
            "\(friend) looked for it, and \(hero) only shook \(his) head.")
        tell.say(
            "But then \(friend) looked \(hiding) and saw the broken \(toy.noun).",
            "The next day, \(friend) found it \(hiding), all in pieces.",
            "A dog dug around \(hiding) and brought the pieces to \(friend).")
        tell.say(
            "“You did not tell me the truth,” said \(friend), and went away.",
            "\(friend) began to cry. “Why did you not tell me?” \(friend.he) asked.",
            "“I could have forgiven you,” said \(friend). “But you lied to me.”")
        tell.say(
            "Now \(hero) played alone and was lonely.",
            "\(hero) felt lonely, because \(friend) did not come to play anymore.",
            "\(hero) sat there, lonely and sorry, with nobody to play with.")
        return StoryFacts(
            plot: "the broken toy", hero: hero, place: place.at, object: "\(toy)", day: day,
            feelings: (before, "lonely"), problem: "broke the \(toy)",
            action: "hid the \(toy)", outcome: "lost the trust of \(friend)", ending: .sad,
            asking: [("Whose toy was it?", friend.name), ("Where was it hidden?", hiding)])
    }

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
            "\(pet.introduced) lived with \(him), and \(hero) loved \(pet).")
        tell.say(
            "One \(day), \(hero) was alone \(place.at) and \(deed.did).",
            "One \(day), \(he) ran around \(place.at) and \(deed.did).",
            "On \(day.a), when \(he) was bored \(place.at), \(hero) \(deed.did).")
        tell.say(
            "Then \(his) \(elder.kind) came in. “Who did this?” asked \(elder).",
            "Just then the door opened. “What happened here?” asked \(his) \(elder.kind).",
            "“Do you know anything about this?” asked \(his) \(elder.kind).")
        tell.say(
            "\(hero) was \(before) and looked at the floor.",
            "\(hero) turned red and felt \(before).",
            "\(hero) felt \(before), and \(his) heart beat fast.")

        if tell.chance(1, of: 2) {
            let after = tell.pick(["relieved", "happy", "calm"])
            tell.say(
                "“It was me,” \(he) said. “I am sorry.”",
                "\(he) took a deep breath and told the truth.",
                "First \(he) wanted to blame \(pet), but then \(he) said, “I did it.”")
            tell.say(
                "\(elder) was quiet for a moment. “Thank you for telling me,” said \(elder).",
                "“That was brave of you,” said \(elder). “Now let us clean up.”",
                "\(elder) was not angry for long. “I am glad that you told me.”")
            tell.say(
                "They cleaned the floor together, and \(pet) watched.",
                "\(hero) cleaned everything, and \(elder) helped \(him).",
                "\(elder) got a cloth, and \(hero) did the rest of the work.")
            tell.say(
                "After that, \(hero) felt \(after).",
                "Then \(elder) gave \(him) a hug, and \(hero) was \(after).",
                "\(hero) was \(after), and \(pet) jumped up and kissed \(his) nose.")
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
            "\(he) pointed at \(pet). “It was not me. It was \(pet)!”")
        tell.say(
            "“Bad \(pet.kind)!” said \(elder). So \(pet) had to go out into the cold yard.",
            "\(elder) sent \(pet) out of the house, and \(pet) did not know why.",
            "So \(pet) got no dinner and had to sit outside the door.")
        tell.say(
            "But then \(elder) saw \(deed.clue) the sleeve of \(hero).",
            "A little later, \(elder) found \(deed.clue) \(his) shirt.",
            "At dinner \(elder) saw \(deed.clue) \(his) shoes.")
        tell.say(
            "“It was you all the time,” said \(elder) in a sad voice.",
            "“You lied, and \(pet) had to pay for it,” said \(elder).",
            "“Why did you lie to me?” asked \(elder).")
        tell.say(
            "\(hero) was ashamed. There were no stories and no songs that night.",
            "\(hero) felt ashamed, most of all when \(pet) looked at \(him).",
            "\(hero) was so ashamed that \(he) could not sleep.")
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
            "\(he) worked for \(farmer.introduced) and watched the \(flock).")
        tell.say(
            "One \(day), \(hero) sat \(place.at) and was bored.",
            "One \(day), nothing happened \(place.at), and \(he) was bored.",
            "On \(day.a), \(hero) was bored, all alone \(place.at).")
        tell.say(
            "So \(he) called, \(cry) But there was no \(danger) at all.",
            "For fun \(he) shouted, \(cry) It was not true.",
            "\(cry) \(hero) shouted, just to see who would come.")
        tell.say(
            "\(farmer) came running with a stick, and \(hero) laughed.",
            "\(farmer) dropped everything and ran. “It was a joke,” said \(hero).",
            "At once \(farmer) came, out of breath. \(hero) laughed and laughed.")
        tell.say(
            "“Do not call for help when you do not need it,” said \(farmer).",
            "“That was not funny,” said \(farmer). “One day you may need me.”",
            "\(farmer) was angry. “If you lie, nobody will believe you,” \(farmer.he) said.")

        if tell.chance(1, of: 2) {
            let after = tell.pick(["thankful", "happy", "relieved"])
            tell.say(
                "\(hero) stopped laughing. “I am sorry. I will never do it again,” \(he) said.",
                "\(hero) thought about it. “You are right,” \(he) said. “I promise to stop.”",
                "\(hero) was sorry and gave \(his) word that it was the last time.")
            tell.say(
                "A week later, a real \(danger) came out of the trees.",
                "Not long after, \(hero) saw two yellow eyes. It was a real \(danger)!",
                "The next day a hungry \(danger) came, and this one was real.")
            tell.say(
                "\(cry) \(hero) shouted, and \(farmer) came at once.",
                "\(he) called for help, and \(farmer) believed \(him) and ran.",
                "\(hero) shouted, \(cry) \(farmer) believed \(him) and ran.")
            tell.say(
                "Together they chased the \(danger) away, and all the \(flock) were safe.",
                "They made a lot of noise, and the \(danger) ran away.",
                "When the \(danger) saw two people with sticks, it ran off.")
            tell.say(
                "“Thank you for coming, \(farmer),” said \(hero), who was \(after).",
                "\(hero) thanked \(farmer) and felt \(after).",
                "\(hero) was \(after). “Thank you for believing me,” \(he) told \(farmer).")
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
            "\(hero) did not listen. The next day \(he) played the same joke.")
        tell.say(
            "Then a real \(danger) came out of the trees.",
            "In the evening two yellow eyes came closer. It was a real \(danger)!",
            "A few days later, a hungry \(danger) came, and this one was real.")
        tell.say(
            "\(cry) \(hero) cried, but nobody came.",
            "\(he) shouted and shouted. “It is only a joke,” thought \(farmer), and stayed home.",
            "\(hero) called for help, but \(farmer) did not believe \(him).")
        tell.say(
            "The \(danger) chased the \(flock) away, and they did not come back.",
            "\(hero) climbed up a tree, and the \(danger) took what it wanted.",
            "When the \(danger) was gone, half of the \(flock) were gone too.")
        tell.say(
            "\(hero) was \(after). Nobody had believed \(him) when it was true.",
            "“It is my own fault,” said \(hero), who was \(after).",
            "\(hero) felt \(after) and walked home in the dark.")
        return StoryFacts(
            plot: "the false alarm", hero: hero, place: place.at, object: danger, day: day,
            feelings: ("bored", after), problem: "called for help for fun",
            action: "did it again", outcome: "got no help when a real \(danger) came",
            ending: .sad, asking: [("Which animals did \(hero) watch?", flock)])
    }
}
