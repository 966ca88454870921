import ByteIO

/// A folder of token shards, each named by what it was made from.
///
/// The cache is a convenience: whatever goes wrong in it (no permission, no space, a damaged file,
/// another process at work) leads to making the tokens again, never to a failure.
struct TokenCache {
    let folder: String

    func path(_ name: String) -> String { Files.join(folder, name) }

    /// The shard called `name`, if it is there, sound and of this vocabulary.
    func shard(_ name: String, vocabularySize: Int) -> TokenShard? {
        do throws(MartletError) {
            let shard = try TokenShard(path(name))
            return shard.vocabularySize == vocabularySize ? shard : nil
        } catch {
            return nil
        }
    }

    /// Takes the right to write here and clears what an interrupted writer left; nil if nothing
    /// can be written. Writing is over when the lock is released.
    func lockForWriting() -> FileLock? {
        do throws(MartletError) {
            try Files.createDirectory(folder)
            let lock = try FileLock(path("lock"))
            for name in try Files.list(folder) where FolderWalk.hasSuffix(".partial", name) {
                try Files.remove(path(name))
            }
            return lock
        } catch {
            return nil
        }
    }

    /// Removes a file or folder that nobody needs any more, if it can be.
    static func discard(_ path: String) {
        do throws(MartletError) {
            try Files.remove(path)
        } catch {
            // It stays behind, which costs space and nothing else.
        }
    }
}
