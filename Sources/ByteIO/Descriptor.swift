#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An open file descriptor, closed when it goes: the system calls that files here are made of,
/// with interruptions and short counts dealt with and errors that name the path.
final class Descriptor {
    let number: Int32
    let path: String
    private var isOpen = true

    /// Opens `path`; `flags` as for open(2), close-on-exec is added. Permissions of a new file are
    /// what the process's mask leaves of 0666.
    init(opening path: String, _ flags: Int32) throws(MartletError) {
        try Files.check(path)
        number = try retrying("cannot be opened", path) { open(path, flags | O_CLOEXEC, 0o666) }
        self.path = path
    }

    /// A copy of the standard input's descriptor.
    init(standardInput path: String) throws(MartletError) {
        number = try retrying("cannot be opened", path) {
            fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
        }
        self.path = path
    }

    deinit {
        if isOpen { _ = close(number) }
    }

    /// Closes the file and says so if that fails: a network file system may only then report that
    /// a write did.
    func closeChecked() throws(MartletError) {
        guard isOpen else { return }
        isOpen = false
        let result = close(number)
        // After an interruption the descriptor is gone all the same.
        if result != 0, errno != EINTR { throw systemError(errno, "cannot be closed", path) }
    }

    /// What fstat(2) says.
    func status() throws(MartletError) -> stat {
        var status = stat()
        try retrying("cannot be examined", path) { fstat(number, &status) }
        return status
    }

    /// Reads into `buffer` until it is full or the file ends; returns how many bytes came.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(MartletError) -> Int {
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let step = try retrying("cannot be read", path) { systemRead(number, rest) }
            if step == 0 { break }
            count += step
        }
        return count
    }

    /// Writes all of `bytes`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(MartletError) {
        var rest = bytes
        while !rest.isEmpty {
            let step = try retrying("cannot be written", path) { systemWrite(number, rest) }
            rest = UnsafeRawBufferPointer(rebasing: rest[step...])
        }
    }

    /// Sets the permission bits of `mode`.
    func setPermissions(_ mode: mode_t) throws(MartletError) {
        try retrying("permissions cannot be set", path) { fchmod(number, mode & 0o7777) }
    }

    /// Returns when what was written is on the disk.
    func synchronize() throws(MartletError) {
        #if canImport(Darwin)
            // There, fsync(2) leaves the data in the drive's cache.
            if fcntl(number, F_FULLFSYNC) == 0 { return }
        #endif
        try retrying("cannot be written to disk", path) { fsync(number) }
    }
}

// Where types have members of the same name, these say which is meant.

private func systemRead(_ number: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(number, buffer.baseAddress, buffer.count)
}

private func systemWrite(_ number: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(number, bytes.baseAddress, bytes.count)
}

/// rename(2)
func systemRename(_ from: String, _ to: String) -> Int32 {
    rename(from, to)
}

/// Calls `body` again for as long as a signal interrupts it; throws what else makes it negative.
@discardableResult
func retrying<Number: SignedInteger>(
    _ failure: String, _ path: String, _ body: () -> Number
) throws(MartletError) -> Number {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw systemError(code, failure, path) }
    }
}

/// The error for a system call on `path` that failed with `code` (an `errno`).
func systemError(_ code: Int32, _ failure: String, _ path: String) -> MartletError {
    let kind: MartletError.Code =
        switch code {
        case ENOENT, ENOTDIR: .notFound
        case EEXIST, ENOTEMPTY: .alreadyExists
        case ENOSPC, EDQUOT, EFBIG: .diskFull
        default: .inputOutput
        }
    return MartletError(kind, "\(failure): \(String(cString: strerror(code)))", at: path)
}

extension stat {
    /// Whether this is a folder.
    var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
    /// Whether this is a regular file.
    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
}
