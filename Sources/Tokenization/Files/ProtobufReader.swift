/// Goes through the fields of a protocol buffer message (the wire format of protobuf.dev/programming-guides/encoding).
struct ProtobufReader {
    enum Value {
        /// An integer, a truth value or a choice.
        case varint(UInt64)
        case fixed64(UInt64)
        /// A string, bytes or a message in the message.
        case bytes(ArraySlice<UInt8>)
        /// 32 bits, as a `float` has them.
        case fixed32(UInt32)

        var int: Int? {
            if case .varint(let value) = self { Int(truncatingIfNeeded: value) } else { nil }
        }

        var bool: Bool? {
            if case .varint(let value) = self { value != 0 } else { nil }
        }

        var float: Float? {
            if case .fixed32(let bits) = self { Float(bitPattern: bits) } else { nil }
        }

        var bytes: ArraySlice<UInt8>? {
            if case .bytes(let bytes) = self { bytes } else { nil }
        }
    }

    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// The next field's number and value, or nil at the end.
    mutating func next() throws(ProtobufFailure) -> (field: Int, value: Value)? {
        guard position < bytes.endIndex else { return nil }
        let start = position
        let tag = try varint()
        let field = tag >> 3
        guard field > 0, field < 1 << 29 else { throw ProtobufFailure(offset: start) }
        switch tag & 7 {
        case 0: return (Int(field), .varint(try varint()))
        case 1: return (Int(field), .fixed64(try fixed(8)))
        case 2:
            let count = try varint()
            guard count <= UInt64(bytes.endIndex - position) else {
                throw ProtobufFailure(offset: start)
            }
            let end = position + Int(count)
            defer { position = end }
            return (Int(field), .bytes(bytes[position..<end]))
        case 5: return (Int(field), .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        // Groups, which nobody writes any more.
        default: throw ProtobufFailure(offset: start)
        }
    }

    private mutating func varint() throws(ProtobufFailure) -> UInt64 {
        let start = position
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < bytes.endIndex else { break }
            let byte = bytes[position]
            position += 1
            if shift < 64 { result |= UInt64(byte & 0x7F) << shift }
            if byte < 0x80 { return result }
        }
        throw ProtobufFailure(offset: start)
    }

    private mutating func fixed(_ count: Int) throws(ProtobufFailure) -> UInt64 {
        guard count <= bytes.endIndex - position else { throw ProtobufFailure(offset: position) }
        defer { position += count }
        return bytes[position..<position + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Bytes that are no message, and where.
struct ProtobufFailure: Error {
    let offset: Int
    var problem = "begins no field"
}
