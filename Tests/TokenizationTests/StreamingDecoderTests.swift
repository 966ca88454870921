import ByteIO
import Testing
import Tokenization

@Suite struct StreamingDecoderTests {
    @Test func onlyWholeScalarsComeOut() throws {
        var decoder = StreamingDecoder(.bytes())
        let parts = try Array("a世😀é".utf8).map { try decoder.append(Int32($0)) }
        #expect(parts == ["a", "", "", "世", "", "", "", "😀", "", "é"])
        #expect(try decoder.finish() == "")
    }

    @Test func whatIsCutShortComesAtTheEnd() throws {
        var decoder = StreamingDecoder(.bytes())
        for byte: Int32 in [0xF0, 0x9F, 0x98] { #expect(try decoder.append(byte) == "") }
        #expect(try decoder.finish() == "\u{FFFD}")
        #expect(try decoder.append(97) == "a")
    }

    @Test func theWholeIsWhatDecodeGives() throws {
        var random = TestRandom(state: 4)
        for tokenizer in [Tokenizer.bytes(), try Goldens.tokenizer()] {
            for length in 0..<150 {
                var ids = try tokenizer.encode(random.bytes(length))
                ids.insert(try #require(tokenizer.endOfText), at: ids.count / 2)
                for skipSpecial in [false, true] {
                    var decoder = StreamingDecoder(tokenizer, skipSpecial: skipSpecial)
                    var text = try ids.map { try decoder.append($0) }.joined()
                    text += try decoder.finish()
                    let whole = try tokenizer.decode(ids, skipSpecial: skipSpecial)
                    #expect(Array(text.utf8) == Array(whole.utf8))
                }
            }
        }
    }

    /// A continuation keeps the space before its first word, which a text does not begin with.
    @Test(arguments: [
        #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}"#,
        #"{"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}"#,
    ])
    func aContinuationGoesOnFromItsContext(_ decoder: String) throws {
        let file = #"""
            {"version": "1.0", "normalizer": null, "decoder": \#(decoder),
             "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
             "added_tokens": [{"id": 5, "content": "<s>", "special": true, "single_word": false,
                               "lstrip": false, "rstrip": false, "normalized": false}],
             "post_processor": {"type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {"<s>": {"id": "<s>", "ids": [5], "tokens": ["<s>"]}}},
             "model": {"type": "WordLevel", "unk_token": "<s>",
                "vocab": {"▁Once": 0, "▁upon": 1, "▁a": 2, "time": 3, "▁time": 4, "<s>": 5}}}
            """#
        let tokenizer = try Tokenizer.parsing(
            try JSONValue(parsing: Array(file.utf8), place: "file"))
        func text(_ ids: [Tokenizer.ID], after context: [Tokenizer.ID]) throws -> String {
            var decoder = StreamingDecoder(tokenizer, after: context)
            return try ids.map { try decoder.append($0) }.joined() + decoder.finish()
        }
        #expect(try text([4], after: []) == "time")
        #expect(try text([4], after: [5]) == "time")
        #expect(try text([4, 1], after: [5, 0, 1, 2]) == " time upon")
        #expect(try text([3, 1], after: [0, 1, 2, 99]) == "time upon")
        #expect(try tokenizer.surrounded(tokenizer.encode("Once upon")) == [5, 0, 1])
        #expect(tokenizer.surrounded([0, 1, 2], limit: 2) == [5, 0])
    }

    @Test func anUnknownIdChangesNothing() throws {
        var decoder = StreamingDecoder(.bytes())
        #expect(try decoder.append(0xC3) == "")
        #expect(failure { try decoder.append(1000) }?.code == .invalidValue)
        #expect(try decoder.append(0xA9) == "é")
    }
}
