import ByteIO

/// A sequence of token ids, memory-mapped from a file or held in memory.
///
/// The file, everything little-endian:
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | "MRTK" |
/// | 4 | 4 | version, 1 |
/// | 8 | count × width | the ids |
/// | then | 8 × 4 | count, vocabulary size, UTF-8 bytes of the text, documents |
/// | | 4 | width: 2 if the vocabulary has at most 65536 ids, else 4 |
/// | | 4 | CRC-32C of everything before it |
///
/// Counts come last because they are known last: a shard is written in one go, however long.
public final class TokenShard: Sendable {
    enum Storage: Sendable {
        /// 2 or 4 bytes a token, from ``TokenShard/Format/preambleSize`` on.
        case mapped(MappedFile, width: Int)
        case narrow([UInt16])
        case wide([Int32])
    }

    /// The layout of the file.
    enum Format {
        static let magic: [UInt8] = [0x4D, 0x52, 0x54, 0x4B]
        static let version: UInt32 = 1
        static let preambleSize = 8
        static let footerSize = 40

        static func width(vocabularySize: Int) -> Int { vocabularySize <= 1 << 16 ? 2 : 4 }
    }

    /// The number of tokens.
    public let count: Int
    /// All ids are below this.
    public let vocabularySize: Int
    /// The length of the text the tokens stand for, in bytes of UTF-8; 0 if that is not known.
    /// Tokens between documents stand for none.
    public let textBytes: Int
    /// The number of documents or parts of documents in it; 0 if that is not known.
    public let documents: Int
    private let storage: Storage

    init(
        _ storage: Storage, count: Int, vocabularySize: Int, textBytes: Int, documents: Int
    ) {
        self.storage = storage
        self.count = count
        self.vocabularySize = vocabularySize
        self.textBytes = textBytes
        self.documents = documents
    }

    /// Holds `ids` in memory, 2 or 4 bytes each.
    ///
    /// - Throws: `.invalidValue` for an id that is negative or not below `vocabularySize`.
    public convenience init(
        _ ids: some Sequence<Int32>, vocabularySize: Int, textBytes: Int = 0, documents: Int = 0
    ) throws(MartletError) {
        var sink = TokenSink(inMemory: vocabularySize)
        try sink.append(Array(ids))
        let storage = sink.storage
        self.init(
            storage, count: sink.count, vocabularySize: vocabularySize, textBytes: textBytes,
            documents: documents)
    }

    /// The token at `index`.
    public subscript(_ index: Int) -> Int32 {
        var id: Int32 = 0
        copy(from: index, count: 1, into: &id)
        return id
    }

    /// Copies `count` tokens, the first of them at `offset`, to `target`.
    public func copy(from offset: Int, count: Int, into target: UnsafeMutablePointer<Int32>) {
        precondition(
            offset >= 0 && count >= 0 && offset <= self.count && count <= self.count - offset,
            "TokenShard.copy: \(count) tokens at \(offset) of \(self.count)")
        switch storage {
        case .narrow(let ids):
            for index in 0..<count { target[index] = Int32(ids[offset + index]) }
        case .wide(let ids):
            for index in 0..<count { target[index] = ids[offset + index] }
        case .mapped(let file, let width):
            withExtendedLifetime(file) {
                let bytes = file.bytes
                let start = Format.preambleSize + offset * width
                for index in 0..<count {
                    target[index] = Self.id(in: bytes, at: start + index * width, width: width)
                }
            }
        }
    }

    /// `count` tokens from `offset` on.
    public func ids(from offset: Int, count: Int) -> [Int32] {
        [Int32](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let base = buffer.baseAddress else { return }
            copy(from: offset, count: count, into: base)
            initialized = count
        }
    }

    /// The id at byte `offset`; one that a 32-bit signed number cannot hold comes out negative.
    @inline(__always)
    static func id(in bytes: UnsafeRawBufferPointer, at offset: Int, width: Int) -> Int32 {
        width == 2
            ? Int32(UInt16(littleEndian: bytes.load(fromByteOffset: offset, as: UInt16.self)))
            : Int32(littleEndian: bytes.load(fromByteOffset: offset, as: Int32.self))
    }
}
