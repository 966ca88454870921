import ByteIO

/// The filters, by the names Jinja gives them.
enum TemplateFilter: String, CaseIterable {
    case abs, attr, batch, capitalize, center, count, d
    case standard = "default"
    case dictsort, e, escape, first, float, forceescape, format, groupby, indent, int, items, join
    case last, length, list, lower, map, max, min, reject, rejectattr, replace, reverse, round
    case safe, select, selectattr, slice, sort, string, sum, title, tojson, trim, truncate
    case unique, upper, wordcount
    // Known to Jinja and of no use in a prompt.
    case filesizeformat, pprint, random, striptags, urlencode, urlize, wordwrap, xmlattr
}

extension TemplateInterpreter {
    /// `value` through the filter `name`.
    func apply(
        _ name: String, to value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        try charge(bytes: name.utf8.count)
        guard let filter = TemplateFilter(rawValue: name) else {
            throw invalid("there is no filter '\(TemplateText(name).excerpt)'")
        }
        switch filter {
        case .capitalize, .center, .e, .escape, .forceescape, .format, .indent, .lower, .replace,
            .safe, .string, .title, .trim, .truncate, .upper:
            return .string(try applyToText(filter, try string(value), value, arguments))
        case .batch, .dictsort, .first, .groupby, .items, .join, .last, .list, .map, .max, .min,
            .reject, .rejectattr, .reverse, .select, .selectattr, .slice, .sort, .sum, .unique:
            return try applyToItems(filter, value, arguments)
        case .tojson: return try json(value, arguments)
        case .wordcount:
            _ = try arguments.bound(name, [])
            let text = try string(value)
            try charge(scalarsOf: text)
            return .int(wordCount(text))
        case .standard, .d:
            let bound = try arguments.bound("default", ["default_value", "boolean"])
            let isReplaced = value.isUndefined || (bound[1]?.isTrue ?? false) && !value.isTrue
            return isReplaced ? bound[0] ?? .text("") : value
        case .count, .length:
            _ = try arguments.bound(name, [])
            return .int(try length(of: value))
        case .abs: return try absolute(value)
        case .int: return try converted(value, arguments)
        case .float:
            let bound = try arguments.bound("float", ["default"])
            if case .undefined(let message) = value { throw invalid(message) }
            if let number = value.number { return .float(number) }
            if case .string(let text) = value {
                try charge(scalarsOf: text)
                if let number = PythonFloat.parsing(text) { return .float(number) }
            }
            return bound[0] ?? .float(0)
        case .round: return try rounded(value, arguments)
        case .attr:
            let bound = try arguments.bound("attr", ["name"], required: 1)
            let name = try text(bound[0] ?? .none)
            try charge(bytes: name.bytes.count)
            // Never an item.
            if case .dictionary = value {
                let found = try attribute(TemplateAttribute(name), of: value)
                if case .callable(let callable) = found,
                    case .method(let receiver, _) = callable.kind,
                    case .dictionary = receiver
                {
                    return found
                }
                return .undefined("a dict has no attribute '\(name.excerpt)'")
            }
            return try attribute(TemplateAttribute(name), of: value)
        case .filesizeformat, .pprint, .random, .striptags, .urlencode, .urlize, .wordwrap,
            .xmlattr:
            throw MartletError(.unsupported, "the filter '\(name)' is not known here")
        }
    }

    // MARK: - Numbers

    private func absolute(_ value: TemplateValue) throws(MartletError) -> TemplateValue {
        if case .float(let number) = value { return .float(number.magnitude) }
        let integer = try integer(value)
        guard integer != .min else { throw invalid("an integer takes more than 64 bits") }
        return .int(Int(integer.magnitude))
    }

    private func converted(
        _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound("int", ["default", "base"])
        if case .undefined(let message) = value { throw invalid(message) }
        let standard = bound[0] ?? .int(0)
        if let integer = value.integer { return .int(integer) }
        var number: Double?
        if case .string(let text) = value {
            try charge(scalarsOf: text)
            let base = try bound[1].map { value throws(MartletError) in try integer(value) } ?? 10
            if let integer = try parsedInteger(text, base) { return .int(integer) }
            number = PythonFloat.parsing(text)
        } else if case .float(let float) = value {
            guard !float.isInfinite else { throw invalid("infinity is no integer") }
            number = float
        }
        guard let number, number.isFinite else { return standard }
        guard let integer = Int(exactly: number.rounded(.towardZero)) else {
            throw invalid("an integer takes more than 64 bits")
        }
        return .int(integer)
    }

    /// What Python's `int` reads in `base`; nil if it refuses.
    private func parsedInteger(
        _ text: TemplateText, _ base: Int
    ) throws(MartletError) -> Int? {
        guard base == 0 || (2...36).contains(base) else { return nil }
        var digits = text.stripped(left: true, right: true).bytes[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        var radix = base == 0 ? 10 : base
        if digits.first == UInt8(ascii: "0"), let letter = digits.dropFirst().first {
            let prefixes: [UInt8: Int] = [0x78: 16, 0x6F: 8, 0x62: 2]
            if let prefix = prefixes[letter | 0x20], base == 0 || base == prefix {
                radix = prefix
                digits = digits.dropFirst(2)
                if digits.first == UInt8(ascii: "_") { digits = digits.dropFirst() }
            }
        }
        guard let first = digits.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+"),
            let plain = PythonFloat.withoutUnderscores(Array(digits)),
            plain.allSatisfy({ byte in
                let digit = Character(Unicode.Scalar(byte))
                guard byte < 0x80, let value = Int(String(digit), radix: 36) else { return false }
                return value < radix
            })
        else { return nil }
        let signed = (isNegative ? "-" : "") + String(decoding: plain, as: UTF8.self)
        guard let integer = Int(signed, radix: radix) else {
            throw invalid("an integer takes more than 64 bits")
        }
        return integer
    }

    private func rounded(
        _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound("round", ["precision", "method"])
        let digits = try bound[0].map { value throws(MartletError) in try integer(value) } ?? 0
        let method = bound[1]?.text?.string ?? "common"
        if case .undefined(let message) = value { throw invalid(message) }
        guard let number = value.number else { throw invalid("a \(value.typeName) is no number") }
        switch method {
        case "common":
            // As many digits are written and read.
            try charge(min(max(digits, 0), 324) / 8)
            guard let integer = value.integer else {
                return .float(PythonFloat.rounded(number, digits: digits))
            }
            guard digits < 0 else { return .int(integer) }
            let rounded = PythonFloat.rounded(number, digits: max(digits, -400))
            return .int(Int(exactly: rounded) ?? 0)
        case "ceil", "floor":
            let scale = try arithmetic(.power, .int(10), .int(digits)).number ?? 1
            let scaled = number * scale
            guard scaled.isFinite else { throw invalid("a number that is not finite") }
            return .float(scaled.rounded(method == "ceil" ? .up : .down) / scale)
        default: throw invalid("the method of 'round' is common, ceil or floor")
        }
    }

    // MARK: - Text

    private func applyToText(
        _ filter: TemplateFilter, _ text: TemplateText, _ value: TemplateValue,
        _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateText {
        try room(text.bytes.count)
        switch filter {
        case .string, .safe, .lower, .upper, .capitalize, .title, .e, .escape, .forceescape:
            _ = try arguments.bound(filter.rawValue, [])
            switch filter {
            case .string: return text
            case .safe: return text.marked(true)
            case .forceescape: return try escaped(text.marked(false))
            case .e, .escape: return try escaped(text)
            default: return try inCase(filter, text)
            }
        case .trim:
            let bound = try arguments.bound("trim", ["chars"])
            var set: TemplateText?
            if let chars = bound[0], !chars.isNone { set = try self.text(chars) }
            try charge(set?.count ?? 0)
            return text.stripped(of: set, left: true, right: true)
        case .center:
            let bound = try arguments.bound("center", ["width"])
            let padded = try call(
                .center, of: .string(text),
                TemplateArguments(positional: [bound[0] ?? .int(80)]))
            return try self.text(padded)
        case .replace:
            let bound = try arguments.bound("replace", ["s", "new", "count"], required: 2)
            var limit = -1
            if let count = bound[2], !count.isNone { limit = try integer(count) }
            return try replace(
                text.marked(false), try string(bound[0] ?? .none), try string(bound[1] ?? .none),
                limit
            ).marked(false)
        case .format:
            guard arguments.positional.isEmpty || arguments.named.isEmpty else {
                throw invalid("'format' takes arguments by position or by name, not both")
            }
            if !arguments.named.isEmpty {
                try charge(arguments.named.count)
                var dictionary = TemplateDictionary()
                for (name, value) in arguments.named { dictionary.set(name, value) }
                return try self.text(try formatted(text, .dictionary(dictionary)))
            }
            return try self.text(try formatted(text, .tuple(arguments.positional)))
        case .indent: return try indented(try self.text(value), arguments)
        case .truncate: return try truncated(try self.text(value), arguments)
        default: return text
        }
    }

    /// `text` with `& < > ' "` as entities, unless it is markup.
    func escaped(_ text: TemplateText) throws(MartletError) -> TemplateText {
        try room(text.escapedLength)
        return text.escaped()
    }

    private func inCase(
        _ filter: TemplateFilter, _ text: TemplateText
    ) throws(MartletError) -> TemplateText {
        try charge(scalarsOf: text)
        let result =
            switch filter {
            case .lower: text.lowercased()
            case .upper: text.uppercased()
            case .capitalize: text.capitalized()
            default: titled(text)
            }
        // One scalar may become three.
        try fits(result.bytes.count)
        return result
    }

    /// The number of runs of letters, digits and underscores.
    private func wordCount(_ text: TemplateText) -> Int {
        var count = 0
        var isInside = false
        for scalar in text.string.unicodeScalars {
            let isWord = scalar == "_" || scalar.isPythonAlphanumeric
            if isWord, !isInside { count += 1 }
            isInside = isWord
        }
        return count
    }

    /// The `title` filter: what follows white space, a hyphen or an opening bracket begins a word.
    private func titled(_ text: TemplateText) -> TemplateText {
        var result: [UInt8] = []
        var word: [Unicode.Scalar] = []
        func finish() {
            guard let first = word.first else { return }
            result.append(contentsOf: TemplateText(scalars: [first]).uppercased().bytes)
            result.append(
                contentsOf: TemplateText(scalars: word.dropFirst()).lowercased().bytes)
            word.removeAll(keepingCapacity: true)
        }
        for scalar in text.string.unicodeScalars {
            let isBoundary =
                switch scalar {
                case "-", "(", "{", "[", "<": true
                default: scalar.isPythonSpace
                }
            if isBoundary {
                finish()
                result.append(scalar)
            } else {
                word.append(scalar)
            }
        }
        finish()
        return TemplateText(result).marked(text.isMarkup)
    }

    private func indented(
        _ text: TemplateText, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateText {
        let bound = try arguments.bound("indent", ["width", "first", "blank"])
        var indent = TemplateText("    ")
        if case .string(let given)? = bound[0] {
            indent = given
        } else if let width = bound[0] {
            let count = max(try integer(width), 0)
            try room(count)
            indent = TemplateText(" ").repeated(count)
        }
        let isBlankIndented = bound[2]?.isTrue ?? false
        let ended = TemplateText(text.bytes + [0x0A])
        let lines = try pieces(of: ended, at: ended.lines(most: mostPieces))
        var result: [UInt8] = bound[1]?.isTrue ?? false ? indent.bytes : []
        for (position, line) in lines.enumerated() {
            if position > 0 {
                result.append(0x0A)
                if isBlankIndented || !line.isEmpty {
                    try fits(result.count + indent.bytes.count)
                    try charge(bytes: indent.bytes.count)
                    result.append(contentsOf: indent.bytes)
                }
            }
            result.append(contentsOf: line.bytes)
        }
        try fits(result.count)
        return TemplateText(result).marked(text.isMarkup)
    }

    private func truncated(
        _ text: TemplateText, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateText {
        let bound = try arguments.bound("truncate", ["length", "killwords", "end", "leeway"])
        let length = try bound[0].map { value throws(MartletError) in try integer(value) } ?? 255
        let end =
            try bound[2].map { value throws(MartletError) in try self.text(value) }
            ?? TemplateText("...")
        var leeway = 5
        if let given = bound[3], !given.isNone { leeway = try integer(given) }
        guard length >= end.count, leeway >= 0 else { throw invalid("'truncate' of nothing") }
        if text.count - min(leeway, text.count) <= length { return text }
        var kept = text.slice(0, length - end.count)
        if !(bound[1]?.isTrue ?? false) {
            let ranges = kept.split(
                at: TemplateText(" "), limit: 1, fromRight: true, most: mostPieces)
            kept = try pieces(of: kept, at: ranges)[0]
        }
        return try adding(kept, end)
    }
}
