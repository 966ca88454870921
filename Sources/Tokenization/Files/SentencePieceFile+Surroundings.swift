import ByteIO

extension SentencePieceFile {
    /// What transformers puts around the texts of a SentencePiece model, which its file does not say but the class of the
    /// tokenizer in `tokenizer_config.json`.
    struct Surroundings {
        /// Tokens beyond the model's own.
        var tokens: [(name: String, id: Int)] = []
        private(set) var postProcessor = JSONValue.null

        init(
            _ options: JSONValue, _ model: Model, place: String
        ) throws(MartletError) {
            if options.isNull { return }
            try addTokens(options["added_tokens_decoder"] ?? .null, place)
            guard let name = options["tokenizer_class"]?.string else { return }
            let kind = name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
            func special(_ key: String, _ name: String) throws(MartletError) -> (String, Int) {
                let name = options[key]?.string ?? options[key]?["content"]?.string ?? name
                guard let id = model.id(of: name) else {
                    throw MartletError(
                        .invalidValue, "the model has no piece \(quoted(name.utf8)) for the \(key)",
                        at: place)
                }
                return (name, id)
            }
            switch kind {
            case "LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer":
                let adds = (
                    options["add_bos_token"]?.bool ?? true, options["add_eos_token"]?.bool ?? false
                )
                let isGemma = kind == "GemmaTokenizer"
                surround(
                    before: adds.0 ? [try special("bos_token", isGemma ? "<bos>" : "<s>")] : [],
                    after: adds.1 ? [try special("eos_token", isGemma ? "<eos>" : "</s>")] : [])
            case "T5Tokenizer", "MT5Tokenizer":
                surround(before: [], after: [try special("eos_token", "</s>")])
                guard tokens.isEmpty else { return }
                // The sentinels count down to the first.
                let count = min(max(options["extra_ids"]?.int ?? 100, 0), 1 << 16)
                tokens = (0..<count).map {
                    ("<extra_id_\(count - 1 - $0)>", model.pieces.count + $0)
                }
            case "AlbertTokenizer":
                let separator = try special("sep_token", "[SEP]")
                surround(
                    before: [try special("cls_token", "[CLS]")], after: [separator],
                    afterSecond: [separator])
            default:
                throw MartletError(
                    .unsupported,
                    "the ids of \(quoted(name.utf8)) are not known to be those of its model; give a tokenizer.json",
                    at: place)
            }
        }

        private mutating func addTokens(
            _ decoder: JSONValue, _ place: String
        ) throws(MartletError) {
            guard let decoder = decoder.object else { return }
            for (key, token) in decoder {
                guard let id = Int(key), let content = token["content"]?.string, !content.isEmpty
                else {
                    throw MartletError(
                        .malformed, "the added_tokens_decoder of \(quoted(key.utf8)) is no token",
                        at: place)
                }
                tokens.append((content, id))
            }
        }

        private mutating func surround(
            before: [(String, Int)], after: [(String, Int)], afterSecond: [(String, Int)]? = nil
        ) {
            func text(_ name: String, _ type: Int) -> JSONValue {
                ["Sequence": ["id": .string(name), "type_id": .number(JSONNumber(type))]]
            }
            func tokens(_ tokens: [(String, Int)], _ type: Int) -> [JSONValue] {
                tokens.map {
                    ["SpecialToken": ["id": .string($0.0), "type_id": .number(JSONNumber(type))]]
                }
            }
            var entries = JSONObject()
            for (name, id) in before + after + (afterSecond ?? []) {
                entries[name] = [
                    "id": .string(name), "ids": [.number(JSONNumber(id))],
                    "tokens": [.string(name)],
                ]
            }
            let first = tokens(before, 0) + [text("A", 0)] + tokens(after, 0)
            // Without tokens of its own a second text stands between the same as the first.
            let second =
                afterSecond.map { [text("B", 1)] + tokens($0, 1) }
                ?? tokens(before, 1) + [text("B", 1)] + tokens(after, 1)
            postProcessor = [
                "type": "TemplateProcessing", "single": .array(first),
                "pair": .array(first + second), "special_tokens": .object(entries),
            ]
        }

        /// A special token as a `tokenizer.json` lists it.
        static func special(_ name: String, _ id: Int) -> JSONValue {
            [
                "id": .number(JSONNumber(id)), "content": .string(name), "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": false, "special": true,
            ]
        }
    }
}
