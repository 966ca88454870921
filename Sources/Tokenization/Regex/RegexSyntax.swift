/// A regular expression, parsed.
indirect enum RegexNode: Sendable {
    case empty
    /// One of the pattern's sets, by its number.
    case set(Int)
    case sequence([RegexNode])
    case alternatives([RegexNode])
    case repetition(RegexNode, atLeast: Int, atMost: Int?, RegexRepetition)
    case look(RegexNode, isBehind: Bool, isNegative: Bool)
    /// A group that is left for good once it has matched.
    case atomic(RegexNode)
    case anchor(RegexAnchor)
    /// A group whose text can be asked for again, by its number from 1.
    case capture(RegexNode, Int)
    /// The text of a group once more.
    case reference(Int)
}

enum RegexRepetition: Sendable { case greedy, lazy, possessive }

enum RegexAnchor: Sendable {
    case lineStart, lineEnd, textStart, textEnd, textEndOrLastNewline, wordBoundary
    case noWordBoundary
}

/// Whose syntax a pattern is in, where they differ.
enum RegexDialect: Sendable {
    /// Oniguruma's, which `tokenizer.json` files are written for: `^` and `$` are those of lines, and a
    /// `+` after `{m,n}` repeats it.
    case oniguruma
    /// That of Rust's `fancy-regex`, which tiktoken's patterns are written for: `$` is the text's end, and
    /// a `+` after `{m,n}` makes it possessive.
    case rust
}

/// Why a pattern is refused, and where: an offset in its bytes.
struct RegexSyntaxFailure: Error {
    var message: String
    var offset: Int
}

/// Reads a pattern. Depth and the number of nodes are limited, so that a hostile one ends soon.
struct RegexParser {
    private static let deepest = 64
    private static let longest = 1 << 16

    private let pattern: [UInt32]
    private let dialect: RegexDialect
    private var index = 0
    private var foldsCase = false
    private var depth = 0
    private var groupCount = 0
    private var setDepth = 0
    private var matchesNewlines = false
    /// Every set of the pattern, once.
    private var sets: [ScalarSet] = []
    private var numbers: [ScalarSet: Int] = [:]

    static func parse(_ pattern: String, _ dialect: RegexDialect) throws(RegexSyntaxFailure)
        -> (node: RegexNode, sets: [ScalarSet])
    {
        let scalars = pattern.unicodeScalars.map(\.value)
        guard scalars.count <= longest else {
            throw RegexSyntaxFailure(
                message: "the pattern is longer than \(longest) characters", offset: longest)
        }
        var parser = RegexParser(pattern: scalars, dialect: dialect)
        let node = try parser.alternatives()
        if parser.index < scalars.count { throw parser.failure("a ) without (") }
        return (node, parser.sets)
    }

    private init(pattern: [UInt32], dialect: RegexDialect) {
        self.pattern = pattern
        self.dialect = dialect
    }

    // MARK: - Reading

    private var next: UInt32? { index < pattern.count ? pattern[index] : nil }

    private func failure(_ message: String) -> RegexSyntaxFailure {
        RegexSyntaxFailure(message: message, offset: min(index, pattern.count))
    }

    private func starts(with text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index + count <= pattern.count else { return false }
        for offset in 0..<count where pattern[index + offset] != UInt32(text.utf8Start[offset]) {
            return false
        }
        return true
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard starts(with: text) else { return false }
        index += text.utf8CodeUnitCount
        return true
    }

    private static func code(_ scalar: Unicode.Scalar) -> UInt32 { scalar.value }

    // MARK: - Structure

    private mutating func alternatives() throws(RegexSyntaxFailure) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw failure("groups nested too deeply") }
        let outer = (foldsCase, matchesNewlines)
        defer { (foldsCase, matchesNewlines) = outer }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(RegexSyntaxFailure) -> RegexNode {
        var nodes: [RegexNode] = []
        while let scalar = next, scalar != Self.code("|"), scalar != Self.code(")") {
            if let node = try quantified() { nodes.append(node) }
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private mutating func quantified() throws(RegexSyntaxFailure) -> RegexNode? {
        guard var node = try atom() else { return nil }
        var stacked = 0
        while let (low, high, isInterval) = try quantifier() {
            if case .anchor = node { throw failure("nothing to repeat") }
            stacked += 1
            guard stacked <= 4 else { throw failure("too many quantifiers") }
            var kind = RegexRepetition.greedy
            if take("?") {
                kind = .lazy
            } else if next == Self.code("+"), !isInterval || dialect == .rust {
                index += 1
                kind = .possessive
            }
            node = .repetition(node, atLeast: low, atMost: high, kind)
        }
        return node
    }

    private mutating func quantifier() throws(RegexSyntaxFailure)
        -> (low: Int, high: Int?, isInterval: Bool)?
    {
        if take("*") { return (0, nil, false) }
        if take("+") { return (1, nil, false) }
        if take("?") { return (0, 1, false) }
        guard next == Self.code("{") else { return nil }
        let start = index
        index += 1
        let low = try number()
        let hasComma = take(",")
        let high = try hasComma ? number() : low
        guard take("}"), low != nil || high != nil else {
            // A brace that is none of a quantifier stands for itself.
            index = start
            return nil
        }
        let least = low ?? 0
        if let high, high < least { throw failure("a repetition from more to less") }
        guard least <= 1000, (high ?? 0) <= 1000 else { throw tooManyRepetitions }
        return (least, high, true)
    }

    private var tooManyRepetitions: RegexSyntaxFailure { failure("more than 1000 repetitions") }

    private mutating func number() throws(RegexSyntaxFailure) -> Int? {
        var value: Int?
        while let digit = next, digit >= 0x30, digit <= 0x39 {
            let number = (value ?? 0) * 10 + Int(digit - 0x30)
            // As in Oniguruma, even where the brace turns out to be itself.
            guard number <= 100_000 else { throw tooManyRepetitions }
            value = number
            index += 1
        }
        return value
    }

    private mutating func atom() throws(RegexSyntaxFailure) -> RegexNode? {
        guard let scalar = next else { return nil }
        switch scalar {
        case Self.code("("): return try group()
        case Self.code("["):
            index += 1
            return node(try setBody(foldsCase: foldsCase))
        case Self.code("."):
            index += 1
            return node(matchesNewlines ? .anything : .complement(.scalars(0x0A...0x0A)))
        case Self.code("^"):
            index += 1
            return .anchor(dialect == .oniguruma ? .lineStart : .textStart)
        case Self.code("$"):
            index += 1
            return .anchor(dialect == .oniguruma ? .lineEnd : .textEnd)
        case Self.code("\\"): return try escape()
        case Self.code("*"), Self.code("+"), Self.code("?"): throw failure("nothing to repeat")
        default:
            index += 1
            return node(folded(.scalars(scalar...scalar)))
        }
    }

    private mutating func node(_ set: ScalarSet) -> RegexNode {
        if let number = numbers[set] { return .set(number) }
        numbers[set] = sets.count
        sets.append(set)
        return .set(sets.count - 1)
    }

    private func folded(_ set: ScalarSet) -> ScalarSet { foldsCase ? .foldingCase(set) : set }

    private mutating func group() throws(RegexSyntaxFailure) -> RegexNode? {
        index += 1
        func close(_ node: RegexNode) throws(RegexSyntaxFailure) -> RegexNode {
            guard take(")") else { throw failure("a ( without )") }
            return node
        }
        if take("?:") { return try close(alternatives()) }
        if take("?=") {
            return try close(.look(alternatives(), isBehind: false, isNegative: false))
        }
        if take("?!") { return try close(.look(alternatives(), isBehind: false, isNegative: true)) }
        if take("?<=") {
            return try close(.look(alternatives(), isBehind: true, isNegative: false))
        }
        if take("?<!") { return try close(.look(alternatives(), isBehind: true, isNegative: true)) }
        if take("?>") { return try close(.atomic(alternatives())) }
        if take("?#") {
            while let scalar = next, scalar != Self.code(")") {
                _ = scalar
                index += 1
            }
            return try close(.empty)
        }
        if take("?<") || take("?P<") {
            while let scalar = next, scalar != Self.code(">") {
                _ = scalar
                index += 1
            }
            guard take(">") else { throw failure("a group's name does not end") }
            return try close(capture())
        }
        guard take("?") else { return try close(capture()) }
        var turnsOn = true
        var (folds, dots) = (foldsCase, matchesNewlines)
        while let scalar = next, scalar != Self.code(")"), scalar != Self.code(":") {
            switch scalar {
            case Self.code("i"): folds = turnsOn
            case Self.code("m") where dialect == .oniguruma, Self.code("s") where dialect == .rust:
                dots = turnsOn
            case Self.code("-"): turnsOn = false
            default: throw failure("the group option '\(Unicode.Scalar(scalar) ?? "?")'")
            }
            index += 1
        }
        if take(")") {
            // Options without a group of their own hold to the end of the one around them.
            (foldsCase, matchesNewlines) = (folds, dots)
            return .empty
        }
        guard take(":") else { throw failure("a ( without )") }
        let outer = (foldsCase, matchesNewlines)
        (foldsCase, matchesNewlines) = (folds, dots)
        let node = try alternatives()
        (foldsCase, matchesNewlines) = outer
        return try close(node)
    }

    private mutating func capture() throws(RegexSyntaxFailure) -> RegexNode {
        groupCount += 1
        let number = groupCount
        return .capture(try alternatives(), number)
    }

    // MARK: - Escapes and sets

    private mutating func escape() throws(RegexSyntaxFailure) -> RegexNode {
        guard index + 1 < pattern.count else { throw failure("a \\ at the end") }
        switch pattern[index + 1] {
        case Self.code("b"):
            index += 2
            return .anchor(.wordBoundary)
        case Self.code("B"):
            index += 2
            return .anchor(.noWordBoundary)
        case Self.code("A"):
            index += 2
            return .anchor(.textStart)
        case Self.code("z"):
            index += 2
            return .anchor(.textEnd)
        case Self.code("Z"):
            index += 2
            return .anchor(.textEndOrLastNewline)
        case Self.code("R"):
            index += 2
            let pair = [node(.scalars(0x0D...0x0D)), node(.scalars(0x0A...0x0A))]
            let one = node(
                .union([.scalars(0x0A...0x0D), .scalars(0x85...0x85), .scalars(0x2028...0x2029)]))
            return .atomic(.alternatives([.sequence(pair), one]))
        case 0x31...0x39:
            let number = Int(pattern[index + 1] - 0x30)
            guard number <= groupCount else { throw failure("a reference to no group") }
            index += 2
            return .reference(number)
        default:
            let set = try escapedSet()
            if case .scalars(let range) = set, range.count == 1 { return node(folded(set)) }
            // Case counts for Oniguruma in properties that stand outside a set.
            return node(dialect == .rust ? folded(set) : set)
        }
    }

    /// What an escape that stands for scalars stands for.
    private mutating func escapedSet() throws(RegexSyntaxFailure) -> ScalarSet {
        guard index + 1 < pattern.count else { throw failure("a \\ at the end") }
        let scalar = pattern[index + 1]
        index += 2
        func one(_ value: UInt32) -> ScalarSet { .scalars(value...value) }
        switch scalar {
        case Self.code("s"): return .whiteSpace
        case Self.code("S"): return .complement(.whiteSpace)
        case Self.code("w"): return word
        case Self.code("W"): return .complement(word)
        case Self.code("h") where dialect == .oniguruma: return Self.hexadecimalDigits
        case Self.code("H") where dialect == .oniguruma:
            return .complement(Self.hexadecimalDigits)
        case Self.code("d"): return .categories(RegexProperties.mask(.nd))
        case Self.code("D"): return .complement(.categories(RegexProperties.mask(.nd)))
        case Self.code("p"), Self.code("P"):
            let set = try property()
            return scalar == Self.code("P") ? .complement(set) : set
        case Self.code("n"): return one(0x0A)
        case Self.code("r"): return one(0x0D)
        case Self.code("t"): return one(0x09)
        case Self.code("f"): return one(0x0C)
        case Self.code("v"): return one(0x0B)
        case Self.code("a"): return one(0x07)
        case Self.code("e"): return one(0x1B)
        case Self.code("x"): return one(try hexadecimal(atMost: 2))
        case Self.code("u"): return one(try hexadecimal(atMost: 4))
        case Self.code("U"): return one(try hexadecimal(atMost: 8))
        case Self.code("0"): return one(0)
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A:
            index -= 1
            throw failure("the escape \\\(Unicode.Scalar(scalar) ?? "?")")
        default: return one(scalar)
        }
    }

    private static let hexadecimalDigits = ScalarSet.union([
        .scalars(0x30...0x39), .scalars(0x41...0x46), .scalars(0x61...0x66),
    ])

    private var word: ScalarSet {
        RegexProperties.word(dialect, inClass: setDepth > 0)
    }

    private mutating func hexadecimal(atMost count: Int) throws(RegexSyntaxFailure) -> UInt32 {
        let isBraced = take("{")
        var value: UInt32 = 0
        var digits = 0
        while let scalar = next, digits < (isBraced ? 8 : count),
            let digit = Self.hexDigit(scalar)
        {
            value = value << 4 | digit
            digits += 1
            index += 1
        }
        guard digits > 0, !isBraced || take("}"), Unicode.Scalar(value) != nil else {
            throw failure("not the number of a character")
        }
        return value
    }

    private static func hexDigit(_ scalar: UInt32) -> UInt32? {
        switch scalar {
        case 0x30...0x39: scalar - 0x30
        case 0x41...0x46: scalar - 0x37
        case 0x61...0x66: scalar - 0x57
        default: nil
        }
    }

    private mutating func property() throws(RegexSyntaxFailure) -> ScalarSet {
        var name = ""
        var isNegative = false
        if take("{") {
            isNegative = take("^")
            while let value = next, value != Self.code("}"), name.utf8.count < 64 {
                name.unicodeScalars.append(Unicode.Scalar(value) ?? "?")
                index += 1
            }
            guard take("}") else { throw failure("a property's name does not end") }
        } else if let value = next, let letter = Unicode.Scalar(value) {
            name.unicodeScalars.append(letter)
            index += 1
        }
        guard let set = RegexProperties.named(name, word: word) else {
            throw failure("the property \(quoted(Array(name.utf8)))")
        }
        return isNegative ? .complement(set) : set
    }

    /// The rest of a set after its opening bracket.
    ///
    /// - Parameter foldsCase: whether what differs from members in case alone is one before the set is inverted
    private mutating func setBody(foldsCase: Bool) throws(RegexSyntaxFailure) -> ScalarSet {
        depth += 1
        setDepth += 1
        defer {
            depth -= 1
            setDepth -= 1
        }
        guard depth <= Self.deepest else { throw failure("sets nested too deeply") }
        let isNegative = take("^")
        var parts: [ScalarSet] = []
        var sides: [ScalarSet] = []
        var isFirst = true
        func joined() -> ScalarSet { parts.count == 1 ? parts[0] : .union(parts) }
        while true {
            guard let scalar = next else { throw failure("a [ without ]") }
            if scalar == Self.code("]"), !isFirst || dialect == .oniguruma && !hasLaterBracket {
                index += 1
                break
            }
            isFirst = false
            if take("&&") {
                sides.append(joined())
                parts = []
                continue
            }
            if starts(with: "[:"), let name = posixName() {
                let isNegative = name.hasPrefix("^")
                guard
                    var set = RegexProperties.named(
                        isNegative ? String(name.dropFirst()) : name, isPosix: true, word: word)
                else { throw failure("the class [:\(name):]") }
                if dialect == .rust { set = .intersection([set, .scalars(0...0x7F)]) }
                index += name.utf8.count + 4
                parts.append(isNegative ? .complement(set) : set)
                continue
            }
            if scalar == Self.code("[") {
                index += 1
                // Oniguruma folds the outermost set alone.
                parts.append(try setBody(foldsCase: foldsCase && dialect == .rust))
                continue
            }
            let low = try setMember()
            guard case .scalars(let first) = low, first.count == 1, next == Self.code("-"),
                index + 1 < pattern.count, pattern[index + 1] != Self.code("]"),
                !(pattern[index + 1] == Self.code("[") && dialect == .rust)
            else {
                parts.append(low)
                continue
            }
            index += 1
            let high = try setMember()
            guard case .scalars(let last) = high, last.count == 1 else {
                // A dash before a class is itself.
                parts += [low, .scalars(0x2D...0x2D), high]
                continue
            }
            guard first.lowerBound <= last.lowerBound else {
                throw failure("a range from higher to lower")
            }
            parts.append(.scalars(first.lowerBound...last.lowerBound))
        }
        if !sides.isEmpty { parts = [.intersection(sides + [joined()])] }
        let set = foldsCase ? ScalarSet.foldingCase(joined()) : joined()
        return isNegative ? .complement(set) : set
    }

    /// Whether another closing bracket follows: then a first one is a member of the set.
    private var hasLaterBracket: Bool {
        pattern[(index + 1)...].contains(Self.code("]"))
    }

    private mutating func setMember() throws(RegexSyntaxFailure) -> ScalarSet {
        guard let scalar = next else { throw failure("a [ without ]") }
        if scalar == Self.code("\\") {
            if index + 1 < pattern.count, pattern[index + 1] == Self.code("b") {
                index += 2
                return .scalars(0x08...0x08)
            }
            return try escapedSet()
        }
        index += 1
        return .scalars(scalar...scalar)
    }

    /// The name between `[:` and `:]`, if that is what stands here.
    private func posixName() -> String? {
        var name = ""
        var end = index + 2
        while end + 1 < pattern.count, end < index + 16 {
            if pattern[end] == Self.code(":") {
                return pattern[end + 1] == Self.code("]") ? name : nil
            }
            guard pattern[end] == Self.code("^") || 0x61...0x7A ~= pattern[end],
                let letter = Unicode.Scalar(pattern[end])
            else { return nil }
            name.unicodeScalars.append(letter)
            end += 1
        }
        return nil
    }
}
