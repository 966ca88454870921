/// Plots about sharing and making friends.
extension StoryPlots {
    /// A basket of food: shared, it makes a friend who pays it back; eaten alone, it does no good.
    static func picnic(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let friend = tell.friend(of: hero)
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick(Lexicon.places)
        let foods = tell.pick(2, of: Lexicon.foods)
        let food = foods[0]
        let day = tell.day()
        let before = tell.pick(["hungry", "excited", "cheerful"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) had a picnic \(place.at).",
            "One \(day), \(hero) sat down \(place.at) to have a picnic.",
            "It was \(day.a), and \(hero) wanted to eat \(place.at).")
        tell.maybe(day.sky)
        tell.say(
            "\(his) basket was full of \(food), and \(he) was \(before).",
            "\(he) was \(before), because there were many \(food) in the basket.",
            "\(hero) felt \(before) and took a big basket of \(food) along.")
        tell.say(
            "Then \(friend.introduced) came by. “I am so hungry,” said \(friend).",
            "Soon \(friend.introduced) stopped to look. “May I have \(food.one)?” asked \(friend).",
            "A friend named \(friend) came along with an empty bag. \(friend) had nothing to eat.",
            "\(friend.introduced) was sitting there too, with nothing to eat.")

        if tell.chance(1, of: 2) {
            let after = tell.pick(["happy", "glad", "thankful"])
            let mishap = tell.pick([
                "\(hero) forgot to bring any lunch", "a goat ate the lunch of \(hero)",
                "the basket of \(hero) fell into the water", "\(hero) had nothing left to eat",
                "\(hero) sat there with an empty basket",
            ])
            tell.say(
                "“I have enough for two,” said \(hero), and gave \(friend) half of the \(food).",
                "\(hero) smiled. “Sit down and eat with me,” \(he) said.",
                "\(hero) looked at the \(food). “Let us share them,” \(he) said.")
            tell.say(
                "They ate and talked and laughed until the basket was empty.",
                "The \(food) tasted even better with a friend.",
                "“These are the best \(food) in the world,” said \(friend).")
            tell.say(
                "A few days later, \(mishap).", "The week after that, \(mishap).",
                "Some time later, \(mishap).")
            tell.say(
                "\(friend) saw it and came to help. “You shared with me,” said \(friend).",
                "“Now it is my turn to help you,” said \(friend), and shared some \(foods[1]).",
                "Who came to help? It was \(friend), with a bag of \(foods[1]).")
            tell.say(
                "\(hero) thanked \(friend) and was \(after) to have a good friend.",
                "“Thank you, \(friend),” said \(hero). \(he) was \(after).",
                "\(hero) felt \(after). \(he) had shared, and so \(he) had a friend.")
            return StoryFacts(
                plot: "the picnic", hero: hero, helper: friend, place: place.at,
                object: "\(food)", day: day, feelings: (before, after),
                problem: "had a basket full of \(food)",
                action: "shared the \(food) with \(friend)", outcome: "was helped by \(friend)",
                ending: .happy, asking: [("Who was hungry?", friend.name)])
        }
        tell.say(
            "“No, they are all mine,” said \(hero), and pulled the basket close.",
            "\(hero) shook \(his) head. “I will not share,” \(he) said.",
            "But \(hero) was greedy. “Go away,” \(he) said. “This is my food.”")
        tell.say(
            "So \(friend) went away with a sad face.",
            "\(friend) did not say a word and left.",
            "“That is not kind,” said \(friend), and went to look for berries.")
        if tell.chance(1, of: 2) {
            tell.say(
                "\(hero) ate all the \(food), one after the other, very fast.",
                "\(he) ate and ate until there were no \(food) left.")
            tell.say(
                "Soon \(his) stomach hurt so much that \(he) could not get up.",
                "Then \(he) got a bad stomach ache and had to lie down.")
            tell.say(
                "Nobody was there to help \(him), and \(hero) felt sorry.",
                "\(hero) was sorry. “Half would have been enough,” \(he) said.",
                "\(he) was sorry now, but \(friend) was far away.")
            return StoryFacts(
                plot: "the picnic", hero: hero, place: place.at, object: "\(food)", day: day,
                feelings: (before, "sorry"), problem: "had a basket full of \(food)",
                action: "did not share", outcome: "got a stomach ache", ending: .sad,
                asking: [("Who was hungry?", friend.name)])
        }
        let thief = tell.pick(["big dog", "crow", "goat", "hungry pig", "black cat"])
        tell.say(
            "\(hero) hid the basket behind a tree and took a nap.",
            "\(he) put the basket on a stone, lay down and fell asleep.",
            "To keep the \(food) safe, \(he) hid them in the grass and closed \(his) eyes.")
        tell.say(
            "While \(he) slept, \(article(thief)) came and ate everything.",
            "Then \(article(thief)) came and took all the \(food), and \(hero) did not hear it.")
        tell.say(
            "\(hero) woke up and was sorry. “A friend would have seen it,” \(he) said.",
            "When \(he) woke up, the basket was empty. \(hero) was hungry and sorry.",
            "Now \(he) had no food and no friend, and \(he) felt sorry.")
        return StoryFacts(
            plot: "the picnic", hero: hero, place: place.at, object: "\(food)", day: day,
            feelings: (before, "sorry"), problem: "had a basket full of \(food)",
            action: "did not share", outcome: "lost the \(food)", ending: .sad,
            asking: [("Who was hungry?", friend.name), ("Who ate the food?", thief)])
    }

    /// A new child in school: a friendly word is answered, or not.
    static func newcomer(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.child()
        let friend = tell.child()
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick([
            StoryPlace("at", "the new school"), StoryPlace("in", "the new class"),
            StoryPlace("in", "the school yard"), StoryPlace("at", "the music school"),
            StoryPlace("in", "the swimming class"),
        ])
        let game = tell.pick(["hide and seek", "catch", "a card game", "chess", "jump rope", "tag"])
        let gift = tell.pick(["an apple", "a pencil", "a cookie", "a sticker", "a funny drawing"])
        let day = tell.day([.sunny, .cool, .rainy, .windy, .cloudy])
        let before = tell.pick(["shy", "nervous", "alone"])

        tell.open(hero)
        tell.say(
            "\(his) family had just moved to a new town.",
            "\(he) had moved and did not know anyone.",
            "When \(he) moved to a big city, everything was new.",
            "\(his) old friends were far away now.")
        tell.say(
            "One \(day), it was \(his) first day \(place.at).",
            "One \(day), \(hero) stood \(place.at) for the first time.",
            "\(his) first time \(place.at) was on \(day.a).")
        tell.say(
            "\(hero) felt \(before), and nobody knew \(his) name.",
            "All the others were talking. \(hero) felt \(before) and sat in a corner.",
            "\(he) was so \(before) that \(he) looked only at \(his) shoes.")
        tell.say(
            "Then \(friend.introduced) came up to \(him) with \(gift). “Hello,” said \(friend).",
            "After a while \(friend.introduced) came over. “Do you want \(gift)?” asked \(friend).",
            "\(friend.introduced) held out \(gift). “This is for you,” said \(friend).")
        tell.say(
            "“We are playing \(game). Do you want to play too?”",
            "“Would you like to play \(game) with us?” \(friend.he) asked.",
            "“Come and play \(game) with me,” said \(friend).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["happy", "welcome", "cheerful"])
            tell.say(
                "\(hero) wanted to run away, but \(he) took a deep breath and said, “Yes, please.”",
                "\(his) voice was small, but \(he) said, “My name is \(hero). I would love to.”",
                "It was hard to speak, but \(hero) looked up and said yes.")
            tell.say(
                "They played \(game) until the bell rang.",
                "\(friend) took \(him) to the others, and they all played \(game).",
                "\(hero) was good at \(game), and soon everyone laughed together.")
            tell.say(
                "\(friend) sat next to \(hero) for the rest of the day.",
                "“Will you come again tomorrow?” asked \(friend).",
                "“You can sit next to me,” said \(friend).")
            tell.say(
                "At home \(hero) said, “I have a friend! \(friend.he) is called \(friend).”",
                "“Thank you for asking me, \(friend),” said \(hero).",
                "Now there was one name that \(he) would not forget, and it was \(friend).")
            tell.say(
                "\(hero) felt \(after), and the new town was not so strange anymore.",
                "\(he) was \(after) and could not wait for the next day.",
                "\(hero) was \(after), because one small word had changed everything.")
            return StoryFacts(
                plot: "the newcomer", hero: hero, helper: friend, place: place.at, day: day,
                feelings: (before, after), problem: "was new", action: "said yes to \(friend)",
                outcome: "played \(game) and made a friend", ending: .happy,
                asking: [("What did they play?", game), ("What did \(friend) bring?", gift)])
        }
        tell.say(
            "But \(hero) was afraid to speak. \(he) looked away and said nothing.",
            "\(hero) turned around and hid behind a book.",
            "“No,” said \(hero), much louder than \(he) had wanted.")
        tell.say(
            "“Oh,” said \(friend). “I am sorry that I asked.” And \(friend.he) went away.",
            "\(friend) waited for a moment and then went back to the others.",
            "So \(friend) left and asked somebody else.")
        tell.say(
            "The others played \(game), and \(hero) only watched.",
            "\(hero) heard them laugh and play \(game) all day.",
            "Everyone played \(game), and \(hero) stood by the wall.")
        tell.say(
            "\(he) walked home all alone and was lonely.",
            "\(hero) went home lonely. \(he) had wanted to say yes.",
            "That night \(he) felt lonely and thought of all the things \(he) could have said.")
        tell.say(
            "“If \(friend) asks me again, I will say yes,” \(he) thought.",
            "Nobody asked \(him) again that week.",
            "It is hard to find a friend when you hide.")
        return StoryFacts(
            plot: "the newcomer", hero: hero, place: place.at, day: day,
            feelings: (before, "lonely"), problem: "was new", action: "did not answer \(friend)",
            outcome: "stayed alone", ending: .sad,
            asking: [("Who spoke to \(hero)?", friend.name), ("What did they play?", game)])
    }

    /// A friend does not come: who goes to look finds a sick friend to cheer up, who is angry
    /// finds out too late.
    static func missingFriend(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let friend = tell.friend(of: hero)
        let (he, his) = (hero.he, hero.his)
        let place = tell.pick(Lexicon.places)
        let gift = tell.pick([
            "hot soup", "some flowers", "honey", "a funny book", "a warm blanket", "sweet pears",
        ])
        let illness = tell.pick(["a bad cold", "a fever", "a hurt leg", "a bad cough"])
        let plan = tell.pick([
            "fly a kite", "build a tower", "pick berries", "count the birds", "play ball",
            "catch butterflies",
        ])
        let day = tell.day()
        let before = tell.pick(["confused", "worried", "sad"])

        tell.open(hero)
        tell.say(
            "\(his) best friend was \(friend.introduced).",
            "\(he) and \(his) friend \(friend) did everything together.",
            "Every day \(he) played with \(friend.introduced).")
        tell.say(
            "One \(day), they wanted to meet \(place.at) and \(plan).",
            "One \(day), \(hero) waited \(place.at), because they wanted to \(plan).",
            "“Let us meet \(place.at) and \(plan),” they had said. It was \(day.a).")
        tell.say(
            "But \(friend) did not come. \(hero) was \(before).",
            "\(hero) waited for a long time and felt \(before). \(friend) was not there.",
            "There was no \(friend) to be seen, and \(hero) was \(before).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["happy", "glad", "cheerful"])
            tell.say(
                "“Something is wrong,” thought \(hero), and went to the house of \(friend).",
                "\(hero) did not go home. \(he) ran to see what was wrong with \(friend).",
                "“\(friend) has never been late,” thought \(hero), and went to look.")
            tell.say(
                "\(friend) was in bed with \(illness).",
                "There lay \(friend), pale and quiet, with \(illness).",
                "“I am ill,” said \(friend) in a weak voice. It was \(illness).")
            tell.say(
                "\(hero) went to get \(gift) and sat down by the bed.",
                "So \(hero) brought \(friend.him) \(gift) and told a funny story.",
                "“I will take care of you,” said \(hero), and came back with \(gift).")
            tell.say(
                "\(friend) began to smile. “You are a true friend,” \(friend.he) said.",
                "“Thank you for looking for me,” said \(friend).",
                "Every day \(hero) came back, until \(friend) could get up again.")
            tell.say(
                "A week later they went out to \(plan), and \(hero) was \(after).",
                "Soon \(friend) was well, and they could \(plan) at last. \(hero) felt \(after).",
                "\(hero) felt \(after) when they could \(plan) again.")
            return StoryFacts(
                plot: "the missing friend", hero: hero, place: place.at, object: gift, day: day,
                feelings: (before, after), problem: "waited for \(friend)",
                action: "went to look for \(friend)", outcome: "took care of \(friend)",
                ending: .happy,
                asking: [("Who was ill?", friend.name), ("What was wrong?", illness)])
        }
        tell.say(
            "“\(friend) has forgotten me,” said \(hero), and went home angry.",
            "\(hero) got angry. “Then I do not need \(friend.him),” \(he) said.",
            "\(hero) kicked a stone. “What a bad friend,” \(he) said, and went home.")
        tell.say(
            "For a whole week \(he) did not go to see \(friend).",
            "The next day \(he) played with others and did not ask about \(friend).",
            "\(he) did not knock at the door of \(friend), not even once.")
        tell.say(
            "Then \(hero) heard that \(friend) had been in bed with \(illness).",
            "But \(friend) was ill. \(friend.he) was lying in bed with \(illness).",
            "“Did you not know?” asked a neighbor. “\(friend) has \(illness).”")
        tell.say(
            "\(hero) ran there. “I waited for you every day,” said \(friend).",
            "“I was all alone,” said \(friend), when \(hero) came at last.",
            "When they met again, \(friend) did not smile at \(hero).")
        tell.say(
            "\(hero) was ashamed. \(he) had been angry and had not asked why.",
            "\(hero) felt ashamed, because a good friend would have come.",
            "“I should have looked for you,” said \(hero), who was ashamed.")
        return StoryFacts(
            plot: "the missing friend", hero: hero, place: place.at, day: day,
            feelings: (before, "ashamed"), problem: "waited for \(friend)",
            action: "went home angry", outcome: "left \(friend) alone", ending: .sad,
            asking: [("Who was ill?", friend.name), ("What was wrong?", illness)])
    }
}
