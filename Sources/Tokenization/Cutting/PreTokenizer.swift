/// A step that cuts text into the pieces that tokens do not cross, as `tokenizer.json` names them.
indirect enum PreTokenizer: Sendable {
    case sequence([PreTokenizer])
    /// Bytes as printable characters, cut by GPT-2's pattern if `cuts`.
    case byteLevel(addsSpace: Bool, cuts: Bool)
    case split(Matcher, CutBehavior)
    /// Spaces as `replacement`, and one before the text.
    case metaspace(replacement: UInt32, PrependScheme, cuts: Bool)
    /// BERT's: at white space, and around punctuation.
    case bert
    /// `\w+|[^\w\s]+`
    case whitespace
    case unicodeScripts
    case fixedLength(Int)

    enum PrependScheme: String, Sendable { case always, first, never }

    /// Text in pieces: ranges of bytes, in order, none of them empty. What lies between them is left out.
    struct Pieces {
        var text: AlignedText
        var ranges: [Range<Int>]
    }

    /// The parts of a sequence, or the step itself.
    var steps: [PreTokenizer] {
        if case .sequence(let steps) = self { steps.flatMap(\.steps) } else { [self] }
    }

    /// Cuts the pieces of `input` further, in a number of steps that grows with the text, not with the pieces.
    func cut(_ input: Pieces) throws(RegexFailure) -> Pieces {
        var steps = RegexSteps(for: input.text.count)
        return try cut(input, &steps)
    }

    /// Cuts the pieces of `input` further.
    ///
    /// - Parameter patternSteps: what patterns may still take on the whole text
    func cut(_ input: Pieces, _ patternSteps: inout RegexSteps) throws(RegexFailure) -> Pieces {
        switch self {
        case .sequence(let steps):
            var pieces = input
            for step in steps { pieces = try step.cut(pieces, &patternSteps) }
            return pieces
        case .byteLevel(let addsSpace, let cuts):
            var pieces = input
            if addsSpace { pieces = pieces.beginning(with: UInt8(ascii: " ")) }
            if cuts { pieces = try PreTokenizer.split(.scanner(.gpt2), .isolated).cut(pieces) }
            return ByteAlphabet.spelled(pieces)
        case .split(let matcher, let behavior):
            var ranges: [Range<Int>] = []
            ranges.reserveCapacity(input.ranges.count)
            for range in input.ranges {
                let spans = try matcher.spans(in: input.text, range, &patternSteps)
                ranges += behavior.pieces(of: spans)
            }
            return Pieces(text: input.text, ranges: ranges)
        case .metaspace(let replacement, let scheme, let cuts):
            return try Self.metaspace(input, replacement, scheme, cuts: cuts)
        case .bert:
            let words = try PreTokenizer.split(.scalars(.whiteSpace), .removed).cut(input)
            return try PreTokenizer.split(.scalars(.bertPunctuation), .isolated).cut(words)
        case .whitespace: return Self.byWord(input)
        case .unicodeScripts: return Self.byScript(input)
        case .fixedLength(let length): return Self.byLength(input, length)
        }
    }

    private static func metaspace(
        _ input: Pieces, _ replacement: UInt32, _ scheme: PrependScheme, cuts: Bool
    ) throws(RegexFailure) -> Pieces {
        var content: [UInt8] = []
        UTF8Scalars.append(replacement, to: &content)
        var result = Pieces(text: AlignedText(isTracked: input.text.isTracked), ranges: [])
        result.text.reserve(input.text.count + input.text.count / 4)
        for range in input.ranges {
            let start = result.text.count
            let first = input.text.scalar(at: range.lowerBound).value
            let isMarked = first == replacement || first == 0x20
            let isFirst = input.text.origin(at: range.lowerBound).start == 0
            if !isMarked, scheme == .always || scheme == .first && isFirst {
                result.text.append(content, input.text.origin(at: range.lowerBound))
            }
            input.text.forEachScalar(in: range) { value, part in
                let origin = input.text.origin(at: part.lowerBound)
                if value == 0x20 {
                    result.text.append(content, origin)
                } else {
                    result.text.append(value, origin)
                }
            }
            result.ranges.append(start..<result.text.count)
        }
        guard cuts else { return result }
        return try PreTokenizer.split(.scalars(.equal(replacement)), .mergedWithNext).cut(result)
    }

    private static func byWord(_ input: Pieces) -> Pieces {
        enum Kind { case space, word, other }
        return cutting(input) { value in
            TextTables.isWhiteSpace(value) ? Kind.space : TextTables.isWord(value) ? .word : .other
        } removing: {
            $0 == .space
        }
    }

    /// Cuts wherever `kind` changes.
    private static func cutting<Kind: Equatable>(
        _ input: Pieces, by kind: (UInt32) -> Kind, removing isRemoved: (Kind) -> Bool
    ) -> Pieces {
        var ranges: [Range<Int>] = []
        for range in input.ranges {
            var last: Kind?
            input.text.forEachScalar(in: range) { value, part in
                let kind = kind(value)
                defer { last = kind }
                if isRemoved(kind) { return }
                if kind == last, let open = ranges.popLast() {
                    ranges.append(open.lowerBound..<part.upperBound)
                } else {
                    ranges.append(part)
                }
            }
        }
        return Pieces(text: input.text, ranges: ranges)
    }

    /// Where the script changes, as Hugging Face's `UnicodeScripts`: spaces have the script of what is before
    /// them.
    private static func byScript(_ input: Pieces) -> Pieces {
        var ranges: [Range<Int>] = []
        for range in input.ranges {
            var last: UInt8?
            var isOpen = false
            input.text.forEachScalar(in: range) { value, part in
                let script = value == 0x20 ? nil : TextTables.splitterScript(of: value)
                // Text that begins with a space has no script until it has one, and is dropped.
                let cutsHere = script != nil && (last == nil || last != script)
                if let script { last = script }
                if cutsHere {
                    ranges.append(part)
                    isOpen = true
                } else if isOpen, let open = ranges.popLast() {
                    ranges.append(open.lowerBound..<part.upperBound)
                }
            }
        }
        return Pieces(text: input.text, ranges: ranges)
    }

    private static func byLength(_ input: Pieces, _ length: Int) -> Pieces {
        var ranges: [Range<Int>] = []
        for range in input.ranges {
            var count = 0
            input.text.forEachScalar(in: range) { _, part in
                if count > 0, count < length, let open = ranges.popLast() {
                    ranges.append(open.lowerBound..<part.upperBound)
                    count += 1
                } else {
                    ranges.append(part)
                    count = 1
                }
            }
        }
        return Pieces(text: input.text, ranges: ranges)
    }
}

extension PreTokenizer.Pieces {
    /// The pieces with `byte` before each that does not begin with it.
    func beginning(with byte: UInt8) -> PreTokenizer.Pieces {
        var result = PreTokenizer.Pieces(text: AlignedText(isTracked: text.isTracked), ranges: [])
        result.text.reserve(text.count + ranges.count)
        for range in ranges {
            let start = result.text.count
            if text.bytes[range.lowerBound] != byte {
                result.text.append(CollectionOfOne(byte), text.origin(at: range.lowerBound))
            }
            result.text.append(text, range)
            result.ranges.append(start..<result.text.count)
        }
        return result
    }
}

extension ByteAlphabet {
    /// Text with every byte as the scalar that stands for it.
    static func spelled(_ text: AlignedText) -> AlignedText {
        var result = AlignedText(isTracked: text.isTracked)
        result.reserve(text.count + text.count / 4)
        for index in 0..<text.count {
            result.append(UInt32(scalarOfByte[Int(text.bytes[index])]), text.origin(at: index))
        }
        return result
    }

    /// Pieces with every byte as the scalar that stands for it.
    static func spelled(_ pieces: PreTokenizer.Pieces) -> PreTokenizer.Pieces {
        var result = PreTokenizer.Pieces(
            text: AlignedText(isTracked: pieces.text.isTracked), ranges: [])
        result.text.reserve(pieces.text.count + pieces.text.count / 4)
        for range in pieces.ranges {
            let start = result.text.count
            for index in range {
                result.text.append(
                    UInt32(scalarOfByte[Int(pieces.text.bytes[index])]),
                    pieces.text.origin(at: index))
            }
            result.ranges.append(start..<result.text.count)
        }
        return result
    }

    /// Pieces with every scalar as the byte it stands for; others, which are none of the alphabet, are left out.
    static func unspelled(_ pieces: PreTokenizer.Pieces) -> PreTokenizer.Pieces {
        var result = PreTokenizer.Pieces(
            text: AlignedText(isTracked: pieces.text.isTracked), ranges: [])
        result.text.reserve(pieces.text.count)
        for range in pieces.ranges {
            let start = result.text.count
            pieces.text.forEachScalar(in: range) { value, part in
                guard let byte = byte(of: value) else { return }
                result.text.append(CollectionOfOne(byte), pieces.text.origin(at: part.lowerBound))
            }
            if start < result.text.count { result.ranges.append(start..<result.text.count) }
        }
        return result
    }
}
