import Corpora
import Tensors

/// Masked words (Devlin et al. 2019), drawn anew whenever a window is seen (Liu et al. 2019): of 15 % of
/// the tokens the model is asked what they were; 80 % of these are hidden by the mask, 10 % replaced by
/// a random token, 10 % left as they are.
public struct MaskedObjective: Objective {
    /// The mask's id.
    public let mask: Int32
    /// Ordinary tokens, ascending: only they are asked for or put in.
    public let ordinary: [Int32]
    /// The token that fills rows up.
    public let padding: Int32
    /// The share of tokens that are asked for.
    public let share: Double
    /// Whether each token begins a word, by id; whole words are then hidden together (nil: tokens).
    public let beginsWord: [Bool]?

    private let isOrdinary: [Bool]

    /// - Parameters:
    ///   - ordinary: the ids of ordinary tokens, of which there are some
    ///   - beginsWord: for hiding whole words, whether each token begins one, by id
    public init(
        mask: Int32, ordinary: [Int32], padding: Int32, share: Double = 0.15,
        beginsWord: [Bool]? = nil
    ) {
        precondition(!ordinary.isEmpty, "masked words: there are no ordinary tokens")
        (self.mask, self.ordinary, self.padding) = (mask, ordinary.sorted(), padding)
        (self.share, self.beginsWord) = (share, beginsWord)
        var isOrdinary = [Bool](repeating: false, count: Int(self.ordinary[ordinary.count - 1]) + 1)
        for id in ordinary { isOrdinary[Int(id)] = true }
        self.isOrdinary = isOrdinary
    }

    /// Says so for runs.
    public var name: String { beginsWord == nil ? "masked" : "masked-whole-words" }

    /// As many as the model reads.
    public func windowLength(context: Int) -> Int { context }

    /// What the model reads, and what stood at every place it is asked about (-1 elsewhere).
    public func batch(
        of texts: [ArraySlice<Int32>], context: Int, random: (_ row: Int) -> RandomStream
    ) -> Batch {
        var inputs = [Int32](repeating: padding, count: texts.count * context)
        var targets = [Int32](repeating: -1, count: texts.count * context)
        for (row, text) in texts.enumerated() {
            var random = random(row)
            let ids = Array(text)
            for (place, id) in ids.enumerated() { inputs[row * context + place] = id }
            for place in asked(ids, &random) {
                let at = row * context + place
                targets[at] = ids[place]
                let draw = random.nextUniform()
                if draw < 0.8 {
                    inputs[at] = mask
                } else if draw < 0.9 {
                    inputs[at] = ordinary[random.next(below: ordinary.count)]
                }
            }
        }
        return Batch(
            inputs: inputs, targets: targets, batch: texts.count, context: context,
            lengths: texts.map(\.count))
    }

    /// Places that are asked about: the share of tokens, in whole words if wanted; one at least.
    private func asked(_ ids: [Int32], _ random: inout RandomStream) -> [Int] {
        let candidates = ids.indices.filter {
            Int(ids[$0]) < isOrdinary.count && isOrdinary[Int(ids[$0])]
        }
        guard !candidates.isEmpty else { return [] }
        let count = max(1, Int((share * Double(candidates.count)).rounded()))
        guard let beginsWord else {
            return random.choose(count, of: candidates.count).map { candidates[$0] }
        }
        var words: [[Int]] = []
        for place in candidates {
            let goesOn = words.last?.last == place - 1 && !beginsWord[Int(ids[place])]
            if goesOn { words[words.count - 1].append(place) } else { words.append([place]) }
        }
        var places: [Int] = []
        // A random order of words, until the share is reached; what would exceed it by much is left out.
        for index in words.indices.dropLast() {
            words.swapAt(index, index + random.next(below: words.count - index))
        }
        for word in words where places.isEmpty || places.count + word.count <= count {
            places += word
        }
        return places.sorted()
    }
}
