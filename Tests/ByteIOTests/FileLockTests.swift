import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct FileLockTests {
    @Test func aLinkIsNotFollowed() throws {
        try withTemporaryDirectory { folder in
            let (kept, lock) = (Files.join(folder, "kept"), Files.join(folder, "lock"))
            try Files.write("words", to: kept)
            #expect(symlink("kept", lock) == 0)
            #expect(error { () throws(MartletError) in _ = try FileLock(lock) } != nil)
            #expect(try Files.read(kept) == Array("words".utf8))
        }
    }

    @Test func onlyOneHoldsIt() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "lock")
            let first = try FileLock(path)
            for _ in 0..<2 {
                let thrown = error { () throws(MartletError) in _ = try FileLock(path) }
                #expect(thrown?.code == .locked)
                #expect(thrown?.place == path)
                #expect(thrown?.message.contains("\(getpid())") == true)
            }
            first.unlock()
            first.unlock()
            let second = try FileLock(path)
            #expect(error { () throws(MartletError) in _ = try FileLock(path) }?.code == .locked)
            withExtendedLifetime(second) {}
        }
    }

    @Test func itEndsWithTheObject() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "lock")
            var lock: FileLock? = try FileLock(path)
            #expect(lock != nil)
            lock = nil
            lock = try FileLock(path)
            // Another file, another lock.
            let other = try FileLock(path + "2")
            withExtendedLifetime((lock, other)) {}
        }
    }

    @Test func theFolderMustBeThere() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "none/lock")
            #expect(
                error { () throws(MartletError) in _ = try FileLock(path) }?.code == .notFound)
        }
    }
}
