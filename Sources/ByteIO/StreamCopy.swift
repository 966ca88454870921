#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// All that comes out of a pipe, kept so that it can be gone through repeatedly.
package enum StreamCopy: Sendable {
    case memory([UInt8])
    /// What is too much to hold: in a file under $TMPDIR or /tmp that has no name any more, so that
    /// nothing stays behind, however the process ends.
    case file(MappedFile)

    private static let chunkSize = 1 << 20

    /// Reads the standard input to its end, into a file if it has more than `memoryLimit` bytes.
    package static func ofStandardInput(
        memoryLimit: Int
    ) throws(MartletError) -> StreamCopy {
        try StreamCopy(Descriptor(standardInput: "standard input"), memoryLimit)
    }

    /// Reads the pipe, terminal or device at `path` to its end, into a file if it has more than
    /// `memoryLimit` bytes. Waits until somebody writes into the pipe.
    package static func of(
        _ path: String, memoryLimit: Int
    ) throws(MartletError) -> StreamCopy {
        try StreamCopy(Descriptor(opening: path, O_RDONLY), memoryLimit)
    }

    private init(_ stream: Descriptor, _ memoryLimit: Int) throws(MartletError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.chunkSize, alignment: 16)
        defer { buffer.deallocate() }
        var bytes: [UInt8] = []
        var isAtEnd = false
        while !isAtEnd, bytes.count <= memoryLimit {
            let count = try stream.read(into: buffer)
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            isAtEnd = count < buffer.count
        }
        guard bytes.count > memoryLimit else {
            self = .memory(bytes)
            return
        }
        let file = try Self.namelessFile()
        try bytes.withUnsafeBufferPointer { (held) throws(MartletError) in
            try file.write(UnsafeRawBufferPointer(held))
        }
        bytes = []
        // A terminal would go on after its end: it is not asked twice.
        while !isAtEnd {
            let count = try stream.read(into: buffer)
            try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            isAtEnd = count < buffer.count
        }
        self = .file(try MappedFile(mapping: file))
    }

    /// A new file that can be written and mapped for as long as it is open.
    private static func namelessFile() throws(MartletError) -> Descriptor {
        let folder = try Files.temporaryDirectory()
        do throws(MartletError) {
            let path = Files.join(folder, "stream")
            let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_EXCL)
            try Files.remove(folder)
            return file
        } catch {
            try? Files.remove(folder)
            throw error
        }
    }
}
