/// Cuts a long text where no tokenizer of ours merges across, so that tokens are made and stored
/// piece by piece.
///
/// The cut is before a space between two ASCII letters: in every splitting pattern in use (GPT-2's
/// and its descendants) a piece may begin with a space but none holds a letter, a space and a
/// letter, and a tokenizer that puts a space before a text leaves alone what begins with one. Text
/// without such a place stays whole.
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

    private static func end(of text: UnsafeRawBufferPointer, from start: Int, size: Int) -> Int {
        guard text.count - start > size + 1 else { return text.count }
        for index in start + size..<text.count - 1
        where text[index] == 0x20 && isLetter(text[index - 1]) && isLetter(text[index + 1]) {
            return index
        }
        return text.count
    }

    private static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte | 0x20 }
}
