extension Files {
    /// Makes `path` a durable copy of the file `source`, atomically replacing what was there. A
    /// copy and not a second name: writing over one must never change the other.
    public static func copy(_ source: String, to path: String) throws(MartletError) {
        let file = try MappedFile(source)
        try replace(path) { (writer) throws(MartletError) in try writer.write(file.bytes) }
    }
}
