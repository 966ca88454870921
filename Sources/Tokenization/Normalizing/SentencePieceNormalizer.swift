/// What SentencePiece makes of a text before it is spelled: characters are replaced, the longest string first, spaces
/// become a visible sign, and superfluous ones go (`normalizer.cc`).
struct SentencePieceNormalizer: Sendable {
    var map: CharsMap?
    /// The user-defined pieces, which stay as they are.
    var userDefined = PrefixTree()
    var addsPrefix = true
    var removesExtraSpaces = true
    var escapesSpaces = true
    /// The sign of a space goes to the end of a text, not before it.
    var suffixesSpace = false

    /// U+2581.
    static let sign: [UInt8] = [0xE2, 0x96, 0x81]

    /// What becomes of `text`. A byte of the result comes from where the step that made it began.
    func normalized(_ text: AlignedText) throws(RegexFailure) -> AlignedText {
        let result = text.bytes.withUnsafeBufferPointer { source -> AlignedText? in
            var steps = Steps(self, text, source)
            if removesExtraSpaces { steps.skipSpaces() }
            guard !steps.isAtEnd else { return AlignedText(isTracked: text.isTracked) }
            if addsPrefix, !suffixesSpace { steps.appendSpace() }
            guard steps.run() else { return nil }
            if removesExtraSpaces { steps.removeTrailingSpaces() }
            if addsPrefix, suffixesSpace { steps.appendSpace() }
            return steps.result
        }
        guard let result else { throw RegexFailure() }
        return result
    }

    private struct Steps {
        private let rules: SentencePieceNormalizer
        private let text: AlignedText
        private let source: UnsafeBufferPointer<UInt8>
        private var index = 0
        private var bytes: [UInt8] = []
        /// Where each of the bytes comes from.
        private var starts: [Int32] = []
        /// Where what follows the bytes comes from.
        private var end: Int32

        init(
            _ rules: SentencePieceNormalizer, _ text: AlignedText,
            _ source: UnsafeBufferPointer<UInt8>
        ) {
            self.rules = rules
            self.text = text
            self.source = source
            bytes.reserveCapacity(source.count + source.count / 4)
            if text.isTracked { starts.reserveCapacity(source.count + source.count / 4) }
            end = 0
            end = place
        }

        var isAtEnd: Bool { index == source.count }

        /// Where the source is at `index`.
        private var place: Int32 {
            if index < source.count { return text.origin(at: index).start }
            return source.isEmpty ? 0 : text.origin(at: source.count - 1).end
        }

        /// The number of bytes that the next step takes, and what takes their place if it is not themselves.
        private func next() -> (length: Int, new: ArraySlice<UInt8>?) {
            if let (end, _) = rules.userDefined.longestPrefix(of: source, from: index) {
                return (end - index, nil)
            }
            if let map = rules.map, let (length, new) = map.longestPrefix(of: source, from: index),
                index + length == source.count || source[index + length] & 0xC0 != 0x80,
                new.withUnsafeBufferPointer(UTF8Scalars.firstInvalid) == nil
            {
                return (length, new)
            }
            return (UTF8Scalars.decode(source, at: index).length, nil)
        }

        mutating func skipSpaces() {
            while index < source.count {
                let (length, new) = next()
                let isSpace =
                    new.map { $0.elementsEqual(CollectionOfOne(0x20)) }
                    ?? (length == 1 && source[index] == 0x20)
                guard isSpace else { break }
                index += length
            }
            end = place
        }

        /// Goes through the text; false if too much comes of it.
        mutating func run() -> Bool {
            var followsSpace = rules.removesExtraSpaces
            while index < source.count {
                let (length, new) = next()
                if let new {
                    append(new, &followsSpace)
                } else {
                    append(source[index..<index + length], &followsSpace)
                }
                index += length
                if !rules.removesExtraSpaces { followsSpace = false }
                if GrowthLimit.isExceeded(bytes.count, from: source.count) { return false }
            }
            end = place
            return true
        }

        private mutating func append(
            _ new: some RandomAccessCollection<UInt8>, _ followsSpace: inout Bool
        ) {
            for byte in new {
                if byte == 0x20 {
                    if followsSpace { continue }
                    appendSpace(at: place)
                } else {
                    followsSpace = false
                    append(byte, at: place)
                }
            }
            if let last = new.last, !followsSpace { followsSpace = last == 0x20 }
        }

        private mutating func append(_ byte: UInt8, at place: Int32) {
            bytes.append(byte)
            if text.isTracked { starts.append(place) }
        }

        private mutating func appendSpace(at place: Int32) {
            guard rules.escapesSpaces else { return append(0x20, at: place) }
            for byte in SentencePieceNormalizer.sign { append(byte, at: place) }
        }

        mutating func appendSpace() {
            appendSpace(at: end)
        }

        mutating func removeTrailingSpaces() {
            let space = rules.escapesSpaces ? SentencePieceNormalizer.sign : [0x20]
            while bytes.suffix(space.count).elementsEqual(space) {
                bytes.removeLast(space.count)
                if text.isTracked { end = starts[bytes.count] }
                starts.removeLast(min(space.count, starts.count))
            }
        }

        var result: AlignedText {
            AlignedText(bytes, starts: starts, end: end, isTracked: text.isTracked)
        }
    }
}
