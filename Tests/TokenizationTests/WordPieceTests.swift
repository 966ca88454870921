import ByteIO
import Testing
import Tokenization

/// WordPiece against Hugging Face's `tokenizers` (Goldens/make_wordpiece_golden.py).
@Suite struct WordPieceTests {
    private static let path = Files.join(Files.parent(#filePath), "Goldens/wordpiece.json")

    private func cases() throws -> [JSONValue] {
        let json = try JSONValue(parsing: try Files.read(Self.path), place: Self.path)
        return try #require(json["cases"]?.array)
    }

    private func tokenizer(_ file: JSONValue?) throws -> Tokenizer {
        let folder = try Files.temporaryDirectory()
        defer { do { try Files.remove(folder) } catch {} }
        try Files.write(
            try #require(file).text(), to: Files.join(folder, "tokenizer.json"))
        return try Tokenizer.loading(folder)
    }

    private func ids(_ json: JSONValue?) -> [Int32] {
        (json?.array ?? []).compactMap { $0.int.map(Int32.init) }
    }

    @Test func idsOffsetsAndTextAreTheReferences() throws {
        for entry in try cases() {
            let tokenizer = try tokenizer(entry["file"])
            #expect(tokenizer.kind == .wordpiece)
            for row in try #require(entry["rows"]?.array) {
                let text = try #require(row["text"]?.string)
                let expected = ids(row["ids"])
                let what = "\(entry["name"]?.string ?? ""): \(row["text"]?.text() ?? "")"
                // The reference reads special tokens wherever they stand.
                #expect(try tokenizer.encode(text, parseSpecial: true) == expected, "\(what)")
                #expect(
                    try tokenizer.encodeWhole(text, parseSpecial: true) == ids(row["whole"]),
                    "\(what)")
                #expect(try tokenizer.decode(expected) == row["decoded"]?.string, "\(what)")
                let offsets = (row["offsets"]?.array ?? []).map { ids($0) }
                var utf8 = text
                let found = try utf8.withUTF8 { bytes in
                    Result {
                        try tokenizer.encodeWithOffsets(
                            UnsafeRawBufferPointer(bytes), parseSpecial: true)
                    }
                }.get()
                #expect(
                    found.map { [Int32($0.range.lowerBound), Int32($0.range.upperBound)] }
                        == offsets, "\(what)")
            }
        }
    }

    @Test func whatIsSavedIsTheFile() throws {
        let entry = try #require(try cases().first)
        let tokenizer = try tokenizer(entry["file"])
        let saved = try JSONValue(parsing: try tokenizer.fileContents(), place: "saved")
        #expect(saved == entry["file"])
    }

    /// Decomposition puts U+0316 before U+08D9, which the reference does not take for an accent.
    @Test func marksThatStayArePutInOrder() throws {
        let goldens = try Goldens.json("components.json")
        let file = try #require(goldens["files"]?.array?.first { $0["name"]?.string == "mpnet" })
        let tokenizer = try Tokenizer.parsing(try #require(file["tokenizer"]))
        let encoding = try tokenizer.encoding(
            of: "\u{8D9}\u{316} \u{8D9}", addsTokens: false)
        #expect(encoding.ids == [3, 3])
        #expect(encoding.offsets == [3..<5, 6..<9])
    }

    @Test func longTextsAreCutBeforeWhatComesAfter() throws {
        let tokenizer = try tokenizer(try cases()[0]["file"])
        let ids = try tokenizer.encodeWhole("hello hello hello hello", limit: 4)
        #expect(ids.count == 4)
        #expect(ids.first == 2 && ids.last == 3)
    }
}
