/// Plots about sharing and standing by a friend.
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
            "It was \(day.a), and \(hero) wanted to eat \(place.at).",
            "One \(day), \(hero) found a nice place for a picnic \(place.at).",
            "On \(day.a), \(hero) sat \(place.at) with a basket.")
        tell.maybe(day.sky)
        tell.say(
            "\(his) basket was full of \(food), and \(he) was \(before).",
            "There were many \(food) in the basket, and \(he) was \(before).",
            "\(hero) felt \(before) and took a big basket of \(food) along.",
            "\(hero) was \(before) and opened a basket full of \(food).",
            "There were so many \(food) in the basket! \(hero) was \(before).")
        tell.say(
            "Then \(friend.introduced) came by. “I am so hungry,” said \(friend).",
            "Soon \(friend.introduced) stopped to look. “May I have \(food.one)?” asked \(friend).",
            "A friend named \(friend) came along with an empty bag. \(friend) had nothing to eat.",
            "\(friend.introduced) was sitting there too, with nothing to eat.",
            "“Hello, I am \(friend),” said a hungry \(friend.kind) who came by.")

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
                "\(hero) looked at the \(food). “Let us share them,” \(he) said.",
                "“Please have some \(food), \(friend),” said \(hero).",
                "\(hero) moved over. “Eat with me, \(friend). There are \(food) for two.”")
            tell.say(
                "They ate and talked and laughed until the basket was empty.",
                "The \(food) tasted even better with a friend.",
                "“These are the best \(food) in the world,” said \(friend).",
                "\(hero) and \(friend) ate all the \(food) and told each other stories.",
                "“I have never had such good \(food),” said \(friend).")
            tell.say(
                "A few days later, \(mishap).", "The week after that, \(mishap).",
                "Some time later, \(mishap).",
                "One day \(mishap).",
                "Then, a month later, \(mishap).")
            tell.say(
                "\(friend) saw it and came to help. “You shared with me,” said \(friend).",
                "“Now it is my turn to help you,” said \(friend), and shared some \(foods[1]).",
                "Who came to help? It was \(friend), with a bag of \(foods[1]).",
                "“Do you remember our picnic?” asked \(friend). “Have some \(foods[1]), \(hero).”",
                "Then \(friend) came with some \(foods[1]). “You helped me, and I help you.”")
            tell.say(
                "\(hero) thanked \(friend) and was \(after) to have a good friend.",
                "“Thank you, \(friend),” said \(hero). \(he) was \(after).",
                "\(hero) felt \(after). \(he) had shared, and so \(he) had a friend.",
                "\(hero) thanked \(friend) and felt \(after). “You are a good friend.”",
                "\(hero) hugged \(friend) and was \(after).")
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
            "But \(hero) was greedy. “Go away,” \(he) said. “This is my food.”",
            "“Find your own \(food),” said \(hero), and ate faster.",
            "\(hero) looked at the \(food) and wanted them all. “No,” \(he) said to \(friend).")
        tell.say(
            "So \(friend) went away with a sad face.",
            "\(friend) did not say a word and left.",
            "“That is not kind,” said \(friend), and went to look for berries.",
            "\(friend) was still hungry, but \(friend.he) went away.",
            "“Then goodbye,” said \(friend) in a low voice.")
        if tell.chance(1, of: 2) {
            tell.say(
                "\(hero) ate all the \(food), one after the other, very fast.",
                "\(hero) ate and ate until there were no \(food) left.",
                "Then \(hero) ate everything, even the last \(food).",
                "\(hero) did not stop until the basket of \(food) was empty.")
            tell.say(
                "Soon \(his) stomach hurt so much that \(he) could not get up.",
                "Then \(he) got a bad stomach ache and had to lie down.",
                "But it was too much, and \(hero) got a stomach ache.",
                "Oh, what a stomach ache \(hero) had then!")
            tell.say(
                "Nobody was there to help \(him), and \(hero) felt sorry.",
                "\(hero) was sorry. “Half would have been enough,” \(he) said.",
                "\(he) was sorry now, but \(friend) was far away.",
                "\(hero) was so sorry that \(he) had not shared the \(food).",
                "“I should have shared the \(food),” said \(hero), who was sorry.")
            return StoryFacts(
                plot: "the picnic", hero: hero, place: place.at, object: "\(food)", day: day,
                feelings: (before, "sorry"), problem: "had a basket full of \(food)",
                action: "did not share", outcome: "got a stomach ache", ending: .sad,
                asking: [("Who was hungry?", friend.name)])
        }
        let thief = tell.pick(["big dog", "crow", "goat", "hungry pig", "black cat"])
        tell.say(
            "\(hero) hid the basket behind a tree and took a nap.",
            "\(hero) put the basket on a stone, lay down and fell asleep.",
            "To keep the \(food) safe, \(hero) hid them in the grass and closed \(his) eyes.",
            "Then \(hero) was tired, put the \(food) down and fell asleep.",
            "“I will eat the rest later,” said \(hero), and fell asleep.")
        tell.say(
            "While \(he) slept, \(article(thief)) came and ate everything.",
            "Then \(article(thief)) came and took all the \(food), and \(hero) did not hear it.",
            "But \(article(thief)) smelled the \(food) and ate them all.",
            "Along came \(article(thief)), and soon the basket was empty.")
        tell.say(
            "\(hero) woke up and was sorry. “A friend would have seen it,” \(he) said.",
            "When \(he) woke up, the basket was empty. \(hero) was hungry and sorry.",
            "Now \(he) had no food and no friend, and \(he) felt sorry.",
            "“My \(food) are gone!” cried \(hero). \(he) was sorry that \(he) had not shared.",
            "\(hero) was sorry. Half of the \(food) would have been better than nothing.")
        return StoryFacts(
            plot: "the picnic", hero: hero, place: place.at, object: "\(food)", day: day,
            feelings: (before, "sorry"), problem: "had a basket full of \(food)",
            action: "did not share", outcome: "lost the \(food)", ending: .sad,
            asking: [("Who was hungry?", friend.name), ("Who ate the food?", thief)])
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
            "Every day \(he) played with \(friend.introduced).",
            "A friend named \(friend) was always there for \(hero).",
            "Nobody was as much fun as \(friend), the best friend of \(hero).")
        tell.say(
            "One \(day), they wanted to meet \(place.at) and \(plan).",
            "One \(day), \(hero) waited \(place.at), because they wanted to \(plan).",
            "“Let us meet \(place.at) and \(plan),” they had said. It was \(day.a).",
            "On \(day.a), \(hero) stood \(place.at) and wanted to \(plan) with \(friend).",
            "One \(day), \(hero) came to \(plan) with \(friend) \(place.at).")
        tell.say(
            "But \(friend) did not come. \(hero) was \(before).",
            "\(hero) waited for a long time and felt \(before). \(friend) was not there.",
            "There was no \(friend) to be seen, and \(hero) was \(before).",
            "An hour went by. \(hero) felt \(before), because \(friend) did not come.",
            "“Where is \(friend)?” asked \(hero), who was \(before).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["happy", "glad", "cheerful"])
            tell.say(
                "“Something is wrong,” thought \(hero), and went to the house of \(friend).",
                "\(hero) did not go home. \(he) ran to see what was wrong with \(friend).",
                "“\(friend) has never been late,” thought \(hero), and went to look.",
                "“I must find \(friend),” said \(hero), and ran to the house.",
                "\(hero) went to look for \(friend) and knocked at the door.")
            tell.say(
                "\(friend) was in bed with \(illness).",
                "There lay \(friend), pale and quiet, with \(illness).",
                "“I am ill,” said \(friend) in a weak voice. It was \(illness).",
                "The mother of \(friend) opened the door. “\(friend) has \(illness),” she said.",
                "\(friend) could not get up. It was \(illness).")
            tell.say(
                "\(hero) went to get \(gift) and sat down by the bed.",
                "So \(hero) brought \(friend.him) \(gift) and told a funny story.",
                "“I will take care of you,” said \(hero), and came back with \(gift).",
                "“Wait for me,” said \(hero), and came back with \(gift) for \(friend).",
                "\(hero) gave \(friend) \(gift) and stayed until evening.")
            tell.say(
                "\(friend) began to smile. “You are a true friend,” \(friend.he) said.",
                "“Thank you for looking for me,” said \(friend).",
                "Every day \(hero) came back, until \(friend) could get up again.",
                "“Now I feel better,” said \(friend), and laughed again.",
                "“You came to look for me!” said \(friend). “That is a real friend.”")
            tell.say(
                "A week later they went out to \(plan), and \(hero) was \(after).",
                "Soon \(friend) was well, and they could \(plan) at last. \(hero) felt \(after).",
                "\(hero) felt \(after) when they could \(plan) again.",
                "When \(friend) was well, they went to \(plan). \(hero) was so \(after).",
                "\(hero) was \(after) on the day when \(friend) could \(plan) again.")
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
            "\(hero) kicked a stone. “What a bad friend,” \(he) said, and went home.",
            "“I will not wait for \(friend) again,” said \(hero), who was angry.",
            "\(hero) went home and told everyone that \(friend) was a bad friend.")
        tell.say(
            "For a whole week \(he) did not go to see \(friend).",
            "The next day \(he) played with others and did not ask about \(friend).",
            "\(he) did not knock at the door of \(friend), not even once.",
            "\(hero) did not want to talk to \(friend) anymore.",
            "\(hero) found others to play with and did not think of \(friend).")
        tell.say(
            "Then \(hero) heard that \(friend) had been in bed with \(illness).",
            "But \(friend) was ill. \(friend.he) was lying in bed with \(illness).",
            "“Did you not know?” asked a neighbor. “\(friend) has \(illness).”",
            "The mother of \(friend) came by and said, “\(friend) has \(illness).”",
            "All that time, \(friend) had been at home with \(illness).")
        tell.say(
            "\(hero) ran there. “I waited for you every day,” said \(friend).",
            "“I was all alone,” said \(friend), when \(hero) came at last.",
            "When they met again, \(friend) did not smile at \(hero).",
            "“Nobody came,” said \(friend), when \(hero) stood at the bed.",
            "“I hoped that you would come,” said \(friend) in a weak voice.")
        tell.say(
            "\(hero) was ashamed. \(he) had been angry and had not asked why.",
            "\(hero) felt ashamed, because a good friend would have come.",
            "“I should have looked for you,” said \(hero), who was ashamed.",
            "\(hero) said that \(he) was sorry. \(he) was ashamed of \(his) angry words.",
            "“I was angry, and you were ill,” said \(hero). \(he) was ashamed.")
        return StoryFacts(
            plot: "the missing friend", hero: hero, place: place.at, day: day,
            feelings: (before, "ashamed"), problem: "waited for \(friend)",
            action: "went home angry", outcome: "left \(friend) alone", ending: .sad,
            asking: [("Who was ill?", friend.name), ("What was wrong?", illness)])
    }
}
