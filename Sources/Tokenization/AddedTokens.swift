/// The tokens beside the model's own: special ones such as `<|endoftext|>`, and words somebody
/// added. They are matched in the text before it is cut into pieces: some in the text as it is, others
/// in what normalization makes of it.
struct AddedTokens: Sendable {
    struct Token: Sendable {
        var id: Int32
        /// The text of the token, in UTF-8, not empty.
        var content: [UInt8]
        /// Special tokens are matched only when the caller asks for it.
        var isSpecial: Bool
        /// Tokens marked "normalized" in a file are matched after all the others, between them.
        var isNormalized: Bool
        /// White space before the token belongs to it.
        var takesSpaceBefore = false
        /// White space after the token belongs to it.
        var takesSpaceAfter = false
        /// The token is none within a word.
        var isWord = false
    }

    /// The tokens, by ascending id.
    let tokens: [Token]
    /// What tokens are decoded as that normalization changes: what it makes of them.
    let normalForms: [Int32: [UInt8]]
    /// Finds the tokens that are matched in the text as it is.
    private let raw: TokenMatcher?
    /// Finds the tokens that are matched in normalized text.
    private let normalized: TokenMatcher?

    /// - Parameter normalize: what becomes of a token that is matched in normalized text
    init(_ tokens: [Token], normalize: ([UInt8]) -> [UInt8] = { $0 }) {
        self.tokens = tokens.sorted { $0.id < $1.id }
        raw = TokenMatcher(tokens.filter { !$0.isNormalized }.map { ($0, $0.content) })
        let patterns = tokens.filter(\.isNormalized).map { ($0, normalize($0.content)) }
        normalized = TokenMatcher(patterns)
        normalForms = Dictionary(
            patterns.filter { $0.0.content != $0.1 }.map { ($0.0.id, $0.1) },
            uniquingKeysWith: { $1 })
    }

    /// Whether `id` is a special token.
    func isSpecial(_ id: Int32) -> Bool {
        token(id)?.isSpecial ?? false
    }

    /// Whether `id` is left out of text without special tokens: the reference goes by how a token is decoded.
    func isSkipped(_ id: Int32) -> Bool {
        guard !normalForms.isEmpty, let form = normalForms[id] else { return isSpecial(id) }
        return special(form) != nil
    }

    /// Whether the token `id` takes in white space beside it.
    func takesSpace(_ id: Int32) -> Bool {
        token(id).map { $0.takesSpaceBefore || $0.takesSpaceAfter } ?? false
    }

    private func token(_ id: Int32) -> Token? {
        var low = 0
        var high = tokens.count
        while low < high {
            let middle = (low + high) / 2
            if tokens[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < tokens.count && tokens[low].id == id ? tokens[low] : nil
    }

    /// The id of the special token with exactly these bytes.
    func special(_ content: some Sequence<UInt8>) -> Int32? {
        tokens.first { $0.isSpecial && $0.content.elementsEqual(content) }?.id
    }

    /// A stretch of text: ordinary text if `id` is nil, an added token otherwise.
    typealias Segment = (range: Range<Int>, id: Int32?)

    /// Cuts `text` at the tokens that are matched in it as it is (special ones if `parseSpecial`): segments
    /// that are not empty and cover it in order.
    func segments(of text: UnsafeBufferPointer<UInt8>, parseSpecial: Bool) -> [Segment] {
        Self.segments(of: text, by: raw, parseSpecial: parseSpecial)
    }

    /// Cuts normalized text at the tokens that are matched there.
    func segments(
        ofNormalized text: UnsafeBufferPointer<UInt8>, parseSpecial: Bool
    ) -> [Segment] {
        Self.segments(of: text, by: normalized, parseSpecial: parseSpecial)
    }

    private static func segments(
        of text: UnsafeBufferPointer<UInt8>, by matcher: TokenMatcher?, parseSpecial: Bool
    ) -> [Segment] {
        guard !text.isEmpty else { return [] }
        return matcher?.segments(of: text, parseSpecial: parseSpecial) ?? [(0..<text.count, nil)]
    }
}

/// Finds tokens in text: of those that start earliest, the longest.
private struct TokenMatcher: Sendable {
    private var tree = PrefixTree()
    /// The tokens by their number in the tree.
    private var tokens: [AddedTokens.Token] = []
    private var isFirstByte = [Bool](repeating: false, count: 256)

    init?(_ patterns: [(token: AddedTokens.Token, text: [UInt8])]) {
        for (token, text) in patterns {
            guard let first = text.first else { continue }
            isFirstByte[Int(first)] = true
            tree.insert(text, Int32(tokens.count))
            tokens.append(token)
        }
        if tokens.isEmpty { return nil }
    }

    func segments(
        of text: UnsafeBufferPointer<UInt8>, parseSpecial: Bool
    ) -> [AddedTokens.Segment] {
        var result: [AddedTokens.Segment] = []
        /// The end of the last token.
        var open = 0
        /// White space whose end is known.
        var space = 0..<0
        var index = 0
        while index < text.count {
            guard isFirstByte[Int(text[index])] else {
                index += 1
                continue
            }
            var longest: (end: Int, number: Int32)?
            tree.forEachPrefix(of: text, from: index) { longest = ($0, $1) }
            guard let (matchEnd, number) = longest else {
                index += 1
                continue
            }
            var (start, end) = (index, matchEnd)
            index = matchEnd
            let token = tokens[Int(number)]
            if token.isSpecial, !parseSpecial { continue }
            if token.isWord, Self.touchesWord(text, start, end) { continue }
            if token.takesSpaceBefore { start = Self.spaceStart(text, before: start, from: open) }
            if token.takesSpaceAfter {
                if !space.contains(end) { space = end..<Self.spaceEnd(text, after: end) }
                end = max(end, space.upperBound)
            }
            // Where the token before has taken the space of this one both stand for it; one that is left with nothing
            // is none.
            guard start < end else { continue }
            if open < start { result.append((open..<start, nil)) }
            result.append((start..<end, token.id))
            open = end
        }
        if open < text.count { result.append((open..<text.count, nil)) }
        return result
    }

    private static func scalarStart(_ text: UnsafeBufferPointer<UInt8>, before index: Int) -> Int {
        var place = index - 1
        while place > 0, text[place] & 0xC0 == 0x80 { place -= 1 }
        return place
    }

    private static func touchesWord(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int
    ) -> Bool {
        if start > 0 {
            let place = scalarStart(text, before: start)
            if TextTables.isWord(UTF8Scalars.decode(text, at: place).value) { return true }
        }
        return end < text.count && TextTables.isWord(UTF8Scalars.decode(text, at: end).value)
    }

    private static func spaceStart(
        _ text: UnsafeBufferPointer<UInt8>, before index: Int, from first: Int
    ) -> Int {
        var start = index
        while start > first {
            let place = scalarStart(text, before: start)
            guard TextTables.isWhiteSpace(UTF8Scalars.decode(text, at: place).value) else { break }
            start = place
        }
        return max(start, first)
    }

    private static func spaceEnd(_ text: UnsafeBufferPointer<UInt8>, after index: Int) -> Int {
        var end = index
        while end < text.count {
            let (value, length) = UTF8Scalars.decode(text, at: end)
            guard TextTables.isWhiteSpace(value) else { break }
            end += length
        }
        return end
    }
}
