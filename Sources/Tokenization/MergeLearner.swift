/// Learns byte-pair merges from counted words, one at a time.
///
/// The number of occurrences of every pair is kept up to date while the words shrink, and with
/// each candidate pair the list of words it came up in, so that a merge touches only those. The
/// candidates wait in a heap; a count that has changed meanwhile is noticed when its candidate
/// comes up, which is then put back with the new one.
struct MergeLearner {
    /// A pair that may be merged.
    private struct Candidate {
        /// The pair's number in `pairKeys` and `pairCounts`.
        var pair: Int32
        /// The first node of the list of words in which this candidate was formed.
        var words: Int32
        var key: UInt64
        var count: Int64

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

    /// The tokens by id: the 256 bytes in GPT-2's order and what has been learnt.
    private(set) var tokens = ByteTable()
    /// The merges so far.
    private(set) var rules: [BytePairEncoder.Rule] = []
    private let minimumFrequency: Int64
    private let forbidden: ByteTable

    // The words: the tokens of all of them in one array, each shrinking in its own stretch.
    private var symbols: [Int32] = []
    private var starts: [Int32] = []
    private var lengths: [Int32] = []
    private let frequencies: [Int64]

    // The pairs ever seen, numbered.
    private var pairs = PairTable(capacity: 1 << 12)
    private var pairKeys: [UInt64] = []
    private var pairCounts: [Int64] = []
    /// The words in which a pair has come up since its last candidate was made; -1 for none.
    private var pairWords: [Int32] = []

    private var nodes: [Node] = []
    private var freeNode: Int32 = -1
    private var heap: [Candidate] = []
    /// The pairs whose `pairWords` is not empty.
    private var fresh: [Int32] = []

    /// Counts the pairs of `words`.
    ///
    /// - Parameter forbidden: Tokens that must not be learnt.
    init(words: ByteTable, counts: [Int64], forbidden: [[UInt8]], minimumFrequency: Int64) {
        self.minimumFrequency = minimumFrequency
        frequencies = counts
        var table = ByteTable()
        for token in forbidden { table.insert(token) }
        self.forbidden = table
        var idOfByte = [Int32](repeating: 0, count: 256)
        for byte in ByteAlphabet.bytesInOrder { idOfByte[Int(byte)] = Int32(tokens.insert([byte])) }

        symbols.reserveCapacity(words.byteCount)
        for word in 0..<words.count {
            let bytes = words[word]
            starts.append(Int32(symbols.count))
            lengths.append(Int32(bytes.count))
            for byte in bytes { symbols.append(idOfByte[Int(byte)]) }
            var previous: Int32 = -1
            for byte in bytes {
                let symbol = idOfByte[Int(byte)]
                if previous >= 0 {
                    change(PairTable.key(previous, symbol), by: counts[word], in: Int32(word))
                }
                previous = symbol
            }
        }
        pushFresh()
    }

    /// The number of tokens learnt so far.
    var learnedTokens: Int { tokens.count - 256 }

    /// Makes the next merge; false if no pair is frequent enough.
    mutating func learnOne() -> Bool {
        while var best = heap.first {
            let count = pairCounts[Int(best.pair)]
            if best.count != count {
                best.count = count
                replaceFirst(with: best)
                continue
            }
            if count < 1 || count < minimumFrequency { return false }
            popFirst()
            let (left, right) = PairTable.pair(best.key)
            let bytes = Array(tokens[Int(left)]) + Array(tokens[Int(right)])
            if forbidden.find(bytes) != nil {
                release(best.words)
                continue
            }
            // Two different pairs can make the same bytes: then it is the same token.
            let result = Int32(tokens.insert(bytes))
            rules.append((left, right, result))
            merge(left, right, into: result, in: best.words)
            pushFresh()
            return true
        }
        return false
    }

    // MARK: - Words

    /// Joins the pair in every word of the list, and gives up the list.
    private mutating func merge(_ left: Int32, _ right: Int32, into result: Int32, in list: Int32) {
        var node = list
        while node >= 0 {
            merge(left, right, into: result, inWord: nodes[Int(node)].word)
            node = nodes[Int(node)].next
        }
        release(list)
    }

    private mutating func merge(
        _ left: Int32, _ right: Int32, into result: Int32, inWord word: Int32
    ) {
        let start = Int(starts[Int(word)])
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
                change(PairTable.key(before, left), by: -frequency)
                change(PairTable.key(before, result), by: frequency, in: word)
            }
            if source + 2 < end {
                let after = symbols[source + 2]
                change(PairTable.key(right, after), by: -frequency)
                change(PairTable.key(result, after), by: frequency, in: word)
            }
            symbols[target] = result
            source += 2
            target += 1
        }
        lengths[Int(word)] = Int32(target - start)
    }

    // MARK: - Pairs

    /// Changes the count of a pair, which has newly come up in `word` if one is given.
    private mutating func change(_ key: UInt64, by count: Int64, in word: Int32? = nil) {
        var found = pairs.find(key)
        if found == PairTable.missing {
            found = UInt64(pairKeys.count)
            pairs.insert(key, found)
            pairKeys.append(key)
            pairCounts.append(0)
            pairWords.append(-1)
        }
        let pair = Int(found)
        pairCounts[pair] += count
        guard let word else { return }
        let first = pairWords[pair]
        if first < 0 {
            fresh.append(Int32(pair))
        } else if nodes[Int(first)].word == word {
            return
        }
        let node = Node(word: word, next: first)
        if freeNode >= 0 {
            pairWords[pair] = freeNode
            freeNode = nodes[Int(freeNode)].next
            nodes[Int(pairWords[pair])] = node
        } else {
            pairWords[pair] = Int32(nodes.count)
            nodes.append(node)
        }
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

    /// Makes candidates of the pairs that have come up.
    private mutating func pushFresh() {
        for pair in fresh {
            let words = pairWords[Int(pair)]
            pairWords[Int(pair)] = -1
            let count = pairCounts[Int(pair)]
            if count > 0 {
                push(Candidate(pair: pair, words: words, key: pairKeys[Int(pair)], count: count))
            } else {
                release(words)
            }
        }
        fresh.removeAll(keepingCapacity: true)
    }

    private mutating func push(_ candidate: Candidate) {
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
