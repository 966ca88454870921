/// What text is searched for, to cut it there or to put something else in its place.
indirect enum Matcher: Sendable {
    /// Every occurrence of some bytes, not empty.
    case literal([UInt8])
    /// Single scalars with a property.
    case scalars(ScalarProperty)
    case scanner(PatternScanner)
    case regex(Regex)
    /// Whatever another one does not find.
    case inverted(Matcher)

    enum ScalarProperty: Sendable, Equatable {
        case equal(UInt32)
        case whiteSpace
        case numeric
        case punctuation
        case bertPunctuation

        @inline(__always)
        func holds(_ value: UInt32) -> Bool {
            switch self {
            case .equal(let other): value == other
            case .whiteSpace: TextTables.isWhiteSpace(value)
            case .numeric: TextTables.isNumeric(value)
            case .punctuation: TextTables.isPunctuation(value)
            case .bertPunctuation: BERTScalars.kind(value) == .punctuation
            }
        }
    }

    /// The matcher for a pattern, by a scanner where there is one.
    static func pattern(
        _ pattern: String, _ dialect: RegexDialect
    ) throws(RegexSyntaxFailure) -> Matcher {
        if let scanner = PatternScanner(pattern, dialect) { return .scanner(scanner) }
        return .regex(try Regex(pattern, dialect))
    }

    typealias Span = (range: Range<Int>, isMatch: Bool)

    /// The matches in `range` of `text` and the stretches between them, in order: they cover it.
    ///
    /// - Parameter steps: what a pattern may still take on the whole text
    func spans(
        in text: AlignedText, _ range: Range<Int>, _ steps: inout RegexSteps
    ) throws(RegexFailure) -> [Span] {
        var spans: [Span] = []
        let failure = text.bytes.withUnsafeBufferPointer { bytes -> RegexFailure? in
            do throws(RegexFailure) {
                try forEachSpan(in: bytes, range, &steps) { spans.append(($0, $1)) }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        return spans
    }

    /// The same, in a text that no other pattern is searched for in.
    func spans(in text: AlignedText, _ range: Range<Int>) throws(RegexFailure) -> [Span] {
        var steps = RegexSteps(for: range.count)
        return try spans(in: text, range, &steps)
    }

    /// Calls `body` with the matches in `range` of `text` and the stretches between them.
    func forEachSpan(
        in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ steps: inout RegexSteps,
        _ body: (Range<Int>, _ isMatch: Bool) -> Void
    ) throws(RegexFailure) {
        var open = range.lowerBound
        func found(_ match: Range<Int>) {
            if open < match.lowerBound { body(open..<match.lowerBound, false) }
            body(match, true)
            open = match.upperBound
        }
        switch self {
        case .inverted(let other):
            try other.forEachSpan(in: text, range, &steps) { body($0, !$1) }
            return
        case .scanner(let scanner):
            scanner.forEachSpan(in: text, range, body)
            return
        case .literal(let content):
            guard let first = content.first else { break }
            var index = range.lowerBound
            while index + content.count <= range.upperBound {
                if text[index] == first,
                    text[index..<index + content.count].elementsEqual(content)
                {
                    found(index..<index + content.count)
                    index += content.count
                } else {
                    index += 1
                }
            }
        case .scalars(let property):
            var index = range.lowerBound
            while index < range.upperBound {
                let (value, length) = UTF8Scalars.decode(text, at: index)
                if property.holds(value) { found(index..<index + length) }
                index += length
            }
        case .regex(let regex): try regex.forEachMatch(in: text, range, &steps, found)
        }
        if open < range.upperBound { body(open..<range.upperBound, false) }
    }
}

/// What happens to the places where text is cut.
enum CutBehavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    /// The pieces that `spans` come to, without empty ones.
    func pieces(of spans: [Matcher.Span]) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var wasMatch = false
        func extend(_ span: Matcher.Span, if joins: Bool) {
            if joins, let last = pieces.popLast() {
                pieces.append(
                    min(
                        last.lowerBound, span.range.lowerBound)..<max(
                            last.upperBound, span.range.upperBound))
            } else {
                pieces.append(span.range)
            }
            wasMatch = span.isMatch
        }
        switch self {
        case .removed: pieces = spans.filter { !$0.isMatch }.map(\.range)
        case .isolated: pieces = spans.map(\.range)
        case .contiguous: for span in spans { extend(span, if: span.isMatch == wasMatch) }
        case .mergedWithPrevious:
            for span in spans { extend(span, if: span.isMatch && !wasMatch) }
        case .mergedWithNext:
            for span in spans.reversed() { extend(span, if: span.isMatch && !wasMatch) }
            pieces.reverse()
        }
        return pieces.filter { !$0.isEmpty }
    }
}
