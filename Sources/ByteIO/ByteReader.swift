/// Reads little-endian numbers and runs of bytes from a buffer, from front to back.
///
/// Every read checks what is left first and throws `.truncated` with the offset. It then leaves
/// the offset alone. The buffer must outlive the reader and whatever ``readBytes(count:)`` gave.
public struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private let place: String
    /// How many bytes were read so far.
    public private(set) var offset = 0

    /// A reader at the front of `bytes`; `place` names them in errors.
    public init(_ bytes: UnsafeRawBufferPointer, place: String) {
        self.bytes = bytes
        self.place = place
    }

    /// How many bytes are left.
    public var remaining: Int { bytes.count - offset }

    /// Reads one byte.
    public mutating func readUInt8() throws(MartletError) -> UInt8 {
        try read(UInt8.self)
    }

    /// Reads two bytes, the low one first.
    public mutating func readUInt16() throws(MartletError) -> UInt16 {
        try read(UInt16.self)
    }

    /// Reads four bytes, the lowest first.
    public mutating func readUInt32() throws(MartletError) -> UInt32 {
        try read(UInt32.self)
    }

    /// Reads eight bytes, the lowest first.
    public mutating func readUInt64() throws(MartletError) -> UInt64 {
        try read(UInt64.self)
    }

    /// The next `count` bytes, in place and not copied. Throws `.invalidValue` for a negative
    /// count, so that a size from a file may be passed as it is.
    public mutating func readBytes(count: Int) throws(MartletError) -> UnsafeRawBufferPointer {
        guard count >= 0 else {
            throw MartletError(.invalidValue, "offset \(offset): \(count) bytes wanted", at: place)
        }
        try need(count)
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    private mutating func read<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type
    ) throws(MartletError) -> Number {
        let size = MemoryLayout<Number>.size
        try need(size)
        defer { offset += size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }

    private func need(_ count: Int) throws(MartletError) {
        guard count <= remaining else {
            throw MartletError(
                .truncated, "offset \(offset): \(count) bytes wanted, \(remaining) left", at: place)
        }
    }
}
