import ByteIO

/// The methods of strings, lists and dictionaries, with Python's arguments.
extension TemplateInterpreter {
    func call(
        _ method: TemplateMethod, of receiver: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        try charge()
        switch receiver {
        case .string(let text): return try call(method, of: text, arguments)
        case .list(let sequence), .tuple(let sequence):
            return try call(method, of: sequence.items, arguments)
        case .range(let range):
            try charge(range.count)
            return try call(method, of: range.values, arguments)
        case .dictionary(let dictionary): return try call(method, of: dictionary, arguments)
        case .loop(let loop): return try call(method, of: loop, arguments)
        case .cycler(let cycler):
            defer {
                cycler.position =
                    method == .next ? (cycler.position + 1) % cycler.items.items.count : 0
            }
            return method == .next ? cycler.items.items[cycler.position] : .none
        default: throw invalid("'\(method.rawValue)' cannot be called")
        }
    }

    private func call(
        _ method: TemplateMethod, of loop: TemplateLoop, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let values = arguments.positional
        guard arguments.named.isEmpty else { throw invalid("takes no arguments by name") }
        if method == .cycle {
            guard !values.isEmpty else { throw invalid("there is nothing to cycle through") }
            return values[max(loop.index, 0) % values.count]
        }
        if let last = loop.lastSeen, try equal(.tuple(last), .tuple(values)) {
            return .bool(false)
        }
        if loop.lastSeen == nil { remember(loop) }
        loop.lastSeen = values
        return .bool(true)
    }

    private func call(
        _ method: TemplateMethod, of items: [TemplateValue], _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        if method == .copy {
            try charge(items.count)
            return .list(items)
        }
        let bound = try arguments.bound(
            method.rawValue, method == .index ? ["value", "start", "stop"] : ["value"],
            required: 1, positionalOnly: true)
        let range = try clipped(bound, items.count)
        var count = 0
        for position in range {
            try charge()
            guard try equal(items[position], bound[0] ?? .none) else { continue }
            if method == .index { return .int(position) }
            count += 1
        }
        guard method == .count else { throw invalid("the value is not in the list") }
        return .int(count)
    }

    /// The range that arguments 1 and 2 ask for, as Python clips it.
    private func clipped(
        _ bound: [TemplateValue?], _ count: Int
    ) throws(MartletError) -> Range<Int> {
        var ends: [Int] = []
        for (position, standard) in [(1, 0), (2, count)] {
            guard position < bound.count, let value = bound[position], !value.isNone else {
                ends.append(standard)
                continue
            }
            let index = try integer(value)
            ends.append(min(max(index < 0 ? index &+ count : index, 0), count))
        }
        return ends[0]..<max(ends[0], ends[1])
    }

    private func call(
        _ method: TemplateMethod, of dictionary: TemplateDictionary, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        switch method {
        case .get:
            let bound = try arguments.bound(
                "get", ["key", "default"], required: 1, positionalOnly: true)
            guard let key = try key(of: bound[0] ?? .none) else { throw invalid("no key") }
            return dictionary.value(of: key) ?? bound[1] ?? .none
        case .fromkeys: throw MartletError(.unsupported, "'fromkeys' is not known here")
        default:
            guard arguments.isEmpty else {
                throw invalid("'\(method.rawValue)' takes no arguments")
            }
        }
        return switch method {
        case .items: .view(TemplateView(kind: .items, dictionary: dictionary))
        case .keys: .view(TemplateView(kind: .keys, dictionary: dictionary))
        case .values: .view(TemplateView(kind: .values, dictionary: dictionary))
        default: .dictionary(dictionary)
        }
    }

    func integer(_ value: TemplateValue) throws(MartletError) -> Int {
        if case .undefined(let message) = value { throw invalid(message) }
        guard let integer = value.integer else {
            throw invalid("a \(value.typeName) is no integer")
        }
        return integer
    }

    func text(_ value: TemplateValue) throws(MartletError) -> TemplateText {
        guard case .string(let text) = value else {
            if case .undefined(let message) = value { throw invalid(message) }
            throw invalid("a \(value.typeName) is no string")
        }
        return text
    }

    /// The name of a filter or test that `value` is.
    func name(from value: TemplateValue) throws(MartletError) -> String {
        let text = try text(value)
        try charge(bytes: text.bytes.count)
        return text.string
    }

    // MARK: - Strings

    private func call(
        _ method: TemplateMethod, of text: TemplateText, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        try charge(bytes: text.bytes.count)
        switch method {
        case .format: return .string(try text.isMarkup ? noMarkup() : format(text, arguments))
        case .split, .rsplit: return try split(text, arguments, fromRight: method == .rsplit)
        case .splitlines:
            let bound = try arguments.bound("splitlines", ["keepends"])
            let ranges = text.lines(keepingEnds: bound[0]?.isTrue ?? false, most: mostPieces)
            return .list(try pieces(of: text, at: ranges).map { .string($0) })
        case .strip, .lstrip, .rstrip:
            let bound = try arguments.bound(method.rawValue, ["chars"], positionalOnly: true)
            let set = try bound[0].flatMap { value throws(MartletError) -> TemplateText? in
                value.isNone ? nil : try self.text(value)
            }
            try charge(set?.count ?? 0)
            return .string(
                text.stripped(of: set, left: method != .rstrip, right: method != .lstrip))
        case .startswith, .endswith: return try startsOrEnds(method, text, arguments)
        case .find, .index, .rfind, .rindex, .count: return try find(method, text, arguments)
        case .replace:
            let bound = try arguments.bound(
                "replace", ["old", "new", "count"], required: 2, positionalOnly: true)
            let limit = try bound[2].map { value throws(MartletError) in try integer(value) } ?? -1
            return .string(
                try replace(
                    text, try self.text(bound[0] ?? .none), try self.text(bound[1] ?? .none),
                    limit))
        case .join:
            let bound = try arguments.bound("join", ["iterable"], required: 1, positionalOnly: true)
            var pieces: [TemplateText] = []
            for item in try items(of: bound[0] ?? .none) {
                pieces.append(try self.text(item))
            }
            return .string(try join(pieces, with: text))
        case .removeprefix, .removesuffix:
            let bound = try arguments.bound(
                method.rawValue, ["affix"], required: 1, positionalOnly: true)
            let affix = try self.text(bound[0] ?? .none)
            let isPrefix = method == .removeprefix
            guard isPrefix ? text.hasPrefix(affix) : text.hasSuffix(affix) else {
                return .string(text)
            }
            return .string(
                isPrefix
                    ? text.slice(affix.count, text.count)
                    : text.slice(0, text.count - affix.count))
        case .partition, .rpartition:
            return try partition(text, arguments, fromRight: method == .rpartition)
        case .center, .ljust, .rjust, .zfill: return try pad(method, text, arguments)
        case .formatMap, .encode, .expandtabs, .maketrans, .translate:
            throw MartletError(.unsupported, "'\(method.rawValue)' is not known here")
        default:
            guard arguments.isEmpty else {
                throw invalid("'\(method.rawValue)' takes no arguments")
            }
            try charge(scalarsOf: text)
            if let changed = changed(method, text) {
                // One scalar may become three.
                try fits(changed.bytes.count)
                return .string(changed)
            }
            return tested(method, text)
        }
    }

    private func noMarkup() throws(MartletError) -> TemplateText {
        throw MartletError(.unsupported, "formatting a 'safe' string is not known here")
    }

    /// The methods without arguments that change the case; nil for others.
    private func changed(_ method: TemplateMethod, _ text: TemplateText) -> TemplateText? {
        switch method {
        case .upper: text.uppercased()
        case .lower: text.lowercased()
        case .capitalize: text.capitalized()
        case .title: text.titlecased()
        case .swapcase: text.swappingCase()
        case .casefold: text.isASCII ? text.lowercased() : text.uppercased().lowercased()
        default: nil
        }
    }

    /// The methods without arguments that ask something.
    private func tested(_ method: TemplateMethod, _ text: TemplateText) -> TemplateValue {
        switch method {
        case .isalnum: .bool(text.isAll { $0.isPythonAlphanumeric })
        case .isalpha: .bool(text.isAll { $0.isPythonLetter })
        case .isascii: .bool(text.isASCII)
        case .isdecimal: .bool(text.isAll { $0.properties.numericType == .decimal })
        case .isdigit:
            .bool(
                text.isAll {
                    $0.properties.numericType == .decimal || $0.properties.numericType == .digit
                })
        case .isnumeric: .bool(text.isAll { $0.properties.numericType != nil })
        case .isidentifier: .bool(text.isIdentifier)
        case .islower: .bool(text.isLowercase)
        case .isupper: .bool(text.isUppercase)
        case .istitle: .bool(text.isTitlecase)
        case .isprintable: .bool(text.isEmpty || text.isAll { $0.isPythonPrintable })
        case .isspace: .bool(text.isAll { $0.isPythonSpace })
        default: .undefined("'\(method.rawValue)' is no method of strings")
        }
    }

    private func split(
        _ text: TemplateText, _ arguments: TemplateArguments, fromRight: Bool
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound("split", ["sep", "maxsplit"])
        let limit = try bound[1].map { value throws(MartletError) in try integer(value) } ?? -1
        let ranges: [Range<Int>]
        if let separator = bound[0], !separator.isNone {
            let separator = try self.text(separator)
            guard !separator.isEmpty else { throw invalid("the separator is empty") }
            try charge(bytes: separator.bytes.count)
            ranges = text.split(
                at: separator, limit: limit, fromRight: fromRight, most: mostPieces)
        } else {
            ranges = text.words(limit: limit, fromRight: fromRight, most: mostPieces)
        }
        return .list(try pieces(of: text, at: ranges).map { .string($0) })
    }

    private func startsOrEnds(
        _ method: TemplateMethod, _ text: TemplateText, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound(
            method.rawValue, ["affix", "start", "end"], required: 1, positionalOnly: true)
        var part = text
        if bound[1] != nil || bound[2] != nil {
            let start = try bound[1].map { value throws(MartletError) in try integer(value) } ?? 0
            if start > text.count { return .bool(false) }
            let range = try clipped(bound, text.count)
            part = text.slice(range.lowerBound, range.upperBound)
        }
        var affixes = [bound[0] ?? .none]
        if case .tuple(let sequence) = affixes[0] { affixes = sequence.items }
        for value in affixes {
            let affix = try self.text(value)
            try charge(bytes: affix.bytes.count)
            if method == .startswith ? part.hasPrefix(affix) : part.hasSuffix(affix) {
                return .bool(true)
            }
        }
        return .bool(false)
    }

    private func find(
        _ method: TemplateMethod, _ text: TemplateText, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound(
            method.rawValue, ["sub", "start", "end"], required: 1, positionalOnly: true)
        let needle = try self.text(bound[0] ?? .none)
        try charge(bytes: needle.bytes.count)
        let range = try clipped(bound, text.count)
        let isBeyond =
            try bound[1].map { value throws(MartletError) in
                try integer(value) > text.count
            } ?? false
        let part = text.slice(range.lowerBound, range.upperBound)
        if method == .count {
            if isBeyond { return .int(0) }
            if needle.isEmpty { return .int(part.count + 1) }
            return .int(TemplateText.occurrenceCount(of: needle.bytes, in: part.bytes))
        }
        let isLast = method == .rfind || method == .rindex
        var found: Int?
        if needle.isEmpty {
            found = isBeyond ? nil : isLast ? part.count : 0
        } else {
            let places =
                isLast
                ? TemplateText.lastOccurrences(of: needle.bytes, in: part.bytes, limit: 1)
                : TemplateText.occurrences(of: needle.bytes, in: part.bytes, limit: 1)
            found = places.first.map { part.index(atOffset: $0) }
        }
        if let found { return .int(range.lowerBound + found) }
        guard method == .find || method == .rfind else { throw invalid("substring not found") }
        return .int(-1)
    }

    func replace(
        _ text: TemplateText, _ old: TemplateText, _ new: TemplateText, _ limit: Int
    ) throws(MartletError) -> TemplateText {
        try charge(bytes: text.bytes.count + old.bytes.count + new.bytes.count)
        let replacement = try text.isMarkup ? escaped(new) : new
        let result = text.replacing(
            old, with: replacement, limit: limit < 0 ? .max : limit, roomLimit: limits.outputBytes)
        try room(result?.bytes.count ?? .max)
        return result ?? text
    }

    func join(
        _ pieces: [TemplateText], with separator: TemplateText
    ) throws(MartletError) -> TemplateText {
        var count = 0
        for piece in pieces {
            let length = separator.isMarkup ? piece.escapedLength : piece.bytes.count
            count += length + separator.bytes.count
            guard count - separator.bytes.count <= limits.outputBytes else { break }
        }
        try room(pieces.isEmpty ? 0 : count - separator.bytes.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(max(count, 0))
        for (position, piece) in pieces.enumerated() {
            if position > 0 { bytes.append(contentsOf: separator.bytes) }
            bytes.append(contentsOf: separator.isMarkup ? piece.escaped().bytes : piece.bytes)
        }
        return TemplateText(bytes).marked(separator.isMarkup)
    }

    private func partition(
        _ text: TemplateText, _ arguments: TemplateArguments, fromRight: Bool
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound("partition", ["sep"], required: 1, positionalOnly: true)
        let separator = try self.text(bound[0] ?? .none)
        guard !separator.isEmpty else { throw invalid("the separator is empty") }
        try charge(bytes: separator.bytes.count)
        let ranges = text.split(at: separator, limit: 1, fromRight: fromRight, most: mostPieces)
        let pieces = try pieces(of: text, at: ranges)
        let empty = TemplateValue.string(TemplateText.empty.marked(text.isMarkup))
        guard pieces.count == 2 else {
            return .tuple(
                fromRight ? [empty, empty, .string(text)] : [.string(text), empty, empty])
        }
        return .tuple([
            .string(pieces[0]), .string(separator.marked(text.isMarkup)), .string(pieces[1]),
        ])
    }

    private func pad(
        _ method: TemplateMethod, _ text: TemplateText, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound(
            method.rawValue, method == .zfill ? ["width"] : ["width", "fillchar"], required: 1,
            positionalOnly: true)
        let width = try integer(bound[0] ?? .none)
        var fill = method == .zfill ? TemplateText("0") : TemplateText(" ")
        if bound.count > 1, let value = bound[1] { fill = try self.text(value) }
        guard fill.count == 1 else { throw invalid("the fill must be one character") }
        let missing = width > text.count ? width - text.count : 0
        guard missing > 0 else { return .string(text) }
        let (bytes, overflows) = missing.multipliedReportingOverflow(by: fill.bytes.count)
        try room(overflows || bytes > limits.outputBytes ? .max : bytes + text.bytes.count)
        switch method {
        case .ljust: return .string(try adding(text, fill.repeated(missing)))
        case .rjust: return .string(try adding(fill.repeated(missing), text))
        case .center:
            // Where the sides differ, CPython puts the odd one left of an odd width.
            let left = missing / 2 + (missing & width & 1)
            return .string(
                try adding(
                    try adding(fill.repeated(left), text), fill.repeated(missing - left)))
        default:
            let sign = text.bytes.first
            guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
                return .string(try adding(fill.repeated(missing), text))
            }
            return .string(
                try adding(
                    try adding(text.slice(0, 1), fill.repeated(missing)),
                    text.slice(1, text.count)))
        }
    }
}
