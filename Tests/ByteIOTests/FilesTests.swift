import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct FilesTests {
    // MARK: - Writing all or nothing

    @Test func writesAndReplaces() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "a.txt")
            for text in ["one", "", "three, longer than before\n"] {
                try Files.write(text, to: path)
                #expect(try Files.read(path) == Array(text.utf8))
            }
            let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }
            try Files.write(large, to: path)
            #expect(try Files.read(path) == large)
            #expect(try Files.size(path) == large.count)
            #expect(try Files.list(folder) == ["a.txt"])
        }
    }

    /// A failure at any byte leaves the old file and nothing else.
    @Test(arguments: [0, 1, 5, 2 << 20])
    func aFailureHalfwayLeavesTheOldFile(_ written: Int) throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "model")
            try Files.write("old", to: path)
            let thrown = error { () throws(MartletError) in
                try Files.replace(path) { (file) throws(MartletError) in
                    try file.write([UInt8](repeating: 1, count: written))
                    throw MartletError(.nonFinite, "the data is bad", at: "tensor")
                }
            }
            #expect(thrown?.code == .nonFinite)
            #expect(thrown?.place == "tensor")
            #expect(try Files.read(path) == Array("old".utf8))
            #expect(try Files.list(folder) == ["model"])
        }
    }

    @Test func theFolderVanishes() throws {
        try withTemporaryDirectory { folder in
            let inner = Files.join(folder, "inner")
            let path = Files.join(inner, "a")
            let absent = error { () throws(MartletError) in try Files.write("x", to: path) }
            #expect(absent == (.notFound, path))
            try Files.createDirectory(inner)
            let vanished = error { () throws(MartletError) in
                try writeWhileRemoving(inner, to: path)
            }
            #expect(vanished == (.notFound, path))
            #expect(try Files.list(folder) == [])
        }
    }

    private func writeWhileRemoving(_ folder: String, to path: String) throws(MartletError) {
        try Files.replace(path) { (file) throws(MartletError) in
            try file.write([1, 2, 3])
            try Files.remove(folder)
        }
    }

    @Test func aFolderInTheWayIsNotReplaced() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "a")
            try Files.createDirectory(Files.join(path, "b"))
            #expect(
                error { () throws(MartletError) in try Files.write("x", to: path) }?.place == path)
            #expect(try Files.list(folder) == ["a"])
            #expect(try Files.list(path) == ["b"])
        }
    }

    @Test func keepsPermissionsAndReplacesLinks() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "a")
            try Files.write("old", to: path)
            #expect(chmod(path, 0o640) == 0)
            try Files.write("new", to: path)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o640)
            let link = Files.join(folder, "link")
            #expect(symlink("a", link) == 0)
            try Files.write("of its own", to: link)
            #expect(try Files.read(path) == Array("new".utf8))
            #expect(try Files.read(link) == Array("of its own".utf8))
        }
    }

    /// A file in the place of a device or a pipe would break whoever uses it.
    @Test func pipesAreNotReplaced() throws {
        try withTemporaryDirectory { folder in
            let pipe = Files.join(folder, "pipe")
            #expect(mkfifo(pipe, 0o600) == 0)
            let thrown = error { () throws(MartletError) in try Files.write("text", to: pipe) }
            #expect(thrown?.code == .unsupported)
            #expect(thrown?.place == pipe)
            let names = try Files.list(folder)
            #expect(names == ["pipe"])
        }
    }

    /// Readers see the old or the new content, never a part.
    @Test func manyWritersAtOnce() async throws {
        let folder = try Files.temporaryDirectory()
        defer { try? Files.remove(folder) }
        let path = Files.join(folder, "a")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in UInt8(0)..<8 {
                group.addTask {
                    for _ in 0..<5 {
                        let content = [UInt8](repeating: writer, count: 70_000)
                        try Files.write(content, to: path)
                        let seen = try Files.read(path)
                        #expect(seen.count == content.count)
                        #expect(seen.allSatisfy { $0 == seen[0] })
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try Files.list(folder) == ["a"])
    }

    @Test func appendAddsAndCreates() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "log")
            try Files.append("a\n", to: path)
            try Files.append("é\n", to: path)
            #expect(try Files.read(path) == Array("a\né\n".utf8))
            #expect(
                error { () throws(MartletError) in try Files.append("x", to: folder) }?.code
                    == .inputOutput)
        }
    }

    // MARK: - Reading

    @Test func readChecksKindAndLimit() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "a")
            try Files.write("12345", to: path)
            #expect(try Files.read(path, limit: 5).count == 5)
            #expect(
                error { () throws(MartletError) in _ = try Files.read(path, limit: 4) }
                    == (.unsupported, path))
            #expect(
                error { () throws(MartletError) in _ = try Files.read(folder) }
                    == (.inputOutput, folder))
            let absent = Files.join(folder, "absent")
            #expect(
                error { () throws(MartletError) in _ = try Files.read(absent) }
                    == (.notFound, absent))
            let below = Files.join(path, "below")
            #expect(
                error { () throws(MartletError) in _ = try Files.read(below) }
                    == (.notFound, below))
            // A file that is one big hole costs nothing to make.
            let huge = Files.join(folder, "huge")
            try Files.write("", to: huge)
            if truncate(huge, 1 << 43) == 0 {
                #expect(
                    error { () throws(MartletError) in _ = try Files.read(huge, limit: 1 << 20) }
                        == (.unsupported, huge))
            }
        }
    }

    #if os(Linux)
        @Test func readsFilesWhoseSizeIsNotKnown() throws {
            #expect(try Files.size("/proc/self/status") == 0)
            #expect(try !Files.read("/proc/self/status").isEmpty)
        }

        @Test func readsPipesToTheirEnd() throws {
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            defer { close(ends[0]) }
            let text = [UInt8](repeating: 65, count: 10_000)
            #expect(write(ends[1], text, text.count) == text.count)
            close(ends[1])
            #expect(try Files.read("/dev/fd/\(ends[0])") == text)
        }
    #endif

    @Test(arguments: ["", "a\0b", "\0"])
    func badPaths(_ path: String) {
        #expect(!Files.exists(path))
        #expect(!Files.isDirectory(path))
        for thrown in [
            error { () throws(MartletError) in _ = try Files.read(path) },
            error { () throws(MartletError) in try Files.write("", to: path) },
            error { () throws(MartletError) in try Files.append("", to: path) },
            error { () throws(MartletError) in try Files.remove(path) },
            error { () throws(MartletError) in try Files.createDirectory(path) },
            error { () throws(MartletError) in _ = try Files.list(path) },
            error { () throws(MartletError) in try Files.rename("/tmp", to: path) },
            error { () throws(MartletError) in try Files.rename(path, to: "/tmp") },
            error { () throws(MartletError) in _ = try MappedFile(path) },
            error { () throws(MartletError) in _ = try FileLock(path) },
        ] {
            #expect(thrown?.code == .invalidValue)
        }
    }

    @Test func modificationTimeIsInNanoseconds() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "a")
            try Files.write("x", to: path)
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            let seconds = try Files.modificationTime(path) / 1_000_000_000
            #expect(abs(seconds - now.tv_sec) < 100)
        }
    }
}

/// Lets an expectation name the code and the place of an error at once.
private func == (left: MartletError?, right: (MartletError.Code, String)) -> Bool {
    left?.code == right.0 && left?.place == right.1
}

@Suite struct CopyingTests {
    @Test func aCopyStandsAlone() throws {
        let folder = try Files.temporaryDirectory()
        defer { do { try Files.remove(folder) } catch {} }
        let (source, target) = (Files.join(folder, "source"), Files.join(folder, "target"))
        try Files.write("first", to: source)
        try Files.write("older", to: target)
        try Files.copy(source, to: target)
        try Files.append(" and more", to: source)
        #expect(try Files.read(target) == Array("first".utf8))
        #expect(throws: MartletError.self) {
            try Files.copy(Files.join(folder, "none"), to: target)
        }
        #expect(try Files.read(target) == Array("first".utf8))
        #expect(try Files.list(folder) == ["source", "target"])
    }
}
