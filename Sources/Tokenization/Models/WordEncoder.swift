/// A token a piece: whole words, as WordLevel vocabularies have them.
struct WordEncoder: Sendable {
    let spellings: SpellingTable
    /// The token of other words.
    let unknown: Int32?

    func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into sink: inout TokenSink
    ) -> EncodingFailure? {
        if let id = spellings.find(UnsafeBufferPointer(rebasing: text[range])) ?? unknown {
            sink.append(id, range)
            return nil
        }
        return .word(offset: range.lowerBound)
    }
}

/// Words spelled with the longest pieces of a vocabulary, from the left on, whatever cut the text into words.
struct WordPieceSpeller: Sendable {
    let spellings: SpellingTable
    let unknown: Int32?
    /// What pieces begin with that go on within a word.
    let prefix: [UInt8]
    /// Longer words are unknown, in scalars.
    let longestWord: Int
    /// The pieces that begin a word.
    private var first = PrefixTree()
    /// The pieces that go on within a word, without their prefix.
    private var later = PrefixTree()

    init(spellings: SpellingTable, unknown: Int32?, prefix: [UInt8], longestWord: Int) {
        self.spellings = spellings
        self.unknown = unknown
        self.prefix = prefix
        self.longestWord = longestWord
        for number in 0..<spellings.count {
            let (spelling, id) = spellings[number]
            first.insert(spelling, id)
            if spelling.starts(with: prefix) { later.insert(spelling.dropFirst(prefix.count), id) }
        }
    }

    func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into sink: inout TokenSink
    ) -> EncodingFailure? {
        let word = UnsafeBufferPointer(rebasing: text[range])
        let scalars = word.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        var spelled: [(id: Int32, part: Range<Int>)] = []
        var start = 0
        while scalars <= longestWord, start < word.count {
            let tree = start == 0 ? first : later
            guard let (end, id) = tree.longestPrefix(of: word, from: start) else { break }
            spelled.append((id, start..<end))
            start = end
        }
        if start == word.count, scalars <= longestWord {
            for (id, part) in spelled {
                sink.append(
                    id, part.lowerBound + range.lowerBound..<part.upperBound + range.lowerBound)
            }
        } else if let unknown {
            sink.append(unknown, range)
        } else {
            return .word(offset: range.lowerBound)
        }
        return nil
    }
}
