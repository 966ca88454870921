import ByteIO
import Tensors

/// What a file says about one of its tensors; row-major, little-endian.
public struct StoredTensor: Sendable {
    /// The published name, such as `h.0.attn.c_attn.weight`. Compare it as UTF-8 bytes.
    public let name: String
    /// The type of one element.
    public let dtype: DType
    /// The size of each dimension, outermost first; empty for a single number.
    public let shape: [Int]
    /// Where its bytes lie, counted from the start of the file's data (not of the file).
    public let range: Range<Int>

    /// How many elements it has. The shape was checked when the file was opened.
    public var elementCount: Int { shape.reduce(1, *) }
    /// How many bytes it takes in the file.
    public var byteCount: Int { range.count }
}

/// A safetensors file, mapped read-only into memory.
///
/// Opening checks everything there is to check, so a file that has opened can be read without
/// further errors. The bytes are those of the page cache, read from disk as they are touched.
/// Should another process cut the file short while it is open, the system ends this one (SIGBUS):
/// files on a network or in somebody else's hands are better copied first. NaN, infinities, and
/// booleans other than 0 and 1 are content, and are not looked at.
public final class SafetensorsFile: Sendable {
    /// The path it was opened by.
    public let path: String
    /// Every tensor, in the order in which the header names them.
    public let tensors: [StoredTensor]
    /// The text pairs under `__metadata__`, in order; `("format", "pt")` in most files.
    public let metadata: [(String, String)]

    private let mapping: MappedFile
    private let dataStart: Int
    private let positions: [ByteName: Int]

    /// Maps the file at `path` and checks its header against its length.
    ///
    /// Throws `.notFound`, `.truncated` or `.malformed`, and `.unsupported` for a sound file with a
    /// tensor of a type Martlet has not (F8_E4M3, F4, I16, U16, U32, U64, C64 …): such a file is
    /// refused as a whole, naming the tensor, since a model with a part left out is a wrong one.
    public init(_ path: String) throws(MartletError) {
        mapping = try MappedFile(path)
        let header = try SafetensorsHeader(of: mapping.bytes, place: path)
        self.path = path
        tensors = header.tensors
        metadata = header.metadata
        dataStart = header.dataStart
        var positions: [ByteName: Int] = [:]
        positions.reserveCapacity(tensors.count)
        for (position, tensor) in tensors.enumerated() {
            positions[ByteName(tensor.name)] = position
        }
        self.positions = positions
    }

    /// The tensor whose name has exactly the bytes of `name`.
    public func tensor(_ name: String) -> StoredTensor? {
        positions[ByteName(name)].map { tensors[$0] }
    }

    /// The bytes of one of this file's tensors: no copy, valid only while this object lives.
    ///
    /// They need not be aligned for the element type: see `isAligned`. A tensor of another file
    /// that reaches beyond this one's data is a precondition failure.
    public func bytes(of tensor: StoredTensor) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: mapping.bytes[fileRange(of: tensor)])
    }

    /// Whether the tensor's bytes may be used as elements in place; if not, copy them first.
    ///
    /// Old writers, and MLX's, do not pad the header.
    public func isAligned(_ tensor: StoredTensor) -> Bool {
        (dataStart + tensor.range.lowerBound).isMultiple(of: tensor.dtype.byteWidth)
    }

    /// Tells the system that the tensor's pages are no longer needed in memory; reading them again
    /// fetches them from disk.
    public func release(_ tensor: StoredTensor) {
        mapping.release(fileRange(of: tensor))
    }

    private func fileRange(of tensor: StoredTensor) -> Range<Int> {
        precondition(
            tensor.range.upperBound <= mapping.count - dataStart,
            "bytes(of:): tensor \(ByteName.quoted(tensor.name)) is not of the file \(path)")
        return dataStart + tensor.range.lowerBound..<dataStart + tensor.range.upperBound
    }
}
