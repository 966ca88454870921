import ByteIO
import Corpora
import Testing

@Suite struct TokenShardTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func ids(_ count: Int, below limit: Int32) -> [Int32] {
        var random = TestRandom(state: 3)
        var ids = (0..<count).map { _ in Int32.random(in: 0..<limit, using: &random) }
        if count > 0 { ids[count / 2] = limit - 1 }
        return ids
    }

    @Test(arguments: [1, 257, 65_536, 65_537, 200_000], [0, 1, 1000])
    func roundTrips(vocabulary: Int, count: Int) throws {
        let ids = ids(count, below: Int32(vocabulary))
        let path = folder["a.tokens"]
        try TokenShard.write(
            ids, vocabularySize: vocabulary, textBytes: 12, documents: 3, to: path)
        let width = vocabulary <= 65_536 ? 2 : 4
        #expect(try Files.size(path) == 48 + count * width)
        #expect(try Files.list(folder.path) == ["a.tokens"])
        let mapped = try TokenShard(path)
        let held = try TokenShard(ids, vocabularySize: vocabulary, textBytes: 12, documents: 3)
        for shard in [mapped, held] {
            #expect(shard.count == count)
            #expect(shard.vocabularySize == vocabulary)
            #expect(shard.textBytes == 12)
            #expect(shard.documents == 3)
            #expect(shard.ids(from: 0, count: count) == ids)
            if count > 10 {
                #expect(shard[7] == ids[7])
                #expect(shard.ids(from: 3, count: 5) == Array(ids[3..<8]))
                #expect(shard.ids(from: count, count: 0) == [])
            }
        }
    }

    @Test(arguments: [Int32(-1), 10, .max, .min])
    func idsBeyondTheVocabularyAreRefused(id: Int32) throws {
        let memory = failure { () throws(MartletError) in
            try TokenShard([1, 2, id], vocabularySize: 10)
        }
        #expect(memory?.code == .invalidValue)
        let path = folder["a.tokens"]
        let file = failure { () throws(MartletError) in
            try TokenShard.write([1, 2, id], vocabularySize: 10, to: path)
        }
        #expect(file?.code == .invalidValue)
        #expect(try Files.list(folder.path) == [])
    }

    @Test(arguments: [300, 100_000])
    func everyDamagedByteIsNoticed(vocabulary: Int) throws {
        let path = folder["a.tokens"]
        try TokenShard.write(ids(9, below: 300), vocabularySize: vocabulary, to: path)
        let good = try Files.read(path)
        for index in good.indices {
            var bad = good
            bad[index] ^= 0x40
            try folder.write(bad, to: "bad.tokens")
            let error = failure { () throws(MartletError) in
                try TokenShard(folder["bad.tokens"])
            }
            #expect(error != nil, "byte \(index)")
            #expect(error?.place == folder["bad.tokens"])
        }
        for length in good.indices {
            try folder.write(Array(good[..<length]), to: "bad.tokens")
            #expect(
                failure { () throws(MartletError) in try TokenShard(folder["bad.tokens"]) } != nil)
        }
        try folder.write(good + [0], to: "bad.tokens")
        #expect(failure { () throws(MartletError) in try TokenShard(folder["bad.tokens"]) } != nil)
    }

    /// A file somebody made with care: the checksum is right, the numbers are not.
    @Test func numbersAreNotBelievedBecauseTheChecksumIs() throws {
        let path = folder["a.tokens"]
        try TokenShard.write([1, 2, 3, 250], vocabularySize: 300, to: path)
        let good = try Files.read(path)
        func code(_ patch: (inout [UInt8]) -> Void) throws -> MartletError.Code? {
            var bytes = Array(good.dropLast(4))
            patch(&bytes)
            let sum = CRC32C.checksum(bytes)
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
            try folder.write(bytes, to: "bad.tokens")
            return failure { () throws(MartletError) in try TokenShard(folder["bad.tokens"]) }?.code
        }
        let footer = 8 + 8
        #expect(try code { _ in } == nil)
        #expect(try code { $0[0] = 0 } == .malformed)
        #expect(try code { $0[4] = 2 } == .unsupported)
        #expect(try code { $0[footer] = 5 } == .corrupted)
        #expect(try code { $0[footer + 7] = 0x80 } == .corrupted)
        #expect(try code { $0[footer + 6] = 0x40 } == .corrupted)
        #expect(try code { $0[footer + 9] = 0 } == .corrupted)  // vocabulary 300 → 44
        #expect(try code { $0[footer + 11] = 1 } == .corrupted)  // wider than 2 bytes
        #expect(try code { $0[footer + 32] = 4 } == .corrupted)
        #expect(try code { $0[footer + 32] = 0 } == .corrupted)
    }
}
