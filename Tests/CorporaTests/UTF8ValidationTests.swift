import Corpora
import Testing

@Suite struct UTF8ValidationTests {
    private static let valid: [[UInt8]] = [
        [], Array("plain ASCII, longer than eight bytes".utf8), Array("Grüße, 世界 🌍 é".utf8),
        [0x7F], [0xC2, 0x80], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
        [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0xEF, 0xBF, 0xBF], [0],
    ]

    /// Bytes, and where they first go wrong.
    private static let invalid: [([UInt8], Int)] = [
        ([0x80], 0), ([0x41, 0xFF], 1), ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0),
        ([0xE0, 0x9F, 0x80], 0), ([0xED, 0xA0, 0x80], 0), ([0xF0, 0x8F, 0xBF, 0xBF], 0),
        ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0xE2, 0x82], 0),
        ([0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0xC3], 9),
        ([0xC3, 0xA9, 0xC3, 0x41], 2),
    ]

    @Test func findsTheFirstByteThatIsWrong() {
        for bytes in Self.valid {
            #expect(bytes.withUnsafeBytes { UTF8Validation.firstInvalid(in: $0) } == nil)
        }
        for (bytes, offset) in Self.invalid {
            #expect(bytes.withUnsafeBytes { UTF8Validation.firstInvalid(in: $0) } == offset)
        }
    }

    @Test func agreesWithTheStandardLibraryOnRandomBytes() {
        var random = TestRandom(state: 7)
        // Bytes that begin, go on and break scalars more often than uniform ones would.
        let pool: [UInt8] = [
            0x41, 0x20, 0x80, 0xBF, 0x90, 0x9F, 0xA0, 0x8F, 0xC2, 0xC1, 0xE0, 0xE2, 0xED, 0xF0,
            0xF1, 0xF4, 0xF5, 0xFF,
        ]
        for _ in 0..<3000 {
            let count = Int.random(in: 0...20, using: &random)
            let bytes = (0..<count).map { _ in pool.randomElement(using: &random) ?? 0 }
            let isValid = bytes.withUnsafeBytes { UTF8Validation.firstInvalid(in: $0) } == nil
            #expect(isValid == (String(validating: bytes, as: UTF8.self) != nil))
            let repaired = bytes.withUnsafeBytes { UTF8Validation.repaired($0) }
            #expect(repaired == Array(String(decoding: bytes, as: UTF8.self).utf8))
        }
    }

    @Test func countsAndFindsScalars() {
        let text = "aé世🌍 " + String(repeating: "xyzé", count: 9) + "end"
        let scalars = text.unicodeScalars
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { buffer in
            #expect(UTF8Validation.scalarCount(of: buffer) == scalars.count)
            for (index, position) in scalars.indices.enumerated() {
                let offset = text.utf8.distance(from: text.startIndex, to: position)
                #expect(UTF8Validation.offset(ofScalar: index, in: buffer) == offset)
            }
            #expect(UTF8Validation.offset(ofScalar: scalars.count, in: buffer) == bytes.count)
            #expect(UTF8Validation.offset(ofScalar: 10_000, in: buffer) == bytes.count)
        }
    }
}
