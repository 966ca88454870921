import ByteIO
import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Beam search: the likeliest few beginnings go on side by side, and finished texts are compared by
/// log-probability over length to the power of a penalty (Wu et al. 2016, without its constant), with
/// Hugging Face's rules of what counts as finished and when to stop.
struct BeamSearch {
    private struct Beam {
        var ids: [Int32]
        var score: Double
        var stream = 0
    }

    /// A finished text.
    struct Finished {
        /// Its tokens; an end token is not among them.
        let ids: [Int32]
        /// Log-probability over length to the power of the penalty.
        let score: Double
        let reason: FinishReason
    }

    private let options: SamplingOptions
    private let prompt: Set<Int32>

    init(_ options: SamplingOptions, prompt: [Int32]) {
        self.options = options
        self.prompt = options.repetitionPenalty == 1 ? [] : Set(prompt)
    }

    /// The best texts, the best first; at most as many as beams.
    func run(
        _ session: DecodingSession, shouldStop: () -> Bool
    ) throws(MartletError) -> [Finished] {
        let width = options.beams
        let room = session.rooms[0]
        let maximum = min(options.maximumTokens, room)
        guard maximum > 0 else {
            return [Finished(ids: [], score: 0, reason: room > 0 ? .length : .context)]
        }
        let cutReason: FinishReason = maximum < options.maximumTokens ? .context : .length
        var beams = [Beam(ids: [], score: 0)]
        var logits = [try session.begin(0, stream: 0)]
        var finished: [Finished] = []
        // Streams in two halves: beams move from one to the other as they fork.
        var half = 0
        for length in 1...maximum {
            let isLast = length == maximum
            let kept = max(2, 1 + options.stopTokens.count) * width
            let candidates = best(kept, beams, logits)
            var next: [Beam] = []
            for (rank, candidate) in candidates.enumerated() {
                let isEnd = options.stopTokens.contains(candidate.ids.last ?? -1)
                guard isEnd || isLast else {
                    if next.count < width { next.append(candidate) }
                    continue
                }
                // What ends further down the list was only kept so that enough beams go on.
                guard rank < width else { continue }
                finished.append(
                    Finished(
                        ids: isEnd ? candidate.ids.dropLast() : candidate.ids,
                        score: candidate.score / pow(Double(length), options.lengthPenalty),
                        reason: isEnd ? .stop : cutReason))
            }
            // Earlier ones first among equals.
            finished = Self.sorted(finished, by: \.score, keeping: width)
            if isLast || next.isEmpty || shouldStop() { break }
            if isSettled(finished, best: next[0].score, length: length) { break }
            half = 1 - half
            for (row, beam) in next.enumerated() {
                next[row].stream = half * width + row
                session.fork(beam.stream, to: next[row].stream)
            }
            for beam in beams { session.forget(beam.stream) }
            beams = next
            logits = try session.step(
                beams.map { $0.ids.last ?? 0 }, streams: beams.map(\.stream))
        }
        if finished.isEmpty {
            finished = beams.map { Finished(ids: $0.ids, score: $0.score, reason: .length) }
        }
        return finished
    }

    /// Whether nothing that goes on is expected to beat what is finished. Early stopping is content
    /// with enough finished texts; otherwise the best beam is judged as if it ended here.
    private func isSettled(_ finished: [Finished], best: Double, length: Int) -> Bool {
        guard finished.count == options.beams, let worst = finished.last?.score else {
            return false
        }
        if options.stopsEarly { return true }
        return best / pow(Double(length), options.lengthPenalty) <= worst
    }

    /// The `count` likeliest continuations of all beams by one token.
    private func best(_ count: Int, _ beams: [Beam], _ logits: [[Float]]) -> [Beam] {
        var found: [(beam: Int, id: Int32, score: Double)] = []
        for (index, beam) in beams.enumerated() {
            let row = Self.logProbabilities(logits[index])
            let seen = options.repetitionPenalty == 1 ? [] : prompt.union(beam.ids)
            var own: [(beam: Int, id: Int32, score: Double)] = []
            for (id, value) in row.enumerated()
            where !options.suppressedTokens.contains(Int32(id)) {
                // Log-probabilities are negative: a penalty multiplies them.
                let penalty = seen.contains(Int32(id)) ? options.repetitionPenalty : 1
                own.append((index, Int32(id), value * penalty))
            }
            let total = options.renormalizes ? log(own.reduce(0) { $0 + exp($1.score) }) : 0
            for place in own.indices { own[place].score += beam.score - total }
            found += Self.sorted(own, by: \.score, keeping: count)
        }
        return Self.sorted(found, by: \.score, keeping: count).map {
            Beam(ids: beams[$0.beam].ids + [$0.id], score: $0.score, stream: beams[$0.beam].stream)
        }
    }

    private static func logProbabilities(_ logits: [Float]) -> [Double] {
        let highest = Double(logits.max() ?? 0)
        let total = log(logits.reduce(0.0) { $0 + exp(Double($1) - highest) }) + highest
        return logits.map { Double($0) - total }
    }

    /// The `count` largest, in falling order; equals keep theirs.
    private static func sorted<T>(
        _ all: [T], by score: (T) -> Double, keeping count: Int
    ) -> [T] {
        // A threshold first: vocabularies are long and beams few.
        var order = Array(all.indices)
        if all.count > 4 * count {
            var top: [Double] = []
            for value in all {
                let s = score(value)
                if top.count < count || s > top[0] {
                    let place = top.firstIndex { $0 > s } ?? top.count
                    top.insert(s, at: place)
                    if top.count > count { top.removeFirst() }
                }
            }
            let least = top.first ?? -.infinity
            order = order.filter { score(all[$0]) >= least }
        }
        order.sort {
            let (a, b) = (score(all[$0]), score(all[$1]))
            return a > b || (a == b && $0 < $1)
        }
        return order.prefix(count).map { all[$0] }
    }
}
