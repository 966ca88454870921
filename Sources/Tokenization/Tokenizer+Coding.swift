import ByteIO

extension Tokenizer {
    /// The ids of `text`.
    ///
    /// - Parameter parseSpecial: Whether the names of special tokens in the text become those
    ///   tokens. By default they are text like any other, so that nobody can smuggle in a control
    ///   token; tokens that were added as ordinary words are always matched.
    /// - Throws: `MartletError` if a scalar (or byte) of the text has no token.
    public func encode(
        _ text: String, parseSpecial: Bool = false
    ) throws(MartletError) -> [ID] {
        try withUTF8(text) { encoded($0, parseSpecial: parseSpecial) }.get(at: nil)
    }

    /// The ids of `text` as a model reads it as a whole: with the tokens its tokenizer puts around a
    /// text, such as `[CLS]` and `[SEP]`, and at most `limit` in all.
    public func encodeWhole(
        _ text: String, parseSpecial: Bool = false, limit: Int = .max
    ) throws(MartletError) -> [ID] {
        let ids = try encode(text, parseSpecial: parseSpecial)
        return before + ids.prefix(max(0, limit - before.count - after.count)) + after
    }

    /// The ids of text in UTF-8. Tokenizers of bytes and byte pairs take any bytes, and
    /// `bytes(of:)` of the ids gives them back.
    ///
    /// - Parameters:
    ///   - parseSpecial: As in `encode(_:parseSpecial:)` for strings.
    ///   - place: Where the text comes from, for the error.
    /// - Throws: `MartletError` if a scalar (or byte) of the text has no token.
    public func encode(
        _ bytes: UnsafeRawBufferPointer, parseSpecial: Bool = false, place: String? = nil
    ) throws(MartletError) -> [ID] {
        let text = bytes.bindMemory(to: UInt8.self)
        return try encoded(text, parseSpecial: parseSpecial).get(at: place)
    }

    /// The ids of text in UTF-8, each with the range of bytes it stands for. The ranges cover the
    /// text in order; tokens of a tokenizer of byte pairs can end within a scalar, and word pieces leave
    /// out what was cleaned away.
    ///
    /// - Parameter parseSpecial: As in `encode(_:parseSpecial:)` for strings.
    /// - Throws: `MartletError` if a scalar (or byte) of the text has no token.
    public func encodeWithOffsets(
        _ bytes: UnsafeRawBufferPointer, parseSpecial: Bool = false
    ) throws(MartletError) -> [(id: ID, range: Range<Int>)] {
        if case .wordPieces = encoder {
            var ranges: [Range<Int>] = []
            let text = bytes.bindMemory(to: UInt8.self)
            let ids = try encoded(text, parseSpecial: parseSpecial) { ranges.append($0) }
                .get(at: nil)
            return Array(zip(ids, ranges))
        }
        var start = 0
        return try encode(bytes, parseSpecial: parseSpecial).map { id in
            let end = start + vocabulary.byteCount(of: Int(id))
            defer { start = end }
            return (id, start..<end)
        }
    }

    /// The text of `ids`. Bytes that do not make valid UTF-8 become U+FFFD.
    ///
    /// - Parameter skipSpecial: Whether to leave out special tokens.
    /// - Throws: `MartletError` if there is no token with an id.
    public func decode(_ ids: [ID], skipSpecial: Bool = false) throws(MartletError) -> String {
        if case .wordPieces(let encoder) = encoder {
            var tokens: [[UInt8]] = []
            for id in ids {
                let token = try checkedBytes(of: id)
                if !skipSpecial || !isSpecial(id) { tokens.append(Array(token)) }
            }
            return encoder.text(of: tokens)
        }
        var bytes: [UInt8] = []
        for id in ids {
            let token = try checkedBytes(of: id)
            if skipSpecial, isSpecial(id) { continue }
            bytes.append(contentsOf: token)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The bytes of the token `id`, or an error that says what is wrong with the id.
    func checkedBytes(of id: ID) throws(MartletError) -> ArraySlice<UInt8> {
        if let bytes = vocabulary.bytes(of: Int(id)) { return bytes }
        if id >= 0, id < vocabularySize {
            throw MartletError(.invalidValue, "the vocabulary has no token with id \(id)")
        }
        throw MartletError(
            .invalidValue, "token id \(id) is not in the vocabulary of \(vocabularySize) tokens")
    }

    private enum Outcome {
        case ids([ID])
        case failure(EncodingFailure)

        func get(at place: String?) throws(MartletError) -> [ID] {
            switch self {
            case .ids(let ids): return ids
            case .failure(let failure):
                throw MartletError(failure.code, failure.message, at: place)
            }
        }
    }

    private func encoded(
        _ text: UnsafeBufferPointer<UInt8>, parseSpecial: Bool,
        ranges: ((Range<Int>) -> Void)? = nil
    ) -> Outcome {
        // English has four to five bytes a token; the buffer grows if that is not enough.
        var output = IDBuffer(capacity: kind == .bpe ? text.count / 4 : text.count)
        for (range, id) in added.segments(of: text, parseSpecial: parseSpecial) {
            if let id {
                output.append(id)
                ranges?(range)
                continue
            }
            let failure =
                switch encoder {
                case .bytePairs(let encoder):
                    encoder.encode(UnsafeBufferPointer(rebasing: text[range]), into: &output)
                case .characters(let encoder):
                    encoder.encode(UnsafeBufferPointer(rebasing: text[range]), into: &output)
                case .wordPieces(let encoder):
                    encoder.encode(
                        UnsafeBufferPointer(rebasing: text[range]), into: &output,
                        ranges: ranges.map { tell in
                            { part in
                                tell(
                                    part.lowerBound + range.lowerBound..<part.upperBound
                                        + range.lowerBound)
                            }
                        })
                }
            if let failure { return .failure(failure.shifted(by: range.lowerBound)) }
        }
        return .ids(output.array())
    }
}

extension EncodingFailure {
    fileprivate var code: MartletError.Code {
        if case .tooLong = self { .unsupported } else { .invalidValue }
    }

    fileprivate var message: String {
        switch self {
        case .byte(let byte, let offset):
            "the tokenizer has no token for the byte 0x\(hex(byte, 2)) at byte offset \(offset)"
        case .scalar(let value, let offset):
            "the tokenizer has no token for the character \(describe(value)) "
                + "at byte offset \(offset)"
        case .invalidUTF8(let offset):
            "the text is not UTF-8 at byte offset \(offset)"
        case .tooLong(let offset):
            "the word at byte offset \(offset) is longer than 2 GiB"
        }
    }

    private func hex(_ value: some BinaryInteger, _ digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// A scalar by number and, unless it is a control character or a mark, as itself.
    private func describe(_ value: UInt32) -> String {
        let number = "U+\(hex(value, 4))"
        guard let scalar = Unicode.Scalar(value) else { return number }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator, .nonspacingMark, .enclosingMark, .spacingMark:
            return number
        default:
            return "\(number) '\(scalar)'"
        }
    }
}
