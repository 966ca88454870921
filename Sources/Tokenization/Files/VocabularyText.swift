import ByteIO

/// BERT's `vocab.txt`: a token a line, numbered from 0. How text is cleaned is in the folder's `tokenizer_config.json`.
enum VocabularyText {
    static func read(_ path: String) throws(MartletError) -> Tokenizer {
        let text = try Files.read(path)
        if let offset = text.withUnsafeBufferPointer(UTF8Scalars.firstInvalid) {
            throw MartletError(.malformed, "is not UTF-8 at byte offset \(offset)", at: path)
        }
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        // Of equal lines the last one counts, and the ids of the others belong to nothing.
        var table = ByteTable(capacity: lines.count)
        var tokens: [(token: String, id: Int)] = []
        for (id, line) in lines.enumerated() {
            let line = trimmed(line)
            let token = (String(decoding: line, as: UTF8.self), id)
            let number = table.insert(Array(line))
            if number < tokens.count { tokens[number] = token } else { tokens.append(token) }
        }
        var vocab = JSONObject()
        for token in tokens { vocab.append(token.token, .number(JSONNumber(token.id))) }
        let options = try configuration(of: path)
        func special(_ key: String, _ name: String) -> (name: String, id: Int)? {
            let name = options[key]?.string ?? options[key]?["content"]?.string ?? name
            return withUTF8(name, { table.find($0) }).map { (name, tokens[$0].id) }
        }
        let unknown = special("unk_token", "[UNK]")
        let (first, last) = (special("cls_token", "[CLS]"), special("sep_token", "[SEP]"))
        let specials = [
            special("pad_token", "[PAD]"), unknown, first, last, special("mask_token", "[MASK]"),
        ].compactMap { $0 }
        let file: JSONValue = [
            "version": "1.0", "truncation": .null, "padding": .null,
            "added_tokens": .array(
                specials.map { special in
                    [
                        "id": .number(JSONNumber(special.id)), "content": .string(special.name),
                        "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                        "special": true,
                    ]
                }),
            "normalizer": [
                "type": "BertNormalizer", "clean_text": true,
                "handle_chinese_chars": options["tokenize_chinese_chars"] ?? true,
                "strip_accents": options["strip_accents"] ?? .null,
                "lowercase": options["do_lower_case"] ?? true,
            ], "pre_tokenizer": ["type": "BertPreTokenizer"],
            "post_processor": postProcessor(first, last),
            "decoder": ["type": "WordPiece", "prefix": "##", "cleanup": true],
            "model": [
                "type": "WordPiece", "unk_token": .string(unknown?.name ?? "[UNK]"),
                "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                "vocab": .object(vocab),
            ],
        ]
        return try TokenizerFile.read(file, place: path)
    }

    /// A line without the white space at its end.
    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let text = Array(line)
        let end = text.withUnsafeBufferPointer { text in
            var (index, end) = (0, 0)
            while index < text.count {
                let (value, length) = UTF8Scalars.decode(text, at: index)
                index += length
                if !TextTables.isWhiteSpace(value) { end = index }
            }
            return end
        }
        return line.prefix(end)
    }

    /// The `tokenizer_config.json` beside the file at `path`; an empty object if there is none.
    static func configuration(of path: String) throws(MartletError) -> JSONValue {
        let path = Files.join(Files.parent(path), "tokenizer_config.json")
        guard Files.exists(path) else { return [:] }
        return try JSONValue(parsing: Files.read(path), place: path)
    }

    /// `[CLS]` before a text and `[SEP]` after each, where the vocabulary has them.
    private static func postProcessor(
        _ first: (name: String, id: Int)?, _ last: (name: String, id: Int)?
    ) -> JSONValue {
        guard let first, let last else { return .null }
        func text(_ name: String, _ type: Int) -> JSONValue {
            ["Sequence": ["id": .string(name), "type_id": .number(JSONNumber(type))]]
        }
        func token(_ token: (name: String, id: Int), _ type: Int) -> JSONValue {
            ["SpecialToken": ["id": .string(token.name), "type_id": .number(JSONNumber(type))]]
        }
        func entry(_ token: (name: String, id: Int)) -> JSONValue {
            [
                "id": .string(token.name), "ids": [.number(JSONNumber(token.id))],
                "tokens": [.string(token.name)],
            ]
        }
        var specials = JSONObject()
        for special in [first, last] { specials[special.name] = entry(special) }
        let single = [token(first, 0), text("A", 0), token(last, 0)]
        return [
            "type": "TemplateProcessing", "single": .array(single),
            "pair": .array(single + [text("B", 1), token(last, 1)]),
            "special_tokens": .object(specials),
        ]
    }
}
