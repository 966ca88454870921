import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct FoldersTests {
    @Test func createDirectoryMakesAllThatIsMissing() throws {
        try withTemporaryDirectory { folder in
            let deep = Files.join(folder, "a/b//c/")
            try Files.createDirectory(deep)
            #expect(Files.isDirectory(deep))
            try Files.createDirectory(deep)
            let file = Files.join(folder, "file")
            try Files.write("x", to: file)
            for path in [file, Files.join(file, "below")] {
                let thrown = error { () throws(MartletError) in try Files.createDirectory(path) }
                #expect(thrown?.code == .alreadyExists)
                #expect(thrown?.place == file)
            }
        }
    }

    @Test func listIsSortedByBytes() throws {
        try withTemporaryDirectory { folder in
            for name in ["b", "a", "é", "Z", ".hidden", "a.b", "z"] {
                try Files.write("", to: Files.join(folder, name))
            }
            #expect(try Files.list(folder) == [".hidden", "Z", "a", "a.b", "b", "z", "é"])
            #expect(
                error { () throws(MartletError) in _ = try Files.list(folder + "/none") }?.code
                    == .notFound)
        }
    }

    @Test func removeTakesTreesAndLeavesWhatLinksPointTo() throws {
        try withTemporaryDirectory { folder in
            let kept = Files.join(folder, "kept")
            try Files.createDirectory(kept)
            try Files.write("x", to: Files.join(kept, "file"))
            let tree = Files.join(folder, "tree")
            try Files.createDirectory(Files.join(tree, "a/b"))
            try Files.write("x", to: Files.join(tree, "a/b/file"))
            #expect(symlink("../kept", Files.join(tree, "link")) == 0)
            #expect(symlink("nowhere", Files.join(tree, "dangling")) == 0)
            try Files.remove(tree)
            #expect(!Files.exists(tree))
            // A link to a folder, with and without a slash: the link goes, not the folder.
            for suffix in ["", "/"] {
                let link = Files.join(folder, "link")
                #expect(symlink("kept", link) == 0)
                try Files.remove(link + suffix)
                #expect(try Files.list(folder) == ["kept"])
            }
            #expect(try Files.list(kept) == ["file"])
            try Files.remove(Files.join(folder, "absent"))
            #expect(
                error { () throws(MartletError) in try Files.remove("//") }?.code == .invalidValue)
        }
    }

    #if os(Linux)
        @Test func namesThatAreNotUTF8() throws {
            try withTemporaryDirectory { folder in
                let bytes = Array((folder + "/x").utf8CString.dropLast()) + [-1, 0]
                let number = open(bytes, O_CREAT | O_WRONLY, 0o600)
                #expect(number >= 0)
                close(number)
                #expect(
                    error { () throws(MartletError) in _ = try Files.list(folder) }?.code
                        == .unsupported)
                try Files.remove(folder)
                #expect(!Files.exists(folder))
            }
        }
    #endif

    @Test func renameReplacesAFile() throws {
        try withTemporaryDirectory { folder in
            let (a, b) = (Files.join(folder, "a"), Files.join(folder, "b"))
            try Files.write("a", to: a)
            try Files.write("b", to: b)
            try Files.rename(a, to: b)
            #expect(try Files.list(folder) == ["b"])
            #expect(try Files.read(b) == Array("a".utf8))
            #expect(
                error { () throws(MartletError) in try Files.rename(a, to: b) }?.code == .notFound)
            let full = Files.join(folder, "full")
            try Files.createDirectory(full + "/x")
            try Files.createDirectory(a)
            #expect(
                error { () throws(MartletError) in try Files.rename(a, to: full) }?.code
                    == .alreadyExists)
        }
    }

    @Test func syncDirectoryWantsAFolder() throws {
        try withTemporaryDirectory { folder in
            try Files.syncDirectory(folder)
            let path = Files.join(folder, "a")
            try Files.write("", to: path)
            #expect(
                error { () throws(MartletError) in try Files.syncDirectory(path) }?.code
                    == .notFound)
        }
    }

    @Test func temporaryDirectoriesAreNewAndPrivate() throws {
        try withTemporaryDirectory { one in
            try withTemporaryDirectory { (two) throws in
                #expect(one != two)
                var status = stat()
                #expect(stat(one, &status) == 0)
                #expect(status.st_mode & 0o777 == 0o700)
                #expect(try Files.list(one) == [])
            }
        }
    }

    @Test(arguments: [
        ("", "", "."), ("/", "/", "/"), ("//", "/", "/"), ("a", "a", "."), ("a/", "a", "."),
        ("/a", "a", "/"), ("a/b", "b", "a"), ("a/b/", "b", "a"), ("a//b", "b", "a"),
        ("/a/b.txt", "b.txt", "/a"), ("./a", "a", "."), ("é/ü", "ü", "é"), ("//a", "a", "/"),
    ])
    func partsOfPaths(_ path: String, _ last: String, _ parent: String) {
        #expect(Files.lastComponent(path) == last)
        #expect(Files.parent(path) == parent)
    }

    @Test(arguments: [
        ("a", "b", "a/b"), ("a/", "b", "a/b"), ("a", "/b", "a/b"), ("a/", "//b", "a/b"),
        ("", "b", "b"), ("a", "", "a"), ("/", "b", "/b"), ("", "", ""), ("a", "b/c/", "a/b/c/"),
    ])
    func joins(_ a: String, _ b: String, _ joined: String) {
        #expect(Files.join(a, b) == joined)
    }
}
