import ByteIO
import Testing
import Tokenization

/// The files that other libraries keep tokenizers in, read here and compared with what those libraries do:
/// SentencePiece's models, tiktoken's ranks and BERT's `vocab.txt` (`Goldens/make_sentencepiece_goldens.py`,
/// `make_tiktoken_goldens.py` and `make_vocab_txt_goldens.py`). Each tokenizer is saved and read again too.
@Suite struct ModelFileTests {
    /// The goldens, read once.
    private static let sentencePiece = Result { try ModelGoldens("sentencepiece.json") }
    private static let tiktoken = Result { try ModelGoldens("tiktoken.json") }
    private static let vocabularies = Result { try ModelGoldens("vocabtxt.json") }

    static let sentencePieceNames = names(sentencePiece)
    static let tiktokenNames = names(tiktoken)
    static let vocabularyNames = names(vocabularies)

    private static func names(_ goldens: Result<ModelGoldens, any Error>) -> [String] {
        (try? goldens.get().names) ?? []
    }

    @Test func thereAreManyFiles() {
        #expect(Self.sentencePieceNames.count > 40)
        #expect(Self.tiktokenNames.count > 12)
        #expect(Self.vocabularyNames.count > 5)
    }

    // MARK: - SentencePiece

    @Test(arguments: sentencePieceNames) func sentencePieceModels(_ name: String) throws {
        let goldens = try Self.sentencePiece.get()
        let file = try goldens.file(name)
        let folder = try TemporaryFolder()
        try Files.write(goldens.model(file), to: folder["m.model"])
        try compare(name, goldens.cases(file), reading: [folder["m.model"]], in: folder) {
            tokenizer, golden in
            // What can be said in the form of Llama's tokenizers is saved so. There special tokens are text,
            // and tokens that are made of one character, or of none, have other offsets.
            let isStandardForm = tokenizer.decodesSpecialTokens
            if let ids = golden.numbers("decode") {
                if isStandardForm { return nil }
                return try tokenizer.decodingMismatch(ids, goldens.string(golden["decoded"]))
            }
            let text = try goldens.string(golden["text"])
            let ids = try #require(golden.numbers("ids"))
            let found = try tokenizer.tokens(text)
            if isStandardForm {
                let isPlain = !ids.contains { tokenizer.isSpecial(Tokenizer.ID($0)) }
                return try tokenizer.mismatch(found, ids, text)
                    ?? (isPlain
                        ? tokenizer.decodingMismatch(ids, goldens.string(golden["decoded"])) : nil)
            }
            if let difference = try tokenizer.mismatch(found, ids, text) { return difference }
            let offsets = found.flatMap { [$0.range.lowerBound, $0.range.upperBound] }
            if offsets != golden.numbers("offsets") {
                let normalized = try goldens.string(golden["normalized"])
                return "\(text.debugDescription): offsets \(offsets), not "
                    + "\(golden.numbers("offsets") ?? []) of \(ids) for \(normalized.debugDescription)"
            }
            return try tokenizer.decodingMismatch(ids, goldens.string(golden["decoded"]))
        }
    }

    /// Models of these names are saved in the form of Llama's tokenizers, which Hugging Face reads; the others in one of
    /// Martlet's own.
    @Test func whatHuggingFaceCanReadIsWrittenForIt() throws {
        let goldens = try Self.sentencePiece.get()
        var standard: [String] = []
        for name in Self.sentencePieceNames {
            let folder = try TemporaryFolder()
            try Files.write(goldens.model(goldens.file(name)), to: folder["m.model"])
            let file = try JSONValue(
                parsing: Tokenizer.loading(folder["m.model"]).fileContents(), place: name)
            if file["model"]?["type"] == "BPE" { standard.append(name) }
        }
        #expect(standard.contains("bpe-llama"))
        #expect(!standard.contains("bpe-unused") && !standard.contains("unigram-nmt-nfkc"))
    }

    @Test(arguments: ["tokenizer.model", "spiece.model"])
    func aModelInAFolder(_ fileName: String) throws {
        let goldens = try Self.sentencePiece.get()
        let folder = try TemporaryFolder()
        let model = try goldens.model(goldens.file("unigram-nmt-nfkc"))
        try Files.write(model, to: folder[fileName])
        let text = "Ｈｅｌｌｏ  wörld — 漢字"
        let ids = try Tokenizer.loading(folder[fileName]).encode(text)
        #expect(!ids.isEmpty)
        #expect(try Tokenizer.loading(folder.path).encode(text) == ids)
    }

    // MARK: - tiktoken

    @Test(arguments: tiktokenNames) func rankFiles(_ name: String) throws {
        let goldens = try Self.tiktoken.get()
        let file = try goldens.file(name)
        let folder = try TemporaryFolder()
        let path = folder[try #require(file["file"]?.string)]
        try Files.write(goldens.ranks(file), to: path)
        try compare(name, goldens.cases(file), reading: [path, folder.path], in: folder) {
            tokenizer, golden in
            if let ids = golden.numbers("decode") {
                let bytes = try tokenizer.joined(ids.map { Int32($0) })
                let wanted = try #require(golden["bytes"]?.string)
                if bytes != ModelGoldens.bytes(hexadecimal: wanted) {
                    return "\(ids) stands for \(bytes), not \(wanted)"
                }
                return try tokenizer.decodingMismatch(ids, goldens.string(golden["decoded"]))
            }
            let ids = try #require(golden.numbers("ids"))
            if let special = golden["special"] {
                let text = try goldens.string(special)
                let found = try tokenizer.tokens(text, parseSpecial: true)
                return try tokenizer.mismatch(found, ids, text, parseSpecial: true)
                    ?? tokenizer.decodingMismatch(ids, text)
            }
            let text = try goldens.string(golden["text"])
            let found = try tokenizer.tokens(text)
            return try tokenizer.mismatch(found, ids, text)
                ?? tokenizer.rangeMismatch(found, text, golden.numbers("starts") ?? [])
                ?? tokenizer.decodingMismatch(ids, text)
        }
    }

    /// Bytes that are no text come back too, if not always in tiktoken's ids, which cut them otherwise.
    @Test(arguments: ["r50k_base", "cl100k_base", "o200k_base", "llama3"])
    func anyBytesComeBack(_ name: String) throws {
        let goldens = try Self.tiktoken.get()
        let file = try goldens.file(name)
        let folder = try TemporaryFolder()
        let path = folder[try #require(file["file"]?.string)]
        try Files.write(goldens.ranks(file), to: path)
        let tokenizer = try Tokenizer.loading(path)
        var random = TestRandom(state: 6)
        for length in 0..<150 {
            let bytes = random.bytes(length)
            #expect(try tokenizer.joined(tokenizer.encode(bytes)) == bytes)
        }
    }

    // MARK: - BERT

    @Test(arguments: vocabularyNames) func vocabularyTexts(_ name: String) throws {
        let goldens = try Self.vocabularies.get()
        let file = try goldens.file(name)
        let folder = try TemporaryFolder()
        try Files.write(try #require(file["vocab"]?.string), to: folder["vocab.txt"])
        if let configuration = file["config"], !configuration.isNull {
            try Files.write(configuration.bytes(), to: folder["tokenizer_config.json"])
        }
        let paths = [folder["vocab.txt"], folder.path]
        try compare(name, goldens.cases(file), reading: paths, in: folder) { tokenizer, golden in
            func decodingMismatch(_ ids: [Int]) throws -> String? {
                try tokenizer.decodingMismatch(ids, goldens.string(golden["decoded"]))
                    ?? tokenizer.decodingMismatch(
                        ids, goldens.string(golden["skipped"]), skipSpecial: true)
            }
            if let ids = golden.numbers("decode") { return try decodingMismatch(ids) }
            let text = try goldens.string(golden["text"])
            let whole = try #require(golden.numbers("whole"))
            let pair = try golden["pair"].map { try goldens.string($0) }
            // The reference reads special tokens wherever they stand.
            let encoding = try tokenizer.encoding(of: text, pair: pair, parseSpecial: true)
            if encoding.ids.map({ Int($0) }) != whole {
                return "\(text.debugDescription): whole \(encoding.ids), not \(whole)"
            }
            guard let ids = golden.numbers("ids") else {
                return encoding.typeIDs == golden.numbers("type_ids")
                    ? nil : "\(text.debugDescription): types \(encoding.typeIDs)"
            }
            let found = try tokenizer.tokens(text, parseSpecial: true)
            let offsets = found.flatMap { [$0.range.lowerBound, $0.range.upperBound] }
            if offsets != golden.numbers("offsets") {
                return "\(text.debugDescription): offsets \(offsets), not "
                    + "\(golden.numbers("offsets") ?? []) of \(ids)"
            }
            return try tokenizer.mismatch(found, ids, text, parseSpecial: true)
                ?? decodingMismatch(whole)
        }
    }

    /// Without the tokens that stand around a text there is nothing to put there; transformers makes some up.
    @Test func aVocabularyWithoutSurroundings() throws {
        let folder = try TemporaryFolder()
        try Files.write("[UNK]\na\n##b\n", to: folder["vocab.txt"])
        let tokenizer = try Tokenizer.loading(folder["vocab.txt"])
        #expect(try tokenizer.encoding(of: "a ab x").ids == [1, 1, 2, 0])
        #expect(tokenizer.vocabularySize == 3)
    }

    // MARK: - All of them

    /// Reads a tokenizer from each of `paths`, saves it and reads it again, and looks for the first case in which one of
    /// them differs from the reference.
    private func compare(
        _ name: String, _ cases: [JSONValue], reading paths: [String], in folder: TemporaryFolder,
        _ mismatch: (Tokenizer, JSONValue) throws -> String?
    ) throws {
        #expect(cases.count > 10)
        var tokenizers = try paths.map { (Files.lastComponent($0), try Tokenizer.loading($0)) }
        try tokenizers[0].1.save(to: folder["saved"])
        tokenizers.append(("saved", try Tokenizer.loading(folder["saved"])))
        for (source, tokenizer) in tokenizers {
            for (number, golden) in cases.enumerated() {
                let found = try mismatch(tokenizer, golden)
                #expect(found == nil, "\(name), \(source), case \(number)")
                if found != nil { return }
            }
        }
    }
}
