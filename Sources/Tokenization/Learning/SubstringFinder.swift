/// Finds the frequent substrings of counted words.
///
/// The places of the text are sorted by the symbols that follow, one symbol deeper at a time, as a
/// suffix tree is walked from its root: at each of its inner nodes, where a substring goes on in
/// different ways or ends a word, stands a candidate. Shorter ones with the same occurrences are
/// no better.
struct SubstringFinder {
    /// A substring, named by its first place in the text.
    struct Candidate: BitwiseCopyable {
        /// The number of occurrences times the length.
        var score: Int64
        var start: UInt32
        var length: UInt32

        /// The order of candidates: by score, then by place, then the longer.
        func precedes(_ other: Candidate) -> Bool {
            if score != other.score { return score > other.score }
            return start != other.start ? start < other.start : length > other.length
        }
    }

    /// Places of `order` that share their first symbols.
    private struct Group {
        var first: Int
        var end: Int
        /// How many symbols they share.
        var depth: Int
    }

    private let text: UnigramText
    private let size: Int
    private let maximumLength: Int
    /// The places, those of a group one after the other, ascending.
    private var order: [UInt32] = []
    /// The word of each place.
    private var words: [UInt32] = []
    private var groups: [Group] = []
    private var candidates: [Candidate] = []
    /// The next symbol above the place, of the places of one group.
    private var keys: [UInt64] = []

    /// A finder of the best `size` substrings of 2 to `maximumLength` symbols.
    init(_ text: UnigramText, size: Int, maximumLength: Int) {
        self.text = text
        self.size = size
        self.maximumLength = maximumLength
    }

    /// The substrings, the best first.
    mutating func find() -> [Candidate] {
        guard size > 0, maximumLength > 1 else { return [] }
        sortByFirstSymbol()
        while let group = groups.popLast() { walk(group) }
        keepBest()
        return candidates
    }

    private mutating func sortByFirstSymbol() {
        words = [UInt32](repeating: 0, count: text.symbols.count)
        for word in text.starts.indices {
            for place in text.range(of: word) { words[place] = UInt32(word) }
        }
        var ends = [Int](repeating: 0, count: text.alphabet.count + 1)
        for symbol in text.symbols where symbol != 0 { ends[Int(symbol)] += 1 }
        var sum = 0
        for symbol in ends.indices {
            let count = ends[symbol]
            if count > 0 { groups.append(Group(first: sum, end: sum + count, depth: 1)) }
            // For now, where the group begins.
            ends[symbol] = sum
            sum += count
        }
        order = [UInt32](repeating: 0, count: sum)
        for (place, symbol) in text.symbols.enumerated() where symbol != 0 {
            order[ends[Int(symbol)]] = UInt32(place)
            ends[Int(symbol)] += 1
        }
    }

    /// Makes a candidate of the group's substring if it is one, and groups of the places that go
    /// on in the same way.
    private mutating func walk(_ group: Group) {
        keys.removeAll(keepingCapacity: true)
        var occurrences: Int64 = 0
        for index in group.first..<group.end {
            let place = order[index]
            let next = text.symbols[Int(place) + group.depth]
            keys.append(UInt64(next) << 32 | UInt64(place))
            occurrences = saturatingSum(occurrences, text.counts[Int(words[Int(place)])])
        }
        keys.sort()
        let first = keys[0] >> 32
        let branches = first == 0 || first != keys[keys.count - 1] >> 32
        if branches, group.depth > 1 {
            // The first place of the group comes first in it.
            add(occurrences, order[group.first], group.depth)
        }
        guard group.depth < maximumLength else { return }
        var start = 0
        for index in keys.indices {
            order[group.first + index] = UInt32(truncatingIfNeeded: keys[index])
            if index + 1 < keys.count, keys[index + 1] >> 32 == keys[index] >> 32 { continue }
            // Places where the word ends go no further.
            if keys[index] >> 32 != 0 {
                if index == start {
                    addWord(at: order[group.first + index])
                } else {
                    groups.append(
                        Group(
                            first: group.first + start, end: group.first + index + 1,
                            depth: group.depth + 1))
                }
            }
            start = index + 1
        }
    }

    /// Nothing else goes on like this place: if a word begins here, it is a candidate as a whole.
    /// (Its endings would have the same occurrences.)
    private mutating func addWord(at place: UInt32) {
        let word = Int(words[Int(place)])
        guard text.starts[word] == place, text.counts[word] > 1 else { return }
        let length = text.range(of: word).count
        if length > 1, length <= maximumLength { add(text.counts[word], place, length) }
    }

    private mutating func add(_ occurrences: Int64, _ place: UInt32, _ length: Int) {
        let (product, overflow) = occurrences.multipliedReportingOverflow(by: Int64(length))
        candidates.append(
            Candidate(score: overflow ? .max : product, start: place, length: UInt32(length)))
        // Now and then, so that the list stays short.
        if candidates.count >= 2 * size + 1024 { keepBest() }
    }

    private mutating func keepBest() {
        candidates.sort { $0.precedes($1) }
        if candidates.count > size { candidates.removeSubrange(size...) }
    }

    private func saturatingSum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
