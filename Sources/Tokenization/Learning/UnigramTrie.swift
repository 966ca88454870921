/// The pieces of a unigram model as a tree of symbols: finds those that begin at a place.
struct UnigramTrie {
    /// The symbol that leads to each node, level by level from the root, which is the first.
    private var symbols: [UInt32] = [0]
    /// Where the children of each node begin; they end where the next node's begin.
    private var firstChildren: [Int32] = []
    /// The piece that ends at each node, -1 for none.
    private var pieces: [Int32] = []
    /// The node below the root for each symbol, 0 for none.
    private var roots: [Int32]

    /// The tree of `pieces`, which are distinct and sorted by symbols.
    init(_ pieces: [UnigramText.Piece], of text: UnigramText) {
        roots = [Int32](repeating: 0, count: text.alphabet.count + 1)
        // The pieces below each node of one level, and those of the next level.
        var level = [(first: 0, end: pieces.count)]
        var depth = 0
        while !level.isEmpty {
            var below: [(first: Int, end: Int)] = []
            for (first, end) in level {
                firstChildren.append(Int32(symbols.count))
                var index = first
                // A piece that ends here comes first.
                let isPiece = index < end && Int(pieces[index].length) == depth
                self.pieces.append(isPiece ? Int32(index) : -1)
                if isPiece { index += 1 }
                while index < end {
                    let symbol = text.symbols[Int(pieces[index].start) + depth]
                    let start = index
                    while index < end,
                        text.symbols[Int(pieces[index].start) + depth] == symbol
                    {
                        index += 1
                    }
                    if depth == 0 { roots[Int(symbol)] = Int32(symbols.count) }
                    symbols.append(symbol)
                    below.append((start, index))
                }
            }
            level = below
            depth += 1
        }
        firstChildren.append(Int32(symbols.count))
    }

    /// Calls `body` with every piece that is a beginning of `word` from `start` on, the shortest
    /// first, and where it ends.
    @inline(__always)
    func forEachPiece(
        of word: UnsafeBufferPointer<UInt32>, from start: Int,
        _ body: (_ piece: Int, _ end: Int) -> Void
    ) {
        var node = Int(roots[Int(word[start])])
        var end = start
        while node > 0 {
            end += 1
            let piece = pieces[node]
            if piece >= 0 { body(Int(piece), end) }
            if end == word.count { return }
            node = child(of: node, word[end])
        }
    }

    /// The child that a symbol leads to, 0 for none.
    @inline(__always)
    private func child(of node: Int, _ symbol: UInt32) -> Int {
        var low = Int(firstChildren[node])
        var high = Int(firstChildren[node + 1])
        while high - low > 8 {
            let middle = (low + high) / 2
            if symbols[middle] <= symbol { low = middle } else { high = middle }
        }
        while low < high {
            if symbols[low] == symbol { return low }
            low += 1
        }
        return 0
    }
}
