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
        var file = pipeline.file
        var model = file["model"]?.object ?? JSONObject()
        if case .sentencePieces(let encoder) = encoder, encoder.isPlain,
            case .sentencePiece(let normalizer)? = pipeline.normalizer
        {
            normalizer.writeStandardForm(into: &file, &model, encoder, unknown: written)
        }
        switch encoder {
        case .unigram(let encoder): model["vocab"] = scored(encoder.scores)
        case .sentencePieces(let encoder) where model["type"] == "SentencePiece":
            model["vocab"] = scored(encoder.scores.map { Double($0) })
        default: model["vocab"] = try vocabularyObject()
        }
        switch encoder {
        case .bytePairs(let encoder): model["merges"] = merges(encoder.rules)
        case .symbolPairs(let encoder): model["merges"] = merges(encoder.rules)
        case .sentencePieces(let encoder) where model["type"] == "BPE":
            model["merges"] = merges(encoder.rules)
        default: break
        }
        file["model"] = .object(model)
        file["added_tokens"] = .array(added.tokens.map(addedTokenObject))
        return .object(file)
    }

    private func scored(_ scores: [Double]) -> JSONValue {
        .array(
            scores.enumerated().map { id, score in
                [.string(written(id)), .number(JSONNumber(score))]
            })
    }

    /// The merges as strings of two tokens, or as pairs where a token has a space in it.
    private func merges(_ rules: [BytePairEncoder.Rule]) -> JSONValue {
        let pairs = rules.map { (written(Int($0.left)), written(Int($0.right))) }
        let isPlain = !pairs.contains { $0.0.utf8.contains(0x20) || $0.1.utf8.contains(0x20) }
        return .array(
            pairs.map { isPlain ? .string("\($0.0) \($0.1)") : [.string($0.0), .string($0.1)] })
    }

    private func addedTokenObject(_ token: AddedTokens.Token) -> JSONValue {
        [
            "id": .number(JSONNumber(Int(token.id))),
            "content": .string(String(decoding: token.content, as: UTF8.self)),
            "single_word": .bool(token.isWord), "lstrip": .bool(token.takesSpaceBefore),
            "rstrip": .bool(token.takesSpaceAfter), "normalized": .bool(token.isNormalized),
            "special": .bool(token.isSpecial),
        ]
    }

    /// The token `id` as files write it.
    private func written(_ id: Int) -> String {
        String(decoding: spelling(of: id), as: UTF8.self)
    }

    private func vocabularyObject() throws(MartletError) -> JSONValue {
        var spellings = ByteTable(capacity: vocabularySize)
        var object = JSONObject()
        for id in 0..<vocabularySize where vocabulary.spelling(of: id).isOfModel {
            let spelling = written(id)
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

    /// What transformers wants to know beside the tokenizer itself. (Without a
    /// `model_max_length` it assumes no limit; the model's configuration knows it.)
    private var configuration: JSONValue {
        var object: JSONObject = [
            "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
        ]
        let roles: [(key: String, names: [String])] = [
            ("bos_token", ["<|endoftext|>", "<s>", "[BOS]"]),
            ("eos_token", ["<|endoftext|>", "</s>", "[EOS]"]),
            ("unk_token", ["<unk>", "[UNK]"]), ("pad_token", ["<pad>", "[PAD]"]),
            ("cls_token", ["[CLS]"]), ("sep_token", ["[SEP]"]),
            ("mask_token", ["<mask>", "[MASK]"]),
        ]
        for role in roles {
            if let name = role.names.first(where: { id(ofSpecial: $0) != nil }) {
                object[role.key] = .string(name)
            }
        }
        return .object(object)
    }
}

extension SentencePieceNormalizer {
    /// Writes a model of byte pairs in the form that transformers gives to Llama's, where that does the same to every text;
    /// otherwise leaves the form of its own, which Hugging Face's reader refuses.
    fileprivate func writeStandardForm(
        into file: inout JSONObject, _ model: inout JSONObject, _ encoder: SentencePieceEncoder,
        unknown: (Int) -> String
    ) {
        guard map == nil, !removesExtraSpaces, escapesSpaces, !suffixesSpace else { return }
        let sign: JSONValue = .string(String(decoding: Self.sign, as: UTF8.self))
        let space: JSONValue = [
            "type": "Replace", "pattern": ["String": " "], "content": sign,
        ]
        file["normalizer"] =
            addsPrefix
            ? [
                "type": "Sequence",
                "normalizers": [["type": "Prepend", "prepend": sign], space],
            ] : space
        var steps: [JSONValue] = [
            ["type": "Replace", "pattern": ["String": sign], "content": " "],
            ["type": "ByteFallback"], ["type": "Fuse"],
        ]
        if addsPrefix { steps.append(["type": "Strip", "content": " ", "start": 1, "stop": 0]) }
        file["decoder"] = ["type": "Sequence", "decoders": .array(steps)]
        model = [
            "type": "BPE", "dropout": .null, "unk_token": .string(unknown(Int(encoder.unknown))),
            "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": true,
            "byte_fallback": .bool(encoder.usesByteTokens), "ignore_merges": false,
            "vocab": .null, "merges": .null,
        ]
    }
}
