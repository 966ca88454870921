import ByteIO

extension TemplateParser {
    // Mutating, so that the end of what `kind` parses is known: self is read after the arguments.
    private mutating func made(
        _ kind: TemplateExpression.Kind, from start: TemplateToken
    ) throws(MartletError) -> TemplateExpression {
        let expression = TemplateExpression(
            kind, source: start.range.lowerBound..<max(endOfLast, start.range.lowerBound),
            line: start.line)
        guard expression.height <= Self.deepest else {
            throw MartletError(
                .unsupported, "an expression nests more than \(Self.deepest) levels deep",
                at: "line \(start.line)")
        }
        return expression
    }

    /// Whether a tuple without brackets cannot go on here.
    func isTupleEnd(_ endWord: String?) -> Bool {
        switch current.kind {
        case .outputEnd, .blockEnd, .symbol(")"): true
        case .name(let word): word == endWord
        default: false
        }
    }

    /// One expression, or several with commas between: a tuple.
    mutating func tuple(
        endWord: String?, conditional: Bool = true, inBrackets: Bool = false
    ) throws(MartletError) -> TemplateExpression {
        let start = current
        var items: [TemplateExpression] = []
        var isTuple = false
        while !isTupleEnd(endWord) {
            items.append(try conditional ? expression() : operation(.or))
            guard skip(symbol: ",") else { break }
            isTuple = true
        }
        if !isTuple {
            if let item = items.first { return item }
            guard inBrackets else { throw unexpected("an expression") }
        }
        return try made(.tuple(items), from: start)
    }

    /// An expression with `a if b else c`.
    mutating func expression() throws(MartletError) -> TemplateExpression {
        let start = current
        var value = try operation(.or)
        while skip(word: "if") {
            let condition = try operation(.or)
            var otherwise: TemplateExpression?
            if skip(word: "else") {
                try descend()
                otherwise = try expression()
                ascend()
            }
            value = try made(
                .conditional(value, condition: condition, otherwise: otherwise), from: start)
        }
        return value
    }

    // MARK: - Operators

    /// How tightly operators bind, the loosest first. All go from left to right.
    enum Precedence: Int {
        case or, and, not, comparison, sum, concatenation, product, power, unary

        var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .unary }
    }

    /// Operands with operators between that bind at least as tightly as `loosest`.
    private mutating func operation(
        _ loosest: Precedence
    ) throws(MartletError) -> TemplateExpression {
        try descend()
        defer { ascend() }
        let start = current
        var left: TemplateExpression
        if loosest.rawValue <= Precedence.not.rawValue, skip(word: "not") {
            left = try made(.not(try operation(.not)), from: start)
        } else {
            left = try unary()
        }
        while let precedence = precedenceHere(), precedence.rawValue >= loosest.rawValue {
            left = try made(try chain(of: precedence, from: left), from: start)
        }
        return left
    }

    /// `left` with all operators of `precedence` that follow, as one node however many they are.
    private mutating func chain(
        of precedence: Precedence, from left: TemplateExpression
    ) throws(MartletError) -> TemplateExpression.Kind {
        var operands: [TemplateExpression] = []
        var operators: [TemplateOperator] = []
        var comparisons: [TemplateComparison] = []
        while precedenceHere() == precedence {
            if precedence == .comparison {
                comparisons.append(comparison())
            } else if precedence == .sum || precedence.rawValue >= Precedence.product.rawValue {
                operators.append(arithmetic())
            } else {
                advance()
            }
            operands.append(try operation(precedence.tighter))
        }
        switch precedence {
        case .or: return .or([left] + operands)
        case .and: return .and([left] + operands)
        case .concatenation: return .concatenation([left] + operands)
        case .comparison: return .comparison(left, Array(zip(comparisons, operands)))
        default: return .arithmetic(left, Array(zip(operators, operands)))
        }
    }

    /// The precedence of the operator that stands here, nil if none does.
    private func precedenceHere() -> Precedence? {
        switch current.kind {
        case .name("or"): .or
        case .name("and"): .and
        case .name("in"): .comparison
        case .name("not"): next.kind == .name("in") ? .comparison : nil
        case .symbol(let symbol):
            switch symbol {
            case "==", "!=", "<", "<=", ">", ">=": .comparison
            case "+", "-": .sum
            case "~": .concatenation
            case "*", "/", "//", "%": .product
            case "**": .power
            default: nil
            }
        default: nil
        }
    }

    private mutating func comparison() -> TemplateComparison {
        defer { advance() }
        switch current.kind {
        case .name("in"): return .isIn
        case .name("not"):
            advance()
            return .isNotIn
        case .symbol("=="): return .equal
        case .symbol("!="): return .notEqual
        case .symbol("<"): return .less
        case .symbol("<="): return .lessOrEqual
        case .symbol(">"): return .greater
        default: return .greaterOrEqual
        }
    }

    private mutating func arithmetic() -> TemplateOperator {
        defer { advance() }
        switch current.kind {
        case .symbol("+"): return .add
        case .symbol("-"): return .subtract
        case .symbol("*"): return .multiply
        case .symbol("/"): return .divide
        case .symbol("//"): return .floorDivide
        case .symbol("%"): return .modulo
        default: return .power
        }
    }

    /// An operand with its signs and what follows it.
    private mutating func unary(filters: Bool = true) throws(MartletError) -> TemplateExpression {
        let start = current
        var value: TemplateExpression
        if isAt(symbol: "-") || isAt(symbol: "+") {
            let isNegative = isAt(symbol: "-")
            advance()
            try descend()
            let operand = try unary(filters: false)
            ascend()
            value = try made(isNegative ? .negated(operand) : .positive(operand), from: start)
        } else {
            value = try primary()
        }
        value = try postfix(value, from: start)
        while filters {
            if skip(symbol: "|") {
                value = try made(.filter(value, try application()), from: start)
            } else if skip(word: "is") {
                value = try test(value, from: start)
            } else if isAt(symbol: "(") {
                value = try made(.call(value, try callArguments()), from: start)
            } else {
                break
            }
        }
        return value
    }

    // MARK: - Operands

    private mutating func primary() throws(MartletError) -> TemplateExpression {
        let start = current
        switch start.kind {
        case .name(let text):
            advance()
            switch text {
            case "true", "True": return try made(.bool(true), from: start)
            case "false", "False": return try made(.bool(false), from: start)
            case "none", "None": return try made(.none, from: start)
            default: return try made(.name(name(text)), from: start)
            }
        case .string(var bytes):
            advance()
            while case .string(let more) = current.kind {
                bytes.append(contentsOf: more)
                advance()
            }
            return try made(.string(TemplateText(bytes)), from: start)
        case .int(let value):
            advance()
            return try made(.int(value), from: start)
        case .float(let value):
            advance()
            return try made(.float(value), from: start)
        case .symbol("("):
            advance()
            let value = try tuple(endWord: nil, inBrackets: true)
            try expect(symbol: ")")
            return value
        case .symbol("["):
            advance()
            return try made(.list(try listItems()), from: start)
        case .symbol("{"):
            advance()
            return try made(.dictionary(try pairs()), from: start)
        default: throw unexpected("an expression")
        }
    }

    private mutating func listItems() throws(MartletError) -> [TemplateExpression] {
        var items: [TemplateExpression] = []
        while !isAt(symbol: "]") {
            if !items.isEmpty {
                try expect(symbol: ",")
                if isAt(symbol: "]") { break }
            }
            items.append(try expression())
        }
        advance()
        return items
    }

    private mutating func pairs() throws(MartletError) -> [(
        key: TemplateExpression, value: TemplateExpression
    )] {
        var pairs: [(key: TemplateExpression, value: TemplateExpression)] = []
        while !isAt(symbol: "}") {
            if !pairs.isEmpty {
                try expect(symbol: ",")
                if isAt(symbol: "}") { break }
            }
            let key = try expression()
            try expect(symbol: ":")
            pairs.append((key, try expression()))
        }
        advance()
        return pairs
    }

    /// `value` with the attributes, indices and calls that follow.
    private mutating func postfix(
        _ value: TemplateExpression, from start: TemplateToken
    ) throws(MartletError) -> TemplateExpression {
        var value = value
        while true {
            if skip(symbol: ".") {
                let attribute = current
                advance()
                switch attribute.kind {
                case .name(let text):
                    let name = TemplateAttribute(TemplateText(text))
                    value = try made(.attribute(value, name), from: start)
                case .int(let index):
                    value = try made(
                        .item(value, try made(.int(index), from: attribute)), from: start)
                default: throw failure("expected a name or a number after '.'")
                }
            } else if isAt(symbol: "[") {
                value = try made(try subscripted(value), from: start)
            } else if isAt(symbol: "(") {
                value = try made(.call(value, try callArguments()), from: start)
            } else {
                return value
            }
        }
    }

    private mutating func subscripted(
        _ value: TemplateExpression
    ) throws(MartletError) -> TemplateExpression.Kind {
        advance()
        let start = current
        if isAt(symbol: ":") { return try slice(value, nil) }
        var items: [TemplateExpression] = []
        while !isAt(symbol: "]") {
            if !items.isEmpty { try expect(symbol: ",") }
            items.append(try expression())
            if items.count == 1, isAt(symbol: ":") { return try slice(value, items[0]) }
        }
        advance()
        if items.count == 1 { return .item(value, items[0]) }
        return .item(value, try made(.tuple(items), from: start))
    }

    /// What follows the first bound of a slice, from its colon to the bracket.
    private mutating func slice(
        _ value: TemplateExpression, _ start: TemplateExpression?
    ) throws(MartletError) -> TemplateExpression.Kind {
        try expect(symbol: ":")
        var stop: TemplateExpression?
        var step: TemplateExpression?
        if !isAt(symbol: ":"), !isAt(symbol: "]") { stop = try expression() }
        if skip(symbol: ":"), !isAt(symbol: "]") { step = try expression() }
        try expect(symbol: "]")
        return .slice(value, start, stop, step)
    }

    // MARK: - Calls, filters, tests

    private mutating func callArguments() throws(MartletError) -> TemplateCallArguments {
        try expect(symbol: "(")
        var arguments = TemplateCallArguments()
        var names: Set<String> = []
        var isFirst = true
        while !isAt(symbol: ")") {
            if !isFirst {
                try expect(symbol: ",")
                if isAt(symbol: ")") { break }
            }
            isFirst = false
            if isAt(symbol: "*"), arguments.spread == nil, arguments.namedSpread == nil {
                advance()
                arguments.spread = try expression()
            } else if isAt(symbol: "**"), arguments.namedSpread == nil {
                advance()
                arguments.namedSpread = try expression()
            } else if case .name(let name) = current.kind, next.kind == .symbol("="),
                arguments.namedSpread == nil
            {
                advance()
                advance()
                guard names.insert(name).inserted else {
                    throw failure("the argument '\(name)' is given twice")
                }
                arguments.named.append((name, try expression()))
            } else {
                guard arguments.named.isEmpty, arguments.spread == nil,
                    arguments.namedSpread == nil
                else { throw failure("a positional argument after others") }
                arguments.positional.append(try expression())
            }
        }
        advance()
        return arguments
    }

    private mutating func dottedName() throws(MartletError) -> String {
        var name = try word()
        while skip(symbol: ".") { name += "." + (try word()) }
        return name
    }

    /// A filter with its arguments, behind the bar.
    mutating func application() throws(MartletError) -> TemplateApplication {
        let line = current.line
        let name = try dottedName()
        let arguments = isAt(symbol: "(") ? try callArguments() : TemplateCallArguments()
        return TemplateApplication(name: name, arguments: arguments, line: line)
    }

    /// A test, behind `is`.
    private mutating func test(
        _ value: TemplateExpression, from start: TemplateToken
    ) throws(MartletError) -> TemplateExpression {
        let line = current.line
        let isNegated = skip(word: "not")
        let name = try dottedName()
        var arguments = TemplateCallArguments()
        switch current.kind {
        case .symbol("("): arguments = try callArguments()
        case .name("else"), .name("or"), .name("and"): break
        case .name("is"): throw failure("tests with 'is' cannot be chained")
        case .name, .string, .int, .float, .symbol("["), .symbol("{"):
            // An argument without brackets: one operand.
            let operandStart = current
            try descend()
            let operand = try primary()
            arguments.positional = [try postfix(operand, from: operandStart)]
            ascend()
        default: break
        }
        let application = TemplateApplication(name: name, arguments: arguments, line: line)
        let test = try made(.test(value, application), from: start)
        return isNegated ? try made(.not(test), from: start) : test
    }
}
