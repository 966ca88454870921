/// Cuts text into the pieces within which byte pairs are merged, by GPT-2's rule
///
///     '(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// as a scanner over UTF-8. The pieces are never empty and cover the text without gaps. Bytes that
/// are not valid UTF-8 count as neither letter, number nor space, so that any bytes can be cut.
package struct GPT2Splitter {
    private let text: UnsafePointer<UInt8>
    private let count: Int
    private var classes: ScalarClasses

    /// A splitter of `count` bytes at `text`, which must outlive it.
    init(_ text: UnsafePointer<UInt8>, count: Int, classes: ScalarClasses) {
        self.text = text
        self.count = count
        self.classes = classes
    }

    /// Where the piece that starts at `start`, which must be less than the count, ends.
    @inline(__always)
    mutating func pieceEnd(from start: Int) -> Int {
        let first = text[start]
        if first == UInt8(ascii: "'") {
            let length = contraction(at: start)
            if length > 0 { return start + length }
        }
        let (kind, length) = classes.scalar(at: start, in: text, count: count)
        if kind != .space { return runEnd(of: kind, from: start + length) }
        if first == UInt8(ascii: " "), start + 1 < count {
            let next = classes.scalar(at: start + 1, in: text, count: count)
            if next.class != .space {
                return runEnd(of: next.class, from: start + 1 + next.length)
            }
        }
        return spaceEnd(from: start)
    }

    /// The end of the run of scalars of class `kind` that goes on at `start`.
    @inline(__always)
    private mutating func runEnd(of kind: ScalarClass, from start: Int) -> Int {
        var index = start
        while index < count {
            let (next, length) = classes.scalar(at: index, in: text, count: count)
            if next != kind { break }
            index += length
        }
        return index
    }

    /// The end of a piece of white space: all of the run at the end of the text, and elsewhere all
    /// but its last scalar, which belongs to what follows (or stands alone).
    private mutating func spaceEnd(from start: Int) -> Int {
        var index = start
        var last = start
        while index < count {
            let (next, length) = classes.scalar(at: index, in: text, count: count)
            if next != .space { return last > start ? last : index }
            last = index
            index += length
        }
        return index
    }

    /// The length of the contraction after the apostrophe at `start`, with it; 0 if there is none.
    private func contraction(at start: Int) -> Int {
        guard start + 1 < count else { return 0 }
        switch text[start + 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "d"), UInt8(ascii: "m"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "l"):
            return start + 2 < count && text[start + 2] == UInt8(ascii: "l") ? 3 : 0
        case UInt8(ascii: "v"), UInt8(ascii: "r"):
            return start + 2 < count && text[start + 2] == UInt8(ascii: "e") ? 3 : 0
        default:
            return 0
        }
    }

    /// Calls `body` with the range of every piece of `text`, in order, until it returns false.
    package static func forEachPiece(
        of text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Bool
    ) {
        guard let base = text.baseAddress else { return }
        ScalarClasses.withTables { classes in
            var splitter = GPT2Splitter(base, count: text.count, classes: classes)
            var start = 0
            while start < text.count {
                let end = splitter.pieceEnd(from: start)
                if !body(start..<end) { return }
                start = end
            }
        }
    }
}
