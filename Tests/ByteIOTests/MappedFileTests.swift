import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct MappedFileTests {
    @Test(arguments: [0, 1, 4095, 4096, 4097, 300_000])
    func bytesAreTheFile(_ count: Int) throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "a")
            let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
            try Files.write(content, to: path)
            let file = try MappedFile(path)
            #expect(file.path == path)
            #expect(file.count == count)
            #expect(file.bytes.count == count)
            #expect(file.bytes.elementsEqual(content))
            // Whatever is released reads back the same.
            for range in [
                0..<count, 0..<0, 1..<max(1, count - 1), -5..<count + 5, count..<count + 9,
                Int.min..<Int.max,
            ] {
                file.release(range)
                #expect(file.bytes.elementsEqual(content))
            }
            // The mapping outlives the name.
            try Files.remove(path)
            #expect(file.bytes.elementsEqual(content))
        }
    }

    @Test func refusesWhatIsNoFile() throws {
        try withTemporaryDirectory { folder in
            #expect(
                error { () throws(MartletError) in _ = try MappedFile(folder) }?.code
                    == .unsupported)
            let pipe = Files.join(folder, "pipe")
            #expect(mkfifo(pipe, 0o600) == 0)
            #expect(
                error { () throws(MartletError) in _ = try MappedFile(pipe) }?.code == .unsupported)
            let absent = Files.join(folder, "absent")
            let thrown = error { () throws(MartletError) in _ = try MappedFile(absent) }
            #expect(thrown?.code == .notFound)
            #expect(thrown?.place == absent)
        }
    }

    #if os(Linux)
        @Test func theMappingEndsWithTheObject() throws {
            try withTemporaryDirectory { folder in
                let path = Files.join(folder, "a")
                try Files.write("content", to: path)
                func isMapped() throws -> Bool {
                    String(decoding: try Files.read("/proc/self/maps"), as: UTF8.self)
                        .contains(path)
                }
                var file: MappedFile? = try MappedFile(path)
                #expect(try isMapped())
                #expect(file?.count == 7)
                file = nil
                #expect(try !isMapped())
            }
        }
    #endif
}
