/// Too many steps were taken: the pattern is hopeless on this text.
struct RegexFailure: Error {}

/// The steps that patterns may still take on a text, with all its pieces.
struct RegexSteps {
    fileprivate(set) var left: Int

    /// As many as a text of `byteCount` bytes is worth.
    init(for byteCount: Int) { left = 1_000_000 + 1000 * byteCount }
}

/// A regular expression over UTF-8, for the patterns that tokenizer files bring: Unicode classes, lookahead and
/// lookbehind, atomic groups, greedy, lazy and possessive repetition, back references.
///
/// It backtracks, as Oniguruma does, on a stack of its own, and counts its steps: a hostile pattern
/// ends with an error, not with a full stack or an idle machine.
struct Regex: Sendable {
    enum Instruction: Sendable {
        case set(Int)
        case scalar(UInt32)
        /// A set repeated.
        case run(set: Int, atLeast: Int, atMost: Int, RegexRepetition)
        /// Goes on at the first, later at the second.
        case split(Int, Int)
        case jump(Int)
        case anchor(RegexAnchor)
        /// Looks ahead with the instructions up to `end`.
        case lookAhead(isNegative: Bool, end: Int)
        /// Looks behind, from each of these numbers of scalars back.
        case lookBehind(isNegative: Bool, lengths: [Int], end: Int)
        case atomic(end: Int)
        /// Remembers where a repeated group begins, and leaves it if it has matched nothing.
        case mark(Int)
        case leaveIfStill(Int, Int)
        /// The text between two marks once more.
        case repeatText(Int, Int)
        case accept
    }

    let pattern: String
    let dialect: RegexDialect
    let program: [Instruction]
    let sets: [CompiledSet]
    let markCount: Int

    init(_ pattern: String, _ dialect: RegexDialect) throws(RegexSyntaxFailure) {
        let (node, sets) = try RegexParser.parse(pattern, dialect)
        var compiler = RegexCompiler(sets)
        try compiler.compile(node)
        self.pattern = pattern
        self.dialect = dialect
        program = compiler.program + [.accept]
        self.sets = compiler.sets
        markCount = compiler.markCount
    }

    /// Calls `body` with every match in `range` of `text`, in order; they do not overlap, and text outside of the range
    /// does not exist for them.
    func forEachMatch(
        in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ steps: inout RegexSteps,
        _ body: (Range<Int>) -> Void
    ) throws(RegexFailure) {
        var matcher = RegexMatcher(
            self, UnsafeBufferPointer(rebasing: text[range]), stepsLeft: steps.left)
        defer { steps.left = matcher.stepsLeft }
        let shift = range.lowerBound
        var start = 0
        var lastEnd = -1
        while start <= range.count {
            if let end = try matcher.match(at: start) {
                let isEmpty = end == start
                // An empty match right after a match is none.
                if !isEmpty || start != lastEnd {
                    body(start + shift..<end + shift)
                    lastEnd = end
                }
                if !isEmpty {
                    start = end
                    continue
                }
            }
            start = start < range.count ? matcher.after(start) : start + 1
        }
    }
}

/// Turns a parsed pattern into instructions.
private struct RegexCompiler {
    private static let longest = 1 << 15
    /// The most numbers of scalars that a lookbehind may match.
    private static let mostLengths = 32

    var program: [Regex.Instruction] = []
    var sets: [CompiledSet] = []
    /// The pattern's sets, and where those are that have been compiled.
    private let described: [ScalarSet]
    private var places: [Int?]
    var markCount = 0
    private var captures: [Int: (Int, Int)] = [:]
    /// Nodes that may still be looked at: not all of them emit an instruction.
    private var visitsLeft = 1 << 17
    /// Boundaries that the compiled sets may still have.
    private var boundariesLeft = 1 << 20

    init(_ sets: [ScalarSet]) {
        described = sets
        places = [Int?](repeating: nil, count: sets.count)
    }

    private mutating func mark() -> Int {
        markCount += 1
        return markCount - 1
    }

    private mutating func emit(_ instruction: Regex.Instruction) throws(RegexSyntaxFailure) {
        guard program.count < Self.longest else { throw Self.tooLarge }
        program.append(instruction)
    }

    private static let tooLarge = RegexSyntaxFailure(
        message: "the pattern is too large", offset: 0)

    private mutating func visit() throws(RegexSyntaxFailure) {
        visitsLeft -= 1
        guard visitsLeft >= 0 else { throw Self.tooLarge }
    }

    private mutating func index(of number: Int) throws(RegexSyntaxFailure) -> Int {
        if let place = places[number] { return place }
        sets.append(try CompiledSet(described[number], &boundariesLeft))
        places[number] = sets.count - 1
        return sets.count - 1
    }

    mutating func compile(_ node: RegexNode) throws(RegexSyntaxFailure) {
        try visit()
        switch node {
        case .empty: break
        case .set(let number):
            if case .scalars(let range) = described[number], range.count == 1 {
                try emit(.scalar(range.lowerBound))
            } else {
                try emit(.set(index(of: number)))
            }
        case .sequence(let nodes): for node in nodes { try compile(node) }
        case .alternatives(let branches): try compile(branches)
        case .repetition(let node, let low, let high, let kind):
            try compile(node, low, high, kind)
        case .look(let node, let isBehind, let isNegative):
            let place = program.count
            try emit(.accept)
            try compile(node)
            try emit(.accept)
            if isBehind {
                guard let lengths = try self.lengths(of: node),
                    lengths.count <= Self.mostLengths
                else {
                    throw RegexSyntaxFailure(
                        message: "a lookbehind of no fixed length", offset: 0)
                }
                program[place] = .lookBehind(
                    isNegative: isNegative, lengths: lengths.sorted(), end: program.count)
            } else {
                program[place] = .lookAhead(isNegative: isNegative, end: program.count)
            }
        case .atomic(let node):
            let place = program.count
            try emit(.accept)
            try compile(node)
            try emit(.accept)
            program[place] = .atomic(end: program.count)
        case .anchor(let anchor): try emit(.anchor(anchor))
        case .capture(let node, let number):
            let (start, end) = (mark(), mark())
            captures[number] = (start, end)
            try emit(.mark(start))
            try compile(node)
            try emit(.mark(end))
        case .reference(let number):
            guard let (start, end) = captures[number] else {
                throw RegexSyntaxFailure(message: "a reference into its own group", offset: 0)
            }
            try emit(.repeatText(start, end))
        }
    }

    private mutating func compile(_ branches: [RegexNode]) throws(RegexSyntaxFailure) {
        var exits: [Int] = []
        for (number, branch) in branches.enumerated() {
            guard number < branches.count - 1 else {
                try compile(branch)
                break
            }
            let fork = program.count
            try emit(.accept)
            try compile(branch)
            exits.append(program.count)
            try emit(.accept)
            program[fork] = .split(fork + 1, program.count)
        }
        for exit in exits { program[exit] = .jump(program.count) }
    }

    private mutating func compile(
        _ node: RegexNode, _ low: Int, _ high: Int?, _ kind: RegexRepetition
    ) throws(RegexSyntaxFailure) {
        if case .set(let set) = node {
            try emit(.run(set: index(of: set), atLeast: low, atMost: high ?? .max, kind))
            return
        }
        if kind == .possessive {
            try compile(.atomic(.repetition(node, atLeast: low, atMost: high, .greedy)))
            return
        }
        for _ in 0..<low { try compile(node) }
        func fork(_ inside: Int, _ outside: Int) -> Regex.Instruction {
            kind == .lazy ? .split(outside, inside) : .split(inside, outside)
        }
        if let high {
            var forks: [Int] = []
            for _ in low..<max(low, high) {
                forks.append(program.count)
                try emit(.accept)
                try compile(node)
            }
            for place in forks { program[place] = fork(place + 1, program.count) }
            return
        }
        let mark = mark()
        let start = program.count
        try emit(.accept)
        try emit(.mark(mark))
        try compile(node)
        let check = program.count
        try emit(.accept)
        try emit(.jump(start))
        program[start] = fork(start + 1, program.count)
        program[check] = .leaveIfStill(mark, program.count)
    }

    /// How many scalars a node can match, if that is limited to a few numbers.
    private mutating func lengths(of node: RegexNode) throws(RegexSyntaxFailure) -> Set<Int>? {
        try visit()
        switch node {
        case .empty, .look, .anchor: return [0]
        case .reference: return nil
        case .capture(let node, _): return try lengths(of: node)
        case .set: return [1]
        case .atomic(let node): return try lengths(of: node)
        case .alternatives(let branches):
            var all: Set<Int> = []
            for branch in branches {
                guard let some = try lengths(of: branch) else { return nil }
                all.formUnion(some)
                if all.count > Self.mostLengths { return nil }
            }
            return all
        case .sequence(let nodes):
            var all: Set<Int> = [0]
            for node in nodes {
                guard let some = try lengths(of: node) else { return nil }
                all = Set(all.flatMap { a in some.map { a + $0 } })
                guard all.count <= Self.mostLengths, all.allSatisfy({ $0 <= Self.longest })
                else { return nil }
            }
            return all
        case .repetition(let node, let low, let high, _):
            guard let high, high - low <= Self.mostLengths, let some = try lengths(of: node),
                some.count == 1, let one = some.first, one * max(low, high) <= Self.longest
            else { return nil }
            return Set((low...max(low, high)).map { $0 * one })
        }
    }
}
