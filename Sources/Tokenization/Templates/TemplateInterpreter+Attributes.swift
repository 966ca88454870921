import ByteIO

/// What `a.b`, `a['b']` and `a[1:2]` mean. A dot looks for an attribute first and for an item
/// then, brackets the other way round.
extension TemplateInterpreter {
    func attribute(
        _ attribute: TemplateAttribute, of value: TemplateValue
    ) throws(MartletError) -> TemplateValue {
        if case .undefined(let message) = value { throw invalid(message) }
        try charge(attribute.text.bytes.count / 64)
        if let found = try ownAttribute(attribute, of: value) { return found }
        if case .dictionary(let dictionary) = value {
            let name = attribute.text
            // Python's own attributes come first, and the sandbox hides them.
            if name.isReserved { return hidden(name, value) }
            if let member = dictionary.value(of: .string(name.bytes)) { return member }
        }
        return missing(attribute.text, value)
    }

    /// The method or property of that name, nil if there is none.
    private func ownAttribute(
        _ attribute: TemplateAttribute, of value: TemplateValue
    ) throws(MartletError) -> TemplateValue? {
        switch value {
        case .namespace(let namespace):
            return namespace.attributes.value(of: .string(attribute.text.bytes))
        case .loop(let loop):
            if let property = try property(attribute.text.string, of: loop) { return property }
        case .cycler(let cycler) where attribute.text.string == "current" && !cycler.isJoiner:
            return cycler.items.items[cycler.position]
        case .tuple(let sequence) where sequence.isGroup:
            if attribute.text.string == "grouper" { return sequence.items.first }
            if attribute.text.string == "list" { return sequence.items.last }
        case .callable(let callable):
            if case .macro(let macro, _) = callable.kind, attribute.text.string == "name" {
                try charge(bytes: macro.text.utf8.count)
                return .text(macro.text)
            }
        default: break
        }
        guard let method = attribute.method else { return nil }
        switch method.availability(in: value) {
        case .absent: return nil
        case .available: return .callable(TemplateCallable(.method(value, method)))
        case .refused: return hidden(attribute.text, value)
        }
    }

    private func missing(_ name: TemplateText, _ value: TemplateValue) -> TemplateValue {
        .undefined("a \(value.typeName) has no attribute '\(name.excerpt)'")
    }

    private func hidden(_ name: TemplateText, _ value: TemplateValue) -> TemplateValue {
        .undefined("the attribute '\(name.excerpt)' of a \(value.typeName) is not safe")
    }

    func item(
        _ index: TemplateValue, of value: TemplateValue
    ) throws(MartletError) -> TemplateValue {
        switch value {
        case .undefined(let message): throw invalid(message)
        case .dictionary(let dictionary):
            if let key = try key(of: index), let member = dictionary.value(of: key) {
                return member
            }
        case .string(let text):
            if let position = index.integer, let found = resolved(position, text.count) {
                if !text.isASCII { try charge(bytes: text.bytes.count) }
                return .string(text.slice(found, found + 1))
            }
        case .list(let sequence), .tuple(let sequence):
            if let position = index.integer,
                let found = resolved(position, sequence.items.count)
            {
                return sequence.items[found]
            }
        case .range(let range):
            if let position = index.integer, let found = resolved(position, range.count) {
                return range.value(at: found)
            }
        default: break
        }
        guard case .string(let name) = index else {
            return .undefined("a \(value.typeName) has no such item")
        }
        try charge(name.bytes.count / 64)
        let attribute = TemplateAttribute(name)
        if let found = try ownAttribute(attribute, of: value) { return found }
        return name.isReserved ? hidden(name, value) : missing(name, value)
    }

    /// `index` counted from the front; nil if it is outside.
    private func resolved(_ index: Int, _ count: Int) -> Int? {
        let position = index < 0 ? index &+ count : index
        return position >= 0 && position < count ? position : nil
    }

    private func property(
        _ name: String, of loop: TemplateLoop
    ) throws(MartletError) -> TemplateValue? {
        switch name {
        case "index": return .int(loop.index + 1)
        case "index0": return .int(loop.index)
        case "depth": return .int(loop.depth + 1)
        case "depth0": return .int(loop.depth)
        case "first": return .bool(loop.index == 0)
        case "last": return .bool(try peek(loop) == nil)
        case "length": return .int(try length(of: loop))
        case "revindex": return .int(try length(of: loop) - loop.index)
        case "revindex0": return .int(try length(of: loop) - loop.index - 1)
        case "previtem": return loop.previous ?? .undefined("there is no previous item")
        case "nextitem": return try peek(loop) ?? .undefined("there is no next item")
        default: return nil
        }
    }

    // MARK: - Slices

    func slice(
        _ value: TemplateValue, from start: Int?, to stop: Int?, by step: Int
    ) throws(MartletError) -> TemplateValue {
        guard step != 0 else { throw invalid("the step of a slice is zero") }
        switch value {
        case .undefined(let message): throw invalid(message)
        case .string(let text):
            let bounds = bounds(start, stop, step, text.count)
            try charge(bytes: text.bytes.count)
            if step == 1 { return .string(text.slice(bounds.start, bounds.stop)) }
            if step == -1, bounds.start == text.count - 1, bounds.stop == -1 {
                return .string(text.reversed())
            }
            let indices = try indices(bounds, step)
            try charge(text.count)
            let scalars = text.scalars
            return .string(
                TemplateText(scalars: indices.map { scalars[$0] }).marked(text.isMarkup))
        case .list(let sequence):
            return .list(
                try slice(sequence.items, bounds(start, stop, step, sequence.items.count), step))
        case .tuple(let sequence):
            return .tuple(
                try slice(sequence.items, bounds(start, stop, step, sequence.items.count), step))
        case .range(let range):
            let indices = try indices(bounds(start, stop, step, range.count), step)
            return .list(indices.map { range.value(at: $0) })
        default: throw invalid("a \(value.typeName) cannot be sliced")
        }
    }

    private func slice(
        _ items: [TemplateValue], _ bounds: (start: Int, stop: Int), _ step: Int
    ) throws(MartletError) -> [TemplateValue] {
        if step == 1 {
            guard bounds.start < bounds.stop else { return [] }
            try charge(bounds.stop - bounds.start)
            return Array(items[bounds.start..<bounds.stop])
        }
        return try indices(bounds, step).map { items[$0] }
    }

    /// Where a slice of `count` items starts and stops, as Python clips it.
    private func bounds(
        _ start: Int?, _ stop: Int?, _ step: Int, _ count: Int
    ) -> (start: Int, stop: Int) {
        let (lowest, highest) = step > 0 ? (0, count) : (-1, count - 1)
        func clipped(_ bound: Int) -> Int {
            min(max(bound < 0 ? bound &+ count : bound, lowest), highest)
        }
        return (
            start.map(clipped) ?? (step > 0 ? lowest : highest),
            stop.map(clipped) ?? (step > 0 ? highest : lowest)
        )
    }

    private func indices(
        _ bounds: (start: Int, stop: Int), _ step: Int
    ) throws(MartletError) -> [Int] {
        let span = step > 0 ? bounds.stop - bounds.start : bounds.start - bounds.stop
        guard span > 0 else { return [] }
        let count = (span - 1) / Int(clamping: step.magnitude) + 1
        try charge(count)
        return (0..<count).map { bounds.start + $0 * step }
    }
}

extension TemplateText {
    /// Whether it is one of the names with two underscores around that every Python object has.
    fileprivate var isReserved: Bool {
        bytes.count > 4 && bytes.starts(with: [0x5F, 0x5F])
            && bytes.suffix(2).elementsEqual([0x5F, 0x5F])
    }
}
