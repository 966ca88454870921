import ByteIO

/// Takes tokens in, into memory or into the file of a shard.
struct TokenSink {
    private let vocabularySize: Int
    private let file: DurableFileWriter?
    private var narrow: [UInt16] = []
    private var wide: [Int32] = []
    /// The number of tokens so far.
    private(set) var count = 0
    /// Whether writing, not the tokens, went wrong: then memory is worth a try.
    private(set) var hasFailed = false

    init(inMemory vocabularySize: Int) {
        self.vocabularySize = vocabularySize
        file = nil
    }

    init(creating path: String, vocabularySize: Int) throws(MartletError) {
        self.vocabularySize = vocabularySize
        let file = try DurableFileWriter(creating: path)
        try file.write(TokenShard.Format.magic)
        try file.write(TokenShard.Format.version.littleEndianBytes)
        self.file = file
    }

    private var isNarrow: Bool { TokenShard.Format.width(vocabularySize: vocabularySize) == 2 }

    /// What was taken into memory.
    var storage: TokenShard.Storage { isNarrow ? .narrow(narrow) : .wide(wide) }

    /// Adds `ids` at the end.
    ///
    /// - Throws: `.invalidValue` for an id outside the vocabulary; what writing throws.
    mutating func append(_ ids: [Int32]) throws(MartletError) {
        for (index, id) in ids.enumerated() where id < 0 || Int(id) >= vocabularySize {
            throw MartletError(
                .invalidValue,
                "token \(count + index) is \(id), beyond a vocabulary of "
                    + "\(vocabularySize)")
        }
        count += ids.count
        if let file {
            do throws(MartletError) {
                try write(ids, to: file)
            } catch {
                hasFailed = true
                throw error
            }
        } else if isNarrow {
            for id in ids { narrow.append(UInt16(truncatingIfNeeded: id)) }
        } else {
            wide += ids
        }
    }

    private func write(_ ids: [Int32], to file: DurableFileWriter) throws(MartletError) {
        if isNarrow {
            let words = ids.map { UInt16(truncatingIfNeeded: $0).littleEndian }
            try words.withUnsafeBufferPointer { (buffer) throws(MartletError) in
                try file.write(UnsafeRawBufferPointer(buffer))
            }
        } else {
            let words = ids.map(\.littleEndian)
            try words.withUnsafeBufferPointer { (buffer) throws(MartletError) in
                try file.write(UnsafeRawBufferPointer(buffer))
            }
        }
    }

    /// Completes the file and waits until it is on the disk.
    mutating func finishFile(textBytes: Int, documents: Int) throws(MartletError) {
        guard let file else { return }
        do throws(MartletError) {
            for size in [count, vocabularySize, textBytes, documents] {
                try file.write(UInt64(size).littleEndianBytes)
            }
            let width = TokenShard.Format.width(vocabularySize: vocabularySize)
            try file.write(UInt32(width).littleEndianBytes)
            try file.write(file.checksum.littleEndianBytes)
            try file.finish()
        } catch {
            hasFailed = true
            throw error
        }
    }

    /// The shard of what was taken into memory.
    func heldShard(textBytes: Int, documents: Int) -> TokenShard {
        TokenShard(
            storage, count: count, vocabularySize: vocabularySize, textBytes: textBytes,
            documents: documents)
    }
}

extension FixedWidthInteger {
    /// The bytes of the number, the least significant first.
    fileprivate var littleEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
    }
}
