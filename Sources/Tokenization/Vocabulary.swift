/// The bytes of every token, by id.
struct Vocabulary: Sendable {
    /// How a token is written in a file.
    enum Spelling: UInt8 {
        /// There is no token with this id.
        case hole
        /// In the byte alphabet, one scalar a byte.
        case byteAlphabet
        /// As the text it stands for.
        case literal
        /// As the text it stands for; the token is none of the model's.
        case added
        /// In the byte alphabet; the token is none of the model's.
        case addedByteAlphabet

        /// Whether the token is one of the model's.
        var isOfModel: Bool { self == .byteAlphabet || self == .literal }
    }

    private struct Entry {
        var start = 0
        var count: Int32 = 0
        var spelling = Spelling.hole
    }

    /// Ids are below this: a bound on the memory that a hostile file can ask for.
    static let idLimit = 1 << 24

    private var arena: [UInt8] = []
    private var entries: [Entry] = []

    init() {}

    /// The tokens with ids 0, 1, … written in the byte alphabet.
    init(_ tokens: some Sequence<some Collection<UInt8>>) {
        for token in tokens { set(entries.count, token, .byteAlphabet) }
    }

    /// The highest id, plus 1.
    var size: Int { entries.count }

    /// How the token `id` is written; a hole if there is none.
    func spelling(of id: Int) -> Spelling {
        entries.indices.contains(id) ? entries[id].spelling : .hole
    }

    /// The number of bytes of the token `id`, which must exist.
    func byteCount(of id: Int) -> Int {
        Int(entries[id].count)
    }

    /// The bytes of the token `id`, or `nil` if there is none.
    func bytes(of id: Int) -> ArraySlice<UInt8>? {
        guard spelling(of: id) != .hole else { return nil }
        return arena[entries[id].start..<entries[id].start + Int(entries[id].count)]
    }

    /// The bytes of `ids` one after the other as text, with U+FFFD for those that are none; nil if there is no token
    /// with one of the ids.
    func text(of ids: [Int32]) -> String? {
        var count = 0
        for id in ids {
            guard spelling(of: Int(id)) != .hole else { return nil }
            count += Int(entries[Int(id)].count)
        }
        return arena.withUnsafeBytes { arena in
            entries.withUnsafeBufferPointer { entries in
                // Most tokens are copied as one vector, and what is beyond their end overwritten by the next.
                String(unsafeUninitializedCapacity: count + Self.stride) { output in
                    let output = UnsafeMutableRawBufferPointer(output)
                    var end = 0
                    for id in ids {
                        let entry = entries[Int(id)]
                        if entry.count <= Self.stride, entry.start + Self.stride <= arena.count {
                            output.storeBytes(
                                of: arena.loadUnaligned(
                                    fromByteOffset: entry.start, as: SIMD16<UInt8>.self),
                                toByteOffset: end, as: SIMD16<UInt8>.self)
                        } else {
                            let range = entry.start..<entry.start + Int(entry.count)
                            output[end...].copyBytes(from: arena[range])
                        }
                        end += Int(entry.count)
                    }
                    return end
                }
            }
        }
    }

    private static var stride: Int { 16 }

    /// Defines the token `id`, at least 0 and below `idLimit`.
    mutating func set(_ id: Int, _ bytes: some Collection<UInt8>, _ spelling: Spelling) {
        while entries.count <= id { entries.append(Entry()) }
        entries[id] = Entry(start: arena.count, count: Int32(bytes.count), spelling: spelling)
        arena.append(contentsOf: bytes)
    }
}
