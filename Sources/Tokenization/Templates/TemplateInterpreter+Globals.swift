import ByteIO

/// The functions every chat template has.
extension TemplateInterpreter {
    func call(
        _ global: TemplateGlobal, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        switch global {
        case .range: return .range(try range(arguments))
        case .dict: return .dictionary(try dictionary(arguments))
        case .namespace:
            let dictionary = try dictionary(arguments)
            let namespace = newNamespace()
            for (name, value) in zip(dictionary.names, dictionary.values) {
                guard case .string(let name) = name else {
                    throw invalid("a namespace takes names")
                }
                try set(name, to: value, in: namespace)
            }
            return .namespace(namespace)
        case .cycler:
            guard arguments.named.isEmpty, !arguments.positional.isEmpty else {
                throw invalid("a cycler takes at least one item")
            }
            return .cycler(TemplateCycler(arguments.positional, isJoiner: false))
        case .joiner:
            let bound = try arguments.bound("joiner", ["sep"])
            return .cycler(TemplateCycler([bound[0] ?? .text(", ")], isJoiner: true))
        case .raiseException:
            let bound = try arguments.bound("raise_exception", ["message"], required: 1)
            throw invalid(try string(bound[0] ?? .none).string)
        case .strftimeNow:
            let bound = try arguments.bound("strftime_now", ["format"], required: 1)
            let format = try text(bound[0] ?? .none)
            // No directive makes more than some 40 bytes of its two.
            try room(format.bytes.count &* 20)
            try charge(format.bytes.count)
            let time = CalendarTime(secondsSince1970: now)
            return .string(TemplateText(time.formatted(format.bytes)))
        }
    }

    private func range(_ arguments: TemplateArguments) throws(MartletError) -> TemplateRange {
        let bound = try arguments.bound(
            "range", ["start", "stop", "step"], required: 1, positionalOnly: true)
        let first = try integer(bound[0] ?? .none)
        let second = try bound[1].map { value throws(MartletError) in try integer(value) }
        let step = try bound[2].map { value throws(MartletError) in try integer(value) } ?? 1
        guard step != 0 else { throw invalid("the step of a range is zero") }
        let range = TemplateRange(
            start: second == nil ? 0 : first, stop: second ?? first, step: step)
        guard let range else {
            throw MartletError(
                .unsupported, "a range of more than \(TemplateRange.longest) numbers")
        }
        return range
    }

    /// What Python's `dict` makes of a dictionary or pairs, and of named arguments.
    private func dictionary(
        _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateDictionary {
        guard arguments.positional.count <= 1 else {
            throw invalid("takes one dictionary or list of pairs")
        }
        var result = TemplateDictionary()
        switch arguments.positional.first {
        case nil: break
        case .dictionary(let dictionary):
            // What is added makes it a copy, with all keys placed anew.
            for key in dictionary.keys { try charge(key.cost) }
            result = dictionary
        case .some(let value):
            if case .undefined = value { break }
            for pair in try items(of: value) {
                let parts = try items(of: pair)
                guard parts.count == 2 else { throw invalid("a pair has two items") }
                try set(parts[0], parts[1], in: &result)
            }
        }
        for (name, value) in arguments.named { result.set(name, value) }
        return result
    }
}
