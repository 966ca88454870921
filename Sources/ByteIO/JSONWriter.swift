extension JSONValue {
    /// The value as JSON text, without a newline at the end.
    ///
    /// `pretty` puts every member and element on its own line, indented by two spaces, as Python's
    /// `json.dumps(value, indent=2, ensure_ascii=False)` does; otherwise there is no white space
    /// at all. Only what must be escaped is; numbers stand as they were written.
    public func text(pretty: Bool = false) -> String {
        String(decoding: bytes(pretty: pretty), as: UTF8.self)
    }

    /// The UTF-8 bytes of ``text(pretty:)``.
    public func bytes(pretty: Bool = false) -> [UInt8] {
        var writer = JSONWriter(pretty: pretty)
        writer.write(self)
        return writer.bytes
    }
}

private struct JSONWriter {
    let pretty: Bool
    var bytes: [UInt8] = []
    private var depth = 0

    init(pretty: Bool) { self.pretty = pretty }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .number(let number): append(number.lexeme)
        case .string(let string): write(string)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            depth += 1
            for (position, element) in elements.enumerated() {
                startItem(position)
                write(element)
            }
            close("]", empty: elements.isEmpty)
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            depth += 1
            for (position, member) in object.enumerated() {
                startItem(position)
                write(member.key)
                append(pretty ? ": " : ":")
                write(member.value)
            }
            close("}", empty: object.isEmpty)
        }
    }

    private mutating func write(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        string.withBytes { source in
            // Runs of bytes that stand for themselves are copied whole.
            var start = 0
            for position in 0..<source.count {
                let byte = source[position]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                else { continue }
                bytes.append(contentsOf: source[start..<position])
                start = position + 1
                escape(byte)
            }
            bytes.append(contentsOf: source[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0c: append("\\f")
        case 0x0d: append("\\r")
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        default:
            append(byte < 0x10 ? "\\u000" : "\\u00")
            append(String(byte, radix: 16))
        }
    }

    private mutating func startItem(_ position: Int) {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        startLine()
    }

    private mutating func close(_ bracket: String, empty: Bool) {
        depth -= 1
        if !empty { startLine() }
        append(bracket)
    }

    private mutating func startLine() {
        guard pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
