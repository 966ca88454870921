import ByteIO
import Testing
import Tokenization

@Suite struct SpecialTokenTests {
    @Test func namesInTextAreTextUnlessAskedFor() throws {
        let tokenizer = Tokenizer.bytes(specials: ["<|endoftext|>", "<|end|>"])
        let text = "a<|end|><|endoftext|>"
        #expect(try tokenizer.encode(text) == Array(text.utf8).map(Int32.init))
        #expect(try tokenizer.encode(text, parseSpecial: true) == [97, 257, 256])
        #expect(try tokenizer.decode([97, 257, 256]) == text)
        #expect(try tokenizer.decode([97, 257, 256], skipSpecial: true) == "a")
        #expect(tokenizer.isSpecial(256) && tokenizer.isSpecial(257) && !tokenizer.isSpecial(255))
        #expect(tokenizer.id(ofSpecial: "<|end|>") == 257)
        #expect(tokenizer.id(ofSpecial: "<|end") == nil)
        #expect(Tokenizer.bytes(specials: []).endOfText == nil)
    }

    @Test func theLongestOfTheEarliestIsTaken() throws {
        let tokenizer = Tokenizer.bytes(specials: ["<a", "<a>", "b<a>c", "é"])
        #expect(
            try tokenizer.encode("<a>b<a>c<a <é", parseSpecial: true)
                == [257, 258, 256, 32, 60, 259])
        #expect(tokenizer.id(ofSpecial: "e\u{301}") == nil)
    }

    @Test func addedWordsAreAlwaysMatchedAndSpecialOnesNot() throws {
        var file = try #require(Tokenizer.bytes().file().object)
        func token(_ id: Int, _ content: String, special: Bool, normalized: Bool) -> JSONValue {
            [
                "id": .number(JSONNumber(id)), "content": .string(content), "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": .bool(normalized),
                "special": .bool(special),
            ]
        }
        file["added_tokens"] = [
            token(256, "<|endoftext|>", special: true, normalized: false),
            token(300, "wörd", special: false, normalized: false),
            token(301, "xwörd", special: false, normalized: true),
        ]
        let tokenizer = try Tokenizer.parsing(.object(file))
        #expect(tokenizer.vocabularySize == 302)
        #expect(!tokenizer.isSpecial(300))
        // Those marked "normalized" come after all others, even where they start earlier.
        #expect(try tokenizer.encode("xwörd<|endoftext|>").prefix(3) == [120, 300, 60])
        #expect(try tokenizer.encode("xwörd<|endoftext|>", parseSpecial: true) == [120, 300, 256])
        // The reference's decoder takes the letters of added tokens for the bytes they can stand for.
        #expect(try tokenizer.decode([301, 300]) == "xw\u{FFFD}rdw\u{FFFD}rd")
        // Between the ids there is nothing.
        #expect(tokenizer.bytes(of: 280) == nil)
        #expect(failure { try tokenizer.decode([280]) }?.message.contains("280") == true)
        #expect(try Tokenizer.parsing(tokenizer.file()).file() == tokenizer.file())
    }
}
