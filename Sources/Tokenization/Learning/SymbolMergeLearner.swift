import ByteIO

/// Learns merges of pairs of symbols (bytes or characters) from counted words, one at a time: the
/// most frequent pair first, of equally frequent ones that with the smallest ids.
///
/// The number of occurrences of every pair is kept up to date while the words shrink, and with
/// each candidate pair the list of words it came up in, so that a merge touches only those. The
/// candidates wait in a heap; a count that has changed meanwhile is noticed when its candidate
/// comes up, which is then put back with the new one.
struct SymbolMergeLearner {
    /// Two tokens that are joined, and what they become.
    typealias Rule = (left: Int32, right: Int32, result: Int32)

    /// What may be learnt.
    struct Options {
        /// How often a pair must occur to be merged.
        var minimumFrequency: Int64 = 0
        /// Tokens that must not be learnt.
        var forbidden: [[UInt8]] = []
        /// What a token that is not first in its word begins with; dropped when it is joined to
        /// another.
        var continuingPrefix: [UInt8] = []
        /// Tokens learnt from longer ones stay below so many symbols.
        var lengthLimit: Int?
    }

    /// A pair that may be merged.
    private struct Candidate {
        var key: UInt64
        var count: Int64
        /// The first node of the list of words in which this candidate was formed.
        var words: Int32

        /// Whether this one is merged before `other`: the more frequent, then the smaller ids.
        func precedes(_ other: Candidate) -> Bool {
            count != other.count ? count > other.count : key < other.key
        }
    }

    /// A node of the list of words of one pair.
    private struct Node {
        var word: Int32
        var next: Int32
    }

    /// The tokens by id: those given and what has been learnt.
    private(set) var tokens: ByteTable
    /// The merges so far.
    private(set) var rules: [Rule] = []
    private let givenTokens: Int
    private let options: Options
    private let forbidden: ByteTable
    /// The number of symbols in each token.
    private var tokenLengths: [Int]

    // The words: the tokens of all of them in one array, each shrinking in its own stretch.
    private var symbols: [Int32]
    private let ends: [Int]
    private var lengths: [Int32] = []
    private let frequencies: [Int64]

    private var pairs = PairCounts()
    private var nodes: [Node] = []
    private var freeNode: Int32 = -1
    private var heap: [Candidate] = []

    // The words in which the present merge has made new pairs, -1 for none: of each token with the
    // new one after it, and with the new one before it. (Every new pair has the new token in it.)
    private var wordsBefore: [Int32]
    private var wordsAfter: [Int32]
    /// The tokens whose list is not empty: twice the id, plus 1 for `wordsAfter`.
    private var fresh: [Int] = []

    /// Counts the pairs of the words.
    ///
    /// - Parameters:
    ///   - tokens: The tokens there are before the first merge.
    ///   - symbols: The tokens of all words, one word after the other.
    ///   - ends: Where in `symbols` each word ends.
    ///   - counts: How often each word occurs.
    /// - Throws: `MartletError` if there are too many words for 32-bit numbers.
    init(
        tokens: ByteTable, symbols: [Int32], ends: [Int], counts: [Int64],
        options: Options = Options()
    ) throws(MartletError) {
        // Nodes have 32-bit numbers, and each symbol can give rise to three of them.
        guard symbols.count <= Int(Int32.max) / 3, ends.count <= Int(Int32.max) else {
            throw MartletError(
                .unsupported, "the distinct words have more than 715 million symbols together")
        }
        self.tokens = tokens
        self.symbols = symbols
        self.ends = ends
        self.options = options
        frequencies = counts
        givenTokens = tokens.count
        tokenLengths = [Int](repeating: 1, count: tokens.count)
        wordsBefore = [Int32](repeating: -1, count: tokens.count)
        wordsAfter = wordsBefore
        var table = ByteTable()
        for token in options.forbidden { table.insert(token) }
        forbidden = table
        countPairs()
    }

    /// The number of tokens learnt so far.
    var learnedTokens: Int { tokens.count - givenTokens }

    /// Makes the next merge; false if no pair is frequent enough.
    mutating func learnOne() -> Bool {
        while var best = heap.first {
            let count = pairs.count(of: best.key)
            if best.count != count {
                best.count = count
                replaceFirst(with: best)
                continue
            }
            if count < 1 || count < options.minimumFrequency { return false }
            popFirst()
            let (left, right) = PairTable.pair(best.key)
            let bytes = joined(left, right)
            if forbidden.find(bytes) != nil {
                release(best.words)
                continue
            }
            // Two different pairs can make the same bytes: then it is the same token.
            let result = Int32(tokens.insert(bytes))
            if Int(result) == wordsBefore.count {
                wordsBefore.append(-1)
                wordsAfter.append(-1)
                tokenLengths.append(tokenLengths[Int(left)] + tokenLengths[Int(right)])
            }
            rules.append((left, right, result))
            var node = best.words
            while node >= 0 {
                merge(left, right, into: result, inWord: nodes[Int(node)].word)
                node = nodes[Int(node)].next
            }
            release(best.words)
            pushFresh(result)
            return true
        }
        return false
    }

    private func joined(_ left: Int32, _ right: Int32) -> [UInt8] {
        var rest = tokens[Int(right)]
        if !options.continuingPrefix.isEmpty, rest.starts(with: options.continuingPrefix) {
            rest = rest.dropFirst(options.continuingPrefix.count)
        }
        return Array(tokens[Int(left)]) + rest
    }

    // MARK: - Words

    private mutating func countPairs() {
        // The first node of each pair's list, by the number of the pair in the order it came up.
        var numbers = PairTable(capacity: 1 << 12)
        var keys: [UInt64] = []
        var lists: [Int32] = []
        nodes.reserveCapacity(symbols.count)
        lengths.reserveCapacity(ends.count)
        var start = 0
        for (word, end) in ends.enumerated() {
            lengths.append(Int32(end - start))
            for index in start..<end where index > start {
                let key = PairTable.key(symbols[index - 1], symbols[index])
                pairs.add(frequencies[word], to: key)
                var number = numbers.find(key)
                if number == PairTable.missing {
                    number = UInt64(keys.count)
                    numbers.insert(key, number)
                    keys.append(key)
                    lists.append(-1)
                }
                lists[Int(number)] = note(Int32(word), in: lists[Int(number)])
            }
            start = end
        }
        for (key, words) in zip(keys, lists) { push(key, words) }
    }

    /// Joins the pair wherever it stands in a word.
    private mutating func merge(
        _ left: Int32, _ right: Int32, into result: Int32, inWord word: Int32
    ) {
        let start = word == 0 ? 0 : ends[Int(word) - 1]
        let end = start + Int(lengths[Int(word)])
        let frequency = frequencies[Int(word)]
        var source = start
        var target = start
        while source < end {
            let symbol = symbols[source]
            guard symbol == left, source + 1 < end, symbols[source + 1] == right else {
                symbols[target] = symbol
                source += 1
                target += 1
                continue
            }
            if target > start {
                let before = symbols[target - 1]
                pairs.add(-frequency, to: PairTable.key(before, left))
                if mayMeet(before, result) {
                    pairs.add(frequency, to: PairTable.key(before, result))
                    noteBefore(before, word)
                }
            }
            if source + 2 < end {
                let after = symbols[source + 2]
                pairs.add(-frequency, to: PairTable.key(right, after))
                if mayMeet(after, result) {
                    pairs.add(frequency, to: PairTable.key(result, after))
                    // The pair of the new token with itself has one list.
                    if after == result { noteBefore(after, word) } else { noteAfter(after, word) }
                }
            }
            symbols[target] = result
            source += 2
            target += 1
        }
        lengths[Int(word)] = Int32(target - start)
    }

    /// Whether a pair of these tokens may be merged, as far as its length is concerned.
    @inline(__always)
    private func mayMeet(_ token: Int32, _ other: Int32) -> Bool {
        guard let limit = options.lengthLimit else { return true }
        return tokenLengths[Int(token)] + tokenLengths[Int(other)] < limit
    }

    // MARK: - Lists of words

    private mutating func noteBefore(_ token: Int32, _ word: Int32) {
        let list = wordsBefore[Int(token)]
        if list < 0 { fresh.append(2 * Int(token)) }
        wordsBefore[Int(token)] = note(word, in: list)
    }

    private mutating func noteAfter(_ token: Int32, _ word: Int32) {
        let list = wordsAfter[Int(token)]
        if list < 0 { fresh.append(2 * Int(token) + 1) }
        wordsAfter[Int(token)] = note(word, in: list)
    }

    /// Puts a word at the front of a list, unless it is there already; returns the new front.
    private mutating func note(_ word: Int32, in list: Int32) -> Int32 {
        if list >= 0, nodes[Int(list)].word == word { return list }
        let node = Node(word: word, next: list)
        guard freeNode >= 0 else {
            nodes.append(node)
            return Int32(nodes.count - 1)
        }
        let place = freeNode
        freeNode = nodes[Int(place)].next
        nodes[Int(place)] = node
        return place
    }

    /// Gives the nodes of a list back.
    private mutating func release(_ list: Int32) {
        var node = list
        while node >= 0 {
            let next = nodes[Int(node)].next
            nodes[Int(node)].next = freeNode
            freeNode = node
            node = next
        }
    }

    // MARK: - Candidates

    /// Makes candidates of the pairs of `result` that have come up.
    private mutating func pushFresh(_ result: Int32) {
        for item in fresh {
            let token = Int32(item / 2)
            if item.isMultiple(of: 2) {
                push(PairTable.key(token, result), wordsBefore[Int(token)])
                wordsBefore[Int(token)] = -1
            } else {
                push(PairTable.key(result, token), wordsAfter[Int(token)])
                wordsAfter[Int(token)] = -1
            }
        }
        fresh.removeAll(keepingCapacity: true)
    }

    /// Makes a candidate of a pair that came up in these words, if it is still there.
    private mutating func push(_ key: UInt64, _ words: Int32) {
        let count = pairs.count(of: key)
        guard count > 0 else {
            release(words)
            return
        }
        let candidate = Candidate(key: key, count: count, words: words)
        heap.append(candidate)
        var child = heap.count - 1
        while child > 0, candidate.precedes(heap[(child - 1) / 2]) {
            heap[child] = heap[(child - 1) / 2]
            child = (child - 1) / 2
        }
        heap[child] = candidate
    }

    private mutating func popFirst() {
        let last = heap.removeLast()
        if !heap.isEmpty { replaceFirst(with: last) }
    }

    private mutating func replaceFirst(with candidate: Candidate) {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            if !heap[child].precedes(candidate) { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = candidate
    }
}

extension SymbolMergeLearner {
    /// A learner that begins with the 256 bytes, in GPT-2's order.
    init(bytesOf words: CountedWords, options: Options = Options()) throws(MartletError) {
        var tokens = ByteTable()
        var idOfByte = [Int32](repeating: 0, count: 256)
        for byte in ByteAlphabet.bytesInOrder { idOfByte[Int(byte)] = Int32(tokens.insert([byte])) }
        try self.init(
            tokens: tokens, symbols: words.bytes.map { idOfByte[Int($0)] }, ends: words.ends,
            counts: words.counts, options: options)
    }
}
