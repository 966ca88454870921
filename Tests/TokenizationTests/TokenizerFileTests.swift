import ByteIO
import Testing
import Tokenization

@Suite struct TokenizerFileTests {
    @Test func whatIsSavedIsWhatIsLoaded() throws {
        let texts = try Goldens.cases("tokens.json", "ids").map(\.text)
        let characters = String(decoding: texts.joined(), as: UTF8.self)
        for tokenizer in [
            try Goldens.trained(), try Goldens.tokenizer(), .bytes(), .bytes(specials: []),
            try .characters(characters), try .characters(characters, endOfText: true),
        ] {
            let folder = try TemporaryFolder()
            try tokenizer.save(to: folder["model"])
            let again = try Tokenizer.loading(folder["model"])
            #expect(again.kind == tokenizer.kind)
            #expect(again.vocabularySize == tokenizer.vocabularySize)
            #expect(again.endOfText == tokenizer.endOfText)
            #expect(try again.fileContents() == tokenizer.fileContents())
            for text in texts {
                #expect(try again.encode(text) == tokenizer.encode(text))
                #expect(
                    try again.decode(tokenizer.encode(text)) == tokenizer.decode(again.encode(text))
                )
            }
            let file = try Tokenizer.loading(folder["model/tokenizer.json"])
            #expect(file.vocabularySize == tokenizer.vocabularySize)
            let path = folder["model/tokenizer_config.json"]
            let config = try JSONValue(parsing: Files.read(path), place: path)
            #expect(config["tokenizer_class"] == "PreTrainedTokenizerFast")
            #expect(config["eos_token"]?.string == tokenizer.endOfText.map { _ in "<|endoftext|>" })
        }
    }

    @Test func mergesMayBeStrings() throws {
        var file = try Goldens.json("tokenizer.json")
        let original = try Tokenizer.parsing(file)
        let pairs = try #require(file["model"]?["merges"]?.array)
        let strings = pairs.map { pair in
            JSONValue.string((pair.array ?? []).compactMap(\.string).joined(separator: " "))
        }
        file = try Self.changed(file, "model", "merges", to: .array(strings))
        #expect(try Tokenizer.parsing(file).fileContents() == original.fileContents())
    }

    @Test func oldFilesHaveNoModelType() throws {
        let file = try Goldens.json("tokenizer.json")
        let tokenizer = try Tokenizer.parsing(Self.changed(file, "model", "type", to: nil))
        #expect(tokenizer.kind == .bpe)
    }

    @Test func theLaterOfTwoRulesForAPairCounts() throws {
        let file = try Self.changed(Self.small, "model", "merges", to: ["a b", "b c", "a b"])
        let tokenizer = try Tokenizer.parsing(file)
        #expect(try tokenizer.encode("abc") == [0, 4])
        #expect(try tokenizer.file()["model"]?["merges"] == ["b c", "a b"])
    }

    @Test func withoutTheRegexTextIsOnePiece() throws {
        let whole = try Self.changed(
            Goldens.json("tokenizer.json"), "pre_tokenizer", "use_regex", to: false)
        let tokenizer = try Tokenizer.parsing(whole)
        let text = "an be  co\n"
        #expect(try tokenizer.joined(tokenizer.encode(text)) == Array(text.utf8))
        #expect(try tokenizer.file()["pre_tokenizer"]?["use_regex"] == false)
    }

    @Test func aByteWithoutATokenIsNamed() throws {
        let tokenizer = try Tokenizer.parsing(Self.small)
        #expect(try tokenizer.encode("abcab") == [3, 2, 3])
        let error = failure { try tokenizer.encode("abz") }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains("0x7A at byte offset 2") == true)
    }

    @Test func postProcessorsThatAddNothingAreFine() throws {
        let text: JSONValue = ["Sequence": ["id": "A", "type_id": 0]]
        let template: JSONValue = ["type": "TemplateProcessing", "single": [text]]
        let sequence: JSONValue = [
            "type": "Sequence", "processors": [["type": "ByteLevel"], template],
        ]
        for processor in [template, sequence, .null] {
            let file = try Self.changed(Self.small, "post_processor", to: processor)
            #expect(try Tokenizer.parsing(file).vocabularySize == 5)
        }
        let start: JSONValue = ["SpecialToken": ["id": "<s>", "type_id": 0]]
        let adding: JSONValue = ["type": "TemplateProcessing", "single": [start, text]]
        let file = try Self.changed(Self.small, "post_processor", to: adding)
        #expect(failure { try Tokenizer.parsing(file) }?.message.contains("'<s>'") == true)
    }

    @Test func tokensSpelledAlikeCannotBeSaved() throws {
        let error = failure { try Tokenizer.bytes(specials: ["a"]).fileContents() }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains("'a'") == true)
    }

    // MARK: - A small file to change

    /// A tokenizer of the letters a, b and c and two merges.
    static let small: JSONValue = [
        "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": [],
        "normalizer": nil,
        "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true],
        "post_processor": nil, "decoder": ["type": "ByteLevel"],
        "model": [
            "type": "BPE", "unk_token": nil, "vocab": ["a": 0, "b": 1, "c": 2, "ab": 3, "bc": 4],
            "merges": ["a b", "b c"],
        ],
    ]

    /// `file` with another value for a member, or for a member of a member; nil removes it.
    static func changed(
        _ file: JSONValue, _ key: String, _ inner: String? = nil, to value: JSONValue?
    ) throws -> JSONValue {
        var object = try #require(file.object)
        if let inner {
            var part = try #require(object[key]?.object)
            part[inner] = value
            object[key] = .object(part)
        } else {
            object[key] = value
        }
        return .object(object)
    }
}
