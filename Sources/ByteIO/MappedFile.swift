#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file's content as memory: pages are read when they are first touched, and the system may drop
/// them again.
///
/// The file must not be cut short while it is mapped: touching a page behind the new end kills the
/// process (SIGBUS). Read files that others may change with ``Files/read(_:limit:)``.
public final class MappedFile: @unchecked Sendable {
    /// The path that was opened.
    public let path: String
    /// The size in bytes.
    public let count: Int
    // Unchecked, because of this: the mapping is read-only and stays where it is until deinit, so
    // any thread may read it.
    private let start: UnsafeMutableRawPointer?

    /// Maps the file at `path`, which may be empty. Throws what opening it throws, and
    /// `.unsupported` for what is not a regular file.
    public convenience init(_ path: String) throws(MartletError) {
        // Without waiting, or a named pipe would hold us up forever.
        try self.init(mapping: Descriptor(opening: path, O_RDONLY | O_NONBLOCK))
    }

    /// Maps a file that is open; it may be closed afterwards.
    init(mapping file: Descriptor) throws(MartletError) {
        let path = file.path
        let status = try file.status()
        guard status.isRegular else {
            throw MartletError(.unsupported, "is not a regular file", at: path)
        }
        self.path = path
        count = Int(status.st_size)
        if count == 0 {
            start = nil
            return
        }
        let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.number, 0)
        guard address != MAP_FAILED, let address else {
            throw systemError(errno, "cannot be mapped", path)
        }
        start = address
    }

    deinit {
        if let start { munmap(start, count) }
    }

    /// The content; valid while the object lives.
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start, count: count)
    }

    /// Says that the bytes `range` are not needed for now: the pages that lie wholly within leave
    /// memory. Touching them reads them again. Bytes outside the file are ignored.
    public func release(_ range: Range<Int>) {
        guard let start else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let range = range.clamped(to: 0..<count)
        let first = (range.lowerBound + page - 1) / page * page
        // The last page of the file ends with the file.
        let end = range.upperBound == count ? count : range.upperBound / page * page
        if first < end { madvise(start + first, end - first, MADV_DONTNEED) }
    }
}
