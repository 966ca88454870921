/// Plots about giving back and owning up.
extension StoryPlots {
    /// A found purse: given back it brings a thank-you, kept it brings nothing good.
    static func purse(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.child()
        let owner = tell.worker(["baker", "farmer", "painter", "nurse", "gardener", "sailor"])
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick([
            StoryPlace("in", "the street"), StoryPlace("at", "the market"),
            StoryPlace("by", "the fountain"), StoryPlace("at", "the bus stop"),
            StoryPlace("in", "the square"), StoryPlace("on", "the bridge"),
        ])
        let purse = "\(tell.pick(["black", "brown", "red", "green", "little"])) purse"
        let gift = tell.pick(Lexicon.foods)
        let wish = tell.pick(["a new kite", "a big drum", "a toy train", "a box of candy"])
        let day = tell.day()
        let before = tell.pick(["surprised", "excited"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) saw \(article(purse)) \(place.at).",
            "One \(day), \(article(purse)) lay on the ground \(place.at), and \(hero) found it.",
            "On \(day.a), \(hero) found \(article(purse)) \(place.at).",
            "One \(day), \(hero) was walking along and saw \(article(purse)) \(place.at).",
            "It was \(day.a) when \(hero) found \(article(purse)) \(place.at).")
        tell.say(
            "\(he) opened it and was \(before). It was full of coins!",
            "There were many shiny coins in it. \(hero) was \(before).",
            "When \(he) looked inside and saw the money, \(he) was \(before).",
            "\(hero) was \(before). \(he) had never seen so much money.",
            "\(he) looked inside. “So many coins!” said \(hero), who was \(before).")
        tell.say(
            "“With this I could buy \(wish),” \(he) thought.",
            "\(hero) had always wanted \(wish). Now \(he) could buy it.",
            "\(he) thought of \(wish) in the shop window.",
            "“Now I am rich,” thought \(hero). “I can buy \(wish).”",
            "It was enough money for \(wish), and \(hero) knew it.")
        tell.say(
            "Then \(he) saw \(owner.introduced), who was looking for something.",
            "Not far away, \(owner.introduced) was looking everywhere with a sad face.",
            "Just then \(owner.introduced) came by. “Where is my purse?” asked \(owner).",
            "Then \(hero) met \(owner.introduced). “I have lost my purse,” said \(owner).",
            "“Oh dear, oh dear,” said \(owner.introduced), looking left and right.")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["proud", "happy", "glad"])
            tell.say(
                "\(hero) ran to \(owner). “Is this your purse?” asked \(hero).",
                "“It is not mine,” thought \(hero), so \(he) gave the purse to \(owner).",
                "\(hero) did not wait. “Here is your purse,” \(he) told \(owner).",
                "\(hero) thought for a moment. Then \(he) gave the purse back to \(owner).",
                "“I found this,” said \(hero), and put the purse into the hand of \(owner).")
            tell.say(
                "“Oh, thank you!” said \(owner). “You are an honest \(hero.kind).”",
                "\(owner) laughed with joy. “I thought I had lost it for good!”",
                "“You saved my day,” said \(owner) the \(owner.kind).",
                "\(owner) was so glad that tears came. “Thank you, \(hero)!” said \(owner).",
                "“All my money is still in it!” said \(owner). “Thank you, dear \(hero).”")
            tell.say(
                "\(owner) gave \(him) a bag of \(gift) to say thanks.",
                "To thank \(hero), \(owner) went and bought \(him) some \(gift).",
                "The next day, \(owner) came to the house with a basket of \(gift).",
                "“Please take some \(gift),” said \(owner), and \(hero) said thank you.",
                "\(owner) did not forget it and brought \(him) \(gift) every week.")
            tell.say(
                "\(hero) was \(after). No toy could feel as good as that.",
                "\(hero) went home \(after) and shared the \(gift) with everyone.",
                "\(hero) felt \(after), because \(he) had done the right thing.",
                "\(hero) ate the \(gift) and was \(after).",
                "“I did not need the money,” thought \(hero), \(after) and full of \(gift).")
            return StoryFacts(
                plot: "the purse", hero: hero, place: place.at, object: purse, day: day,
                feelings: (before, after), problem: "found the \(purse)",
                action: "gave the purse back to \(owner)", outcome: "got some \(gift)",
                ending: .happy,
                asking: [("Whose purse was it?", owner.name), ("What was the gift?", "\(gift)")])
        }
        let after = tell.pick(["ashamed", "unhappy", "sorry"])
        tell.say(
            "But \(hero) hid the purse under \(his) coat and ran away.",
            "\(hero) said nothing. \(he) put the purse in \(his) pocket and walked off.",
            "“Have you seen it?” asked \(owner). “No,” said \(hero), and that was not true.",
            "\(hero) looked at the ground and held the purse behind \(his) back.",
            "“I have not seen your purse,” \(hero) told \(owner), and walked away quickly.")
        tell.say(
            "On the way to the shop, the purse fell through a hole in \(his) pocket.",
            "\(he) ran so fast that the purse fell into the river.",
            "\(he) hid it under a stone, but the next day it was gone.",
            "But \(hero) lost the purse that same day, and no one ever found it.",
            "\(hero) put the purse on a wall for a moment, and a crow took it.")
        tell.say(
            "Now nobody had the money, and \(hero) felt \(after).",
            "At night \(he) thought of the sad face of \(owner) and felt \(after).",
            "When \(he) met \(owner) again, \(he) could not look up. \(hero) was \(after).",
            "\(hero) had no \(purse) and no joy, and \(he) felt \(after).",
            "\(owner) had lost the money, and \(hero) was \(after) about it.")
        tell.say(
            "“If only I had given it back,” \(he) thought.",
            "It was too late to give it back.",
            "\(he) never told anyone, and that was a heavy secret.",
            "“I am not honest,” \(hero) thought, and could not sleep.",
            "From then on, \(hero) always looked away when \(he) saw \(owner).")
        return StoryFacts(
            plot: "the purse", hero: hero, place: place.at, object: purse, day: day,
            feelings: (before, after), problem: "found the \(purse)",
            action: "did not give the purse back", outcome: "lost the purse", ending: .sad,
            asking: [("Whose purse was it?", owner.name)])
    }

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
            "under the dry leaves", "behind the wall", "in the bushes", "in the tall grass",
            "under the steps",
        ])
        let before = tell.pick(["scared", "worried", "upset"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) met \(his) friend \(friend) \(place.at).",
            "One \(day), \(hero) and a friend named \(friend) were playing \(place.at).",
            "\(his) best friend was \(friend.introduced). One \(day), they played \(place.at).",
            "It was \(day.a), and \(hero) was \(place.at) with \(his) friend \(friend).",
            "One \(day), \(hero) and \(his) friend \(friend) had a good time \(place.at).")
        tell.say(
            "\(friend) had brought \(toy.a). “You may play with it. Be careful,” said \(friend).",
            "“Look at my \(toy),” said \(friend). “You may hold it for a while.”",
            "\(friend) let \(hero) play with \(toy.a) while \(friend.he) got something to eat.",
            "\(friend) had \(toy.a), and \(hero) was allowed to play with it.",
            "“This is new,” said \(friend), and showed \(hero) \(toy.a).")
        tell.say(
            "But \(hero) was too wild, and the \(toy) fell on a stone. Crack!",
            "\(hero) threw it up high, and it came down hard. The \(toy) broke in two.",
            "Then \(hero) tripped, and the \(toy) broke.",
            "\(hero) pulled too hard, and a piece of the \(toy) came off.",
            "\(hero) wanted to show a trick, but \(he) dropped the \(toy), and it broke.")
        tell.say(
            "\(hero) was \(before). \(friend) had not seen it yet.",
            "Nobody had seen it, but \(hero) felt \(before).",
            "“What have I done?” \(he) said. \(he) was \(before).",
            "\(hero) looked at the pieces and was \(before).",
            "“Oh no,” said \(hero) in a low voice, feeling \(before).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["glad", "happy", "relieved"])
            tell.say(
                "\(he) went to \(friend) and said, “I broke your \(toy.noun). I am very sorry.”",
                "“I must tell the truth,” \(he) thought. So \(he) told \(friend) everything.",
                "“\(friend), it was my fault,” said \(hero). “I broke it, and I am sorry.”",
                "“Your \(toy.noun) is broken,” said \(hero). “I did it, and I am sorry.”",
                "\(hero) took the pieces to \(friend). “I am sorry. I was not careful.”")
            tell.say(
                "\(friend) looked sad, but then \(friend.he) said, “Thank you for telling me.”",
                "At first \(friend) was angry. Then \(friend.he) said, “Maybe we can fix it.”",
                "“It is good that you told me,” said \(friend). “Let us fix it.”",
                "\(friend) was quiet for a while. “It is good that you told me.”",
                "“My poor \(toy.noun)!” said \(friend). “But thank you for telling the truth.”")
            tell.say(
                "They found \(glue) and worked on it together.",
                "\(hero) ran home for \(glue), and they fixed the \(toy.noun) side by side.",
                "With \(glue) and four busy hands, they fixed it.",
                "“All we need is \(glue),” said \(friend), and they got to work.",
                "\(hero) held the pieces, and \(friend) used \(glue).")
            tell.say(
                "Soon the \(toy) was as good as new.",
                "When they were done, the \(toy) worked again.",
                "It took a long time, but in the end the \(toy) was whole again.",
                "After an hour, \(friend) could play with the \(toy) again.",
                "At last the \(toy) was in one piece again.")
            tell.say(
                "\(hero) was \(after) that \(he) had told the truth.",
                "They were still friends, and \(hero) was \(after).",
                "“You are a true friend,” said \(friend), and \(hero) felt \(after).",
                "\(hero) felt \(after), and they played until evening.",
                "\(friend) let \(hero) play with it again, and \(hero) was \(after).")
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
            "\(he) looked left and right and hid it \(hiding).",
            "“Nobody must know,” \(he) thought, and hid the \(toy.noun) \(hiding).",
            "\(hero) put it \(hiding), where \(friend) would not see it.")
        tell.say(
            "“Where is my \(toy.noun)?” asked \(friend). “I do not know,” said \(hero).",
            "When \(friend) asked about it, \(hero) said, “Somebody took it.”",
            "\(friend) looked for it, and \(hero) only shook \(his) head.",
            "“Have you seen my \(toy)?” asked \(friend). “No,” said \(hero).",
            "\(friend) asked three times, and three times \(hero) said no.")
        tell.say(
            "But then \(friend) looked \(hiding) and saw the broken \(toy.noun).",
            "The next day, \(friend) found it \(hiding), all in pieces.",
            "A dog dug around \(hiding) and brought the pieces to \(friend).",
            "On the way home, \(friend) saw something \(hiding). It was the \(toy), broken in two.",
            "In the end \(friend) looked \(hiding), and there were the pieces.")
        tell.say(
            "“You did not tell me the truth,” said \(friend), and went away.",
            "\(friend) began to cry. “Why did you not tell me?” \(friend.he) asked.",
            "“I could have forgiven you,” said \(friend). “But you lied to me.”",
            "“It is only a toy,” said \(friend). “But you did not tell me the truth.”",
            "\(friend) took the pieces and did not say goodbye.")
        tell.say(
            "Now \(hero) played alone and was lonely.",
            "\(hero) felt lonely, because \(friend) did not come to play anymore.",
            "\(hero) sat there, lonely and sorry, with nobody to play with.",
            "\(hero) had lost more than a toy. \(he) was lonely that day.",
            "After that, \(hero) sat there alone and felt lonely.")
        return StoryFacts(
            plot: "the broken toy", hero: hero, place: place.at, object: "\(toy)", day: day,
            feelings: (before, "lonely"), problem: "broke the \(toy)",
            action: "hid the \(toy)", outcome: "lost the trust of \(friend)", ending: .sad,
            asking: [("Whose toy was it?", friend.name), ("Where was it hidden?", hiding)])
    }
}
