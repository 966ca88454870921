/// Plots about height, darkness and trying again.
extension StoryPlots {
    /// A young animal climbs too high: waiting for help is safe, jumping is not.
    static func climbing(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.animal(["kitten", "bear cub", "cat", "squirrel", "raccoon"])
        let helper = tell.worker(["firefighter", "farmer", "gardener", "carpenter", "painter"])
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let tower = tell.pick(["apple tree", "oak tree", "pine tree", "barn roof", "stone wall"])
        let place = tell.pick([
            StoryPlace("in", "the garden"), StoryPlace("on", "the farm"),
            StoryPlace("in", "the park"), StoryPlace("behind", "the house"),
            StoryPlace("by", "the road"), StoryPlace("in", "the yard"),
        ])
        let lure = tell.pick([
            "a yellow bird", "a butterfly", "a red apple", "a leaf in the wind", "a bright feather",
            "a bee", "a nest",
        ])
        let treat = tell.pick(["warm milk", "a bit of cheese", "fresh fish", "sweet berries"])
        let day = tell.day()
        let before = tell.pick(["scared", "afraid", "frightened"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) saw \(lure) high up on \(article(tower)) \(place.at).",
            "One \(day), there was \(lure) on \(article(tower)) \(place.at), and \(hero) saw it.",
            "On \(day.a), \(hero) saw \(article(tower)) \(place.at) with \(lure) on it.")
        tell.say(
            "“I want that,” \(he) said, and began to climb.",
            "\(he) wanted to catch it, so \(he) climbed up and up.",
            "Without a thought, \(hero) climbed higher and higher.")
        tell.say(
            "At the top \(he) looked down. The ground was very far away.",
            "When \(he) was at the top, \(lure) was gone, and the ground was far below.",
            "Then the wind blew, and \(he) saw how high up \(he) was.")
        tell.say(
            "\(hero) was stuck and very \(before).",
            "“How do I get down?” \(he) cried. \(hero) was \(before).",
            "\(his) legs shook, and \(he) felt \(before).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["safe", "thankful", "relieved"])
            tell.say(
                "“I must not jump,” thought \(hero). So \(he) held on and called for help.",
                "\(he) held on tight and called as loudly as \(he) could.",
                "\(hero) did not move. “Help! Please help me!” \(he) called.")
            tell.say(
                "\(helper.introduced) heard \(him) and came with a long ladder.",
                "It was \(helper.introduced) who heard the cry and ran for a ladder.",
                "Down on the ground, \(helper.introduced) looked up. “Wait, I will get a ladder!”")
            tell.say(
                "\(helper) climbed up, step by step. “I have you,” said \(helper).",
                "“Do not be afraid,” said \(helper), and reached out a hand.",
                "Slowly \(helper) came up and put \(him) in a big bag.")
            tell.say(
                "Soon \(hero) was back on the ground and got \(treat).",
                "\(helper) carried \(him) down and gave \(him) \(treat).",
                "On the ground there was \(treat) for \(him), and \(helper) laughed.")
            tell.say(
                "\(hero) thanked \(helper) and felt \(after).",
                "“Thank you, \(helper),” said \(hero), who was \(after).",
                "\(hero) rubbed against \(helper) to say thanks and was \(after).")
            tell.maybe(
                "From then on, \(he) looked down before \(he) climbed up.",
                "After that \(he) only climbed small trees.")
            return StoryFacts(
                plot: "too high", hero: hero, helper: helper, place: place.at, object: tower,
                day: day, feelings: (before, after), problem: "climbed too high",
                action: "waited and called for help", outcome: "was carried down by \(helper)",
                ending: .happy, asking: [
                    ("What did \(hero) want?", lure), ("What did \(hero) get?", treat),
                ])
        }
        tell.say(
            "“I do not need help,” \(he) said, and jumped.",
            "\(he) could have called for help, but \(he) did not want to wait, and jumped.",
            "“Wait!” called \(helper.introduced) from below. But \(hero) jumped.")
        tell.say(
            "Thump! \(he) came down on a stone and hurt \(his) leg.",
            "It was much too high. \(he) fell on one side and hurt \(his) leg.",
            "\(he) missed the soft grass and hurt \(his) leg.")
        tell.say(
            "\(his) leg was so bad that \(he) had to lie still for many days.",
            "The doctor put \(his) leg in a bandage. “No more climbing,” the doctor said.",
            "For a long time \(he) could only walk on three legs.")
        tell.say(
            "The others played \(place.at), and \(hero) was sad to miss it.",
            "\(hero) was sad when \(he) saw the others run.",
            "From the window \(he) saw \(lure) again, and \(he) felt sad.")
        tell.maybe(
            "“I should have called for help,” \(he) said.",
            "Next time, \(he) would wait for a ladder.")
        return StoryFacts(
            plot: "too high", hero: hero, place: place.at, object: tower, day: day,
            feelings: (before, "sad"), problem: "climbed too high", action: "jumped down",
            outcome: "hurt a leg", ending: .sad, asking: [("What did \(hero) want?", lure)])
    }

    /// A noise at night: who looks finds something harmless, who hides is tired the next day.
    static func nightNoise(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.child()
        let elder = tell.elder()
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick([
            StoryPlace("under", "the bed"), StoryPlace("behind", "the door"),
            StoryPlace("in", "the attic"), StoryPlace("at", "the window"),
            StoryPlace("on", "the stairs"), StoryPlace("in", "the closet"),
        ])
        let noise = tell.pick(["scratching", "knocking", "tapping", "squeaking"])
        let cause = tell.pick([
            "a gray kitten", "a little mouse", "a lost puppy", "a small owl", "a young hedgehog",
        ])
        let light = tell.pick(["lamp", "candle", "light"])
        let trip = tell.pick([
            "the zoo", "the puppet show", "the sea", "the castle", "the circus", "the fair",
        ])
        let day = tell.day([.rainy, .windy, .sunny, .warm, .cold])
        let before = tell.pick(["scared", "afraid", "frightened"])

        tell.open(hero)
        tell.say(
            "After \(day.a), \(he) went to bed early.",
            "It had been \(day.a), and now \(he) was in bed.",
            "All of one \(day), \(he) had played, and now it was time to sleep.")
        tell.maybe(
            "The next day they wanted to go to \(trip).",
            "It was dark, and the house was quiet.")
        tell.say(
            "Then \(he) heard \(article(noise)) sound \(place.at).",
            "All at once there was a noise \(place.at). It was a soft \(noise).",
            "\(he) was almost asleep when \(he) heard something \(noise) \(place.at).")
        tell.say(
            "\(hero) was \(before). “Is it a monster?” \(he) thought.",
            "\(his) heart beat fast, and \(he) felt \(before).",
            "“Who is there?” \(he) asked. Nobody answered, and \(he) was \(before).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["brave", "happy", "calm"])
            tell.say(
                "\(he) wanted to know, so \(he) asked \(his) \(elder.kind) to bring a \(light).",
                "\(he) took a deep breath, got up and woke \(his) \(elder.kind).",
                "“I will look,” \(he) said. \(he) asked \(his) \(elder.kind) to come along.")
            tell.say(
                "\(elder) took \(his) hand, and they went to see what it was.",
                "“Let us look together,” said \(elder). “I will hold the \(light).”",
                "With a \(light), \(elder) and \(hero) went to look, step by step.")
            tell.say(
                "And what did they see \(place.at)? It was only \(cause)!",
                "There, \(place.at), sat \(cause) with big eyes.",
                "It was not a monster. It was only \(cause)!")
            tell.say(
                "\(hero) laughed. “You were more afraid than I was,” \(he) said to it.",
                "“It only wanted to come in from the dark,” said \(elder).",
                "They gave it something to eat and made a place for it.")
            tell.say(
                "Then \(hero) went back to bed and felt \(after).",
                "\(hero) was \(after) and slept until the sun came up.",
                "“Good night,” said \(elder). \(hero) was \(after) and soon fell asleep.")
            return StoryFacts(
                plot: "the noise at night", hero: hero, helper: elder, place: place.at, day: day,
                feelings: (before, after), problem: "heard a noise at night",
                action: "went to look with \(elder)", outcome: "found only \(cause)",
                ending: .happy, asking: [("What made the noise?", cause)])
        }
        tell.say(
            "\(he) pulled the blanket over \(his) head and did not move.",
            "\(he) hid under the blanket and did not call anyone.",
            "\(he) was too \(before) to look, so \(he) hid under the pillow.")
        tell.say(
            "The noise went on, and \(he) could not sleep all night.",
            "\(he) lay awake and listened until morning.",
            "Every time \(he) closed \(his) eyes, \(he) heard it again.")
        tell.say(
            "In the morning \(his) \(elder.kind) found \(cause) \(place.at). That was all.",
            "When the sun came up, \(he) saw that it was only \(cause).",
            "“Look, it was only \(cause),” said \(his) \(elder.kind) in the morning.")
        tell.say(
            "Now \(hero) was so tired that \(he) fell asleep and missed the trip to \(trip).",
            "The others went to \(trip), but \(hero) fell asleep on the way and saw nothing.",
            "\(he) was too tired to go to \(trip), and the others went without \(him).")
        tell.say(
            "\(hero) was sad. One look would have been enough.",
            "\(he) felt sad. “I wish I had looked,” \(he) said.",
            "“Next time, call me,” said \(elder). But \(hero) was still sad.")
        return StoryFacts(
            plot: "the noise at night", hero: hero, place: place.at, day: day,
            feelings: (before, "sad"), problem: "heard a noise at night",
            action: "hid and did not look", outcome: "missed the trip to \(trip)", ending: .sad,
            asking: [("What made the noise?", cause), ("What did \(hero) miss?", trip)])
    }

    /// Something hard to learn: tried again it works, given up it does not.
    static func learning(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let helper = tell.friend(of: hero)
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let skill = tell.pick([
            Skill(verb: "swim", past: "swam", fail: "swallowed a lot of water"),
            Skill(verb: "skate", past: "skated", fail: "fell on \(his) back"),
            Skill(verb: "ride a bike", past: "rode the bike", fail: "fell over and hurt a knee"),
            Skill(verb: "fly a kite", past: "flew the kite", fail: "got caught in the string"),
            Skill(verb: "play the drum", past: "played the drum", fail: "hit \(his) own thumb"),
            Skill(verb: "walk on stilts", past: "walked on stilts", fail: "fell on \(his) nose"),
            Skill(verb: "row a boat", past: "rowed the boat", fail: "went around in a circle"),
            Skill(verb: "jump rope", past: "jumped rope", fail: "stepped on the rope"),
        ])
        let place = skill.verb == "swim" || skill.verb == "row a boat"
            ? tell.pick([StoryPlace("at", "the lake"), StoryPlace("at", "the pond")])
            : tell.pick([
                StoryPlace("in", "the park"), StoryPlace("in", "the yard"),
                StoryPlace("behind", "the school"), StoryPlace("on", "the square"),
            ])
        let event = tell.pick(["summer fair", "school fair", "big parade", "village games"])
        let day = tell.day()
        let before = tell.pick(["angry", "upset", "disappointed"])

        tell.open(hero)
        tell.say(
            "More than anything, \(he) wanted to learn to \(skill.verb).",
            "\(his) big wish was to \(skill.verb), but \(he) did not know how.",
            "All \(his) friends could \(skill.verb), but \(hero) could not.")
        tell.say(
            "One \(day), \(he) tried it \(place.at) and \(skill.fail).",
            "On \(day.a), \(he) tried it \(place.at), but \(he) \(skill.fail).",
            "One \(day), \(hero) went out to try it \(place.at). \(he) \(skill.fail).")
        tell.say(
            "“It is too hard!” \(he) cried. \(hero) was \(before).",
            "\(he) tried again, and it was no better. \(he) felt \(before).",
            "\(hero) was \(before), and \(he) sat down with \(his) head in \(his) hands.")
        tell.say(
            "\(helper.introduced) had seen it. “I can show you how,” said \(helper).",
            "“It was hard for me too,” said \(his) friend \(helper). “Shall I help you?”",
            "A friend named \(helper) sat down next to \(him). “Try it again with me.”")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["proud", "happy", "glad"])
            tell.say(
                "\(hero) dried \(his) eyes and said, “All right, once more.”",
                "So \(hero) got up and tried again, and again, and again.",
                "“I will not give up,” said \(hero), and stood up.")
            tell.say(
                "Every day they met, and every day it went a little better.",
                "\(helper) showed \(him) what to do, and \(he) did it slowly.",
                "They worked on it for two weeks, and \(helper) never laughed at \(him).")
            tell.say(
                "Then, all of a sudden, \(he) could do it. \(hero) \(skill.past)!",
                "And one morning \(hero) \(skill.past), all alone!",
                "“Look at me!” called \(hero), and \(he) \(skill.past) all the way.")
            tell.say(
                "At the \(event), everyone saw \(him) and clapped.",
                "\(helper) clapped and shouted with joy.",
                "“You did it!” shouted \(helper).")
            tell.say(
                "\(hero) was \(after) and thanked \(helper).",
                "“Thank you, \(helper),” said \(hero). \(he) felt \(after).",
                "\(hero) felt \(after). \(he) had not given up.")
            return StoryFacts(
                plot: "learning", hero: hero, helper: helper, place: place.at, day: day,
                feelings: (before, after), problem: "wanted to learn to \(skill.verb)",
                action: "tried again with \(helper)", outcome: "learned to \(skill.verb)",
                ending: .happy, asking: [("What did \(hero) want to do?", skill.verb)])
        }
        tell.say(
            "“No, I give up,” said \(hero), and went home.",
            "But \(hero) shook \(his) head. “I will never learn it,” \(he) said.",
            "“I do not want to try again,” said \(hero). “It is a silly thing.”")
        tell.say(
            "\(he) never went back to try it again.",
            "\(helper) asked \(him) the next day, and \(hero) said no again.",
            "Days went by, and \(he) did not try even once.")
        tell.say(
            "Then came the \(event), and all the others \(skill.past).",
            "At the \(event), \(helper) and the others \(skill.past).")
        tell.say(
            "\(hero) could only stand there and watch.",
            "There was a prize for everyone who took part, but not for \(hero).",
            "“Come and join us!” they called, but \(hero) did not know how.")
        tell.say(
            "\(he) was sad. “If I had tried again, I could do it now,” \(he) thought.",
            "\(hero) felt sad, because \(he) had given up so soon.",
            "\(he) went home early and was sad.")
        return StoryFacts(
            plot: "learning", hero: hero, place: place.at, day: day, feelings: (before, "sad"),
            problem: "wanted to learn to \(skill.verb)", action: "gave up",
            outcome: "could only watch", ending: .sad,
            asking: [("What did \(hero) want to do?", skill.verb)])
    }

    /// Something to learn: `swim`, `swam`, and what happens at the first try.
    private struct Skill {
        let verb: String
        let past: String
        let fail: String
    }
}
