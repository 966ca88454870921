import ByteIO
import Testing
import Tokenization

/// Files of tokenizers that are changed at random are refused, or give a tokenizer that does what it says; nothing
/// traps or hangs. See FuzzTarget.swift.
@Suite struct TokenizerFileFuzzTests {
    /// Cases that found something once.
    static let kept: [UInt64] = [
        8_754_131_517_258_359_434, 17_600_225_448_073_115_441,
    ]

    /// The parts of a file, and what a sequence of each lists its steps under.
    private static let parts = [
        (key: "normalizer", list: "normalizers"), (key: "pre_tokenizer", list: "pretokenizers"),
        (key: "post_processor", list: "processors"), (key: "decoder", list: "decoders"),
    ]

    /// Pieces that mean something to a parser.
    private static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", " ", "0", "-", "1e9", ".5", "null", "true",
            "\\u0000", "\\ud800", "\\udc00", "\\uFFFF", "99999999999999999999", "\"type\"",
            "\"id\"",
            "\"Sequence\"", "{}", "[]", "[[[[[[[[", "\u{FEFF}", "\u{0}", "\u{301}", "\u{2581}",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
        ]

    @Test func mutatedFilesLoadOrAreRefused() throws {
        let golden = try Goldens.json("components.json")
        let texts = try #require(golden["texts"]?.array).compactMap(\.string)
        let files = try #require(golden["files"]?.array).compactMap { $0["tokenizer"] }
        #expect(texts.count > 50 && files.count > 150)
        let donors = JSONDonors(files: files)
        let folder = try TemporaryFolder()
        let target = FuzzTarget(name: "tokenizer-file", kept: Self.kept, caseCount: 300)
        let tally = target.run { fuzz in
            let base = fuzz.pick(files)
            var file = base
            for _ in 0..<fuzz.below(4) { Self.change(&file, &fuzz, donors) }
            var bytes = file.bytes(pretty: fuzz.flag())
            if fuzz.happens(oneIn: 4) {
                for _ in 0...fuzz.below(3) { fuzz.mutate(&bytes, pieces: Self.pieces) }
            }
            fuzz.keep(bytes, "input.json")
            writePlainly(bytes, to: folder["tokenizer.json"])
            let tokenizer: Tokenizer
            do throws(MartletError) {
                tokenizer = try Tokenizer.loading(folder["tokenizer.json"])
            } catch {
                fuzz.check(
                    error.place?.contains("tokenizer.json") == true, "no place: \(error)")
                // What a file says is quoted shortly.
                fuzz.check(
                    error.message.utf8.count < 4000,
                    "a message of \(error.message.utf8.count) bytes")
                return false
            }
            let added = (file["added_tokens"]?.array ?? []).compactMap { $0["content"]?.string }
            let exercise = TokenizerExercise(
                tokenizer: tokenizer, texts: texts + added.map { String($0.prefix(100)) },
                comparesStreaming: file["decoder"] == base["decoder"])
            exercise.run(&fuzz, scratch: folder["saved.json"])
            return true
        }
        #expect(FuzzSettings.onlyCase != nil || tally.accepted > tally.cases / 8)
        // Otherwise hardly anything was changed.
        #expect(FuzzSettings.onlyCase != nil || tally.accepted < tally.cases * 7 / 8)
    }

    /// Makes one change to a file: anywhere in it, or to a part as a whole.
    private static func change(
        _ file: inout JSONValue, _ fuzz: inout FuzzCase, _ donors: JSONDonors
    ) {
        guard var object = file.object else { return }
        let donor = fuzz.pick(donors.files)
        let part = fuzz.pick(parts)
        switch fuzz.below(14) {
        case 0, 1: object[part.key] = donor[part.key] ?? .null
        case 2: object["model"] = donor["model"] ?? .null
        case 3: object["added_tokens"] = donor["added_tokens"] ?? .null
        case 4:
            var steps = [object[part.key] ?? .null, donor[part.key] ?? .null].filter { !$0.isNull }
            if fuzz.flag() { steps.reverse() }
            // Some steps over and over: what each makes of a text adds up.
            let all = [[JSONValue]](repeating: steps, count: 1 + fuzz.count(short: 3, long: 40))
            var sequence: JSONObject = ["type": "Sequence"]
            sequence.append(part.list, .array(all.flatMap { $0 }))
            object[part.key] = .object(sequence)
        case 5:
            object["truncation"] = [
                "max_length": fuzz.number(), "stride": fuzz.flag() ? 0 : fuzz.number(),
                "direction": .string(fuzz.pick(["Left", "Right"])),
                "strategy": .string(fuzz.pick(["LongestFirst", "OnlyFirst", "OnlySecond"])),
            ]
        case 6:
            object["padding"] = [
                "strategy": fuzz.flag() ? "BatchLongest" : ["Fixed": fuzz.number()],
                "direction": .string(fuzz.pick(["Left", "Right"])),
                "pad_to_multiple_of": fuzz.flag() ? .null : fuzz.number(), "pad_id": fuzz.number(),
                "pad_type_id": fuzz.number(), "pad_token": "[PAD]",
            ]
        case 7:
            var added = object["added_tokens"]?.array ?? []
            added.append(token(&fuzz))
            object["added_tokens"] = .array(added)
        default: return fuzz.mutate(&file, with: donors)
        }
        file = .object(object)
    }

    /// An added token, of a kind that is hard to match.
    private static func token(_ fuzz: inout FuzzCase) -> JSONValue {
        let content = fuzz.pick([
            " ", "  ", "\n", "\t", "a", "the", "\u{2581}", "\u{120}", "\u{E9}", "e\u{301}", "<s> ",
            " <s>",
            "Hello", "\u{301}", "\u{1F600}", "A b", "[MASK]",
        ])
        return [
            "id": .number(JSONNumber(fuzz.flag() ? fuzz.below(400) : 60_000)),
            "content": .string(content), "single_word": .bool(fuzz.flag()),
            "lstrip": .bool(fuzz.flag()), "rstrip": .bool(fuzz.flag()),
            "normalized": .bool(fuzz.flag()), "special": .bool(fuzz.flag()),
        ]
    }
}
