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
    private let longestPiece: Int

    init(spellings: SpellingTable, unknown: Int32?, prefix: [UInt8], longestWord: Int) {
        self.spellings = spellings
        self.unknown = unknown
        self.prefix = prefix
        self.longestWord = longestWord
        longestPiece = (0..<spellings.count).reduce(0) { max($0, spellings[$1].spelling.count) }
    }

    func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into sink: inout TokenSink
    ) -> EncodingFailure? {
        let word = UnsafeBufferPointer(rebasing: text[range])
        let scalars = word.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        var spelled: [(id: Int32, part: Range<Int>)] = []
        var start = 0
        var candidate: [UInt8] = []
        while scalars <= longestWord, start < word.count {
            candidate.removeAll(keepingCapacity: true)
            if start > 0 { candidate += prefix }
            let lead = candidate.count
            candidate += word[start..<min(word.count, start + longestPiece)]
            var found: Int32?
            while candidate.count > lead {
                found = spellings.find(candidate)
                if found != nil { break }
                // Whole scalars at a time.
                while let last = candidate.popLast(), last & 0xC0 == 0x80, candidate.count > lead {}
            }
            guard let found else { break }
            spelled.append((found, start..<start + candidate.count - lead))
            start += candidate.count - lead
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
