import ByteIO
import Tensors

/// The header of a safetensors file, checked against the whole file.
///
/// Layout: 8 bytes little-endian header length N · N bytes of JSON · data. The tensors must tile
/// the data: no hole, no overlap, nothing behind the last. Where this is stricter than the
/// reference implementation, it is on purpose: a name may stand only once, the header may not
/// begin with white space, and `SafetensorsLimits` bounds counts.
package struct SafetensorsHeader {
    /// The tensors in the order in which the header names them.
    package let tensors: [StoredTensor]
    /// The text pairs of `__metadata__`, in order.
    package let metadata: [(String, String)]
    /// Where the data begins, in bytes from the start of the file.
    package let dataStart: Int

    /// Reads and checks the header of the file whose content is `file`.
    ///
    /// Memory taken is bounded by the header's length, never by a number inside it.
    /// Throws `.truncated` when the file is shorter than it says, `.malformed` for anything else
    /// that breaks the format, `.unsupported` for a sound file with an element type Martlet lacks.
    package init(of file: UnsafeRawBufferPointer, place: String) throws(MartletError) {
        var lengthReader = ByteReader(file, place: place)
        let declared = try lengthReader.readUInt64()
        guard declared > 0, declared <= UInt64(SafetensorsLimits.headerBytes) else {
            throw MartletError(
                .malformed,
                "declares a header of \(declared) bytes; the format allows 1 to "
                    + "\(SafetensorsLimits.headerBytes)", at: place)
        }
        let headerCount = Int(declared)
        guard headerCount <= file.count - 8 else {
            throw MartletError(
                .truncated,
                "declares a header of \(headerCount) bytes, but only \(file.count - 8) follow",
                at: place)
        }
        dataStart = 8 + headerCount

        var reader = HeaderReader(
            text: UnsafeRawBufferPointer(rebasing: file[8..<dataStart]),
            dataCount: file.count - dataStart, place: place)
        try reader.read()
        try reader.checkTiling()
        tensors = try reader.storedTensors()
        metadata = reader.metadata
    }
}

/// The walk over the header's members, and what it has found.
private struct HeaderReader {
    private struct Declared {
        let name: String
        let type: FormatType
        let shape: [Int]
        let span: Range<Int>
    }

    let text: UnsafeRawBufferPointer
    let dataCount: Int
    let place: String
    private var declared: [Declared] = []
    private(set) var metadata: [(String, String)] = []

    init(text: UnsafeRawBufferPointer, dataCount: Int, place: String) {
        self.text = text
        self.dataCount = dataCount
        self.place = place
    }

    mutating func read() throws(MartletError) {
        var members = try JSONMembers(text, from: 0, place: place)
        var names = Set<ByteName>()
        while let member = try members.next() {
            // One byte of a name takes at most six bytes of JSON text.
            guard member.key.count <= 6 * SafetensorsLimits.nameBytes + 2 else {
                throw tooLong(member.key)
            }
            let name = try members.parseString(member.key, "a name")
            guard name.utf8.count <= SafetensorsLimits.nameBytes else { throw tooLong(member.key) }
            guard names.insert(ByteName(name)).inserted else {
                throw failure(.malformed, name, "is named twice")
            }
            if ByteName.equal(name, SafetensorsLimits.metadataKey) {
                try readMetadata(member.value)
            } else {
                guard declared.count < SafetensorsLimits.tensors else {
                    throw MartletError(
                        .malformed, "names more than \(SafetensorsLimits.tensors) tensors",
                        at: place)
                }
                guard member.value.count <= SafetensorsLimits.entryBytes else {
                    throw failure(
                        .malformed, name, "is described by \(member.value.count) bytes of JSON")
                }
                declared.append(try entry(name, try members.parse(member.value)))
            }
        }
        members.skipSpace()
        guard members.offset == text.count else {
            throw MartletError(
                .malformed, "byte \(members.offset) of the header follows its end", at: place)
        }
    }

    private mutating func readMetadata(_ range: Range<Int>) throws(MartletError) {
        // Cut at the value's end, so that a wrong bracket cannot lead the walk beyond it.
        let value = UnsafeRawBufferPointer(rebasing: text[..<range.upperBound])
        var members = try JSONMembers(value, from: range.lowerBound, place: place)
        var keys = Set<ByteName>()
        while let member = try members.next() {
            guard metadata.count < SafetensorsLimits.tensors else {
                throw MartletError(
                    .malformed, "has more than \(SafetensorsLimits.tensors) metadata", at: place)
            }
            let key = try members.parseString(member.key, "a metadata key")
            guard keys.insert(ByteName(key)).inserted else {
                throw MartletError(
                    .malformed, "metadata \(ByteName.quoted(key)) stands twice", at: place)
            }
            metadata.append((key, try members.parseString(member.value, "a metadata value")))
        }
        guard members.offset == range.upperBound else {
            throw MartletError(.malformed, "metadata is not one JSON object", at: place)
        }
    }

    private func entry(_ name: String, _ value: JSONValue) throws(MartletError) -> Declared {
        guard value.object != nil else { throw failure(.malformed, name, "is not a JSON object") }
        guard let typeName = value["dtype"]?.string else {
            throw failure(.malformed, name, "has no dtype")
        }
        guard let type = FormatType.named(typeName) else {
            throw failure(.malformed, name, "has the unknown dtype \(ByteName.quoted(typeName))")
        }
        guard let shape = sizes(value["shape"]) else {
            throw failure(.malformed, name, "has no shape of whole numbers")
        }
        guard shape.count <= SafetensorsLimits.dimensions else {
            throw failure(.malformed, name, "has \(shape.count) dimensions")
        }
        guard let offsets = sizes(value["data_offsets"]), offsets.count == 2 else {
            throw failure(.malformed, name, "has no two data_offsets")
        }
        guard offsets[0] <= offsets[1] else {
            throw failure(.malformed, name, "has data_offsets \(offsets) that run backwards")
        }
        let span = offsets[0]..<offsets[1]
        guard span.upperBound <= dataCount else {
            throw failure(
                .truncated, name,
                "ends at byte \(span.upperBound) of the data, of which there are \(dataCount)")
        }
        let bits = checkedElementCount(shape)?.multipliedReportingOverflow(by: type.bits)
        guard let bits, !bits.overflow else {
            throw failure(.malformed, name, "has the shape \(shape), more elements than can be")
        }
        guard bits.partialValue % 8 == 0 else {
            throw failure(
                .malformed, name, "of dtype \(type.name) and shape \(shape) is no whole bytes")
        }
        guard bits.partialValue / 8 == span.count else {
            throw failure(
                .malformed, name,
                "of dtype \(type.name) and shape \(shape) needs \(bits.partialValue / 8) bytes, "
                    + "its data_offsets hold \(span.count)")
        }
        return Declared(name: name, type: type, shape: shape, span: span)
    }

    /// In the order of their bytes, each tensor must begin where the last one ended, and the last
    /// must end with the data.
    func checkTiling() throws(MartletError) {
        let order = declared.indices.sorted {
            let (left, right) = (declared[$0].span, declared[$1].span)
            return (left.lowerBound, left.upperBound) < (right.lowerBound, right.upperBound)
        }
        var end = 0
        for tensor in order {
            let span = declared[tensor].span
            guard span.lowerBound == end else {
                throw failure(
                    .malformed, declared[tensor].name,
                    span.lowerBound < end
                        ? "begins at byte \(span.lowerBound) of the data, inside another tensor"
                        : "leaves a hole before it: bytes \(end)..<\(span.lowerBound) of the data")
            }
            end = span.upperBound
        }
        guard end == dataCount else {
            throw MartletError(
                .malformed, "has \(dataCount - end) bytes behind the last tensor", at: place)
        }
    }

    func storedTensors() throws(MartletError) -> [StoredTensor] {
        var stored: [StoredTensor] = []
        stored.reserveCapacity(declared.count)
        for tensor in declared {
            guard let dtype = tensor.type.dtype else {
                throw failure(
                    .unsupported, tensor.name,
                    "has the dtype \(tensor.type.name), which Martlet does not read")
            }
            stored.append(
                StoredTensor(
                    name: tensor.name, dtype: dtype, shape: tensor.shape, range: tensor.span))
        }
        return stored
    }

    /// An array of whole numbers, spelled without sign, point or exponent.
    private func sizes(_ value: JSONValue?) -> [Int]? {
        guard let elements = value?.array else { return nil }
        var sizes: [Int] = []
        for element in elements {
            guard case .number(let number) = element,
                number.lexeme.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let size = number.int
            else { return nil }
            sizes.append(size)
        }
        return sizes
    }

    private func failure(
        _ code: MartletError.Code, _ name: String, _ what: String
    ) -> MartletError {
        MartletError(code, "tensor \(ByteName.quoted(name)) \(what)", at: place)
    }

    private func tooLong(_ key: Range<Int>) -> MartletError {
        MartletError(
            .malformed,
            "the name at byte \(key.lowerBound) is longer than "
                + "\(SafetensorsLimits.nameBytes) bytes", at: place)
    }
}
