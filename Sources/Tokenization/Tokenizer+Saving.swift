import ByteIO

extension Tokenizer {
    /// Writes `tokenizer.json` and `tokenizer_config.json` into `folder`, which is made if it is
    /// not there: what `tokenizers.Tokenizer.from_file` and transformers' `AutoTokenizer` read.
    ///
    /// - Throws: `MartletError` if writing fails, or if two tokens would be spelled alike: files
    ///   write the bytes of ordinary tokens as printable characters, so a special token `a` cannot
    ///   be told from the byte.
    public func save(to folder: String) throws(MartletError) {
        let path = Files.join(folder, "tokenizer.json")
        let file = try fileContents()
        try Files.createDirectory(folder)
        try Files.write(file, to: path)
        try Files.write(
            configuration.bytes(pretty: true), to: Files.join(folder, "tokenizer_config.json"))
    }

    /// The content of the `tokenizer.json` that `save` writes: the same bytes for tokenizers that
    /// do the same.
    ///
    /// - Throws: `MartletError` if two tokens would be spelled alike, as `save`.
    public func fileContents() throws(MartletError) -> [UInt8] {
        try tokenizerFile().bytes(pretty: true)
    }

    private func tokenizerFile() throws(MartletError) -> JSONValue {
        let vocab = try vocabularyObject()
        let model: JSONValue
        let preTokenizer: JSONValue
        var postProcessor = JSONValue.null
        let decoder: JSONValue
        switch encoder {
        case .bytePairs(let encoder):
            model = bytePairModel(encoder, vocab: vocab)
            // Bytes without merges need no cutting.
            preTokenizer = Self.byteLevel(trim: true, cut: encoder.splits)
            postProcessor = Self.byteLevel(trim: false, cut: true)
            decoder = Self.byteLevel(trim: true, cut: true)
        case .characters:
            model = ["type": "WordLevel", "vocab": vocab, "unk_token": "<unk>"]
            preTokenizer = [
                "type": "Split", "pattern": TokenizerFile.anyScalar, "behavior": "Isolated",
                "invert": false,
            ]
            decoder = ["type": "Fuse"]
        case .wordPieces(let encoder): return encoder.file
        }
        return [
            "version": "1.0", "truncation": .null, "padding": .null,
            "added_tokens": .array(added.tokens.map(addedTokenObject)),
            "normalizer": .null, "pre_tokenizer": preTokenizer, "post_processor": postProcessor,
            "decoder": decoder, "model": model,
        ]
    }

    private static func byteLevel(trim: Bool, cut: Bool) -> JSONValue {
        [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": .bool(trim),
            "use_regex": .bool(cut),
        ]
    }

    private func bytePairModel(_ encoder: BytePairEncoder, vocab: JSONValue) -> JSONValue {
        let merges = encoder.rules.map { rule in
            let (left, right) = PairTable.pair(rule)
            return JSONValue.string("\(spelling(of: Int(left))) \(spelling(of: Int(right)))")
        }
        return [
            "type": "BPE", "dropout": .null, "unk_token": .null,
            "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": false,
            "byte_fallback": false, "ignore_merges": false, "vocab": vocab,
            "merges": .array(merges),
        ]
    }

    private func addedTokenObject(_ token: AddedTokens.Token) -> JSONValue {
        [
            "id": .number(JSONNumber(Int(token.id))),
            "content": .string(String(decoding: token.content, as: UTF8.self)),
            "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": .bool(token.isNormalized), "special": .bool(token.isSpecial),
        ]
    }

    private func vocabularyObject() throws(MartletError) -> JSONValue {
        var spellings = ByteTable(capacity: vocabularySize)
        var object = JSONObject()
        for id in 0..<vocabularySize where vocabulary.spelling(of: id) != .hole {
            let spelling = spelling(of: id)
            let count = spellings.count
            if withUTF8(spelling, { spellings.insert($0) }) < count {
                throw MartletError(
                    .invalidValue,
                    "token \(id) is spelled like another one: \(quoted(spelling.utf8))",
                    at: "tokenizer.json")
            }
            object.append(spelling, .number(JSONNumber(id)))
        }
        return .object(object)
    }

    /// The token `id`, which must exist, as files write it.
    private func spelling(of id: Int) -> String {
        let bytes = vocabulary.bytes(of: id) ?? []
        guard vocabulary.spelling(of: id) == .byteAlphabet else {
            return String(decoding: bytes, as: UTF8.self)
        }
        return String(decoding: ByteAlphabet.encode(bytes), as: UTF8.self)
    }

    /// What transformers wants to know beside the tokenizer itself. (Without a
    /// `model_max_length` it assumes no limit; the model's configuration knows it.)
    private var configuration: JSONValue {
        var object: JSONObject = [
            "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
        ]
        if endOfText != nil {
            object["bos_token"] = "<|endoftext|>"
            object["eos_token"] = "<|endoftext|>"
        }
        if id(ofSpecial: "<pad>") != nil { object["pad_token"] = "<pad>" }
        if id(ofSpecial: "<mask>") != nil { object["mask_token"] = "<mask>" }
        return .object(object)
    }
}
