import ByteIO

/// Goes through texts in parts: checks or repairs their encoding, and gives what was read of a
/// mapped file back to the system now and then, so that a file larger than memory does not push
/// everything else out.
struct PartReader {
    private static let releaseStep = 1 << 24

    /// How texts are read.
    let options: CorpusOptions
    private let size: Int
    /// What the texts are mapped from, if they are.
    private let file: MappedFile?
    private var released = 0

    /// A reader that makes parts of at least `size` bytes, but for the last ones of the texts.
    init(partsOf size: Int, _ options: CorpusOptions, through file: MappedFile? = nil) {
        self.size = max(size, 1)
        self.options = options
        self.file = file
    }

    /// The same for texts that are in memory.
    var inMemory: PartReader { PartReader(partsOf: size, options) }

    /// Calls `body` with the parts of the one text that `bytes` from `start` on are; none if it is
    /// empty.
    mutating func forEachPart(
        in bytes: UnsafeRawBufferPointer, from start: Int = 0, of source: String,
        _ body: (TextPart) throws(MartletError) -> Void
    ) throws(MartletError) {
        var position = start
        // How much text there was so far: not as many bytes where some of them were replaced.
        var offset = 0
        while position < bytes.count {
            let end = TextChunks.end(of: bytes, from: position, size: size)
            let part = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            let (before, isEnd) = (offset, end == bytes.count)
            // No scalar lies across the end of a part, see `TextChunks`.
            let count = try withValid(part, at: position, of: source) {
                (text) throws(MartletError) in
                try body(TextPart(text: text, source: source, offset: before, isEnd: isEnd))
                return text.count
            }
            offset += count
            position = end
            passed(end)
        }
    }

    /// Says that the bytes of the file before `position` are not needed any more.
    mutating func passed(_ position: Int) {
        guard let file, position - released >= Self.releaseStep else { return }
        file.release(released..<position)
        released = position
    }

    /// Calls `body` with `bytes`, or what replaces them, as valid UTF-8; `offset` is where they
    /// start in the file.
    func withValid<Result>(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, of name: String,
        _ body: (UnsafeRawBufferPointer) throws(MartletError) -> Result
    ) throws(MartletError) -> Result {
        guard let invalid = UTF8Validation.firstInvalid(in: bytes) else {
            return try body(bytes)
        }
        guard options.replaceInvalidUTF8 else {
            let byte = String(bytes[invalid], radix: 16)
            throw MartletError(
                .malformed, "is not valid UTF-8 at byte \(offset + invalid) (0x\(byte))", at: name)
        }
        let repaired = UTF8Validation.repaired(bytes)
        return try repaired.withUnsafeBufferPointer { (buffer) throws(MartletError) in
            try body(UnsafeRawBufferPointer(buffer))
        }
    }
}
