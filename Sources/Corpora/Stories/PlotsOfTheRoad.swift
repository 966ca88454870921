/// Plots about races and ways.
extension StoryPlots {
    /// A fast runner in a race: a nap loses it, a steady run wins it, and who stops for somebody
    /// who fell wins something else.
    static func race(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let rival = tell.friend(of: hero)
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick(Lexicon.places.filter { !$0.at.hasPrefix("by") })
        let goal = tell.pick(["old mill", "white gate", "big rock", "red flag", "tall tree"])
        let prize = tell.pick(["golden cup", "basket of fruit", "blue ribbon", "big cake"])
        let day = tell.day()
        let before = tell.pick(["excited", "hopeful", "nervous"])

        tell.open(hero)
        tell.say(
            "One \(day), there was a race \(place.at).",
            "One \(day), everyone came to run a race \(place.at).",
            "On \(day.a), \(hero) went to a race \(place.at).",
            "It was \(day.a), and there was a race \(place.at).",
            "One \(day), \(hero) heard about a race \(place.at) and wanted to run.")
        tell.say(
            "The first one at the \(goal) would get \(article(prize)).",
            "They had to run to the \(goal), and the prize was \(article(prize)).",
            "“Run to the \(goal),” they were told. “The winner gets \(article(prize)).”",
            "At the \(goal) there was a prize. It was \(article(prize)).",
            "Who would be first at the \(goal)? The prize was \(article(prize)).")
        tell.say(
            "Next to \(him) stood \(rival.introduced). \(hero) was \(before).",
            "\(hero) felt \(before). \(rival.introduced) wanted to win too.",
            "\(hero) was \(before) and looked at \(rival.introduced), who was slow but strong.",
            "\(rival.introduced) came to run too. \(hero) looked around and felt \(before).",
            "“Good luck,” said \(rival.introduced). \(hero) said nothing and was \(before).")
        tell.say(
            "“One, two, three, go!” At once \(hero) was in front.",
            "The bell rang, and \(hero) ran ahead of all the others.",
            "They all began to run. Soon \(hero) was far ahead.",
            "“Go!” they called, and nobody was as fast as \(hero).",
            "They ran, and after a minute \(hero) was first.")

        switch tell.pick([0, 1, 2, 2]) {
        case 0:
            let after = tell.pick(["proud", "happy", "delighted"])
            tell.say(
                "\(he) was tired, but \(he) did not stop to rest.",
                "\(he) wanted to look back, but \(he) kept on running.",
                "“I must not stop before the end,” \(he) thought.",
                "\(hero) ran and ran and did not stop.",
                "“On, on,” said \(hero), and \(he) ran over stones and roots.")
            tell.say(
                "\(rival) came closer and closer, and \(hero) ran even faster.",
                "Step by step \(he) ran, and \(rival) was right behind \(him).",
                "\(his) legs hurt, but the \(goal) was near now.",
                "\(hero) heard \(rival) close behind, but \(he) ran on.",
                "It was hot, but \(hero) could see the \(goal) in front of \(him).")
            tell.say(
                "\(hero) touched the \(goal) first and got the \(prize).",
                "\(hero) was the first at the \(goal), and so \(he) won the \(prize).",
                "With one last jump \(he) was there. \(hero) won the \(prize)!",
                "Nobody was at the \(goal) before \(hero), so \(he) got the \(prize).",
                "“\(hero) wins!” they called, and gave \(him) the \(prize).")
            tell.say(
                "“Well done,” said \(rival). \(hero) was \(after) and shook hands.",
                "\(hero) was \(after). \(he) had run to the very end.",
                "Everyone clapped, and \(hero) felt \(after).",
                "\(hero) thanked \(rival) for a good race and was \(after).",
                "\(hero) held up the \(prize) and was \(after).")
            return StoryFacts(
                plot: "the race", hero: hero, place: place.at, object: prize, day: day,
                feelings: (before, after), problem: "ran in a race", action: "did not stop",
                outcome: "won the \(prize)", ending: .happy,
                asking: [("What was the prize?", prize), ("Who won the race?", hero.name)])
        case 1:
            tell.say(
                "Then \(he) heard a cry. \(rival) had tripped over a root and fallen.",
                "But behind \(him), \(rival) fell and could not get up.",
                "All of a sudden \(rival) cried out and held one foot.",
                "There was a cry. \(hero) looked back and saw \(rival) on the ground.",
                "Then \(rival) stepped into a hole and fell, and \(hero) heard it.")
            tell.say(
                "\(hero) looked at the \(goal), and then \(he) turned around.",
                "“A race is only a race,” thought \(hero), and ran back.",
                "\(hero) stopped at once. “Are you hurt?” \(he) asked.",
                "“\(rival) needs help,” \(he) thought. \(hero) stopped and ran back.",
                "\(hero) did not think of the prize. \(he) went back to \(rival).")
            tell.say(
                "\(he) helped \(rival) up, and they walked on arm in arm.",
                "“Hold on to me,” said \(hero), and helped \(rival) to walk.",
                "\(rival) leaned on \(him), and so they came in last.",
                "\(hero) put an arm around \(rival), and they walked slowly to the \(goal).",
                "“I have you,” said \(hero). \(rival) could walk again, step by step.")
            tell.say(
                "Somebody else won the \(prize), but everyone clapped for \(hero).",
                "They did not get the \(prize), but all the people clapped.",
                "Somebody else got the \(prize). But \(rival) said, “You are the real winner.”",
                "The \(prize) was gone when they came, but they all clapped for \(hero).",
                "Nobody looked at the one with the \(prize). They all looked at \(hero).")
            tell.say(
                "“Thank you,” said \(rival). \(hero) was content to have a new friend.",
                "\(hero) had lost a race and found a friend, and \(he) was content.",
                "From that day on they ran together, and \(hero) was content.",
                "“You are my friend,” said \(rival), and \(hero) was content.",
                "\(hero) was content, because \(rival) was not badly hurt.")
            return StoryFacts(
                plot: "the race", hero: hero, place: place.at, object: prize, day: day,
                feelings: (before, "content"), problem: "ran in a race",
                action: "stopped to help \(rival)", outcome: "lost the race and made a friend",
                ending: .happy,
                asking: [("What was the prize?", prize), ("Who fell?", rival.name)])
        default:
            let after = tell.pick(["ashamed", "sad", "disappointed"])
            tell.say(
                "“They are so slow,” \(he) laughed. “I have time for a nap.”",
                "\(he) looked back and saw nobody. So \(he) lay down in the grass.",
                "“I will win anyway,” \(he) said, and stopped to eat some berries.",
                "“I have so much time,” said \(hero), and \(he) sat down under a tree.",
                "\(hero) laughed at \(rival) and stopped to rest in the grass.")
            tell.say(
                "The sun was warm, and soon \(he) was asleep.",
                "\(he) closed \(his) eyes, just for a moment, and fell asleep.",
                "It was so nice there that \(he) fell asleep.",
                "A bee sang in the flowers, and \(hero) fell asleep.",
                "\(hero) only wanted to rest for a minute, but \(he) fell asleep.")
            tell.say(
                "\(rival) did not stop. Step by step, \(rival) went by.",
                "But \(rival) ran on and on, slowly and without a rest.",
                "One by one the others went past \(him), and \(rival) was in front.",
                "Slow but strong, \(rival) ran past \(him).",
                "\(rival) saw \(him) in the grass and ran on.")
            tell.say(
                "When \(hero) woke up, \(rival) was already at the \(goal) with the \(prize).",
                "A loud cheer woke \(him). \(rival) had won the \(prize)!",
                "\(hero) jumped up and ran, but \(rival) had won the \(prize).",
                "\(hero) opened \(his) eyes. Far away, \(rival) was getting the \(prize).",
                "“\(rival) wins!” they called, and \(hero) woke up. The \(prize) was gone.")
            tell.say(
                "\(hero) was \(after). Nobody had beaten \(him) but \(hero.himself).",
                "\(hero) felt \(after). “I should not have stopped,” \(he) said.",
                "\(hero) was \(after) and did not laugh at slow runners again.",
                "“I was faster, but I was asleep,” said \(hero). \(he) was \(after).",
                "\(hero) saw \(rival) with the \(prize) and was \(after).")
            return StoryFacts(
                plot: "the race", hero: hero, place: place.at, object: prize, day: day,
                feelings: (before, after), problem: "ran in a race", action: "stopped to rest",
                outcome: "lost the race", ending: .sad,
                asking: [("What was the prize?", prize), ("Who won the race?", rival.name)])
        }
    }

    /// Two ways lead to the goal: the long one is dry, the short one is wet.
    static func shortCut(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let elder = tell.pick(Lexicon.elders.filter { $0.kind.hasPrefix("grand") })
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick([
            StoryPlace("in", "the forest"), StoryPlace("by", "the river"),
            StoryPlace("on", "the path"), StoryPlace("on", "the hill"),
            StoryPlace("in", "the valley"),
        ])
        let load = tell.pick([
            "basket of eggs", "pot of soup", "fresh cake", "jar of honey", "loaf of bread",
            "bag of flour",
        ])
        let danger = tell.pick([
            Danger(name: "an old bridge", fall: "a board broke, and \(he) fell into the water"),
            Danger(name: "a wet log", fall: "\(his) foot slipped, and \(he) fell into the stream"),
            Danger(name: "thin ice", fall: "the ice cracked, and \(he) fell into the cold water"),
            Danger(name: "a muddy field", fall: "\(he) slipped and fell into the deep mud"),
            Danger(name: "a steep slope", fall: "a stone rolled, and \(he) fell into the bushes"),
        ])
        let day = tell.day([.cool, .cold, .windy, .cloudy])
        let before = tell.pick(["tired", "hungry", "bored"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) had to take \(article(load)) to \(his) \(elder.kind).",
            "One \(day), \(hero) set out to bring \(article(load)) to \(his) \(elder.kind).",
            "\(his) \(elder.kind) was ill, so one \(day), \(hero) set out with \(article(load)).",
            "It was \(day.a). \(hero) set out with \(article(load)) for \(his) \(elder.kind).",
            "One \(day), \(hero) wanted to visit \(his) \(elder.kind) with \(article(load)).")
        tell.say(
            "“Take the long way,” \(his) mother said. “It is safe.”",
            "“Do not take the short cut,” said \(his) father. “It is not safe.”",
            "“Stay on the road, even if it is long,” a neighbor told \(him).",
            "“Please stay on the long road,” said \(his) mother.",
            "\(his) mother said, “Remember, \(hero), the short cut is not safe.”")
        tell.say(
            "Soon there were two ways \(place.at). The short one led over \(danger.name).",
            "Then \(hero) stood \(place.at). The short way led over \(danger.name).",
            "Soon \(hero) was \(place.at) and saw a short cut. It led over \(danger.name).",
            "Half way, \(hero) stood \(place.at). The short way was over \(danger.name).",
            "There was a short cut \(place.at), and \(hero) saw it. It led over \(danger.name).")
        tell.say(
            "\(hero) was \(before) and thought about it.",
            "The road was long, and \(hero) felt \(before).",
            "By now \(he) was \(before), and \(his) feet hurt.",
            "“It is still so far,” said \(hero), who was \(before).",
            "\(hero) was \(before), and the short way looked good.")

        if tell.chance(1, of: 2) {
            let after = tell.pick(["happy", "proud", "content"])
            tell.say(
                "“It is better to be late than wet,” \(he) said, and took the long way.",
                "But \(he) remembered the warning and stayed on the long road.",
                "\(he) sang a song to make the long way shorter, and \(he) walked on.",
                "“Mother knows best,” said \(hero). So \(he) took the long way.",
                "\(hero) looked at the short cut, and then \(he) took the long way.")
            tell.say(
                "On the way \(he) saw blue flowers and picked some.",
                "Step by step \(he) went on, around the trees and over the fields.",
                "It took another hour, but nothing bad happened.",
                "\(hero) walked and walked, up one hill and down the next.",
                "The long way was quiet, and \(hero) met a friendly dog.")
            tell.say(
                "At last \(he) came to the house, and nothing was lost.",
                "The sun was low when \(he) knocked at the door.",
                "In the evening \(he) saw the light in the window.",
                "\(hero) was late, but \(he) still had the \(load).",
                "Then \(hero) saw the house of \(his) \(elder.kind) at last.")
            tell.say(
                "“You brought me \(article(load))!” said \(elder). “How careful you are.”",
                "\(elder) opened the door and hugged \(him). “Thank you, dear \(hero).”",
                "“Come in and eat with me,” said \(elder), and took the \(load).",
                "“There you are, \(hero)!” said \(elder), and put the \(load) on the table.",
                "\(elder) was so glad to see \(hero) and the \(load).")
            tell.say(
                "They sat by the fire, and \(hero) was \(after).",
                "\(hero) felt \(after), because \(he) had chosen the right way.",
                "\(hero) was \(after), and \(his) socks were dry.",
                "“I took the long way,” said \(hero), and \(he) was \(after).",
                "\(hero) ate with \(elder) and was \(after).")
            return StoryFacts(
                plot: "the short cut", hero: hero, place: place.at, object: load, day: day,
                feelings: (before, after), problem: "came to a short cut",
                action: "took the long way", outcome: "brought the \(load) to \(elder)",
                ending: .happy, asking: [("What did \(hero) carry?", load)])
        }
        tell.say(
            "“It will be all right,” \(he) said, and took the short cut.",
            "\(he) did not want to walk so far. So \(he) took the short cut.",
            "“Nobody will see me,” \(he) thought, and left the road.",
            "\(hero) forgot what \(he) had been told and took the short cut.",
            "“I am quick and light,” said \(hero), and took the short cut.")
        tell.say(
            "At first it went well, but then \(danger.fall).",
            "\(he) was half way when \(danger.fall).",
            "\(he) took three steps, and then \(danger.fall).",
            "\(hero) was careful, but then \(danger.fall).",
            "“This is easy,” said \(hero). Just then \(danger.fall).")
        tell.say(
            "\(he) got out again, but the \(load) was lost.",
            "With wet eyes \(he) looked around, but the \(load) was gone.",
            "\(he) was not hurt, but there was nothing left of the \(load).",
            "\(hero) stood up and looked for the \(load), but it was gone.",
            "“The \(load)!” cried \(hero), but it was too late.")
        tell.say(
            "Dirty and cold, \(he) came to the house of \(his) \(elder.kind).",
            "\(he) came to the house with empty hands, and it was late.",
            "“What happened to you?” asked \(elder) at the door.",
            "It was dark when \(hero) came to the house of \(his) \(elder.kind).",
            "\(elder) opened the door and saw how wet and cold \(hero) was.")
        tell.say(
            "“I took the short cut,” said \(hero), and \(he) was sorry.",
            "\(hero) was sorry. The short way had been the longest of all.",
            "\(hero) felt sorry, because there was no dinner for \(elder) that night.",
            "\(hero) told \(elder) the truth and was sorry.",
            "“I am sorry about the \(load),” said \(hero).")
        return StoryFacts(
            plot: "the short cut", hero: hero, place: place.at, object: load, day: day,
            feelings: (before, "sorry"), problem: "came to a short cut",
            action: "took the short cut", outcome: "lost the \(load)", ending: .sad,
            asking: [
                ("What did \(hero) carry?", load), ("Where did it lead?", "over \(danger.name)"),
            ])
    }

    /// What makes a short way unsafe, and what happens there.
    private struct Danger {
        let name: String
        let fall: String
    }
}
