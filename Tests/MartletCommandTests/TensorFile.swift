import ByteIO

/// A safetensors file, read with nothing but the format's description: 8 bytes of header length,
/// a JSON header, the data.
struct TensorFile {
    struct Entry {
        let dtype: String
        let shape: [Int]
        let range: Range<Int>
    }

    private(set) var entries: [String: Entry] = [:]
    private let data: [UInt8]

    init(_ path: String) throws(MartletError) {
        let bytes = try Files.read(path)
        guard bytes.count >= 8 else { throw MartletError(.truncated, "no header", at: path) }
        let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        guard bytes.count >= 8 + length else {
            throw MartletError(.truncated, "the header is cut", at: path)
        }
        let header = try JSONValue(parsing: Array(bytes[8..<8 + length]), place: path)
        data = Array(bytes[(8 + length)...])
        var end = 0
        for (name, value) in header.object ?? [:] where name != "__metadata__" {
            let offsets = (value["data_offsets"]?.array ?? []).compactMap(\.int)
            let shape = (value["shape"]?.array ?? []).compactMap(\.int)
            guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= data.count,
                let dtype = value["dtype"]?.string
            else { throw MartletError(.malformed, "no tensor: \(value.text())", at: path) }
            entries[name] = Entry(dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
            end = max(end, offsets[1])
        }
        guard end == data.count, !entries.isEmpty else {
            throw MartletError(.malformed, "\(data.count) bytes, \(end) used", at: path)
        }
    }

    /// The values of a float32 tensor; none if there is no such tensor.
    func floats(_ name: String) -> [Float] {
        guard let entry = entries[name], entry.dtype == "F32" else { return [] }
        return stride(from: entry.range.lowerBound, to: entry.range.upperBound, by: 4).map { at in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[at + $1]) << (8 * $1) })
        }
    }
}
