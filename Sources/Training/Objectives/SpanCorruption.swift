import Corpora
import Tensors

/// Span corruption (Raffel et al. 2020): 15 % of the tokens, in spans of three on average, are taken
/// out; a sentinel of its own stands for each span, and the model writes the sentinels with what they
/// stand for. 512 tokens read come of 568 of text, with 114 to write.
public struct SpanCorruption: Objective {
    /// The sentinels' ids, in the order they are used.
    public let sentinels: [Int32]
    /// The token that ends both sides.
    public let end: Int32
    /// The token that fills rows up.
    public let padding: Int32
    /// The share of tokens that are taken out, and their mean number in a span.
    public let share: Double, meanSpan: Double

    /// The paper's shares unless given.
    public init(
        sentinels: [Int32], end: Int32, padding: Int32, share: Double = 0.15, meanSpan: Double = 3
    ) {
        (self.sentinels, self.end, self.padding) = (sentinels, end, padding)
        (self.share, self.meanSpan) = (share, meanSpan)
    }

    /// Says so for runs.
    public var name: String { "span-corruption" }

    /// What `count` tokens of text become: tokens taken out, spans, and tokens to read and to write, an
    /// end each included.
    public func sizes(of count: Int) -> (noise: Int, spans: Int, read: Int, written: Int) {
        let noise = min(max(Int((Double(count) * share).rounded()), 1), max(count - 1, 0))
        let spans = min(
            max(Int((Double(noise) / meanSpan).rounded()), 1), noise, count - noise)
        return (noise, spans, count - noise + spans + 1, noise + spans + 1)
    }

    /// The most text whose readable part fits.
    public func windowLength(context: Int) -> Int {
        var count = context
        while sizes(of: count + 1).read <= context { count += 1 }
        while count > 1, sizes(of: count).read > context { count -= 1 }
        return count
    }

    /// The text without its spans, and the spans.
    public func batch(
        of texts: [ArraySlice<Int32>], context: Int, random: (_ row: Int) -> RandomStream
    ) -> Batch {
        let written = sizes(of: windowLength(context: context)).written
        var rows: [(read: [Int32], written: [Int32])] = []
        for (row, text) in texts.enumerated() {
            var random = random(row)
            rows.append(split(Array(text), &random))
        }
        return Batch(pairs: rows, read: context, written: written, padding: padding)
    }

    /// One text as what is read and what is to be written.
    private func split(
        _ ids: [Int32], _ random: inout RandomStream
    ) -> (read: [Int32], written: [Int32]) {
        guard ids.count > 1 else { return (ids + [end], [end]) }
        let (noise, spans, _, _) = sizes(of: ids.count)
        precondition(
            spans <= sentinels.count,
            "span corruption: \(spans) spans, \(sentinels.count) sentinels")
        // Kept and removed stretches in turn, the first one kept.
        let kept = Self.partition(ids.count - noise, into: spans, &random)
        let removed = Self.partition(noise, into: spans, &random)
        var (read, written): ([Int32], [Int32]) = ([], [])
        var at = 0
        for span in 0..<spans {
            read += ids[at..<at + kept[span]]
            at += kept[span]
            read.append(sentinels[span])
            written.append(sentinels[span])
            written += ids[at..<at + removed[span]]
            at += removed[span]
        }
        return (read + [end], written + [end])
    }

    /// `total` as `count` numbers of at least 1, every way as likely.
    private static func partition(
        _ total: Int, into count: Int, _ random: inout RandomStream
    ) -> [Int] {
        let cuts = random.choose(count - 1, of: total - 1).map { $0 + 1 }
        return zip([0] + cuts, cuts + [total]).map { $1 - $0 }
    }
}

extension Batch {
    /// What is read and what is to be written, filled up to common lengths: what is read with the
    /// padding token, which is hidden, and what is written with targets that do not count.
    public init(
        pairs: [(read: [Int32], written: [Int32])], read: Int, written: Int, padding: Int32
    ) {
        self.init(
            inputs: pairs.flatMap {
                $0.read + [Int32](repeating: padding, count: read - $0.read.count)
            },
            targets: pairs.flatMap {
                $0.written + [Int32](repeating: -1, count: written - $0.written.count)
            }, batch: pairs.count, context: read, targetContext: written,
            lengths: pairs.map(\.read.count))
    }
}
