#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A unigram model in the making: its pieces, and the two steps that are repeated.
///
/// Sums over the words are taken over a fixed number of chunks and these added up in order, so
/// that the last bits do not depend on the number of threads.
struct UnigramModel {
    let text: UnigramText
    /// The pieces, sorted by symbols.
    private(set) var pieces: [UnigramText.Piece]
    private let threads: Int
    private let chunks: [Range<Int>]
    /// The number of chunks. Each has an array with a number for every piece.
    private static let chunkCount = 16

    init(text: UnigramText, pieces: [UnigramText.Piece], threads: Int) {
        self.text = text
        self.pieces = pieces
        self.threads = threads
        // Chunks of about the same number of symbols.
        let step = text.symbols.count / Self.chunkCount + 1
        var bounds = [0]
        for (word, start) in text.starts.enumerated() where Int(start) >= bounds.count * step {
            bounds.append(word)
        }
        bounds.append(text.starts.count)
        chunks = zip(bounds, bounds.dropFirst()).map { $0..<$1 }
    }

    /// The lowest score of a piece; 0 if there are none.
    var lowestScore: Double { pieces.lazy.map(\.score).min() ?? 0 }

    // MARK: - Estimating probabilities

    /// One step of expectation maximisation. Pieces that hardly ever occur are dropped, but no
    /// characters: they are in every vocabulary, so that the loss of other pieces is to be seen
    /// with them.
    mutating func estimate() {
        let expected = sumOverWords { lattice, count, sums in
            lattice.addExpected(count, to: sums)
        }
        var kept: [UnigramText.Piece] = []
        var sum = 0.0
        for (piece, expected) in zip(pieces, expected)
        where expected >= 0.5 || piece.length == 1 {
            var piece = piece
            piece.score = max(expected, 0.5)
            kept.append(piece)
            sum += piece.score
        }
        // Not the share itself but what a Dirichlet prior makes of it, which favours few pieces:
        // https://cs.stanford.edu/~pliang/papers/tutorial-acl2007-talk.pdf
        let total = digamma(sum)
        for index in kept.indices { kept[index].score = digamma(kept[index].score) - total }
        pieces = kept
    }

    /// Calls `body` with the lattice of every word, its count, and an array with a number for every
    /// piece that is summed up over the words.
    private func sumOverWords(
        _ body: (inout UnigramLattice, Double, UnsafeMutableBufferPointer<Double>) -> Void
    ) -> [Double] {
        let trie = UnigramTrie(pieces, of: text)
        let size = pieces.count
        var sums = [[Double]](repeating: [], count: chunks.count)
        text.symbols.withUnsafeBufferPointer { symbols in
            sums.withUnsafeMutableBufferPointer { sums in
                let sums = UnsafeMutableBufferPointer(rebasing: sums[...])
                Workers.forEach(chunks.count, threads: threads) { chunk, _ in
                    var own = [Double](repeating: 0, count: size)
                    var lattice = UnigramLattice()
                    own.withUnsafeMutableBufferPointer { own in
                        for word in chunks[chunk] {
                            lattice.build(
                                UnsafeBufferPointer(rebasing: symbols[text.range(of: word)]), trie,
                                pieces)
                            body(&lattice, Double(text.counts[word]), own)
                        }
                    }
                    sums[chunk] = own
                }
            }
        }
        var total = [Double](repeating: 0, count: size)
        for sum in sums {
            for index in total.indices { total[index] += sum[index] }
        }
        return total
    }

    // MARK: - Dropping pieces

    /// Drops pieces until about `size` are left: those without which the likelihood of the text
    /// falls least, supposing that each is replaced by the next best way to spell it.
    mutating func prune(to size: Int) {
        // How often each piece is in the best way to cut a word.
        let used = sumOverWords { lattice, count, sums in
            _ = lattice.best { sums[$0] += count }
        }
        var ranked = losses(used).enumerated().filter { $0.element > -.infinity }
        ranked.sort { left, right in
            if left.element != right.element { return left.element > right.element }
            return pieces[left.offset].priority < pieces[right.offset].priority
        }
        let needed = ranked.prefix { $0.element == .infinity }.count
        var isKept = [Bool](repeating: false, count: pieces.count)
        for (priority, piece) in ranked.prefix(max(needed, size)).enumerated() {
            isKept[piece.offset] = true
            pieces[piece.offset].priority = UInt32(priority)
        }
        pieces = zip(pieces, isKept).filter(\.1).map(\.0)
    }

    /// What it costs to do without each piece: infinity if it must stay, -infinity if it is not
    /// used.
    private func losses(_ used: [Double]) -> [Double] {
        let trie = UnigramTrie(pieces, of: text)
        let sum = used.reduce(0, +)
        let wordCount = text.counts.reduce(0.0) { $0 + Double($1) }
        var losses = [Double](repeating: 0, count: pieces.count)
        let blocks = stride(from: 0, to: pieces.count, by: 4096).map { start in
            start..<min(start + 4096, pieces.count)
        }
        text.symbols.withUnsafeBufferPointer { symbols in
            losses.withUnsafeMutableBufferPointer { losses in
                let losses = UnsafeMutableBufferPointer(rebasing: losses[...])
                Workers.forEach(blocks.count, threads: threads) { block, _ in
                    var lattice = UnigramLattice()
                    var others: [Int] = []
                    for index in blocks[block] {
                        let piece = pieces[index]
                        if piece.length == 1 {
                            losses[index] = .infinity
                            continue
                        }
                        others.removeAll(keepingCapacity: true)
                        lattice.build(
                            UnsafeBufferPointer(rebasing: symbols[text.range(of: piece)]), trie,
                            pieces, withoutWhole: true)
                        let score = lattice.best { others.append($0) }
                        losses[index] = Self.loss(
                            used[index], isBest: piece.score >= score,
                            others: others.map { used[$0] }, sum: sum, wordCount: wordCount)
                    }
                }
            }
        }
        return losses
    }

    /// The loss of likelihood when a piece that is used so often gives its occurrences to
    /// `others`, which are used so often already.
    private static func loss(
        _ used: Double, isBest: Bool, others: [Double], sum: Double, wordCount: Double
    ) -> Double {
        guard used > 0 else { return -.infinity }
        // Used although there is a better way to spell it: only rounding does that.
        guard isBest else { return .infinity }
        let after = log(sum + used * Double(others.count - 1))
        var replaced = 0.0
        for other in others { replaced += log(other + used) - after }
        let loss = used / wordCount * (log(used) - log(sum) - replaced)
        return loss.isNaN ? 0 : loss
    }
}

/// The derivative of the logarithm of the gamma function, for positive numbers: the recurrence up
/// to 7, then the asymptotic series.
func digamma(_ x: Double) -> Double {
    guard x > 0 else { return -.infinity }
    var x = x
    var result = 0.0
    while x < 7 {
        result -= 1 / x
        x += 1
    }
    let centre = x - 0.5
    let square = 1 / (centre * centre)
    let fourth = square * square
    let series =
        square / 24 - 7 * fourth / 960 + 31 * fourth * square / 8064 - 127 * fourth * fourth / 30720
    return result + log(centre) + series
}
