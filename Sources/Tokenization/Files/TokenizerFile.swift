import ByteIO

/// Hugging Face's `tokenizer.json`, version 1.0.
enum TokenizerFile {
    /// The pattern by which tokenizers of characters are cut, every scalar on its own.
    static let anyScalar: JSONValue = ["Regex": "[\\s\\S]"]

    /// Reads the file at `path`.
    static func read(_ path: String) throws(MartletError) -> Tokenizer {
        try read(JSONValue(parsing: Files.read(path), place: path), place: path)
    }

    /// The tokenizer that `file` describes; `place` names it in errors.
    static func read(_ file: JSONValue, place: String) throws(MartletError) -> Tokenizer {
        guard file.object != nil else {
            throw MartletError(.malformed, "a tokenizer is a JSON object", at: place)
        }
        return try TokenizerFileReader(file: file, place: place).tokenizer()
    }
}

/// Reads the parts of a `tokenizer.json`; those that it does not know are refused by name.
struct TokenizerFileReader {
    let file: JSONValue
    let place: String

    func tokenizer() throws(MartletError) -> Tokenizer {
        let parts = try parts()
        switch try modelType(parts.model) {
        case "BPE": return try bytePairs(parts)
        case "WordPiece": return try wordPieces(parts)
        case "WordLevel": return try words(parts)
        case "Unigram": return try unigram(parts)
        case "SentencePiece": return try sentencePieces(parts)
        case let type: throw error(.unsupported, "the model type \(quoted(type.utf8))")
        }
    }

    /// Reads what there is beside the vocabulary.
    func parts() throws(MartletError) -> Parts {
        if let version = file["version"], version.string != "1.0" {
            throw error(.unsupported, "the version \(quoted(version.text().utf8)), not '1.0'")
        }
        guard let model = file["model"], model.object != nil else {
            throw error(.malformed, "the model is missing")
        }
        var parts = Parts()
        parts.normalizer = try normalizer(file["normalizer"] ?? .null)
        parts.preTokenizers = try preTokenizer(file["pre_tokenizer"] ?? .null)?.steps ?? []
        parts.decoder = try decoder(file["decoder"] ?? .null)
        parts.model = model
        return parts
    }

    /// What has been read before the model.
    struct Parts {
        var normalizer: Normalizer?
        var preTokenizers: [PreTokenizer] = []
        var decoder: TokenDecoder?
        var model = JSONValue.null

        /// Whether text is spelled in the byte alphabet on its way to the model.
        var spellsBytes: Bool {
            (normalizer?.spellsBytes ?? false)
                || preTokenizers.contains { if case .byteLevel = $0 { true } else { false } }
        }

        /// Whether the tokens are spelled in it.
        var tokensSpellBytes: Bool {
            if case .byteLevel = decoder { true } else { spellsBytes }
        }
    }

    /// Files of 2020 do not say what their model is; the reference then tries one after the other.
    private func modelType(_ model: JSONValue) throws(MartletError) -> String {
        if let type = model["type"] {
            guard let name = type.string else {
                throw error(.malformed, "the model type \(quoted(type.text().utf8))")
            }
            return name
        }
        if model["merges"] != nil { return "BPE" }
        if model["vocab"]?.array != nil { return "Unigram" }
        if model["max_input_chars_per_word"] != nil { return "WordPiece" }
        if model["unk_token"]?.string != nil { return "WordLevel" }
        throw error(.unsupported, "a model without a type")
    }

    // MARK: - Models

    private func bytePairs(_ parts: Parts) throws(MartletError) -> Tokenizer {
        let model = parts.model
        if let dropout = model["dropout"], !dropout.isNull, dropout.double != 0 {
            throw error(.unsupported, "the BPE option dropout")
        }
        var options = SymbolPairEncoder.Options()
        options.fusesUnknown = try flag(model, "fuse_unk") ?? false
        options.usesByteTokens = try flag(model, "byte_fallback") ?? false
        options.ignoresMerges = try flag(model, "ignore_merges") ?? false
        options.continuingPrefix = Array((model["continuing_subword_prefix"]?.string ?? "").utf8)
        options.endOfWordSuffix = Array((model["end_of_word_suffix"]?.string ?? "").utf8)
        var contents = FileVocabulary(place: place, count: model["vocab"]?.object?.count ?? 0)
        contents.continuingPrefix = options.continuingPrefix
        try contents.addTokens(model["vocab"], inByteAlphabet: parts.tokensSpellBytes)
        try contents.addMerges(model["merges"])
        if let unknown = model["unk_token"]?.string {
            options.unknown = contents.id(of: unknown)
        }
        try contents.addAddedTokens(
            file["added_tokens"], inByteAlphabet: parts.tokensSpellBytes)
        let pipeline = try pipeline(parts, contents)
        let isPlain =
            options.continuingPrefix.isEmpty && options.endOfWordSuffix.isEmpty
            && !options.usesByteTokens && parts.spellsBytes
        if isPlain, contents.mergesBytes, options.unknown == nil || contents.hasAllBytes {
            return contents.bytePairTokenizer(
                cutting: Self.cutting(parts), ignoresMerges: options.ignoresMerges,
                pipeline: pipeline)
        }
        let encoder = SymbolPairEncoder(
            spellings: contents.spellingTable, rules: contents.rules, options: options)
        return contents.tokenizer(.symbolPairs(encoder), pipeline)
    }

    /// How text is cut for byte pairs: without spelling it out where that makes no difference.
    static func cutting(
        _ parts: Parts
    ) -> (cutting: BytePairEncoder.Cutting, addsSpace: Bool) {
        let steps = parts.preTokenizers
        guard !(parts.normalizer?.spellsBytes ?? false),
            case .byteLevel(let addsSpace, let cuts) = steps.last,
            steps.dropLast().allSatisfy(\.keepsBytes), !addsSpace || steps.count == 1
        else { return (.spelled(steps), false) }
        let raw = steps.dropLast() + (cuts ? [.split(.scanner(.gpt2), .isolated)] : [])
        if raw.isEmpty { return (.none, addsSpace) }
        if raw.count == 1, case .split(let matcher, let behavior) = raw[0] {
            switch (matcher, behavior) {
            case (.scanner(let scanner), .isolated): return (.scanner(scanner), addsSpace)
            case (.inverted(.scanner(let scanner)), .removed) where scanner.coversText,
                (.inverted(.scanner(let scanner)), .isolated):
                return (.scanner(scanner), addsSpace)
            default: break
            }
        }
        return (.steps(Array(raw)), addsSpace)
    }

    private func wordPieces(_ parts: Parts) throws(MartletError) -> Tokenizer {
        let model = parts.model
        var contents = FileVocabulary(place: place, count: model["vocab"]?.object?.count ?? 0)
        try contents.addTokens(model["vocab"], inByteAlphabet: parts.tokensSpellBytes)
        let unknown = model["unk_token"]?.string ?? "[UNK]"
        let unknownID = contents.id(of: unknown)
        try contents.addAddedTokens(
            file["added_tokens"], inByteAlphabet: parts.tokensSpellBytes)
        let speller = WordPieceSpeller(
            spellings: contents.spellingTable, unknown: unknownID,
            prefix: Array((model["continuing_subword_prefix"]?.string ?? "##").utf8),
            longestWord: model["max_input_chars_per_word"]?.int ?? 100)
        let pipeline = try pipeline(parts, contents)
        if case .bert(let cleaning)? = parts.normalizer, cleaning.cleansText,
            parts.preTokenizers.count == 1,
            case .bert = parts.preTokenizers[0], !contents.hasNormalizedToken
        {
            let encoder = WordPieceEncoder(cleaning: cleaning, speller: speller)
            return contents.tokenizer(.wordPieces(encoder), pipeline)
        }
        return contents.tokenizer(.wordSpeller(speller), pipeline)
    }

    private func words(_ parts: Parts) throws(MartletError) -> Tokenizer {
        let model = parts.model
        var contents = FileVocabulary(place: place, count: model["vocab"]?.object?.count ?? 0)
        try contents.addTokens(model["vocab"], inByteAlphabet: parts.tokensSpellBytes)
        let unknown = contents.id(of: model["unk_token"]?.string ?? "<unk>")
        try contents.addAddedTokens(
            file["added_tokens"], inByteAlphabet: parts.tokensSpellBytes)
        let pipeline = try pipeline(parts, contents)
        let split = file["pre_tokenizer"] ?? .null
        if unknown == nil, parts.normalizer == nil, case .fuse? = parts.decoder,
            split["type"]?.string == "Split",
            [TokenizerFile.anyScalar, ["String": ""]].contains(split["pattern"] ?? .null),
            split["behavior"]?.string == "Isolated", split["invert"]?.bool != true,
            let encoder = contents.characterEncoder()
        {
            return contents.tokenizer(.characters(encoder), pipeline)
        }
        let encoder = WordEncoder(spellings: contents.spellingTable, unknown: unknown)
        return contents.tokenizer(.words(encoder), pipeline)
    }

    private func unigram(_ parts: Parts) throws(MartletError) -> Tokenizer {
        let model = parts.model
        var contents = FileVocabulary(place: place, count: model["vocab"]?.array?.count ?? 0)
        let scores = try contents.addScoredTokens(
            model["vocab"], inByteAlphabet: parts.tokensSpellBytes)
        var unknown: Int32?
        if let value = model["unk_id"], !value.isNull {
            guard let id = value.int, scores.indices.contains(id) else {
                throw error(
                    .invalidValue,
                    "the unk_id \(quoted(value.text().utf8)) of \(scores.count) tokens")
            }
            unknown = Int32(id)
        }
        try contents.addAddedTokens(
            file["added_tokens"], inByteAlphabet: parts.tokensSpellBytes)
        let encoder = UnigramEncoder(
            spellings: contents.spellingTable, scores: scores, unknown: unknown,
            usesByteTokens: try flag(model, "byte_fallback") ?? false)
        return contents.tokenizer(.unigram(encoder), try pipeline(parts, contents))
    }

    // MARK: - What surrounds them

    func pipeline(
        _ parts: Parts, _ contents: FileVocabulary
    ) throws(MartletError) -> Pipeline {
        var header = file.object ?? JSONObject()
        var model = parts.model.object ?? JSONObject()
        model["vocab"] = .null
        if model["merges"] != nil { model["merges"] = .null }
        header["model"] = .object(model)
        header["added_tokens"] = []
        return Pipeline(
            normalizer: parts.normalizer, preTokenizers: parts.preTokenizers,
            postProcessor: try postProcessor(
                file["post_processor"] ?? .null, vocabularySize: contents.size),
            decoder: parts.decoder, truncation: try truncation(file["truncation"] ?? .null),
            padding: try padding(file["padding"] ?? .null, vocabularySize: contents.size),
            spellsBytes: parts.tokensSpellBytes, file: header)
    }

    private func truncation(_ value: JSONValue) throws(MartletError) -> Truncation? {
        if value.isNull { return nil }
        guard let limit = value["max_length"]?.int, limit >= 0 else {
            throw error(.malformed, "the truncation has no max_length")
        }
        var truncation = Truncation(to: limit)
        truncation.stride = value["stride"]?.int ?? 0
        guard truncation.stride >= 0, truncation.stride < max(limit, 1) else {
            throw error(
                .invalidValue, "the truncation's stride \(truncation.stride) with \(limit) tokens")
        }
        truncation.isLeft = try choice(value, "direction", ["Right", "Left"]) == 1
        let names = ["LongestFirst", "OnlyFirst", "OnlySecond"]
        let strategy = try choice(value, "strategy", names)
        truncation.strategy = Truncation.Strategy(rawValue: names[strategy]) ?? .longestFirst
        return truncation
    }

    private func padding(
        _ value: JSONValue, vocabularySize: Int
    ) throws(MartletError) -> Padding? {
        if value.isNull { return nil }
        guard let id = value["pad_id"]?.int, id >= 0, id < Vocabulary.idLimit else {
            throw error(.malformed, "the padding has no pad_id")
        }
        var padding = Padding(id: Int32(id), token: value["pad_token"]?.string ?? "[PAD]")
        padding.typeID = value["pad_type_id"]?.int ?? 0
        padding.isLeft = try choice(value, "direction", ["Right", "Left"]) == 1
        let limit = 1 << 17
        func bounded(_ value: JSONValue, _ name: String) throws(MartletError) -> Int {
            guard let number = value.int, number >= 0, number <= limit else {
                throw error(
                    .invalidValue, "the padding's \(name) \(quoted(value.text().utf8))")
            }
            return number
        }
        if let multiple = value["pad_to_multiple_of"], !multiple.isNull {
            padding.multiple = try bounded(multiple, "pad_to_multiple_of")
        }
        switch value["strategy"] {
        case nil, .string("BatchLongest")?: break
        case let strategy?:
            guard let fixed = strategy["Fixed"] else {
                throw error(
                    .unsupported, "the padding strategy \(quoted(strategy.text().utf8))")
            }
            padding.length = try bounded(fixed, "length")
        }
        return padding
    }

    /// Which of `names` the member `key` is; the first one if it is missing.
    private func choice(
        _ value: JSONValue, _ key: String, _ names: [String]
    ) throws(MartletError) -> Int {
        guard let member = value[key], !member.isNull else { return 0 }
        guard let index = names.firstIndex(where: { $0 == member.string }) else {
            throw error(
                .unsupported,
                "the \(key) \(quoted(member.text().utf8)) (supported: \(names.joined(separator: ", ")))"
            )
        }
        return index
    }

    // MARK: - Members

    /// The truth value `key`; an error if it is something else.
    func flag(_ value: JSONValue, _ key: String) throws(MartletError) -> Bool? {
        guard let member = value[key], !member.isNull else { return nil }
        guard let flag = member.bool else {
            throw error(.malformed, "\(key) is \(quoted(member.text().utf8)), not true or false")
        }
        return flag
    }

    func error(_ code: MartletError.Code, _ message: String) -> MartletError {
        MartletError(code, message, at: place)
    }
}

extension Normalizer {
    /// Whether text is spelled in the byte alphabet after this.
    var spellsBytes: Bool {
        switch self {
        case .byteLevel: true
        case .sequence(let steps): steps.contains(where: \.spellsBytes)
        default: false
        }
    }
}

extension PreTokenizer {
    /// Whether the text stays as it is, and is only cut.
    var keepsBytes: Bool {
        switch self {
        case .sequence(let steps): steps.allSatisfy(\.keepsBytes)
        case .byteLevel, .metaspace: false
        case .split, .bert, .whitespace, .unicodeScripts, .fixedLength: true
        }
    }
}
