/// Plots about cakes and birthdays.
extension StoryPlots {
    /// Baking as a surprise: with care it is a feast, in a hurry it is salty or burned.
    static func cake(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let guest = tell.elder()
        let helper = tell.friend(of: hero)
        let (he, his) = (hero.he, hero.his)
        let treat = tell.pick([
            "apple cake", "cherry pie", "carrot cake", "plum pie", "nut cake", "honey cake",
            "lemon cake", "berry pie",
        ])
        let place = StoryPlace("in", "the kitchen")
        let reason = tell.pick(["birthday", "party"])
        let day = tell.day([.rainy, .cool, .sunny, .cloudy, .windy, .cold])
        let before = tell.pick(["excited", "cheerful", "hopeful"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) wanted to bake \(article(treat)) \(place.at).",
            "One \(day), \(hero) stood \(place.at) to bake \(article(treat)).",
            "On \(day.a), \(hero) was \(place.at) and wanted to bake \(article(treat)).",
            "It was \(day.a), and \(hero) was \(place.at), ready to bake \(article(treat)).",
            "One \(day), \(hero) went to work \(place.at). \(he) wanted to make \(article(treat)).")
        tell.say(
            "It was for the \(reason) of \(his) \(guest.kind), and \(hero) was \(before).",
            "\(hero) felt \(before), because it was a surprise for \(his) \(guest.kind).",
            "\(his) \(guest.kind) was coming in the evening. \(hero) was \(before).",
            "“\(guest) will love it,” \(he) thought. \(hero) was \(before).",
            "\(hero) was \(before), for it was a present for \(his) \(guest.kind).")
        tell.say(
            "\(he) took flour, eggs, butter and a big bowl.",
            "\(he) put on a white apron and got the eggs and the flour.",
            "There was flour on the table and flour on \(his) nose.",
            "\(hero) put flour, eggs and butter on the table.",
            "\(hero) washed \(his) hands and took the biggest bowl.")

        switch tell.pick([0, 0, 1, 2]) {
        case 0:
            let after = tell.pick(["proud", "happy", "pleased"])
            tell.say(
                "\(he) did not know how to begin, so \(he) asked a friend named \(helper).",
                "“I cannot do this alone,” \(he) said, and asked \(his) friend \(helper) to help.",
                "\(he) was not sure what to do next, so \(he) called \(helper.introduced).",
                "“Can you help me?” \(hero) asked \(his) friend \(helper).",
                "\(hero) asked \(helper.introduced) to come and help.")
            tell.say(
                "\(helper) read the recipe out loud, and \(hero) did what it said.",
                "They read the recipe two times and mixed everything with care.",
                "“First the sugar, and then the milk,” said \(helper), who could read the recipe.",
                "\(hero) mixed, and \(helper) read the recipe again and again.",
                "“We must not forget a thing,” said \(helper), and read the recipe to \(hero).")
            tell.say(
                "They watched the oven until it was brown and smelled good.",
                "When the clock rang, they took it out of the oven at once.",
                "They did not go out to play before it was done.",
                "\(hero) and \(helper) sat in front of the oven and waited.",
                "“It is ready!” said \(helper), and \(hero) opened the oven just in time.")
            tell.say(
                "“This is the best \(treat) I have ever had!” said \(guest).",
                "\(guest) took a bite and then a second piece.",
                "\(guest) ate three pieces and asked for more.",
                "“Who made this \(treat)?” asked \(guest). “It is so good!”",
                "\(guest) loved the \(treat) and ate it all.")
            tell.say(
                "\(hero) was \(after). “\(helper) helped me,” \(he) said. “Thank you, \(helper)!”",
                "\(hero) thanked \(helper) and felt \(after).",
                "The \(treat) was soon gone, and \(hero) was \(after) and thanked \(helper).",
                "“We did it together,” said \(hero), who was \(after), and thanked \(helper).",
                "\(hero) was \(after) and gave \(helper) the biggest piece.")
            return StoryFacts(
                plot: "the cake", hero: hero, helper: helper, place: place.at, object: treat,
                day: day, feelings: (before, after), problem: "wanted to bake \(article(treat))",
                action: "asked \(helper) for help", outcome: "baked a good \(treat)",
                ending: .happy, asking: [("Who ate it?", guest.name)])
        case 1:
            let after = tell.pick(["ashamed", "embarrassed", "sorry"])
            tell.say(
                "There was a recipe, but \(he) did not want to read it.",
                "“I know how to do it,” \(he) said, and closed the book.",
                "\(he) was in a hurry and did not look at the words on the jars.",
                "“Recipes are boring,” said \(hero), and \(he) did not read it.",
                "\(hero) did not ask anyone how to do it.")
            tell.say(
                "There were two white jars. \(he) took the wrong one, and it was salt.",
                "\(he) took the salt and thought it was the sugar.",
                "One jar had sugar in it, and one had salt. \(he) took a big cup of salt.",
                "\(hero) took the first jar \(he) saw. It was not sugar. It was salt.",
                "“Now the sugar,” said \(hero), but there was salt in the cup.")
            tell.say(
                "It looked very good when it came out of the oven.",
                "\(he) put red berries on top, and it looked fine.",
                "The \(treat) looked as good as in a shop.",
                "\(hero) put the \(treat) on the best plate.")
            tell.say(
                "\(guest) took a bite and made a face. “It is full of salt!” said \(guest).",
                "“Water, please!” cried \(guest) after the first bite of salt.",
                "\(guest) ate one bite and put down the fork. It tasted of salt.",
                "“What is in this \(treat)?” asked \(guest). It was salt.",
                "\(guest) took one bite of the \(treat) and ran for water. It was all salt.")
            tell.say(
                "\(hero) was \(after). They had to throw the \(treat) away.",
                "\(hero) felt \(after). Next time, \(he) would read first.",
                "“I should have read the recipe,” said \(hero), feeling \(after).",
                "\(hero) was \(after), for nobody could eat the \(treat).",
                "“I am sorry, \(guest),” said \(hero), who was \(after).")
            return StoryFacts(
                plot: "the cake", hero: hero, place: place.at, object: treat, day: day,
                feelings: (before, after), problem: "wanted to bake \(article(treat))",
                action: "did not read the recipe", outcome: "took salt for sugar", ending: .sad,
                asking: [("Who took a bite?", guest.name), ("What was in it?", "salt")])
        default:
            let game = tell.pick(["hide and seek", "ball", "in the yard", "with a puppy"])
            tell.say(
                "When it was in the oven, \(he) got bored and went out to play \(game).",
                "“It needs some time,” \(he) said, and went out to play \(game).",
                "When the oven was hot, \(he) put it in and ran out to play \(game).",
                "The oven was hot, and the \(treat) was in it. \(hero) ran out to play \(game).",
                "“I will be back soon,” said \(hero), and went out to play \(game).")
            tell.say(
                "\(he) played and played and forgot the oven.",
                "It was such fun that \(he) did not think of the oven.",
                "An hour went by, and then another one.",
                "\(hero) had a good time and did not think of the \(treat).",
                "\(hero) forgot the time and forgot the \(treat).")
            tell.say(
                "Then \(he) smelled smoke. The \(treat) was black!",
                "When \(he) came back, there was smoke everywhere. It was burned.",
                "“What is that smell?” asked a neighbor. \(hero) ran in, but it was burned.",
                "At last \(hero) ran home. The \(treat) was black, and there was smoke.",
                "The kitchen was full of smoke, and \(hero) saw that the \(treat) was burned.")
            tell.say(
                "\(guest) came, and there was nothing to eat but dry bread.",
                "“Where is my \(treat)?” asked \(guest), who had heard about it.",
                "\(guest) opened all the windows and did not say much.",
                "\(guest) looked at the black \(treat) and said nothing.",
                "“It is a pity,” said \(guest), and ate some bread.")
            tell.say(
                "\(hero) was sad. All the work had been for nothing.",
                "\(hero) felt sad, because \(he) had not watched the oven.",
                "“I forgot it,” said \(hero), who was sad.",
                "“I should have stayed with it,” said \(hero), who was sad.",
                "\(hero) was sad, and \(guest) was still hungry.")
            return StoryFacts(
                plot: "the cake", hero: hero, place: place.at, object: treat, day: day,
                feelings: (before, "sad"), problem: "wanted to bake \(article(treat))",
                action: "went out to play \(game)", outcome: "burned the \(treat)", ending: .sad,
                asking: [("Who came to eat?", guest.name)])
        }
    }

    /// Everyone seems to have forgotten the birthday: patience finds the surprise, anger spoils it.
    static func birthday(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let friend = tell.friend(of: hero)
        let elder = tell.elder()
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick(Lexicon.places)
        let gift = tell.thing(Lexicon.toys)
        let day = tell.day(times: ["morning"])
        let before = tell.pick(["sad", "disappointed", "hurt"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) woke up and jumped out of bed. It was \(his) birthday!",
            "One \(day), it was \(his) birthday at last.",
            "\(his) birthday came on \(day.a).",
            "It was \(day.a), and it was the birthday of \(hero).",
            "One \(day), \(hero) got up early, because it was \(his) birthday.")
        tell.say(
            "But \(his) \(elder.kind) only said good morning and nothing else.",
            "“Good morning,” said \(his) \(elder.kind). Not a word about a birthday.",
            "\(his) \(elder.kind) was busy and did not say a word about it.",
            "“Did you sleep well?” asked \(his) \(elder.kind), and that was all.",
            "\(his) \(elder.kind) gave \(him) some bread and talked about the weather.")
        tell.say(
            "\(his) best friend \(friend) walked by in a hurry.",
            "\(hero) met \(his) friend \(friend), and \(friend) said nothing too.",
            "“I have no time today,” said \(his) friend \(friend).",
            "Then \(hero) met \(his) friend \(friend), who had no time to talk.",
            "\(his) friend \(friend) did not stop to play with \(him).")
        tell.say(
            "\(hero) was \(before). “They have all forgotten me,” \(he) thought.",
            "“Nobody remembers,” \(hero) said to \(hero.himself). \(he) felt \(before).",
            "\(hero) felt \(before) and looked out of the window.",
            "“It is my birthday, and nobody knows,” said \(hero), who was \(before).",
            "There was no cake and no song, and \(hero) felt \(before).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["happy", "delighted", "thankful"])
            tell.say(
                "But \(he) was not angry. “They must be busy,” \(he) said, and helped at home.",
                "Still, \(he) was kind to everyone and said no bad word.",
                "“I can have a nice day all the same,” \(he) said, and \(he) picked some flowers.",
                "\(hero) did not say a bad word. \(he) cleaned the house for \(elder).",
                "“It does not matter,” said \(hero), and was nice to everyone.")
            tell.say(
                "In the evening \(elder) said, “Let us take a walk.” They stopped \(place.at).",
                "Later \(elder) asked \(him) to come along. Soon they were \(place.at).",
                "“Can you come with me?” asked \(elder). They went out and stood \(place.at).",
                "“I want to show you something,” said \(elder). Soon they stood \(place.at).",
                "When \(elder) and \(hero) went for a walk, there was a light \(place.at).")
            tell.say(
                "“Surprise!” called \(friend) and all the others.",
                "There were lights and songs and a big cake. “Surprise!” they all shouted.",
                "Then \(friend) jumped out and shouted, “Surprise! Happy birthday!”",
                "“Surprise!” they called. \(friend) had made a big cake.",
                "There stood \(friend) with a cake, and all the others sang.")
            tell.say(
                "\(friend) gave \(him) \(gift.a) and a hug.",
                "“This is for you,” said \(friend). It was \(gift.a).",
                "In a box from \(friend) there was \(gift.a).",
                "\(hero) opened a big box from \(friend) and saw \(gift.a).",
                "From \(friend) \(he) got \(gift.a).")
            tell.say(
                "\(hero) thanked them all and was \(after).",
                "“You did not forget!” said \(hero), who was \(after).",
                "\(hero) was \(after). It was the best birthday of all.",
                "“Thank you, \(friend)! Thank you, \(elder)!” said \(hero), who was \(after).",
                "\(hero) was so \(after) that \(he) danced with \(friend).")
            return StoryFacts(
                plot: "the birthday", hero: hero, place: place.at, object: "\(gift)", day: day,
                feelings: (before, after), problem: "had a birthday", action: "stayed kind",
                outcome: "got \(gift.a) at a surprise party", ending: .happy,
                asking: [
                    ("Who gave \(hero) a present?", friend.name),
                    ("What was the present?", gift.a),
                ])
        }
        tell.say(
            "Then \(he) got angry. “You are all mean!” \(he) shouted at \(friend).",
            "\(he) ran to \(friend) and shouted, “You are not my friend anymore!”",
            "\(he) wrote “I do not like you” on a paper and put it at the door of \(friend).",
            "“I do not want to see you again!” \(hero) shouted at \(friend).",
            "\(hero) was so angry that \(he) called \(friend) a bad friend.")
        tell.say(
            "\(he) ran away and hid \(place.at) until it was dark.",
            "Then \(he) ran off. \(he) sat \(place.at) and did not come home.",
            "After that \(he) stayed all alone \(place.at).",
            "\(hero) went off without a word and sat \(place.at) all evening.",
            "Nobody could find \(him), because \(hero) hid \(place.at).")
        tell.say(
            "When \(he) came home, there were lights and a big cake, but no guests.",
            "At home there was a long table with a cake. The guests had waited and gone home.",
            "Late at night \(elder) found \(him). “We had a party for you,” said \(elder).",
            "When \(hero) came back, the party was over. The cake was still there.",
            "Late in the evening \(hero) went home. There had been a party for \(him)!")
        tell.say(
            "On the table lay \(gift.a) from \(friend).",
            "\(friend) had left \(gift.a) for \(him) and gone home in tears.",
            "There was \(gift.a), and on it was the name of \(friend).",
            "\(friend) had brought \(gift.a), but \(friend) was not there anymore.",
            "“This is from \(friend),” said \(elder), and gave \(him) \(gift.a).")
        tell.say(
            "\(hero) was sorry. It had been a surprise, and \(he) had spoiled it.",
            "\(hero) felt sorry for every angry word.",
            "“What have I done?” said \(hero). \(he) was sorry.",
            "“They did not forget me,” said \(hero), who was sorry.",
            "\(hero) was sorry and wanted to say so to \(friend).")
        return StoryFacts(
            plot: "the birthday", hero: hero, place: place.at, object: "\(gift)", day: day,
            feelings: (before, "sorry"), problem: "had a birthday", action: "got angry and hid",
            outcome: "missed the party", ending: .sad,
            asking: [("What was the present?", gift.a), ("Who brought it?", friend.name)])
    }
}
