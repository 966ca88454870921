import Testing
import Tokenization

@Suite struct PatternScannerTests {
    private func ends(_ text: [UInt8]) -> [Int] {
        var ends: [Int] = []
        text.withUnsafeBufferPointer {
            PatternScanner.gpt2.forEachPiece(of: $0) { range in
                ends.append(range.upperBound)
                return true
            }
        }
        return ends
    }

    private func pieces(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        var start = 0
        return ends(bytes).map { end in
            defer { start = end }
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
    }

    @Test func cutsHardStringsWherePythonsRegexDoes() throws {
        for (text, ends) in try Goldens.cases("splits.json", "ends") {
            #expect(self.ends(text) == ends, "\(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test(arguments: [
        ("it's 'tis we'Ll'l", ["it", "'s", " '", "tis", " we", "'", "Ll", "'", "l"]),
        ("a  b", ["a", " ", " b"]),
        ("a \n b ", ["a", " \n", " b", " "]),
        ("a\t\tb\tc", ["a", "\t", "\t", "b", "\t", "c"]),
        ("x  ", ["x", "  "]),
        ("1st 2nd½", ["1", "st", " 2", "nd", "½"]),
        ("'", ["'"]), ("'r", ["'", "r"]), ("'re", ["'re"]), ("''s", ["''", "s"]),
        ("e\u{301}a", ["e", "\u{301}", "a"]), ("\u{3000}x", ["\u{3000}", "x"]),
    ])
    func cuts(text: String, expected: [String]) {
        // Compared by bytes: Swift takes canonically equal strings for equal.
        #expect(pieces(text).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    }

    @Test func invalidBytesAreNeitherLettersNorSpace() {
        // Cut off, overlong, surrogate, too large, alone: one run of "other" each.
        let invalid: [[UInt8]] = [
            [0xC3], [0xE4, 0xB8], [0xF0, 0x9F, 0x98], [0xC0, 0xAF], [0xE0, 0x80, 0xAF],
            [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xFF], [0x80],
        ]
        for bytes in invalid {
            let text = Array("ab ".utf8) + bytes + Array("cd  ".utf8) + bytes
            let end = 3 + bytes.count
            #expect(ends(text) == [2, end, end + 2, end + 3, text.count], "\(bytes)")
        }
    }

    @Test func piecesCoverAnyBytes() {
        var random = TestRandom(state: 1)
        for length in 0..<300 {
            let ends = ends(random.bytes(length))
            #expect(zip([0] + ends, ends).allSatisfy { $0 < $1 })
            #expect(ends.last ?? 0 == length)
        }
    }

    @Test func stopsWhenTold() {
        var count = 0
        Array("a b c".utf8).withUnsafeBufferPointer {
            PatternScanner.gpt2.forEachPiece(of: $0) { _ in
                count += 1
                return count < 2
            }
        }
        #expect(count == 2)
    }
}
