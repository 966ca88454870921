/// Runs a ``Regex`` on one text.
struct RegexMatcher {
    /// Where to go on when what was tried last has failed.
    private enum Alternative {
        case resume(at: Int, from: Int)
        /// A greedy run that may give back scalars, down to `low`.
        case shorter(at: Int, from: Int, low: Int)
        /// A lazy run that may take `left` more.
        case longer(at: Int, from: Int, set: Int, left: Int)
        case restore(mark: Int, Int)
    }

    private let program: [Regex.Instruction]
    private let dialect: RegexDialect
    private let sets: [CompiledSet]
    private let text: UnsafeBufferPointer<UInt8>
    private var marks: [Int]
    private var stack: [Alternative] = []
    /// The steps that may still be taken.
    private(set) var stepsLeft: Int
    /// How far the stack may grow.
    private let mostAlternatives: Int

    init(_ regex: Regex, _ text: UnsafeBufferPointer<UInt8>, stepsLeft: Int) {
        program = regex.program
        dialect = regex.dialect
        sets = regex.sets
        self.text = text
        marks = [Int](repeating: -1, count: regex.markCount)
        self.stepsLeft = stepsLeft
        mostAlternatives = (1 << 20) + 16 * text.count
    }

    /// Where the match that begins at `start` ends; nil if none does.
    mutating func match(at start: Int) throws(RegexFailure) -> Int? {
        stack.removeAll(keepingCapacity: true)
        for mark in marks.indices { marks[mark] = -1 }
        stepsLeft -= marks.count / 16
        return try run(0, start)
    }

    /// Where the scalar at `index` ends.
    func after(_ index: Int) -> Int { index + UTF8Scalars.decode(text, at: index).length }

    private func before(_ index: Int) -> Int {
        var place = index - 1
        while place > 0, text[place] & 0xC0 == 0x80 { place -= 1 }
        return place
    }

    @inline(__always)
    private mutating func push(_ alternative: Alternative) throws(RegexFailure) {
        guard stack.count < mostAlternatives else { throw RegexFailure() }
        stack.append(alternative)
    }

    private mutating func run(_ first: Int, _ start: Int) throws(RegexFailure) -> Int? {
        let base = stack.count
        var (pc, index) = (first, start)
        while true {
            stepsLeft -= 1
            if stepsLeft < 0 { throw RegexFailure() }
            var hasFailed = false
            switch program[pc] {
            case .accept:
                stack.removeLast(stack.count - base)
                return index
            case .scalar(let value):
                if index < text.count,
                    case (value, let length) = UTF8Scalars.decode(text, at: index)
                {
                    index += length
                    pc += 1
                } else {
                    hasFailed = true
                }
            case .set(let set):
                if let length = length(of: set, at: index) {
                    index += length
                    pc += 1
                } else {
                    hasFailed = true
                }
            case .run(let set, let low, let high, let kind):
                if let end = try startRun(set, low, high, kind, pc, index) {
                    index = end
                    pc += 1
                } else {
                    hasFailed = true
                }
            case .split(let now, let later):
                try push(.resume(at: later, from: index))
                pc = now
            case .jump(let place): pc = place
            case .anchor(let anchor):
                if holds(anchor, at: index) { pc += 1 } else { hasFailed = true }
            case .lookAhead(let isNegative, let end):
                let found = try run(pc + 1, index) != nil
                if found != isNegative { pc = end } else { hasFailed = true }
            case .lookBehind(let isNegative, let lengths, let end):
                let found = try looksBack(lengths, pc + 1, index)
                if found != isNegative { pc = end } else { hasFailed = true }
            case .atomic(let end):
                if let after = try run(pc + 1, index) {
                    index = after
                    pc = end
                } else {
                    hasFailed = true
                }
            case .mark(let mark):
                try push(.restore(mark: mark, marks[mark]))
                marks[mark] = index
                pc += 1
            case .repeatText(let start, let end):
                if let after = repeated(marks[start], marks[end], at: index) {
                    index = after
                    pc += 1
                } else {
                    hasFailed = true
                }
            case .leaveIfStill(let mark, let end): pc = marks[mark] == index ? end : pc + 1
            }
            if hasFailed {
                guard let place = backtrack(to: base) else { return nil }
                (pc, index) = place
            }
        }
    }

    private mutating func repeated(_ start: Int, _ end: Int, at index: Int) -> Int? {
        guard start >= 0, end >= start, index + end - start <= text.count else { return nil }
        var length = 0
        while length < end - start, text[start + length] == text[index + length] { length += 1 }
        stepsLeft -= length / 16
        return length == end - start ? index + length : nil
    }

    private mutating func backtrack(to base: Int) -> (Int, Int)? {
        while stack.count > base, let alternative = stack.popLast() {
            stepsLeft -= 1
            switch alternative {
            case .resume(let pc, let index): return (pc, index)
            case .shorter(let pc, let index, let low):
                let shorter = before(index)
                if shorter > low { stack.append(.shorter(at: pc, from: shorter, low: low)) }
                return (pc, shorter)
            case .longer(let pc, let index, let set, let left):
                guard left > 0, let length = length(of: set, at: index) else { continue }
                stack.append(.longer(at: pc, from: index + length, set: set, left: left - 1))
                return (pc, index + length)
            case .restore(let mark, let value): marks[mark] = value
            }
        }
        return nil
    }

    @inline(__always)
    private func length(of set: Int, at index: Int) -> Int? {
        guard index < text.count else { return nil }
        let (value, length) = UTF8Scalars.decode(text, at: index)
        return sets[set].contains(value) ? length : nil
    }

    private mutating func startRun(
        _ set: Int, _ low: Int, _ high: Int, _ kind: RegexRepetition, _ pc: Int, _ start: Int
    ) throws(RegexFailure) -> Int? {
        var (index, count) = (start, 0)
        while count < low {
            guard let length = length(of: set, at: index) else {
                stepsLeft -= count
                return nil
            }
            index += length
            count += 1
        }
        if kind == .lazy {
            stepsLeft -= count
            if count < high {
                try push(.longer(at: pc + 1, from: index, set: set, left: high - count))
            }
            return index
        }
        let least = index
        while count < high, let length = length(of: set, at: index) {
            index += length
            count += 1
        }
        stepsLeft -= count
        if kind == .greedy, index > least {
            try push(.shorter(at: pc + 1, from: index, low: least))
        }
        return index
    }

    private mutating func looksBack(
        _ lengths: [Int], _ pc: Int, _ index: Int
    ) throws(RegexFailure) -> Bool {
        var (place, stepped) = (index, 0)
        defer { stepsLeft -= stepped / 4 }
        for length in lengths {
            while stepped < length, place > 0 {
                place = before(place)
                stepped += 1
            }
            guard stepped == length else { return false }
            if try run(pc, place) == index { return true }
        }
        return false
    }

    private func isWord(_ value: UInt32) -> Bool {
        dialect == .rust
            ? TextTables.isWord(value) : TextTables.isOnigurumaWord(value)
    }

    private func holds(_ anchor: RegexAnchor, at index: Int) -> Bool {
        switch anchor {
        case .textStart: return index == 0
        case .textEnd: return index == text.count
        case .textEndOrLastNewline:
            return index == text.count || index + 1 == text.count && text[index] == 0x0A
        case .lineStart: return index == 0 || text[index - 1] == 0x0A && index < text.count
        case .lineEnd: return index == text.count || text[index] == 0x0A
        case .wordBoundary, .noWordBoundary:
            let left = index > 0 && isWord(UTF8Scalars.decode(text, at: before(index)).value)
            let right = index < text.count && isWord(UTF8Scalars.decode(text, at: index).value)
            return (left != right) == (anchor == .wordBoundary)
        }
    }
}
