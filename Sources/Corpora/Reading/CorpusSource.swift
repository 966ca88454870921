import ByteIO

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One file, or what stands for one, and how its documents are got out of it.
struct CorpusSource: Sendable {
    enum Content: Sendable {
        /// A file at the path that is the name, mapped anew each time.
        case file
        /// What came through a pipe, which cannot be read again.
        case stream(StreamCopy)
        case documents([Document])
    }

    let name: String
    let content: Content

    /// Whether each line is a document.
    private var hasLines: Bool { FolderWalk.hasSuffix(".jsonl", name) }

    /// The sources that one path of `--data` names.
    static func named(
        _ path: String, _ options: CorpusOptions
    ) throws(MartletError) -> [CorpusSource] {
        if path.utf8.elementsEqual("-".utf8) {
            let copy = try StreamCopy.ofStandardInput(memoryLimit: options.heldStreamBytes)
            return [CorpusSource(name: "standard input", content: .stream(copy))]
        }
        // A file whose own name looks like a pattern is taken literally.
        if Wildcard.isPattern(path), !Files.exists(path) {
            return try Glob(path).files().map { CorpusSource(name: $0, content: .file) }
        }
        switch try FileKind(of: path) {
        case .regular:
            return [CorpusSource(name: path, content: .file)]
        case .stream:
            let copy = try StreamCopy.of(path, memoryLimit: options.heldStreamBytes)
            return [CorpusSource(name: path, content: .stream(copy))]
        case .folder:
            return try FolderWalk.texts(under: path).map { CorpusSource(name: $0, content: .file) }
        }
    }

    func byteCount() throws(MartletError) -> Int {
        switch content {
        case .file: try Files.size(name)
        case .stream(.memory(let bytes)): bytes.count
        case .stream(.file(let file)): file.count
        case .documents(let documents): documents.reduce(0) { $0 + $1.text.count }
        }
    }

    /// Calls `body` with the parts of each text that is not empty, in order; see
    /// ``Corpus/forEachPart(size:_:)``.
    func forEachPart(
        size: Int, _ options: CorpusOptions, _ body: (TextPart) throws(MartletError) -> Void
    ) throws(MartletError) {
        switch content {
        case .file:
            try forEachPart(of: MappedFile(name), size, options, body)
        case .stream(.file(let file)):
            try forEachPart(of: file, size, options, body)
        case .stream(.memory(let bytes)):
            let reader = PartReader(partsOf: size, options)
            try bytes.withUnsafeBufferPointer { (buffer) throws(MartletError) in
                try forEachPart(in: UnsafeRawBufferPointer(buffer), by: reader, body)
            }
        case .documents(let documents):
            var reader = PartReader(partsOf: size, options)
            for document in documents {
                try document.text.withUnsafeBufferPointer { (buffer) throws(MartletError) in
                    try reader.forEachPart(
                        in: UnsafeRawBufferPointer(buffer), of: document.source, body)
                }
            }
        }
    }

    private func forEachPart(
        of file: MappedFile, _ size: Int, _ options: CorpusOptions,
        _ body: (TextPart) throws(MartletError) -> Void
    ) throws(MartletError) {
        // What came through a pipe stays mapped.
        defer { file.release(0..<file.count) }
        let reader = PartReader(partsOf: size, options, through: file)
        try withExtendedLifetime(file) { () throws(MartletError) in
            try forEachPart(in: file.bytes, by: reader, body)
        }
    }

    private func forEachPart(
        in bytes: UnsafeRawBufferPointer, by reader: PartReader,
        _ body: (TextPart) throws(MartletError) -> Void
    ) throws(MartletError) {
        var reader = reader
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard hasLines else {
            try reader.forEachPart(in: bytes, from: start, of: name, body)
            return
        }
        // A field of a line is a text of its own, in memory.
        var fieldReader = reader.inMemory
        let textField = reader.options.textField
        var line = 0
        var position = start
        while position < bytes.count {
            line += 1
            let end = Self.lineEnd(in: bytes, from: position)
            let text = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            if text.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) {
                let place = "\(name):\(line)"
                let field = try reader.withValid(text, at: position, of: name) {
                    (text) throws(MartletError) in
                    try Self.field(textField, of: text, at: place)
                }
                try Array(field.utf8).withUnsafeBufferPointer { (field) throws(MartletError) in
                    try fieldReader.forEachPart(
                        in: UnsafeRawBufferPointer(field), of: place, body)
                }
            }
            position = end + 1
            reader.passed(end)
        }
    }

    // MARK: - Lines

    /// The offset of the next line feed, or of the end.
    private static func lineEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress,
            let found = memchr(base + start, 0x0A, bytes.count - start)
        else { return bytes.count }
        return UnsafeRawPointer(found) - base
    }

    /// The string in the field `name` of one line.
    private static func field(
        _ name: String, of line: UnsafeRawBufferPointer, at place: String
    ) throws(MartletError) -> String {
        let value = try JSONValue(parsing: line, place: place)
        guard let object = value.object else {
            throw MartletError(
                .malformed, "each line must be an object with a string in \"\(name)\"", at: place)
        }
        guard let field = object[name] else {
            let keys = object.map { "\"\($0.key)\"" }.joined(separator: ", ")
            throw MartletError(
                .malformed, "has no field \"\(name)\" for the text, only: \(keys)", at: place)
        }
        guard let text = field.string else {
            throw MartletError(.malformed, "the field \"\(name)\" is not a string", at: place)
        }
        return text
    }
}
