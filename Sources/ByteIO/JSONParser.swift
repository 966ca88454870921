/// Recursive descent over bytes; strings are in JSONParser+Strings.swift.
///
/// Recursion is bounded by the depth limit. `current` is zero at the end of the text: zero is not
/// a byte that JSON allows anywhere, so no comparison has to look at the length as well.
struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    /// The number of bytes that were consumed.
    var position = 0

    private let place: String
    private let duplicateKeys: JSONDuplicatePolicy
    private let limits: JSONLimits
    private let deepest: Int
    private var depth = 0
    private var valueCount = 0

    init(
        _ bytes: UnsafeRawBufferPointer, place: String, duplicateKeys: JSONDuplicatePolicy,
        limits: JSONLimits
    ) {
        self.bytes = bytes
        self.place = place
        self.duplicateKeys = duplicateKeys
        self.limits = limits
        deepest = min(limits.depth, JSONLimits.deepest)
    }

    /// The whole text: one value with white space around it.
    mutating func text() throws(MartletError) -> JSONValue {
        guard bytes.count <= limits.bytes else {
            throw failure(
                "is \(bytes.count) bytes long, the limit is \(limits.bytes)", .unsupported)
        }
        if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf {
            throw failure("starts with a byte order mark, which JSON does not allow")
        }
        skipSpace()
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw unexpected(expected: "the end of the text") }
        return value
    }

    // MARK: - Values

    private mutating func value() throws(MartletError) -> JSONValue {
        valueCount += 1
        guard valueCount <= limits.values else {
            throw failure("has more than \(limits.values) values, the limit", .unsupported)
        }
        switch current {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try number())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: throw unexpected(expected: "a value")
        }
    }

    private mutating func object() throws(MartletError) -> JSONValue {
        try enter()
        var object = JSONObject()
        skipSpace()
        if current == UInt8(ascii: "}") {
            leave()
            return .object(object)
        }
        while true {
            guard current == UInt8(ascii: "\"") else {
                throw unexpected(expected: "a key in quotes")
            }
            let keyPosition = position
            let key = try string()
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw unexpected(expected: "':'") }
            position += 1
            skipSpace()
            let value = try value()
            if !object.appendNew(key, value) {
                guard duplicateKeys == .lastWins else {
                    throw failure(
                        "the key \(quoted(key)) is there twice", at: keyPosition)
                }
                object.append(key, value)
            }
            skipSpace()
            if current == UInt8(ascii: "}") {
                leave()
                return .object(object)
            }
            guard current == UInt8(ascii: ",") else { throw unexpected(expected: "',' or '}'") }
            position += 1
            skipSpace()
        }
    }

    private mutating func array() throws(MartletError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            leave()
            return .array(elements)
        }
        while true {
            elements.append(try value())
            skipSpace()
            if current == UInt8(ascii: "]") {
                leave()
                return .array(elements)
            }
            guard current == UInt8(ascii: ",") else { throw unexpected(expected: "',' or ']'") }
            position += 1
            skipSpace()
        }
    }

    /// `-? (0 | [1-9] [0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func number() throws(MartletError) -> JSONNumber {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
            if isDigit(current) { throw failure("a number starts with 0", at: start) }
        } else {
            try digits()
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let lexeme = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        return JSONNumber(checkedLexeme: String(decoding: lexeme, as: UTF8.self))
    }

    private mutating func digits() throws(MartletError) {
        guard isDigit(current) else { throw unexpected(expected: "a digit") }
        repeat { position += 1 } while isDigit(current)
    }

    private mutating func word(_ word: StaticString) throws(MartletError) {
        let start = position
        for offset in 0..<word.utf8CodeUnitCount {
            guard current == word.utf8Start[offset] else {
                throw failure("expected '\(word)'", at: start)
            }
            position += 1
        }
    }

    // MARK: - Bytes

    /// The next byte, zero at the end.
    private var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position += 1
            default: return
            }
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    private mutating func enter() throws(MartletError) {
        guard depth < deepest else {
            throw failure("nests deeper than \(deepest), the limit", .unsupported)
        }
        depth += 1
        position += 1
    }

    private mutating func leave() {
        depth -= 1
        position += 1
    }

    // MARK: - Errors

    /// An error at the byte `offset`, or at the next byte.
    func failure(
        _ message: String, _ code: MartletError.Code = .malformed, at offset: Int? = nil
    ) -> MartletError {
        let offset = offset ?? position
        var line = 1
        var column = 1
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xc0 != 0x80 {  // Continuation bytes do not start a character.
                column += 1
            }
        }
        return MartletError(code, "\(message) (byte \(offset))", at: "\(place):\(line):\(column)")
    }

    private func unexpected(expected: String) -> MartletError {
        guard position < bytes.count else {
            return failure("expected \(expected), the text ends")
        }
        let byte = bytes[position]
        let found =
            0x21...0x7e ~= byte
            ? "'\(Unicode.Scalar(byte))'" : "the byte 0x" + String(byte, radix: 16)
        return failure("expected \(expected), found \(found)")
    }

    /// A key for an error message: short, and in one line.
    private func quoted(_ key: String) -> String {
        let scalars = key.unicodeScalars
        let short = String(String.UnicodeScalarView(scalars.prefix(64)))
        return JSONValue.string(scalars.count > 64 ? short + "…" : short).text()
    }
}
