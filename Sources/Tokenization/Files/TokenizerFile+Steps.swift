import ByteIO

/// The steps before and after the model.
extension TokenizerFileReader {
    /// The type of a step; an error if it has none.
    private func type(_ step: JSONValue, _ part: String) throws(MartletError) -> String {
        guard let type = step["type"]?.string else {
            throw error(.unsupported, "the \(part) \(quoted(step.text().utf8)) without a type")
        }
        return type
    }

    private func unknown(_ type: String, _ part: String) -> MartletError {
        error(.unsupported, "the \(part) \(quoted(type.utf8))")
    }

    private func steps(
        _ value: JSONValue, _ key: String, _ depth: Int
    ) throws(MartletError) -> [JSONValue] {
        guard depth < 16 else { throw error(.unsupported, "\(key) nested more than 16 deep") }
        guard let steps = value[key]?.array else {
            throw error(.malformed, "a Sequence has no \(key)")
        }
        return steps
    }

    private func text(_ value: JSONValue, _ key: String) throws(MartletError) -> String {
        guard let text = value[key]?.string else {
            throw error(.malformed, "\(try type(value, "step")) has no \(key)")
        }
        return text
    }

    private func scalar(_ value: JSONValue, _ key: String) throws(MartletError) -> UInt32 {
        let scalars = try text(value, key).unicodeScalars
        guard let scalar = scalars.first, scalars.count == 1 else {
            throw error(.malformed, "the \(key) of \(try type(value, "step")) is not one character")
        }
        return scalar.value
    }

    private func count(_ value: JSONValue, _ key: String) throws(MartletError) -> Int {
        guard let count = value[key]?.int, count >= 0 else {
            throw error(.malformed, "the \(key) of \(try type(value, "step")) is not a count")
        }
        return count
    }

    private func matcher(_ value: JSONValue) throws(MartletError) -> Matcher {
        let pattern = value["pattern"] ?? .null
        if let literal = pattern["String"]?.string {
            guard literal.utf8.count <= 4096 else {
                throw error(.unsupported, "a pattern of \(literal.utf8.count) bytes")
            }
            if !literal.isEmpty { return .literal(Array(literal.utf8)) }
            return try matcher(["pattern": ["Regex": ""]])
        }
        guard let regex = pattern["Regex"]?.string else {
            throw error(.malformed, "the pattern \(quoted(pattern.text().utf8))")
        }
        do throws(RegexSyntaxFailure) {
            return try Matcher.pattern(regex, .oniguruma)
        } catch {
            throw self.error(
                .unsupported,
                "the pattern \(quoted(regex.utf8)), at character \(error.offset): \(error.message)")
        }
    }

    // MARK: - Normalizers

    func normalizer(_ value: JSONValue, depth: Int = 0) throws(MartletError) -> Normalizer? {
        if value.isNull { return nil }
        switch try type(value, "normalizer") {
        case "Sequence":
            var all: [Normalizer] = []
            for step in try steps(value, "normalizers", depth) {
                let step = try normalizer(step, depth: depth + 1)
                if case .sequence(let steps)? = step {
                    all += steps
                } else if let step {
                    all.append(step)
                }
            }
            return .sequence(all)
        case "BertNormalizer":
            var cleaning = WordPieceEncoder.Cleaning()
            cleaning.cleansText = try flag(value, "clean_text") ?? true
            cleaning.separatesChinese = try flag(value, "handle_chinese_chars") ?? true
            cleaning.lowercases = try flag(value, "lowercase") ?? true
            cleaning.stripsAccents = try flag(value, "strip_accents") ?? cleaning.lowercases
            return .bert(cleaning)
        case "NFC": return .form(.canonicalComposition)
        case "NFD": return .form(.canonicalDecomposition)
        case "NFKC": return .form(.compatibilityComposition)
        case "NFKD": return .form(.compatibilityDecomposition)
        case "Lowercase": return .lowercase
        case "Strip":
            return .strip(
                left: try flag(value, "strip_left") ?? true,
                right: try flag(value, "strip_right") ?? true)
        case "StripAccents": return .stripAccents
        case "Replace":
            return .replace(try matcher(value), by: Array(try text(value, "content").utf8))
        case "Prepend": return .prepend(Array(try text(value, "prepend").utf8))
        case "Nmt": return .nmt
        case "Precompiled": return .charsMap(try charsMap(value))
        case "ByteLevel": return .byteLevel
        case let type: throw unknown(type, "normalizer")
        }
    }

    func charsMap(_ value: JSONValue) throws(MartletError) -> CharsMap {
        guard let text = value["precompiled_charsmap"]?.string, let blob = Base64.decode(text)
        else {
            throw error(.malformed, "the precompiled_charsmap is not base64")
        }
        do throws(CharsMapFailure) {
            return try CharsMap(blob)
        } catch {
            throw self.error(.malformed, "the precompiled_charsmap \(error.message)")
        }
    }

    // MARK: - Pre-tokenizers

    func preTokenizer(_ value: JSONValue, depth: Int = 0) throws(MartletError) -> PreTokenizer? {
        if value.isNull { return nil }
        switch try type(value, "pre_tokenizer") {
        case "Sequence":
            var all: [PreTokenizer] = []
            for step in try steps(value, "pretokenizers", depth) {
                if let step = try preTokenizer(step, depth: depth + 1) { all.append(step) }
            }
            return .sequence(all)
        case "ByteLevel":
            return .byteLevel(
                addsSpace: try flag(value, "add_prefix_space") ?? true,
                cuts: try flag(value, "use_regex") ?? true)
        case "Split":
            let found = try matcher(value)
            let isInverted = try flag(value, "invert") ?? false
            return .split(isInverted ? .inverted(found) : found, try behavior(value))
        case "Metaspace":
            let (replacement, scheme) = try metaspace(value)
            return .metaspace(
                replacement: replacement, scheme, cuts: try flag(value, "split") ?? true)
        case "Whitespace": return .whitespace
        case "WhitespaceSplit": return .split(.scalars(.whiteSpace), .removed)
        case "BertPreTokenizer": return .bert
        case "Punctuation": return .split(.scalars(.punctuation), try behavior(value))
        case "Digits":
            let isAlone = try flag(value, "individual_digits") ?? false
            return .split(.scalars(.numeric), isAlone ? .isolated : .contiguous)
        case "CharDelimiterSplit":
            return .split(.scalars(.equal(try scalar(value, "delimiter"))), .removed)
        case "UnicodeScripts": return .unicodeScripts
        case "FixedLength":
            let length = value["length"] == nil ? 5 : try count(value, "length")
            guard length > 0 else { throw error(.invalidValue, "FixedLength of 0 characters") }
            return .fixedLength(length)
        case let type: throw unknown(type, "pre_tokenizer")
        }
    }

    private func behavior(_ value: JSONValue) throws(MartletError) -> CutBehavior {
        guard let name = value["behavior"] else { return .isolated }
        guard let behavior = name.string.flatMap(CutBehavior.init) else {
            throw error(.unsupported, "the behavior \(quoted(name.text().utf8))")
        }
        return behavior
    }

    private func metaspace(
        _ value: JSONValue
    ) throws(MartletError) -> (UInt32, PreTokenizer.PrependScheme) {
        let replacement = value["replacement"] == nil ? 0x2581 : try scalar(value, "replacement")
        var scheme = PreTokenizer.PrependScheme.always
        if let name = value["prepend_scheme"], !name.isNull {
            guard let known = name.string.flatMap(PreTokenizer.PrependScheme.init) else {
                throw error(.unsupported, "the prepend_scheme \(quoted(name.text().utf8))")
            }
            scheme = known
        }
        if try flag(value, "add_prefix_space") == false {
            guard value["prepend_scheme"] == nil || scheme == .never else {
                throw error(.invalidValue, "add_prefix_space false with another prepend_scheme")
            }
            scheme = .never
        }
        return (replacement, scheme)
    }

    // MARK: - Post-processors

    func postProcessor(
        _ value: JSONValue, vocabularySize: Int, depth: Int = 0
    ) throws(MartletError) -> PostProcessor? {
        if value.isNull { return nil }
        func id(_ value: JSONValue?) throws(MartletError) -> Tokenizer.ID {
            guard let id = value?.int, id >= 0, id < vocabularySize else {
                throw error(.invalidValue, "the post_processor adds a token that is not there")
            }
            return Tokenizer.ID(id)
        }
        switch try type(value, "post_processor") {
        case "Sequence":
            var all: [PostProcessor] = []
            for step in try steps(value, "processors", depth) {
                let step = try postProcessor(
                    step, vocabularySize: vocabularySize, depth: depth + 1)
                if let step { all.append(step) }
            }
            let sequence = PostProcessor.sequence(all)
            guard sequence.triplingCount <= 4 else {
                throw error(.unsupported, "more than 4 RobertaProcessing one after the other")
            }
            return sequence
        case "ByteLevel":
            return .byteLevel(
                trims: try flag(value, "trim_offsets") ?? true,
                addsSpace: try flag(value, "add_prefix_space") ?? true)
        case "BertProcessing":
            return .bert(
                start: try id(value["cls"]?.array?.last), end: try id(value["sep"]?.array?.last))
        case "RobertaProcessing":
            return .roberta(
                start: try id(value["cls"]?.array?.last), end: try id(value["sep"]?.array?.last),
                trims: try flag(value, "trim_offsets") ?? true,
                addsSpace: try flag(value, "add_prefix_space") ?? true)
        case "TemplateProcessing":
            let single = try template(value, "single", id)
            let pair = try template(value, "pair", id)
            func uses(_ parts: [PostProcessor.Template.Part], second: Bool) -> Bool {
                parts.contains {
                    if case .text(second, _) = $0 { true } else { false }
                }
            }
            guard uses(single, second: false), !uses(single, second: true) else {
                throw error(.malformed, "the post_processor leaves out the text")
            }
            guard pair.isEmpty || uses(pair, second: false) && uses(pair, second: true) else {
                throw error(.malformed, "the post_processor leaves out a text of a pair")
            }
            return .template(PostProcessor.Template(single: single, pair: pair))
        case let type: throw unknown(type, "post_processor")
        }
    }

    private func template(
        _ value: JSONValue, _ key: String,
        _ id: (JSONValue?) throws(MartletError) -> Tokenizer.ID
    ) throws(MartletError) -> [PostProcessor.Template.Part] {
        var parts: [PostProcessor.Template.Part] = []
        let limit = 1024
        var count = 0
        for part in value[key]?.array ?? [] {
            guard parts.count < limit, count <= limit else {
                throw error(.unsupported, "a post_processor that puts in more than \(limit) tokens")
            }
            if let text = part["Sequence"], let name = text["id"]?.string,
                ["A", "B"].contains(name)
            {
                parts.append(.text(isSecond: name == "B", typeID: text["type_id"]?.int ?? 0))
                continue
            }
            guard let token = part["SpecialToken"], let name = token["id"]?.string else {
                throw error(
                    .unsupported, "the post_processor's part \(quoted(part.text().utf8))")
            }
            guard let known = value["special_tokens"]?[name]?["ids"]?.array else {
                throw error(
                    .malformed, "the post_processor does not say what \(quoted(name.utf8)) is")
            }
            var ids: [Tokenizer.ID] = []
            for value in known.prefix(limit + 1) { ids.append(try id(value)) }
            count += ids.count
            parts.append(.tokens(ids, typeID: token["type_id"]?.int ?? 0))
        }
        return parts
    }

    // MARK: - Decoders

    func decoder(_ value: JSONValue, depth: Int = 0) throws(MartletError) -> TokenDecoder? {
        if value.isNull { return nil }
        func bytes(_ key: String, _ standard: String) -> [UInt8] {
            Array((value[key]?.string ?? standard).utf8)
        }
        switch try type(value, "decoder") {
        case "Sequence":
            var all: [TokenDecoder] = []
            for step in try steps(value, "decoders", depth) {
                let step = try decoder(step, depth: depth + 1)
                if case .sequence(let steps)? = step {
                    all += steps
                } else if let step {
                    all.append(step)
                }
            }
            return .sequence(all)
        case "ByteLevel": return .byteLevel
        case "WordPiece":
            return .wordPiece(
                prefix: bytes("prefix", "##"), tidies: try flag(value, "cleanup") ?? true)
        case "Metaspace":
            let (replacement, scheme) = try metaspace(value)
            return .metaspace(replacement: replacement, dropsFirst: scheme != .never)
        case "BPEDecoder": return .bpe(suffix: bytes("suffix", "</w>"))
        case "ByteFallback": return .byteFallback
        case "Fuse": return .fuse
        case "Strip":
            return .strip(
                content: try scalar(value, "content"), start: try count(value, "start"),
                stop: try count(value, "stop"))
        case "Replace":
            return .replace(try matcher(value), by: Array(try text(value, "content").utf8))
        case "CTC":
            return .ctc(
                padding: bytes("pad_token", "<pad>"),
                delimiter: bytes("word_delimiter_token", "|"),
                tidies: try flag(value, "cleanup") ?? true)
        case let type: throw unknown(type, "decoder")
        }
    }
}

/// Base64 (RFC 4648), which files hold bytes in.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// `bytes` as text.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var result: [UInt8] = []
        var (bits, count): (UInt32, UInt32) = (0, 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                result.append(alphabet[Int(bits >> count & 0x3F)])
            }
            bits &= (1 << count) - 1
        }
        if count > 0 { result.append(alphabet[Int(bits << (6 - count) & 0x3F)]) }
        while result.count % 4 != 0 { result.append(UInt8(ascii: "=")) }
        return String(decoding: result, as: UTF8.self)
    }

    /// The bytes that `text` stands for; nil if it is not base64. Its padding may be missing.
    static func decode(_ text: String) -> [UInt8]? {
        decode(Array(text.utf8))
    }

    /// The bytes that `text` stands for; nil if it is not base64.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var (bits, count): (UInt32, UInt32) = (0, 0)
        var hasEnded = false
        for letter in text {
            if letter == UInt8(ascii: "=") {
                hasEnded = true
                continue
            }
            let value = values[Int(letter)]
            guard value < 64, !hasEnded else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return count == 6 ? nil : result
    }
}
