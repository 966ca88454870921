#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Files {
    /// Makes the folder and those above it that are missing, and syncs what holds them. A folder
    /// that is there already is fine, something else is `.alreadyExists`.
    public static func createDirectory(_ path: String) throws(MartletError) {
        try check(path)
        // The innermost first, until one is there.
        var missing: [String] = []
        var folder = path
        while !isDirectory(folder) {
            missing.append(folder)
            let above = parent(folder)
            if above == folder { break }
            folder = above
        }
        for folder in missing.reversed() {
            // Somebody else may be making it at the same time.
            if mkdir(folder, 0o777) != 0 {
                let code = errno
                if code == EEXIST, isDirectory(folder) { continue }
                throw systemError(code, "cannot be made", folder)
            }
            try syncDirectory(parent(folder))
        }
    }

    /// The names in the folder, sorted by bytes, without "." and "..". Throws `.unsupported` for a
    /// name that is not UTF-8, which could not be used.
    public static func list(_ path: String) throws(MartletError) -> [String] {
        var names: [String] = []
        for name in try rawNames(path) {
            guard let name = String(validating: name, as: UTF8.self) else {
                let repaired = String(decoding: name, as: UTF8.self)
                throw MartletError(
                    .unsupported, "has a file whose name is not UTF-8: '\(repaired)'", at: path)
            }
            names.append(name)
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func rawNames(_ path: String) throws(MartletError) -> [[UInt8]] {
        try check(path)
        guard let stream = opendir(path) else {
            throw systemError(errno, "cannot be listed", path)
        }
        defer { closedir(stream) }
        return try rawNames(of: stream, path)
    }

    private static func rawNames(
        of stream: DirectoryStream, _ path: String
    ) throws(MartletError) -> [[UInt8]] {
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                let code = errno
                if code == 0 { return names }
                throw systemError(code, "cannot be listed", path)
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                let start = UnsafeRawPointer(field)
                let length = strlen(start.assumingMemoryBound(to: CChar.self))
                return [UInt8](UnsafeRawBufferPointer(start: start, count: length))
            }
            if name != [0x2e], name != [0x2e, 0x2e] { names.append(name) }
        }
    }

    #if canImport(Glibc)
        private typealias DirectoryStream = OpaquePointer
    #else
        private typealias DirectoryStream = UnsafeMutablePointer<DIR>
    #endif

    /// Removes the file, or the folder with all that is in it. Links are removed and never
    /// followed, not even one put in place of a folder meanwhile. Nothing there is no error.
    public static func remove(_ path: String) throws(MartletError) {
        try check(path)
        // With a slash at the end, a link would be followed.
        let name = trimmed(Array(path.utf8))
        guard !name.isEmpty else {
            throw MartletError(.invalidValue, "is the root and is not removed", at: path)
        }
        try remove(name, in: AT_FDCWD, path, depth: 0)
    }

    /// Removes the entry `name` (bytes, for names need not be UTF-8) of an open folder.
    private static func remove(
        _ name: [UInt8], in folder: Int32, _ path: String, depth: Int
    ) throws(MartletError) {
        let name = name.map { CChar(bitPattern: $0) } + [0]
        if unlinkat(folder, name, 0) == 0 || errno == ENOENT { return }
        // For a folder Linux says EISDIR; POSIX has EPERM.
        let code = errno
        guard code == EISDIR || code == EPERM else {
            throw systemError(code, "cannot be removed", path)
        }
        guard depth < 256 else {
            throw MartletError(.unsupported, "has folders more than 256 deep", at: path)
        }
        let inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard inner >= 0 else {
            // Not a folder after all: then the first error was about something else.
            throw systemError(errno == ENOTDIR ? code : errno, "cannot be removed", path)
        }
        guard let stream = fdopendir(inner) else {
            let code = errno
            close(inner)
            throw systemError(code, "cannot be removed", path)
        }
        defer { closedir(stream) }
        for entry in try rawNames(of: stream, path) {
            let place = join(path, String(decoding: entry, as: UTF8.self))
            try remove(entry, in: inner, place, depth: depth + 1)
        }
        if unlinkat(folder, name, AT_REMOVEDIR) != 0, errno != ENOENT {
            throw systemError(errno, "cannot be removed", path)
        }
    }

    /// Renames `from` to `to` at once, replacing a file (or an empty folder by a folder), then
    /// syncs the folder of `to`.
    public static func rename(_ from: String, to: String) throws(MartletError) {
        try check(from)
        try check(to)
        try retrying("cannot be renamed to \(to)", from) {
            systemRename(from, to)
        }
        try syncDirectory(parent(to))
    }

    /// Returns when the folder's entries (not the files' content) are on disk: names that were
    /// made, renamed or removed in it stay so after a power cut.
    public static func syncDirectory(_ path: String) throws(MartletError) {
        let folder = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY)
        while fsync(folder.number) != 0 {
            let code = errno
            if code == EINTR { continue }
            // Some file systems have no such thing for folders and say so: nothing more can be
            // done. A real failure is not tried again: the second time, the system forgets it.
            if code == EINVAL || code == ENOTSUP { return }
            throw systemError(code, "cannot be written to disk", path)
        }
    }

    /// A fresh folder that nobody else can enter, under $TMPDIR or /tmp. The caller removes it.
    public static func temporaryDirectory() throws(MartletError) -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        let template = join(base.isEmpty ? "/tmp" : base, "martlet-XXXXXX")
        var path = Array(template.utf8CString)
        guard mkdtemp(&path) != nil else {
            throw systemError(errno, "cannot be made", template)
        }
        path.removeLast()
        return String(decoding: path.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: - Paths

    /// `b` below `a`, with one slash between them. Always below, even if `b` starts with slashes;
    /// ".." is not looked for. An empty part counts for nothing.
    public static func join(_ a: String, _ b: String) -> String {
        if a.isEmpty { return b }
        let tail = String(decoding: b.utf8.drop { $0 == slash }, as: UTF8.self)
        if tail.isEmpty { return a }
        return a.utf8.last == slash ? a + tail : a + "/" + tail
    }

    /// The last part of the path, without slashes: "c.txt" of "a/c.txt", "b" of "a/b/". "/" of
    /// nothing but slashes.
    public static func lastComponent(_ path: String) -> String {
        let trimmed = trimmed(Array(path.utf8))
        guard let last = trimmed.split(separator: slash).last else {
            return path.isEmpty ? "" : "/"
        }
        return String(decoding: last, as: UTF8.self)
    }

    /// The path without its last part: "a" of "a/c.txt", "." of "c.txt", "/" of "/a" and of "/".
    public static func parent(_ path: String) -> String {
        let trimmed = trimmed(Array(path.utf8))
        guard let cut = trimmed.lastIndex(of: slash) else {
            return path.utf8.first == slash ? "/" : "."
        }
        let above = Self.trimmed(Array(trimmed[..<cut]))
        return above.isEmpty ? "/" : String(decoding: above, as: UTF8.self)
    }

    private static let slash = UInt8(ascii: "/")

    /// Without slashes at the end.
    private static func trimmed(_ path: [UInt8]) -> [UInt8] {
        var path = path
        while path.last == slash { path.removeLast() }
        return path
    }
}
