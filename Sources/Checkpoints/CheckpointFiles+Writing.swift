import ByteIO
import Tensors

extension CheckpointFiles {
    /// A file that was written: its bare name, its length in bytes, its CRC-32C.
    public struct WrittenFile: Sendable {
        /// The name within the folder.
        public let name: String
        /// The length in bytes.
        public let bytes: Int
        /// The CRC-32C of the whole file.
        public let checksum: UInt32
    }

    /// Writes `entries` into `folder`, which is made if need be, as shards of at most
    /// `maximumShardBytes` bytes of data, and their index.
    ///
    /// Tensors fill the shards in the order of `entries`; one larger than a shard gets one of its
    /// own. What fits one file becomes `model.safetensors` without an index. Names and index are
    /// those transformers writes. `body` hands over bytes as for `SafetensorsWriter.write`, shard
    /// by shard; `index` counts `entries`.
    ///
    /// The files are written aside and moved in place when all of them are on disk, so an error
    /// before that (a full disk, one of `body`) leaves the folder as it was. Weights the folder
    /// held are then replaced, what is left of them removed. While one set of shards replaces
    /// another, a power cut can leave no index, hence no model, but never a mixture of both; to
    /// and from a single file, the folder holds either the old or the new at any time.
    ///
    /// - Returns: Every file written, the index last.
    ///
    /// Throws `.invalidValue` for entries no file can hold or a shard size below 1, `.mismatched`
    /// for byte counts other than declared, what `body` throws, and the errors of the file system.
    @discardableResult
    public static func writeSharded(
        _ entries: [SafetensorsWriter.Entry], metadata: [(String, String)] = [("format", "pt")],
        to folder: String, maximumShardBytes: Int, durable: Bool = true,
        body: (_ index: Int, _ sink: (UnsafeRawBufferPointer) throws(MartletError) -> Void)
            throws(MartletError) -> Void
    ) throws(MartletError) -> [WrittenFile] {
        let byteCounts = try SafetensorsPlan.byteCounts(of: entries[...], place: folder)
        let shards = try shards(byteCounts, maximum: maximumShardBytes, place: folder)
        try Files.createDirectory(folder)
        let shardsBefore = try Files.list(folder).filter(isShardName)
        let singlePath = Files.join(folder, ShardIndex.singleFileName)
        let indexPath = Files.join(folder, ShardIndex.fileName)
        if shards.count == 1 {
            let written = try SafetensorsWriter.write(
                entries, metadata: metadata, to: singlePath, durable: durable, body: body)
            try Files.remove(indexPath)
            for name in shardsBefore { try Files.remove(Files.join(folder, name)) }
            return [
                WrittenFile(
                    name: ShardIndex.singleFileName, bytes: written.bytes,
                    checksum: written.checksum)
            ]
        }

        let staging = SafetensorsWriter.temporaryPath(for: singlePath)
        var files: [WrittenFile] = []
        do throws(MartletError) {
            try Files.createDirectory(staging)
            for (number, shard) in shards.enumerated() {
                let name = shardName(number + 1, of: shards.count)
                let written = try SafetensorsWriter.write(
                    entries[shard], metadata: metadata, to: Files.join(staging, name),
                    durable: false, body: body)
                files.append(
                    WrittenFile(name: name, bytes: written.bytes, checksum: written.checksum))
            }
            files.append(
                try writeIndex(
                    of: entries, shards: shards, totalBytes: byteCounts.reduce(0, +), to: staging))
        } catch {
            SafetensorsWriter.discard(staging)
            throw error
        }
        try replaceWeights(of: folder, by: files, from: staging, durable: durable)
        let kept = Set(files.map { ByteName($0.name) })
        for name in shardsBefore where !kept.contains(ByteName(name)) {
            try Files.remove(Files.join(folder, name))
        }
        // A single file that came back with a power cut would count again.
        if durable { try Files.syncDirectory(folder) }
        return files
    }

    /// Moves shards and index (last of `files`) in place of the weights that count until then.
    ///
    /// An error in between leaves `staging` where it is: by then it may be the only copy.
    private static func replaceWeights(
        of folder: String, by files: [WrittenFile], from staging: String, durable: Bool
    ) throws(MartletError) {
        let indexPath = Files.join(folder, ShardIndex.fileName)
        // Without its index a set of shards is no model, so old and new can never mix.
        if Files.exists(indexPath) {
            try Files.remove(indexPath)
            if durable { try Files.syncDirectory(folder) }
        }
        for file in files {
            try SafetensorsWriter.move(
                Files.join(staging, file.name), to: Files.join(folder, file.name),
                durable: durable)
        }
        try Files.remove(Files.join(folder, ShardIndex.singleFileName))
        try Files.remove(staging)
    }

    /// Cuts the entries into runs whose bytes fit a shard.
    private static func shards(
        _ byteCounts: [Int], maximum: Int, place: String
    ) throws(MartletError) -> [Range<Int>] {
        guard maximum > 0 else {
            throw MartletError(.invalidValue, "shards of \(maximum) bytes hold nothing", at: place)
        }
        var shards: [Range<Int>] = []
        var (start, held) = (0, 0)
        for (index, count) in byteCounts.enumerated() {
            if index > start, count > maximum - held {
                shards.append(start..<index)
                (start, held) = (index, 0)
            }
            held += count
        }
        shards.append(start..<byteCounts.count)
        guard shards.count <= 99_999 else {
            throw MartletError(
                .invalidValue, "shards of \(maximum) bytes would be \(shards.count)", at: place)
        }
        return shards
    }

    private static func shardName(_ number: Int, of count: Int) -> String {
        func padded(_ value: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
        }
        return "model-\(padded(number))-of-\(padded(count)).safetensors"
    }

    private static func writeIndex(
        of entries: [SafetensorsWriter.Entry], shards: [Range<Int>], totalBytes: Int,
        to folder: String
    ) throws(MartletError) -> WrittenFile {
        var files: [(name: String, file: String)] = []
        for (number, shard) in shards.enumerated() {
            let file = shardName(number + 1, of: shards.count)
            files += shard.map { (name: entries[$0].name, file: file) }
        }
        var map = JSONObject()
        for (name, file) in files.sorted(by: { ByteName($0.name) < ByteName($1.name) }) {
            map.append(name, .string(file))
        }
        var totals = JSONObject()
        let parameters = entries.reduce(0) { $0 + $1.shape.reduce(1, *) }
        totals.append("total_parameters", .number(JSONNumber(parameters)))
        totals.append("total_size", .number(JSONNumber(totalBytes)))
        var index = JSONObject()
        index.append("metadata", .object(totals))
        index.append("weight_map", .object(map))
        let bytes = Array((JSONValue.object(index).text(pretty: true) + "\n").utf8)
        try Files.write(bytes, to: Files.join(folder, ShardIndex.fileName))
        return WrittenFile(
            name: ShardIndex.fileName, bytes: bytes.count, checksum: CRC32C.checksum(bytes))
    }

    /// Whether `name` could be of `shardName`'s making.
    private static func isShardName(_ name: String) -> Bool {
        let pattern = Array("model-#####-of-#####.safetensors".utf8)
        let bytes = Array(name.utf8)
        return bytes.count == pattern.count
            && zip(bytes, pattern).allSatisfy { byte, wanted in
                wanted == UInt8(ascii: "#") ? (0x30...0x39).contains(byte) : byte == wanted
            }
    }
}
