import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Chooses tokens from logits. Number i of a sample's stream decides its token i, so that a sample
/// does not depend on what else is generated beside it.
package struct Sampler {
    private let options: SamplingOptions
    private var random: RandomStream
    private var seen: Set<Int32>

    package init(_ options: SamplingOptions, sample: Int, prompt: [Int32]) {
        self.options = options
        random = RandomStream(seed: options.seed, "sample/\(sample)")
        seen = options.repetitionPenalty == 1 ? [] : Set(prompt)
    }

    /// The next token. The order of the filters is Hugging Face's: penalty, temperature, top-k,
    /// top-p, min-p.
    package mutating func next(_ logits: [Float]) -> Int32 {
        var logits = logits
        for id in options.suppressedTokens where logits.indices.contains(Int(id)) {
            logits[Int(id)] = -.infinity
        }
        if options.repetitionPenalty != 1 {
            let penalty = Float(options.repetitionPenalty)
            for id in seen {
                let value = logits[Int(id)]
                logits[Int(id)] = value > 0 ? value / penalty : value * penalty
            }
        }
        let choice = options.isGreedy ? Self.likeliest(logits) : draw(logits)
        if options.repetitionPenalty != 1 { seen.insert(choice) }
        return choice
    }

    /// The first of the largest; a NaN never wins.
    package static func likeliest(_ logits: [Float]) -> Int32 {
        var best = 0
        for (id, value) in logits.enumerated() where value > logits[best] || logits[best].isNaN {
            best = id
        }
        return Int32(best)
    }

    private mutating func draw(_ logits: [Float]) -> Int32 {
        let point = random.nextDouble()
        let kept = Self.candidates(logits, options)
        let total = kept.reduce(0) { $0 + $1.weight }
        var rest = point * total
        for candidate in kept {
            rest -= candidate.weight
            if rest < 0 { return candidate.id }
        }
        return kept.last?.id ?? 0
    }

    /// Tokens that survive the filters, likeliest first, with weights relative to the likeliest.
    package static func candidates(
        _ logits: [Float], _ options: SamplingOptions
    ) -> [(id: Int32, weight: Double)] {
        let highest = Double(logits[Int(likeliest(logits))])
        guard highest.isFinite else { return [(likeliest(logits), 1)] }
        var kept: [(id: Int32, weight: Double)] = []
        kept.reserveCapacity(logits.count)
        for (id, value) in logits.enumerated() {
            let weight = exp((Double(value) - highest) / options.temperature)
            if weight > 0 { kept.append((Int32(id), weight)) }
        }
        let sorts = options.topK > 0 || options.topP < 1
        // Equal weights keep the order of their ids.
        if sorts {
            kept.sort { $0.weight > $1.weight || ($0.weight == $1.weight && $0.id < $1.id) }
        }
        if options.topK > 0, kept.count > options.topK {
            kept.removeLast(kept.count - options.topK)
        }
        if options.topP < 1 {
            let target = options.topP * kept.reduce(0) { $0 + $1.weight }
            var sum = 0.0
            if let end = kept.firstIndex(where: {
                sum += $0.weight; return sum >= target
            }) {
                kept.removeLast(kept.count - end - 1)
            }
        }
        if options.minP > 0 { kept.removeAll { $0.weight < options.minP } }
        return kept
    }
}
