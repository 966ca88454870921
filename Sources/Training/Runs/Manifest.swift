import ByteIO

/// The list of a checkpoint's files with sizes and checksums, written last: a folder whose manifest
/// is there and true is complete.
struct Manifest {
    static let fileName = "manifest.json"

    struct Entry: Equatable {
        let name: String
        let bytes: Int
        let checksum: UInt32
    }
    var entries: [Entry] = []

    init(_ entries: [Entry]) { self.entries = entries }

    var json: JSONValue {
        .object([
            "format": .number(JSONNumber(1)),
            "files": .array(
                entries.map {
                    .object([
                        "name": .string($0.name), "bytes": .number(JSONNumber($0.bytes)),
                        "crc32c": .number(JSONNumber(Int($0.checksum))),
                    ])
                }),
        ])
    }

    /// Reads the manifest of `folder`.
    init(folder: String) throws(MartletError) {
        let path = Files.join(folder, Self.fileName)
        let value = try JSONValue(parsing: try Files.read(path, limit: 1 << 20), place: path)
        guard value["format"]?.int == 1, let files = value["files"]?.array else {
            throw MartletError(.malformed, "not a manifest of format 1", at: path)
        }
        for file in files {
            guard let name = file["name"]?.string, let bytes = file["bytes"]?.int,
                let checksum = file["crc32c"]?.int.flatMap(UInt32.init(exactly:)),
                !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), name != "..", bytes >= 0
            else { throw MartletError(.malformed, "not an entry: \(file.text())", at: path) }
            entries.append(Entry(name: name, bytes: bytes, checksum: checksum))
        }
    }

    /// Reads every file and compares; throws at the first that differs.
    func verify(_ folder: String) throws(MartletError) {
        for entry in entries {
            let path = Files.join(folder, entry.name)
            let file = try MappedFile(path)
            guard file.count == entry.bytes else {
                throw MartletError(
                    .corrupted, "\(file.count) bytes, the manifest says \(entry.bytes)", at: path)
            }
            var crc = CRC32C()
            crc.update(file.bytes)
            guard crc.value == entry.checksum else {
                throw MartletError(
                    .corrupted, "CRC-32C \(crc.value), the manifest says \(entry.checksum)",
                    at: path)
            }
        }
    }
}
