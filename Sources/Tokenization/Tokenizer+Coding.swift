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
        try withUTF8(text) { encoded($0, parseSpecial: parseSpecial) }.get(at: nil).ids
    }

    /// The ids of `text` as a model reads it as a whole: with the tokens its tokenizer puts around a
    /// text, such as `[CLS]` and `[SEP]`, and at most `limit` in all.
    public func encodeWhole(
        _ text: String, parseSpecial: Bool = false, limit: Int = .max
    ) throws(MartletError) -> [ID] {
        surrounded(try encode(text, parseSpecial: parseSpecial), limit: limit)
    }

    /// The ids of a text with the tokens around them that a model wants, and at most `limit` in all.
    public func surrounded(_ ids: [ID], limit: Int = .max) -> [ID] {
        guard let processor = pipeline.postProcessor else {
            return Array(ids.prefix(max(0, limit)))
        }
        let ids = ids.prefix(max(0, limit - processor.addedCount(isPair: false)))
        let offsets = [Range<Int>](repeating: 0..<0, count: ids.count)
        return processor.processed(
            [Encoding(ids: Array(ids), offsets: offsets)], adds: true,
            texts: EncodedTexts(texts: []) { _, _ in [] }
        ).flatMap(\.ids)
    }

    /// A text, or a pair, as a model reads it: cut, with the tokens around it and filled up as the tokenizer's file
    /// says.
    ///
    /// - Parameters:
    ///   - pair: The second text of a pair.
    ///   - addsTokens: Whether tokens such as `[CLS]` are put in.
    ///   - parseSpecial: As in `encode(_:parseSpecial:)`.
    /// - Throws: `MartletError` if a scalar (or byte) of the text has no token, or if what is to be cut off is
    ///   more than there is.
    public func encoding(
        of text: String, pair: String? = nil, addsTokens: Bool = true, parseSpecial: Bool = false
    ) throws(MartletError) -> Encoding {
        try encodings(
            of: [(text, pair)], addsTokens: addsTokens, parseSpecial: parseSpecial)[0]
    }

    /// Several texts or pairs, as `encoding(of:)`; where the tokenizer's file fills up to the longest of a batch, all
    /// are equally long.
    public func encodings(
        of texts: [(text: String, pair: String?)], addsTokens: Bool = true,
        parseSpecial: Bool = false
    ) throws(MartletError) -> [Encoding] {
        var result: [Encoding] = []
        for (text, pair) in texts {
            var parts: [Encoding] = []
            for (number, part) in [text, pair].enumerated() {
                guard let part else { continue }
                parts.append(try tracked(part, number, parseSpecial: parseSpecial))
            }
            try truncate(&parts, addsTokens: addsTokens)
            if let processor = pipeline.postProcessor {
                let texts = EncodedTexts(
                    texts: [text, pair].compactMap { $0.map { Array($0.utf8) } }
                ) {
                    added.takesSpace($0) ? Array($1) : spelling(of: Int($0))
                }
                parts = processor.processed(parts, adds: addsTokens, texts: texts)
            }
            var whole = Encoding()
            for (number, part) in parts.enumerated() {
                if number == 0 {
                    whole = part
                    continue
                }
                let pieces = (whole.overflowing.count + 1)
                    .multipliedReportingOverflow(by: part.overflowing.count + 1)
                guard
                    pieces.partialValue == 1
                        || !pieces.overflow
                            && pieces.partialValue
                                <= Self.overflowLimit / max(1, whole.count + part.count)
                else { throw Self.tooMuchOverflow }
                whole.append(part)
            }
            result.append(whole)
        }
        if let padding = pipeline.padding {
            let length = padding.target(longest: result.reduce(0) { max($0, $1.count) })
            let pieces = result.reduce(0) { $0 + $1.overflowing.count }
            guard pieces <= Self.overflowLimit / max(1, length) else { throw Self.tooMuchOverflow }
            for index in result.indices { result[index].pad(to: length, padding) }
        }
        return result
    }

    /// How many tokens may be cut off, in pieces that overlap.
    private static var overflowLimit: Int { 1 << 22 }

    private static var tooMuchOverflow: MartletError {
        MartletError(
            .unsupported,
            "what truncation cuts off would be more than \(overflowLimit) tokens with its stride")
    }

    private func tracked(
        _ text: String, _ number: Int, parseSpecial: Bool
    ) throws(MartletError) -> Encoding {
        let outcome = withUTF8(text) {
            encoded($0, parseSpecial: parseSpecial, wantsRanges: true)
        }
        let (ids, ranges) = try outcome.get(at: nil)
        var encoding = Encoding(ids: ids, offsets: ranges, textNumber: number)
        encoding.typeIDs = [Int](repeating: number, count: ids.count)
        return encoding
    }

    private func truncate(
        _ parts: inout [Encoding], addsTokens: Bool
    ) throws(MartletError) {
        guard let truncation = pipeline.truncation else { return }
        let added =
            addsTokens ? pipeline.postProcessor?.addedCount(isPair: parts.count > 1) ?? 0 : 0
        let limit = truncation.limit - added
        guard limit >= 0 else {
            throw MartletError(
                .invalidValue,
                "truncation to \(truncation.limit) tokens leaves no room for the \(added) put in")
        }
        func cut(_ number: Int, to limit: Int) throws(MartletError) {
            guard parts[number].count <= limit || limit == 0 || truncation.stride < limit else {
                throw MartletError(
                    .invalidValue,
                    "truncation with a stride of \(truncation.stride) leaves \(limit) tokens of a text"
                )
            }
            let step = max(1, limit - truncation.stride)
            let excess = max(0, parts[number].count - limit)
            guard limit == 0 || (excess + step - 1) / step <= Self.overflowLimit / limit else {
                throw Self.tooMuchOverflow
            }
            parts[number].truncate(
                to: limit, stride: truncation.stride, fromLeft: truncation.isLeft)
        }
        guard limit > 0 else {
            for number in parts.indices { try cut(number, to: 0) }
            return
        }
        let excess = parts.reduce(0) { $0 + $1.count } - limit
        guard excess > 0 else { return }
        switch truncation.strategy {
        case .longestFirst where parts.count > 1:
            let (first, second) = (parts[0].count, parts[1].count)
            let shorter = min(first, second)
            var (small, large) = (
                shorter, shorter > limit ? shorter : max(shorter, limit - shorter)
            )
            if small + large > limit { (small, large) = (limit / 2, limit / 2 + limit % 2) }
            try cut(0, to: first > second ? large : small)
            try cut(1, to: first > second ? small : large)
        case .longestFirst: try cut(0, to: limit)
        case .onlyFirst, .onlySecond:
            let number = truncation.strategy == .onlyFirst ? 0 : 1
            guard parts.indices.contains(number) else {
                throw MartletError(
                    .invalidValue, "the tokenizer truncates second texts, and there is none")
            }
            guard parts[number].count > excess else {
                throw MartletError(
                    .invalidValue,
                    "the text is too short to cut \(excess) tokens off it (truncation to "
                        + "\(truncation.limit))")
            }
            try cut(number, to: parts[number].count - excess)
        }
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
        return try encoded(text, parseSpecial: parseSpecial).get(at: place).ids
    }

    /// The ids of text in UTF-8, each with the range of bytes it stands for, whole scalars: where several tokens
    /// make one scalar each has all of it. What normalization or cutting leaves out has no token.
    ///
    /// - Parameter parseSpecial: As in `encode(_:parseSpecial:)` for strings.
    /// - Throws: `MartletError` if a scalar (or byte) of the text has no token.
    public func encodeWithOffsets(
        _ bytes: UnsafeRawBufferPointer, parseSpecial: Bool = false
    ) throws(MartletError) -> [(id: ID, range: Range<Int>)] {
        let text = bytes.bindMemory(to: UInt8.self)
        let (ids, ranges) = try encoded(text, parseSpecial: parseSpecial, wantsRanges: true)
            .get(at: nil)
        return Array(zip(ids, ranges))
    }

    /// The text of `ids`. Bytes that do not make valid UTF-8 become U+FFFD.
    ///
    /// - Parameter skipSpecial: Whether to leave out special tokens.
    /// - Throws: `MartletError` if there is no token with an id, or if a pattern of the decoder gives up.
    public func decode(_ ids: [ID], skipSpecial: Bool = false) throws(MartletError) -> String {
        if isDecodedByBytes, added.normalForms.isEmpty,
            let text = vocabulary.text(
                of: skipSpecial ? ids.filter { !added.isSkipped($0) } : ids)
        {
            return text
        }
        var bytes: [UInt8] = []
        if isDecodedByBytes {
            bytes.reserveCapacity(4 * ids.count)
            for id in ids {
                let token = try decodedBytes(of: id)
                if skipSpecial, added.isSkipped(id) { continue }
                bytes.append(contentsOf: token)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        for id in ids { _ = try checkedBytes(of: id) }
        return try text(of: skipSpecial ? ids.filter { !added.isSkipped($0) } : ids)
    }

    /// Whether the bytes of tokens, one after the other, are their text.
    var isDecodedByBytes: Bool {
        switch pipeline.decoder {
        case _ where pipeline.pieceDecoder != nil: false
        case .byteLevel: true
        case .fuse: !pipeline.spellsBytes
        default: false
        }
    }

    /// The text of tokens, which must exist, where bytes alone are not it.
    func text(of ids: some Collection<ID>) throws(MartletError) -> String {
        if let decoder = pipeline.pieceDecoder {
            return String(
                decoding: decoder.text(of: ids) { decodedSpelling(of: $0) }, as: UTF8.self)
        }
        guard let decoder = pipeline.decoder else {
            let tokens = ids.map { decodedSpelling(of: $0) }
            return String(
                decoding: Array(tokens.joined(separator: [UInt8(ascii: " ")])), as: UTF8.self)
        }
        do throws(RegexFailure) {
            let text = try decoder.text(of: ids, idLimit: vocabularySize) {
                decodedSpelling(of: $0)
            }
            return String(decoding: text, as: UTF8.self)
        } catch {
            throw MartletError(
                EncodingFailure.tooManySteps.code, EncodingFailure.tooManySteps.message)
        }
    }

    /// The bytes that the token `id` is decoded to, or an error that says what is wrong with the id.
    func decodedBytes(of id: ID) throws(MartletError) -> ArraySlice<UInt8> {
        let bytes = try checkedBytes(of: id)
        guard !added.normalForms.isEmpty, let form = added.normalForms[id] else { return bytes }
        guard case .byteLevel = pipeline.decoder else { return form[...] }
        return (form.withUnsafeBufferPointer(ByteAlphabet.decode) ?? form)[...]
    }

    /// The token `id`, which must exist, as its decoder gets it.
    func decodedSpelling(of id: ID) -> [UInt8] {
        added.normalForms[id] ?? spelling(of: Int(id))
    }

    /// The token `id`, which must exist, as files write it.
    func spelling(of id: Int) -> [UInt8] {
        let bytes = vocabulary.bytes(of: id) ?? []
        switch vocabulary.spelling(of: id) {
        case .byteAlphabet, .addedByteAlphabet: return ByteAlphabet.encode(bytes)
        case .literal, .added, .hole: return Array(bytes)
        }
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
        case tokens([ID], [Range<Int>])
        case failure(EncodingFailure)

        func get(at place: String?) throws(MartletError) -> (ids: [ID], ranges: [Range<Int>]) {
            switch self {
            case .tokens(let ids, let ranges): return (ids, ranges)
            case .failure(let failure):
                throw MartletError(failure.code, failure.message, at: place)
            }
        }
    }

    private func encoded(
        _ text: UnsafeBufferPointer<UInt8>, parseSpecial: Bool, wantsRanges: Bool = false
    ) -> Outcome {
        // English has four to five bytes a token; the buffer grows if that is not enough.
        var sink = TokenSink(
            capacity: kind == .bpe ? text.count / 4 : text.count, wantsRanges: wantsRanges)
        sink.steps = RegexSteps(for: text.count)
        for (range, id) in added.segments(of: text, parseSpecial: parseSpecial) {
            if let id {
                sink.append(id, range)
                continue
            }
            let part = UnsafeBufferPointer(rebasing: text[range])
            if let failure = encode(part, at: range.lowerBound, parseSpecial, into: &sink) {
                return .failure(failure)
            }
        }
        return .tokens(sink.ids.array(), sink.ranges)
    }

    /// Encodes a part of a text in which no token is left that is matched in the text as it is.
    private func encode(
        _ text: UnsafeBufferPointer<UInt8>, at start: Int, _ parseSpecial: Bool,
        into sink: inout TokenSink
    ) -> EncodingFailure? {
        guard takesTextDirectly, normalizes(text) || pipeline.normalizer?.surelyKeeps(text) ?? true
        else {
            return encodeNormalized(text, at: start, parseSpecial, into: &sink)
        }
        for (range, id) in added.segments(ofNormalized: text, parseSpecial: parseSpecial) {
            let place = range.lowerBound + start..<range.upperBound + start
            if let id {
                sink.append(id, place)
                continue
            }
            let part = UnsafeBufferPointer(rebasing: text[range])
            if let failure = encodeDirectly(part, at: place.lowerBound, into: &sink) {
                return failure.shifted(by: place.lowerBound)
            }
        }
        return nil
    }

    /// Whether the encoder takes text as it is, if normalization leaves it so.
    private var takesTextDirectly: Bool {
        switch encoder {
        case .bytePairs(let encoder): encoder.isDirect
        case .characters, .wordPieces: true
        default: false
        }
    }

    /// Whether the encoder normalizes `text` itself.
    private func normalizes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        if case .wordPieces(let encoder) = encoder { !encoder.mayReorder(text) } else { false }
    }

    private func encodeDirectly(
        _ text: UnsafeBufferPointer<UInt8>, at start: Int, into sink: inout TokenSink
    ) -> EncodingFailure? {
        let first = sink.ids.count
        switch encoder {
        case .bytePairs(let encoder):
            if let failure = encoder.encode(text, into: &sink.ids) { return failure }
        case .characters(let encoder):
            if let failure = encoder.encode(text, into: &sink.ids) { return failure }
        case .wordPieces(let encoder):
            return encoder.encode(text, at: start, into: &sink)
        default: break
        }
        guard sink.wantsRanges else { return nil }
        var place = 0
        for index in first..<sink.ids.count {
            let end = place + vocabulary.byteCount(of: Int(sink.ids[index]))
            let scalars = Self.wholeScalars(text, place..<end)
            sink.append(range: scalars.lowerBound + start..<scalars.upperBound + start)
            place = end
        }
        return nil
    }

    /// `range` made wider until it holds whole scalars.
    private static func wholeScalars(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Range<Int> {
        guard let base = text.baseAddress, !range.isEmpty else { return range }
        /// The scalar that the byte at `index` belongs to.
        func scalar(around index: Int) -> Range<Int> {
            for start in stride(from: index, through: max(0, index - 3), by: -1)
            where text[start] & 0xC0 != 0x80 {
                let (value, length) = StrictUTF8.decode(base + start, text.count - start)
                if value != nil, start + length > index { return start..<start + length }
                break
            }
            return index..<index + 1
        }
        return scalar(around: range.lowerBound)
            .lowerBound..<scalar(
                around: range.upperBound - 1
            ).upperBound
    }

    /// Encodes a part of a text that is changed on its way, or cut in several steps.
    private func encodeNormalized(
        _ source: UnsafeBufferPointer<UInt8>, at start: Int, _ parseSpecial: Bool,
        into sink: inout TokenSink
    ) -> EncodingFailure? {
        if let offset = UTF8Scalars.firstInvalid(source) {
            return .invalidUTF8(offset: offset + start)
        }
        guard start + source.count <= Int(Int32.max) else { return .tooLong(offset: start) }
        let isTracked = sink.wantsRanges || pipeline.needsOrigins
        do throws(RegexFailure) {
            let text = try pipeline.normalized(
                AlignedText(source, from: start, isTracked: isTracked), &sink.steps)
            let segments = text.bytes.withUnsafeBufferPointer {
                added.segments(ofNormalized: $0, parseSpecial: parseSpecial)
            }
            for (range, id) in segments {
                if let id {
                    sink.append(id, text.source(of: range))
                } else if let failure = try encode(text, range, into: &sink) {
                    return failure
                }
            }
            return nil
        } catch {
            return .tooManySteps
        }
    }

    private func encode(
        _ text: AlignedText, _ range: Range<Int>, into sink: inout TokenSink
    ) throws(RegexFailure) -> EncodingFailure? {
        if case .bytePairs(let encoder) = encoder {
            return try encodeBytes(text, range, encoder, into: &sink)
        }
        let pieces = try pipeline.pieces(
            text, range, by: pipeline.preTokenizers, &sink.steps)
        let first = sink.ranges.count
        let failure = pieces.text.bytes.withUnsafeBufferPointer { bytes -> EncodingFailure? in
            var cache = PartCache()
            for piece in pieces.ranges {
                let failure = cache.encode(bytes, piece, into: &sink) { sink in
                    switch encoder {
                    case .symbolPairs(let encoder):
                        encoder.encode(bytes, piece, into: &sink)
                        return nil
                    case .sentencePieces(let encoder):
                        encoder.encode(bytes, piece, into: &sink)
                        return nil
                    case .unigram(let encoder): return encoder.encode(bytes, piece, into: &sink)
                    case .words(let encoder): return encoder.encode(bytes, piece, into: &sink)
                    case .wordSpeller(let encoder):
                        return encoder.encode(bytes, piece, into: &sink)
                    case .wordPieces(let encoder):
                        return encoder.speller.encode(bytes, piece, into: &sink)
                    case .bytePairs, .characters: return nil
                    }
                }
                if let failure { return failure }
            }
            return nil
        }
        if failure != nil { return failure }
        sink.mapRanges(from: first) { pieces.text.source(of: $0) }
        return nil
    }

    private func encodeBytes(
        _ text: AlignedText, _ range: Range<Int>, _ encoder: BytePairEncoder,
        into sink: inout TokenSink
    ) throws(RegexFailure) -> EncodingFailure? {
        var pieces = PreTokenizer.Pieces(text: text, ranges: range.isEmpty ? [] : [range])
        if encoder.addsSpace { pieces = pieces.beginning(with: UInt8(ascii: " ")) }
        switch encoder.cutting {
        case .none: break
        case .scanner(let scanner):
            pieces = try PreTokenizer.split(.scanner(scanner), .isolated).cut(pieces)
        case .steps(let steps):
            pieces = try pipeline.pieces(text, range, by: steps, &sink.steps)
        case .spelled(let steps):
            pieces = try pipeline.pieces(text, range, by: steps, &sink.steps)
            pieces = ByteAlphabet.unspelled(pieces)
        }
        var counts: [Int] = []
        let wantsRanges = sink.wantsRanges
        let first = sink.ids.count
        let failure = encoder.encode(pieces, into: &sink.ids) { _, count in
            if wantsRanges { counts.append(count) }
        }
        if let failure { return failure }
        guard wantsRanges else { return nil }
        var index = first
        for (piece, count) in zip(pieces.ranges, counts) {
            var place = piece.lowerBound
            while index < count {
                let end = min(
                    place + vocabulary.byteCount(of: Int(sink.ids[index])), piece.upperBound)
                sink.append(range: pieces.text.source(of: place..<end))
                place = end
                index += 1
            }
        }
        return nil
    }
}

extension EncodingFailure {
    var code: MartletError.Code {
        switch self {
        case .tooLong, .tooManySteps: .unsupported
        default: .invalidValue
        }
    }

    var message: String {
        switch self {
        case .byte(let byte, let offset):
            "the tokenizer has no token for the byte 0x\(hex(byte, 2)) at byte offset \(offset)"
        case .scalar(let value, let offset):
            "the tokenizer has no token for the character \(describe(value)) "
                + "at byte offset \(offset)"
        case .invalidUTF8(let offset):
            "the text is not UTF-8 at byte offset \(offset)"
        case .word(let offset):
            "the tokenizer has no token for the word at byte offset \(offset), and none for unknown ones"
        case .tooLong(let offset):
            "the word at byte offset \(offset) is longer than 2 GiB"
        case .tooManySteps:
            "a pattern of the tokenizer takes too many steps on this text, or one makes too much of it"
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
