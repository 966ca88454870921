import ByteIO

/// Renders one template once. Expressions, filters and the rest are in extensions.
///
/// Every evaluation, item and 64 bytes of text take a step from the fuel, before they are made;
/// every level of nesting counts, whatever it is of. So time, memory and stack are bounded.
final class TemplateInterpreter {
    let program: TemplateProgram
    let limits: ChatTemplate.Limits
    /// Seconds since 1970, UTC.
    let now: Int

    private var steps = 0
    private var depth = 0
    /// What is written now: the result, or what a macro or a block gives.
    private var output: [UInt8] = []
    /// The length of the result while something else is written.
    private var resultLength: Int?
    private(set) var generated: [Range<Int>] = []
    /// What may hold itself and is emptied at the end.
    private var namespaces: [TemplateNamespace] = []
    private var capturedScopes: [TemplateScope] = []
    private var comparingLoops: [TemplateLoop] = []

    init(_ program: TemplateProgram, limits: ChatTemplate.Limits, now: Int) {
        self.program = program
        self.limits = limits
        self.now = now
    }

    func render(_ variables: JSONObject) throws(MartletError) -> [UInt8] {
        defer { releaseAll() }
        let globals = TemplateScope(in: nil)
        for global in TemplateGlobal.allCases {
            guard let name = program.names[global.rawValue] else { continue }
            globals.variables[name] = .callable(TemplateCallable(.global(global)))
        }
        for (key, value) in variables {
            guard let name = program.names[key] else { continue }
            do {
                globals.variables[name] = try TemplateValue(
                    value, depth: min(limits.depth, JSONLimits.deepest))
            } catch {
                throw error.at("variable '\(key)'")
            }
        }
        _ = try run(program.body, in: TemplateScope(in: globals))
        return output
    }

    private func releaseAll() {
        for namespace in namespaces { namespace.attributes.removeAll() }
        for scope in capturedScopes { scope.variables.removeAll() }
        for loop in comparingLoops { loop.lastSeen = nil }
    }

    // MARK: - Limits

    func charge(_ count: Int = 1) throws(MartletError) {
        steps = steps &+ max(count, 0)
        guard steps <= limits.steps, steps >= 0 else {
            throw MartletError(
                .unsupported, "the template takes more than \(limits.steps) steps, the limit")
        }
    }

    /// Pays for `bytes` bytes of text that is made or gone through.
    func charge(bytes: Int) throws(MartletError) { try charge(1 + bytes / 64) }

    /// Pays for a look at each scalar of `text`, which takes longer than a copy.
    func charge(scalarsOf text: TemplateText) throws(MartletError) {
        try charge(1 + text.count / 8)
    }

    /// Refuses a text of `count` bytes if that is too long; pays for it otherwise.
    func room(_ count: Int) throws(MartletError) {
        try fits(count)
        try charge(bytes: count)
    }

    /// Refuses a text of `count` bytes if that is too long. Who adds to one pays for what is added.
    func fits(_ count: Int) throws(MartletError) {
        guard count <= limits.outputBytes else {
            throw MartletError(
                .unsupported,
                "the template makes a text of more than \(limits.outputBytes) bytes, the limit")
        }
    }

    /// How many pieces of a text are worth finding: more than that cannot be paid for.
    var mostPieces: Int { limits.steps - steps + 1 }

    /// The texts at `ranges` in `text`.
    func pieces(
        of text: TemplateText, at ranges: [Range<Int>]
    ) throws(MartletError) -> [TemplateText] {
        try charge(2 * ranges.count)
        return ranges.map { TemplateText(text.bytes[$0]).marked(text.isMarkup) }
    }

    func descend() throws(MartletError) {
        depth += 1
        guard depth <= limits.depth else {
            depth -= 1
            throw MartletError(
                .unsupported, "the template nests more than \(limits.depth) levels deep, the limit")
        }
    }

    func ascend() { depth -= 1 }

    func checked(_ value: TemplateValue) throws(MartletError) -> TemplateValue {
        guard value.nesting <= limits.depth else {
            throw MartletError(
                .unsupported, "a value nests more than \(limits.depth) levels deep, the limit")
        }
        return value
    }

    /// `error` with the place of `expression`, unless it has one.
    func located(_ error: MartletError, _ expression: TemplateExpression) -> MartletError {
        guard error.place == nil else { return error }
        let text = TemplateText.excerpt(program.source[expression.source])
        return error.at("line \(expression.line), '\(text)'")
    }

    func located(_ error: MartletError, line: Int) -> MartletError {
        error.place == nil ? error.at("line \(line)") : error
    }

    // MARK: - Scopes

    func newNamespace() -> TemplateNamespace {
        let namespace = TemplateNamespace()
        namespaces.append(namespace)
        return namespace
    }

    func remember(_ loop: TemplateLoop) { comparingLoops.append(loop) }

    func lookUp(
        _ name: TemplateName, in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        var next: TemplateScope? = scope
        var count = 0
        while let scope = next {
            if let value = scope.variables[name] { return value }
            next = scope.outer
            count += 1
            if count.isMultiple(of: 8) { try charge() }
        }
        return .undefined("'\(program.nameTexts[name.number])' is undefined")
    }

    func assign(
        _ value: TemplateValue, to target: TemplateTarget, in scope: TemplateScope
    ) throws(MartletError) {
        switch target {
        case .name(let name): scope.variables[name] = value
        case .attribute(let name, let attribute):
            guard case .namespace(let namespace) = try lookUp(name, in: scope) else {
                throw invalid("an attribute can be assigned only in a namespace")
            }
            try set(attribute, to: value, in: namespace)
        case .tuple(let targets):
            let values = try items(of: value)
            guard values.count == targets.count else {
                throw invalid("\(values.count) values for \(targets.count) names")
            }
            for (target, value) in zip(targets, values) {
                try assign(value, to: target, in: scope)
            }
        }
    }

    func set(
        _ attribute: TemplateText, to value: TemplateValue, in namespace: TemplateNamespace
    ) throws(MartletError) {
        guard attribute.bytes.first != UInt8(ascii: "_") else {
            throw invalid("a namespace takes no name with an underscore in front")
        }
        try charge(bytes: attribute.bytes.count)
        namespace.attributes.set(.string(attribute.bytes), .string(attribute), value)
    }

    /// The key for `value`, nil if Python refuses it as one.
    func key(of value: TemplateValue) throws(MartletError) -> TemplateKey? {
        if case .tuple(let sequence) = value { try payForKey(sequence) }
        let key = TemplateKey(value)
        try charge(key?.cost ?? 1)
        return key
    }

    /// Parts of a tuple may be the same ones many times over.
    private func payForKey(_ sequence: TemplateSequence) throws(MartletError) {
        try descend()
        defer { ascend() }
        for item in sequence.items {
            try charge()
            if case .string(let text) = item { try charge(bytes: text.bytes.count) }
            if case .tuple(let inner) = item { try payForKey(inner) }
        }
    }

    func invalid(_ message: String) -> MartletError { MartletError(.invalidValue, message) }

    // MARK: - Writing

    func write(_ bytes: [UInt8]) throws(MartletError) {
        guard output.count + bytes.count <= limits.outputBytes else {
            throw MartletError(
                .unsupported, "the template writes more than \(limits.outputBytes) bytes, the limit"
            )
        }
        try charge(bytes: bytes.count)
        output.append(contentsOf: bytes)
    }

    /// What `body` writes, kept apart.
    func captured(_ body: () throws(MartletError) -> Void) throws(MartletError) -> TemplateText {
        let outer = output
        let outerLength = resultLength
        resultLength = resultLength ?? outer.count
        output = []
        defer {
            output = outer
            resultLength = outerLength
        }
        try body()
        return TemplateText(output)
    }

    // MARK: - Statements

    /// How a block ends.
    enum Outcome { case done, leaveLoop, continueLoop }

    func run(
        _ statements: [TemplateStatement], in scope: TemplateScope
    ) throws(MartletError) -> Outcome {
        try descend()
        defer { ascend() }
        for statement in statements {
            let outcome: Outcome
            do throws(MartletError) {
                try charge()
                outcome = try run(statement.kind, in: scope)
            } catch {
                throw located(error, line: statement.line)
            }
            if outcome != .done { return outcome }
        }
        return .done
    }

    private func run(
        _ statement: TemplateStatement.Kind, in scope: TemplateScope
    ) throws(MartletError) -> Outcome {
        switch statement {
        case .text(let bytes): try write(bytes)
        case .output(let values):
            for value in values { try write(try string(try evaluate(value, in: scope)).bytes) }
        case .choice(let branches, let otherwise):
            for branch in branches {
                let value = try evaluate(branch.condition, in: scope)
                if value.isTrue { return try run(branch.body, in: scope) }
            }
            if !otherwise.isEmpty { return try run(otherwise, in: scope) }
        case .loop(let node): return try runLoop(node, in: scope)
        case .assignment(let target, let value):
            try assign(try evaluate(value, in: scope), to: target, in: scope)
        case .macro(let macro):
            if capturedScopes.last !== scope { capturedScopes.append(scope) }
            scope.variables[macro.name] = .callable(TemplateCallable(.macro(macro, scope)))
        case .blockAssignment(let target, let filters, let body):
            return try runBlock(body, through: filters, in: scope) {
                value throws(MartletError) in
                try self.assign(value, to: target, in: scope)
            }
        case .filtered(let filters, let body):
            return try runBlock(body, through: filters, in: scope) {
                value throws(MartletError) in
                try self.write(try self.string(value).bytes)
            }
        case .with(let assignments, let body):
            let inner = TemplateScope(in: scope)
            for (target, value) in assignments {
                try assign(try evaluate(value, in: scope), to: target, in: inner)
            }
            return try run(body, in: inner)
        case .generation(let body): try runGeneration(body, in: scope)
        case .leaveLoop: return .leaveLoop
        case .continueLoop: return .continueLoop
        }
        return .done
    }

    /// Runs `body`, and `use`s what it writes, through the filters, unless it leaves a loop.
    private func runBlock(
        _ body: [TemplateStatement], through filters: [TemplateApplication],
        in scope: TemplateScope, use: (TemplateValue) throws(MartletError) -> Void
    ) throws(MartletError) -> Outcome {
        let inner = TemplateScope(in: scope)
        var outcome = Outcome.done
        let text = try captured { () throws(MartletError) in
            outcome = try self.run(body, in: inner)
        }
        guard outcome == .done else { return outcome }
        var value = TemplateValue.string(text)
        for filter in filters {
            let arguments = try evaluate(filter.arguments, in: scope)
            value = try checked(try apply(filter.name, to: value, arguments))
        }
        try use(value)
        return .done
    }

    /// Runs a `{% generation %}` block and notes where its text stands. Within a macro or a block
    /// that is kept apart, that is where the result ended so far, as in transformers.
    private func runGeneration(
        _ body: [TemplateStatement], in scope: TemplateScope
    ) throws(MartletError) {
        let inner = TemplateScope(in: scope)
        let text = try captured { () throws(MartletError) in
            _ = try self.run(body, in: inner)
        }
        let start = resultLength ?? output.count
        generated.append(start..<start + text.bytes.count)
        try write(text.bytes)
    }

    // MARK: - Loops

    private func runLoop(
        _ node: TemplateForLoop, in scope: TemplateScope
    ) throws(MartletError) -> Outcome {
        let items = try items(of: try evaluate(node.items, in: scope))
        guard node.isRecursive else { return try runLoop(node, over: items, in: scope, depth: 0) }
        let text = try captured { () throws(MartletError) in
            _ = try self.runLoop(node, over: items, in: scope, depth: 0)
        }
        try write(text.bytes)
        return .done
    }

    /// What `loop(items)` writes in a recursive loop.
    func recurse(
        _ loop: TemplateLoop, over value: TemplateValue
    ) throws(MartletError) -> TemplateValue {
        guard loop.node.isRecursive, let outer = loop.outer else {
            throw invalid("the loop is not 'recursive', or has ended")
        }
        let items = try items(of: value)
        try descend()
        defer { ascend() }
        return .string(
            try captured { () throws(MartletError) in
                _ = try self.runLoop(
                    loop.node, over: items, in: outer, depth: loop.depth + 1)
            })
    }

    private func runLoop(
        _ node: TemplateForLoop, over items: [TemplateValue], in scope: TemplateScope, depth: Int
    ) throws(MartletError) -> Outcome {
        let loop = TemplateLoop(node, over: items, outer: scope, depth: depth)
        _ = try checked(.loop(loop))
        defer { loop.outer = nil }
        let loopName = program.names["loop"]
        var inner = TemplateScope(in: scope)
        // As in Jinja, only a body that ran to its end keeps the `else` from running.
        var hasFinished = false
        while let item = try nextItem(of: loop) {
            try charge()
            // A macro or an iterator may hold on to the scope; each item gets its own then.
            if isKnownUniquelyReferenced(&inner) {
                inner.variables.removeAll(keepingCapacity: true)
            } else {
                inner = TemplateScope(in: scope)
            }
            try assign(item, to: node.target, in: inner)
            if let loopName { inner.variables[loopName] = .loop(loop) }
            let outcome = try run(node.body, in: inner)
            if outcome == .leaveLoop { break }
            if outcome == .done { hasFinished = true }
        }
        if !hasFinished, !node.otherwise.isEmpty {
            return try run(node.otherwise, in: TemplateScope(in: scope))
        }
        return .done
    }

    /// Moves `loop` to its next item; nil at the end.
    private func nextItem(of loop: TemplateLoop) throws(MartletError) -> TemplateValue? {
        guard let item = try peek(loop) else { return nil }
        loop.ahead = nil
        loop.index += 1
        loop.previous = loop.current
        loop.current = item
        return item
    }

    /// The item after the current one, nil at the end.
    func peek(_ loop: TemplateLoop) throws(MartletError) -> TemplateValue? {
        if let ahead = loop.ahead { return ahead }
        let item = try findItem(of: loop)
        loop.ahead = .some(item)
        return item
    }

    /// The next item that fulfils the condition of `loop`.
    private func findItem(of loop: TemplateLoop) throws(MartletError) -> TemplateValue? {
        while loop.position < loop.source.count {
            let item = loop.source[loop.position]
            loop.position += 1
            guard loop.isFiltered, let condition = loop.node.condition, let outer = loop.outer
            else { return item }
            try charge()
            let scope = TemplateScope(in: outer)
            try assign(item, to: loop.node.target, in: scope)
            if try evaluate(condition, in: scope).isTrue { return item }
        }
        return nil
    }

    /// How many items `loop` goes through; with a condition, finds them all.
    func length(of loop: TemplateLoop) throws(MartletError) -> Int {
        if let length = loop.knownLength { return length }
        if loop.isFiltered {
            var rest: [TemplateValue] = []
            while let item = try findItem(of: loop) { rest.append(item) }
            loop.source = rest
            loop.position = 0
            loop.isFiltered = false
            let isAhead = if case .some(.some(_)) = loop.ahead { 1 } else { 0 }
            loop.knownLength = rest.count + loop.index + 1 + isAhead
        } else {
            loop.knownLength = loop.source.count
        }
        return loop.knownLength ?? 0
    }
}
