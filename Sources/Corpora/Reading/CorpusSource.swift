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
        case held([UInt8])
        case documents([Document])
    }

    let name: String
    let content: Content

    /// Whether each line is a document.
    private var hasLines: Bool { FolderWalk.hasSuffix(".jsonl", name) }

    /// The sources that one path of `--data` names.
    static func named(_ path: String) throws(MartletError) -> [CorpusSource] {
        if path.utf8.elementsEqual("-".utf8) {
            let bytes = try Files.standardInput()
            return [CorpusSource(name: "standard input", content: .held(bytes))]
        }
        // A file whose own name looks like a pattern is taken literally.
        if Wildcard.isPattern(path), !Files.exists(path) {
            return try Glob(path).files().map { CorpusSource(name: $0, content: .file) }
        }
        switch try FileKind(of: path) {
        case .regular:
            return [CorpusSource(name: path, content: .file)]
        case .stream:
            return [CorpusSource(name: path, content: .held(try Files.read(path)))]
        case .folder:
            return try FolderWalk.texts(under: path).map { CorpusSource(name: $0, content: .file) }
        }
    }

    func byteCount() throws(MartletError) -> Int {
        switch content {
        case .file: try Files.size(name)
        case .held(let bytes): bytes.count
        case .documents(let documents): documents.reduce(0) { $0 + $1.text.count }
        }
    }

    /// Calls `body` with each text, the empty ones as well.
    func forEachText(
        _ options: CorpusOptions,
        _ body: (UnsafeRawBufferPointer, String) throws(MartletError) -> Void
    ) throws(MartletError) {
        switch content {
        case .file:
            let file = try MappedFile(name)
            try withExtendedLifetime(file) { () throws(MartletError) in
                try forEachText(in: file.bytes, of: file, options, body)
            }
        case .held(let bytes):
            try bytes.withUnsafeBufferPointer { (buffer) throws(MartletError) in
                try forEachText(in: UnsafeRawBufferPointer(buffer), of: nil, options, body)
            }
        case .documents(let documents):
            for document in documents {
                try document.text.withUnsafeBufferPointer { (buffer) throws(MartletError) in
                    let text = UnsafeRawBufferPointer(buffer)
                    try Self.withValid(
                        text, at: 0, of: document.source, options
                    ) { (text) throws(MartletError) in try body(text, document.source) }
                }
            }
        }
    }

    private func forEachText(
        in bytes: UnsafeRawBufferPointer, of file: MappedFile?, _ options: CorpusOptions,
        _ body: (UnsafeRawBufferPointer, String) throws(MartletError) -> Void
    ) throws(MartletError) {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard hasLines else {
            let text = UnsafeRawBufferPointer(rebasing: bytes[start...])
            try Self.withValid(text, at: start, of: name, options) { (text) throws(MartletError) in
                try body(text, name)
            }
            file?.release(0..<bytes.count)
            return
        }
        var line = 0
        var position = start
        var released = 0
        while position < bytes.count {
            line += 1
            let end = Self.lineEnd(in: bytes, from: position)
            let text = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            if text.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) {
                let place = "\(name):\(line)"
                let field = try Self.withValid(
                    text, at: position, of: name, options
                ) { (text) throws(MartletError) in
                    try Self.field(options.textField, of: text, at: place)
                }
                try Self.withBytes(of: field) { (text) throws(MartletError) in
                    try body(text, place)
                }
            }
            position = end + 1
            // What was read goes back to the system now and then, so that a file larger than
            // memory does not push everything else out.
            if end - released >= 1 << 26 {
                file?.release(released..<end)
                released = end
            }
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

    private static func withBytes(
        of text: String, _ body: (UnsafeRawBufferPointer) throws(MartletError) -> Void
    ) throws(MartletError) {
        try Array(text.utf8).withUnsafeBufferPointer { (buffer) throws(MartletError) in
            try body(UnsafeRawBufferPointer(buffer))
        }
    }

    // MARK: - Encoding

    /// Calls `body` with `bytes`, or what replaces them, as valid UTF-8; `offset` is where they
    /// start in the file.
    private static func withValid<Result>(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, of name: String,
        _ options: CorpusOptions,
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
