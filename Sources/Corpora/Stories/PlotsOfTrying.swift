/// Plots about climbing too high and trying again.
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
            "yellow bird", "butterfly", "red apple", "dry leaf", "bright feather", "bee", "nest",
        ])
        let treat = tell.pick(["warm milk", "a bit of cheese", "fresh fish", "sweet berries"])
        let day = tell.day()
        let before = tell.pick(["scared", "afraid", "frightened"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) saw \(article(lure)) high up on \(article(tower)) \(place.at).",
            "One \(day), \(article(lure)) was on \(article(tower)) \(place.at). \(hero) saw it.",
            "On \(day.a), \(hero) saw \(article(tower)) \(place.at) with \(article(lure)) on it.",
            "It was \(day.a). \(place.at) was \(article(tower)), and on top was \(article(lure)).",
            "One \(day), \(hero) played \(place.at) and saw \(article(lure)) on \(article(tower)).")
        tell.say(
            "“I want that,” \(he) said, and began to climb.",
            "\(he) wanted to catch it, so \(he) climbed up and up.",
            "Without a thought, \(hero) climbed higher and higher.",
            "\(hero) forgot everything else and climbed up the \(tower).",
            "“I can climb that \(tower),” said \(hero), and up \(he) went.")
        tell.say(
            "At the top \(he) looked down. The ground was very far away.",
            "When \(he) was at the top, the \(lure) was gone, and the ground was far below.",
            "Then the wind blew, and \(he) saw how high up \(he) was.",
            "The \(tower) was higher than \(he) had thought, and \(hero) looked down.",
            "\(hero) reached the top. Then \(he) looked down at the ground far below.")
        tell.say(
            "\(hero) was stuck and very \(before).",
            "“How do I get down?” \(he) cried. \(hero) was \(before).",
            "\(his) legs shook, and \(he) felt \(before).",
            "“I cannot go back!” cried \(hero), who was \(before).",
            "\(hero) held on with all four feet and was \(before).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["safe", "thankful", "relieved"])
            tell.say(
                "“I must not jump,” thought \(hero). So \(he) held on and called for help.",
                "\(he) held on tight and called as loudly as \(he) could.",
                "\(hero) did not move. “Help! Please help me!” \(he) called.",
                "\(hero) closed \(his) eyes, held on to the \(tower) and called for help.",
                "“Somebody will come,” \(he) thought. \(hero) called and waited.")
            tell.say(
                "\(helper.introduced) heard \(him) and came with a long ladder.",
                "It was \(helper.introduced) who heard the cry and ran for a ladder.",
                "Down on the ground, \(helper.introduced) looked up. “Wait, I will get a ladder!”",
                "Soon \(helper.introduced) came by and got a ladder.",
                "“I hear you!” called \(helper.introduced), and got a ladder.")
            tell.say(
                "\(helper) climbed up, step by step. “I have you,” said \(helper).",
                "“Do not be afraid,” said \(helper), and reached out a hand.",
                "Slowly \(helper) came up and put \(him) in a big bag.",
                "\(helper) put the ladder on the \(tower) and came up to \(him).",
                "“Come to me, \(hero),” said \(helper) from the top of the ladder.")
            tell.say(
                "Soon \(hero) was back on the ground and got \(treat).",
                "\(helper) carried \(him) down and gave \(him) \(treat).",
                "On the ground there was \(treat) for \(him), and \(helper) laughed.",
                "“Here is something for you,” said \(helper). It was \(treat).",
                "Down they came, and then \(helper) gave \(hero) \(treat).")
            tell.say(
                "\(hero) thanked \(helper) and felt \(after).",
                "“Thank you, \(helper),” said \(hero), who was \(after).",
                "\(hero) rubbed against \(helper) to say thanks and was \(after).",
                "\(hero) was \(after) and thanked \(helper) for the help.",
                "“You saved me, \(helper),” said \(hero), who felt \(after).")
            return StoryFacts(
                plot: "too high", hero: hero, helper: helper, place: place.at, object: tower,
                day: day, feelings: (before, after), problem: "climbed too high",
                action: "waited and called for help", outcome: "was carried down by \(helper)",
                ending: .happy,
                asking: [
                    ("What did \(hero) want?", lure), ("What did \(hero) get?", treat),
                ])
        }
        tell.say(
            "“I do not need help,” \(he) said, and jumped.",
            "\(he) could have called for help, but \(he) did not want to wait, and jumped.",
            "“Wait!” called \(helper.introduced) from below. But \(hero) jumped.",
            "“It is not so far,” said \(hero), and then \(he) jumped.",
            "\(hero) did not call anyone. \(he) closed \(his) eyes and jumped.")
        tell.say(
            "Thump! \(he) came down on a stone and hurt \(his) leg.",
            "It was much too high. \(he) fell on one side and hurt \(his) leg.",
            "\(he) missed the soft grass and hurt \(his) leg.",
            "It was a bad jump, and \(hero) hurt \(his) leg.",
            "\(hero) fell like a stone and hurt \(his) leg.")
        tell.say(
            "\(his) leg was so bad that \(he) had to lie still for many days.",
            "The doctor put \(his) leg in a bandage. “No more climbing,” the doctor said.",
            "For a long time \(he) could only walk on three legs.",
            "\(hero) had to stay in bed with \(his) bad leg.",
            "It took a whole month until \(hero) could walk again.")
        tell.say(
            "The others played \(place.at), and \(hero) was sad to miss it.",
            "\(hero) was sad when \(he) saw the others run.",
            "From the window \(he) saw the \(tower), and \(he) felt sad.",
            "\(hero) was sad, because \(he) could not play \(place.at) with the others.",
            "\(hero) was sad. All \(he) could do was lie there and look at the \(tower).")
        return StoryFacts(
            plot: "too high", hero: hero, place: place.at, object: tower, day: day,
            feelings: (before, "sad"), problem: "climbed too high", action: "jumped down",
            outcome: "hurt a leg", ending: .sad, asking: [("What did \(hero) want?", lure)])
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
        let place =
            skill.verb == "swim" || skill.verb == "row a boat"
            ? tell.pick([StoryPlace("at", "the lake"), StoryPlace("at", "the pond")])
            : tell.pick([
                StoryPlace("in", "the park"), StoryPlace("in", "the yard"),
                StoryPlace("behind", "the school"), StoryPlace("in", "the square"),
            ])
        let event = tell.pick(["summer fair", "school fair", "big parade", "village games"])
        let day = tell.day()
        let before = tell.pick(["angry", "upset", "disappointed"])

        tell.open(hero)
        tell.say(
            "More than anything, \(he) wanted to learn to \(skill.verb).",
            "\(his) big wish was to \(skill.verb), but \(he) did not know how.",
            "All \(his) friends could \(skill.verb), but \(hero) could not.",
            "\(hero) saw others \(skill.verb) and wanted to learn it too.",
            "“I want to \(skill.verb),” said \(hero) every day.")
        tell.say(
            "One \(day), \(he) tried it \(place.at) and \(skill.fail).",
            "On \(day.a), \(he) tried it \(place.at), but \(he) \(skill.fail).",
            "One \(day), \(hero) went out to try it \(place.at). \(he) \(skill.fail).",
            "It was \(day.a). \(hero) was \(place.at) for the first try and \(skill.fail).",
            "One \(day), \(hero) wanted to learn it \(place.at), but \(he) \(skill.fail).")
        tell.say(
            "“It is too hard!” \(he) cried. \(hero) was \(before).",
            "\(he) tried again, and it was no better. \(he) felt \(before).",
            "\(hero) was \(before), and \(he) sat down with \(his) head in \(his) hands.",
            "\(hero) did not want anyone to see \(him). \(he) was \(before).",
            "“I cannot do it,” said \(hero), who felt \(before).")
        tell.say(
            "\(helper.introduced) had seen it. “I can show you how,” said \(helper).",
            "“It was hard for me too,” said \(his) friend \(helper). “Shall I help you?”",
            "A friend named \(helper) sat down next to \(him). “Try it again with me.”",
            "“Nobody can do it the first time,” said \(helper.introduced). “I can help you.”",
            "\(his) friend \(helper) came by. “Let me show you how to \(skill.verb).”")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["proud", "happy", "glad"])
            tell.say(
                "\(hero) dried \(his) eyes and said, “All right, once more.”",
                "So \(hero) got up and tried again, and again, and again.",
                "“I will not give up,” said \(hero), and stood up.",
                "“If you help me, I will try again,” said \(hero) to \(helper).",
                "\(hero) took a deep breath and tried again with \(helper).")
            tell.say(
                "Every day they met, and every day it went a little better.",
                "\(helper) showed \(him) what to do, and \(he) did it slowly.",
                "They worked on it for two weeks, and \(helper) never laughed at \(him).",
                "\(hero) fell many times, but \(helper) always helped \(him) up.",
                "“A little better every day,” said \(helper), and so it was.")
            tell.say(
                "Then, all of a sudden, \(he) could do it. \(hero) \(skill.past)!",
                "And one morning \(hero) \(skill.past), all alone!",
                "“Look at me!” called \(hero), and \(he) \(skill.past) all the way.",
                "After many days, \(hero) \(skill.past) for the first time!",
                "Then \(helper) let go, and \(hero) \(skill.past)!")
            tell.say(
                "At the \(event), everyone saw \(him) and clapped.",
                "\(helper) clapped and shouted with joy.",
                "“You did it!” shouted \(helper).",
                "“I knew that you could do it,” said \(helper).",
                "\(helper) was as happy as \(hero) and danced around.")
            tell.say(
                "\(hero) was \(after) and thanked \(helper).",
                "“Thank you, \(helper),” said \(hero). \(he) felt \(after).",
                "\(hero) felt \(after). \(he) had not given up.",
                "\(hero) hugged \(helper) and was \(after).",
                "“Thank you, \(helper)!” said \(hero), \(after) and out of breath.")
            return StoryFacts(
                plot: "learning", hero: hero, helper: helper, place: place.at, day: day,
                feelings: (before, after), problem: "wanted to learn to \(skill.verb)",
                action: "tried again with \(helper)", outcome: "learned to \(skill.verb)",
                ending: .happy, asking: [("What did \(hero) want to do?", skill.verb)])
        }
        tell.say(
            "“No, I give up,” said \(hero), and went home.",
            "But \(hero) shook \(his) head. “I will never learn it,” \(he) said.",
            "“I do not want to try again,” said \(hero). “It is a silly thing.”",
            "“I do not want your help,” said \(hero) to \(helper), and gave up.",
            "\(hero) walked away from \(helper) and did not look back.")
        tell.say(
            "\(he) never went back to try it again.",
            "\(helper) asked \(him) the next day, and \(hero) said no again.",
            "Days went by, and \(he) did not try even once.",
            "\(hero) said that \(he) had no time to \(skill.verb).",
            "\(helper) waited for \(him), but \(hero) did not come.")
        tell.say(
            "Then came the \(event), and all the others \(skill.past).",
            "At the \(event), \(helper) and the others \(skill.past).",
            "In summer \(helper) and all the others \(skill.past) at the \(event).",
            "There was a \(event), and \(helper) and many others \(skill.past).")
        tell.say(
            "\(hero) could only stand there and watch.",
            "There was a prize for everyone who took part, but not for \(hero).",
            "“Come and join us!” they called, but \(hero) did not know how.",
            "\(hero) sat on a bench, and \(helper) had all the fun.",
            "“What about you, \(hero)?” they asked, but \(hero) could not do it.")
        tell.say(
            "\(he) was sad. “If I had tried again, I could do it now,” \(he) thought.",
            "\(hero) felt sad, because \(he) had given up so soon.",
            "\(he) went home early and was sad.",
            "\(hero) was sad that \(he) had not let \(helper) help.",
            "“I should not have given up,” said \(hero), who was sad.")
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
