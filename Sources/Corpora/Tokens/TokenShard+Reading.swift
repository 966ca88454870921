import ByteIO

extension TokenShard {
    /// Maps the shard in the file at `path`, after it was read through once and found sound.
    ///
    /// - Throws: `.notFound`; `.malformed` for a file of another kind, `.unsupported` for a version
    ///   this one does not know, `.truncated`, and `.corrupted` if sizes, checksum or ids are wrong.
    public convenience init(_ path: String) throws(MartletError) {
        let file = try MappedFile(path)
        let header = try Header(of: file)
        try header.verify(file)
        file.release(0..<file.count)
        self.init(
            .mapped(file, width: header.width), count: header.count,
            vocabularySize: header.vocabularySize, textBytes: header.textBytes,
            documents: header.documents)
    }

    /// What preamble and footer say, checked against each other and the file's size.
    private struct Header {
        let count: Int
        let width: Int
        let vocabularySize: Int
        let textBytes: Int
        let documents: Int
        let checksum: UInt32

        init(of file: MappedFile) throws(MartletError) {
            let path = file.path
            let bytes = file.bytes
            guard bytes.starts(with: Format.magic) else {
                throw MartletError(.malformed, "is not a token shard", at: path)
            }
            guard bytes.count >= Format.preambleSize + Format.footerSize else {
                throw MartletError(.truncated, "ends within its header", at: path)
            }
            var preamble = ByteReader(bytes, place: path)
            _ = try preamble.readUInt32()
            let version = try preamble.readUInt32()
            guard version == Format.version else {
                throw MartletError(
                    .unsupported,
                    "is a token shard of version \(version), this program reads "
                        + "version \(Format.version)", at: path)
            }
            var footer = ByteReader(
                UnsafeRawBufferPointer(rebasing: bytes.suffix(Format.footerSize)), place: path)
            count = try Self.size(footer.readUInt64(), path)
            vocabularySize = try Self.size(footer.readUInt64(), path)
            textBytes = try Self.size(footer.readUInt64(), path)
            documents = try Self.size(footer.readUInt64(), path)
            width = Int(try footer.readUInt32())
            checksum = try footer.readUInt32()
            let isWidthRight = width == Format.width(vocabularySize: vocabularySize)
            let body = bytes.count - Format.preambleSize - Format.footerSize
            let (size, overflows) = count.multipliedReportingOverflow(by: width)
            guard isWidthRight, !overflows, size == body else {
                throw MartletError(
                    .corrupted,
                    "says it has \(count) tokens of \(width) bytes below "
                        + "\(vocabularySize), which does not fit its \(body) bytes", at: path)
            }
        }

        private static func size(_ value: UInt64, _ path: String) throws(MartletError) -> Int {
            guard let size = Int(exactly: value) else {
                throw MartletError(.corrupted, "has a count of \(value)", at: path)
            }
            return size
        }

        /// Compares checksum and ids, giving what was read back to the system on the way.
        func verify(_ file: MappedFile) throws(MartletError) {
            let bytes = file.bytes
            let step = 1 << 22
            var sum = CRC32C()
            var position = 0
            while position < bytes.count - 4 {
                let end = min(position + step, bytes.count - 4)
                sum.update(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
                position = end
            }
            guard sum.value == checksum else {
                throw MartletError(.corrupted, "its checksum is wrong", at: file.path)
            }
            for index in 0..<count {
                let offset = Format.preambleSize + index * width
                let id = TokenShard.id(in: bytes, at: offset, width: width)
                guard id >= 0, Int(id) < vocabularySize else {
                    throw MartletError(
                        .corrupted,
                        "token \(index) is \(id), beyond a vocabulary of "
                            + "\(vocabularySize)", at: file.path)
                }
            }
        }
    }

    /// Writes `ids` to `path`: first beside it, then renamed, so that nobody sees half a shard.
    ///
    /// - Throws: `.invalidValue` for an id that is negative or not below `vocabularySize`;
    ///   `.diskFull` or `.inputOutput`.
    public static func write(
        _ ids: some Sequence<Int32>, vocabularySize: Int, textBytes: Int = 0, documents: Int = 0,
        to path: String
    ) throws(MartletError) {
        let partial = path + ".partial"
        do throws(MartletError) {
            var sink = try TokenSink(creating: partial, vocabularySize: vocabularySize)
            try sink.append(Array(ids))
            try sink.finishFile(textBytes: textBytes, documents: documents)
            try Files.rename(partial, to: path)
        } catch {
            TokenCache.discard(partial)
            throw error
        }
    }
}
