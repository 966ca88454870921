import Corpora
import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// BART's denoising (Lewis et al. 2020): sentences in another order, and 30 % of the tokens in spans
/// of Poisson lengths (mean 3) replaced by one mask a span, an empty span too; the model writes the text
/// as it was.
public struct Denoising: Objective {
    /// The mask's id.
    public let mask: Int32
    /// The token that ends both sides.
    public let end: Int32
    /// The token that fills rows up.
    public let padding: Int32
    /// Tokens after which a sentence ends; sentences keep their order if there are none.
    public let sentenceEnds: Set<Int32>
    /// The share of tokens that are hidden, and the mean length of a span.
    public let share: Double, meanSpan: Double

    /// The paper's shares unless given.
    public init(
        mask: Int32, end: Int32, padding: Int32, sentenceEnds: Set<Int32>, share: Double = 0.3,
        meanSpan: Double = 3
    ) {
        (self.mask, self.end, self.padding) = (mask, end, padding)
        (self.sentenceEnds, self.share, self.meanSpan) = (sentenceEnds, share, meanSpan)
    }

    /// Says so for runs.
    public var name: String { "denoising" }

    /// One less than the model reads and writes, for the end. Spans only ever shorten a text, but for
    /// empty ones, which are not put in where there is no room.
    public func windowLength(context: Int) -> Int { context - 1 }

    /// The text with its noise, and as it was.
    public func batch(
        of texts: [ArraySlice<Int32>], context: Int, random: (_ row: Int) -> RandomStream
    ) -> Batch {
        var rows: [(read: [Int32], written: [Int32])] = []
        for (row, text) in texts.enumerated() {
            var random = random(row)
            let ids = Array(text)
            let noisy = infilled(shuffled(ids, &random), room: context - 1, &random)
            rows.append((noisy + [end], ids + [end]))
        }
        return Batch(pairs: rows, read: context, written: context, padding: padding)
    }

    private func shuffled(_ ids: [Int32], _ random: inout RandomStream) -> [Int32] {
        var sentences: [[Int32]] = [[]]
        for id in ids {
            sentences[sentences.count - 1].append(id)
            if sentenceEnds.contains(id) { sentences.append([]) }
        }
        for index in sentences.indices.dropLast() {
            sentences.swapAt(index, index + random.next(below: sentences.count - index))
        }
        return sentences.flatMap { $0 }
    }

    private func infilled(
        _ ids: [Int32], room: Int, _ random: inout RandomStream
    ) -> [Int32] {
        var left = Int((share * Double(ids.count)).rounded())
        // A span begins before a token with this chance; the share is reached on average.
        let chance = share / meanSpan / (1 - share)
        var read: [Int32] = []
        var at = 0
        while at < ids.count {
            if left > 0, Double(random.nextUniform()) < chance {
                let length = min(poisson(&random), left, ids.count - at)
                // An empty span adds a token, which must fit.
                if length > 0 || read.count + ids.count - at < room {
                    read.append(mask)
                    at += length
                    left -= length
                    if length > 0 { continue }
                }
            }
            guard at < ids.count else { break }
            read.append(ids[at])
            at += 1
        }
        return read
    }

    /// A Poisson number of the mean (Knuth).
    private func poisson(_ random: inout RandomStream) -> Int {
        let limit = exp(-meanSpan)
        var (count, product) = (0, random.nextDouble())
        while product > limit {
            count += 1
            product *= random.nextDouble()
        }
        return count
    }
}

/// The second half of a text given the first: a model of two stacks on plain text, every word of the
/// target given those before it. What supervised pairs are, with pairs made of any text.
public struct Continuation: Objective {
    /// The token that ends both sides.
    public let end: Int32
    /// The token that fills rows up.
    public let padding: Int32

    /// - Parameters:
    ///   - end: the token that ends both sides
    ///   - padding: the token that fills rows up
    public init(end: Int32, padding: Int32) { (self.end, self.padding) = (end, padding) }

    /// Says so for runs.
    public var name: String { "continuation" }

    /// Two less than both stacks together, for their ends.
    public func windowLength(context: Int) -> Int { 2 * (context - 1) }

    /// The first part, and the rest.
    public func batch(
        of texts: [ArraySlice<Int32>], context: Int, random: (_ row: Int) -> RandomStream
    ) -> Batch {
        let rows = texts.map { text in
            let half = (text.count + 1) / 2
            return (
                read: Array(text.prefix(half)) + [end], written: Array(text.dropFirst(half)) + [end]
            )
        }
        return Batch(pairs: rows, read: context, written: context, padding: padding)
    }
}
