#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// All ways to cut one word into pieces: positions between its symbols, and an edge for each
/// piece that fits. One object serves many words, so that nothing is allocated for each.
struct UnigramLattice {
    /// A piece between two positions, by the position where it begins.
    private struct Edge {
        var piece: Int32
        var end: Int32
        var score: Double
    }

    private var edges: [Edge] = []
    /// Where the edges from each position begin in `edges`; one more at the end.
    private var firstEdges: [Int] = []
    private var length = 0
    // For each position the logarithm of the sum over all ways to it (forward), from it to the
    // end (backward), each first kept as the largest term and the sum relative to that.
    private var largest: [Double] = []
    private var sums: [Double] = []
    private var backward: [Double] = []
    private var terms: [Double] = []
    /// The best edge to each position, and where it begins.
    private var bestEdges: [(edge: Int, start: Int)] = []

    /// Takes in a word, all characters of which are pieces.
    ///
    /// - Parameter withoutWhole: Whether the word itself, as one piece, is left out; it must then
    ///   have more than one character.
    mutating func build(
        _ word: UnsafeBufferPointer<UInt32>, _ trie: UnigramTrie, _ pieces: [UnigramText.Piece],
        withoutWhole: Bool = false
    ) {
        edges.removeAll(keepingCapacity: true)
        firstEdges.removeAll(keepingCapacity: true)
        length = word.count
        for position in 0..<length {
            firstEdges.append(edges.count)
            trie.forEachPiece(of: word, from: position) { piece, end in
                if withoutWhole, end - position == word.count { return }
                edges.append(
                    Edge(piece: Int32(piece), end: Int32(end), score: pieces[piece].score))
            }
        }
        firstEdges.append(edges.count)
    }

    /// Adds to `expected`, for every piece, the number of its occurrences in the word that is to
    /// be expected, times `count`.
    mutating func addExpected(
        _ count: Double, to expected: UnsafeMutableBufferPointer<Double>
    ) {
        reset()
        for position in 0..<length {
            let forward = largest[position] + log(sums[position])
            // From here on the finished logarithm.
            largest[position] = forward
            for edge in edges[firstEdges[position]..<firstEdges[position + 1]] {
                accumulate(forward + edge.score, at: Int(edge.end))
            }
        }
        let total = largest[length] + log(sums[length])
        backward[length] = 0
        for position in stride(from: length - 1, through: 0, by: -1) {
            let range = firstEdges[position]..<firstEdges[position + 1]
            terms.removeAll(keepingCapacity: true)
            var top = -Double.infinity
            for index in range {
                let term = edges[index].score + backward[Int(edges[index].end)]
                terms.append(term)
                top = max(top, term)
            }
            var sum = 0.0
            for index in terms.indices {
                terms[index] = exp(terms[index] - top)
                sum += terms[index]
            }
            backward[position] = top + log(sum)
            let weight = count * exp(largest[position] + top - total)
            for index in range {
                expected[Int(edges[index].piece)] += weight * terms[index - range.lowerBound]
            }
        }
    }

    /// The score of the best way to cut the word; calls `body` with its pieces from the last to
    /// the first.
    mutating func best(_ body: (_ piece: Int) -> Void) -> Double {
        reset()
        for position in 0..<length {
            for index in firstEdges[position]..<firstEdges[position + 1] {
                let edge = edges[index]
                let score = largest[position] + edge.score
                // Of equally good ways the one with the longest last piece stays.
                if score > largest[Int(edge.end)] {
                    largest[Int(edge.end)] = score
                    bestEdges[Int(edge.end)] = (index, position)
                }
            }
        }
        var position = length
        while position > 0 {
            let (edge, start) = bestEdges[position]
            body(Int(edges[edge].piece))
            position = start
        }
        return largest[length]
    }

    private mutating func reset() {
        if largest.count <= length {
            let count = 2 * length + 16
            largest = [Double](repeating: 0, count: count)
            sums = largest
            backward = largest
            bestEdges = [(edge: Int, start: Int)](repeating: (0, 0), count: count)
        }
        for position in 0...length {
            largest[position] = -.infinity
            sums[position] = 0
            bestEdges[position] = (0, 0)
        }
        largest[0] = 0
        sums[0] = 1
    }

    /// Adds a way to a position, in logarithms.
    @inline(__always)
    private mutating func accumulate(_ score: Double, at position: Int) {
        if score > largest[position] {
            sums[position] = sums[position] * exp(largest[position] - score) + 1
            largest[position] = score
        } else {
            sums[position] += exp(score - largest[position])
        }
    }
}
