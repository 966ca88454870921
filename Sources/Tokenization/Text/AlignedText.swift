/// Text on its way through a tokenizer: what normalization and cutting have made of it so far, and
/// for each of its bytes the bytes of the source it stands for.
///
/// All bytes of one scalar have the same origin. Where nobody asks for offsets the origins are left
/// out, which halves the work.
struct AlignedText: Sendable {
    /// A range of bytes of the source.
    struct Origin: Sendable, Equatable {
        var start: Int32
        var end: Int32
    }

    /// The text, valid UTF-8.
    private(set) var bytes: [UInt8] = []
    private var origins: [Origin] = []
    let isTracked: Bool

    /// An empty text.
    init(isTracked: Bool) {
        self.isTracked = isTracked
    }

    /// `source`, which must be valid UTF-8, as it stands from byte `start` of the whole on.
    init(_ source: UnsafeBufferPointer<UInt8>, from start: Int, isTracked: Bool) {
        bytes = Array(source)
        self.isTracked = isTracked
        guard isTracked else { return }
        origins.reserveCapacity(bytes.count)
        forEachScalar(in: 0..<bytes.count) { _, range in
            let origin = Origin(
                start: Int32(truncatingIfNeeded: start + range.lowerBound),
                end: Int32(truncatingIfNeeded: start + range.upperBound))
            for _ in range { origins.append(origin) }
        }
    }

    /// A text whose bytes come from where `starts` say; each scalar's origin ends where that of the next begins, the last
    /// one's at `end`.
    init(_ bytes: [UInt8], starts: [Int32], end: Int32, isTracked: Bool) {
        self.bytes = bytes
        self.isTracked = isTracked
        guard isTracked else { return }
        origins.reserveCapacity(bytes.count)
        forEachScalar(in: 0..<bytes.count) { _, range in
            let next = range.upperBound < starts.count ? starts[range.upperBound] : end
            let origin = Origin(start: starts[range.lowerBound], end: next)
            for _ in range { origins.append(origin) }
        }
    }

    /// The number of bytes.
    var count: Int { bytes.count }

    /// Where the scalar that the byte `index` belongs to came from.
    @inline(__always)
    func origin(at index: Int) -> Origin {
        isTracked ? origins[index] : Origin(start: 0, end: 0)
    }

    /// The bytes of the source that `range` stands for; none, where the text at `range` begins, if it is empty.
    func source(of range: Range<Int>) -> Range<Int> {
        guard isTracked, let last = origins.last else { return 0..<0 }
        if range.isEmpty {
            let start =
                range.lowerBound < origins.count ? origins[range.lowerBound].start : last.end
            return Int(start)..<Int(start)
        }
        let (start, end) = (origins[range.lowerBound].start, origins[range.upperBound - 1].end)
        return Int(start)..<Int(max(start, end))
    }

    /// Calls `body` with every scalar of `range`, whose ends are those of scalars.
    @inline(__always)
    func forEachScalar(in range: Range<Int>, _ body: (UInt32, Range<Int>) -> Void) {
        bytes.withUnsafeBufferPointer { bytes in
            var index = range.lowerBound
            while index < range.upperBound {
                let (value, length) = UTF8Scalars.decode(bytes, at: index)
                body(value, index..<index + length)
                index += length
            }
        }
    }

    /// The scalar that begins at byte `index`, and the number of its bytes.
    func scalar(at index: Int) -> (value: UInt32, length: Int) {
        bytes.withUnsafeBufferPointer { UTF8Scalars.decode($0, at: index) }
    }

    // MARK: - Building

    mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(count)
        if isTracked { origins.reserveCapacity(count) }
    }

    /// Appends a scalar.
    @inline(__always)
    mutating func append(_ value: UInt32, _ origin: Origin) {
        let before = bytes.count
        UTF8Scalars.append(value, to: &bytes)
        if isTracked { for _ in before..<bytes.count { origins.append(origin) } }
    }

    /// Appends text that all comes from one place.
    mutating func append(_ text: some Collection<UInt8>, _ origin: Origin) {
        bytes.append(contentsOf: text)
        if isTracked { for _ in text { origins.append(origin) } }
    }

    /// Appends a part of another text.
    mutating func append(_ other: AlignedText, _ range: Range<Int>) {
        bytes.append(contentsOf: other.bytes[range])
        if isTracked { origins.append(contentsOf: other.origins[range]) }
    }

    /// The text made of what `body` appends for each of this one's scalars.
    func rebuilt(
        _ body: (inout AlignedText, _ value: UInt32, _ range: Range<Int>) -> Void
    ) -> AlignedText {
        var result = AlignedText(isTracked: isTracked)
        result.reserve(count)
        forEachScalar(in: 0..<count) { body(&result, $0, $1) }
        return result
    }

    /// Only the scalars that `keeps` says yes to.
    func filtered(_ keeps: (UInt32) -> Bool) -> AlignedText {
        rebuilt { result, value, range in
            if keeps(value) { result.append(value, origin(at: range.lowerBound)) }
        }
    }

    /// One scalar of new text and how many it stands for: 0 in place of one, 1 without any (it comes
    /// from where the one before it does), -n in place of one and the n after it.
    typealias Edit = (value: UInt32, change: Int)

    /// The text with every scalar replaced as `edits` say.
    func applying(_ edits: [Edit]) -> AlignedText {
        var result = AlignedText(isTracked: isTracked)
        result.reserve(count)
        var index = 0
        func step() {
            if index < bytes.count { index += scalar(at: index).length }
        }
        for edit in edits {
            guard isTracked else {
                UTF8Scalars.append(edit.value, to: &result.bytes)
                continue
            }
            if edit.change > 0 {
                result.append(edit.value, index > 0 ? origin(at: index - 1) : startOrigin)
                continue
            }
            result.append(
                edit.value, index < bytes.count ? origin(at: index) : endOrigin)
            for _ in 0...(-edit.change) { step() }
        }
        return result
    }

    /// Where text is that stands before everything.
    var startOrigin: Origin {
        let start = origins.first?.start ?? 0
        return Origin(start: start, end: start)
    }

    private var endOrigin: Origin { origins.last ?? Origin(start: 0, end: 0) }
}

/// Scalars of text that is known to be valid UTF-8.
enum UTF8Scalars {
    /// The scalar at `index`, below the count; U+FFFD for a byte that begins none.
    @inline(__always)
    static func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, at index: Int
    ) -> (value: UInt32, length: Int) {
        let first = bytes[index]
        if first < 0x80 { return (UInt32(first), 1) }
        guard let base = bytes.baseAddress else { return (0xFFFD, 1) }
        let (value, length) = StrictUTF8.decode(base + index, bytes.count - index)
        return (value ?? 0xFFFD, length)
    }

    /// Appends `value`, or U+FFFD if it is no scalar.
    @inline(__always)
    static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        switch value {
        case 0..<0x80:
            bytes.append(UInt8(value))
        case 0x80..<0x800:
            bytes.append(0xC0 | UInt8(value >> 6))
            bytes.append(0x80 | UInt8(value & 0x3F))
        case 0xD800..<0xE000, 0x110000...:
            append(0xFFFD, to: &bytes)
        case 0x800..<0x10000:
            bytes.append(0xE0 | UInt8(value >> 12))
            bytes.append(0x80 | UInt8(value >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(value & 0x3F))
        default:
            bytes.append(0xF0 | UInt8(value >> 18))
            bytes.append(0x80 | UInt8(value >> 12 & 0x3F))
            bytes.append(0x80 | UInt8(value >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(value & 0x3F))
        }
    }

    /// Where `bytes` stops being valid UTF-8, or nil.
    static func firstInvalid(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var index = 0
        while index < bytes.count {
            if bytes[index] < 0x80 {
                index += 1
                continue
            }
            let (value, length) = StrictUTF8.decode(base + index, bytes.count - index)
            if value == nil { return index }
            index += length
        }
        return nil
    }

    /// The scalars of `text`.
    static func values(_ text: [UInt8]) -> [UInt32] {
        text.withUnsafeBufferPointer { bytes in
            var result: [UInt32] = []
            var index = 0
            while index < bytes.count {
                let (value, length) = decode(bytes, at: index)
                result.append(value)
                index += length
            }
            return result
        }
    }
}
