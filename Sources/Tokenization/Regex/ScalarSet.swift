/// A set of Unicode scalars, as a class of a regular expression describes it.
indirect enum ScalarSet: Sendable, Equatable {
    case scalars(ClosedRange<UInt32>)
    /// A bit for each of ``GeneralCategory``'s cases.
    case categories(UInt32)
    case script(UInt8)
    case word
    case onigurumaWord(inClass: Bool)
    case whiteSpace
    case anything
    case union([ScalarSet])
    case intersection(ScalarSet, ScalarSet)
    case complement(ScalarSet)
    /// Scalars that differ from one of the set in case alone.
    case foldingCase(ScalarSet)

    static let nothing = ScalarSet.union([])

    /// Whether `value` is in the set.
    func contains(_ value: UInt32) -> Bool {
        switch self {
        case .scalars(let range): return range.contains(value)
        case .categories(let mask):
            return mask >> UInt32(TextTables.category(of: value).rawValue) & 1 != 0
        case .script(let script): return TextTables.script(of: value) == script
        case .word: return TextTables.isWord(value)
        case .onigurumaWord(let inClass):
            return TextTables.isOnigurumaWord(value, inClass: inClass)
        case .whiteSpace: return TextTables.isWhiteSpace(value)
        case .anything: return true
        case .union(let sets):
            for set in sets where set.contains(value) { return true }
            return false
        case .intersection(let a, let b): return a.contains(value) && b.contains(value)
        case .complement(let set): return !set.contains(value)
        case .foldingCase(let set):
            return set.contains(value) || set.containsFolded(TextTables.foldedCase(of: value))
        }
    }

    /// Whether a scalar of the set folds to `folded`.
    private func containsFolded(_ folded: UInt32) -> Bool {
        switch self {
        case .scalars(let range):
            // Few ranges are long, and long ones hold their letters' other case as a rule.
            if range.count > 256 { return range.contains(folded) }
            return range.contains { TextTables.foldedCase(of: $0) == folded }
        case .union(let sets): return sets.contains { $0.containsFolded(folded) }
        default: return contains(folded)
        }
    }
}

/// A ``ScalarSet`` ready for matching: a table for ASCII.
struct CompiledSet: Sendable {
    private let low: UInt64
    private let high: UInt64
    private let set: ScalarSet

    init(_ set: ScalarSet) {
        var (low, high): (UInt64, UInt64) = (0, 0)
        for value: UInt32 in 0..<64 {
            if set.contains(value) { low |= 1 << UInt64(value) }
            if set.contains(value + 64) { high |= 1 << UInt64(value) }
        }
        (self.low, self.high, self.set) = (low, high, set)
    }

    @inline(__always)
    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return low >> UInt64(value) & 1 != 0 }
        if value < 128 { return high >> UInt64(value - 64) & 1 != 0 }
        return set.contains(value)
    }
}
