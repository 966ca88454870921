import ByteIO

/// Which file of a folder holds which tensor, as `model.safetensors.index.json` says.
struct ShardIndex {
    static let fileName = "model.safetensors.index.json"
    static let singleFileName = "model.safetensors"
    /// Cap on the index's length in bytes.
    private static let maximumBytes = 256 << 20
    private static let maximumShards = 99_999

    /// The names of each shard's tensors, by shard; the shards in the order of their bytes.
    let shards: [(file: String, names: [String])]

    /// Reads the index at `path`. Only `weight_map` counts; the totals beside it are for people.
    ///
    /// Throws `.malformed` when it is not such an object, when a key stands twice, or when a shard
    /// is anything but a bare file name.
    init(_ path: String) throws(MartletError) {
        let content = try MappedFile(path)
        defer { withExtendedLifetime(content) {} }
        guard content.count <= Self.maximumBytes else {
            throw MartletError(.malformed, "is \(content.count) bytes long", at: path)
        }
        shards = try Self.shards(in: content.bytes, place: path)
            .map { (file: $0.key, names: $0.value) }
            .sorted { ByteName($0.file) < ByteName($1.file) }
    }

    /// The tensors' names by shard. The shards may be keys: `isBareName` leaves only ASCII.
    private static func shards(
        in bytes: UnsafeRawBufferPointer, place: String
    ) throws(MartletError) -> [String: [String]] {
        var start = 0
        while start < bytes.count, bytes[start] <= 0x20 { start += 1 }
        var members = try JSONMembers(bytes, from: start, place: place)
        var keys = Set<ByteName>()
        var shards: [String: [String]]?
        while let member = try members.next() {
            let key = try members.parseString(member.key, "a key")
            guard keys.insert(ByteName(key)).inserted else {
                throw MartletError(
                    .malformed, "\(ByteName.quoted(key)) stands twice", at: place)
            }
            if ByteName.equal(key, "weight_map") {
                shards = try weightMap(bytes, member.value, place: place)
            } else {
                guard member.value.count <= SafetensorsLimits.entryBytes else {
                    throw MartletError(
                        .malformed, "\(ByteName.quoted(key)) is \(member.value.count) bytes long",
                        at: place)
                }
                _ = try members.parse(member.value)
            }
        }
        members.skipSpace()
        guard members.offset == bytes.count else {
            throw MartletError(
                .malformed, "byte \(members.offset) follows the end of the index", at: place)
        }
        guard let shards else { throw MartletError(.malformed, "has no weight_map", at: place) }
        return shards
    }

    private static func weightMap(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, place: String
    ) throws(MartletError) -> [String: [String]] {
        let value = UnsafeRawBufferPointer(rebasing: bytes[..<range.upperBound])
        var members = try JSONMembers(value, from: range.lowerBound, place: place)
        var names = Set<ByteName>()
        var shards: [String: [String]] = [:]
        while let member = try members.next() {
            let name = try members.parseString(member.key, "a tensor's name")
            guard names.insert(ByteName(name)).inserted else {
                throw MartletError(
                    .malformed, "tensor \(ByteName.quoted(name)) stands twice", at: place)
            }
            guard names.count <= SafetensorsLimits.tensors else {
                throw MartletError(
                    .malformed, "names more than \(SafetensorsLimits.tensors) tensors", at: place)
            }
            let file = try members.parseString(member.value, "a shard's name")
            guard ShardLocation.isBareName(file) else {
                throw MartletError(
                    .malformed,
                    "tensor \(ByteName.quoted(name)) lies in \(ByteName.quoted(file)), "
                        + "which is not the bare name of a file", at: place)
            }
            shards[file, default: []].append(name)
        }
        guard members.offset == range.upperBound else {
            throw MartletError(.malformed, "weight_map is not one JSON object", at: place)
        }
        guard shards.count <= maximumShards else {
            throw MartletError(.malformed, "names \(shards.count) shards", at: place)
        }
        return shards
    }
}
