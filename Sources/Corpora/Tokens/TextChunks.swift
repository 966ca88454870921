/// Cuts a long text where no tokenizer of ours merges across, so that tokens are made and stored
/// piece by piece, and words counted so.
///
/// The cut is before a space between two letters of whatever script: in every splitting pattern in
/// use (GPT-2's and its descendants) a piece may begin with a space but none holds a letter, a
/// space and a letter, and a tokenizer that puts a space before a text leaves alone what begins
/// with one. Text without such a place stays whole.
///
/// A space is never part of a longer scalar, so that bytes which are not valid UTF-8 can be cut as
/// well: what is wrong in them is the same, and at the same places, in the chunks as in the whole.
package enum TextChunks {
    /// The least length of a chunk in bytes, but for the last.
    package static let size = 1 << 20

    /// The chunks that make up `text`, in order.
    package static func ranges(
        of text: UnsafeRawBufferPointer, size: Int = size
    ) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        while start < text.count {
            let end = end(of: text, from: start, size: size)
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }

    /// Where the chunk ends that starts at `start`, before the end of the text: after `size`, at
    /// least one, or more bytes.
    package static func end(
        of text: UnsafeRawBufferPointer, from start: Int, size: Int
    ) -> Int {
        guard text.count - start - 1 > size else { return text.count }
        for index in start + size..<text.count - 1
        where text[index] == 0x20 && hasLetter(text, before: index)
            && hasLetter(text, from: index + 1)
        {
            return index
        }
        return text.count
    }

    /// Whether a letter ends before `end`, which is above 0.
    private static func hasLetter(_ text: UnsafeRawBufferPointer, before end: Int) -> Bool {
        if text[end - 1] < 0x80 { return isLetter(text[end - 1]) }
        var start = end - 1
        while start > 0, end - start < 4, text[start] & 0xC0 == 0x80 { start -= 1 }
        return isLetter(UnsafeRawBufferPointer(rebasing: text[start..<end]))
    }

    /// Whether a letter starts at `start`, below the count.
    private static func hasLetter(_ text: UnsafeRawBufferPointer, from start: Int) -> Bool {
        if text[start] < 0x80 { return isLetter(text[start]) }
        // The ones at the top of its first byte say how long a scalar is.
        let end = min(start + (~text[start]).leadingZeroBitCount, text.count)
        return isLetter(UnsafeRawBufferPointer(rebasing: text[start..<end]))
    }

    private static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte | 0x20 }

    /// Whether `bytes` are a letter and nothing else.
    private static func isLetter(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let scalars = String(validating: bytes, as: UTF8.self)?.unicodeScalars,
            let scalar = scalars.first, scalars.count == 1
        else { return false }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            true
        default: false
        }
    }
}
