/// What GPT-2's splitting rule asks about a scalar.
///
/// The raw values are those of `UnicodeTables.runs`.
enum ScalarClass: UInt8 {
    case other = 0
    /// `\p{L}`
    case letter = 1
    /// `\p{N}`
    case number = 2
    /// `\s`, the White_Space property.
    case space = 3
}

/// Looks up the class of a scalar in UTF-8 text: a table for ASCII, a search for the rest.
///
/// Made by `withTables`, whose scope it must not leave.
struct ScalarClasses {
    private let ascii: UnsafePointer<ScalarClass>
    private let runs: UnsafeBufferPointer<UInt32>
    // The run of the last scalar looked up: most text stays within a few runs.
    private var runStart: UInt32 = 1
    private var runEnd: UInt32 = 0
    private var runClass = ScalarClass.other

    private init(ascii: UnsafePointer<ScalarClass>, runs: UnsafeBufferPointer<UInt32>) {
        self.ascii = ascii
        self.runs = runs
    }

    /// The classes of the 128 ASCII scalars; the upper half, never asked for, is `other`.
    private static let asciiTable: [ScalarClass] =
        UnicodeTables.runs.withUnsafeBufferPointer { runs in
            (0..<256).map { $0 < 128 ? run(of: $0, in: runs).class : .other }
        }

    /// Calls `body` with the tables.
    static func withTables<Result>(_ body: (ScalarClasses) -> Result) -> Result {
        asciiTable.withUnsafeBufferPointer { ascii in
            UnicodeTables.runs.withUnsafeBufferPointer { runs in
                guard let base = ascii.baseAddress else { preconditionFailure("empty table") }
                return body(ScalarClasses(ascii: base, runs: runs))
            }
        }
    }

    /// The class of the scalar that starts at `index` and its length in bytes. A byte that starts
    /// no valid scalar is one of class `other`, as U+FFFD would be.
    @inline(__always)
    mutating func scalar(
        at index: Int, in text: UnsafePointer<UInt8>, count: Int
    ) -> (class: ScalarClass, length: Int) {
        let byte = text[index]
        if byte < 0x80 { return (ascii[Int(byte)], 1) }
        return wideScalar(at: index, in: text, count: count)
    }

    @inline(never)
    private mutating func wideScalar(
        at index: Int, in text: UnsafePointer<UInt8>, count: Int
    ) -> (class: ScalarClass, length: Int) {
        let (scalar, length) = StrictUTF8.decode(text + index, count - index)
        guard let scalar else { return (.other, 1) }
        if scalar < runStart || scalar >= runEnd {
            (runStart, runEnd, runClass) = Self.run(of: scalar, in: runs)
        }
        return (runClass, length)
    }

    /// The run of `runs` that holds `scalar`: its first scalar, the first one after it, its class.
    private static func run(
        of scalar: UInt32, in runs: UnsafeBufferPointer<UInt32>
    ) -> (start: UInt32, end: UInt32, class: ScalarClass) {
        var low = 0
        var high = runs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle] >> 2 <= scalar { low = middle } else { high = middle }
        }
        let end = high < runs.count ? runs[high] >> 2 : 0x110000
        return (runs[low] >> 2, end, ScalarClass(rawValue: UInt8(runs[low] & 3)) ?? .other)
    }
}
