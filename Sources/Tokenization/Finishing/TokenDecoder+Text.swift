/// Decoding of many tokens: what a token becomes is kept, for most come again and again.
extension TokenDecoder {
    /// A decoder in three parts: steps that change each token by itself, whether `<0xHH>` become bytes then, and steps
    /// that change the text as a whole.
    private struct Parts {
        var local: [TokenDecoder] = []
        var joinsBytes = false
        var whole: [TokenDecoder] = []

        /// Nil if the steps come otherwise.
        init?(_ decoder: TokenDecoder) {
            var steps = [decoder][...]
            if case .sequence(let all) = decoder { steps = all[...] }
            while let step = steps.first, step.isLocal {
                local.append(step)
                steps.removeFirst()
            }
            if case .byteFallback? = steps.first {
                joinsBytes = true
                steps.removeFirst()
            }
            if case .fuse? = steps.first {
                whole = Array(steps.dropFirst())
            } else if !steps.isEmpty {
                return nil
            }
        }
    }

    /// Whether a token becomes one token, in the same way wherever it stands but for the first and the last place.
    private var isLocal: Bool {
        switch self {
        case .wordPiece, .metaspace, .bpe, .replace, .strip: true
        case .sequence, .byteLevel, .byteFallback, .fuse, .ctc: false
        }
    }

    /// Fewer tokens are decoded one by one.
    private static var manyTokens: Int { 32 }

    /// The text of `ids`, which `spelling` knows; all are at least 0 and below `idLimit`.
    func text(
        of ids: some Collection<Int32>, idLimit: Int, spelling: (Int32) -> [UInt8]
    ) throws(RegexFailure) -> [UInt8] {
        guard ids.count >= Self.manyTokens, let parts = Parts(self) else {
            return Array(try decoded(ids.map(spelling)).joined())
        }
        let local = TokenDecoder.sequence(parts.local)
        var result: [UInt8] = []
        result.reserveCapacity(5 * ids.count)
        var run: [UInt8] = []
        func append(_ token: ArraySlice<UInt8>) {
            if parts.joinsBytes, let byte = Self.byteToken(token) { return run.append(byte) }
            if !run.isEmpty {
                result += Self.texts(ofBytes: run).joined()
                run.removeAll(keepingCapacity: true)
            }
            result += token
        }
        // What tokens between others become, one after the other, and where that of each id ends.
        var known: [UInt8] = []
        var ranges = [Range<Int32>](repeating: 0..<0, count: idLimit)
        var isKnown = [Bool](repeating: false, count: idLimit)
        var source = 0
        for (number, id) in ids.enumerated() {
            if number == 0 || number == ids.count - 1 {
                let token = spelling(id)
                let pair = try local.decoded([token, token])
                append(pair[number == 0 ? 0 : 1][...])
                continue
            }
            if !isKnown[Int(id)] {
                let token = spelling(id)
                let start = Int32(known.count)
                known += try local.decoded([token, token, token])[1]
                source += token.count
                try GrowthLimit.check(known.count, from: source)
                ranges[Int(id)] = start..<Int32(known.count)
                isKnown[Int(id)] = true
            }
            let range = ranges[Int(id)]
            append(known[Int(range.lowerBound)..<Int(range.upperBound)])
        }
        result += Self.texts(ofBytes: run).joined()
        if parts.whole.isEmpty { return result }
        return Array(try TokenDecoder.sequence(parts.whole).decoded([result]).joined())
    }
}
