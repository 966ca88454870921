/// A step that turns the spellings of tokens back into text, as `tokenizer.json` names them.
indirect enum TokenDecoder: Sendable {
    case sequence([TokenDecoder])
    /// Printable stand-ins as the bytes they stand for.
    case byteLevel
    case wordPiece(prefix: [UInt8], tidies: Bool)
    case metaspace(replacement: UInt32, dropsFirst: Bool)
    /// The mark of a word's end as a space.
    case bpe(suffix: [UInt8])
    /// `<0xHH>` as the byte.
    case byteFallback
    case fuse
    case strip(content: UInt32, start: Int, stop: Int)
    case replace(Matcher, by: [UInt8])
    case ctc(padding: [UInt8], delimiter: [UInt8], tidies: Bool)

    /// Whether any part of the text may change with what comes after it: a pattern is looked for in the text as a whole.
    var needsWholeText: Bool {
        guard case .sequence(let steps) = self else { return false }
        var isJoined = false
        for step in steps {
            switch step {
            case .fuse, .byteLevel: isJoined = true
            case .replace where isJoined: return true
            case .sequence: if step.needsWholeText { return true }
            default: break
            }
        }
        return false
    }

    /// Whether bytes of several tokens can be one scalar; those of `<0xHH>` are waited for otherwise.
    var joinsBytes: Bool {
        switch self {
        case .byteLevel: true
        case .sequence(let steps): steps.contains(where: \.joinsBytes)
        default: false
        }
    }

    private static func size(of tokens: [[UInt8]]) -> Int { tokens.reduce(0) { $0 + $1.count } }

    /// What `tokens` become.
    func decoded(_ tokens: [[UInt8]]) throws(RegexFailure) -> [[UInt8]] {
        switch self {
        case .sequence(let steps):
            let source = Self.size(of: tokens)
            var tokens = tokens
            for step in steps {
                tokens = try step.decoded(tokens)
                try GrowthLimit.check(Self.size(of: tokens), from: source)
            }
            return tokens
        case .byteLevel:
            let bytes = tokens.flatMap { token in
                token.withUnsafeBufferPointer(ByteAlphabet.decode) ?? token
            }
            return [Array(String(decoding: bytes, as: UTF8.self).utf8)]
        case .wordPiece(let prefix, let tidies):
            return tokens.enumerated().map { number, token in
                var token = token
                if number > 0 {
                    if token.starts(with: prefix) {
                        token.removeFirst(prefix.count)
                    } else {
                        token.insert(UInt8(ascii: " "), at: 0)
                    }
                }
                return tidies ? Self.tidied(token) : token
            }
        case .metaspace(let replacement, let dropsFirst):
            return tokens.enumerated().map { number, token in
                var result: [UInt8] = []
                for value in UTF8Scalars.values(token) {
                    if value != replacement {
                        UTF8Scalars.append(value, to: &result)
                    } else if number > 0 || !dropsFirst {
                        result.append(UInt8(ascii: " "))
                    }
                }
                return result
            }
        case .bpe(let suffix):
            return tokens.enumerated().map { number, token in
                let end = number == tokens.count - 1 ? [] : [UInt8(ascii: " ")]
                return Self.replacing(suffix, by: end, in: token)
            }
        case .byteFallback: return Self.joiningBytes(tokens)
        case .fuse: return [Array(tokens.joined())]
        case .strip(let content, let start, let stop):
            return tokens.map { token in
                let values = UTF8Scalars.values(token)
                let leading = values.prefix(start).prefix { $0 == content }.count
                let trailing = values.suffix(stop).reversed().prefix { $0 == content }.count
                var result: [UInt8] = []
                for value in values.dropFirst(leading).dropLast(
                    min(trailing, values.count - leading))
                {
                    UTF8Scalars.append(value, to: &result)
                }
                return result
            }
        case .replace(let matcher, let content):
            var result: [[UInt8]] = []
            var steps = RegexSteps(for: Self.size(of: tokens))
            for token in tokens {
                let text = token.withUnsafeBufferPointer {
                    AlignedText($0, from: 0, isTracked: false)
                }
                var replaced: [UInt8] = []
                for span in try matcher.spans(in: text, 0..<text.count, &steps) {
                    replaced += span.isMatch ? content : Array(token[span.range])
                    try GrowthLimit.check(replaced.count, from: token.count)
                }
                result.append(replaced)
            }
            return result
        case .ctc(let padding, let delimiter, let tidies):
            var result: [[UInt8]] = []
            var last: [UInt8]?
            for token in tokens where token != last {
                last = token
                var text = Self.replacing(padding, by: [], in: token)
                if tidies {
                    text = Self.replacing(delimiter, by: [UInt8(ascii: " ")], in: Self.tidied(text))
                }
                if !text.isEmpty { result.append(text) }
            }
            return result
        }
    }

    /// A run of byte tokens as what it spells, or as one U+FFFD a byte if it spells nothing.
    private static func joiningBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var run: [UInt8] = []
        func flush() {
            guard !run.isEmpty else { return }
            result += texts(ofBytes: run)
            run.removeAll(keepingCapacity: true)
        }
        for token in tokens {
            if let byte = byteToken(token) {
                run.append(byte)
            } else {
                flush()
                result.append(token)
            }
        }
        flush()
        return result
    }

    /// What a run of bytes spells, or one U+FFFD for each if it spells nothing.
    static func texts(ofBytes run: [UInt8]) -> [[UInt8]] {
        if run.withUnsafeBufferPointer(UTF8Scalars.firstInvalid) == nil { return [run] }
        return [[UInt8]](repeating: [0xEF, 0xBF, 0xBD], count: run.count)
    }

    /// The byte that `<0xHH>` stands for.
    static func byteToken(_ token: some RandomAccessCollection<UInt8>) -> UInt8? {
        guard token.count == 6, token.starts(with: "<0x".utf8), token.last == UInt8(ascii: ">")
        else { return nil }
        return UInt8(String(decoding: token.dropFirst(3).dropLast(), as: UTF8.self), radix: 16)
    }

    private static let tidies: [(old: [UInt8], new: [UInt8])] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
        (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

    /// Without the spaces before English contractions and punctuation.
    static func tidied(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(UInt8(ascii: " ")) else { return text }
        return tidies.reduce(text) { replacing($1.old, by: $1.new, in: $0) }
    }

    private static func replacing(_ old: [UInt8], by new: [UInt8], in text: [UInt8]) -> [UInt8] {
        guard let first = old.first, text.contains(first) else { return text }
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == first, text[index...].starts(with: old) {
                result += new
                index += old.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }
}
