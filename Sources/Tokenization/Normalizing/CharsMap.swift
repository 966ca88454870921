/// SentencePiece's compiled map from strings to what they are normalized to: a double-array trie (Aoe 1989, in
/// darts-clone's layout) and the strings that its values point at, each ended by a zero.
struct CharsMap: Sendable, Equatable {
    private let units: [UInt32]
    private let strings: [UInt8]

    /// Reads the map, or says why it is none.
    init(_ blob: [UInt8]) throws(CharsMapFailure) {
        func word(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(blob[offset + $1]) << UInt32(8 * $1) }
        }
        guard blob.count >= 4 else { throw CharsMapFailure(message: "is shorter than its header") }
        let size = Int(word(0))
        guard size % 4 == 0, size >= 4, size <= blob.count - 4 else {
            throw CharsMapFailure(message: "has a trie of \(size) bytes in \(blob.count)")
        }
        units = (0..<size / 4).map { word(4 + 4 * $0) }
        strings = Array(blob[(4 + size)...])
    }

    /// Strings of the map are shorter; a damaged one could go round in a circle.
    private static var longestString: Int { 1024 }

    /// The value of the shortest string of the map that `range` of `text` begins with.
    private func shortestPrefix(
        of text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Int? {
        var node = Self.offset(units[0])
        for index in range.prefix(Self.longestString) {
            let byte = text[index]
            if byte == 0 { return nil }
            node ^= Int(byte)
            guard node < units.count else { return nil }
            let unit = units[node]
            guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
            node ^= Self.offset(unit)
            guard node < units.count else { return nil }
            if unit >> 8 & 1 != 0 { return Int(units[node] & 0x7FFF_FFFF) }
        }
        return nil
    }

    /// The longest string of the map that `text` has at `start`: its length, and what takes its place.
    func longestPrefix(
        of text: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> (length: Int, new: ArraySlice<UInt8>)? {
        var found: (length: Int, value: Int)?
        var node = Self.offset(units[0])
        for index in start..<min(text.count, start + Self.longestString) {
            let byte = text[index]
            if byte == 0 { break }
            node ^= Int(byte)
            guard node < units.count else { break }
            let unit = units[node]
            guard unit & 0x8000_00FF == UInt32(byte) else { break }
            node ^= Self.offset(unit)
            guard node < units.count else { break }
            if unit >> 8 & 1 != 0 {
                found = (index + 1 - start, Int(units[node] & 0x7FFF_FFFF))
            }
        }
        return found.map { ($0.length, string(at: $0.value)) }
    }

    private static func offset(_ unit: UInt32) -> Int {
        Int((unit >> 10) << ((unit & 1 << 9) >> 6))
    }

    private func string(at place: Int) -> ArraySlice<UInt8> {
        guard place < strings.count else { return [] }
        let end = strings[place...].firstIndex(of: 0) ?? strings.count
        return strings[place..<end]
    }

    /// What a whole part of text becomes by the reference's rule: it is looked up as a whole, but what
    /// its shortest prefix in the map stands for takes its place.
    private func replacement(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> ArraySlice<UInt8>? {
        shortestPrefix(of: text, range).map { string(at: $0) }
    }

    /// What becomes of each scalar of `text`: characters as people see them first, if they are shorter than 6 bytes, and
    /// scalars where those are not in the map, as Hugging Face's `Precompiled`.
    func edits(of text: AlignedText) throws(RegexFailure) -> [AlignedText.Edit] {
        var edits: [AlignedText.Edit] = []
        edits.reserveCapacity(text.count)
        // The one place where Swift's characters, grapheme clusters, are what is asked for.
        var isTooMuch = false
        text.bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            for character in String(decoding: text.bytes, as: UTF8.self) {
                let range = start..<start + character.utf8.count
                start = range.upperBound
                isTooMuch = GrowthLimit.isExceeded(edits.count, from: bytes.count)
                if isTooMuch { break }
                if range.count < 6, let new = replacement(bytes, range) {
                    Self.append(new, for: bytes, range, to: &edits)
                    continue
                }
                var index = range.lowerBound
                while index < range.upperBound {
                    let (value, length) = UTF8Scalars.decode(bytes, at: index)
                    if let new = replacement(bytes, index..<index + length) {
                        Self.append(new, for: bytes, index..<index + length, to: &edits)
                    } else {
                        edits.append((value, 0))
                    }
                    index += length
                }
            }
        }
        if isTooMuch { throw RegexFailure() }
        return edits
    }

    private static func append(
        _ new: ArraySlice<UInt8>, for text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
        to edits: inout [AlignedText.Edit]
    ) {
        let values = UTF8Scalars.values(Array(new))
        let oldCount = text[range].reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        for (number, value) in values.enumerated() {
            edits.append((value, number < oldCount ? 0 : 1))
        }
        if values.count < oldCount, !edits.isEmpty {
            edits[edits.count - 1].change -= oldCount - values.count
        }
    }
}

/// Why bytes are no map of characters.
struct CharsMapFailure: Error {
    var message: String
}
