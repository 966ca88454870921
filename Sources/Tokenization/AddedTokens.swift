/// The tokens beside the model's own: special ones such as `<|endoftext|>`, and words somebody
/// added. They are matched in the text as they are, before it is cut into pieces.
struct AddedTokens: Sendable {
    struct Token: Sendable {
        var id: Int32
        /// The text of the token, in UTF-8, not empty.
        var content: [UInt8]
        /// Special tokens are matched only when the caller asks for it.
        var isSpecial: Bool
        /// Tokens marked "normalized" in a file are matched after all the others, between them.
        var isNormalized: Bool
    }

    /// The tokens, by ascending id.
    let tokens: [Token]
    /// Matchers for the tokens that are always matched, and for all of them; the first of a pair
    /// takes precedence over the second.
    private let ordinary: [TokenMatcher]
    private let all: [TokenMatcher]

    init(_ tokens: [Token]) {
        func matchers(_ tokens: [Token]) -> [TokenMatcher] {
            [tokens.filter { !$0.isNormalized }, tokens.filter(\.isNormalized)]
                .filter { !$0.isEmpty }.map(TokenMatcher.init)
        }
        self.tokens = tokens.sorted { $0.id < $1.id }
        ordinary = matchers(tokens.filter { !$0.isSpecial })
        all = matchers(tokens)
    }

    /// Whether `id` is a special token.
    func isSpecial(_ id: Int32) -> Bool {
        var low = 0
        var high = tokens.count
        while low < high {
            let middle = (low + high) / 2
            if tokens[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < tokens.count && tokens[low].id == id && tokens[low].isSpecial
    }

    /// The id of the special token with exactly these bytes.
    func special(_ content: some Sequence<UInt8>) -> Int32? {
        tokens.first { $0.isSpecial && $0.content.elementsEqual(content) }?.id
    }

    /// A stretch of text: ordinary text if `id` is nil, an added token otherwise.
    typealias Segment = (range: Range<Int>, id: Int32?)

    /// Cuts `text` at the added tokens (special ones if `parseSpecial`): segments that are not
    /// empty and cover it in order.
    func segments(of text: UnsafeBufferPointer<UInt8>, parseSpecial: Bool) -> [Segment] {
        var segments: [Segment] = text.isEmpty ? [] : [(0..<text.count, nil)]
        for matcher in parseSpecial ? all : ordinary {
            segments = segments.flatMap { segment in
                segment.id == nil ? matcher.segments(of: text, in: segment.range) : [segment]
            }
        }
        return segments
    }
}

/// Finds tokens in text: of those that start earliest, the longest.
private struct TokenMatcher: Sendable {
    /// The tokens by their first byte, the longest first.
    private var byFirstByte = [[AddedTokens.Token]](repeating: [], count: 256)
    private var isFirstByte = [Bool](repeating: false, count: 256)

    init(_ tokens: [AddedTokens.Token]) {
        for token in tokens.sorted(by: { $0.content.count > $1.content.count }) {
            guard let first = token.content.first else { continue }
            byFirstByte[Int(first)].append(token)
            isFirstByte[Int(first)] = true
        }
    }

    func segments(
        of text: UnsafeBufferPointer<UInt8>, in range: Range<Int>
    ) -> [AddedTokens.Segment] {
        var result: [AddedTokens.Segment] = []
        var start = range.lowerBound
        var index = start
        while index < range.upperBound {
            guard isFirstByte[Int(text[index])],
                let token = token(at: text[index..<range.upperBound])
            else {
                index += 1
                continue
            }
            if start < index { result.append((start..<index, nil)) }
            start = index + token.content.count
            result.append((index..<start, token.id))
            index = start
        }
        if start < range.upperBound { result.append((start..<range.upperBound, nil)) }
        return result
    }

    /// The longest token that `text`, not empty, starts with.
    private func token(at text: Slice<UnsafeBufferPointer<UInt8>>) -> AddedTokens.Token? {
        byFirstByte[Int(text[text.startIndex])].first { text.starts(with: $0.content) }
    }
}
