#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Holds a lock on a file, against other processes and other locks in this one, until it is
/// unlocked, goes away, or the process ends in whatever way.
///
/// The file stays behind, with the number of the last process that held the lock: removing it
/// would let two hold "the" lock on two files of one name. It is an advisory lock (flock(2)); some
/// network file systems do not have it.
public final class FileLock {
    private var file: Descriptor?

    /// Takes the lock on the file at `path`, which is made if need be. Throws `.locked`, at once,
    /// if it is held.
    public init(_ path: String) throws(MartletError) {
        // Not through a link: what it points at would be emptied.
        let opened = try Descriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK)
        guard try opened.status().isRegular else {
            throw MartletError(.unsupported, "is not a regular file", at: path)
        }
        while flock(opened.number, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            guard code == EWOULDBLOCK else { throw systemError(code, "cannot be locked", path) }
            throw MartletError(.locked, "is held by \(Self.holder(opened))", at: path)
        }
        // For people; the lock holds without it, on a full disk as well.
        if ftruncate(opened.number, 0) == 0 {
            let text = Array("\(getpid())\n".utf8)
            _ = pwrite(opened.number, text, text.count, 0)
        }
        file = opened
    }

    /// Gives the lock back. A second call does nothing.
    public func unlock() {
        file = nil
    }

    /// Who wrote their number into the file.
    private static func holder(_ file: Descriptor) -> String {
        var text = [UInt8](repeating: 0, count: 20)
        let count = pread(file.number, &text, text.count, 0)
        let digits = text.prefix(max(count, 0)).prefix { (0x30...0x39).contains($0) }
        return digits.isEmpty
            ? "another process" : "process \(String(decoding: digits, as: UTF8.self))"
    }
}
