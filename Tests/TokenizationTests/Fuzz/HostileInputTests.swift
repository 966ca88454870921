import ByteIO
import Testing
import Tokenization

/// Inputs made to trap, to hang or to take all memory: each must end, in an error where nothing else is sensible. What
/// never ends is ended by the watchdog, which names it.
@Suite struct HostileInputTests {
    /// A file whose only tokens are `a` and whatever else a piece may be.
    private static func file(_ parts: JSONObject) -> JSONValue {
        var file: JSONObject = [
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": [],
            "normalizer": .null, "pre_tokenizer": .null, "post_processor": .null, "decoder": .null,
            "model": ["type": "WordLevel", "vocab": ["<unk>": 0, "a": 1], "unk_token": "<unk>"],
        ]
        for (key, value) in parts { file[key] = value }
        return .object(file)
    }

    private static func split(_ pattern: String) -> JSONValue {
        [
            "type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated",
            "invert": false,
        ]
    }

    /// Loads a file with these parts and encodes `text` with it; the error, if that fails.
    @discardableResult
    private func encode(_ text: String, _ parts: JSONObject, _ name: String) -> MartletError? {
        Watchdog.during(name) {
            failure {
                let tokenizer = try Tokenizer.parsing(Self.file(parts))
                return try tokenizer.encode(text).count
            }
        }
    }

    private func cut(_ text: String, by pattern: String, _ name: String = #function) {
        encode(text, ["pre_tokenizer": Self.split(pattern)], name)
    }

    private func times(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    // MARK: - Patterns

    @Test func nothingRepeatedOverAndOver() {
        cut("a", by: "(?:){1000}{1000}{1000}{1000}")
        cut("a", by: "(?:(?:(?:(?:(?:)(?:)){1000}){1000}){1000}){1000}")
        cut("a", by: "(?#x){1000}{1000}{1000}{1000}")
    }

    @Test func lookbehindsOfEnormousLength() {
        cut("ab", by: "(?<=(?:a{1000}{1000}{1000}{1000}){1000}{1000}{1000}{0})b")
        cut("ab", by: "(?<=(?:(?:a{1000}{1000}{1000}{1000}){1000}{1000}{1000}{1000}){0}a)b")
    }

    @Test func setsOfManyIntersections() {
        cut("ab\u{E9}", by: "[" + times("a&&", 20_000) + "b]")
        cut("ab\u{E9}", by: "[" + times("&&", 30_000) + "]")
        cut("ab\u{E9}", by: times("[a&&", 60) + times("b]", 60))
    }

    @Test func setsOfManyMembersThatIgnoreCase() {
        let text = times("\u{E9}\u{4E16}", 2000)
        cut(text, by: "(?i)[" + times("\u{100}-\u{1FF}", 16_000) + "]")
        cut(text, by: "(?i)[^" + times("\u{400}-\u{4FF}", 16_000) + "]+x")
    }

    @Test func referencesToLongGroups() {
        cut(times("a", 100_000), by: "(a*)\\1b")
    }

    /// Each piece takes just less than the steps allowed for one.
    @Test func manyPiecesThatTakeManySteps() {
        let steps: JSONValue = [
            "type": "Sequence",
            "pretokenizers": [
                ["type": "FixedLength", "length": 13], Self.split("(?:a|a)*b"),
            ],
        ]
        encode(times("a", 13 * 30_000), ["pre_tokenizer": steps], #function)
    }

    // MARK: - Text that grows

    private static func doubling(_ count: Int) -> [JSONValue] {
        [JSONValue](
            repeating: ["type": "Replace", "pattern": ["String": "a"], "content": "aa"],
            count: count)
    }

    @Test func normalizersThatDoubleTheText() {
        let normalizer: JSONValue = [
            "type": "Sequence", "normalizers": .array(Self.doubling(26)),
        ]
        #expect(encode("a", ["normalizer": normalizer], #function) != nil)
    }

    @Test func preTokenizersThatDoubleTheText() {
        let step: JSONValue = ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false]
        let steps = JSONValue.array([JSONValue](repeating: step, count: 25))
        let sequence: JSONValue = ["type": "Sequence", "pretokenizers": steps]
        #expect(encode("\u{E9}", ["pre_tokenizer": sequence], #function) != nil)
    }

    @Test func decodersThatDoubleTheText() throws {
        let decoder: JSONValue = ["type": "Sequence", "decoders": .array(Self.doubling(26))]
        let tokenizer = try Tokenizer.parsing(Self.file(["decoder": decoder]))
        Watchdog.during(#function) {
            #expect(failure { try tokenizer.decode([1]).utf8.count } != nil)
        }
    }

    // MARK: - Encodings that grow

    /// A file that cuts texts into single characters.
    private static func characters(_ parts: JSONObject) -> JSONValue {
        var all = parts
        all["pre_tokenizer"] = ["type": "FixedLength", "length": 1]
        return file(all)
    }

    private func encodingFails(_ text: String, _ parts: JSONObject, _ name: String) {
        let error = Watchdog.during(name) {
            failure {
                let tokenizer = try Tokenizer.parsing(Self.characters(parts))
                return try tokenizer.encoding(of: text).overflowing.count
            }
        }
        #expect(error != nil)
    }

    /// What is cut off comes in pieces that are nearly as long as the text.
    @Test func truncationWithALongStride() {
        encodingFails(
            times("a", 6000), ["truncation": ["max_length": 3000, "stride": 2999]], #function)
    }

    /// What is cut off the same text is joined in every combination.
    @Test func theSameTextManyTimes() {
        let text: JSONValue = ["Sequence": ["id": "A", "type_id": 0]]
        let parts = JSONValue.array([JSONValue](repeating: text, count: 5))
        encodingFails(
            times("a", 130),
            [
                "truncation": ["max_length": 10, "stride": 0],
                "post_processor": ["type": "TemplateProcessing", "single": parts, "pair": []],
            ], #function)
    }

    @Test func manyTokensPutInManyTimes() {
        let token: JSONValue = ["SpecialToken": ["id": "x", "type_id": 0]]
        let text: JSONValue = ["Sequence": ["id": "A", "type_id": 0]]
        let ids = JSONValue.array([JSONValue](repeating: 1, count: 2000))
        let parts = JSONValue.array([text] + [JSONValue](repeating: token, count: 2000))
        encodingFails(
            "a",
            [
                "post_processor": [
                    "type": "TemplateProcessing", "single": parts, "pair": [],
                    "special_tokens": ["x": ["id": "x", "ids": ids, "tokens": []]],
                ]
            ], #function)
    }

    // MARK: - Vocabularies

    /// Every one of the tokens takes in all the space that follows.
    @Test func spacesThatTakeInSpaces() {
        for side in ["lstrip", "rstrip"] {
            var token: JSONObject = [
                "id": 5, "content": " ", "normalized": false, "special": false,
            ]
            token[side] = true
            encode(times(" ", 1_000_000), ["added_tokens": [.object(token)]], #function)
        }
    }

    /// No more than one character is ever found, however long the pieces that are tried first.
    @Test func longWordsAndLongPieces() {
        var vocab: JSONObject = ["[UNK]": 0, "a": 1, "##a": 2]
        vocab.append(times("b", 20_000), 3)
        let model: JSONValue = [
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 1_000_000_000, "vocab": .object(vocab),
        ]
        encode(times("a", 20_000), ["model": model], #function)
    }

    /// Finite as a double, and no longer as SentencePiece has it.
    @Test func scoresBeyondSinglePrecision() throws {
        for algorithm in ["Unigram", "BPE"] {
            let file = Self.file([
                "model": [
                    "type": "SentencePiece", "algorithm": .string(algorithm), "unk_id": 0,
                    "byte_fallback": false,
                    "vocab": [["<unk>", 0], ["a", 1e300], ["b", -1e300]],
                ]
            ])
            _ = failure {
                let tokenizer = try Tokenizer.parsing(file)
                _ = try tokenizer.encode("ab")
                return try tokenizer.fileContents()
            }
        }
    }

    /// A map of characters whose tree goes round in a circle, in a model of SentencePiece.
    @Test func mapsOfCharactersWithoutEnd() throws {
        let folder = try TemporaryFolder()
        var units = [UInt32](repeating: 0, count: 512)
        units[0] = 256 << 10
        // The child for `a` has itself for its child for `a`.
        units[256 + 0x61] = 0x61 | 0x61 << 10
        let words = [UInt32(4 * units.count)] + units
        let map = words.flatMap { word in
            [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
        var fuzz = FuzzCase(target: "none", label: #function, random: TestRandom(state: 1))
        var model = SeedModel(&fuzz)
        let pieces: [(text: String, kind: UInt64)] = [("<unk>", 2), ("a", 1), ("\u{2581}", 1)]
        model.pieces = pieces.map {
            SeedModel.Piece(text: Array($0.text.utf8), score: -1, kind: $0.kind)
        }
        model.usesByteTokens = false
        model.algorithm = 1
        model.charsMap = map + [0]
        writePlainly(model.bytes(wrongOneIn: nil, &fuzz), to: folder["x.model"])
        let tokenizer = try Tokenizer.loading(folder["x.model"])
        let text = times("a", 1_000_000)
        let count = try Watchdog.during(#function) { try tokenizer.encode(text).count }
        #expect(count >= 1_000_000)
    }

    /// As if each were the beginning of a character that is still to come.
    @Test func replacementCharactersStreamed() throws {
        let tokenizer = try Tokenizer.parsing(
            Self.file([
                "model": [
                    "type": "WordLevel", "vocab": ["<unk>": 0, "\u{FFFD}": 1], "unk_token": "<unk>",
                ]
            ]))
        try Watchdog.during(#function) {
            var decoder = StreamingDecoder(tokenizer)
            var count = 0
            for _ in 0..<100_000 { count += try decoder.append(1).unicodeScalars.count }
            count += try decoder.finish().unicodeScalars.count
            // The decoder of this file puts spaces between.
            #expect(count == 199_999)
        }
    }

    // MARK: - Templates

    private static func many(_ text: String, after start: String, before end: String) -> String {
        start + String(repeating: text, count: 50_000) + end
    }

    /// What is done 200,000 times, after what is done once. Nothing that takes long may be free of charge.
    private static let bodies: [(start: String, body: String)] = [
        ("{% set s = 'a b' * 1000000 %}", "{% set x = s | wordcount %}"),
        ("{% set s = 'a b' * 1000000 %}", "{% set x = s % () %}"),
        ("{% set s = '1' * 4000000 %}", "{% set x = s | float %}"),
        ("{% set s = '1' * 4000000 %}", "{% set x = s | reverse %}"),
        ("{% set s = 'a' * 4000000 %}", "{% set x = s is lower %}"),
        ("{% set s = 'a' * 4000000 %}", "{% set x = [1][s] %}"),
        ("{% set s = 'a' * 4000000 %}", "{% set x = [1] | attr(s) %}"),
        ("", "{% set x = range(100000)[0:1] %}"),
        ("", "{% set x = range(100000).index(0) %}"),
        ("", "{% set x = range(100000) == range(1, 100001) %}"),
        ("{% set l = [0] * 1000000 %}", "{% set x = l.copy() %}"),
        ("{% set d = dict(range(100000) | batch(2)) %}", "{% set x = dict(d, a=1) %}"),
        (
            "{% set d = dict(range(100000) | map('string') | batch(2)) %}",
            "{% set x = namespace(d) %}"
        ),
        (
            """
            {% set a = dict(range(100000) | batch(2)) %}
            {% set b = dict(range(1, 100001) | batch(2)) %}
            """,
            "{% set x = a.items() == b.items() %}"
        ),
        ("", many("0,", after: "{% set x = [", before: "] %}")),
        ("", many(" + 0", after: "{% set x = 0", before: " %}")),
        ("", many("{% elif 0 %}", after: "{% if 0 %}", before: "{% endif %}")),
        ("", many(" or 0", after: "{% set x = 0", before: " %}")),
    ]

    @Test(arguments: 0..<18)
    func nothingLongIsFree(_ number: Int) throws {
        #expect(Self.bodies.count == 18)
        let (start, body) = Self.bodies[number]
        let loops = "{% for i in range(100000) %}{% for j in range(2) %}"
        let source = "\(start)\(loops)\(body){% endfor %}{% endfor %}"
        let template = try ChatTemplate(source)
        Watchdog.during("template body \(number): \(body.prefix(60))") {
            let error = failure { try template.render([:]).text }
            #expect(error == nil || error?.code == .unsupported, "\(error?.message ?? "")")
        }
    }

    @Test func manyArgumentsByName() {
        let names = (0..<200_000).map { "a\($0)=1" }.joined(separator: ", ")
        Watchdog.during(#function) {
            _ = failure { try ChatTemplate("{{ dict(\(names)) }}").render([:]).text }
        }
        let parameters = (0..<1000).map { "a\($0)" }
        let given = parameters.reversed().map { "\($0)=1" }.joined(separator: ", ")
        let definition = "{% macro m(\(parameters.joined(separator: ", "))) %}{% endmacro %}"
        let loops = "{% for i in range(100000) %}{% for j in range(2) %}"
        let source = "\(definition)\(loops){{ m(\(given)) }}{% endfor %}{% endfor %}"
        Watchdog.during(#function) {
            _ = failure { try ChatTemplate(source).render([:]).text }
        }
    }

    /// Lists in namespaces in lists: each within its limit, and all together deeper than any stack.
    @Test func namespacesInDeepLists() throws {
        let source = """
            {% set ns = namespace(v=1) %}{% for i in range(180) %}{% set n = namespace(v=ns.v) %}
            {% for j in range(180) %}{% set n.v = [n.v] %}{% endfor %}
            {% set ns.v = n %}{% endfor %}{{ ns.v }}
            """
        let template = try ChatTemplate(source)
        // What matters is that it ends.
        _ = failure { try template.render([:]).text }
        var limits = ChatTemplate.Limits()
        limits.depth = .max
        let deeper = try ChatTemplate(source, limits: limits)
        _ = failure { try deeper.render([:]).text }
    }

    @Test func longTextsEscapedManyTimes() throws {
        let template = try ChatTemplate(
            "{% set l = ['<' * 1000000] * 100 %}{{ (',' | safe).join(l) }}")
        #expect(failure { try template.render([:]).text }?.code == .unsupported)
    }
}
