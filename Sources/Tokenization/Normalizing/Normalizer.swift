/// A step that changes text before it is cut, as `tokenizer.json` names them.
indirect enum Normalizer: Sendable {
    case sequence([Normalizer])
    case bert(WordPieceEncoder.Cleaning)
    /// Unicode's normal forms (UAX #15).
    case form(NormalForm)
    case lowercase
    case strip(left: Bool, right: Bool)
    case stripAccents
    case replace(Matcher, by: [UInt8])
    case prepend([UInt8])
    /// Clean-up of control characters and spaces, as Google's translation models have it.
    case nmt
    /// SentencePiece's map from strings to strings.
    case charsMap(CharsMap)
    /// All that SentencePiece does to a text.
    case sentencePiece(SentencePieceNormalizer)
    case byteLevel

    /// Whether the step leaves ASCII text as it is.
    private var keepsASCII: Bool {
        switch self {
        case .sequence(let steps): steps.allSatisfy(\.keepsASCII)
        case .form, .stripAccents: true
        default: false
        }
    }

    /// Whether `text` comes out as it is, as far as can be told cheaply.
    func surelyKeeps(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .sequence(let steps): return steps.allSatisfy { $0.surelyKeeps(text) }
        case .form(let form): return form.surelyKeeps(text)
        default: return keepsASCII && !text.contains { $0 >= 0x80 }
        }
    }

    /// What becomes of `text`.
    func normalized(_ text: AlignedText) throws(RegexFailure) -> AlignedText {
        var steps = RegexSteps(for: text.count)
        return try normalized(text, &steps)
    }

    /// What becomes of `text`, a part of one on which patterns may take so many steps.
    func normalized(
        _ text: AlignedText, _ patternSteps: inout RegexSteps
    ) throws(RegexFailure) -> AlignedText {
        switch self {
        case .sequence(let steps):
            let source = text.count
            var text = text
            for step in steps {
                text = try step.normalized(text, &patternSteps)
                try GrowthLimit.check(text.count, from: source)
            }
            return text
        case .bert(let cleaning): return BERTNormalizer.normalized(text, cleaning)
        case .form(let form): return text.applying(form.edits(of: text))
        case .lowercase: return Self.lowercased(text)
        case .strip(let left, let right): return Self.stripped(text, left: left, right: right)
        case .stripAccents: return text.filtered { !TextTables.isMark($0) }
        case .replace(let matcher, let content):
            return try Self.replacing(matcher, by: content, in: text, &patternSteps)
        case .prepend(let content):
            guard text.count > 0 else { return text }
            return Self.prepending(content, to: text, 0..<text.count)
        case .nmt: return Self.cleanedForTranslation(text)
        case .charsMap(let map): return text.applying(try map.edits(of: text))
        case .sentencePiece(let normalizer): return try normalizer.normalized(text)
        case .byteLevel: return ByteAlphabet.spelled(text)
        }
    }

    static func lowercased(_ text: AlignedText) -> AlignedText {
        text.rebuilt { result, value, range in
            let origin = text.origin(at: range.lowerBound)
            if value < 0x80 {
                result.append(value >= 0x41 && value <= 0x5A ? value + 0x20 : value, origin)
            } else if let small = TextTables.lower(of: value) {
                for part in small { result.append(part, origin) }
            } else {
                result.append(value, origin)
            }
        }
    }

    private static func stripped(_ text: AlignedText, left: Bool, right: Bool) -> AlignedText {
        var first = text.count
        var last = 0
        text.forEachScalar(in: 0..<text.count) { value, range in
            if !TextTables.isWhiteSpace(value) {
                first = min(first, range.lowerBound)
                last = range.upperBound
            }
        }
        var result = AlignedText(isTracked: text.isTracked)
        let start = left ? first : 0
        let end = right ? last : text.count
        if start < end { result.append(text, start..<end) }
        return result
    }

    private static func replacing(
        _ matcher: Matcher, by content: [UInt8], in text: AlignedText, _ steps: inout RegexSteps
    ) throws(RegexFailure) -> AlignedText {
        var result = AlignedText(isTracked: text.isTracked)
        result.reserve(text.count)
        for (range, isMatch) in try matcher.spans(in: text, 0..<text.count, &steps) {
            if isMatch {
                // New text comes from where the last of what it replaces did.
                let end = range.upperBound
                result.append(content, end > 0 ? text.origin(at: end - 1) : text.startOrigin)
                try GrowthLimit.check(result.count, from: text.count)
            } else {
                result.append(text, range)
            }
        }
        return result
    }

    /// `range` of `text`, not empty, with `content` before it, which shares the first scalar's origin.
    static func prepending(
        _ content: [UInt8], to text: AlignedText, _ range: Range<Int>
    ) -> AlignedText {
        var result = AlignedText(isTracked: text.isTracked)
        result.reserve(range.count + content.count)
        result.append(content, text.origin(at: range.lowerBound))
        result.append(text, range)
        return result
    }

    private static func cleanedForTranslation(_ text: AlignedText) -> AlignedText {
        text.rebuilt { result, value, range in
            switch value {
            case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
            case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF,
                0xFFFD:
                result.append(0x20, text.origin(at: range.lowerBound))
            default: result.append(value, text.origin(at: range.lowerBound))
            }
        }
    }
}

/// BERT's normalization, one scalar at a time as far as it can be.
enum BERTNormalizer {
    static func normalized(
        _ text: AlignedText, _ cleaning: WordPieceEncoder.Cleaning
    ) -> AlignedText {
        var text = text
        if cleaning.cleansText {
            text = text.rebuilt { result, value, range in
                let origin = text.origin(at: range.lowerBound)
                switch BERTScalars.kind(value) {
                case .dropped: break
                case .space: result.append(0x20, origin)
                default: result.append(value, origin)
                }
            }
        }
        if cleaning.separatesChinese {
            text = text.rebuilt { result, value, range in
                let origin = text.origin(at: range.lowerBound)
                let isAlone = BERTScalars.isChinese(value)
                if isAlone { result.append(0x20, origin) }
                result.append(value, origin)
                if isAlone { result.append(0x20, origin) }
            }
        }
        if cleaning.stripsAccents {
            text = text.applying(NormalForm.canonicalDecomposition.edits(of: text))
                .filtered { !BERTScalars.plain($0).isEmpty }
        }
        return cleaning.lowercases ? Normalizer.lowercased(text) : text
    }
}
