import ByteIO

/// Walks the members of one JSON object without building it.
///
/// A header may be 100 MB of text, and a tree of values for it would be many times larger. So the
/// text is cut into its members here, and only one member at a time is given to the JSON parser.
/// What lies between the members is checked here, the members themselves when they are parsed:
/// together that is strict JSON. Every range counts bytes from the start of `bytes`.
struct JSONMembers {
    struct Member {
        /// The key with its quotes, not decoded.
        let key: Range<Int>
        let value: Range<Int>
    }

    private let bytes: UnsafeRawBufferPointer
    private let place: String
    private var isFirst = true
    /// Where the walk stands; once `next` has returned nil, the offset just behind the object.
    private(set) var offset: Int

    /// Starts at the object whose `{` is the byte at `start`.
    init(_ bytes: UnsafeRawBufferPointer, from start: Int, place: String) throws(MartletError) {
        self.bytes = bytes
        self.place = place
        offset = start
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else {
            throw MartletError(.malformed, "byte \(start) does not open a JSON object", at: place)
        }
        offset += 1
    }

    /// The next member, or nil behind the last one.
    mutating func next() throws(MartletError) -> Member? {
        skipSpace()
        if isFirst, peek() == UInt8(ascii: "}") {
            offset += 1
            return nil
        }
        if !isFirst {
            switch peek() {
            case UInt8(ascii: "}"):
                offset += 1
                return nil
            case UInt8(ascii: ","):
                offset += 1
                skipSpace()
            default:
                throw unexpected("',' or '}'")
            }
        }
        isFirst = false
        let key = try string()
        skipSpace()
        guard peek() == UInt8(ascii: ":") else { throw unexpected("':'") }
        offset += 1
        skipSpace()
        return Member(key: key, value: try value())
    }

    /// Goes over white space, as behind the object.
    mutating func skipSpace() {
        while let byte = peek(), Self.isSpace(byte) { offset += 1 }
    }

    /// Parses the text in `range`, which must be one JSON value.
    func parse(_ range: Range<Int>) throws(MartletError) -> JSONValue {
        do {
            return try JSONValue(
                parsing: UnsafeRawBufferPointer(rebasing: bytes[range]), place: "value")
        } catch {
            throw MartletError(
                error.code, "byte \(range.lowerBound) begins no valid JSON value", at: place,
                cause: error)
        }
    }

    /// Parses the text in `range`, which must be one JSON string.
    func parseString(_ range: Range<Int>, _ what: String) throws(MartletError) -> String {
        guard case .string(let text) = try parse(range) else {
            throw MartletError(
                .malformed, "\(what) at byte \(range.lowerBound) is not a string", at: place)
        }
        return text
    }

    private func peek() -> UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private func unexpected(_ wanted: String) -> MartletError {
        let found = offset < bytes.count ? "byte \(offset) is not" : "the text ends before"
        return MartletError(.malformed, "\(found) \(wanted)", at: place)
    }

    private mutating func string() throws(MartletError) -> Range<Int> {
        let start = offset
        guard peek() == UInt8(ascii: "\"") else { throw unexpected("'\"'") }
        offset += 1
        while let byte = peek() {
            offset += 1
            if byte == UInt8(ascii: "\"") { return start..<offset }
            if byte == UInt8(ascii: "\\") { offset += 1 }
        }
        offset = min(offset, bytes.count)
        throw unexpected("the end of the string that byte \(start) begins")
    }

    private mutating func value() throws(MartletError) -> Range<Int> {
        let start = offset
        switch peek() {
        case UInt8(ascii: "\""):
            return try string()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            try skipContainer()
        default:
            while let byte = peek(), !Self.isSpace(byte), !Self.endsScalar(byte) { offset += 1 }
            if offset == start { throw unexpected("a value") }
        }
        return start..<offset
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
    }

    /// Goes to the bracket that closes the one here. Which kind of bracket closes which, and how
    /// deep they nest, is left to the parser.
    private mutating func skipContainer() throws(MartletError) {
        let start = offset
        var depth = 0
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                _ = try string()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
            default:
                break
            }
            offset += 1
            if depth == 0 { return }
        }
        throw unexpected("the end of what byte \(start) opens")
    }
}
