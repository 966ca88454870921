import ByteIO

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What stands at a path, links followed.
enum FileKind {
    /// A file that can be mapped and read as often as one likes.
    case regular
    /// A folder; the identity tells whether it was met before under another name.
    case folder(FolderIdentity)
    /// A pipe, terminal or device: it can be read once, to its end.
    case stream

    /// A folder on this machine, whatever path led to it.
    struct FolderIdentity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// - Throws: `.notFound` if there is nothing at `path`, `.inputOutput` if it cannot be seen.
    init(of path: String) throws(MartletError) {
        var status = stat()
        guard !path.utf8.contains(0), stat(path, &status) == 0 else {
            // Fails the same way, and knows how to say it.
            _ = try Files.size(path)
            throw MartletError(.inputOutput, "cannot be examined", at: path)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .regular
        case S_IFDIR:
            self = .folder(
                FolderIdentity(
                    device: UInt64(truncatingIfNeeded: status.st_dev),
                    inode: UInt64(truncatingIfNeeded: status.st_ino)))
        default: self = .stream
        }
    }
}
