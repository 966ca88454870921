import ByteIO

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension TemplateInterpreter {
    // MARK: - Arithmetic

    func arithmetic(
        _ operation: TemplateOperator, _ left: TemplateValue, _ right: TemplateValue
    ) throws(MartletError) -> TemplateValue {
        if case .undefined(let message) = left { throw invalid(message) }
        if operation == .modulo, case .string(let format) = left {
            return try formatted(format, right)
        }
        if case .undefined(let message) = right { throw invalid(message) }
        if let a = left.integer, let b = right.integer {
            return try arithmetic(operation, a, b)
        }
        if let a = left.number, let b = right.number {
            return try arithmetic(operation, a, b)
        }
        switch operation {
        case .add:
            if let sum = try joined(left, right) { return sum }
        case .multiply:
            if let times = right.integer, let product = try repeated(left, times) {
                return product
            }
            if let times = left.integer, let product = try repeated(right, times) {
                return product
            }
        default: break
        }
        throw invalid("this operator does not take a \(left.typeName) and a \(right.typeName)")
    }

    /// Two strings, lists or tuples, one after the other; nil if they are something else.
    private func joined(
        _ left: TemplateValue, _ right: TemplateValue
    ) throws(MartletError) -> TemplateValue? {
        switch (left, right) {
        case (.string(let a), .string(let b)):
            return .string(try adding(a, b))
        case (.list(let a), .list(let b)):
            try charge(a.items.count + b.items.count)
            return .list(a.items + b.items)
        case (.tuple(let a), .tuple(let b)):
            try charge(a.items.count + b.items.count)
            return .tuple(a.items + b.items)
        default: return nil
        }
    }

    /// Both, one after the other. Where only one is markup, the other is escaped.
    func adding(
        _ left: TemplateText, _ right: TemplateText
    ) throws(MartletError) -> TemplateText {
        let isMarkup = left.isMarkup || right.isMarkup
        try room(
            isMarkup
                ? left.escapedLength + right.escapedLength : left.bytes.count + right.bytes.count)
        return left.adding(right)
    }

    private func repeated(
        _ value: TemplateValue, _ times: Int
    ) throws(MartletError) -> TemplateValue? {
        let times = max(times, 0)
        switch value {
        case .string(let text):
            let (count, overflows) = text.bytes.count.multipliedReportingOverflow(by: times)
            try room(overflows ? .max : count)
            return .string(text.repeated(times))
        case .list(let sequence): return .list(try repeated(sequence.items, times))
        case .tuple(let sequence): return .tuple(try repeated(sequence.items, times))
        default: return nil
        }
    }

    private func repeated(
        _ items: [TemplateValue], _ times: Int
    ) throws(MartletError) -> [TemplateValue] {
        guard !items.isEmpty, times > 0 else { return [] }
        let (count, overflows) = items.count.multipliedReportingOverflow(by: times)
        try charge(overflows ? .max : count)
        var result: [TemplateValue] = []
        result.reserveCapacity(count)
        for _ in 0..<times { result.append(contentsOf: items) }
        return result
    }

    private func arithmetic(
        _ operation: TemplateOperator, _ left: Int, _ right: Int
    ) throws(MartletError) -> TemplateValue {
        var value = 0
        var overflows = false
        switch operation {
        case .add: (value, overflows) = left.addingReportingOverflow(right)
        case .subtract: (value, overflows) = left.subtractingReportingOverflow(right)
        case .multiply: (value, overflows) = left.multipliedReportingOverflow(by: right)
        case .divide, .floorDivide, .modulo:
            guard right != 0 else { throw invalid("division by zero") }
            if operation == .divide { return .float(Double(left) / Double(right)) }
            guard right != -1 else {
                // The one quotient that overflows; what remains is 0 always.
                if operation == .modulo { return .int(0) }
                (value, overflows) = (0 as Int).subtractingReportingOverflow(left)
                break
            }
            let remainder = left % right
            let isBelow = remainder != 0 && (remainder < 0) != (right < 0)
            if operation == .modulo { return .int(isBelow ? remainder + right : remainder) }
            return .int(left / right - (isBelow ? 1 : 0))
        case .power:
            if right < 0 { return try arithmetic(.power, Double(left), Double(right)) }
            (value, overflows) = Self.power(left, right)
        }
        guard !overflows else { throw invalid("an integer takes more than 64 bits") }
        return .int(value)
    }

    private static func power(_ base: Int, _ exponent: Int) -> (Int, Bool) {
        var result = 1
        var square = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 {
                let (product, overflows) = result.multipliedReportingOverflow(by: square)
                if overflows { return (0, true) }
                result = product
            }
            rest >>= 1
            guard rest > 0 else { break }
            let (next, overflows) = square.multipliedReportingOverflow(by: square)
            if overflows { return (0, true) }
            square = next
        }
        return (result, false)
    }

    private func arithmetic(
        _ operation: TemplateOperator, _ left: Double, _ right: Double
    ) throws(MartletError) -> TemplateValue {
        switch operation {
        case .add: return .float(left + right)
        case .subtract: return .float(left - right)
        case .multiply: return .float(left * right)
        case .divide:
            guard right != 0 else { throw invalid("division by zero") }
            return .float(left / right)
        case .floorDivide, .modulo:
            guard right != 0 else { throw invalid("division by zero") }
            // As CPython: the remainder takes the sign of the divisor, the quotient is next to it.
            var remainder = left.truncatingRemainder(dividingBy: right)
            var quotient = (left - remainder) / right
            if remainder != 0 {
                if (right < 0) != (remainder < 0) {
                    remainder += right
                    quotient -= 1
                }
            } else {
                remainder = right < 0 ? -0.0 : 0.0
            }
            if operation == .modulo { return .float(remainder) }
            guard quotient != 0 else { return .float((left / right).sign == .minus ? -0.0 : 0.0) }
            var floor = quotient.rounded(.down)
            if quotient - floor > 0.5 { floor += 1 }
            return .float(floor)
        case .power:
            if left == 0, right < 0 { throw invalid("zero to a negative power") }
            let value = pow(left, right)
            guard value.isFinite || !left.isFinite || !right.isFinite else {
                throw invalid("a power that is no finite real number")
            }
            return .float(value)
        }
    }

    func negated(_ value: TemplateValue) throws(MartletError) -> TemplateValue {
        if case .float(let number) = value { return .float(-number) }
        guard let integer = value.integer else { throw noNumber(value) }
        return try arithmetic(.subtract, 0, integer)
    }

    func positive(_ value: TemplateValue) throws(MartletError) -> TemplateValue {
        if case .float = value { return value }
        guard let integer = value.integer else { throw noNumber(value) }
        return .int(integer)
    }

    private func noNumber(_ value: TemplateValue) -> MartletError {
        if case .undefined(let message) = value { return invalid(message) }
        return invalid("a \(value.typeName) is no number")
    }

    // MARK: - Comparing

    func compare(
        _ comparison: TemplateComparison, _ left: TemplateValue, _ right: TemplateValue
    ) throws(MartletError) -> Bool {
        switch comparison {
        case .equal: try equal(left, right)
        case .notEqual: try !equal(left, right)
        case .less: try isLess(left, right)
        case .lessOrEqual: try isLess(left, right, orEqual: true)
        case .greater: try isLess(right, left)
        case .greaterOrEqual: try isLess(right, left, orEqual: true)
        case .isIn: try contains(right, left)
        case .isNotIn: try !contains(right, left)
        }
    }

    func equal(_ left: TemplateValue, _ right: TemplateValue) throws(MartletError) -> Bool {
        switch (left, right) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.string(let a), .string(let b)):
            guard a.bytes.count == b.bytes.count else { return false }
            try charge(bytes: a.bytes.count)
            return a.bytes == b.bytes
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            return try equal(a.items, b.items)
        case (.dictionary(let a), .dictionary(let b)):
            guard a.count == b.count else { return false }
            try descend()
            defer { ascend() }
            for (key, value) in zip(a.keys, a.values) {
                try charge(key.cost)
                guard let other = b.value(of: key), try equal(value, other) else { return false }
            }
            return true
        case (.view(let a), .view(let b)):
            guard a.kind == b.kind, a.kind != .values, a.dictionary.count == b.dictionary.count
            else { return false }
            try charge(2 * a.dictionary.count)
            return try equal(a.values, b.values)
        case (.range(let a), .range(let b)):
            return a.count == b.count && (a.count == 0 || a.start == b.start)
                && (a.count <= 1 || a.step == b.step)
        case (.iterator(let a), .iterator(let b)): return a === b
        case (.namespace(let a), .namespace(let b)): return a === b
        case (.loop(let a), .loop(let b)): return a === b
        case (.cycler(let a), .cycler(let b)): return a === b
        case (.callable(let a), .callable(let b)):
            if case .global(let x) = a.kind, case .global(let y) = b.kind { return x == y }
            return a === b
        default:
            if let a = left.integer, let b = right.integer { return a == b }
            if case .float(let a) = left, let b = right.integer { return a == b.asExactDouble }
            if let a = left.integer, case .float(let b) = right { return a.asExactDouble == b }
            if let a = left.number, let b = right.number { return a == b }
            return false
        }
    }

    private func equal(
        _ left: [TemplateValue], _ right: [TemplateValue]
    ) throws(MartletError) -> Bool {
        guard left.count == right.count else { return false }
        try descend()
        defer { ascend() }
        for (a, b) in zip(left, right) {
            try charge()
            guard try equal(a, b) else { return false }
        }
        return true
    }

    func isLess(
        _ left: TemplateValue, _ right: TemplateValue, orEqual: Bool = false
    ) throws(MartletError) -> Bool {
        if case .undefined(let message) = left { throw invalid(message) }
        if case .undefined(let message) = right { throw invalid(message) }
        if let a = left.integer, let b = right.integer { return orEqual ? a <= b : a < b }
        if let a = left.number, let b = right.number { return orEqual ? a <= b : a < b }
        switch (left, right) {
        case (.string(let a), .string(let b)):
            try charge(bytes: min(a.bytes.count, b.bytes.count))
            return orEqual ? !b.precedes(a) : a.precedes(b)
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            try descend()
            defer { ascend() }
            for (x, y) in zip(a.items, b.items) {
                try charge()
                if try !equal(x, y) { return try isLess(x, y, orEqual: orEqual) }
            }
            return orEqual ? a.items.count <= b.items.count : a.items.count < b.items.count
        default:
            throw invalid("a \(left.typeName) has no order with a \(right.typeName)")
        }
    }

    func contains(
        _ container: TemplateValue, _ value: TemplateValue
    ) throws(MartletError) -> Bool {
        switch container {
        case .string(let text):
            guard case .string(let part) = value else {
                throw invalid("a string contains strings, no \(value.typeName)")
            }
            try charge(bytes: text.bytes.count + part.bytes.count)
            return text.contains(part)
        case .dictionary(let dictionary): return try has(dictionary, value)
        case .view(let view) where view.kind == .keys: return try has(view.dictionary, value)
        case .iterator(let iterator):
            while let item = try iterator.next() {
                try charge()
                if try equal(item, value) { return true }
            }
            return false
        default:
            for item in try items(of: container) {
                if try equal(item, value) { return true }
            }
            return false
        }
    }

    private func has(
        _ dictionary: TemplateDictionary, _ value: TemplateValue
    ) throws(MartletError) -> Bool {
        guard let key = try key(of: value) else {
            throw invalid("a \(value.typeName) is no key")
        }
        return dictionary.position(of: key) != nil
    }

    // MARK: - Going through

    /// All that `value` gives when it is gone through.
    func items(of value: TemplateValue) throws(MartletError) -> [TemplateValue] {
        let items: [TemplateValue]
        switch value {
        case .undefined: items = []
        case .string(let text):
            try charge(text.count)
            items = text.characters.map { .string($0) }
        case .list(let sequence), .tuple(let sequence): items = sequence.items
        case .dictionary(let dictionary): items = dictionary.names
        case .view(let view):
            try charge(view.dictionary.count)
            items = view.values
        case .range(let range):
            try charge(range.count)
            items = range.values
        case .iterator(let iterator): items = try iterator.takeAll()
        case .loop(let loop):
            var rest: [TemplateValue] = []
            while let item = try peek(loop) {
                try charge()
                loop.ahead = nil
                rest.append(item)
            }
            items = rest
        default: throw invalid("a \(value.typeName) cannot be gone through")
        }
        try charge(items.count)
        return items
    }

    /// What Python's `len` gives.
    func length(of value: TemplateValue) throws(MartletError) -> Int {
        switch value {
        case .undefined: 0
        case .string(let text): text.count
        case .list(let sequence), .tuple(let sequence): sequence.items.count
        case .dictionary(let dictionary): dictionary.count
        case .view(let view): view.dictionary.count
        case .range(let range): range.count
        case .loop(let loop): try length(of: loop)
        default: throw invalid("a \(value.typeName) has no length")
        }
    }
}

extension Int {
    /// The `Double` that equals it, NaN if there is none.
    fileprivate var asExactDouble: Double { Double(exactly: self) ?? .nan }
}
