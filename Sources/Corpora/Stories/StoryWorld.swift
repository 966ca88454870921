import ByteIO

/// An endless, reproducible supply of short stories: the corpus of `martlet demo`.
///
/// ```swift
/// let world = StoryWorld(seed: 1)
/// print(world.story(0).text)
/// let corpus = world.corpus(count: 4000).text
/// ```
public struct StoryWorld: Sendable {
    /// Worlds with different seeds tell different stories.
    public let seed: UInt64

    /// A world is only its seed; nothing is made in advance.
    public init(seed: UInt64) {
        self.seed = seed
    }

    /// Story number `index`, the same on every machine. O(1) whatever the index, which may be any
    /// integer.
    public func story(_ index: Int) -> Story {
        var teller = StoryTeller(draws: StoryDraws(seed: seed, index: index))
        let plot = teller.pick(StoryPlots.all)
        let facts = plot(&teller)
        return Story(text: teller.text, facts: facts)
    }

    /// Stories `0..<count`; none if `count` is not positive.
    public func corpus(count: Int) -> StoryCorpus {
        StoryCorpus(world: self, count: max(count, 0))
    }
}

/// The first stories of a world, told one at a time as they are asked for.
public struct StoryCorpus: Sendable, RandomAccessCollection {
    /// Where the stories come from.
    public let world: StoryWorld
    /// Number of stories.
    public let count: Int

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of stories.
    public var endIndex: Int { count }

    /// The story at `index`, told anew at every access.
    public subscript(index: Int) -> Story { world.story(index) }

    /// All stories as plain text, one paragraph each, with a blank line between two.
    public var text: String {
        var text = ""
        for story in self {
            if !text.isEmpty { text += "\n\n" }
            text += story.text
        }
        return text.isEmpty ? text : text + "\n"
    }

    /// All stories as JSONL, one `{"text": …, "facts": …}` a line.
    public var jsonLines: String {
        var lines = ""
        for story in self {
            lines += story.json.text()
            lines += "\n"
        }
        return lines
    }
}
