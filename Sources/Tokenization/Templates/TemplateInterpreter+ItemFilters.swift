import ByteIO

/// The filters that go through what they are given.
extension TemplateInterpreter {
    func applyToItems(
        _ filter: TemplateFilter, _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        switch filter {
        case .first:
            _ = try arguments.bound("first", [])
            if case .iterator(let iterator) = value {
                return try iterator.next() ?? .undefined("there is no first item")
            }
            return try items(of: value).first ?? .undefined("there is no first item")
        case .last:
            _ = try arguments.bound("last", [])
            if case .iterator = value { throw invalid("a generator has no last item") }
            return try items(of: value).last ?? .undefined("there is no last item")
        case .list:
            _ = try arguments.bound("list", [])
            return .list(try items(of: value))
        case .reverse:
            _ = try arguments.bound("reverse", [])
            if case .string(let text) = value {
                try charge(scalarsOf: text)
                return .string(text.reversed())
            }
            let reversed = Array(try items(of: value).reversed())
            if case .iterator = value { return .list(reversed) }
            return .iterator(TemplateIterator(reversed))
        case .items:
            _ = try arguments.bound("items", [])
            if value.isUndefined { return .iterator(TemplateIterator([])) }
            guard case .dictionary(let dictionary) = value else {
                return .iterator(
                    TemplateIterator([], failure: invalid("'items' takes a dictionary")))
            }
            try charge(dictionary.count)
            return .iterator(TemplateIterator(dictionary.items))
        case .join:
            let bound = try arguments.bound("join", ["d", "attribute"])
            var pieces: [TemplateText] = []
            for item in try items(of: value) {
                let item = try attribute(bound[1], of: item)
                pieces.append(try string(item).marked(false))
            }
            let separator = try string(bound[0] ?? .text("")).marked(false)
            return .string(try join(pieces, with: separator))
        case .map: return try map(value, arguments)
        case .select, .reject, .selectattr, .rejectattr:
            return try select(filter, value, arguments)
        case .sort:
            let bound = try arguments.bound("sort", ["reverse", "case_sensitive", "attribute"])
            let values = try sorted(
                try items(of: value), by: bound[2], ignoringCase: !(bound[1]?.isTrue ?? false),
                reversed: bound[0]?.isTrue ?? false, several: true)
            return .list(values)
        case .dictsort: return try sortDictionary(value, arguments)
        case .unique: return try unique(value, arguments)
        case .min, .max: return try extreme(filter, value, arguments)
        case .sum:
            let bound = try arguments.bound("sum", ["attribute", "start"])
            var sum = bound[1] ?? .int(0)
            if case .string = sum { throw invalid("'sum' takes no strings") }
            for item in try items(of: value) {
                sum = try arithmetic(.add, sum, try attribute(bound[0], of: item))
            }
            return sum
        case .groupby: return try group(value, arguments)
        case .batch, .slice: return try partition(filter, value, arguments)
        default: throw invalid("there is no filter '\(filter.rawValue)'")
        }
    }

    /// What comes when each of `items` is `handled`, as far as nothing goes wrong: an error waits
    /// until somebody gets there. Limits do not wait.
    private func lazily(
        _ items: [TemplateValue],
        _ handle: (TemplateValue) throws(MartletError) -> TemplateValue?
    ) throws(MartletError) -> TemplateValue {
        var results: [TemplateValue] = []
        for item in items {
            do throws(MartletError) {
                try charge()
                if let result = try handle(item) { results.append(result) }
            } catch {
                if error.code == .unsupported { throw error }
                return try checked(.iterator(TemplateIterator(results, failure: error)))
            }
        }
        return try checked(.iterator(TemplateIterator(results)))
    }

    // MARK: - Attributes

    /// `item` at the path `attribute`: names and numbers with dots between. Nil is itself.
    private func attribute(
        _ attribute: TemplateValue?, of item: TemplateValue, standard: TemplateValue? = nil
    ) throws(MartletError) -> TemplateValue {
        guard let attribute, !attribute.isNone else { return item }
        guard case .string(let path) = attribute else {
            return try self.item(attribute, of: item)
        }
        try charge(bytes: path.bytes.count)
        var value = item
        let ranges = path.split(at: TemplateText("."), most: mostPieces)
        for part in try pieces(of: path, at: ranges) {
            let isNumber = part.isAll { ("0"..."9").contains($0) }
            let index = isNumber ? Int(part.string).map { TemplateValue.int($0) } : nil
            value = try self.item(index ?? .string(part), of: value)
            if let standard, value.isUndefined { value = standard }
        }
        return value
    }

    private func ignoringCase(
        _ value: TemplateValue, _ ignoresCase: Bool
    ) throws(MartletError) -> TemplateValue {
        guard ignoresCase, case .string(let text) = value else { return value }
        try charge(scalarsOf: text)
        return .string(text.lowercased())
    }

    private func map(
        _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        if case .undefined = value { return .iterator(TemplateIterator([])) }
        guard value.isTrue else { return .iterator(TemplateIterator([])) }
        let items = try items(of: value)
        if arguments.positional.isEmpty,
            let path = arguments.named.first(where: { $0.name == "attribute" })?.value
        {
            let standard = arguments.named.first { $0.name == "default" }?.value
            guard arguments.named.count == (standard == nil ? 1 : 2) else {
                throw invalid("'map' takes 'attribute' and 'default'")
            }
            let fallback = standard.flatMap { $0.isNone ? nil : $0 }
            return try lazily(items) { item throws(MartletError) in
                try self.attribute(path, of: item, standard: fallback)
            }
        }
        guard let first = arguments.positional.first else {
            throw invalid("'map' takes a filter or an attribute")
        }
        let name = try name(from: first)
        let rest = TemplateArguments(
            positional: Array(arguments.positional.dropFirst()), named: arguments.named)
        return try lazily(items) { item throws(MartletError) in
            // Filters may apply filters.
            try self.descend()
            defer { self.ascend() }
            return try self.checked(try self.apply(name, to: item, rest))
        }
    }

    private func select(
        _ filter: TemplateFilter, _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        guard value.isTrue else { return .iterator(TemplateIterator([])) }
        let keeps = filter == .select || filter == .selectattr
        var positional = arguments.positional[...]
        var path: TemplateValue?
        if filter == .selectattr || filter == .rejectattr {
            path = positional.popFirst()
            guard path != nil else { throw invalid("'\(filter.rawValue)' takes an attribute") }
        }
        let test = try positional.popFirst().map { value throws(MartletError) in
            try name(from: value)
        }
        let rest = TemplateArguments(positional: Array(positional), named: arguments.named)
        return try lazily(try items(of: value)) { item throws(MartletError) in
            let tested = try self.attribute(path, of: item)
            let isFulfilled =
                if let test { try self.test(test, tested, rest) } else { tested.isTrue }
            return isFulfilled == keeps ? item : nil
        }
    }

    // MARK: - Order

    /// `values` in ascending order; equal ones stay in theirs.
    func sorted<Element>(
        _ values: [Element], _ isLess: (Element, Element) throws(MartletError) -> Bool
    ) throws(MartletError) -> [Element] {
        guard values.count > 1 else { return values }
        var source = values
        var width = 1
        while width < source.count {
            var merged: [Element] = []
            merged.reserveCapacity(source.count)
            var start = 0
            while start < source.count {
                let middle = min(start + width, source.count)
                let end = min(middle + width, source.count)
                var (left, right) = (start, middle)
                while left < middle || right < end {
                    try charge()
                    var takesRight = left == middle
                    if !takesRight, right < end {
                        takesRight = try isLess(source[right], source[left])
                    }
                    merged.append(source[takesRight ? right : left])
                    if takesRight { right += 1 } else { left += 1 }
                }
                start = end
            }
            source = merged
            width *= 2
        }
        return source
    }

    /// `items` in the order of an attribute, or of several with commas between.
    private func sorted(
        _ items: [TemplateValue], by attribute: TemplateValue?, ignoringCase ignoresCase: Bool,
        reversed: Bool, several: Bool, standard: TemplateValue? = nil
    ) throws(MartletError) -> [TemplateValue] {
        var paths = [attribute]
        if several, case .string(let text)? = attribute {
            try charge(bytes: text.bytes.count)
            let ranges = text.split(at: TemplateText(","), most: mostPieces)
            paths = try pieces(of: text, at: ranges).map { .string($0) }
        }
        var keyed: [(key: TemplateValue, item: TemplateValue)] = []
        for item in items {
            var key: [TemplateValue] = []
            for path in paths {
                let value = try self.attribute(path, of: item, standard: standard)
                key.append(try ignoringCase(value, ignoresCase))
            }
            keyed.append((.list(key), item))
        }
        let ordered = try sorted(keyed) { a, b throws(MartletError) in
            // The other way round, equal ones stay in order as well.
            try reversed ? self.isLess(b.key, a.key) : self.isLess(a.key, b.key)
        }
        return ordered.map(\.item)
    }

    private func sortDictionary(
        _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound("dictsort", ["case_sensitive", "by", "reverse"])
        guard case .dictionary(let dictionary) = value else {
            if case .undefined(let message) = value { throw invalid(message) }
            throw invalid("'dictsort' takes a dictionary")
        }
        let by = bound[1]?.text?.string ?? "key"
        guard by == "key" || by == "value" else {
            throw invalid("'dictsort' sorts by key or value")
        }
        try charge(dictionary.count)
        let pairs = try sorted(
            dictionary.items, by: .int(by == "key" ? 0 : 1),
            ignoringCase: !(bound[0]?.isTrue ?? false), reversed: bound[2]?.isTrue ?? false,
            several: false)
        return .list(pairs)
    }

    private func unique(
        _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound("unique", ["case_sensitive", "attribute"])
        let ignoresCase = !(bound[0]?.isTrue ?? false)
        var seen: Set<TemplateKey> = []
        return try lazily(try items(of: value)) { item throws(MartletError) in
            let value = try self.ignoringCase(
                try self.attribute(bound[1], of: item), ignoresCase)
            guard let key = try self.key(of: value) else {
                throw self.invalid("a \(value.typeName) cannot be told apart")
            }
            return seen.insert(key).inserted ? item : nil
        }
    }

    private func extreme(
        _ filter: TemplateFilter, _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound(filter.rawValue, ["case_sensitive", "attribute"])
        let ignoresCase = !(bound[0]?.isTrue ?? false)
        var best: (key: TemplateValue, item: TemplateValue)?
        for item in try items(of: value) {
            let key = try ignoringCase(try attribute(bound[1], of: item), ignoresCase)
            guard let last = best else {
                best = (key, item)
                continue
            }
            let isBetter =
                try filter == .min ? isLess(key, last.key) : isLess(last.key, key)
            if isBetter { best = (key, item) }
        }
        return best?.item ?? .undefined("the sequence is empty")
    }

    // MARK: - Groups

    private func group(
        _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound(
            "groupby", ["attribute", "default", "case_sensitive"], required: 1)
        let ignoresCase = !(bound[2]?.isTrue ?? false)
        let standard = bound[1].flatMap { $0.isNone ? nil : $0 }
        let items = try sorted(
            try items(of: value), by: bound[0], ignoringCase: ignoresCase, reversed: false,
            several: false, standard: standard)
        var groups: [(name: TemplateValue, key: TemplateValue, items: [TemplateValue])] = []
        for item in items {
            let name = try attribute(bound[0], of: item, standard: standard)
            let key = try ignoringCase(name, ignoresCase)
            // Not the whole of the last group: its items would be copied when one is added.
            var isSame = false
            if let last = groups.last?.key { isSame = try equal(last, key) }
            if isSame {
                groups[groups.count - 1].items.append(item)
            } else {
                groups.append((name, key, [item]))
            }
        }
        return .list(
            groups.map { group in
                var pair = TemplateSequence([group.name, .list(group.items)])
                pair.isGroup = true
                return .tuple(pair)
            })
    }

    /// `batch` (rows of a length) and `slice` (a number of rows).
    private func partition(
        _ filter: TemplateFilter, _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound(
            filter.rawValue, [filter == .batch ? "linecount" : "slices", "fill_with"],
            required: 1)
        let count = try integer(bound[0] ?? .none)
        let items = try items(of: value)
        guard count > 0 else { throw invalid("'\(filter.rawValue)' takes a positive number") }
        let fill = bound[1].flatMap { $0.isNone ? nil : $0 }
        var rows: [TemplateValue] = []
        if filter == .batch {
            var start = 0
            while start < items.count {
                let end = start + min(count, items.count - start)
                var row = Array(items[start..<end])
                if let fill, row.count < count {
                    try charge(count - row.count)
                    row.append(contentsOf: repeatElement(fill, count: count - row.count))
                }
                rows.append(.list(row))
                start = end
            }
        } else {
            try charge(count)
            let (length, longer) = (items.count / count, items.count % count)
            var start = 0
            for number in 0..<count {
                let end = start + length + (number < longer ? 1 : 0)
                var row = Array(items[start..<end])
                if let fill, number >= longer { row.append(fill) }
                rows.append(.list(row))
                start = end
            }
        }
        return try checked(.iterator(TemplateIterator(rows)))
    }
}
