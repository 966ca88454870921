/// The words the stories are made of. A name always has the same pronoun.
enum Lexicon {
    static let girls = [
        "Lily", "Mia", "Anna", "Lucy", "Nora", "Ruby", "Clara", "Priya", "Yuki", "Ada", "Sofia",
        "Molly",
    ]
    static let boys = [
        "Tom", "Ben", "Sam", "Max", "Leo", "Finn", "Omar", "Ravi", "Ivan", "Theo", "Toby",
        "Oliver",
    ]
    static let animalsNamedShe = [
        "Poppy", "Coco", "Luna", "Willow", "Hazel", "Juno",
    ]
    static let animalsNamedHe = [
        "Pip", "Bruno", "Rusty", "Moss", "Otto", "Ziggy",
    ]
    static let animals = [
        "rabbit", "fox", "bear", "mouse", "duck", "squirrel", "hedgehog", "frog", "owl", "goat",
        "pig", "lamb", "beaver", "badger", "turtle", "otter",
    ]
    static let elders = [
        StoryCharacter(name: "Mom", kind: "mom", pronoun: .she),
        StoryCharacter(name: "Dad", kind: "dad", pronoun: .he),
        StoryCharacter(name: "Grandma", kind: "grandma", pronoun: .she),
        StoryCharacter(name: "Grandpa", kind: "grandpa", pronoun: .he),
    ]

    static let homes = [
        "in a small house by the sea", "in a little town", "in a village near the hills",
        "at the end of a quiet street", "next to a big farm", "in a tall house with a red door",
        "above a little shop", "near an old mill",
    ]
    static let animalHomes = [
        "near a quiet pond", "at the edge of the woods", "beside an old oak tree",
        "behind an old red barn", "at the foot of a green hill", "close to a clear stream",
    ]
    static let hobbies = [
        "sing", "dance", "draw", "run", "jump", "read", "laugh", "paint", "tell stories",
        "play outside", "count the stars",
    ]
    static let animalHobbies = [
        "run", "jump", "sing", "dance", "play", "explore", "count the stars", "rest in the sun",
    ]

    static let colors = ["red", "blue", "green", "yellow", "orange", "purple", "white", "pink"]

    /// Things one carries about and may lose.
    static let treasures: [StoryThing.Choice] = [
        ("ball", colors + ["striped", "big"]), ("hat", colors + ["funny", "warm", "old"]),
        ("scarf", colors + ["soft", "striped"]), ("key", ["little", "silver", "old", "golden"]),
        ("book", colors + ["little", "old"]), ("ring", ["shiny", "silver", "golden"]),
        ("doll", ["little", "old", "soft", "pretty"]), ("bell", ["small", "golden", "silver"]),
        ("teddy bear", ["brown", "soft", "old", "white"]),
        ("whistle", colors + ["silver", "wooden"]), ("bag", colors + ["small"]),
        ("marble", colors + ["shiny"]), ("umbrella", colors + ["big", "old"]),
    ]

    /// Toys that break.
    static let toys: [StoryThing.Choice] = [
        ("kite", colors + ["new"]), ("toy car", colors + ["fast", "new"]),
        ("drum", colors + ["little"]), ("robot", ["silver", "new", "funny"] + colors),
        ("train", ["wooden", "old", "long"] + colors), ("truck", colors + ["big", "new"]),
        ("music box", ["old", "golden", "little"]), ("puppet", ["wooden", "funny", "old"]),
        ("plane", ["wooden", "white", "new", "silver"]), ("doll house", ["pink", "little", "old"]),
    ]

    static let places = [
        StoryPlace("in", "the park", spots: ["under a bench", "behind the slide", "by the pond"]),
        StoryPlace("in", "the forest", spots: ["under a log", "behind a tall oak", "in the moss"]),
        StoryPlace(
            "in", "the meadow", spots: ["in the tall grass", "under a bush", "by the fence"]),
        StoryPlace(
            "in", "the garden", spots: ["behind the shed", "under the roses", "by the gate"]),
        StoryPlace("at", "the beach", spots: ["behind a rock", "in the sand", "under a shell"]),
        StoryPlace("by", "the lake", spots: ["in the reeds", "under the dock", "behind a boat"]),
        StoryPlace("by", "the river", spots: ["under the bridge", "in the mud", "behind a stone"]),
        StoryPlace("on", "the hill", spots: ["behind a rock", "in the flowers", "under a bush"]),
        StoryPlace("on", "the farm", spots: ["in the hay", "behind the barn", "under the cart"]),
        StoryPlace(
            "at", "the playground", spots: ["under the swing", "in the sandbox", "by the wall"]),
    ]

    static let foods = [
        StoryFood("apples", "an apple"), StoryFood("cookies", "a cookie"),
        StoryFood("berries", "a berry"), StoryFood("pancakes", "a pancake"),
        StoryFood("plums", "a plum"), StoryFood("pears", "a pear"), StoryFood("nuts", "a nut"),
        StoryFood("cherries", "a cherry"), StoryFood("muffins", "a muffin"),
        StoryFood("sandwiches", "a sandwich"), StoryFood("oranges", "an orange"),
    ]
}
