#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes one file from front to back through a buffer of 1 MiB, counting and checksumming, and
/// makes it durable at the end.
///
/// It writes straight to its path: whoever wants all or nothing gives it a temporary name and
/// renames after ``finish()``, then syncs the folder. After a failed write every call throws that
/// error again, so that a file with a hole is never finished. One that goes without `finish` is
/// closed as it is. Not for use from several threads at once.
public final class DurableFileWriter {
    /// The number of bytes written so far.
    public private(set) var count = 0
    /// The CRC-32C of the bytes written so far.
    public var checksum: UInt32 { crc.value }

    private let file: Descriptor
    private var isFinished = false
    private var crc = CRC32C()
    private var buffer: [UInt8] = []
    private var failure: MartletError?

    private static let capacity = 1 << 20

    /// Makes the file at `path`, or empties the one that is there. Links are not followed.
    public convenience init(creating path: String) throws(MartletError) {
        try self.init(path, flags: O_TRUNC)
    }

    init(_ path: String, flags: Int32) throws(MartletError) {
        file = try Descriptor(opening: path, O_WRONLY | O_CREAT | O_NOFOLLOW | flags)
    }

    /// Adds `bytes` at the end.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(MartletError) {
        try checkUsable()
        if buffer.count + bytes.count > Self.capacity { try flush() }
        if bytes.count >= Self.capacity {
            try send(bytes)
        } else {
            if buffer.capacity == 0 { buffer.reserveCapacity(Self.capacity) }
            buffer.append(contentsOf: bytes)
        }
        crc.update(bytes)
        count += bytes.count
    }

    /// Adds `bytes` at the end.
    public func write(_ bytes: [UInt8]) throws(MartletError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(MartletError) in try write(buffer) }
        }
        try result.get()
    }

    /// Writes out what is buffered, waits until the file is on disk and closes it. Nothing can be
    /// written afterwards; a second call does nothing.
    public func finish() throws(MartletError) {
        if isFinished { return }
        try flush()
        try recordingFailure { (file) throws(MartletError) in
            try file.synchronize()
            try file.closeChecked()
        }
        isFinished = true
        buffer = []
    }

    /// Sets the permission bits of `mode`.
    func setPermissions(_ mode: mode_t) throws(MartletError) {
        try recordingFailure { (file) throws(MartletError) in try file.setPermissions(mode) }
    }

    private func flush() throws(MartletError) {
        let result = buffer.withUnsafeBytes { bytes in
            Result { () throws(MartletError) in try send(bytes) }
        }
        try result.get()
        buffer.removeAll(keepingCapacity: true)
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws(MartletError) {
        try recordingFailure { (file) throws(MartletError) in try file.write(bytes) }
    }

    private func recordingFailure(
        _ body: (Descriptor) throws(MartletError) -> Void
    ) throws(MartletError) {
        try checkUsable()
        do throws(MartletError) {
            try body(file)
        } catch {
            failure = error
            throw error
        }
    }

    private func checkUsable() throws(MartletError) {
        if let failure { throw failure }
        if isFinished { throw MartletError(.invalidValue, "is finished already", at: file.path) }
    }
}
