/// Plots about new people and dark nights.
extension StoryPlots {
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
        let before = tell.pick(["shy", "nervous", "afraid"])

        tell.open(hero)
        tell.say(
            "\(his) family had just moved to a new town.",
            "\(he) had moved and did not know anyone.",
            "When \(he) moved to a big city, everything was new.",
            "\(his) old friends were far away now.")
        tell.say(
            "One \(day), it was \(his) first day \(place.at).",
            "One \(day), \(hero) stood \(place.at) for the first time.",
            "\(his) first time \(place.at) was on \(day.a).",
            "It was \(day.a), and \(hero) was \(place.at) for the first time.",
            "One \(day), \(hero) took a seat \(place.at).")
        tell.say(
            "\(hero) felt \(before), and nobody knew \(his) name.",
            "All the others were talking. \(hero) felt \(before) and sat in a corner.",
            "\(he) was so \(before) that \(he) looked only at \(his) shoes.",
            "“What if nobody likes me?” thought \(hero), who was \(before).",
            "\(hero) was \(before) and did not know where to sit.")
        tell.say(
            "Then \(friend.introduced) came up to \(him) with \(gift). “Hello,” said \(friend).",
            "After a while \(friend.introduced) came over. “Do you want \(gift)?” asked \(friend).",
            "\(friend.introduced) held out \(gift). “This is for you,” said \(friend).",
            "\(friend.introduced) smiled at \(hero). “I brought \(gift). Do you want it?”",
            "But \(friend.introduced) saw \(him) and gave \(him) \(gift).")
        tell.say(
            "“We are playing \(game). Do you want to play too?”",
            "“Would you like to play \(game) with us?” \(friend.he) asked.",
            "“Come and play \(game) with me,” said \(friend).",
            "“Do you like to play \(game)?” asked \(friend). “Then come with me.”",
            "“Can you play \(game)?” asked \(friend). “We need one more.”")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["happy", "glad", "cheerful"])
            tell.say(
                "\(hero) wanted to run away, but \(he) took a deep breath and said, “Yes, please.”",
                "“My name is \(hero),” \(he) said in a small voice. “I would love to.”",
                "It was hard to speak, but \(hero) looked up and said yes.",
                "\(hero) was still afraid, but \(he) smiled and said, “Yes, I will come.”",
                "“I would like that, \(friend),” said \(hero) in a small voice.")
            tell.say(
                "They played \(game) until the bell rang.",
                "\(friend) took \(him) to the others, and they all played \(game).",
                "\(hero) was good at \(game), and soon everyone laughed together.",
                "So \(hero) and \(friend) played \(game), and \(hero) even won.",
                "\(hero) played \(game) with them and soon laughed out loud.")
            tell.say(
                "At home \(hero) said, “I have a friend! \(friend.he) is called \(friend).”",
                "“Thank you for asking me, \(friend),” said \(hero).",
                "Now there was one name that \(he) would not forget, and it was \(friend).",
                "“Thank you, \(friend),” said \(hero) at the end of the day.",
                "That evening \(hero) talked of nothing but \(friend).")
            tell.say(
                "\(hero) felt \(after), and the new town was not so strange anymore.",
                "\(he) was \(after) and could not wait for the next day.",
                "\(hero) was \(after), because one small word had changed everything.",
                "\(hero) felt \(after). It had been a good first day.",
                "“I like it here,” said \(hero), who was \(after).")
            return StoryFacts(
                plot: "the newcomer", hero: hero, helper: friend, place: place.at, day: day,
                feelings: (before, after), problem: "was new", action: "said yes to \(friend)",
                outcome: "played \(game) and made a friend", ending: .happy,
                asking: [("What did they play?", game), ("What did \(friend) bring?", gift)])
        }
        tell.say(
            "But \(hero) was afraid to speak. \(he) looked away and said nothing.",
            "\(hero) turned around and hid behind a book.",
            "“No,” said \(hero), much louder than \(he) had wanted.",
            "\(hero) wanted to say yes, but no word came out. \(he) ran away.",
            "“Leave me alone,” said \(hero), and looked the other way.")
        tell.say(
            "“Oh,” said \(friend). “I am sorry that I asked.” And \(friend.he) went away.",
            "\(friend) waited for a moment and then went back to the others.",
            "So \(friend) left and asked somebody else.",
            "\(friend) did not understand it and went away.",
            "“Maybe another time,” said \(friend), and went to play.")
        tell.say(
            "The others played \(game), and \(hero) only watched.",
            "\(hero) heard them laugh and play \(game) all day.",
            "Everyone played \(game), and \(hero) stood by the wall.",
            "They had fun with \(game), and \(hero) stood far away.",
            "From the window \(hero) saw how \(friend) played \(game).")
        tell.say(
            "\(he) walked home all alone and was lonely.",
            "\(hero) went home lonely. \(he) had wanted to say yes.",
            "That night \(he) felt lonely and thought of all the things \(he) could have said.",
            "\(hero) ate lunch alone and felt lonely.",
            "After school, \(hero) was lonely and did not talk at dinner.")
        tell.say(
            "“If \(friend) asks me again, I will say yes,” \(he) thought.",
            "Nobody asked \(him) again that week.",
            "It is hard to find a friend when you hide.",
            "“Why did I not say yes to \(friend)?” \(hero) thought.",
            "\(hero) still had nobody to play with.")
        return StoryFacts(
            plot: "the newcomer", hero: hero, place: place.at, day: day,
            feelings: (before, "lonely"), problem: "was new", action: "did not answer \(friend)",
            outcome: "stayed alone", ending: .sad,
            asking: [("Who spoke to \(hero)?", friend.name), ("What did they play?", game)])
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
            "the zoo", "the puppet show", "the market", "the castle", "the circus", "the fair",
        ])
        let day = tell.day([.rainy, .windy, .warm, .cool, .cold], times: ["evening", "night"])
        let before = tell.pick(["scared", "afraid", "frightened"])

        tell.open(hero)
        tell.say(
            "On \(day.a), \(hero) went to bed early.",
            "It was \(day.a), and \(hero) was in bed.",
            "One \(day), \(hero) said good night and closed \(his) eyes.",
            "One \(day), \(hero) was tired and went to bed.",
            "It was \(day.a), and it was time to sleep.")
        tell.maybe(
            "The next day they wanted to go to \(trip).",
            "It was dark, and the house was quiet.",
            "“Tomorrow we will go to \(trip),” said \(elder). “Good night.”")
        tell.say(
            "Then \(he) heard \(article(noise)) sound \(place.at).",
            "All at once there was a noise \(place.at). It was a soft \(noise).",
            "\(he) was almost asleep when \(he) heard something \(noise) \(place.at).",
            "There was a sound \(place.at). \(hero) heard a soft \(noise).",
            "“What is that?” thought \(hero). Something was \(noise) \(place.at).")
        tell.say(
            "\(hero) was \(before). “Is it a monster?” \(he) thought.",
            "\(his) heart beat fast, and \(he) felt \(before).",
            "“Who is there?” \(he) asked. Nobody answered, and \(he) was \(before).",
            "\(hero) sat up in bed and was \(before).",
            "\(hero) was \(before). It sounded like a big animal.")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["brave", "happy", "calm"])
            tell.say(
                "\(he) wanted to know, so \(he) asked \(his) \(elder.kind) to bring a \(light).",
                "\(he) took a deep breath, got up and woke \(his) \(elder.kind).",
                "“I will look,” \(he) said. \(he) asked \(his) \(elder.kind) to come along.",
                "\(hero) did not hide. \(he) called \(his) \(elder.kind).",
                "“I want to know what it is,” said \(hero), and woke \(his) \(elder.kind).")
            tell.say(
                "\(elder) took \(his) hand, and they went to see what it was.",
                "“Let us look together,” said \(elder). “I will hold the \(light).”",
                "With a \(light), \(elder) and \(hero) went to look, step by step.",
                "\(elder) came with a \(light) in one hand. \(hero) held the other hand.",
                "“Do not be afraid,” said \(elder), and \(hero) went first with the \(light).")
            tell.say(
                "And what did they see \(place.at)? It was only \(cause)!",
                "There, \(place.at), sat \(cause) with big eyes.",
                "It was not a monster. It was only \(cause)!",
                "\(hero) looked, and then \(he) laughed. It was only \(cause)!",
                "“Look, \(elder)!” said \(hero). “It is only \(cause)!”")
            tell.say(
                "\(hero) laughed. “You were more afraid than I was,” \(he) said to it.",
                "“It only wanted to come in from the dark,” said \(elder).",
                "They gave it something to eat and made a place for it.",
                "“So you made all that noise!” said \(hero).",
                "“That is a very small monster,” said \(elder), and they both laughed.")
            tell.say(
                "Then \(hero) went back to bed and felt \(after).",
                "\(hero) was \(after) and slept until the sun came up.",
                "“Good night,” said \(elder). \(hero) was \(after) and soon fell asleep.",
                "\(hero) thanked \(elder) and felt \(after).",
                "“I was afraid of nothing,” said \(hero). Now \(he) was \(after).")
            return StoryFacts(
                plot: "the noise at night", hero: hero, helper: elder, place: place.at, day: day,
                feelings: (before, after), problem: "heard a noise at night",
                action: "went to look with \(elder)", outcome: "found only \(cause)",
                ending: .happy, asking: [("What made the noise?", cause)])
        }
        tell.say(
            "\(he) pulled the blanket over \(his) head and did not move.",
            "\(he) hid under the blanket and did not call anyone.",
            "\(he) was too \(before) to look, so \(he) hid under the pillow.",
            "\(hero) did not dare to look. \(he) hid under the blanket.",
            "“If I lie still, it will go away,” \(hero) thought, and hid under the blanket.")
        tell.say(
            "The noise went on, and \(he) could not sleep all night.",
            "\(he) lay awake and listened until morning.",
            "Every time \(he) closed \(his) eyes, \(he) heard it again.",
            "\(hero) heard it until the sun came up, and \(he) could not sleep.",
            "All night long \(hero) lay awake.")
        tell.say(
            "In the morning \(his) \(elder.kind) found \(cause) \(place.at). That was all.",
            "When the sun came up, \(he) saw that it was only \(cause).",
            "“Look, it was only \(cause),” said \(his) \(elder.kind) in the morning.",
            "In the morning it was still there \(place.at). It was only \(cause).",
            "Then it was light, and \(hero) saw \(cause) come out. That was all.")
        tell.say(
            "Now \(hero) was so tired that \(he) fell asleep and missed the trip to \(trip).",
            "The others went to \(trip), but \(hero) fell asleep on the way and saw nothing.",
            "\(he) was too tired to go to \(trip), and the others went without \(him).",
            "They were going to \(trip) that day, but \(hero) was too tired and stayed at home.",
            "On the way to \(trip), \(hero) could not keep \(his) eyes open and had to go home.")
        tell.say(
            "\(hero) was sad. One look would have been enough.",
            "\(he) felt sad. “I wish I had looked,” \(he) said.",
            "“Next time, call me,” said \(elder). But \(hero) was still sad.",
            "\(hero) was sad that \(he) had not called \(elder).",
            "“All that for such a small thing,” said \(hero), who was sad.")
        return StoryFacts(
            plot: "the noise at night", hero: hero, place: place.at, day: day,
            feelings: (before, "sad"), problem: "heard a noise at night",
            action: "hid and did not look", outcome: "missed the trip to \(trip)", ending: .sad,
            asking: [("What made the noise?", cause), ("What did \(hero) miss?", trip)])
    }
}
