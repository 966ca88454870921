import ByteIO
import Testing
import Tokenization

/// SentencePiece's models, files of ranks and vocabularies of lines that are changed at random are refused, or give a
/// tokenizer that does what it says. See FuzzTarget.swift.
@Suite struct ModelFileFuzzTests {
    /// Cases that found something once.
    static let kept: [UInt64] = []

    private static let texts = [
        "", " ", "  a  b ", "the one", "tone honey tee", "a\tb\nc", "\u{E9}te\u{301}",
        "\u{4E16}\u{754C}",
        "\u{FF21}\u{FB01} 1\u{2581}2", "<s> <unk> <0x41> </s>", "\u{1F600}!", "\u{2581}\u{2581}",
        "abcabcabc",
        "[CLS] unaffable [SEP]", "<|endoftext|>", "\u{0}", "e\u{301}\u{301}",
    ]

    private static let pieces: [[UInt8]] =
        ["\n", "\r\n", " ", "\t", "=", "==", "0", "-1", "99999999999", "a", "IQ==", "\u{FEFF}"]
        .map { Array($0.utf8) } + [
            [0], [0xFF], [0x80, 0x80, 0x80], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        ]

    /// Runs cases: `make` writes a file into the folder and gives its path, or that of the folder.
    private func run(
        _ name: String, count: Int,
        _ make: (inout FuzzCase, TemporaryFolder) throws -> String
    ) throws -> FuzzTarget.Tally {
        let folder = try TemporaryFolder()
        let target = FuzzTarget(name: name, kept: Self.kept, caseCount: count)
        return target.run { fuzz in
            let path = try make(&fuzz, folder)
            let tokenizer: Tokenizer
            do throws(MartletError) {
                tokenizer = try Tokenizer.loading(path)
            } catch {
                fuzz.check(error.place?.contains(folder.path) == true, "no place: \(error)")
                fuzz.check(
                    error.message.utf8.count < 4000,
                    "a message of \(error.message.utf8.count) bytes")
                return false
            }
            let exercise = TokenizerExercise(
                tokenizer: tokenizer, texts: Self.texts, comparesStreaming: true)
            exercise.run(&fuzz, scratch: folder["saved.json"])
            return true
        }
    }

    private func write(
        _ bytes: [UInt8], _ name: String, _ folder: TemporaryFolder, _ fuzz: FuzzCase
    )
        -> String
    {
        fuzz.keep(bytes, "input.\(name)")
        writePlainly(bytes, to: folder[name])
        return folder[name]
    }

    /// A `tokenizer_config.json`, changed or not.
    private func writeOptions(
        _ options: JSONValue, _ folder: TemporaryFolder, _ fuzz: inout FuzzCase
    ) {
        var options = options
        let donors = JSONDonors(
            files: [options],
            words: [
                "LlamaTokenizer", "GemmaTokenizer", "T5Tokenizer", "AlbertTokenizer", "extra_ids",
                "added_tokens_decoder", "content", "cls_token", "sep_token", "-1", "300",
                "99999999999",
            ])
        for _ in 0..<fuzz.below(3) { fuzz.mutate(&options, with: donors) }
        _ = write(options.bytes(), "tokenizer_config.json", folder, fuzz)
    }

    @Test func mutatedSentencePieceModels() throws {
        let tally = try run("sentencepiece-model", count: 150) { fuzz, folder in
            var model = SeedModel(&fuzz)
            for _ in 0..<fuzz.below(4) { model.change(&fuzz) }
            let wrongOneIn: Int? = fuzz.flag() ? nil : fuzz.pick([20, 200, 1000])
            var bytes = model.bytes(wrongOneIn: wrongOneIn, &fuzz)
            if fuzz.happens(oneIn: 4) {
                for _ in 0...fuzz.below(3) { fuzz.mutate(&bytes, pieces: Self.pieces) }
            }
            if fuzz.happens(oneIn: 8) { bytes.removeLast(fuzz.below(bytes.count)) }
            let path = write(bytes, "tokenizer.model", folder, fuzz)
            guard fuzz.flag() else { return path }
            let special: JSONValue = ["content": "<s>", "lstrip": false]
            let token: JSONValue = ["content": "<extra>", "special": true]
            writeOptions(
                [
                    "tokenizer_class": .string(
                        fuzz.pick(["LlamaTokenizerFast", "T5Tokenizer", "LlamaTokenizer"])),
                    "add_bos_token": .bool(fuzz.flag()), "add_eos_token": .bool(fuzz.flag()),
                    "bos_token": fuzz.flag() ? special : "<s>", "extra_ids": 3,
                    "added_tokens_decoder": fuzz.flag() ? .null : ["400": token, "401": token],
                ], folder, &fuzz)
            return folder.path
        }
        #expect(FuzzSettings.onlyCase != nil || tally.accepted > tally.cases / 10)
    }

    @Test func mutatedFilesOfRanks() throws {
        let names = [
            "cl100k_base", "o200k_base", "gpt2", "r50k_base", "p50k_edit", "o200k_harmony", "qwen",
            "llama3",
            "none", "",
        ]
        let tally = try run("ranks", count: 80) { fuzz, folder in
            var tokens = (0..<256).map { [UInt8($0)] }
            for _ in 0..<fuzz.below(60) {
                let token = fuzz.pick(tokens) + fuzz.pick(tokens)
                if !tokens.contains(token) { tokens.append(token) }
            }
            var lines = tokens.enumerated().map { "\(Self.base64($1)) \($0)" }
            for _ in 0..<fuzz.below(4) { Self.change(&lines, &fuzz) }
            let end = fuzz.pick(["\n", "\n", "\n", "\r\n", "\n\n"])
            var bytes = Array(lines.joined(separator: end).utf8)
            if fuzz.happens(oneIn: 4) { fuzz.mutate(&bytes, pieces: Self.pieces) }
            // Llama 3's has the name of another kind of file.
            if fuzz.happens(oneIn: 6) { return write(bytes, "tokenizer.model", folder, fuzz) }
            return write(bytes, "\(fuzz.pick(names)).tiktoken", folder, fuzz)
        }
        #expect(FuzzSettings.onlyCase != nil || tally.accepted > tally.cases / 10)
    }

    @Test func mutatedVocabulariesOfLines() throws {
        let words = [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "##a", "##b", "un", "##aff",
            "##able", "the",
            "!", ".", "\u{4E16}", "\u{E9}", "e", "##e", "1", "##2", "one", "<s>", "##", "",
        ]
        let tally = try run("lines", count: 150) { fuzz, folder in
            var lines = words
            for _ in 0..<fuzz.below(4) { Self.change(&lines, &fuzz) }
            let end = fuzz.pick(["\n", "\n", "\r\n", "\r", "\u{2028}"])
            var bytes = Array(lines.joined(separator: end).utf8)
            if fuzz.flag() { bytes.append(0x0A) }
            if fuzz.happens(oneIn: 4) { fuzz.mutate(&bytes, pieces: Self.pieces) }
            writeOptions(
                [
                    "tokenizer_class": "BertTokenizer", "do_lower_case": .bool(fuzz.flag()),
                    "strip_accents": fuzz.flag() ? .null : .bool(fuzz.flag()),
                    "tokenize_chinese_chars": .bool(fuzz.flag()), "unk_token": "[UNK]",
                    "cls_token": ["content": "[CLS]"],
                ], folder, &fuzz)
            let path = write(bytes, "vocab.txt", folder, fuzz)
            return fuzz.flag() ? path : folder.path
        }
        #expect(FuzzSettings.onlyCase != nil || tally.accepted > tally.cases / 10)
    }

    /// Changes one line, or their order.
    private static func change(_ lines: inout [String], _ fuzz: inout FuzzCase) {
        guard !lines.isEmpty else { return }
        let (first, second) = (fuzz.below(lines.count), fuzz.below(lines.count))
        switch fuzz.below(10) {
        case 0: lines.remove(at: first)
        case 1: lines.append(lines[first])
        case 2: lines.swapAt(first, second)
        case 3: lines[first] = ""
        case 4: lines[first] = fuzz.pick(JSONDonors.strings)
        case 5: lines[first] += fuzz.pick([" ", " 1", "=", "0", "\t", "\u{FFFD}"])
        case 6:
            let rank = fuzz.pick([
                "-1", "0", "1.5", "65537", "16777216", "9223372036854775808", "x", "",
            ])
            lines[first] =
                "\(base64(fuzz.random.bytes(1 + fuzz.count(short: 4, long: 1200)))) \(rank)"
        case 7: lines.removeSubrange(first...)
        case 8: lines.shuffle(using: &fuzz.random)
        default: lines.append("\(base64(fuzz.random.bytes(2 + fuzz.below(3)))) \(lines.count)")
        }
    }

    /// `bytes` in base64, as files of ranks have them.
    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(0) { $0 << 8 | Int($1) }
            bits <<= 8 * (3 - group.count)
            for place in 0..<4 {
                let isLetter = place <= group.count
                result.append(
                    isLetter ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
