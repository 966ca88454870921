import ByteIO
import Testing
import Tokenization

/// A file of goldens that keeps each string once.
struct ModelGoldens: Sendable {
    let json: JSONValue
    private let strings: [String]

    init(_ name: String) throws {
        json = try Goldens.json(name)
        strings = try #require(json["strings"]?.array).map { try #require($0.string) }
    }

    var names: [String] { json["files"]?.array?.compactMap { $0["name"]?.string } ?? [] }

    func file(_ name: String) throws -> JSONValue {
        try #require(json["files"]?.array?.first { $0["name"]?.string == name })
    }

    func cases(_ file: JSONValue) throws -> [JSONValue] {
        try #require(file["cases"]?.array)
    }

    /// The string whose number `value` is.
    func string(_ value: JSONValue?) throws -> String {
        strings[try #require(value?.int)]
    }

    /// The content of the file of ranks that `file` names.
    func ranks(_ file: JSONValue) throws -> String {
        let ranks = try #require(json["ranks"]?.array)
        let number = try #require(file["ranks"]?.int)
        return try #require(ranks[number].string)
    }

    /// The bytes of a SentencePiece model: parts in base64, or the numbers of parts that several share.
    func model(_ file: JSONValue) throws -> [UInt8] {
        let blobs = try #require(json["blobs"]?.array)
        return try #require(file["model"]?.array).flatMap { part in
            let text = part.int.map { blobs[$0] } ?? part
            return Self.bytes(base64: try #require(text.string))
        }
    }

    private static func bytes(base64 text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var (bits, count): (UInt32, Int) = (0, 0)
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: continue
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    static func bytes(hexadecimal text: String) -> [UInt8] {
        let digits = text.utf8.map { $0 < UInt8(ascii: "a") ? $0 - UInt8(ascii: "0") : $0 - 87 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

extension JSONValue {
    /// The integers of the member `key`.
    func numbers(_ key: String) -> [Int]? { self[key]?.array?.compactMap(\.int) }
}

extension Tokenizer {
    /// The ids of `text` and the bytes of it that each comes from.
    func tokens(
        _ text: String, parseSpecial: Bool = false
    ) throws -> [(id: ID, range: Range<Int>)] {
        try Array(text.utf8).withUnsafeBytes {
            try encodeWithOffsets($0, parseSpecial: parseSpecial)
        }
    }

    /// What differs from the reference in the ids, with and without offsets.
    func mismatch(
        _ found: [(id: ID, range: Range<Int>)], _ wanted: [Int], _ text: String,
        parseSpecial: Bool = false
    ) throws -> String? {
        let ids = found.map(\.id)
        let wanted = wanted.map { ID($0) }
        if ids != wanted {
            let (ours, theirs) = (ids.map { self.text(of: $0) }, wanted.map { self.text(of: $0) })
            return "\(text.debugDescription): ids \(ids) \(ours), not \(wanted) \(theirs)"
        }
        let plain = try encode(text, parseSpecial: parseSpecial)
        if plain == ids { return nil }
        return "\(text.debugDescription): \(plain) without offsets, \(ids) with them"
    }

    /// What differs in the offsets of tokens that are bytes of the text: each has those, made wider until they hold whole
    /// scalars.
    ///
    /// - Parameter starts: The number of the scalar that each token begins in.
    func rangeMismatch(
        _ found: [(id: ID, range: Range<Int>)], _ text: String, _ starts: [Int]
    ) -> String? {
        let bytes = Array(text.utf8)
        func isWithinScalar(_ place: Int) -> Bool {
            place < bytes.count && bytes[place] & 0xC0 == 0x80
        }
        var place = 0
        for (index, (id, range)) in found.enumerated() {
            var (start, end) = (place, place + (self.bytes(of: id)?.count ?? 0))
            place = end
            while isWithinScalar(start) { start -= 1 }
            while isWithinScalar(end) { end += 1 }
            let scalar = bytes.prefix(start).filter { $0 & 0xC0 != 0x80 }.count
            guard range == start..<end, index < starts.count, scalar == starts[index] else {
                return "\(text.debugDescription): token \(index) comes from \(range), "
                    + "not \(start)..<\(end)"
            }
        }
        return place == bytes.count ? nil : "\(text.debugDescription): \(place) bytes have tokens"
    }

    /// What differs from the reference in the text of `ids`, at once and one after the other.
    func decodingMismatch(
        _ ids: [Int], _ wanted: String, skipSpecial: Bool = false
    ) throws -> String? {
        let ids = ids.map { ID($0) }
        let text = try decode(ids, skipSpecial: skipSpecial)
        if !text.utf8.elementsEqual(wanted.utf8) {
            return "\(ids) is \(text.debugDescription), not \(wanted.debugDescription)"
        }
        var decoder = StreamingDecoder(self, skipSpecial: skipSpecial)
        var streamed = ""
        for id in ids { streamed += try decoder.append(id) }
        streamed += try decoder.finish()
        if streamed.utf8.elementsEqual(wanted.utf8) { return nil }
        return "\(ids) streams as \(streamed.debugDescription), not \(wanted.debugDescription)"
    }
}

extension Tokenizer {
    /// Whether a special token is decoded as its name, which SentencePiece never does.
    var decodesSpecialTokens: Bool {
        (0..<ID(vocabularySize)).first { isSpecial($0) }.map { id in
            (try? decode([id])) == text(of: id)
        } ?? false
    }
}
