import ByteIO

/// Hugging Face's `tokenizer.json`, version 1.0: the parts of it that Martlet reads.
enum TokenizerFile {
    /// The pattern by which tokenizers of characters are cut, every scalar on its own.
    static let anyScalar: JSONValue = ["Regex": "[\\s\\S]"]

    /// Reads the file at `path`.
    static func read(_ path: String) throws(MartletError) -> Tokenizer {
        let file = try JSONValue(parsing: Files.read(path), place: path)
        guard file.object != nil else {
            throw MartletError(.malformed, "a tokenizer is a JSON object", at: path)
        }
        let reader = Reader(file: file, place: path)
        return try reader.tokenizer()
    }

    private struct Reader {
        let file: JSONValue
        let place: String

        func tokenizer() throws(MartletError) -> Tokenizer {
            if let version = file["version"], version.string != "1.0" {
                throw error(.unsupported, "the version \(version.text()), not \"1.0\"")
            }
            guard let model = file["model"], model.object != nil else {
                throw error(.malformed, "the model is missing")
            }
            // Files of 2020 have no type; of the models without one only BPE has merges.
            let type = model["type"].map(name) ?? (model["merges"] == nil ? "null" : "BPE")
            if type == "WordPiece" { return try WordPieceFile.read(file, place: place) }
            try require("normalizer", [nil])
            try requireNothingAdded(by: file["post_processor"] ?? .null)
            switch type {
            case "BPE": return try bytePairs(model)
            case "WordLevel": return try characters(model)
            default: throw error(.unsupported, "the model type \(type)")
            }
        }

        // MARK: - Byte pairs

        private func bytePairs(_ model: JSONValue) throws(MartletError) -> Tokenizer {
            try require("pre_tokenizer", ["ByteLevel"])
            try require("decoder", ["ByteLevel"])
            guard file["pre_tokenizer"]?["add_prefix_space"]?.bool == false else {
                throw error(.unsupported, "pre_tokenizer ByteLevel with add_prefix_space")
            }
            for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
                if let value = model[key], !value.isNull, value.string?.isEmpty != true {
                    throw error(.unsupported, "the BPE option \(key) \(value.text())")
                }
            }
            for key in ["byte_fallback", "ignore_merges"] where model[key]?.bool == true {
                throw error(.unsupported, "the BPE option \(key)")
            }
            if let dropout = model["dropout"], !dropout.isNull, dropout.double != 0 {
                throw error(.unsupported, "the BPE option dropout")
            }
            var contents = FileVocabulary(
                place: place, count: model["vocab"]?.object?.count ?? 0)
            try contents.addTokens(model["vocab"], inByteAlphabet: true)
            try addMerges(model["merges"], to: &contents)
            try contents.addAddedTokens(file["added_tokens"])
            return contents.bytePairTokenizer(
                splits: file["pre_tokenizer"]?["use_regex"]?.bool ?? true)
        }

        private func addMerges(
            _ merges: JSONValue?, to contents: inout FileVocabulary
        ) throws(MartletError) {
            guard let merges = merges?.array else {
                throw error(.malformed, "the merges are missing, or not an array")
            }
            for (number, merge) in merges.enumerated() {
                let result: Result<Void, MartletError>
                switch merge {
                case .string(let rule):
                    result = withUTF8(rule) { rule in
                        Result { () throws(MartletError) in
                            try contents.addMerge(rule, at: "merge \(number)")
                        }
                    }
                case .array(let pair):
                    guard pair.count == 2, let left = pair[0].string, let right = pair[1].string
                    else {
                        throw error(.malformed, "merge \(number) is not a pair of tokens")
                    }
                    result = withUTF8(left) { left in
                        withUTF8(right) { right in
                            Result { () throws(MartletError) in
                                try contents.addMerge(left, right, at: "merge \(number)")
                            }
                        }
                    }
                default:
                    throw error(.malformed, "merge \(number) is not a pair of tokens")
                }
                try result.get()
            }
        }

        // MARK: - Characters

        private func characters(_ model: JSONValue) throws(MartletError) -> Tokenizer {
            try require("pre_tokenizer", ["Split"])
            try require("decoder", ["Fuse"])
            let split = file["pre_tokenizer"]
            let pattern = split?["pattern"] ?? .null
            guard [TokenizerFile.anyScalar, ["String": ""]].contains(pattern),
                split?["behavior"]?.string == "Isolated", split?["invert"]?.bool != true
            else {
                throw error(
                    .unsupported,
                    "pre_tokenizer Split with pattern \(quoted(pattern.text().utf8)): "
                        + "WordLevel is supported only with one token a character")
            }
            var contents = FileVocabulary(
                place: place, count: model["vocab"]?.object?.count ?? 0)
            try contents.addTokens(model["vocab"], inByteAlphabet: false)
            try contents.addAddedTokens(file["added_tokens"])
            return try contents.characterTokenizer(unknown: model["unk_token"]?.string)
        }

        // MARK: - Refusals

        /// Refuses the part `key` of the file unless its type is one of `types` (nil: no such part).
        private func require(_ key: String, _ types: [String?]) throws(MartletError) {
            let part = file[key] ?? .null
            if part.isNull ? types.contains(nil) : types.contains(part["type"]?.string ?? "") {
                return
            }
            let found = part.isNull ? "null" : part["type"].map(name) ?? "without a type"
            let wanted = types.map { $0 ?? "null" }.joined(separator: " or ")
            throw error(.unsupported, "the \(key) \(found) (supported: \(wanted))")
        }

        /// Refuses a post-processor that adds tokens to those of the text.
        private func requireNothingAdded(by processor: JSONValue) throws(MartletError) {
            if processor.isNull { return }
            let type = processor["type"].map(name) ?? "without a type"
            switch type {
            case "ByteLevel":
                break
            case "Sequence":
                guard let parts = processor["processors"]?.array else {
                    throw error(.malformed, "the post_processor Sequence has no processors")
                }
                for part in parts { try requireNothingAdded(by: part) }
            case "TemplateProcessing":
                // transformers writes templates that consist of the text and nothing else.
                let parts = processor["single"]?.array ?? []
                if parts.count == 1, parts[0]["Sequence"]?["id"]?.string == "A" { return }
                let names = parts.compactMap { $0["SpecialToken"]?["id"]?.string }
                throw error(
                    .unsupported,
                    "a post_processor TemplateProcessing that adds "
                        + names.prefix(8).map { quoted($0.utf8) }.joined(separator: ", "))
            default:
                throw error(
                    .unsupported,
                    "the post_processor \(type) (supported: ByteLevel, and TemplateProcessing "
                        + "that adds nothing)")
            }
        }

        /// A value that names a type, for a message.
        private func name(_ value: JSONValue) -> String {
            guard let name = value.string else { return quoted(value.text().utf8) }
            return name.utf8.count <= 48 ? name : quoted(name.utf8)
        }

        private func error(_ code: MartletError.Code, _ message: String) -> MartletError {
            MartletError(code, message, at: place)
        }
    }
}
