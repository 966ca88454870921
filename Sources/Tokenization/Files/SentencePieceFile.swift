import ByteIO

/// SentencePiece's `.model`: a protocol buffer, `ModelProto` in sentencepiece_model.proto, with the pieces and how text is
/// normalized.
enum SentencePieceFile {
    /// Reads the model `bytes` of the file at `path`.
    ///
    /// - Parameter options: The `tokenizer_config.json` beside it, which says what a text stands between; null if there
    ///   is none.
    static func read(
        _ bytes: [UInt8], path: String, options: JSONValue
    ) throws(MartletError) -> Tokenizer {
        var model = Model()
        do throws(ProtobufFailure) {
            try model.read(bytes[...])
        } catch {
            throw MartletError(
                .malformed,
                "is no SentencePiece model: byte offset \(error.offset) \(error.problem)",
                at: path)
        }
        let surroundings = try Surroundings(options, model, place: path)
        return try TokenizerFile.read(try model.file(surroundings, place: path), place: path)
    }

    /// What a message holds, with SentencePiece's defaults for what is not in it.
    struct Model {
        var pieces: [(text: ArraySlice<UInt8>, score: Float, kind: Int)] = []
        private var algorithm = 1
        private var usesByteTokens = false
        private var suffixesSpace = false
        private var unknownSurface = ArraySlice(" \u{2047} ".utf8)
        private var charsMap: ArraySlice<UInt8> = []
        private var denormalizes = false
        private var addsPrefix = true
        private var removesExtraSpaces = true
        private var escapesSpaces = true

        private static var pieceLimit: Int { 1 << 22 }

        init() {}

        mutating func read(_ bytes: ArraySlice<UInt8>) throws(ProtobufFailure) {
            var reader = ProtobufReader(bytes)
            while let (field, value) = try reader.next() {
                guard let bytes = value.bytes else { continue }
                switch field {
                case 1:
                    guard pieces.count < Self.pieceLimit else {
                        throw ProtobufFailure(
                            offset: bytes.startIndex, problem: "has too many pieces before it")
                    }
                    try readPiece(bytes)
                case 2: try readTrainer(bytes)
                case 3: try readNormalizer(bytes)
                case 5:
                    var reader = ProtobufReader(bytes)
                    while let (field, value) = try reader.next() {
                        if field == 2 { denormalizes = value.bytes?.isEmpty == false }
                    }
                default: break
                }
            }
        }

        private mutating func readPiece(_ bytes: ArraySlice<UInt8>) throws(ProtobufFailure) {
            var piece = (text: ArraySlice<UInt8>(), score: Float(0), kind: 1)
            var reader = ProtobufReader(bytes)
            while let (field, value) = try reader.next() {
                switch field {
                case 1: piece.text = value.bytes ?? piece.text
                case 2: piece.score = value.float ?? piece.score
                case 3: piece.kind = value.int ?? piece.kind
                default: break
                }
            }
            pieces.append(piece)
        }

        private mutating func readTrainer(_ bytes: ArraySlice<UInt8>) throws(ProtobufFailure) {
            var reader = ProtobufReader(bytes)
            while let (field, value) = try reader.next() {
                switch field {
                case 3: algorithm = value.int ?? algorithm
                case 24: suffixesSpace = value.bool ?? suffixesSpace
                case 35: usesByteTokens = value.bool ?? usesByteTokens
                case 44: unknownSurface = value.bytes ?? unknownSurface
                default: break
                }
            }
        }

        private mutating func readNormalizer(_ bytes: ArraySlice<UInt8>) throws(ProtobufFailure) {
            var reader = ProtobufReader(bytes)
            while let (field, value) = try reader.next() {
                switch field {
                case 2: charsMap = value.bytes ?? charsMap
                case 3: addsPrefix = value.bool ?? addsPrefix
                case 4: removesExtraSpaces = value.bool ?? removesExtraSpaces
                case 5: escapesSpaces = value.bool ?? escapesSpaces
                default: break
                }
            }
        }

        /// The id of the piece with the text `text`.
        func id(of text: String) -> Int? {
            pieces.firstIndex { $0.text.elementsEqual(text.utf8) }
        }

        /// The model in the form of a `tokenizer.json`, with a model type of its own.
        fileprivate func file(
            _ surroundings: Surroundings, place: String
        ) throws(MartletError) -> JSONValue {
            let algorithms = [1: "Unigram", 2: "BPE", 3: "word", 4: "char"]
            guard let name = algorithms[algorithm], algorithm < 3 else {
                throw MartletError(
                    .unsupported, "a model of kind \(algorithms[algorithm] ?? "\(algorithm)")",
                    at: place)
            }
            if denormalizes {
                throw MartletError(.unsupported, "a model with rules to denormalize", at: place)
            }
            var vocab: [JSONValue] = []
            var ids: [PieceKind: [JSONValue]] = [:]
            var added: [JSONValue] = []
            for (id, piece) in pieces.enumerated() {
                let isText = piece.text.withUnsafeBufferPointer(UTF8Scalars.firstInvalid) == nil
                guard isText, !piece.text.isEmpty, let kind = PieceKind(rawValue: piece.kind),
                    piece.score.isFinite
                else {
                    throw MartletError(
                        .malformed,
                        "piece \(id), \(quoted(piece.text)), is empty or not UTF-8, or has a type or score that is none",
                        at: place)
                }
                let text = String(decoding: piece.text, as: UTF8.self)
                vocab.append([.string(text), .number(JSONNumber(Double(piece.score)))])
                ids[kind, default: []].append(.number(JSONNumber(id)))
                if kind == .control || kind == .unknown {
                    added.append(Surroundings.special(text, id))
                }
            }
            guard let unknown = ids[.unknown], unknown.count == 1 else {
                throw MartletError(
                    .malformed,
                    "a model has one unknown piece, this one \(ids[.unknown]?.count ?? 0)",
                    at: place)
            }
            let extra = surroundings.tokens.filter { $0.id >= pieces.count }
            added += extra.map { Surroundings.special($0.name, $0.id) }
            var model: JSONObject = [
                "type": "SentencePiece", "algorithm": .string(name), "unk_id": unknown[0],
                "unk_surface": .string(String(decoding: unknownSurface, as: UTF8.self)),
                "byte_fallback": .bool(usesByteTokens), "add_dummy_prefix": .bool(addsPrefix),
                "remove_extra_whitespaces": .bool(removesExtraSpaces),
                "escape_whitespaces": .bool(escapesSpaces),
                "treat_whitespace_as_suffix": .bool(suffixesSpace),
                "precompiled_charsmap": charsMap.isEmpty ? .null : .string(Base64.encode(charsMap)),
            ]
            for (kind, name) in PieceKind.listed { model[name] = .array(ids[kind] ?? []) }
            model["vocab"] = .array(vocab)
            return [
                "version": "1.0", "truncation": .null, "padding": .null,
                "added_tokens": .array(added), "normalizer": .null, "pre_tokenizer": .null,
                "post_processor": surroundings.postProcessor, "decoder": .null,
                "model": .object(model),
            ]
        }
    }
}
