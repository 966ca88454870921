import ByteIO

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The words a unigram vocabulary is learnt from, as numbers of characters.
struct UnigramText {
    /// A piece of a word, named by the place where it first stands in `symbols`.
    struct Piece: BitwiseCopyable {
        var start: UInt32
        var length: UInt32
        /// Its place in the order of importance, 0 for the most important.
        var priority: UInt32
        /// The logarithm of its probability.
        var score: Double
    }

    /// The characters, sorted; the symbol of each is its index plus 1.
    let alphabet: [UInt32]
    /// The symbols of all words, with a 0 after each.
    private(set) var symbols: [UInt32] = []
    /// Where in `symbols` the words begin. A word with characters that are not in the alphabet is
    /// several ones here.
    private(set) var starts: [UInt32] = []
    /// How often each word occurs.
    private(set) var counts: [Int64] = []
    /// How often each character occurs in the words.
    private let scalarCounts: [UInt32: Int64]

    init(
        _ words: CountedWords, alphabetLimit: Int?, initialAlphabet: String
    ) throws(MartletError) {
        scalarCounts = Tokenization.scalarCounts(of: words)
        var ranked = scalarCounts
        for scalar in initialAlphabet.unicodeScalars { ranked[scalar.value] = .max }
        var kept = Array(ranked.keys)
        if let alphabetLimit, alphabetLimit < ranked.count {
            let order = ranked.sorted { left, right in
                left.value != right.value ? left.value > right.value : left.key < right.key
            }
            kept = order.prefix(alphabetLimit).map(\.key)
        }
        alphabet = kept.sorted()
        var symbolOfScalar: [UInt32: UInt32] = [:]
        for (index, scalar) in alphabet.enumerated() { symbolOfScalar[scalar] = UInt32(index + 1) }
        guard words.bytes.count + words.count + 2 * alphabet.count <= Int(Int32.max) else {
            throw MartletError(.unsupported, "the distinct words are more than 2 GiB together")
        }
        for word in 0..<words.count {
            var start = symbols.count
            forEachScalar(of: words.bytes, in: words.range(of: word)) { scalar, _ in
                if let symbol = symbolOfScalar[scalar] {
                    symbols.append(symbol)
                } else {
                    end(start, words.counts[word])
                    start = symbols.count
                }
            }
            end(start, words.counts[word])
        }
    }

    /// Ends the word that began at `start`, if it has any symbols.
    private mutating func end(_ start: Int, _ count: Int64) {
        guard symbols.count > start else { return }
        symbols.append(0)
        starts.append(UInt32(start))
        counts.append(count)
    }

    /// Where in `symbols` the symbols of a word stand.
    func range(of word: Int) -> Range<Int> {
        let end = word + 1 < starts.count ? Int(starts[word + 1]) : symbols.count
        return Int(starts[word])..<end - 1
    }

    /// Where in `symbols` those of a piece stand.
    func range(of piece: Piece) -> Range<Int> {
        Int(piece.start)..<Int(piece.start) + Int(piece.length)
    }

    /// The UTF-8 bytes of a piece.
    func bytes(of piece: Piece) -> [UInt8] {
        symbols[range(of: piece)].flatMap { utf8(alphabet[Int($0) - 1]) }
    }

    /// Whether `left` comes before `right` in the order of their symbols.
    func precedes(_ left: Piece, _ right: Piece) -> Bool {
        symbols[range(of: left)].lexicographicallyPrecedes(symbols[range(of: right)])
    }

    /// The pieces to begin with: all characters, and the substrings with the highest product of
    /// length and frequency. Sorted by symbols, with scores from these products.
    func seeds(size: Int, maximumLength: Int) -> [Piece] {
        var firstPlaces = [UInt32](repeating: .max, count: alphabet.count + 1)
        for (place, symbol) in symbols.enumerated() where firstPlaces[Int(symbol)] == .max {
            firstPlaces[Int(symbol)] = UInt32(place)
        }
        var finder = SubstringFinder(
            self, size: max(0, size - alphabet.count), maximumLength: maximumLength)
        var chosen: [SubstringFinder.Candidate] = []
        for (index, scalar) in alphabet.enumerated() where firstPlaces[index + 1] != .max {
            chosen.append(
                .init(score: scalarCounts[scalar] ?? 1, start: firstPlaces[index + 1], length: 1))
        }
        chosen.sort { $0.precedes($1) }
        chosen += finder.find()
        let total = log(chosen.reduce(0.0) { $0 + Double($1.score) })
        var pieces: [Piece] = []
        pieces.reserveCapacity(chosen.count)
        for (priority, candidate) in chosen.enumerated() {
            pieces.append(
                Piece(
                    start: candidate.start, length: candidate.length, priority: UInt32(priority),
                    score: log(Double(candidate.score)) - total))
        }
        pieces.sort { precedes($0, $1) }
        return pieces
    }
}
