/// Plots about rain and snow.
extension StoryPlots {
    /// Dark clouds come: who goes inside stays dry, who stays out gets wet and ill, and a friend
    /// with an umbrella can save the day.
    static func storm(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.hero()
        let elder = tell.elder()
        let friend = tell.friend(of: hero)
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let place = tell.pick(Lexicon.places)
        let drink = tell.pick(["hot milk", "warm tea", "hot soup", "hot cocoa"])
        let fun = tell.pick([
            "the fair", "the puppet show", "the big game", "the party", "the circus",
        ])
        let day = tell.day([.cloudy, .windy, .warm, .cool])
        let before = tell.pick(["scared", "surprised", "nervous"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) wanted to play \(place.at).",
            "One \(day), \(hero) was on the way to play \(place.at).",
            "On \(day.a), \(hero) got ready to spend some time \(place.at).",
            "One \(day), \(hero) put on \(his) shoes and went to play \(place.at).",
            "It was \(day.a), and \(hero) wanted to be \(place.at) all day.")
        tell.say(
            "“Come home when you see dark clouds,” said \(his) \(elder.kind).",
            "\(his) \(elder.kind) looked at the sky. “A storm may come. Watch the clouds.”",
            "“If the sky turns black, run home,” \(his) \(elder.kind) told \(him).",
            "“The wind is changing,” said \(his) \(elder.kind). “Come home if the sky gets dark.”",
            "“Do not stay out if it gets dark,” said \(his) \(elder.kind).")
        tell.say(
            "\(hero) was having fun when the sky turned black.",
            "After a while, big dark clouds came over the trees.",
            "\(hero) had just begun to play when thunder rolled far away.",
            "Then the wind got stronger, and the clouds turned black.",
            "\(hero) had almost forgotten the time when dark clouds came.")
        tell.say(
            "Boom! There was loud thunder, and \(hero) was \(before).",
            "A flash of light went over the sky. \(hero) felt \(before).",
            "\(hero) felt \(before) when the first drops fell.",
            "The trees began to shake, and \(hero) was \(before).",
            "\(hero) heard the thunder come closer and felt \(before).")

        switch tell.pick([0, 0, 1, 2, 2]) {
        case 0:
            let after = tell.pick(["safe", "happy", "cozy"])
            tell.say(
                "“I must go home, just as I was told,” \(he) said, and \(he) ran.",
                "\(he) remembered the words of \(his) \(elder.kind) and ran home at once.",
                "\(he) stopped the game and hurried home as fast as \(he) could.",
                "\(hero) did not wait for the rain. \(he) ran home at once.",
                "“Time to go,” said \(hero), and \(he) ran home as fast as \(he) could.")
            tell.say(
                "\(he) closed the door, and then the rain came down.",
                "\(he) was at the door when the rain began to pour.",
                "The moment \(he) was inside, it began to rain hard.",
                "\(hero) was just inside when the first big drops fell.",
                "Behind \(hero) the rain began, but \(he) was already at home.")
            tell.say(
                "“I am glad you listened,” said \(elder), and made \(him) some \(drink).",
                "\(elder) gave \(him) some \(drink) and a big smile.",
                "\(elder) was waiting with \(drink). “Good job,” said \(elder).",
                "“You came just in time,” said \(elder). “Here is some \(drink).”",
                "\(elder) gave \(hero) a hug and some \(drink).")
            tell.say(
                "\(hero) was dry and \(after) and watched the storm from the window.",
                "They sat by the fire while it rained, and \(hero) felt \(after).",
                "Outside the storm was wild, but inside \(hero) was warm and \(after).",
                "\(hero) drank it by the fire and was dry and \(after).",
                "“Let it rain,” said \(hero), who felt \(after).")
            return StoryFacts(
                plot: "the storm", hero: hero, helper: elder, place: place.at, day: day,
                feelings: (before, after), problem: "saw the storm come",
                action: "went home at once", outcome: "stayed dry", ending: .happy,
                asking: [("What did \(hero) drink?", drink)])
        case 1:
            tell.say(
                "\(he) was too far from home, and the rain came down fast.",
                "\(he) ran, but the rain was faster, and there was no roof to be seen.",
                "\(he) did not know where to go, and soon it rained hard.",
                "\(hero) ran, but \(his) house was too far away. It began to pour.",
                "\(hero) stood under a tree, but the rain came down all the same.")
            tell.say(
                "Then \(friend.introduced) came along with a big umbrella.",
                "Just then \(hero) saw \(friend.introduced) under a big umbrella.",
                "“Come here!” called a voice. It was \(friend.introduced), with a big umbrella.",
                "\(friend.introduced) saw \(him) and opened a big umbrella.",
                "Then somebody came with a big umbrella. It was \(friend.introduced).")
            tell.say(
                "“There is room for two,” said \(friend), and they walked side by side.",
                "“You can share it with me,” said \(friend). They stayed close and walked home.",
                "\(friend) held the umbrella over \(hero), and so they both stayed dry.",
                "“Come under my umbrella,” said \(friend). “Then you will not get wet.”",
                "\(friend) and \(hero) walked close together, so that both stayed dry.")
            tell.say(
                "\(hero) thanked \(friend) and asked \(friend.him) in for some \(drink).",
                "At home, \(hero) thanked \(friend), and they had some \(drink).",
                "“Thank you, \(friend),” said \(hero). “Please come in and have some \(drink).”",
                "At the door \(hero) said, “Thank you, \(friend). Do you want some \(drink)?”",
                "“You are very kind, \(friend),” said \(hero), and made some \(drink) for two.")
            tell.say(
                "That is how they became friends, and \(hero) was grateful for the rain.",
                "\(hero) was grateful, and from then on they were friends.",
                "\(he) felt grateful. The storm had brought \(him) a new friend.",
                "\(hero) was grateful and never forgot who had helped \(him).",
                "“I am grateful for your umbrella,” said \(hero). “You must come again.”")
            return StoryFacts(
                plot: "the storm", hero: hero, helper: friend, place: place.at,
                object: "umbrella", day: day, feelings: (before, "grateful"),
                problem: "saw the storm come", action: "shared an umbrella with \(friend)",
                outcome: "made a new friend", ending: .happy,
                asking: [("Who had an umbrella?", friend.name)])
        default:
            tell.say(
                "But \(he) did not want to stop. “Just a little longer,” \(he) said.",
                "“It is only a cloud,” said \(hero), and \(he) went on playing.",
                "\(he) thought of home, but \(he) stayed. “I am not afraid of rain.”",
                "\(hero) saw the clouds and did not care. \(he) went on playing.",
                "“Home is boring,” said \(hero), and \(he) stayed where \(he) was.")
            tell.say(
                "Then it began to pour. Soon \(hero) was wet from head to toe.",
                "The rain came down like a river, and \(hero) got wet and cold.",
                "In no time \(his) clothes were wet, and the wind was cold.",
                "Then all the rain came down at once, and \(hero) was wet and cold.",
                "The storm broke, and \(hero) had no roof and no coat. \(he) got wet.")
            tell.say(
                "That night \(he) began to sneeze, and \(elder) put \(him) to bed.",
                "When \(he) came home, \(he) was ill, and \(elder) put \(him) to bed.",
                "“Achoo!” said \(hero) at dinner. \(elder) sent \(him) straight to bed.",
                "\(hero) came home with a cough, and \(elder) sent \(him) to bed.",
                "In the night \(hero) got a fever, and \(elder) sat by the bed.")
            tell.say(
                "\(hero) had to stay in bed for a week and missed \(fun).",
                "So \(hero) could not go to \(fun) the next day.",
                "The others went to \(fun), but \(hero) could not go along.",
                "\(hero) was ill for many days and missed \(fun).",
                "“You cannot go to \(fun) now,” said \(elder).")
            tell.say(
                "\(hero) was miserable. “I should have come home,” \(he) said.",
                "\(he) felt miserable and wished \(he) had listened.",
                "With a red nose, \(he) lay there and felt miserable.",
                "\(hero) felt miserable. All this for a little more time to play!",
                "In \(his) bed, \(hero) was miserable and very sorry.")
            return StoryFacts(
                plot: "the storm", hero: hero, place: place.at, day: day,
                feelings: (before, "miserable"), problem: "saw the storm come",
                action: "stayed out in the rain", outcome: "got ill and missed \(fun)",
                ending: .sad, asking: [("What did \(hero) miss?", fun)])
        }
    }

    /// A bird in the snow: taken in, it comes back in spring to sing; left alone, it is gone.
    static func coldBird(_ tell: inout StoryTeller) -> StoryFacts {
        let hero = tell.child()
        let elder = tell.elder()
        let (he, him, his) = (hero.he, hero.him, hero.his)
        let bird = tell.pick(["robin", "sparrow", "wren", "finch", "blackbird"])
        let place = tell.pick([
            StoryPlace("in", "the garden"), StoryPlace("on", "the path"),
            StoryPlace("in", "the yard"), StoryPlace("under", "the hedge"),
            StoryPlace("on", "the doorstep"), StoryPlace("by", "the gate"),
        ])
        let food = tell.pick(["seeds", "crumbs", "bread", "nuts"])
        let bed = tell.pick(["a box", "a basket", "an old hat", "a soft scarf"])
        let day = tell.day([.snowy, .cold, .frosty])
        let before = tell.pick(["worried", "sad", "surprised"])

        tell.open(hero)
        tell.say(
            "One \(day), \(he) found a little \(bird) \(place.at).",
            "One \(day), \(hero) saw something small \(place.at). It was \(article(bird)).",
            "On \(day.a), \(article(bird)) lay \(place.at), and \(hero) saw it.",
            "One \(day), there was a little \(bird) \(place.at), and \(hero) almost stepped on it.",
            "It was \(day.a), and \(article(bird)) was sitting \(place.at) when \(hero) came by.")
        tell.say(
            "The \(bird) was so cold that it could not fly.",
            "Its wings were stiff, and it did not sing.",
            "It shook with cold and looked at \(hero) with small black eyes.",
            "It was too weak to move, and its feet were like ice.",
            "The little \(bird) did not fly away, because it was too cold.")
        tell.say(
            "\(hero) was \(before). “Poor \(bird),” \(he) said.",
            "“Are you all right, little one?” asked \(hero), feeling \(before).",
            "\(he) felt \(before) to see it so small and so cold.",
            "\(hero) felt \(before). What could \(he) do for a \(bird)?",
            "“You are so cold,” said \(hero), who was \(before).")

        if tell.chance(3, of: 5) {
            let after = tell.pick(["happy", "glad", "delighted"])
            tell.say(
                "So \(he) picked it up with care and carried it inside.",
                "\(he) held the bird in both hands and took it into the warm kitchen.",
                "“You need a warm place,” said \(hero), and brought it into the house.",
                "\(hero) put the \(bird) under \(his) coat and ran home.",
                "“I will help you,” said \(hero), and \(he) carried the \(bird) inside.")
            tell.say(
                "\(his) \(elder.kind) found \(bed), and together they made a bed by the stove.",
                "“We can make a bed in \(bed),” said \(his) \(elder.kind).",
                "\(his) \(elder.kind) came to help. They made it a bed with \(bed).",
                "“Poor thing,” said \(his) \(elder.kind), and made a bed in \(bed).",
                "\(his) \(elder.kind) put wool in \(bed). It was a fine bed for the \(bird).")
            tell.say(
                "Every day \(hero) and \(elder) gave it \(food) and water.",
                "\(hero) fed it \(food), and \(elder) gave it water.",
                "“It likes \(food),” said \(elder), and it ate out of their hands.",
                "\(elder) brought \(food), and \(hero) held the water. The \(bird) ate and drank.",
                "“Eat, little one,” said \(hero). \(elder) had brought some \(food).")
            tell.say(
                "Soon the \(bird) was strong again and flew out of the window.",
                "After a week, it spread its wings and flew around the room.",
                "When the snow was gone, they opened the window, and it flew away.",
                "Day by day the \(bird) got stronger, until it could fly again.",
                "One morning the \(bird) flew up. \(hero) opened the door and let it go.")
            tell.say(
                "In spring it came back and sang for \(him). \(hero) was \(after).",
                "Every morning in spring, it sang at the window, and \(hero) felt \(after).",
                "One day in spring \(hero) heard a song. It was the \(bird)! \(he) was \(after).",
                "When spring came, the \(bird) sat in the tree and sang. \(hero) was \(after).",
                "“It is singing for us!” said \(hero) in spring. \(he) was so \(after).")
            return StoryFacts(
                plot: "the cold bird", hero: hero, helper: elder, place: place.at, object: bird,
                day: day, feelings: (before, after), problem: "found a cold \(bird)",
                action: "took the \(bird) inside", outcome: "heard the \(bird) sing in spring",
                ending: .happy, asking: [("What did the bird eat?", food)])
        }
        let after = tell.pick(["sorry", "sad", "ashamed"])
        let excuse = tell.pick([
            "I want to build a snowman", "I am late for my game", "my hands are cold",
            "somebody else will help it", "I have no time now",
        ])
        tell.say(
            "“But \(excuse),” \(he) said, and \(he) walked on.",
            "Then \(he) thought, “\(excuse).” So \(he) went away.",
            "\(he) wanted to help, but then \(he) said, “No, \(excuse).”",
            "\(hero) did not stop for long. “\(excuse),” \(he) thought.",
            "\(hero) only shook \(his) head. “\(excuse),” \(he) said.")
        tell.say(
            "At dinner \(his) \(elder.kind) asked, “Where did you leave the bird?”",
            "In the evening, \(he) told \(his) \(elder.kind) about it.",
            "At home \(he) sat by the warm stove and thought of the \(bird).",
            "In bed \(hero) could not stop thinking of the \(bird).",
            "“You left it there?” asked \(his) \(elder.kind) at dinner.")
        tell.say(
            "\(hero) took a lamp and ran back, but the \(bird) was not there anymore.",
            "\(hero) put on \(his) coat and went out again, but it was too late.",
            "They both went out to look, but they found only a small feather.",
            "In the morning \(hero) went back, but the \(bird) was gone.",
            "\(hero) ran out to get the \(bird). It was gone, and the snow was deep.")
        tell.say(
            "\(hero) was \(after). It would have been so easy to help.",
            "\(he) felt \(after) and cried into \(his) pillow.",
            "That winter no bird sang, and \(hero) was \(after).",
            "“Why did I not help it?” asked \(hero), who was \(after).",
            "\(hero) felt \(after) each time \(he) saw a \(bird).")
        tell.say(
            "“Next time I will stop and help,” \(he) said.",
            "\(he) put \(food) outside for the other birds every day after that.",
            "Spring came, but it came without a song.",
            "\(hero) never walked past a cold bird again.",
            "\(hero) made a bird house, but no \(bird) moved in.")
        return StoryFacts(
            plot: "the cold bird", hero: hero, place: place.at, object: bird, day: day,
            feelings: (before, after), problem: "found a cold \(bird)",
            action: "left the \(bird) alone", outcome: "never saw the \(bird) again", ending: .sad)
    }
}
