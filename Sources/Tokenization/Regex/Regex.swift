/// Too many steps were taken: the pattern is hopeless on this text.
struct RegexFailure: Error {}

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

    /// Steps allowed for a text of this many bytes.
    static func budget(_ byteCount: Int) -> Int { 1_000_000 + 1000 * byteCount }

    init(_ pattern: String, _ dialect: RegexDialect) throws(RegexSyntaxFailure) {
        var compiler = RegexCompiler()
        try compiler.compile(RegexParser.parse(pattern, dialect))
        self.pattern = pattern
        self.dialect = dialect
        program = compiler.program + [.accept]
        sets = compiler.sets
        markCount = compiler.markCount
    }

    /// Calls `body` with every match in `range` of `text`, in order; they do not overlap, and text outside of the range
    /// does not exist for them.
    func forEachMatch(
        in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
    ) throws(RegexFailure) {
        var matcher = RegexMatcher(
            self, UnsafeBufferPointer(rebasing: text[range]), budget: Self.budget(range.count))
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

    var program: [Regex.Instruction] = []
    var sets: [CompiledSet] = []
    private var known: [ScalarSet] = []
    var markCount = 0
    private var captures: [Int: (Int, Int)] = [:]

    private mutating func mark() -> Int {
        markCount += 1
        return markCount - 1
    }

    private mutating func emit(_ instruction: Regex.Instruction) throws(RegexSyntaxFailure) {
        guard program.count < Self.longest else {
            throw RegexSyntaxFailure(message: "the pattern is too large", offset: 0)
        }
        program.append(instruction)
    }

    private mutating func index(of set: ScalarSet) -> Int {
        if let index = known.firstIndex(of: set) { return index }
        known.append(set)
        sets.append(CompiledSet(set))
        return sets.count - 1
    }

    mutating func compile(_ node: RegexNode) throws(RegexSyntaxFailure) {
        switch node {
        case .empty: break
        case .set(.scalars(let range)) where range.count == 1:
            try emit(.scalar(range.lowerBound))
        case .set(let set): try emit(.set(index(of: set)))
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
                guard let lengths = Self.lengths(of: node), lengths.count <= 32 else {
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
    private static func lengths(of node: RegexNode) -> Set<Int>? {
        switch node {
        case .empty, .look, .anchor: return [0]
        case .reference: return nil
        case .capture(let node, _): return lengths(of: node)
        case .set: return [1]
        case .atomic(let node): return lengths(of: node)
        case .alternatives(let branches):
            var all: Set<Int> = []
            for branch in branches {
                guard let some = lengths(of: branch) else { return nil }
                all.formUnion(some)
            }
            return all
        case .sequence(let nodes):
            var all: Set<Int> = [0]
            for node in nodes {
                guard let some = lengths(of: node), some.count * all.count <= 1024 else {
                    return nil
                }
                all = Set(all.flatMap { a in some.map { a + $0 } })
            }
            return all
        case .repetition(let node, let low, let high, _):
            guard let high, high - low <= 32, let some = lengths(of: node), some.count == 1,
                let one = some.first
            else { return nil }
            return Set((low...max(low, high)).map { $0 * one })
        }
    }
}
