/// Plots about taking care and keeping promises.
extension StoryPlots {
    /// A seed grows if it gets water, dries up if it is forgotten, and may be saved just in time.
    static func garden(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let elder = tell.elder()
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let plant = tell.pick([
            "sunflower", "pumpkin", "tomato plant", "rose bush", "bean plant", "carrot",
            "strawberry plant", "melon", "tulip",
        ])
        let place = tell.pick([
            StoryPlace("in", "the garden"), StoryPlace("by", "the fence"),
            StoryPlace("behind", "the house"), StoryPlace("next to", "the path"),
            StoryPlace("under", "the window"),
        ])
        let fun = tell.pick([
            "played with a ball", "climbed trees", "swam in the lake", "slept in the sun",
            "chased the butterflies", "read funny books",
        ])
        let day = tell.day([.sunny, .warm, .bright])
        let before = tell.pick(["excited", "curious", "hopeful"])

        tell.open(hero)
        tell.say(
            "One \(day), \(his) \(elder.kind) gave \(him) a tiny seed.",
            "One \(day), \(he) got a seed from \(his) \(elder.kind).",
            "On \(day.a), \(his) \(elder.kind) came with a seed in a little bag.",
            "One \(day), \(hero) asked \(his) \(elder.kind) for a seed and got one.",
            "It was \(day.a) when \(hero) got a small seed from \(his) \(elder.kind).")
        tell.say(
            "“It will be \(article(plant)), if you give it water every day,” said \(elder).",
            "“Water it every day, and you will have \(article(plant)),” said \(elder).",
            "\(elder) told \(him) that \(article(plant)) would grow if it got water every day.",
            "“Water it every day,” said \(elder). “Then it will be \(article(plant)).”",
            "“In this seed sleeps \(article(plant)),” said \(elder). “It needs water every day.”")
        tell.say(
            "\(hero) was \(before) and put the seed in the ground \(place.at).",
            "\(hero) felt \(before). \(he) made a hole \(place.at) and put the seed in it.",
            "“I will do it!” said \(hero), who was \(before). \(he) put the seed \(place.at).",
            "\(hero) felt \(before) and put the seed into the soft ground \(place.at).",
            "The best place was \(place.at). There \(hero) put the seed and was \(before).")

        switch tell.pick([0, 0, 1, 2, 2]) {
        case 0:
            let after = tell.pick(["proud", "happy", "pleased"])
            tell.say(
                "Every day \(he) brought it water, even when \(he) was tired.",
                "\(he) did not forget the water for one day.",
                "Each morning, before \(he) went to play, \(hero) gave it water.",
                "“Here is your water,” said \(hero) every day to the seed.",
                "\(hero) gave it water in the morning, and in the evening \(he) looked at it.")
            tell.say(
                "First there was one green leaf, and then there were many.",
                "Soon a green leaf came up. “Look, it is growing!” cried \(hero).",
                "It grew a little every day, and \(he) sang to it.",
                "One morning \(hero) saw a tiny green leaf, and the next day there were two.",
                "\(hero) waited and waited, and then there was a green leaf.")
            tell.say(
                "By summer it was the finest \(plant) in the whole village.",
                "When summer came, the \(plant) was as tall as \(hero).",
                "At last it was a big and healthy \(plant).",
                "In the end it was the best \(plant) that \(hero) had ever seen.",
                "The sun and the water did their work, and it was a fine \(plant).")
            tell.say(
                "“You took good care of it,” said \(elder). \(hero) was \(after).",
                "\(hero) showed it to \(elder) and felt very \(after).",
                "\(he) felt \(after), because all the work had been worth it.",
                "“It is because you did not forget it,” said \(elder). \(hero) felt \(after).",
                "\(hero) took \(elder) by the arm to see the \(plant) and was \(after).")
            return StoryFacts(
                plot: "the garden", hero: hero, helper: elder, place: place.at, object: plant,
                day: day, feelings: (before, after), problem: "got a seed",
                action: "gave it water every day", outcome: "grew a fine \(plant)",
                ending: .happy, asking: [("What grew from the seed?", plant)])
        case 1:
            tell.say(
                "For a while \(hero) gave it water, but then \(he) forgot and \(fun).",
                "But soon \(he) forgot about it and \(fun) instead.",
                "The first week went well, but then \(hero) forgot and \(fun).",
                "\(hero) did it for some days. Then \(he) \(fun) and forgot the water.")
            tell.say(
                "One day \(he) saw that the leaves of the \(plant) were brown and dry.",
                "Then \(elder) asked about the \(plant). Its leaves were hanging down.",
                "After some hot days, the \(plant) was almost dead.",
                "“Your \(plant) is thirsty,” said \(elder), and \(hero) saw the brown leaves.",
                "\(hero) came by one hot day and saw that the \(plant) was almost dead.")
            tell.say(
                "“Oh no! I am so sorry,” said \(hero), and ran to get water.",
                "\(hero) was sorry. At once \(he) ran for water, again and again.",
                "“Is it too late?” asked \(hero). “Not yet,” said \(elder). “Be quick!”",
                "“I forgot you!” cried \(hero) to the \(plant), and ran for water.",
                "\(hero) was so sorry that \(he) carried water all evening.")
            tell.say(
                "\(hero) watered it that day and every day after, and \(elder) helped.",
                "\(elder) helped \(him) carry the water, and they made a roof against the sun.",
                "“Now we must be careful,” said \(elder), and they gave it water two times a day.",
                "From that day, \(hero) and \(elder) took care of it together.")
            tell.say(
                "Slowly the leaves turned green, and \(hero) was relieved.",
                "After a week there was a new green leaf. \(hero) felt relieved.",
                "The \(plant) lived! \(hero) was relieved and never forgot it again.",
                "Then the \(plant) stood up straight again. \(hero) was relieved.",
                "“It will live,” said \(elder), and \(hero) was so relieved.")
            return StoryFacts(
                plot: "the garden", hero: hero, helper: elder, place: place.at, object: plant,
                day: day, feelings: (before, "relieved"), problem: "forgot to water the \(plant)",
                action: "ran to get water", outcome: "saved the \(plant)", ending: .happy,
                asking: [("What grew from the seed?", plant)])
        default:
            tell.say(
                "On the first day \(he) gave it water. Then \(he) forgot it and \(fun).",
                "But there was so much else to do. \(he) \(fun) and forgot the seed.",
                "“I can do it tomorrow,” \(he) said each day, and \(he) \(fun).",
                "\(hero) liked other things more than seeds. \(he) \(fun) and forgot it.",
                "Soon \(hero) forgot the seed. \(he) \(fun) every single day.")
            tell.say(
                "The sun was hot, and there was no rain.",
                "It was a dry summer, and the ground turned hard.",
                "A small leaf came up, but nobody gave it water.",
                "The days were hot, and \(hero) did not bring any water.",
                "Nobody gave it water, because \(hero) was busy.")
            tell.say(
                "When \(he) came back at last, the \(plant) was brown and dead.",
                "Weeks later \(he) went to look. There was only a dry little \(plant).",
                "One day \(elder) asked to see the \(plant), but it had dried up.",
                "Then \(hero) thought of the \(plant) and ran to it. It was dead.",
                "It was too late when \(hero) came with water. The \(plant) was dead.")
            tell.say(
                "“I am sorry, I forgot,” said \(hero). \(he) was ashamed.",
                "\(hero) was ashamed, because \(he) had not done what \(he) had promised.",
                "\(hero) felt ashamed and could not look at \(elder).",
                "“Did you water it?” asked \(elder). \(hero) was ashamed and said no.",
                "\(hero) looked at the ground and was ashamed.")
            tell.say(
                "“Plants cannot ask for water,” said \(elder).",
                "“A plant needs care, not words,” said \(elder).",
                "All around, other gardens were full of flowers.",
                "“Maybe we can try again next year,” said \(elder) after a while.",
                "So that summer \(hero) had no \(plant).")
            return StoryFacts(
                plot: "the garden", hero: hero, place: place.at, object: plant, day: day,
                feelings: (before, "ashamed"), problem: "forgot to water the \(plant)",
                action: "did other things", outcome: "let the \(plant) dry up", ending: .sad,
                asking: [("Who gave \(hero) the seed?", elder.name)])
        }
    }

    /// The neighbour's pet must be fed: done every day, or forgotten.
    static func promise(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.child()
        let owner = tell.worker(["teacher", "doctor", "baker", "painter", "nurse", "tailor"])
        let pet = tell.animal(["cat", "dog", "rabbit", "parrot", "goat", "pony"])
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick([
            StoryPlace("next to", "the bakery"), StoryPlace("across", "the street"),
            StoryPlace("behind", "the church"), StoryPlace("at", "the corner"),
            StoryPlace("near", "the school"),
        ])
        let fun = tell.pick([
            "played with friends", "went to the beach", "watched the boats", "read in bed",
            "went fishing", "flew a kite",
        ])
        let gift = tell.pick(["a little bell", "a big shell", "a box of paints", "a new cap"])
        let day = tell.day()
        let before = tell.pick(["proud", "excited", "pleased"])

        tell.open(hero)
        tell.say(
            "\(owner.introduced) lived \(place.at) with \(pet.introduced).",
            "In a house \(place.at) lived \(owner.introduced) and \(pet.introduced).",
            "\(owner.introduced) had a house \(place.at) and \(article(pet.kind)) named \(pet).",
            "Not far away, \(place.at), lived \(owner.introduced) with \(pet.introduced).")
        tell.say(
            "One \(day), \(owner) had to go away. “Can you feed \(pet) for a week?”",
            "One \(day), \(owner) came to the door. “Will you feed \(pet) while I am gone?”",
            "On \(day.a), \(owner) asked \(hero) to feed \(pet) for a few days.",
            "It was \(day.a) when \(owner) said, “I must go away. Who will feed \(pet)?”",
            "One \(day), \(owner) gave \(hero) a key. “Please feed \(pet) while I am away.”")
        tell.say(
            "“Yes, I promise,” said \(hero), feeling \(before).",
            "\(hero) was \(before). “I promise to come every day,” \(he) said.",
            "“You can trust me,” said \(hero). \(he) was \(before) and gave a promise.",
            "“I will feed \(pet) every day. I promise,” said \(hero), who felt \(before).",
            "\(hero) felt \(before), shook hands and made a promise.")

        if tell.chance(1, of: 2) {
            let after = tell.pick(["happy", "glad", "delighted"])
            tell.say(
                "Every morning \(he) went over with food and fresh water.",
                "\(hero) made a note and put it on the wall, so that \(he) would not forget.",
                "Each day after school, \(he) brought food and sat with \(pet) for a while.",
                "\(hero) went there every day and gave \(pet) food and water.",
                "“First \(pet), and then the rest,” said \(hero) every morning.")
            tell.say(
                "One day \(his) friends called \(him) to play. But \(hero) fed \(pet) first.",
                "Once it rained so hard that \(he) got wet, but \(hero) went all the same.",
                "Once \(he) was very tired, but \(he) thought of \(pet) and got up.",
                "Even on a day full of games, \(hero) did not forget \(pet).",
                "It was a long week, but \(hero) did not miss one day.")
            tell.say(
                "Soon \(pet) knew \(his) step and came to the door to meet \(him).",
                "\(pet) ate everything and liked \(him) more and more.",
                "After dinner, \(pet) always fell asleep next to \(hero).",
                "\(hero) told \(pet) stories, and \(pet) liked the stories.",
                "\(pet) jumped for joy each time \(hero) came in.")
            tell.say(
                "When \(owner) came back, \(pet) was healthy and strong.",
                "“How well \(pet) looks!” said \(owner) at the end of the week.",
                "Then \(owner) came home and saw that all was well with \(pet).",
                "A week later, \(owner) opened the door, and \(pet) was happy and well.",
                "\(owner) came home and found the house clean and \(pet) well.")
            tell.say(
                "“Good work,” said \(owner), and gave \(him) \(gift). \(hero) was \(after).",
                "\(owner) thanked \(hero) with \(gift), and \(he) was \(after).",
                "\(hero) got \(gift) and felt \(after). But \(he) liked \(pet) even more.",
                "\(owner) said thank you and gave \(him) \(gift). \(hero) was \(after).",
                "“This is for you,” said \(owner). It was \(gift), and \(hero) was \(after).")
            return StoryFacts(
                plot: "the promise", hero: hero, place: place.at, object: gift, day: day,
                feelings: (before, after), problem: "promised to feed \(pet)",
                action: "fed \(pet) every day", outcome: "got \(gift) from \(owner)",
                ending: .happy,
                asking: [
                    ("What was the name of the \(pet.kind)?", pet.name),
                    ("What was the gift?", gift),
                ])
        }
        tell.say(
            "For two days \(hero) did it, but on the third day \(he) \(fun) and forgot.",
            "But the next day \(he) \(fun), and \(he) did not think of \(pet) at all.",
            "On the first day \(he) went. After that \(he) \(fun) and forgot all about it.",
            "“I can go later,” said \(hero). Then \(he) \(fun) and forgot.",
            "The first day was easy. The next day \(hero) \(fun) and did not go.")
        tell.say(
            "\(pet) waited at the door and got hungry.",
            "The bowl was empty, and \(pet) was alone in the dark house.",
            "\(pet) cried for food, but nobody came.",
            "Day after day, \(pet) looked out of the window, but \(hero) did not come.",
            "There was no food for \(pet), and no water.")
        tell.say(
            "When \(owner) came home, \(pet) was weak and thin.",
            "Then \(owner) came back and found \(pet) hungry and sick.",
            "In the end \(pet) ran away, and \(owner) had to look for \(pet) for three days.",
            "\(owner) opened the door and saw how thin \(pet) was.",
            "When \(owner) came back, \(pet) was too weak to get up.")
        tell.say(
            "“You gave me your promise,” said \(owner) with a sad look.",
            "“I trusted you,” said \(owner).",
            "\(owner) asked, “Why did you say yes, if you did not want to do it?”",
            "“Where were you, \(hero)?” asked \(owner).",
            "\(owner) took \(pet) in both arms and said, “You gave your word.”")
        tell.say(
            "\(hero) was ashamed. “I forgot, and I am very sorry,” \(he) said.",
            "\(hero) felt ashamed and had no answer.",
            "\(hero) felt ashamed. \(he) was not asked to feed \(pet) again.",
            "“I have no excuse,” said \(hero), who was ashamed.",
            "\(hero) looked at \(pet) and was very ashamed.")
        return StoryFacts(
            plot: "the promise", hero: hero, place: place.at, day: day,
            feelings: (before, "ashamed"), problem: "promised to feed \(pet)",
            action: "forgot the promise", outcome: "lost the trust of \(owner)", ending: .sad,
            asking: [("What was the name of the \(pet.kind)?", pet.name)])
    }
}
