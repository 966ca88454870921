#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Files {
    /// Makes `path` another name of the file `source`, atomically replacing what was there; a
    /// durable copy where the file system has no hard links.
    public static func link(_ source: String, to path: String) throws(MartletError) {
        let temporary = path + ".link-\(getpid())"
        _ = unlink(temporary)
        #if canImport(Glibc)
            let status = Glibc.link(source, temporary)
        #else
            let status = Darwin.link(source, temporary)
        #endif
        if status == 0 {
            // Renaming one name of a file over another of the same file does nothing.
            do {
                try rename(temporary, to: path)
            } catch {
                _ = unlink(temporary)
                throw error
            }
            _ = unlink(temporary)
        } else {
            let file = try MappedFile(source)
            try replace(path) { (writer) throws(MartletError) in try writer.write(file.bytes) }
        }
    }
}
