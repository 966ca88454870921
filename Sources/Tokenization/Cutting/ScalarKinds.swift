/// A set of kinds of scalars: a bit for each general category, and two for white space among the controls.
struct ScalarKinds: OptionSet, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The categories from one to another, in their order.
    @inline(__always)
    private init(_ first: GeneralCategory, _ last: GeneralCategory) {
        rawValue = (2 << UInt32(last.rawValue)) - (1 << UInt32(first.rawValue))
    }

    // Computed, so that they are constants where they are used and not looked up in the scanners' loops.

    /// A tab and other controls that are white space, but no line breaks.
    static var blankControl: ScalarKinds { ScalarKinds(rawValue: 1 << 30) }
    /// `\r` and `\n`.
    static var newline: ScalarKinds { ScalarKinds(rawValue: 1 << 31) }

    static var space: ScalarKinds { [blankControl, newline, ScalarKinds(.zs, .zp)] }
    static var letter: ScalarKinds { ScalarKinds(.lu, .lo) }
    static var mark: ScalarKinds { ScalarKinds(.mn, .me) }
    static var number: ScalarKinds { ScalarKinds(.nd, .no) }
    static var punctuation: ScalarKinds { ScalarKinds(.pc, .po) }
    static var symbol: ScalarKinds { ScalarKinds(.sm, .so) }
    /// Letters and marks that may stand in the capital part of a word.
    static var upper: ScalarKinds { [ScalarKinds(.lu, .lu), ScalarKinds(.lt, .lo), mark] }
    /// Those that may stand in the small part.
    static var lower: ScalarKinds { [ScalarKinds(.ll, .ll), ScalarKinds(.lm, .lo), mark] }
    /// What is neither letter, number nor space.
    static var others: ScalarKinds {
        ScalarKinds(rawValue: ~(letter.rawValue | number.rawValue | space.rawValue))
    }

    /// The number of each scalar's bit, below U+10000.
    static let basicPlane: [UInt8] = {
        var table = [UInt8](repeating: GeneralCategory.cn.rawValue, count: 0x10000)
        let runs = CategoryTables.runs
        for (index, run) in runs.enumerated() {
            let start = Int(run >> 5)
            let end = index + 1 < runs.count ? Int(runs[index + 1] >> 5) : 0x110000
            for value in min(start, 0x10000)..<min(end, 0x10000) { table[value] = UInt8(run & 31) }
        }
        for value in [0x09, 0x0B, 0x0C, 0x85] { table[value] = 30 }
        for value in [0x0A, 0x0D] { table[value] = 31 }
        return table
    }()
}

/// A text whose scalars are looked up by kind; bytes that are not UTF-8 are unassigned ones of their own.
///
/// Made by ``KindReader/reading(_:_:)``, whose scope it must not leave.
struct KindReader {
    let text: UnsafePointer<UInt8>
    let count: Int
    /// The kinds of ASCII.
    private let ascii: UnsafePointer<ScalarKinds>
    private let kinds: UnsafePointer<UInt8>

    private static let asciiKinds: [ScalarKinds] = (0..<128).map {
        ScalarKinds(rawValue: 1 << UInt32(ScalarKinds.basicPlane[$0]))
    }

    static func reading<Result>(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (KindReader) -> Result
    ) -> Result? {
        guard let base = text.baseAddress else { return nil }
        return asciiKinds.withUnsafeBufferPointer { ascii in
            ScalarKinds.basicPlane.withUnsafeBufferPointer { kinds in
                guard let ascii = ascii.baseAddress, let kinds = kinds.baseAddress else {
                    return nil
                }
                return body(KindReader(text: base, count: text.count, ascii: ascii, kinds: kinds))
            }
        }
    }

    /// The kind of the scalar at `index`, below the count, and its length.
    @inline(__always)
    func scalar(at index: Int) -> (kind: ScalarKinds, length: Int) {
        let byte = text[index]
        if byte < 0x80 { return (ascii[Int(byte)], 1) }
        return wideScalar(at: index)
    }

    @inline(never)
    private func wideScalar(at index: Int) -> (kind: ScalarKinds, length: Int) {
        let (value, length) = StrictUTF8.decode(text + index, count - index)
        guard let value else {
            return (ScalarKinds(rawValue: 1 << UInt32(GeneralCategory.cn.rawValue)), 1)
        }
        let bit = value < 0x10000 ? kinds[Int(value)] : TextTables.category(of: value).rawValue
        return (ScalarKinds(rawValue: 1 << UInt32(bit)), length)
    }

    /// Where the run of scalars of `kinds` that goes on at `start` ends.
    @inline(__always)
    func runEnd(_ kinds: ScalarKinds, from start: Int) -> Int {
        var index = start
        while index < count {
            let (kind, length) = scalar(at: index)
            if kind.isDisjoint(with: kinds) { break }
            index &+= length
        }
        return index
    }

    /// Where the run of scalars of `kinds` that goes on at `start` ends, after at most `limit` of them.
    func runEnd(_ kinds: ScalarKinds, from start: Int, limit: Int) -> Int {
        var (index, left) = (start, limit)
        while index < count, left > 0 {
            let (kind, length) = scalar(at: index)
            if kind.isDisjoint(with: kinds) { break }
            index += length
            left -= 1
        }
        return index
    }

    /// The end of a piece of white space that begins at `start`: `\s*[\r\n]+|\s+(?!\S)|\s+`.
    ///
    /// - Parameter takesTail: whether white space at the end of the text is one piece even with line breaks in it
    func spaceEnd(from start: Int, takesTail: Bool) -> Int {
        var (index, last, afterNewline) = (start, start, start)
        while index < count {
            let (kind, length) = scalar(at: index)
            if kind.isDisjoint(with: .space) { break }
            last = index
            index += length
            if kind == .newline { afterNewline = index }
        }
        if takesTail, index == count { return index }
        if afterNewline > start { return afterNewline }
        return index == count || last == start ? index : last
    }

    /// The length of an English contraction ('s, 'LL, …) at `index`, with its apostrophe; 0 if there is none. Case
    /// does not count, and ſ is an s.
    func contraction(at index: Int) -> Int {
        guard index + 1 < count, text[index] == UInt8(ascii: "'") else { return 0 }
        let second = index + 2 < count ? text[index + 2] | 0x20 : 0
        switch text[index + 1] | 0x20 {
        case UInt8(ascii: "s"), UInt8(ascii: "d"), UInt8(ascii: "m"), UInt8(ascii: "t"):
            // Only letters differ in that bit alone from letters.
            return text[index + 1] >= 0x41 ? 2 : 0
        case UInt8(ascii: "l") where text[index + 1] >= 0x41:
            return second == UInt8(ascii: "l") && text[index + 2] >= 0x41 ? 3 : 0
        case UInt8(ascii: "v") where text[index + 1] >= 0x41,
            UInt8(ascii: "r") where text[index + 1] >= 0x41:
            return second == UInt8(ascii: "e") && text[index + 2] >= 0x41 ? 3 : 0
        case 0xE5 where text[index + 1] == 0xC5:
            return index + 2 < count && text[index + 2] == 0xBF ? 3 : 0
        default:
            return 0
        }
    }
}
