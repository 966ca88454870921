import ByteIO

/// The tests, by the names Jinja gives them.
enum TemplateTest: String, CaseIterable {
    case odd, even, divisibleby, defined, undefined, filter, test, none, boolean
    case isFalse = "false"
    case isTrue = "true"
    case integer, float, lower, upper, string, mapping, number, sequence, iterable, callable
    case sameas, escaped
    case isIn = "in"
    case equalSign = "=="
    case eq, equalto
    case notEqualSign = "!="
    case ne
    case greaterSign = ">"
    case gt, greaterthan, ge
    case greaterOrEqualSign = ">="
    case lessSign = "<"
    case lt, lessthan
    case lessOrEqualSign = "<="
    case le
}

extension TemplateInterpreter {
    /// Whether `value` fulfils the test `name`.
    func test(
        _ name: String, _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> Bool {
        try charge(bytes: name.utf8.count)
        guard let test = TemplateTest(rawValue: name) else {
            throw invalid("there is no test '\(TemplateText(name).excerpt)'")
        }
        switch test {
        case .divisibleby, .sameas, .isIn, .equalSign, .eq, .equalto, .notEqualSign, .ne,
            .greaterSign, .gt, .greaterthan, .ge, .greaterOrEqualSign, .lessSign, .lt, .lessthan,
            .lessOrEqualSign, .le:
            let names = test == .divisibleby ? ["num"] : test == .isIn ? ["seq"] : ["other"]
            let bound = try arguments.bound(name, names, required: 1)
            return try self.test(test, value, with: bound[0] ?? .none)
        default:
            _ = try arguments.bound(name, [])
            return try self.test(test, value)
        }
    }

    private func test(
        _ test: TemplateTest, _ value: TemplateValue, with other: TemplateValue
    ) throws(MartletError) -> Bool {
        switch test {
        case .divisibleby: try isMultiple(value, of: other)
        case .sameas: try isSame(value, other)
        case .isIn: try compare(.isIn, value, other)
        case .equalSign, .eq, .equalto: try compare(.equal, value, other)
        case .notEqualSign, .ne: try compare(.notEqual, value, other)
        case .greaterSign, .gt, .greaterthan: try compare(.greater, value, other)
        case .ge, .greaterOrEqualSign: try compare(.greaterOrEqual, value, other)
        case .lessSign, .lt, .lessthan: try compare(.less, value, other)
        default: try compare(.lessOrEqual, value, other)
        }
    }

    private func test(
        _ test: TemplateTest, _ value: TemplateValue
    ) throws(MartletError) -> Bool {
        switch test {
        case .odd:
            let remainder = try arithmetic(.modulo, value, .int(2))
            return try equal(remainder, .int(1))
        case .even: return try isMultiple(value, of: .int(2))
        case .defined: return !value.isUndefined
        case .undefined: return value.isUndefined
        case .filter: return TemplateFilter(rawValue: try name(from: value)) != nil
        case .test: return TemplateTest(rawValue: try name(from: value)) != nil
        case .lower, .upper:
            let text = try string(value)
            try charge(scalarsOf: text)
            return test == .lower ? text.isLowercase : text.isUppercase
        case .none: return value.isNone
        default: break
        }
        return switch (test, value) {
        case (.boolean, .bool), (.float, .float), (.string, .string), (.mapping, .dictionary): true
        case (.isTrue, .bool(let value)): value
        case (.isFalse, .bool(let value)): !value
        case (.integer, .int): true
        case (.number, _): value.number != nil
        case (.sequence, .string), (.sequence, .list), (.sequence, .tuple),
            (.sequence, .dictionary), (.sequence, .range), (.sequence, .undefined):
            true
        case (.iterable, .string), (.iterable, .list), (.iterable, .tuple),
            (.iterable, .dictionary), (.iterable, .view), (.iterable, .range),
            (.iterable, .iterator), (.iterable, .loop), (.iterable, .undefined):
            true
        case (.callable, .callable), (.callable, .loop), (.callable, .undefined): true
        case (.callable, .cycler(let cycler)): cycler.isJoiner
        case (.escaped, .string(let text)): text.isMarkup
        default: false
        }
    }

    private func isMultiple(
        _ value: TemplateValue, of divisor: TemplateValue
    ) throws(MartletError) -> Bool {
        try equal(try arithmetic(.modulo, value, divisor), .int(0))
    }

    /// Whether both are one object, as far as values can tell.
    private func isSame(
        _ left: TemplateValue, _ right: TemplateValue
    ) throws(MartletError) -> Bool {
        switch (left, right) {
        case (.list, _), (.tuple, _), (.dictionary, _), (.view, _), (.undefined, _): false
        case (.bool, .bool), (.int, .int), (.float, .float): try equal(left, right)
        case (.bool, _), (.int, _), (.float, _): false
        default: try equal(left, right)
        }
    }
}
