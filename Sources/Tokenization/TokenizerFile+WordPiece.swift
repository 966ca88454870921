import ByteIO

/// WordPiece in `tokenizer.json`: BERT's normalizer and cutter, and the tokens put around a text.
enum WordPieceFile {
    /// Reads the model of a file whose parts are BERT's; anything else is refused by name.
    static func read(
        _ file: JSONValue, place: String
    ) throws(MartletError) -> Tokenizer {
        func refuse(_ message: String) -> MartletError {
            MartletError(.unsupported, message, at: place)
        }
        let model = file["model"] ?? .null
        func type(_ key: String) -> String { file[key]?["type"]?.string ?? "null" }
        for (key, supported) in [
            ("normalizer", "BertNormalizer"), ("pre_tokenizer", "BertPreTokenizer"),
            ("decoder", "WordPiece"),
        ] where type(key) != supported {
            throw refuse(
                "the \(key) \(quoted(type(key).utf8)) of a WordPiece (supported: \(supported))")
        }
        let normalizer = file["normalizer"] ?? .null
        var cleaning = WordPieceEncoder.Cleaning()
        cleaning.cleansText = normalizer["clean_text"]?.bool ?? true
        cleaning.separatesChinese = normalizer["handle_chinese_chars"]?.bool ?? true
        cleaning.lowercases = normalizer["lowercase"]?.bool ?? true
        cleaning.stripsAccents = normalizer["strip_accents"]?.bool ?? cleaning.lowercases
        var contents = FileVocabulary(place: place, count: model["vocab"]?.object?.count ?? 0)
        try contents.addTokens(model["vocab"], inByteAlphabet: false)
        try contents.addAddedTokens(file["added_tokens"])
        let tokenizer = try contents.wordPieceTokenizer(
            unknown: model["unk_token"]?.string ?? "[UNK]",
            prefix: model["continuing_subword_prefix"]?.string ?? "##",
            longestWord: model["max_input_chars_per_word"]?.int ?? 100, cleaning: cleaning,
            file: file)
        return try tokenizer.surrounded(by: file["post_processor"] ?? .null, place: place)
    }
}

extension Tokenizer {
    /// The same tokenizer with the tokens that a post-processor puts around a text.
    fileprivate func surrounded(
        by processor: JSONValue, place: String
    ) throws(MartletError) -> Tokenizer {
        var result = self
        func token(_ value: JSONValue?) throws(MartletError) -> ID {
            guard let id = value?.int, id >= 0, id < vocabularySize else {
                throw MartletError(
                    .invalidValue, "the post_processor adds a token that is not there", at: place)
            }
            return ID(id)
        }
        switch processor["type"]?.string {
        case nil where processor.isNull: break
        case "BertProcessing":
            result.before = [try token(processor["cls"]?.array?.last)]
            result.after = [try token(processor["sep"]?.array?.last)]
        case "TemplateProcessing":
            var isBehind = false
            for part in processor["single"]?.array ?? [] {
                if part["Sequence"]?["id"]?.string == "A", !isBehind {
                    isBehind = true
                } else if let name = part["SpecialToken"]?["id"]?.string {
                    let ids = processor["special_tokens"]?[name]?["ids"]?.array ?? []
                    for value in ids {
                        let id = try token(value)
                        if isBehind { result.after.append(id) } else { result.before.append(id) }
                    }
                } else {
                    throw MartletError(
                        .unsupported, "the post_processor's part \(quoted(part.text().utf8))",
                        at: place)
                }
            }
            guard isBehind else {
                throw MartletError(.malformed, "the post_processor leaves out the text", at: place)
            }
        default:
            throw MartletError(
                .unsupported,
                "the post_processor \(quoted((processor["type"] ?? .null).text().utf8))", at: place)
        }
        return result
    }
}
