import ByteIO
import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes a safetensors file as a stream: first what the tensors are, then their bytes.
///
/// ```swift
/// let written = try SafetensorsWriter.write(
///     [.init(name: "weight", dtype: .float32, shape: [2, 3])], to: "model.safetensors"
/// ) { index, sink in
///     try weights[index].withUnsafeBytes { try sink($0) }
/// }
/// ```
public struct SafetensorsWriter {
    /// What one tensor is going to be.
    public struct Entry: Sendable {
        /// The published name: at most 1024 bytes of UTF-8, and not `__metadata__`.
        public var name: String
        /// The type of one element.
        public var dtype: DType
        /// The size of each dimension, outermost first; empty for a single number.
        public var shape: [Int]

        /// Declares a tensor.
        public init(name: String, dtype: DType, shape: [Int]) {
            self.name = name
            self.dtype = dtype
            self.shape = shape
        }
    }

    /// Writes `entries` to `path`, replacing what is there only once everything is on disk.
    ///
    /// The file equals, byte by byte, what the reference implementation writes for the same tensors
    /// (it sorts the metadata by key): wide types first, then by name, header padded with spaces to
    /// a multiple of 8 bytes. `body` is called once a tensor in that order, with the index into
    /// `entries`, and hands the bytes (row-major, little-endian) to `sink` in as many pieces as it
    /// likes.
    ///
    /// - Parameters:
    ///   - metadata: The text pairs for `__metadata__`, which is left out when there are none.
    ///     transformers asks for `format`.
    ///   - durable: Whether the folder is synced too, so that the new name survives a power cut
    ///     (the bytes do in any case). A caller that writes into a temporary folder, which it syncs
    ///     and renames itself, says false.
    /// - Returns: The length of the file in bytes, and its CRC-32C.
    ///
    /// Throws `.invalidValue` for entries no file can hold, `.mismatched` when `body` gives more or
    /// fewer bytes than declared, what `body` throws, and the errors of the file system. After any
    /// of them `path` is what it was before.
    @discardableResult
    public static func write(
        _ entries: [Entry], metadata: [(String, String)] = [("format", "pt")], to path: String,
        durable: Bool = true,
        body: (_ index: Int, _ sink: (UnsafeRawBufferPointer) throws(MartletError) -> Void)
            throws(MartletError) -> Void
    ) throws(MartletError) -> (bytes: Int, checksum: UInt32) {
        try write(
            entries[...], metadata: metadata, to: path, durable: durable, body: body)
    }

    /// As above for a part of the entries; `body` is given indices into the whole.
    static func write(
        _ entries: ArraySlice<Entry>, metadata: [(String, String)], to path: String, durable: Bool,
        body: (_ index: Int, _ sink: (UnsafeRawBufferPointer) throws(MartletError) -> Void)
            throws(MartletError) -> Void
    ) throws(MartletError) -> (bytes: Int, checksum: UInt32) {
        let plan = try SafetensorsPlan(entries, metadata: metadata, place: path)
        try Files.checkReplaceable(path)
        let temporary = temporaryPath(for: path)
        do throws(MartletError) {
            let file = try DurableFileWriter(creating: temporary)
            try file.write(plan.header)
            for index in plan.order {
                let name = entries[index].name
                let expected = plan.byteCounts[index - entries.startIndex]
                var count = 0
                try body(index) { (piece: UnsafeRawBufferPointer) throws(MartletError) in
                    guard piece.count <= expected - count else {
                        throw MartletError(
                            .mismatched,
                            "tensor \(ByteName.quoted(name)) was given more than \(expected) bytes",
                            at: path)
                    }
                    count += piece.count
                    try file.write(piece)
                }
                guard count == expected else {
                    throw MartletError(
                        .mismatched,
                        "tensor \(ByteName.quoted(name)) was given \(count) of \(expected) bytes",
                        at: path)
                }
            }
            try file.finish()
            let result = (bytes: file.count, checksum: file.checksum)
            try move(temporary, to: path, durable: durable)
            return result
        } catch {
            discard(temporary)
            // The temporary name would tell nobody anything.
            var error = error
            if error.place == temporary { error.place = path }
            throw error
        }
    }

    /// A short name beside `path` that nobody else uses.
    static func temporaryPath(for path: String) -> String {
        let unique = String(UInt64.random(in: .min ... .max), radix: 36)
        return Files.join(Files.parent(path), ".martlet-\(getpid())-\(unique).tmp")
    }

    /// Renames a file over another one.
    static func move(_ source: String, to target: String, durable: Bool) throws(MartletError) {
        if durable { return try Files.rename(source, to: target) }
        guard rename(source, target) == 0 else {
            throw MartletError(
                .inputOutput, "cannot be written: \(String(cString: strerror(errno)))", at: target)
        }
    }

    /// Removes what a failed write has left. The failure is reported, this one's own is not.
    static func discard(_ path: String) {
        do { try Files.remove(path) } catch {}
    }
}

/// The header of a file to be written, and the order of its tensors.
struct SafetensorsPlan {
    /// The file's first bytes: the length, the JSON text, the padding.
    let header: [UInt8]
    /// The indices of the entries, in the order of the file.
    let order: [Int]
    /// How many bytes each entry takes, the first of the slice at 0.
    let byteCounts: [Int]

    init(
        _ entries: ArraySlice<SafetensorsWriter.Entry>, metadata: [(String, String)], place: String
    ) throws(MartletError) {
        byteCounts = try Self.byteCounts(of: entries, place: place)
        order = entries.indices.sorted {
            let (left, right) = (entries[$0], entries[$1])
            return left.dtype == right.dtype
                ? ByteName(left.name) < ByteName(right.name)
                : left.dtype.formatRank > right.dtype.formatRank
        }

        var members: [String] = []
        if !metadata.isEmpty {
            var keys = Set<ByteName>()
            for (key, _) in metadata where !keys.insert(ByteName(key)).inserted {
                throw MartletError(
                    .invalidValue, "metadata \(ByteName.quoted(key)) is given twice", at: place)
            }
            let pairs = metadata.map { "\(Self.quoted($0.0)):\(Self.quoted($0.1))" }
            members.append(
                "\"\(SafetensorsLimits.metadataKey)\":{\(pairs.joined(separator: ","))}")
        }
        var end = 0
        for index in order {
            let entry = entries[index]
            let shape = entry.shape.map { String($0) }.joined(separator: ",")
            let next = end + byteCounts[index - entries.startIndex]
            members.append(
                "\(Self.quoted(entry.name)):{\"dtype\":\"\(entry.dtype.formatName)\","
                    + "\"shape\":[\(shape)],\"data_offsets\":[\(end),\(next)]}")
            end = next
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
        guard text.count <= SafetensorsLimits.headerBytes else {
            throw MartletError(
                .invalidValue, "needs a header of \(text.count) bytes, more than the format allows",
                at: place)
        }
        let count = UInt64(text.count)
        header = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) } + text
    }

    /// How many bytes each entry takes, once all of them are known to fit a file.
    static func byteCounts(
        of entries: ArraySlice<SafetensorsWriter.Entry>, place: String
    ) throws(MartletError) -> [Int] {
        guard entries.count <= SafetensorsLimits.tensors else {
            throw MartletError(.invalidValue, "\(entries.count) tensors are too many", at: place)
        }
        var names = Set<ByteName>()
        var total = 0
        var counts: [Int] = []
        counts.reserveCapacity(entries.count)
        for entry in entries {
            func refused(_ why: String) -> MartletError {
                MartletError(
                    .invalidValue, "tensor \(ByteName.quoted(entry.name)) \(why)", at: place)
            }
            guard entry.name.utf8.count <= SafetensorsLimits.nameBytes,
                !ByteName.equal(entry.name, SafetensorsLimits.metadataKey)
            else { throw refused("has a name that a file cannot hold") }
            guard names.insert(ByteName(entry.name)).inserted else {
                throw refused("is given twice")
            }
            guard entry.shape.count <= SafetensorsLimits.dimensions,
                entry.shape.allSatisfy({ $0 >= 0 }),
                let elements = checkedElementCount(entry.shape)
            else { throw refused("has the shape \(entry.shape)") }
            // Bits, because that is what a reader multiplies by.
            let bits = elements.multipliedReportingOverflow(by: entry.dtype.byteWidth * 8)
            let sum = total.addingReportingOverflow(bits.partialValue / 8)
            guard !bits.overflow, !sum.overflow else { throw refused("is too large") }
            counts.append(bits.partialValue / 8)
            total = sum.partialValue
        }
        return counts
    }

    private static func quoted(_ text: String) -> String {
        JSONValue.string(text).text()
    }
}
