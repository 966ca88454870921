/// What to do about a key that an object has twice (compared by UTF-8 bytes).
public enum JSONDuplicatePolicy: Sendable {
    /// Refuse the text: right where two readers must never see two different things.
    case refuse
    /// Keep the first key's position and the last value, as most readers do.
    case lastWins
}

/// How much a text may ask for. What exceeds a limit is refused as `.unsupported`.
public struct JSONLimits: Sendable {
    /// How deep arrays and objects may nest: `[[]]` is two deep. At most ``deepest`` counts.
    public var depth = 64
    /// The length of the text in bytes.
    public var bytes = 1 << 30
    /// The number of values, keys not counted. A value takes 24 bytes of memory and as little as
    /// two of text.
    public var values = 1 << 26

    /// The most that ``depth`` can be set to: half a megabyte of stack, which is what some threads
    /// have, holds so many levels even in a debug build.
    public static let deepest = 128

    /// The limits that suit every file Martlet reads.
    public init() {}
}

extension JSONValue {
    /// Parses one JSON text: strict RFC 8259 in valid UTF-8, with nothing around it but white space.
    ///
    /// Refused, beside plain syntax errors: a byte order mark, leading zeros, `NaN`, comments,
    /// trailing commas, control characters in strings, and surrogates that are not a pair.
    /// Takes time linear in the length.
    ///
    /// - Parameters:
    ///   - place: Names the text in errors; line and column are added: "config.json:3:17".
    ///   - duplicateKeys: What to do about a key that an object has twice.
    ///   - limits: What the text may ask for.
    /// - Throws: `.malformed` or, for a limit, `.unsupported`; the message has the byte offset.
    public init(
        parsing bytes: UnsafeRawBufferPointer, place: String,
        duplicateKeys: JSONDuplicatePolicy = .refuse, limits: JSONLimits = .init()
    ) throws(MartletError) {
        var parser = JSONParser(
            bytes, place: place, duplicateKeys: duplicateKeys, limits: limits)
        self = try parser.text()
    }

    /// Parses one JSON text given as an array of bytes; see the initialiser over a buffer.
    public init(
        parsing bytes: [UInt8], place: String,
        duplicateKeys: JSONDuplicatePolicy = .refuse, limits: JSONLimits = .init()
    ) throws(MartletError) {
        let result = bytes.withUnsafeBytes { buffer in
            Self.result(of: buffer, place, duplicateKeys, limits)
        }
        self = try result.get()
    }

    /// Parses one JSON text given as a string; see the initialiser over a buffer.
    public init(
        parsing text: String, place: String,
        duplicateKeys: JSONDuplicatePolicy = .refuse, limits: JSONLimits = .init()
    ) throws(MartletError) {
        let result = text.withBytes { buffer in
            Self.result(of: UnsafeRawBufferPointer(buffer), place, duplicateKeys, limits)
        }
        self = try result.get()
    }

    private static func result(
        of bytes: UnsafeRawBufferPointer, _ place: String, _ duplicateKeys: JSONDuplicatePolicy,
        _ limits: JSONLimits
    ) -> Result<JSONValue, MartletError> {
        Result { () throws(MartletError) in
            try JSONValue(
                parsing: bytes, place: place, duplicateKeys: duplicateKeys, limits: limits)
        }
    }
}
