import ByteIO
import Testing
import Tokenization

@Suite struct TokenizedTextTests {
    /// What must hold of any cut; in words what does not.
    private func fault(_ cut: TokenizedText, _ tokenizer: Tokenizer) -> String? {
        var place = 0
        for piece in cut.pieces {
            guard piece.range.lowerBound == place else { return "a piece begins at \(piece.range)" }
            if piece.token == nil, piece.range.isEmpty { return "an empty piece without a token" }
            place = piece.range.upperBound
        }
        guard place == cut.text.count else { return "the pieces end at \(place)" }
        let ids = cut.pieces.compactMap { piece in piece.token.map { cut.tokens[$0].id } }
        guard ids == cut.ids, ids.count == cut.offsets.count else { return "ids \(ids)" }
        guard cut.tokens.reduce(0, { $0 + $1.count }) == ids.count else { return "counts" }
        for (index, token) in cut.tokens.enumerated() {
            guard token.count == ids.filter({ $0 == token.id }).count else { return "a count" }
            if index > 0, cut.tokens[index - 1].count < token.count { return "the order" }
            let widths = cut.pieces.filter { $0.token == index }.map(\.range.count)
            guard widths.max() == token.width else { return "a width" }
            guard token.bytes == tokenizer.bytes(of: token.id) else { return "bytes" }
        }
        return nil
    }

    @Test func everyByteIsShownOnceWhateverTheTokenizer() throws {
        let goldens = try Goldens.json("components.json")
        let texts = try #require(goldens["texts"]?.array).map {
            Array(try #require($0.string).utf8)
        }
        var count = 0
        for file in try #require(goldens["files"]?.array) {
            let name = file["name"]?.string ?? ""
            let tokenizer = try Tokenizer.parsing(try #require(file["tokenizer"]))
            for text in texts {
                // Some of them have no token for a character, and none for unknown ones.
                guard
                    let cut = try? TokenizedText(text, by: tokenizer, parseSpecial: count % 2 == 0)
                else { continue }
                let fault = fault(cut, tokenizer)
                #expect(fault == nil, "\(name), '\(VisibleText.line(text))'")
                count += 1
            }
        }
        #expect(count > 5000)
    }

    @Test func bytesThatAreNoTextAreCutToo() throws {
        var random = TestRandom(state: 11)
        for tokenizer in [try Goldens.tokenizer(), .bytes()] {
            for length in 0..<200 {
                let cut = try TokenizedText(random.bytes(length), by: tokenizer)
                #expect(fault(cut, tokenizer) == nil)
                // Of such tokenizers every piece has just the bytes of its token.
                for piece in cut.pieces {
                    let token = cut.tokens[try #require(piece.token)]
                    #expect(token.bytes[...] == cut.text[piece.range])
                }
            }
        }
    }

    @Test func numbersAreThoseOfTheText() throws {
        let tokenizer = Tokenizer.bytes(specials: ["<|end|>"])
        let cut = try TokenizedText(
            Array("abba é<|end|>".utf8), by: tokenizer, parseSpecial: true)
        #expect(cut.ids == [97, 98, 98, 97, 32, 0xC3, 0xA9, 256])
        #expect(cut.tokens.map(\.id) == [97, 98, 32, 0xC3, 0xA9, 256])
        #expect(cut.tokens.map(\.count) == [2, 2, 1, 1, 1, 1])
        #expect(cut.tokens.map(\.width) == [1, 1, 1, 1, 1, 7])
        #expect(cut.tokens.map(\.isSpecial) == [false, false, false, false, false, true])
        #expect(cut.tokens[2].spelling == Array("Ġ".utf8))
        #expect(cut.characterCount == 13)
        #expect(cut.bytesPerToken == 14.0 / 8)
        #expect(cut.charactersPerToken == 13.0 / 8)
        #expect(cut.vocabularySize == 257 && cut.kind == .bytes)
        // Offsets are of whole characters; pieces are not.
        #expect(cut.offsets[5] == 5..<7 && cut.offsets[6] == 5..<7)
        #expect(cut.pieces[5].range == 5..<6 && cut.pieces[6].range == 6..<7)

        let empty = try TokenizedText([], by: tokenizer)
        #expect(empty.pieces.isEmpty && empty.tokens.isEmpty && empty.bytesPerToken == nil)
        #expect(try TokenizedText(Array("<|end|>".utf8), by: tokenizer).ids.count == 7)
    }

    /// A tokenizer of symbols without merges.
    private func symbols(
        _ vocabulary: JSONValue, preTokenizer: JSONValue = .null
    ) throws -> Tokenizer {
        try .parsing([
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": [],
            "normalizer": .null, "pre_tokenizer": preTokenizer, "post_processor": .null,
            "decoder": .null,
            "model": [
                "type": "BPE", "dropout": .null, "unk_token": .null,
                "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": false,
                "byte_fallback": true, "ignore_merges": false, "vocab": vocabulary, "merges": [],
            ],
        ])
    }

    @Test func bytesThatStandForAnUnknownCharacterShareIt() throws {
        let tokenizer = try symbols(["a": 0, "<0xC3>": 1, "<0xA9>": 2])
        let cut = try TokenizedText(Array("aéa".utf8), by: tokenizer)
        #expect(cut.ids == [0, 1, 2, 0])
        #expect(cut.pieces.map(\.range) == [0..<1, 1..<2, 2..<3, 3..<4])
    }

    @Test func aMarkThatWasPutInHasNoText() throws {
        let tokenizer = try symbols(
            ["\u{2581}": 0, "a": 1, "b": 2],
            preTokenizer: [
                "type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always",
                "split": true,
            ])
        let cut = try TokenizedText(Array("ab a".utf8), by: tokenizer)
        #expect(cut.ids == [0, 1, 2, 0, 1])
        #expect(cut.pieces.map(\.range) == [0..<0, 0..<1, 1..<2, 2..<3, 3..<4])
    }

    @Test func textWithoutATokenIsThereToo() throws {
        let entry = try #require(try Goldens.json("wordpiece.json")["cases"]?.array?.first)
        let tokenizer = try Tokenizer.parsing(try #require(entry["file"]))
        let cut = try TokenizedText(Array(" a\n a ".utf8), by: tokenizer)
        #expect(cut.ids.count == 2)
        #expect(cut.pieces.map { $0.token == nil } == [true, false, true, false, true])
        #expect(cut.pieces.map(\.range) == [0..<1, 1..<2, 2..<4, 4..<5, 5..<6])
    }

    @Test func whatDoesNotShowGetsASign() {
        #expect(VisibleText.line("To be,\n\tor\r\n".utf8) == "To·be,⏎→or␍⏎")
        #expect(VisibleText.line("To be".utf8, marksSpaces: false) == "To be")
        #expect(VisibleText.line([0x00, 0x1B, 0x7F, 0x80]) == "␀␛␡⟨80⟩")
        #expect(VisibleText.line([0x61, 0xE2, 0x82, 0x62, 0xAC]) == "a⟨e2 82⟩b⟨ac⟩")
        #expect(VisibleText.line("世界 naïve 👍🏽".utf8) == "世界·naïve·👍🏽")
        // Marks of direction, joiners, spaces of other widths, line ends of another kind, private and unassigned ones.
        for (scalar, name) in [
            ("\u{202E}", "202E"), ("\u{2066}", "2066"), ("\u{200D}", "200D"), ("\u{A0}", "00A0"),
            ("\u{3000}", "3000"), ("\u{2028}", "2028"), ("\u{85}", "0085"), ("\u{E000}", "E000"),
            ("\u{FFFF}", "FFFF"), ("\u{FE0F}", "FE0F"), ("\u{AD}", "00AD"), ("\u{E0061}", "E0061"),
        ] {
            #expect(VisibleText.line("a\(scalar)b".utf8) == "a⟨U+\(name)⟩b")
        }
        // An accent that begins a token has something to sit on.
        #expect(
            VisibleText.line("\u{301}e\u{301}".utf8).unicodeScalars.elementsEqual(
                "\u{25CC}\u{301}e\u{301}".unicodeScalars))
        #expect(VisibleText.hexadecimal([0, 0x0F, 0xFF]) == "00 0f ff")
    }

    @Test func thePartsOfAnyBytesAreTheBytes() {
        var random = TestRandom(state: 12)
        for length in 0..<300 {
            let bytes = random.bytes(length)
            let joined = VisibleText.parts(of: bytes).flatMap { part -> [UInt8] in
                switch part {
                case .plain(let text): Array(text.utf8)
                case .space: [0x20]
                case .tab: [0x09]
                case .lineFeed: [0x0A]
                case .hidden(let scalar): Array(String(scalar).utf8)
                case .bytes(let bytes): bytes
                }
            }
            #expect(joined == bytes)
        }
    }
}
