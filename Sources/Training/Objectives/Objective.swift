import Corpora
import Tensors

/// What a model is asked about a window of text: what it reads, and what it is to answer.
public protocol Objective: Sendable {
    /// What runs call it.
    var name: String { get }

    /// Tokens of text a window has, for a model that reads `context`.
    func windowLength(context: Int) -> Int

    /// Questions about windows of text. `texts` are the windows' tokens; those at a text's end may be
    /// shorter. Row i draws from `random(i)`, so that it does not depend on its neighbours.
    func batch(
        of texts: [ArraySlice<Int32>], context: Int, random: (_ row: Int) -> RandomStream
    ) -> Batch
}

/// How windows become batches: as they are, each token asking for the next, or by an ``Objective``.
public struct Corruption: Sendable {
    private let objective: any Objective
    private let seed: UInt64
    private let context: Int

    init(_ objective: any Objective, seed: UInt64, context: Int) {
        (self.objective, self.seed, self.context) = (objective, seed, context)
    }

    /// The batch that `windows` becomes; `first` is the number of its first window in the run, or in the
    /// validation split, and with `part` names the random streams.
    func callAsFunction(_ windows: Batch, first: UInt64, part: String) -> Batch {
        let texts = (0..<windows.batch).map { row in
            let start = row * windows.context
            let targets = windows.targets[start..<start + windows.context]
            // A window that is filled up asks for nothing where its text is over.
            let count = (targets.lastIndex { $0 >= 0 } ?? start) - start + 1
            return windows.inputs[start..<start + count]
        }
        return objective.batch(of: texts, context: context) { row in
            RandomStream(seed: seed, "\(objective.name)/\(part)/\(first + UInt64(row))")
        }
    }
}

extension RandomStream {
    /// A whole number in 0 ..< count.
    mutating func next(below count: Int) -> Int {
        min(Int(nextDouble() * Double(count)), count - 1)
    }

    /// `count` of 0 ..< total in ascending order, every choice as likely (Floyd).
    mutating func choose(_ count: Int, of total: Int) -> [Int] {
        var chosen: Set<Int> = []
        for last in total - min(count, total)..<total {
            let pick = next(below: last + 1)
            chosen.insert(chosen.contains(pick) ? last : pick)
        }
        return chosen.sorted()
    }
}
