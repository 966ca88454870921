import ByteIO
import Testing

struct JSONFuzzTests {
    private static let seed = Array(
        """
        {"model": {"type": "BPE", "vocab": {"Ġthe": 262, "\\u0120a": 257, "😀": 1, "": 0},
          "merges": ["Ġ t", ["h", "e"]], "dropout": null}, "x": [1, -2.5e-3, 1E+9, true, false],
          "esc": "\\"\\\\\\/\\b\\f\\n\\r\\t\\ud83d\\ude00", "nest": [[[[{"a": [{}]}]]]]}
        """.utf8)
    private static let pieces: [[UInt8]] = [
        "\\u", "\\ud800", "\\udc00", "\"", "{", "}", "[", "]", ":", ",", "-", "0", "1e", ".",
        "null", "\\", "\n", "\"a\":", "[[[[[[[[", "é", "1e999", " ",
    ].map { Array($0.utf8) }

    /// Changes made at random never trap; what is accepted after all writes back as itself.
    @Test(arguments: 0..<8)
    func mutationsNeverTrap(_ stream: Int) throws {
        var random = Random(state: UInt64(stream))
        var accepted = 0
        for _ in 0..<1000 {
            var bytes = Self.seed
            for _ in 0...random.next(below: 4) { mutate(&bytes, &random) }
            // As a copy of exactly this size, so that a sanitizer sees any byte too far.
            let result = Result { () throws(MartletError) in
                try JSONValue(parsing: bytes, place: "t", duplicateKeys: .lastWins)
            }
            switch result {
            case .success(let value):
                accepted += 1
                let text = value.bytes(pretty: accepted.isMultiple(of: 2))
                #expect(try JSONValue(parsing: text, place: "t") == value)
            case .failure(let error):
                #expect(error.code == .malformed || error.code == .unsupported)
                #expect(error.place?.hasPrefix("t:") == true)
            }
        }
        // Otherwise the mutations were too wild to reach anything.
        #expect(accepted > 20)
    }

    @Test func everyPrefixIsRefused() {
        for count in 0..<Self.seed.count {
            let prefix = Array(Self.seed[..<count])
            let thrown = error { () throws(MartletError) in
                _ = try JSONValue(parsing: prefix, place: "t")
            }
            #expect(thrown?.code == .malformed)
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout Random) {
        guard !bytes.isEmpty else { return }
        let position = random.next(below: bytes.count)
        let end = min(bytes.count, position + 1 + random.next(below: 6))
        switch random.next(below: 6) {
        case 0: bytes[position] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes[position] ^= 1 << UInt8(random.next(below: 8))
        case 2: bytes.removeSubrange(position..<end)
        case 3: bytes.insert(contentsOf: bytes[position..<end], at: random.next(below: bytes.count))
        case 4:
            let piece = Self.pieces[random.next(below: Self.pieces.count)]
            bytes.insert(contentsOf: piece, at: position)
        default: if random.next(below: 8) == 0 { bytes.removeSubrange(position...) }
        }
    }
}
