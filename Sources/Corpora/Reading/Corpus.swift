import ByteIO

/// One text of a corpus.
public struct Document: Sendable {
    /// The text: valid UTF-8, not empty.
    public var text: [UInt8]
    /// Where it comes from, for messages: "file" or "file:line".
    public var source: String

    /// Makes a document; `text` is checked when a ``Corpus`` hands it out.
    public init(text: [UInt8], source: String) {
        self.text = text
        self.source = source
    }
}

/// How texts are read.
public struct CorpusOptions: Sendable {
    /// The field of a `.jsonl` line that holds the text.
    public var textField = "text"
    /// Whether bytes that are not UTF-8 become U+FFFD; otherwise they are an error.
    public var replaceInvalidUTF8 = false
    /// How many bytes of a pipe are held in memory: one with more is copied into a file.
    package var heldStreamBytes = 64 << 20

    /// Field "text", invalid bytes refused.
    public init() {}
}

/// The texts that `--data` names: a sequence of documents that can be gone through repeatedly.
///
/// A path is a file, a folder (every `.txt`, `.md` and `.jsonl` file below it, ordered by the bytes
/// of their paths), a pattern with `*`, `?`, `[…]` or `**`, or "-" for standard input. A `.jsonl`
/// file has a document on each line, every other file is one document. Files are memory-mapped and
/// documents handed out one at a time, or in parts, so a corpus may be larger than memory.
///
/// ```swift
/// let corpus = try Corpus(["book.txt", "more/*.jsonl"])
/// try corpus.forEachDocument { document in print(document.source, document.text.count) }
/// ```
public struct Corpus: Sendable {
    /// How texts are read.
    public let options: CorpusOptions
    let sources: [CorpusSource]

    /// Finds what `paths` name, in the order given. Standard input and pipes are read at once, into
    /// a temporary file (under $TMPDIR or /tmp) if they have more than 64 MiB; everything else when
    /// it is gone through.
    ///
    /// - Throws: `.notFound` for a file that is missing or a pattern nothing fits; `.invalidValue`
    ///   for a folder without texts, and if there are only empty files; `.inputOutput`.
    public init(_ paths: [String], options: CorpusOptions = .init()) throws(MartletError) {
        var sources: [CorpusSource] = []
        for path in paths { sources += try CorpusSource.named(path, options) }
        guard !sources.isEmpty else {
            throw MartletError(.invalidValue, "no data was named")
        }
        self.options = options
        self.sources = sources
        guard try byteCount() > 0 else { throw emptiness }
    }

    /// A corpus of texts that are in memory already.
    ///
    /// - Throws: `.invalidValue` if there are none, or only empty ones.
    public init(documents: [Document], options: CorpusOptions = .init()) throws(MartletError) {
        self.options = options
        sources = [CorpusSource(name: "texts in memory", content: .documents(documents))]
        guard try byteCount() > 0 else { throw emptiness }
    }

    /// The names of the files, in order; "standard input" for "-".
    public var names: [String] { sources.map(\.name) }

    /// The size of the files in bytes, which is about that of the texts.
    ///
    /// - Throws: `.notFound` or `.inputOutput` if a file went away.
    public func byteCount() throws(MartletError) -> Int {
        var count = 0
        for source in sources { count += try source.byteCount() }
        return count
    }

    /// Where token shards of this corpus may be kept: `.martlet-cache` beside its first file, nil
    /// if nothing of it is a file.
    public var defaultCacheFolder: String? {
        for source in sources {
            if case .file = source.content {
                return Files.join(Files.parent(source.name), ".martlet-cache")
            }
        }
        return nil
    }

    /// Calls `body` with every document, in order. Empty ones are passed over, and a byte order
    /// mark at the start of a file is not part of its text.
    ///
    /// - Throws: what `body` throws; `.malformed` for invalid UTF-8, naming file and byte offset,
    ///   and for a line that is not a JSON object with the text field, naming file and line;
    ///   `.invalidValue` if there was no document at all.
    public func forEachDocument(
        _ body: (Document) throws(MartletError) -> Void
    ) throws(MartletError) {
        try forEachText { (text, source) throws(MartletError) in
            try body(Document(text: Array(text), source: source))
        }
    }

    /// Calls `body` with the text and source of every document, without copying what is mapped.
    /// The bytes are valid UTF-8, not empty, and live only during the call.
    ///
    /// - Throws: as ``forEachDocument(_:)``.
    public func forEachText(
        _ body: (_ text: UnsafeRawBufferPointer, _ source: String) throws(MartletError) -> Void
    ) throws(MartletError) {
        // Nothing is larger, so that every document is one part.
        try forEachPart(size: .max) { (part) throws(MartletError) in
            try body(part.text, part.source)
        }
    }

    /// Calls `body` with every document in parts, so that one larger than memory can be gone
    /// through: of a mapped file no more stays resident than a part and some 16 MiB before it.
    ///
    /// The documents are those of ``forEachText(_:)``, and each is its parts put together. A part
    /// ends before a space between two letters, where no tokenizer merges across and no learner of
    /// vocabularies has a word. If there is none, as in a word of 100 MB, the part goes on to the
    /// next such place. A line of a `.jsonl` file is read whole, and its text handed out in parts.
    ///
    /// - Parameters:
    ///   - size: The least length of a part in bytes, but for the last of a document; before
    ///     invalid UTF-8 is replaced.
    ///   - body: Gets the parts, in order.
    /// - Throws: as ``forEachDocument(_:)``, but for an error in a document only after `body` was
    ///   called with the parts before it.
    public func forEachPart(
        size: Int = 1 << 18, _ body: (TextPart) throws(MartletError) -> Void
    ) throws(MartletError) {
        var hasText = false
        for source in sources {
            try source.forEachPart(size: size, options) { (part) throws(MartletError) in
                hasText = true
                try body(part)
            }
        }
        guard hasText else { throw emptiness }
    }

    /// A hash of the texts and of where they end, not of their names: what a cache of something
    /// made from them is named by. Reads everything once.
    ///
    /// - Throws: as ``forEachDocument(_:)``.
    public func contentHash() throws(MartletError) -> UInt64 {
        try CorpusSurvey(of: self, heldOutFraction: 0).hash
    }

    /// What is thrown if there is no text.
    private var emptiness: MartletError {
        guard let first = sources.first, sources.count > 1 else {
            return MartletError(.invalidValue, "has no text in it", at: sources.first?.name)
        }
        return MartletError(
            .invalidValue, "there is no text in any of these \(sources.count) files",
            at: "\(first.name), …")
    }
}
