/// A set of Unicode scalars, as a class of a regular expression describes it.
indirect enum ScalarSet: Sendable, Hashable {
    case scalars(ClosedRange<UInt32>)
    /// A bit for each of ``GeneralCategory``'s cases.
    case categories(UInt32)
    case script(UInt8)
    case word
    case whiteSpace
    /// What has a property without being of the categories for it.
    case otherAlphabetic, otherUppercase, otherLowercase
    case anything
    case union([ScalarSet])
    case intersection([ScalarSet])
    case complement(ScalarSet)
    /// The set and all that differs from one of its scalars in case alone.
    case foldingCase(ScalarSet)

    /// The set as ascending boundaries: members begin at the first, end before the second, and so on; if their number
    /// is odd, the last ones have no end.
    ///
    /// - Parameter left: how many boundaries there may be on the way, with which the time is limited
    func boundaries(_ left: inout Int) throws(RegexSyntaxFailure) -> [UInt32] {
        let found: [UInt32]
        switch self {
        case .scalars(let range): found = [range.lowerBound, range.upperBound + 1]
        case .categories(let mask):
            found = Self.boundaries(of: CategoryTables.runs, shift: 5) { mask >> $0 & 1 != 0 }
        case .script(let script):
            found = Self.boundaries(of: ScriptTables.runs, shift: 8) { $0 == UInt32(script) }
        case .word: found = WordTables.word
        case .whiteSpace: found = WordTables.whiteSpace
        case .otherAlphabetic: found = WordTables.otherAlphabetic
        case .otherUppercase: found = WordTables.otherUppercase
        case .otherLowercase: found = WordTables.otherLowercase
        case .anything: found = [0]
        case .union(let sets):
            var parts: [[UInt32]] = []
            for set in sets { parts.append(try set.boundaries(&left)) }
            found = Self.joined(parts)
        case .intersection(let sets):
            // What none of the sets leaves out.
            var parts: [[UInt32]] = []
            for set in sets { parts.append(Self.inverted(try set.boundaries(&left))) }
            found = Self.inverted(Self.joined(parts))
        case .complement(let set): found = Self.inverted(try set.boundaries(&left))
        case .foldingCase(let set):
            let members = try set.boundaries(&left)
            let others = Self.equalInCase(to: members)
            left -= others.count
            found = Self.joined([members, others])
        }
        left -= found.count
        guard left >= 0 else {
            throw RegexSyntaxFailure(message: "the pattern's classes are too large", offset: 0)
        }
        return found
    }

    /// The boundaries of the runs of a table whose value, the lowest `shift` bits, is one that is wanted.
    private static func boundaries(
        of runs: [UInt32], shift: UInt32, _ isWanted: (UInt32) -> Bool
    ) -> [UInt32] {
        var result: [UInt32] = []
        for run in runs where isWanted(run & ((1 << shift) - 1)) == result.count.isMultiple(of: 2) {
            result.append(run >> shift)
        }
        return result
    }

    private static func inverted(_ boundaries: [UInt32]) -> [UInt32] {
        boundaries.first == 0 ? Array(boundaries.dropFirst()) : [0] + boundaries
    }

    /// What is in one of the sets at least. The ranges of each may be in any order, and lie upon each other.
    private static func joined(_ sets: [[UInt32]]) -> [UInt32] {
        var (starts, ends): ([UInt32], [UInt32]) = ([], [])
        for set in sets {
            for (place, boundary) in set.enumerated() {
                if place.isMultiple(of: 2) {
                    starts.append(boundary)
                } else {
                    ends.append(boundary)
                }
            }
        }
        starts.sort()
        ends.sort()
        var result: [UInt32] = []
        var (open, ended) = (0, 0)
        func end(before limit: UInt32) {
            while ended < ends.count, ends[ended] < limit {
                open -= 1
                if open == 0 { result.append(ends[ended]) }
                ended += 1
            }
        }
        for start in starts {
            // One that ends where this one begins goes on.
            end(before: start)
            if open == 0 { result.append(start) }
            open += 1
        }
        end(before: .max)
        return result
    }

    /// Each scalar that `(?i)` takes for a member of the set, with the boundary after it.
    private static func equalInCase(to boundaries: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        let (scalars, classes) = (equalCase.scalars, equalCase.classes)
        for index in stride(from: 0, to: boundaries.count, by: 2) {
            let end = index + 1 < boundaries.count ? boundaries[index + 1] : .max
            var place = count(in: scalars, below: boundaries[index])
            while place < scalars.count, scalars[place] < end {
                for other in classes[scalars[place]] ?? [] { result += [other, other + 1] }
                place += 1
            }
        }
        return result
    }

    /// The scalars that have a case, ascending, and for each all that are equal to it without.
    private static let equalCase: (scalars: [UInt32], classes: [UInt32: [UInt32]]) = {
        var members: [UInt32: [UInt32]] = [:]
        for entry in stride(from: 0, to: CaseTables.folds.count, by: 3) {
            let (first, folded) = (CaseTables.folds[entry], CaseTables.folds[entry + 2])
            let shape = CaseTables.folds[entry + 1]
            let step = shape >> 16
            for index in 0..<(shape & 0xFFFF) {
                let target = folded + index * step
                members[target, default: [target]].append(first + index * step)
            }
        }
        var classes: [UInt32: [UInt32]] = [:]
        for equals in members.values {
            for scalar in equals { classes[scalar] = equals }
        }
        return (classes.keys.sorted(), classes)
    }()

    /// How many of ascending numbers are below `limit`.
    @inline(__always)
    static func count(in numbers: [UInt32], below limit: UInt32) -> Int {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < limit { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A ``ScalarSet`` ready for matching: a table for ASCII, and boundaries to search for the rest.
struct CompiledSet: Sendable {
    private let low: UInt64
    private let high: UInt64
    private let boundaries: [UInt32]

    /// - Parameter left: how many boundaries there may be on the way
    init(_ set: ScalarSet, _ left: inout Int) throws(RegexSyntaxFailure) {
        let boundaries = try set.boundaries(&left)
        var (low, high): (UInt64, UInt64) = (0, 0)
        for value: UInt32 in 0..<64 {
            if Self.isMember(value, of: boundaries) { low |= 1 << UInt64(value) }
            if Self.isMember(value + 64, of: boundaries) { high |= 1 << UInt64(value) }
        }
        (self.low, self.high, self.boundaries) = (low, high, boundaries)
    }

    @inline(__always)
    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return low >> UInt64(value) & 1 != 0 }
        if value < 128 { return high >> UInt64(value - 64) & 1 != 0 }
        return Self.isMember(value, of: boundaries)
    }

    /// Whether an uneven number of boundaries lies at or before a scalar.
    private static func isMember(_ value: UInt32, of boundaries: [UInt32]) -> Bool {
        ScalarSet.count(in: boundaries, below: value &+ 1) & 1 != 0
    }
}
