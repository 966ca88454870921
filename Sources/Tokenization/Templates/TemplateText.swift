/// A string as Python has it: a sequence of Unicode scalars, which lengths and indices count.
///
/// The scalars are held in UTF-8, always valid; where all are ASCII an index is an offset.
struct TemplateText: Sendable {
    let bytes: [UInt8]
    /// The number of scalars, which is what Python calls the length.
    let count: Int
    /// Whether the `safe` or `escape` filter made it: what is added to it is escaped for HTML.
    var isMarkup = false

    static let empty = TemplateText(bytes: [], count: 0)

    /// The text in `bytes`, valid UTF-8.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var continuations = 0
        for byte in bytes where byte & 0xC0 == 0x80 { continuations += 1 }
        count = bytes.count - continuations
    }

    init(_ slice: ArraySlice<UInt8>) { self.init(Array(slice)) }

    init(_ string: String) { self.init(Array(string.utf8)) }

    private init(bytes: [UInt8], count: Int) {
        self.bytes = bytes
        self.count = count
    }

    var string: String { String(decoding: bytes, as: UTF8.self) }
    var isASCII: Bool { count == bytes.count }
    var isEmpty: Bool { bytes.isEmpty }

    /// What errors show of it.
    var excerpt: String { Self.excerpt(bytes[...]) }

    /// What errors show of a text, which may be long while errors are many.
    static func excerpt(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.count > 200 else { return String(decoding: bytes, as: UTF8.self) }
        let end = bytes.prefix(101).lastIndex { $0 & 0xC0 != 0x80 } ?? bytes.startIndex
        return String(decoding: bytes[..<end], as: UTF8.self) + "…"
    }

    func marked(_ isMarkup: Bool) -> TemplateText {
        var text = self
        text.isMarkup = isMarkup
        return text
    }

    // MARK: - Scalars

    /// Where in the bytes the scalar at `index` starts; `index` is within 0...count.
    func offset(_ index: Int) -> Int {
        if isASCII { return min(max(index, 0), bytes.count) }
        if index >= count { return bytes.count }
        var remaining = index
        var offset = 0
        while remaining > 0, offset < bytes.count {
            offset += Self.length(of: bytes[offset])
            remaining -= 1
        }
        return min(offset, bytes.count)
    }

    /// How many scalars stand before the byte `offset`.
    func index(atOffset offset: Int) -> Int {
        if isASCII { return offset }
        var index = 0
        for byte in bytes[..<min(offset, bytes.count)] where byte & 0xC0 != 0x80 { index += 1 }
        return index
    }

    /// The scalars `lower..<upper`, both within 0...count.
    func slice(_ lower: Int, _ upper: Int) -> TemplateText {
        guard lower < upper else { return TemplateText.empty.marked(isMarkup) }
        let start = offset(lower)
        let end = upper >= count ? bytes.count : offset(upper)
        return TemplateText(bytes: Array(bytes[start..<max(start, end)]), count: upper - lower)
            .marked(isMarkup)
    }

    /// The scalars, one by one, as texts.
    var characters: [TemplateText] {
        var result: [TemplateText] = []
        result.reserveCapacity(count)
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + Self.length(of: bytes[offset]), bytes.count)
            result.append(
                TemplateText(bytes: Array(bytes[offset..<end]), count: 1).marked(isMarkup))
            offset = end
        }
        return result
    }

    var scalars: [Unicode.Scalar] { Array(string.unicodeScalars) }

    init(scalars: some Sequence<Unicode.Scalar>) {
        var bytes: [UInt8] = []
        for scalar in scalars { bytes.append(scalar) }
        self.init(bytes)
    }

    /// The length of the scalar that `lead` starts.
    private static func length(of lead: UInt8) -> Int {
        lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    }

    // MARK: - Composing

    /// Both, one after the other. Where only one is markup, the other is escaped.
    func adding(_ other: TemplateText) -> TemplateText {
        guard isMarkup || other.isMarkup else {
            return TemplateText(bytes: bytes + other.bytes, count: count + other.count)
        }
        let (left, right) = (escaped(), other.escaped())
        return TemplateText(bytes: left.bytes + right.bytes, count: left.count + right.count)
            .marked(true)
    }

    func repeated(_ times: Int) -> TemplateText {
        guard times > 0, !isEmpty else { return TemplateText.empty.marked(isMarkup) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count &* times)
        for _ in 0..<times { result.append(contentsOf: bytes) }
        return TemplateText(bytes: result, count: count &* times).marked(isMarkup)
    }

    func reversed() -> TemplateText {
        if isASCII {
            return TemplateText(bytes: bytes.reversed(), count: count).marked(isMarkup)
        }
        return TemplateText(scalars: scalars.reversed()).marked(isMarkup)
    }

    /// As markup: with `& < > ' "` as entities, unless it is markup already.
    func escaped() -> TemplateText {
        guard !isMarkup else { return self }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "&"): result.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): result.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): result.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "'"): result.append(contentsOf: "&#39;".utf8)
            case UInt8(ascii: "\""): result.append(contentsOf: "&#34;".utf8)
            default: result.append(byte)
            }
        }
        return TemplateText(result).marked(true)
    }

    /// The number of bytes of `escaped()`.
    var escapedLength: Int {
        guard !isMarkup else { return bytes.count }
        var count = bytes.count
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "<"), UInt8(ascii: ">"): count += 3
            case UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "\""): count += 4
            default: break
            }
        }
        return count
    }

    // MARK: - Comparing

    func hasPrefix(_ prefix: TemplateText) -> Bool { bytes.starts(with: prefix.bytes) }

    func hasSuffix(_ suffix: TemplateText) -> Bool {
        bytes.count >= suffix.bytes.count
            && bytes[(bytes.count - suffix.bytes.count)...].elementsEqual(suffix.bytes)
    }

    /// Whether it comes before `other` by scalars, which is the order of the bytes.
    func precedes(_ other: TemplateText) -> Bool {
        bytes.lexicographicallyPrecedes(other.bytes)
    }
}

extension Array where Element == UInt8 {
    /// Appends the UTF-8 of `scalar`.
    mutating func append(_ scalar: Unicode.Scalar) {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte) }
    }
}
