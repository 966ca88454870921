import ByteIO
import Testing

struct CRC32CTests {
    /// The catalogue's check value, and RFC 3720, appendix B.4.
    @Test(
        arguments: [
            ([], 0), (Array("123456789".utf8), 0xe306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0..<32), 0x46dd_794e), ((0..<32).reversed(), 0x113f_db5c),
        ] as [([UInt8], UInt32)])
    func knownValues(_ bytes: [UInt8], _ expected: UInt32) {
        #expect(CRC32C.checksum(bytes) == expected)
    }

    /// Bit by bit, from the definition.
    private func reference(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var state: UInt32 = 0xffff_ffff
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 0 ? state >> 1 : state >> 1 ^ 0x82f6_3b78 }
        }
        return ~state
    }

    @Test func everyLengthAndAlignmentAgreesWithTheDefinition() {
        var random = Random(state: 3)
        let bytes = (0..<80).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for start in 0..<9 {
            for end in start...bytes.count {
                var crc = CRC32C()
                bytes.withUnsafeBytes {
                    crc.update(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
                }
                #expect(crc.value == reference(bytes[start..<end]))
            }
        }
    }

    @Test func piecesGiveTheSameAsTheWhole() {
        let bytes = (0..<100).map { UInt8($0) }
        for cut in 0...bytes.count {
            var crc = CRC32C()
            bytes.withUnsafeBytes {
                crc.update(UnsafeRawBufferPointer(rebasing: $0[..<cut]))
                crc.update(UnsafeRawBufferPointer(start: nil, count: 0))
                crc.update(UnsafeRawBufferPointer(rebasing: $0[cut...]))
            }
            #expect(crc.value == CRC32C.checksum(bytes))
        }
    }
}
