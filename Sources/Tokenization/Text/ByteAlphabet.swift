/// The printable stand-ins under which byte-level tokenizers write raw bytes.
///
/// Files hold tokens as strings in which every byte is one scalar: the printable bytes of Latin-1
/// (33–126, 161–172, 174–255) stand for themselves, the other 68, ascending, are U+0100, U+0101, …
/// GPT-2's ids for single bytes follow the same order: first the printable ones, then the others.
enum ByteAlphabet {
    /// The 256 bytes in GPT-2's order of ids.
    static let bytesInOrder: [UInt8] = {
        let printable = [33...126, 161...172, 174...255].flatMap { $0 }
        let others = (0...255).filter { !printable.contains($0) }
        return (printable + others).map(UInt8.init)
    }()

    /// The scalar that stands for each byte, all below U+0144.
    static let scalarOfByte: [UInt16] = {
        var scalars = [UInt16](repeating: 0, count: 256)
        for (position, byte) in bytesInOrder.enumerated() {
            scalars[Int(byte)] = position < 188 ? UInt16(byte) : UInt16(256 + position - 188)
        }
        return scalars
    }()

    /// The byte each scalar below U+0144 stands for, -1 for none.
    private static let byteOfScalar: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalarOfByte.enumerated() { bytes[Int(scalar)] = Int16(byte) }
        return bytes
    }()

    /// The byte that a scalar stands for.
    static func byte(of scalar: UInt32) -> UInt8? {
        guard scalar < 0x144, byteOfScalar[Int(scalar)] >= 0 else { return nil }
        return UInt8(byteOfScalar[Int(scalar)])
    }

    /// `bytes` as files write them, in UTF-8.
    static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            let scalar = scalarOfByte[Int(byte)]
            if scalar < 0x80 {
                result.append(UInt8(scalar))
            } else {
                result.append(0xC0 | UInt8(scalar >> 6))
                result.append(0x80 | UInt8(scalar & 0x3F))
            }
        }
        return result
    }

    /// The bytes that `token`, in UTF-8, stands for; `nil` if a scalar is not of the alphabet.
    static func decode(_ token: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard let base = token.baseAddress else { return [] }
        var result: [UInt8] = []
        result.reserveCapacity(token.count)
        var index = 0
        while index < token.count {
            let (scalar, length) = StrictUTF8.decode(base + index, token.count - index)
            guard let scalar, scalar < 0x144, byteOfScalar[Int(scalar)] >= 0 else { return nil }
            result.append(UInt8(byteOfScalar[Int(scalar)]))
            index += length
        }
        return result
    }
}
