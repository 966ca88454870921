import ByteIO
import Testing
import Tokenization

/// Files that are wrong, hostile, or ask for what we do not do.
@Suite struct RefusedFileTests {
    struct Case: CustomTestStringConvertible, Sendable {
        /// A member of the file, or of a member of it: "model.vocab".
        var path: String
        var value: JSONValue?
        var code: MartletError.Code
        /// What the message must name.
        var part: String

        init(
            _ path: String, _ value: JSONValue?, _ code: MartletError.Code, _ part: String
        ) {
            (self.path, self.value, self.code, self.part) = (path, value, code, part)
        }

        var testDescription: String { "\(path) = \(value?.text() ?? "missing")" }
    }

    private static func token(_ id: JSONValue, _ content: String, _ option: String? = nil)
        -> JSONValue
    {
        var object: JSONObject = ["id": id, "content": .string(content), "special": true]
        if let option { object[option] = true }
        return [.object(object)]
    }

    static let cases: [Case] = [
        // Other kinds of tokenizers, by name.
        Case("version", "2.0", .unsupported, "2.0"),
        Case("normalizer", ["type": "NFX"], .unsupported, "normalizer 'NFX'"),
        Case("normalizer", ["type": 3], .unsupported, "normalizer"),
        Case("normalizer", "x", .unsupported, "without a type"),
        Case("normalizer", ["type": "Precompiled"], .malformed, "precompiled_charsmap"),
        Case("pre_tokenizer", ["type": "Mecab"], .unsupported, "pre_tokenizer 'Mecab'"),
        Case("pre_tokenizer", ["type": "Split"], .malformed, "pattern"),
        Case(
            "pre_tokenizer", ["type": "Split", "pattern": ["Regex": "a(?<=b*)"]], .unsupported,
            "lookbehind"),
        Case("pre_tokenizer", ["type": "Split", "pattern": ["Regex": "(a"]], .unsupported, "("),
        Case("post_processor", ["type": "Bert"], .unsupported, "post_processor 'Bert'"),
        Case("post_processor", ["type": "BertProcessing"], .invalidValue, "not there"),
        Case("decoder", ["type": "Words"], .unsupported, "decoder 'Words'"),
        Case("truncation", ["max_length": 4, "stride": 4], .invalidValue, "stride"),
        Case("padding", ["pad_id": 0, "strategy": ["Fixed": 1e12]], .invalidValue, "length"),
        Case("model.type", "Neural", .unsupported, "model type 'Neural'"),
        Case("model.byte_fallback", 3, .malformed, "byte_fallback"),
        Case("post_processor", ["type": "Sequence"], .malformed, "Sequence"),
        Case("model.dropout", 0.1, .unsupported, "dropout"),
        // Broken structure.
        Case("model", nil, .malformed, "model"),
        Case("model", [], .malformed, "model"),
        Case("model", ["type": nil], .malformed, "null"),
        Case("model.vocab", nil, .malformed, "vocabulary"),
        Case("model.vocab", [["a", 1]], .malformed, "vocabulary"),
        Case("model.vocab", [:], .invalidValue, "empty"),
        Case("model.merges", nil, .malformed, "merges"),
        Case("model.merges", "a b", .malformed, "merges"),
        Case("model.merges", [1], .malformed, "merge 0"),
        Case("model.merges", ["a b", "ab"], .malformed, "merge 1: 'ab'"),
        Case("model.merges", ["a  b"], .malformed, "merge 0: 'a  b'"),
        Case("model.merges", [" b"], .malformed, "merge 0"),
        Case("model.merges", ["a "], .malformed, "merge 0"),
        Case("model.merges", [["a"]], .malformed, "merge 0"),
        Case("model.merges", [["a", "b", "c"]], .malformed, "merge 0"),
        Case("model.merges", [["a", 1]], .malformed, "merge 0"),
        Case("added_tokens", "x", .malformed, "added_tokens"),
        Case("added_tokens", [1], .malformed, "added_tokens"),
        Case("added_tokens", token(5, ""), .malformed, "content"),
        // Ids and merges that do not fit together.
        Case("model.vocab", ["a": -1], .invalidValue, "'a' has the id -1"),
        Case("model.vocab", ["a": 16_777_216], .invalidValue, "'a'"),
        Case("model.vocab", ["a": 262_148], .invalidValue, "0..<262148"),
        Case("model.vocab", ["a": 9_223_372_036_854_775_807], .invalidValue, "'a'"),
        Case("model.vocab", ["a": 1.5], .malformed, "'a'"),
        Case("model.vocab", ["a": "1"], .malformed, "'a'"),
        Case("model.vocab", ["a": nil], .malformed, "'a'"),
        Case("model.vocab", ["a": 7, "b": 7], .invalidValue, "'a' and 'b' both have the id 7"),
        Case("model.merges", ["a x"], .invalidValue, "no token 'x'"),
        Case("model.merges", ["é b"], .invalidValue, "no token 'é'"),
        Case("model.merges", ["a b", "a c"], .invalidValue, "merge 1, 'a' with 'c'"),
        Case("model.merges", [["a", ""]], .invalidValue, "no token ''"),
        Case("added_tokens", token(3, "<x>"), .invalidValue, "'ab' and '<x>'"),
        Case("added_tokens", token(9, "ab"), .mismatched, "'ab'"),
        Case("added_tokens", token(nil, "<x>"), .malformed, "'<x>'"),
        Case("added_tokens", token(-3, "<x>"), .invalidValue, "'<x>'"),
    ]

    @Test(arguments: cases)
    func refused(_ example: Case) throws {
        let path = example.path.split(separator: ".").map(String.init)
        let file = try TokenizerFileTests.changed(
            TokenizerFileTests.small, path[0], path.count > 1 ? path[1] : nil, to: example.value)
        let error = failure { try Tokenizer.parsing(file) }
        #expect(error?.code == example.code, "\(error?.description ?? "accepted")")
        #expect(error?.message.contains(example.part) == true, "\(error?.description ?? "")")
        #expect(error?.place?.contains("tokenizer.json") == true)
    }

    @Test(arguments: ["", "[]", "null", "{", "{}", "{\"model\":{\"vocab\":{\"a\":0,\"a\":1}}}"])
    func notATokenizerAtAll(text: String) throws {
        let folder = try TemporaryFolder()
        try Files.write(text, to: folder["tokenizer.json"])
        #expect(failure { try Tokenizer.loading(folder.path) }?.code == .malformed)
    }

    @Test func longNamesAreCutInMessages() throws {
        let name = String(repeating: "x\u{1B}", count: 10_000)
        var vocab = JSONObject()
        vocab.append(name, -1)
        let file = try TokenizerFileTests.changed(
            TokenizerFileTests.small, "model", "vocab", to: .object(vocab))
        let message = failure { try Tokenizer.parsing(file) }?.message ?? ""
        #expect(message.utf8.count < 400 && message.utf8.count > 20)
        #expect(!message.unicodeScalars.contains("\u{1B}"))
    }

    /// Whatever becomes of a file, loading gives a tokenizer or an error.
    @Test func damagedFilesDoNotTrap() throws {
        var random = TestRandom(state: 5)
        let good = TokenizerFileTests.small.bytes()
        let folder = try TemporaryFolder()
        var accepted = 0
        for _ in 0..<400 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 32..<127, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.insert(good.randomElement(using: &random) ?? 0, at: at)
                }
            }
            try Files.write(bytes, to: folder["tokenizer.json"])
            do throws(MartletError) {
                let tokenizer = try Tokenizer.loading(folder.path)
                accepted += 1
                do throws(MartletError) { _ = try tokenizer.encode("abc") } catch {}
            } catch {
                #expect(error.place?.contains("tokenizer.json") == true)
            }
        }
        #expect(accepted < 400)
    }
}
