/// What is done with the tokens of a text or a pair: tokens put in around them, white space left out of offsets; as
/// `tokenizer.json` names it.
indirect enum PostProcessor: Sendable {
    case sequence([PostProcessor])
    case template(Template)
    /// `<s>A</s></s>B</s>`, and offsets without white space.
    case roberta(start: Tokenizer.ID, end: Tokenizer.ID, trims: Bool, addsSpace: Bool)
    /// Offsets without white space.
    case byteLevel(trims: Bool, addsSpace: Bool)

    /// What is put around one text and around two.
    struct Template: Sendable {
        enum Part: Sendable {
            /// The first text, or the second one.
            case text(isSecond: Bool, typeID: Int)
            case tokens([Tokenizer.ID], typeID: Int)
        }

        var single: [Part]
        var pair: [Part]

        func addedCount(isPair: Bool) -> Int {
            (isPair ? pair : single).reduce(0) { count, part in
                if case .tokens(let ids, _) = part { count + ids.count } else { count }
            }
        }
    }

    /// BERT's: `[CLS] A [SEP] B [SEP]`.
    static func bert(start: Tokenizer.ID, end: Tokenizer.ID) -> PostProcessor {
        let first: [Template.Part] = [
            .tokens([start], typeID: 0), .text(isSecond: false, typeID: 0),
            .tokens([end], typeID: 0),
        ]
        let second: [Template.Part] = [
            .text(isSecond: true, typeID: 1), .tokens([end], typeID: 1),
        ]
        return .template(Template(single: first, pair: first + second))
    }

    /// How many steps make three parts of each.
    var triplingCount: Int {
        switch self {
        case .sequence(let steps): steps.reduce(0) { $0 + $1.triplingCount }
        case .roberta: 1
        case .template, .byteLevel: 0
        }
    }

    /// How many tokens are put in.
    func addedCount(isPair: Bool) -> Int {
        switch self {
        case .sequence(let steps): steps.reduce(0) { $0 + $1.addedCount(isPair: isPair) }
        case .template(let template): template.addedCount(isPair: isPair)
        case .roberta: isPair ? 4 : 2
        case .byteLevel: 0
        }
    }

    /// Processes the encodings of one or two texts; several that come of it are to be joined.
    ///
    /// - Parameter texts: the texts the encodings are of, and how their tokens are spelled
    func processed(_ encodings: [Encoding], adds: Bool, texts: EncodedTexts) -> [Encoding] {
        switch self {
        case .sequence(let steps):
            return steps.reduce(encodings) {
                $1.processed($0, adds: adds, texts: texts)
            }
        case .template(let template):
            let parts = encodings.count > 1 ? template.pair : template.single
            return parts.compactMap { part in
                switch part {
                case .text(let isSecond, let typeID):
                    guard encodings.indices.contains(isSecond ? 1 : 0) else { return nil }
                    return encodings[isSecond ? 1 : 0].withType(typeID)
                case .tokens(let ids, let typeID):
                    return adds ? Self.added(ids, typeID) : nil
                }
            }
        case .roberta(let start, let end, let trims, let addsSpace):
            var results = encodings
            if trims {
                results = results.map { texts.trimmed($0, addsSpace: addsSpace) }
            }
            results = results.map { $0.withType(0) }
            guard adds else { return results }
            return results.enumerated().flatMap { number, text in
                [Self.added([number == 0 ? start : end], 0), text, Self.added([end], 0)]
            }
        case .byteLevel(let trims, let addsSpace):
            guard trims else { return encodings }
            return encodings.map { texts.trimmed($0, addsSpace: addsSpace) }
        }
    }

    private static func added(_ ids: [Tokenizer.ID], _ typeID: Int) -> Encoding {
        var result = Encoding(
            ids: ids, offsets: [Range<Int>](repeating: 0..<0, count: ids.count))
        result.typeIDs = [Int](repeating: typeID, count: ids.count)
        result.isSpecial = [Bool](repeating: true, count: ids.count)
        return result
    }
}

/// The texts that encodings are of.
struct EncodedTexts {
    var texts: [[UInt8]]
    /// How a token is written: one that takes in the space beside it as it stands in the text.
    var spelling: (_ id: Tokenizer.ID, _ source: ArraySlice<UInt8>) -> [UInt8]

    /// Leaves the white space that tokens begin and end with out of their offsets, a scalar for a scalar.
    func trimmed(_ encoding: Encoding, addsSpace: Bool) -> Encoding {
        var result = encoding
        result.overflowing = encoding.overflowing.map { trimmed($0, addsSpace: addsSpace) }
        func isSpace(_ value: UInt32) -> Bool { value == 0x120 || TextTables.isWhiteSpace(value) }
        for index in result.ids.indices {
            guard let number = result.textNumbers[index], texts.indices.contains(number) else {
                continue
            }
            let text = texts[number]
            var range = result.offsets[index]
            let values = UTF8Scalars.values(spelling(result.ids[index], text[range]))
            var leading = values.prefix(while: isSpace).count
            let trailing = values.reversed().prefix(while: isSpace).count
            guard leading > 0 || trailing > 0 else { continue }
            // The space that was put before the text is not of the text.
            if index == 0 || range.lowerBound == 0, addsSpace, leading == 1 { leading = 0 }
            let start = Self.moved(range.lowerBound, by: leading, in: text) ?? text.count
            range = min(start, range.upperBound)..<range.upperBound
            if let end = Self.moved(range.upperBound, by: -trailing, in: text) {
                range = range.lowerBound..<max(end, range.lowerBound)
            }
            result.offsets[index] = range
        }
        return result
    }

    /// The place some scalars on, or back; nil if that is not in the text.
    private static func moved(_ place: Int, by count: Int, in text: [UInt8]) -> Int? {
        var place = place
        for _ in 0..<abs(count) {
            if count > 0 {
                guard place < text.count else { return nil }
                place += 1
                while place < text.count, text[place] & 0xC0 == 0x80 { place += 1 }
            } else {
                guard place > 0 else { return nil }
                place -= 1
                while place > 0, text[place] & 0xC0 == 0x80 { place -= 1 }
            }
        }
        return place
    }
}

extension Encoding {
    fileprivate func withType(_ typeID: Int) -> Encoding {
        var result = self
        result.typeIDs = [Int](repeating: typeID, count: count)
        result.overflowing = overflowing.map { $0.withType(typeID) }
        return result
    }
}
