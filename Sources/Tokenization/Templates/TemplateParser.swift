import ByteIO

/// Parses the tokens of a template; expressions are in TemplateParser+Expressions.swift.
///
/// Recursive descent with one frame or two a level and a bound on the levels, so that no template
/// overflows the stack.
struct TemplateParser {
    let source: [UInt8]
    private let tokens: [TemplateToken]
    private var position = 0
    private var names: [String: TemplateName] = [:]
    private var nameTexts: [String] = []
    /// How deep the nesting is here.
    private var depth = 0
    /// The loops around that `break` can leave, and those that own the name `loop`.
    private var openLoops = 0
    private var loopsAround = 0
    /// Whether the macro around asks for `varargs` and `kwargs`.
    private var asksForMore = false
    private var asksForMoreNamed = false

    /// The most levels of nesting.
    static let deepest = 100

    init(_ text: String) throws(MartletError) {
        var lexer = TemplateLexer(text)
        tokens = try lexer.run()
        source = lexer.source
    }

    mutating func program() throws(MartletError) -> TemplateProgram {
        let body = try statements(until: [])
        return TemplateProgram(source: source, body: body, names: names, nameTexts: nameTexts)
    }

    // MARK: - Tokens

    var current: TemplateToken { tokens[min(position, tokens.count - 1)] }

    var next: TemplateToken { tokens[min(position + 1, tokens.count - 1)] }

    /// Where what was parsed last ends.
    var endOfLast: Int { position > 0 ? tokens[position - 1].range.upperBound : 0 }

    mutating func advance() { position = min(position + 1, tokens.count - 1) }

    func isAt(symbol: String) -> Bool { current.kind == .symbol(symbol) }

    func isAt(word: String) -> Bool { current.kind == .name(word) }

    mutating func skip(symbol: String) -> Bool {
        guard isAt(symbol: symbol) else { return false }
        advance()
        return true
    }

    mutating func skip(word: String) -> Bool {
        guard isAt(word: word) else { return false }
        advance()
        return true
    }

    mutating func expect(symbol: String) throws(MartletError) {
        guard skip(symbol: symbol) else { throw unexpected("'\(symbol)'") }
    }

    mutating func expect(_ kind: TemplateToken.Kind, _ shown: String) throws(MartletError) {
        guard current.kind == kind else { throw unexpected(shown) }
        advance()
    }

    /// The name that must stand here.
    mutating func word() throws(MartletError) -> String {
        guard case .name(let word) = current.kind else { throw unexpected("a name") }
        advance()
        return word
    }

    func failure(_ message: String, line: Int? = nil) -> MartletError {
        MartletError(.malformed, message, at: "line \(line ?? current.line)")
    }

    func unexpected(_ expected: String) -> MartletError {
        let found =
            switch current.kind {
            case .text: "text"
            case .end: "the end of the template"
            default: "'\(TemplateText.excerpt(source[current.range]))'"
            }
        return failure("expected \(expected), found \(found)")
    }

    mutating func descend() throws(MartletError) {
        depth += 1
        guard depth <= Self.deepest else {
            throw MartletError(
                .unsupported, "nests more than \(Self.deepest) levels deep",
                at: "line \(current.line)")
        }
    }

    mutating func ascend() { depth -= 1 }

    /// The number of `text`; what macros ask for by special names is noted.
    mutating func name(_ text: String) -> TemplateName {
        if text == "varargs" { asksForMore = true }
        if text == "kwargs" { asksForMoreNamed = true }
        if let name = names[text] { return name }
        let name = TemplateName(number: nameTexts.count)
        names[text] = name
        nameTexts.append(TemplateText(text).excerpt)
        return name
    }

    // MARK: - Statements

    /// The statements up to a block that starts with one of `ends`, which is left standing behind
    /// its `{%`; without `ends`, up to the end of the template.
    private mutating func statements(
        until ends: [String]
    ) throws(MartletError) -> [TemplateStatement] {
        try descend()
        defer { ascend() }
        var result: [TemplateStatement] = []
        while true {
            let line = current.line
            switch current.kind {
            case .end:
                guard ends.isEmpty else {
                    throw failure("the template ends before '\(ends[ends.count - 1])'")
                }
                return result
            case .text(let bytes):
                result.append(TemplateStatement(kind: .text(bytes), line: line))
                advance()
            case .outputStart:
                advance()
                let value = try tuple(endWord: nil)
                try expect(.outputEnd, "'}}'")
                result.append(TemplateStatement(kind: .output([value]), line: line))
            case .blockStart:
                advance()
                guard case .name(let word) = current.kind else { throw unexpected("a tag") }
                if ends.contains(word) { return result }
                let kind = try statement(word)
                result.append(TemplateStatement(kind: kind, line: line))
                try expect(.blockEnd, "'%}'")
            default: throw unexpected("text or a tag")
            }
        }
    }

    /// The body of a block, whose tag ends here, up to one of `ends`; moves behind that word.
    private mutating func body(
        until ends: [String]
    ) throws(MartletError) -> (statements: [TemplateStatement], end: String) {
        _ = skip(symbol: ":")
        try expect(.blockEnd, "'%}'")
        let statements = try statements(until: ends)
        return (statements, try word())
    }

    private mutating func statement(
        _ tag: String
    ) throws(MartletError) -> TemplateStatement.Kind {
        let line = current.line
        advance()
        switch tag {
        case "if": return try choice()
        case "for": return try loop()
        case "set": return try assignment()
        case "macro": return try macro()
        case "filter": return try filtered()
        case "with": return try with()
        case "generation":
            let loops = openLoops
            openLoops = 0
            defer { openLoops = loops }
            return .generation(try body(until: ["endgeneration"]).statements)
        case "break", "continue":
            guard openLoops > 0 else { throw failure("'\(tag)' outside a loop", line: line) }
            return tag == "break" ? .leaveLoop : .continueLoop
        case "print":
            var values: [TemplateExpression] = []
            while current.kind != .blockEnd {
                if !values.isEmpty { try expect(symbol: ",") }
                values.append(try expression())
            }
            return .output(values)
        case "include", "import", "from", "extends", "block", "call", "autoescape", "do":
            throw MartletError(
                .unsupported, "chat templates have no '\(tag)' here", at: "line \(line)")
        default: throw failure("unknown tag '\(tag)'", line: line)
        }
    }

    private mutating func choice() throws(MartletError) -> TemplateStatement.Kind {
        var branches: [TemplateStatement.Branch] = []
        while true {
            let condition = try tuple(endWord: nil, conditional: false)
            let (statements, end) = try body(until: ["elif", "else", "endif"])
            branches.append(.init(condition: condition, body: statements))
            if end == "elif" { continue }
            guard end == "else" else { return .choice(branches, otherwise: []) }
            return .choice(branches, otherwise: try body(until: ["endif"]).statements)
        }
    }

    private mutating func loop() throws(MartletError) -> TemplateStatement.Kind {
        loopsAround += 1
        defer { loopsAround -= 1 }
        let target = try target(endWord: "in")
        guard skip(word: "in") else { throw unexpected("'in'") }
        let items = try tuple(endWord: "recursive", conditional: false)
        let condition = skip(word: "if") ? try expression() : nil
        let isRecursive = skip(word: "recursive")
        openLoops += 1
        let (body, end) = try body(until: ["endfor", "else"])
        openLoops -= 1
        let otherwise = end == "else" ? try self.body(until: ["endfor"]).statements : []
        return .loop(
            TemplateForLoop(
                target: target, items: items, condition: condition, isRecursive: isRecursive,
                body: body, otherwise: otherwise))
    }

    private mutating func assignment() throws(MartletError) -> TemplateStatement.Kind {
        let target = try target(endWord: nil, attributes: true)
        if skip(symbol: "=") { return .assignment(target, try tuple(endWord: nil)) }
        var filters: [TemplateApplication] = []
        while skip(symbol: "|") { filters.append(try application()) }
        return .blockAssignment(target, filters, try body(until: ["endset"]).statements)
    }

    private mutating func filtered() throws(MartletError) -> TemplateStatement.Kind {
        var filters = [try application()]
        while skip(symbol: "|") { filters.append(try application()) }
        return .filtered(filters, try body(until: ["endfilter"]).statements)
    }

    private mutating func with() throws(MartletError) -> TemplateStatement.Kind {
        var assignments: [(TemplateTarget, TemplateExpression)] = []
        while current.kind != .blockEnd {
            if !assignments.isEmpty { try expect(symbol: ",") }
            let target = try target(endWord: nil)
            try expect(symbol: "=")
            assignments.append((target, try expression()))
        }
        return .with(assignments, try body(until: ["endwith"]).statements)
    }

    private mutating func macro() throws(MartletError) -> TemplateStatement.Kind {
        let text = try word()
        let name = name(text)
        let outer = (openLoops, asksForMore, asksForMoreNamed)
        openLoops = 0
        try expect(symbol: "(")
        var parameters: [TemplateMacro.Parameter] = []
        while !isAt(symbol: ")") {
            if !parameters.isEmpty { try expect(symbol: ",") }
            let parameter = try word()
            var standard: TemplateExpression?
            if skip(symbol: "=") {
                standard = try expression()
            } else if parameters.last?.standard != nil {
                throw failure("a parameter without a default after one with")
            }
            parameters.append(
                .init(name: self.name(parameter), text: parameter, standard: standard))
        }
        try expect(symbol: ")")
        (asksForMore, asksForMoreNamed) = (false, false)
        let body = try body(until: ["endmacro"]).statements
        let own = Set(parameters.map(\.text))
        let macro = TemplateMacro(
            name: name, text: text, parameters: parameters, body: body,
            takesMore: asksForMore && !own.contains("varargs"),
            takesMoreNamed: asksForMoreNamed && !own.contains("kwargs"))
        (openLoops, asksForMore, asksForMoreNamed) = outer
        return .macro(macro)
    }

    // MARK: - Targets

    /// What is assigned to: a name, several, or (if `attributes`) an attribute of a namespace.
    private mutating func target(
        endWord: String?, attributes: Bool = false
    ) throws(MartletError) -> TemplateTarget {
        try descend()
        defer { ascend() }
        var targets: [TemplateTarget] = []
        var isTuple = false
        while true {
            if isTupleEnd(endWord) { break }
            if skip(symbol: "(") {
                targets.append(try target(endWord: nil))
                try expect(symbol: ")")
            } else {
                targets.append(try single(attributes: attributes))
            }
            guard skip(symbol: ",") else { break }
            isTuple = true
        }
        guard let first = targets.first else { throw unexpected("a name") }
        return isTuple ? .tuple(targets) : first
    }

    private mutating func single(attributes: Bool) throws(MartletError) -> TemplateTarget {
        let text = try word()
        switch text {
        case "true", "false", "none", "True", "False", "None":
            throw failure("nothing can be assigned to '\(text)'")
        default: break
        }
        if attributes, skip(symbol: ".") {
            return .attribute(name(text), TemplateText(try word()))
        }
        if text == "loop", loopsAround > 0 {
            throw failure("nothing can be assigned to 'loop' in a loop")
        }
        return .name(name(text))
    }
}
