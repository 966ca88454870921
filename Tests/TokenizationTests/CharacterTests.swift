import ByteIO
import Testing
import Tokenization

@Suite struct CharacterTests {
    @Test func oneTokenAScalarInOrder() throws {
        let tokenizer = try Tokenizer.characters("hello\n世\u{301}é", endOfText: true)
        #expect(tokenizer.kind == .characters)
        let scalars = (0..<9).map { tokenizer.text(of: $0) }
        #expect(
            scalars.map { Array($0.utf8) }
                == ["\n", "e", "h", "l", "o", "é", "\u{301}", "世", "<|endoftext|>"].map {
                    Array($0.utf8)
                })
        #expect(tokenizer.endOfText == 8)
        #expect(try tokenizer.encode("e\u{301}é\n") == [1, 6, 5, 0])
        #expect(try tokenizer.encode("世<|endoftext|>", parseSpecial: true) == [7, 8])
        #expect(try tokenizer.decode([2, 1, 6, 8]) == "he\u{301}<|endoftext|>")
    }

    @Test func anUnknownScalarIsNamed() throws {
        let tokenizer = try Tokenizer.characters("ab世")
        for (text, parts) in [
            ("ab😀", ["U+1F600 '😀'", "offset 2"]), ("世世\u{0}", ["U+0000", "offset 6"]),
            ("bc", ["U+0063 'c'", "offset 1"]), ("a\u{301}", ["U+0301", "offset 1"]),
        ] {
            let error = failure { try tokenizer.encode(text) }
            #expect(error?.code == .invalidValue)
            for part in parts { #expect(error?.message.contains(part) == true, "\(text)") }
        }
        let error = failure {
            try [UInt8(0x61), 0xE4].withUnsafeBytes { try tokenizer.encode($0, place: "a file") }
        }
        #expect(error?.place == "a file")
    }

    @Test func invalidTextIsRefused() throws {
        let tokenizer = try Tokenizer.characters("ab")
        #expect(
            failure { try tokenizer.encode([0x61, 0xFF]) }?.message.contains("offset 1") == true)
        let error = failure {
            try [UInt8(0x61), 0xC3].withUnsafeBytes {
                try Tokenizer.characters(of: $0, endOfText: false)
            }
        }
        #expect(error?.code == .malformed)
        #expect(failure { try Tokenizer.characters("") }?.code == .invalidValue)
    }

    @Test(
        arguments: [
            [0xC3], [0xE4, 0xB8], [0xF0, 0x9F, 0x98], [0xC0, 0xAF], [0xE0, 0x80, 0xAF],
            [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5], [0x80],
        ] as [[UInt8]])
    func onlyStrictUTF8IsText(bytes: [UInt8]) {
        let error = failure {
            try (Array("é".utf8) + bytes).withUnsafeBytes {
                try Tokenizer.characters(of: $0, endOfText: false)
            }
        }
        #expect(error?.message.contains("offset 2") == true)
    }

    @Test func theOffsetCountsSpecialTokens() throws {
        let tokenizer = try Tokenizer.characters("ab", endOfText: true)
        let error = failure { try tokenizer.encode("a<|endoftext|>bc", parseSpecial: true) }
        #expect(error?.message.contains("offset 15") == true)
    }

    @Test func canonicallyEqualCharactersStayApart() throws {
        let text = "\u{212B}\u{C5}A\u{30A}\u{2126}\u{3A9}"
        let tokenizer = try Tokenizer.characters(text)
        #expect(tokenizer.vocabularySize == 6)
        let again = try Tokenizer.parsing(tokenizer.file())
        #expect(try again.encode(text) == tokenizer.encode(text))
        #expect(try Array(again.decode(again.encode(text)).utf8) == Array(text.utf8))
    }
}
