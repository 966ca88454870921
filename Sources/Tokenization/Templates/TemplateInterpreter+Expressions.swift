import ByteIO

extension TemplateInterpreter {
    func evaluate(
        _ expression: TemplateExpression, in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        try charge()
        switch expression.kind {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .float(let value): return .float(value)
        case .string(let text): return .string(text)
        case .name(let name): return try lookUp(name, in: scope)
        default: break
        }
        try descend()
        defer { ascend() }
        do throws(MartletError) {
            return try checked(try compound(expression.kind, in: scope))
        } catch {
            throw located(error, expression)
        }
    }

    private func evaluate(
        _ expressions: [TemplateExpression], in scope: TemplateScope
    ) throws(MartletError) -> [TemplateValue] {
        var values: [TemplateValue] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression, in: scope)) }
        return values
    }

    private func compound(
        _ kind: TemplateExpression.Kind, in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        switch kind {
        case .none, .bool, .int, .float, .string, .name: return .none
        case .list(let items): return .list(try evaluate(items, in: scope))
        case .tuple(let items): return .tuple(try evaluate(items, in: scope))
        case .dictionary(let pairs): return try dictionary(pairs, in: scope)
        case .not(let operand): return .bool(!(try evaluate(operand, in: scope)).isTrue)
        case .negated(let operand): return try negated(try evaluate(operand, in: scope))
        case .positive(let operand): return try positive(try evaluate(operand, in: scope))
        case .arithmetic(let first, let rest): return try arithmetic(first, rest, in: scope)
        case .concatenation(let operands): return try concatenation(operands, in: scope)
        case .comparison(let first, let rest): return try comparison(first, rest, in: scope)
        case .and(let operands): return try firstOperand(of: operands, thatIs: false, in: scope)
        case .or(let operands): return try firstOperand(of: operands, thatIs: true, in: scope)
        case .conditional(let value, let condition, let otherwise):
            return try choice(value, condition, otherwise, in: scope)
        case .attribute(let base, let attribute):
            return try self.attribute(attribute, of: try evaluate(base, in: scope))
        case .item(let base, let index): return try item(base, index, in: scope)
        case .slice(let base, let start, let stop, let step):
            return try slice(base, start, stop, step, in: scope)
        case .call(let callee, let arguments): return try call(callee, arguments, in: scope)
        case .filter(let base, let application): return try filter(base, application, in: scope)
        case .test(let base, let application): return try test(base, application, in: scope)
        }
    }

    // Each kind has a function of its own: one frame for all would be large, and frames nest.

    private func arithmetic(
        _ first: TemplateExpression, _ rest: [(TemplateOperator, TemplateExpression)],
        in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        var value = try evaluate(first, in: scope)
        for (operation, operand) in rest {
            value = try arithmetic(operation, value, try evaluate(operand, in: scope))
        }
        return value
    }

    /// The first of `operands` that counts as `isTrue`, else the last.
    private func firstOperand(
        of operands: [TemplateExpression], thatIs isTrue: Bool, in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        var value = TemplateValue.none
        for operand in operands {
            value = try evaluate(operand, in: scope)
            if value.isTrue == isTrue { break }
        }
        return value
    }

    private func choice(
        _ value: TemplateExpression, _ condition: TemplateExpression,
        _ otherwise: TemplateExpression?, in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        if try evaluate(condition, in: scope).isTrue { return try evaluate(value, in: scope) }
        if let otherwise { return try evaluate(otherwise, in: scope) }
        return .undefined("the condition is false and there is no 'else'")
    }

    private func item(
        _ base: TemplateExpression, _ index: TemplateExpression, in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        let value = try evaluate(base, in: scope)
        return try item(try evaluate(index, in: scope), of: value)
    }

    private func call(
        _ callee: TemplateExpression, _ arguments: TemplateCallArguments, in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        let function = try evaluate(callee, in: scope)
        return try call(function, try evaluate(arguments, in: scope))
    }

    private func filter(
        _ base: TemplateExpression, _ application: TemplateApplication, in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        let value = try evaluate(base, in: scope)
        let arguments = try evaluate(application.arguments, in: scope)
        return try apply(application.name, to: value, arguments)
    }

    private func test(
        _ base: TemplateExpression, _ application: TemplateApplication, in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        let value = try evaluate(base, in: scope)
        let arguments = try evaluate(application.arguments, in: scope)
        return .bool(try test(application.name, value, arguments))
    }

    private func dictionary(
        _ pairs: [(key: TemplateExpression, value: TemplateExpression)], in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        var dictionary = TemplateDictionary()
        for pair in pairs {
            let name = try evaluate(pair.key, in: scope)
            let value = try evaluate(pair.value, in: scope)
            try set(name, value, in: &dictionary)
        }
        return .dictionary(dictionary)
    }

    /// Sets a member of a dictionary that is made.
    func set(
        _ name: TemplateValue, _ value: TemplateValue, in dictionary: inout TemplateDictionary
    ) throws(MartletError) {
        guard let key = try key(of: name), key != .foreign else {
            throw invalid("a \(name.typeName) cannot be a key of a dictionary")
        }
        dictionary.set(key, name, value)
    }

    private func concatenation(
        _ operands: [TemplateExpression], in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        var bytes: [UInt8] = []
        for operand in operands {
            let text = try string(try evaluate(operand, in: scope))
            try fits(bytes.count + text.bytes.count)
            try charge(bytes: text.bytes.count)
            bytes.append(contentsOf: text.bytes)
        }
        return .string(TemplateText(bytes))
    }

    private func comparison(
        _ first: TemplateExpression, _ rest: [(TemplateComparison, TemplateExpression)],
        in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        var left = try evaluate(first, in: scope)
        for (comparison, operand) in rest {
            let right = try evaluate(operand, in: scope)
            guard try compare(comparison, left, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    private func slice(
        _ base: TemplateExpression, _ start: TemplateExpression?, _ stop: TemplateExpression?,
        _ step: TemplateExpression?, in scope: TemplateScope
    ) throws(MartletError) -> TemplateValue {
        let value = try evaluate(base, in: scope)
        var bounds: [Int?] = []
        for bound in [start, stop, step] {
            guard let bound else {
                bounds.append(nil)
                continue
            }
            let index = try evaluate(bound, in: scope)
            guard index.isNone || index.integer != nil else {
                throw invalid("a slice takes integers, not a \(index.typeName)")
            }
            bounds.append(index.integer)
        }
        return try slice(value, from: bounds[0], to: bounds[1], by: bounds[2] ?? 1)
    }

    // MARK: - Calls

    func evaluate(
        _ arguments: TemplateCallArguments, in scope: TemplateScope
    ) throws(MartletError) -> TemplateArguments {
        var result = TemplateArguments(positional: try evaluate(arguments.positional, in: scope))
        for (name, value) in arguments.named {
            try charge(name.utf8.count / 64)
            result.named.append((name, try evaluate(value, in: scope)))
        }
        if let spread = arguments.spread {
            result.positional += try items(of: try evaluate(spread, in: scope))
        }
        if let spread = arguments.namedSpread {
            guard case .dictionary(let dictionary) = try evaluate(spread, in: scope) else {
                throw invalid("'**' takes a dictionary")
            }
            var given = Set(result.named.map(\.name))
            for (name, value) in zip(dictionary.names, dictionary.values) {
                try charge(bytes: name.text?.bytes.count ?? 0)
                guard let name = name.text?.string, given.insert(name).inserted else {
                    throw invalid("'**' takes names that are not given already")
                }
                result.named.append((name, value))
            }
        }
        return result
    }

    func call(
        _ function: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        switch function {
        case .undefined(let message): throw invalid(message)
        case .loop(let loop):
            let bound = try arguments.bound("loop", ["iterable"], required: 1)
            return try recurse(loop, over: bound[0] ?? .none)
        case .cycler(let cycler) where cycler.isJoiner:
            cycler.position += 1
            return cycler.position > 1 ? cycler.items.items.first ?? .none : .text("")
        case .callable(let callable):
            switch callable.kind {
            case .macro(let macro, let scope): return try call(macro, in: scope, arguments)
            case .method(let receiver, let method):
                return try call(method, of: receiver, arguments)
            case .global(let global): return try call(global, arguments)
            }
        default: throw invalid("a \(function.typeName) cannot be called")
        }
    }

    private func call(
        _ macro: TemplateMacro, in outer: TemplateScope, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let scope = TemplateScope(in: outer)
        let count = macro.parameters.count
        let surplus = Array(arguments.positional.dropFirst(count))
        guard surplus.isEmpty || macro.takesMore else {
            throw invalid("macro '\(macro.text)' takes at most \(count) arguments")
        }
        var named = arguments.named
        for (position, parameter) in macro.parameters.enumerated() {
            // It is looked for among all that are left.
            try charge(named.count)
            let value: TemplateValue
            if position < arguments.positional.count {
                value = arguments.positional[position]
            } else if let given = named.firstIndex(where: { $0.name == parameter.text }) {
                value = named.remove(at: given).value
            } else if let standard = parameter.standard {
                value = try evaluate(standard, in: scope)
            } else {
                let text = program.nameTexts[parameter.name.number]
                value = .undefined("parameter '\(text)' was not provided")
            }
            scope.variables[parameter.name] = value
        }
        if let first = named.first, !macro.takesMoreNamed {
            throw invalid("macro '\(macro.text)' takes no argument '\(first.name)'")
        }
        if macro.takesMore, let name = program.names["varargs"] {
            scope.variables[name] = .tuple(surplus)
        }
        if macro.takesMoreNamed, let name = program.names["kwargs"] {
            var dictionary = TemplateDictionary()
            for (name, value) in named { dictionary.set(name, value) }
            scope.variables[name] = .dictionary(dictionary)
        }
        return .string(
            try captured { () throws(MartletError) in
                _ = try self.run(macro.body, in: scope)
            })
    }
}

/// The arguments of a call.
struct TemplateArguments {
    var positional: [TemplateValue] = []
    var named: [(name: String, value: TemplateValue)] = []

    /// The values for the parameters `names`, nil where none is given. The first `required` must
    /// be there; with `positionalOnly` none may be given by name.
    func bound(
        _ function: String, _ names: [String], required: Int = 0, positionalOnly: Bool = false
    ) throws(MartletError) -> [TemplateValue?] {
        guard positional.count <= names.count else {
            throw MartletError(
                .invalidValue, "'\(function)' takes at most \(names.count) arguments")
        }
        var values: [TemplateValue?] = positional
        values.append(contentsOf: repeatElement(nil, count: names.count - positional.count))
        for (name, value) in named {
            guard !positionalOnly, let position = names.firstIndex(of: name),
                values[position] == nil
            else {
                throw MartletError(
                    .invalidValue,
                    "'\(function)' takes no argument '\(TemplateText(name).excerpt)' here")
            }
            values[position] = value
        }
        for position in 0..<min(required, names.count) where values[position] == nil {
            throw MartletError(
                .invalidValue, "'\(function)' lacks its argument '\(names[position])'")
        }
        return values
    }

    /// Whether nothing is given.
    var isEmpty: Bool { positional.isEmpty && named.isEmpty }
}
