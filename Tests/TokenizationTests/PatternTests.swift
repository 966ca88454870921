import ByteIO
import Testing
import Tokenization

/// The regular expressions of `tokenizer.json`: what their classes hold, and which of them are refused.
@Suite struct PatternTests {
    /// Patterns of one scalar, how many below U+20000 they match in `tokenizers` 0.23.3, and the sum of those.
    private static let classes: [(pattern: String, count: Int, sum: Int)] = [
        (#"[[:alpha:]]"#, 72_133, 3_524_238_605),
        (#"[[:^alpha:]]"#, 56_891, 4_950_288_115),
        (#"\p{Alphabetic}"#, 72_133, 3_524_238_605),
        (#"[[:alnum:]]"#, 72_893, 3_564_130_055),
        (#"[[:upper:]]"#, 1_978, 97_237_165),
        (#"\p{Upper}"#, 1_978, 97_237_165),
        (#"[[:lower:]]"#, 2_569, 117_919_901),
        (#"\p{Lowercase}"#, 2_569, 117_919_901),
        (#"[[:graph:]]"#, 90_416, 4_697_668_652),
        (#"[[:print:]]"#, 90_433, 4_697_793_585),
        (#"[[:punct:]]"#, 9_369, 649_005_466),
        (#"[[:word:]]"#, 73_799, 3_611_154_597),
        (#"\p{Word}"#, 73_805, 3_611_155_706),
        (#"[\w&&[^\d]&&\p{Latin}]"#, 1_487, 27_421_744),
        (#"(?i)[[:upper:]]"#, 3_428, 133_633_471),
        (#"(?i)\p{Lu}"#, 1_858, 86_924_357),
        (#"(?i)[\p{Lu}]"#, 3_266, 122_938_234),
        (#"(?i)[^\p{Lu}]"#, 125_758, 8_351_588_486),
        (#"(?i)[\P{Lu}]"#, 128_552, 8_420_918_516),
        (#"(?i)[^a-z]"#, 128_970, 8_474_512_985),
        (#"(?i)[[^a-z]]"#, 129_024, 8_474_526_720),
        (#"(?i)[\x{100}-\x{5FF}]"#, 1_318, 1_867_104),
        (#"(?i)[a-z&&[^b]]"#, 52, 13_571),
        (#"(?i)\x{212A}"#, 3, 8_672),
    ]

    /// A tokenizer whose tokens are what the pattern matches.
    private static func tokenizer(_ pattern: String) throws -> Tokenizer {
        try Tokenizer.parsing([
            "version": "1.0", "added_tokens": [], "normalizer": .null, "post_processor": .null,
            "pre_tokenizer": [
                "type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Removed",
                "invert": true,
            ], "decoder": .null,
            "model": ["type": "WordLevel", "vocab": ["<unk>": 0], "unk_token": "<unk>"],
        ])
    }

    @Test(arguments: 0..<24) func classesHoldWhatTheReferenceSays(_ number: Int) throws {
        try #require(Self.classes.count == 24)
        let (pattern, count, sum) = Self.classes[number]
        let tokenizer = try Self.tokenizer("(?:\(pattern))+")
        let scalars = (UInt32(0)..<0x20000).compactMap { Unicode.Scalar($0) }
        let text = String(String.UnicodeScalarView(scalars))
        let bytes = Array(text.utf8)
        let ranges = try bytes.withUnsafeBytes {
            try tokenizer.encodeWithOffsets($0).map(\.range)
        }
        let members = ranges.flatMap {
            String(decoding: bytes[$0], as: UTF8.self).unicodeScalars.map { Int($0.value) }
        }
        #expect(members.count == count, "\(pattern)")
        #expect(members.reduce(0, +) == sum, "\(pattern)")
    }

    @Test func patternsOfNoUseAreRefused() {
        let thousands = String(repeating: "{1000}", count: 4)
        for pattern in [
            "[[:vowel:]]", #"\p{Alphabet}"#, "a{1000000}", "a{1000000", "(?:)\(thousands)",
            "(?<=(?:a\(thousands)){1000}{1000}{1000}{0})b",
        ] {
            #expect(failure { try Self.tokenizer(pattern) }?.code == .unsupported, "\(pattern)")
        }
    }
}
