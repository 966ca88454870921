import ByteIO

extension TokenizerFileReader {
    /// Reads a model of Martlet's own type "SentencePiece", which holds what a SentencePiece file does where no other type
    /// says it exactly: how text is normalized, what each piece is for, and how it is decoded.
    func sentencePieces(_ parts: Parts) throws(MartletError) -> Tokenizer {
        guard parts.normalizer == nil, parts.preTokenizers.isEmpty, parts.decoder == nil else {
            throw error(
                .unsupported,
                "a SentencePiece model with a normalizer, pre_tokenizer or decoder beside its own")
        }
        var parts = parts
        let model = parts.model
        var contents = FileVocabulary(place: place, count: model["vocab"]?.array?.count ?? 0)
        let scores = try contents.addScoredTokens(model["vocab"], inByteAlphabet: false)
        guard scores.allSatisfy({ Float($0).isFinite }) else {
            throw error(.invalidValue, "a score of the model is beyond single precision")
        }
        guard contents.spellingTable.count == scores.count else {
            throw error(.invalidValue, "two pieces of the model are spelled alike")
        }
        let usesByteTokens = try flag(model, "byte_fallback") ?? false
        let kinds = try kinds(model, count: scores.count, usesByteTokens: usesByteTokens)
        guard let unknown = kinds.firstIndex(of: .unknown) else {
            throw error(.malformed, "the model has no unk_id")
        }
        try contents.addAddedTokens(file["added_tokens"], inByteAlphabet: false)
        let table = contents.spellingTable
        if usesByteTokens, table.byteTokens().contains(where: { $0 < 0 || kinds[Int($0)] != .byte })
        {
            throw error(.invalidValue, "the model spells bytes, but has no piece for some")
        }
        let normalizer = try sentencePieceNormalizer(model, table, kinds)
        parts.normalizer = .sentencePiece(normalizer)
        var pipeline = try pipeline(parts, contents)
        pipeline.pieceDecoder = SentencePieceDecoder(
            table, kinds,
            unknownSurface: Array((model["unk_surface"]?.string ?? " \u{2047} ").utf8),
            normalizer)
        if try algorithm(model) == "Unigram" {
            let encoder = UnigramEncoder(
                spellings: table, scores: scores.map { Double(Float($0)) }, kinds: kinds,
                unknown: Int32(unknown), usesByteTokens: usesByteTokens)
            return contents.tokenizer(.unigram(encoder), pipeline)
        }
        guard
            let encoder = SentencePieceEncoder(
                spellings: table, scores: scores.map { Float($0) }, kinds: kinds,
                unknown: Int32(unknown), usesByteTokens: usesByteTokens)
        else {
            throw error(
                .unsupported,
                "a piece longer than \(SpellingTable.longestSplit) bytes among byte pairs")
        }
        return contents.tokenizer(.sentencePieces(encoder), pipeline)
    }

    private func algorithm(_ model: JSONValue) throws(MartletError) -> String {
        guard let name = model["algorithm"]?.string, ["Unigram", "BPE"].contains(name) else {
            throw error(
                .unsupported,
                "the algorithm \(quoted((model["algorithm"]?.text() ?? "null").utf8)), not Unigram or BPE"
            )
        }
        return name
    }

    /// What each piece is for: an ordinary one unless it is listed.
    private func kinds(
        _ model: JSONValue, count: Int, usesByteTokens: Bool
    ) throws(MartletError) -> [PieceKind] {
        var kinds = [PieceKind](repeating: .normal, count: count)
        func set(_ value: JSONValue?, _ kind: PieceKind, _ name: String) throws(MartletError) {
            guard let id = value?.int, kinds.indices.contains(id), kinds[id] == .normal else {
                throw error(
                    .invalidValue,
                    "\(name) has \(quoted((value?.text() ?? "null").utf8)), which is no piece or listed twice"
                )
            }
            kinds[id] = kind
        }
        try set(model["unk_id"], .unknown, "unk_id")
        for (kind, name) in PieceKind.listed {
            guard let ids = model[name], !ids.isNull else { continue }
            guard let ids = ids.array else { throw error(.malformed, "\(name) is no array") }
            if kind == .byte, !ids.isEmpty, !usesByteTokens {
                throw error(.invalidValue, "there are pieces for bytes, but byte_fallback is off")
            }
            for id in ids { try set(id, kind, name) }
        }
        return kinds
    }

    private func sentencePieceNormalizer(
        _ model: JSONValue, _ table: SpellingTable, _ kinds: [PieceKind]
    ) throws(MartletError) -> SentencePieceNormalizer {
        var normalizer = SentencePieceNormalizer()
        normalizer.addsPrefix = try flag(model, "add_dummy_prefix") ?? true
        normalizer.removesExtraSpaces = try flag(model, "remove_extra_whitespaces") ?? true
        normalizer.escapesSpaces = try flag(model, "escape_whitespaces") ?? true
        normalizer.suffixesSpace = try flag(model, "treat_whitespace_as_suffix") ?? false
        if let map = model["precompiled_charsmap"], !map.isNull {
            normalizer.map = try charsMap(model)
        }
        for number in 0..<table.count {
            let (spelling, id) = table[number]
            if kinds[Int(id)] == .userDefined, !spelling.isEmpty {
                normalizer.userDefined.insert(spelling, id)
            }
        }
        return normalizer
    }
}
