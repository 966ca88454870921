/// The general category of a scalar, by its Unicode abbreviation.
///
/// The raw values are those of `CategoryTables.runs`.
enum GeneralCategory: UInt8, CaseIterable, Sendable {
    /// Letters: uppercase, lowercase, titlecase, modifier, other.
    case lu, ll, lt, lm, lo
    /// Marks: nonspacing, spacing, enclosing.
    case mn, mc, me
    /// Numbers: decimal digit, letter, other.
    case nd, nl, no
    /// Punctuation: connector, dash, open, close, initial quote, final quote, other.
    case pc, pd, ps, pe, pi, pf, po
    /// Symbols: mathematical, currency, modifier, other.
    case sm, sc, sk, so
    /// Separators: space, line, paragraph.
    case zs, zl, zp
    /// Others: control, format, surrogate, private use, unassigned.
    case cc, cf, cs, co, cn
}

/// What the generated tables say of a scalar.
///
/// Every function takes any number: one above U+10FFFF is an unassigned scalar that nothing
/// changes. The answers are those of Hugging Face's `tokenizers`, whose parts follow different
/// Unicode versions: a scalar may be a letter here and unknown to the normal forms.
enum TextTables {
    private static let end: UInt32 = 0x110000

    // MARK: Categories and scripts

    /// The category of a scalar, as `\p{…}` has it.
    static func category(of value: UInt32) -> GeneralCategory {
        if value < 0x80 { return asciiCategories[Int(value)] }
        return searchedCategory(of: value)
    }

    private static let asciiCategories: [GeneralCategory] =
        (0..<0x80).map { searchedCategory(of: $0) }

    private static func searchedCategory(of value: UInt32) -> GeneralCategory {
        if value >= end { return .cn }
        let number = run(of: value, in: CategoryTables.runs, shift: 5)
        return GeneralCategory(rawValue: UInt8(number)) ?? .cn
    }

    /// The script of a scalar, as `\p{…}` has it: its index in `ScriptTables.names`.
    static func script(of value: UInt32) -> UInt8 {
        if value >= end { return 0 }
        return UInt8(truncatingIfNeeded: run(of: value, in: ScriptTables.runs, shift: 8))
    }

    /// The script that the pre-tokenizer `UnicodeScripts` sees: Hiragana and Katakana are Han to
    /// it. None for the space and for scalars it does not know, which stay with what is before.
    static func splitterScript(of value: UInt32) -> UInt8? {
        if value >= end || value == 0x20 { return nil }
        var script = UInt8(
            truncatingIfNeeded: run(of: value, in: ScriptTables.splitterRuns, shift: 8))
        if script == 0xFF {
            script = Self.script(of: value)
            if script == kana.hiragana || script == kana.katakana { script = kana.han }
        }
        return script == 0 ? nil : script
    }

    private static let kana = (
        han: scriptNumber("Han"), hiragana: scriptNumber("Hiragana"),
        katakana: scriptNumber("Katakana")
    )

    private static func scriptNumber(_ name: String) -> UInt8 {
        UInt8(truncatingIfNeeded: ScriptTables.names.firstIndex(of: name) ?? 0)
    }

    // MARK: Sets

    /// Whether a scalar is of a word, `\w`, in Rust's regex crate.
    static func isWord(_ value: UInt32) -> Bool {
        if value < 0x80 { return isASCIIWord(value) }
        return isMember(value, of: WordTables.word)
    }

    /// Whether a scalar is of a word to Oniguruma's `\b`, which leaves out the joiners, and of Latin-1
    /// takes superscript digits and fractions too.
    static func isOnigurumaWord(_ value: UInt32) -> Bool {
        switch value {
        case 0x200C, 0x200D: return false
        case 0xB2, 0xB3, 0xB9, 0xBC...0xBE: return true
        default: return isWord(value)
        }
    }

    private static func isASCIIWord(_ value: UInt32) -> Bool {
        switch value {
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: return true
        default: return false
        }
    }

    /// Whether a scalar is white space, `\s` in either engine.
    static func isWhiteSpace(_ value: UInt32) -> Bool {
        if value < 0x80 { return value == 0x20 || (0x09...0x0D).contains(value) }
        return isMember(value, of: WordTables.whiteSpace)
    }

    /// Whether the pre-tokenizer `Digits` takes a scalar for a number.
    static func isNumeric(_ value: UInt32) -> Bool {
        if value < 0x80 { return (0x30...0x39).contains(value) }
        return isMember(value, of: WordTables.numeric)
    }

    /// Whether the pre-tokenizer `Punctuation` cuts at a scalar.
    static func isPunctuation(_ value: UInt32) -> Bool {
        switch value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
        case 0..<0x80: return false
        default: return isMember(value, of: WordTables.punctuation)
        }
    }

    /// Whether the normalizer `StripAccents` drops a scalar.
    static func isMark(_ value: UInt32) -> Bool {
        if value < 0x80 { return false }
        return isMember(value, of: WordTables.marks)
    }

    // MARK: Case

    /// What a scalar is in lower case, one scalar or more; none if it does not change.
    static func lower(of value: UInt32) -> ArraySlice<UInt32>? {
        replacement(of: value, in: CaseTables.lower, pool: CaseTables.pool)
    }

    // MARK: Normal forms

    /// The canonical combining class: 0 for all but marks that may change places.
    static func combiningClass(of value: UInt32) -> UInt8 {
        if value < 0x300 || value >= end { return 0 }
        let number = run(of: value, in: NormalizationTables.combiningClasses, shift: 8)
        return UInt8(truncatingIfNeeded: number)
    }

    /// The full decomposition; none if there is none, and of Hangul syllables, which have a rule.
    static func decomposition(of value: UInt32, compatible: Bool) -> ArraySlice<UInt32>? {
        if value < 0xA0 { return nil }
        let pool = NormalizationTables.pool
        if compatible,
            let found = replacement(of: value, in: NormalizationTables.compatible, pool: pool)
        {
            return found
        }
        return replacement(of: value, in: NormalizationTables.canonical, pool: pool)
    }

    /// What two scalars that follow each other compose to, Hangul included.
    static func composed(_ first: UInt32, _ second: UInt32) -> UInt32? {
        switch (first, second) {
        case (0x1100..<0x1113, 0x1161..<0x1176):
            return 0xAC00 + (first - 0x1100) * 588 + (second - 0x1161) * 28
        case (0xAC00..<0xD7A4, 0x11A8..<0x11C3):
            return (first - 0xAC00) % 28 == 0 ? first + (second - 0x11A7) : nil
        default:
            break
        }
        let pairs = NormalizationTables.compositions
        let key = UInt64(first) << 32 | UInt64(second)
        let entry =
            3
            * lastIndex(below: pairs.count / 3) {
                UInt64(pairs[3 * $0]) << 32 | UInt64(pairs[3 * $0 + 1]) <= key
            }
        return pairs[entry] == first && pairs[entry + 1] == second ? pairs[entry + 2] : nil
    }

    // MARK: Searching

    /// The last index below `count` for which `isReached` holds, 0 if there is none.
    @inline(__always)
    private static func lastIndex(below count: Int, _ isReached: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while high - low > 1 {
            let middle = (low + high) / 2
            if isReached(middle) { low = middle } else { high = middle }
        }
        return low
    }

    /// The value of the run of `runs` that holds `value`.
    private static func run(of value: UInt32, in runs: [UInt32], shift: UInt32) -> UInt32 {
        let index = lastIndex(below: runs.count) { runs[$0] >> shift <= value }
        return runs[index] & ((1 << shift) - 1)
    }

    /// Whether `value` lies behind an uneven number of `boundaries`.
    private static func isMember(_ value: UInt32, of boundaries: [UInt32]) -> Bool {
        let index = lastIndex(below: boundaries.count) { boundaries[$0] <= value }
        return boundaries[index] <= value && index % 2 == 0 && value < end
    }

    /// The last triple of `table` that starts at or before `value`, and how far before.
    private static func triple(of value: UInt32, in table: [UInt32]) -> (Int, UInt32)? {
        let entry = 3 * lastIndex(below: table.count / 3) { table[3 * $0] <= value }
        return table[entry] <= value ? (entry, value - table[entry]) : nil
    }

    /// What `index` and `pool` replace `value` by.
    private static func replacement(
        of value: UInt32, in index: [UInt32], pool: [UInt32]
    ) -> ArraySlice<UInt32>? {
        guard let (entry, distance) = triple(of: value, in: index) else { return nil }
        let shape = index[entry + 1]
        let (count, step, length) = (shape >> 16, shape >> 8 & 0xFF, shape & 0xFF)
        guard distance % step == 0, distance / step < count else { return nil }
        let start = Int(index[entry + 2] + distance / step * length)
        return pool[start..<start + Int(length)]
    }
}
