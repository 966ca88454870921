import ByteIO

/// OpenAI's rank files, `.tiktoken`: a token a line, in base64, and its rank, which is its id and says how early it is
/// merged. How text is cut and what the special tokens are is not in the file, and goes by its name.
struct TiktokenFile {
    /// What goes with the ranks of one file.
    private struct Companion {
        let name: String
        let pattern: String
        /// Whether text is composed (NFC) before it is cut.
        var composes = false
        /// The special tokens and their ids.
        var specials: [(name: String, id: Int)] = []
        /// Special tokens that are numbered on from the number of ranks.
        var following: [String] = []
    }

    private static let companions: [Companion] = {
        let end = "<|endoftext|>"
        let endings = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
        func words(digits: String) -> String {
            #"\#(endings)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}\#(digits)| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        }
        let gpt2 =
            #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
        // White space at the end of a text is one piece here, even after a line break.
        let cl100k =
            #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+\z|\s*[\r\n]|\s+(?!\S)|\s"#
        let (upper, lower) = (
            #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
        )
        let before = #"[^\r\n\p{L}\p{N}]?"#
        let o200k =
            "\(before)\(upper)*\(lower)+\(endings)?|\(before)\(upper)+\(lower)*\(endings)?|"
            + #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        let middle = [("<|fim_prefix|>", 0), ("<|fim_middle|>", 1), ("<|fim_suffix|>", 2)]
        func fill(_ first: Int) -> [(name: String, id: Int)] {
            middle.map { ($0.0, first + $0.1) }
        }
        let o200kEnds = [(name: end, id: 199999), (name: "<|endofprompt|>", id: 200018)]
        let harmony: [(name: String, id: Int)] =
            [
                ("startoftext", 199998), ("return", 200002), ("constrain", 200003),
                ("channel", 200005), ("start", 200006), ("end", 200007), ("message", 200008),
                ("call", 200012),
            ].map { (name: "<|\($0.0)|>", id: $0.1) } + o200kEnds
        let reserved = (200000..<201088).filter { id in
            !harmony.contains { $0.id == id }
        }.map { (name: "<|reserved_\($0)|>", id: $0) }
        func reservedTokens(_ range: ClosedRange<Int>) -> [String] {
            range.map { "<|reserved_special_token_\($0)|>" }
        }
        let llama3 =
            ["<|begin_of_text|>", "<|end_of_text|>"] + reservedTokens(0...1)
            + ["<|finetune_right_pad_id|>"] + reservedTokens(2...2)
            + ["start_header_id", "end_header_id", "eom_id", "eot_id", "python_tag"].map {
                "<|\($0)|>"
            } + reservedTokens(3...247)
        return [
            Companion(name: "r50k_base", pattern: gpt2, specials: [(end, 50256)]),
            Companion(name: "gpt2", pattern: gpt2, specials: [(end, 50256)]),
            Companion(name: "p50k_base", pattern: gpt2, specials: [(end, 50256)]),
            Companion(
                name: "p50k_edit", pattern: gpt2, specials: [(end, 50256)] + fill(50281)),
            Companion(
                name: "cl100k_base", pattern: cl100k,
                specials: [(end, 100257)] + fill(100258) + [("<|endofprompt|>", 100276)]),
            Companion(name: "o200k_base", pattern: o200k, specials: o200kEnds),
            Companion(name: "o200k_harmony", pattern: o200k, specials: harmony + reserved),
            Companion(
                name: "qwen", pattern: words(digits: ""), composes: true,
                following: [end, "<|im_start|>", "<|im_end|>"]
                    + (0...204).map { "<|extra_\($0)|>" }),
            Companion(name: "llama3", pattern: words(digits: "{1,3}"), following: llama3),
        ]
    }()

    /// What the end of a name says that a file of ranks is.
    static let suffix = ".tiktoken"

    /// Whether bytes begin as a file of ranks does, which one of SentencePiece's, a protocol buffer, never does.
    static func isOne(_ bytes: [UInt8]) -> Bool {
        guard let line = bytes.prefix(4096).split(separator: UInt8(ascii: "\n")).first else {
            return false
        }
        let fields = line.split(separator: UInt8(ascii: " "))
        return fields.count == 2 && Base64.decode(fields[0]) != nil
            && fields[1].allSatisfy { (0x30...0x39).contains($0) || $0 == 0x0D }
    }

    /// Reads the ranks `text` of the file at `path`.
    ///
    /// - Parameter isLlama3: Whether it is Llama 3's, whose name says nothing.
    static func read(
        _ text: [UInt8], path: String, isLlama3: Bool = false
    ) throws(MartletError) -> Tokenizer {
        let companion = try companion(isLlama3 ? "llama3" : Files.lastComponent(path), path)
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let highest = companion.specials.reduce(0) { max($0, $1.id) }
        var contents = FileVocabulary(
            place: path, count: lines.count, idLimit: highest + 1)
        var rankEnd = 0
        for (index, line) in lines.enumerated() {
            let fields = line.filter { $0 != 0x0D }.split(separator: UInt8(ascii: " "))
            if fields.isEmpty { continue }
            guard fields.count == 2, let bytes = Base64.decode(fields[0]),
                let rank = Int(String(decoding: fields[1], as: UTF8.self))
            else {
                throw MartletError(
                    .malformed, "\(quoted(line)) is not a token in base64 and its rank",
                    at: "\(path):\(index + 1)")
            }
            try contents.addToken(bytes, id: rank, line: index + 1)
            rankEnd = max(rankEnd, rank + 1)
        }
        if rankEnd == 0 { throw MartletError(.malformed, "there are no ranks in it", at: path) }
        try contents.addMergesOfRanks()
        let following = companion.following.enumerated().map { ($1, rankEnd + $0) }
        let specials = companion.specials + following.map { (name: $0.0, id: $0.1) }
        try contents.addAddedTokens(
            .array(
                specials.map { special in
                    [
                        "id": .number(JSONNumber(special.id)), "content": .string(special.name),
                        "special": true, "normalized": false,
                    ]
                }), inByteAlphabet: true)
        let reader = TokenizerFileReader(file: header(companion), place: path)
        let parts = try reader.parts()
        return contents.bytePairTokenizer(
            cutting: TokenizerFileReader.cutting(parts), ignoresMerges: true,
            pipeline: try reader.pipeline(parts, contents))
    }

    private static func companion(
        _ name: String, _ path: String
    ) throws(MartletError) -> Companion {
        let fitting = companions.filter { companion in
            let (name, known) = (Array(name.utf8), Array(companion.name.utf8))
            return name.indices.contains { name[$0...].starts(with: known) }
        }
        if let longest = fitting.max(by: { $0.name.utf8.count < $1.name.utf8.count }) {
            return longest
        }
        let names = companions.map(\.name).joined(separator: ", ")
        throw MartletError(
            .unsupported,
            "the name of a .tiktoken file says how text is cut, and this one names none of \(names)",
            at: path)
    }

    /// The `tokenizer.json` of the ranks, without vocabulary and merges.
    private static func header(_ companion: Companion) -> JSONValue {
        func byteLevel(trims: Bool) -> JSONValue {
            [
                "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": .bool(trims),
                "use_regex": false,
            ]
        }
        return [
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": [],
            "normalizer": companion.composes ? ["type": "NFC"] : .null,
            "pre_tokenizer": [
                "type": "Sequence",
                "pretokenizers": [
                    [
                        "type": "Split", "pattern": ["Regex": .string(companion.pattern)],
                        "behavior": "Isolated", "invert": false,
                    ], byteLevel(trims: false),
                ],
            ],
            "post_processor": byteLevel(trims: false), "decoder": byteLevel(trims: true),
            "model": [
                "type": "BPE", "dropout": .null, "unk_token": .null,
                "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": false,
                "byte_fallback": false, "ignore_merges": true, "vocab": [:], "merges": [],
            ],
        ]
    }
}
