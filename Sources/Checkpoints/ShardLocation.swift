import ByteIO

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps the file names that an index brings within its own folder.
enum ShardLocation {
    /// Whether `name` is nothing but the name of a file: printable ASCII without separators.
    ///
    /// Published shards are named `model-00001-of-00002.safetensors`; names beyond ASCII are
    /// refused as well, since file systems disagree on which of them are the same.
    static func isBareName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        let dot = UInt8(ascii: ".")
        guard (1...255).contains(bytes.count), bytes != [dot] else { return false }
        let isPlain = bytes.allSatisfy {
            (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\")
        }
        return isPlain && !zip(bytes, bytes.dropFirst()).contains { $0 == dot && $1 == dot }
    }

    /// The path of the shard `name` in `folder`, once it is known really to lie there.
    ///
    /// A link may lead elsewhere in the folder. One way out is allowed: in a cache of the Hugging
    /// Face hub, `snapshots/REVISION` consists of links into the `blobs` beside `snapshots`.
    /// Throws `.notFound` when there is no such file, `.malformed` when it lies elsewhere.
    static func path(of name: String, in folder: String) throws(MartletError) -> String {
        let path = Files.join(folder, name)
        guard let root = resolved(folder) else {
            throw MartletError(.notFound, "there is no such folder", at: folder)
        }
        guard let target = resolved(path) else {
            throw MartletError(
                .notFound, "the index names this shard, but it is not there", at: path)
        }
        guard isInside(target, root) || blobs(beside: root).map({ isInside(target, $0) }) == true
        else {
            throw MartletError(.malformed, "is a link that leads out of the folder", at: path)
        }
        return path
    }

    private static let slash = UInt8(ascii: "/")

    /// The bytes of the absolute path without links; nil when nothing is there.
    private static func resolved(_ path: String) -> [UInt8]? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
    }

    private static func isInside(_ path: [UInt8], _ folder: [UInt8]) -> Bool {
        folder == [slash] || path.starts(with: folder + [slash])
    }

    /// `…/blobs` for the folder `…/snapshots/REVISION`. The name is added to a resolved path, so
    /// a `blobs` that is itself a link allows nothing.
    private static func blobs(beside folder: [UInt8]) -> [UInt8]? {
        guard let revision = folder.lastIndex(of: slash) else { return nil }
        let parent = folder[..<revision]
        let suffix = Array("/snapshots".utf8)
        guard parent.count > suffix.count, parent.suffix(suffix.count).elementsEqual(suffix) else {
            return nil
        }
        return Array(parent.dropLast(suffix.count)) + Array("/blobs".utf8)
    }
}
