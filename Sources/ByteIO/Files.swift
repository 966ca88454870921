import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Files and folders by path, without Foundation.
///
/// Everything that can fail throws ``MartletError`` with the path as its place: `.notFound`,
/// `.alreadyExists`, `.diskFull` (no space, quota, file-size limit), `.invalidValue` for a path
/// that is empty or has a zero byte (the system would silently cut it there), else `.inputOutput`.
/// Symbolic links are followed unless a function says otherwise. Calls block.
public enum Files {
    /// Whether there is something at `path`; a link to nothing is not.
    public static func exists(_ path: String) -> Bool {
        (try? status(path)) != nil
    }

    /// Whether there is a folder at `path`.
    public static func isDirectory(_ path: String) -> Bool {
        (try? status(path))?.isDirectory ?? false
    }

    /// The size of the file in bytes.
    public static func size(_ path: String) throws(MartletError) -> Int {
        Int(try status(path).st_size)
    }

    /// When the content was last changed, in nanoseconds since 1970.
    public static func modificationTime(_ path: String) throws(MartletError) -> Int {
        #if canImport(Glibc)
            let time = try status(path).st_mtim
        #else
            let time = try status(path).st_mtimespec
        #endif
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    static func status(_ path: String) throws(MartletError) -> stat {
        try check(path)
        var status = stat()
        try retrying("cannot be examined", path) { stat(path, &status) }
        return status
    }

    static func check(_ path: String) throws(MartletError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw MartletError(
                .invalidValue,
                path.isEmpty ? "is an empty path" : "is a path with a zero byte", at: path)
        }
    }

    // MARK: - Reading

    /// All bytes of the file (or pipe). Throws `.unsupported`, before memory is taken, if a file
    /// is longer than `limit` bytes or than memory allows.
    public static func read(
        _ path: String, limit: Int? = nil
    ) throws(MartletError) -> [UInt8] {
        let file = try Descriptor(opening: path, O_RDONLY)
        let status = try file.status()
        guard !status.isDirectory else {
            throw MartletError(.inputOutput, "is a folder, not a file", at: path)
        }
        return try readAll(file, expected: Int(status.st_size), limit: limit)
    }

    /// All bytes of the standard input, to its end.
    public static func standardInput() throws(MartletError) -> [UInt8] {
        try readAll(Descriptor(standardInput: "standard input"), expected: 0, limit: nil)
    }

    /// Reads to the end. `expected` is a guess: a file may grow meanwhile, and pipes and files the
    /// kernel makes up have size zero.
    private static func readAll(
        _ file: Descriptor, expected: Int, limit: Int?
    ) throws(MartletError) -> [UInt8] {
        let limit = limit ?? Int.max
        try checkSize(expected, limit, file.path)
        var bytes: [UInt8] = []
        var room = max(expected, 0)
        while true {
            // One byte more than is thought to come, so that a file that ends on time needs no
            // second round.
            let chunk = try readChunk(file, room + 1)
            if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
            try checkSize(bytes.count, limit, file.path)
            if chunk.count <= room { return bytes }
            room = max(1 << 16, bytes.count / 2)
        }
    }

    private static func checkSize(_ size: Int, _ limit: Int, _ path: String) throws(MartletError) {
        guard size <= limit else {
            throw MartletError(
                .unsupported, "is \(size) bytes long or more, the limit is \(limit)", at: path)
        }
        // An array that does not fit in memory traps, and a hole of terabytes in a file is cheap
        // to make: ask first.
        guard size >= 1 << 30 else { return }
        guard let probe = malloc(size) else {
            throw MartletError(.unsupported, "has \(size) bytes, too many for memory", at: path)
        }
        free(probe)
    }

    /// Up to `count` bytes; fewer only at the end.
    private static func readChunk(
        _ file: Descriptor, _ count: Int
    ) throws(MartletError) -> [UInt8] {
        var failure: MartletError?
        let chunk = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(MartletError) {
                let target = UnsafeMutableRawBufferPointer(buffer)
                initialized = try file.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: target[..<count]))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return chunk
    }

    // MARK: - Writing

    /// Puts `bytes` at `path`, replacing what is there: all or nothing, and on disk on return.
    ///
    /// They go to a new file in the same folder, which is synced and then renamed; a failure up to
    /// then removes it and leaves the old file as it was. (If the last step fails, syncing the
    /// folder, the error names the folder: the new file is there, but may not outlast a power cut.)
    /// The old file's permissions are kept; a symbolic link is itself replaced.
    public static func write(_ bytes: [UInt8], to path: String) throws(MartletError) {
        try replace(path) { (file) throws(MartletError) in try file.write(bytes) }
    }

    /// Puts the UTF-8 bytes of `text` at `path`, all or nothing, like the form for bytes.
    public static func write(_ text: String, to path: String) throws(MartletError) {
        try write(Array(text.utf8), to: path)
    }

    /// Replaces `path` by what `body` writes, as ``write(_:to:)`` does; if `body` throws, nothing
    /// has happened.
    package static func replace(
        _ path: String, writing body: (DurableFileWriter) throws(MartletError) -> Void
    ) throws(MartletError) {
        try check(path)
        try checkReplaceable(path)
        let (temporary, file) = try temporaryFile(for: path)
        do throws(MartletError) {
            if let old = try? status(path), old.isRegular { try file.setPermissions(old.st_mode) }
            try body(file)
            try file.finish()
            try retrying("cannot be replaced", path) { systemRename(temporary, path) }
        } catch {
            _ = unlink(temporary)
            throw error.replacingPlace(temporary, by: path)
        }
        try syncDirectory(parent(path))
    }

    /// Refuses to put a file in the place of what is none, such as /dev/null or a pipe.
    package static func checkReplaceable(_ path: String) throws(MartletError) {
        guard let old = try? status(path), !old.isRegular, !isDirectory(path) else { return }
        throw MartletError(
            .unsupported, "is a device or a pipe, which a file would replace; name a file", at: path
        )
    }

    /// A new file beside `path`, under a short name that nothing else has.
    private static func temporaryFile(
        for path: String
    ) throws(MartletError) -> (path: String, writer: DurableFileWriter) {
        let folder = parent(path)
        while true {
            let number = counter.add(1, ordering: .relaxed).newValue
            let candidate = join(folder, ".martlet-\(getpid())-\(number).tmp")
            do throws(MartletError) {
                return (candidate, try DurableFileWriter(candidate, flags: O_EXCL))
            } catch {
                // One that a killed process with this number left behind: take the next.
                if error.code == .alreadyExists { continue }
                throw error.replacingPlace(candidate, by: path)
            }
        }
    }

    private static let counter = Atomic<UInt64>(0)

    /// Adds the UTF-8 bytes of `text` to the end of the file, which is made if need be. One write
    /// for short texts, so that lines of several writers do not mix. Not synced.
    public static func append(_ text: String, to path: String) throws(MartletError) {
        let file = try Descriptor(opening: path, O_WRONLY | O_APPEND | O_CREAT)
        let result = text.withBytes { bytes in
            Result { () throws(MartletError) in try file.write(UnsafeRawBufferPointer(bytes)) }
        }
        try result.get()
        try file.closeChecked()
    }
}

extension MartletError {
    /// The name of a temporary file tells nobody anything; the one it was for does.
    fileprivate func replacingPlace(_ temporary: String, by path: String) -> MartletError {
        var error = self
        if place == temporary { error.place = path }
        return error
    }
}
