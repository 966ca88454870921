import ByteIO

/// A dictionary key, where equal numbers of any type are the same, as in Python.
enum TemplateKey: Hashable {
    case none
    case int(Int)
    case float(UInt64)
    case string([UInt8])
    case tuple([TemplateKey])
    /// What is no key of any dictionary, though Python would take it for one.
    case foreign

    /// The key for `value`, nil if Python refuses it as one.
    init?(_ value: TemplateValue) {
        switch value {
        case .none: self = .none
        case .bool(let value): self = .int(value ? 1 : 0)
        case .int(let value): self = .int(value)
        case .float(let value):
            self = Int(exactly: value).map { .int($0) } ?? .float(value.bitPattern)
        case .string(let text): self = .string(text.bytes)
        case .tuple(let sequence):
            var keys: [TemplateKey] = []
            for item in sequence.items {
                guard let key = TemplateKey(item) else { return nil }
                keys.append(key)
            }
            self = .tuple(keys)
        case .list, .dictionary: return nil
        case .undefined, .view, .range, .iterator, .namespace, .loop, .callable, .cycler:
            self = .foreign
        }
    }

    /// What comparing it costs, in steps.
    var cost: Int {
        switch self {
        case .string(let bytes): 1 + bytes.count / 64
        case .tuple(let keys): keys.reduce(1) { $0 &+ $1.cost }
        default: 1
        }
    }
}

/// A dictionary in the order of insertion.
struct TemplateDictionary {
    private(set) var names: [TemplateValue] = []
    private(set) var values: [TemplateValue] = []
    private(set) var keys: [TemplateKey] = []
    /// Where the keys are, once there are more than a few.
    private var index: [TemplateKey: Int] = [:]
    private(set) var nesting = 1

    /// Up to this many keys are compared one after the other.
    private static let scanLimit = 8

    var count: Int { keys.count }

    /// The pairs, as tuples.
    var items: [TemplateValue] {
        zip(names, values).map { .tuple([$0, $1]) }
    }

    func position(of key: TemplateKey) -> Int? {
        index.isEmpty ? keys.firstIndex(of: key) : index[key]
    }

    func value(of key: TemplateKey) -> TemplateValue? {
        position(of: key).map { values[$0] }
    }

    func value(_ name: String) -> TemplateValue? { value(of: .string(Array(name.utf8))) }

    mutating func set(_ key: TemplateKey, _ name: TemplateValue, _ value: TemplateValue) {
        nesting = max(nesting, value.nesting + 1, name.nesting + 1)
        if let position = position(of: key) {
            values[position] = value
            return
        }
        keys.append(key)
        names.append(name)
        values.append(value)
        if !index.isEmpty {
            index[key] = keys.count - 1
        } else if keys.count > Self.scanLimit {
            for (position, key) in keys.enumerated() { index[key] = position }
        }
    }

    mutating func set(_ name: String, _ value: TemplateValue) {
        let text = TemplateText(name)
        set(.string(text.bytes), .string(text), value)
    }

    /// For what is released: a namespace may hold itself.
    mutating func removeAll() { self = TemplateDictionary() }
}

extension TemplateValue {
    /// The value that Python's `json.loads` reads. Deeper than `depth`, and integers beyond 64
    /// bits, are refused.
    init(_ json: JSONValue, depth: Int) throws(MartletError) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .string(let string): self = .text(string)
        case .number(let number):
            if let value = number.int {
                self = .int(value)
            } else if number.lexeme.utf8.contains(where: { $0 == 0x2E || $0 | 0x20 == 0x65 }) {
                self = .float(number.double)
            } else {
                throw MartletError(
                    .unsupported, "the integer \(number.lexeme) takes more than 64 bits")
            }
        case .array(let elements):
            let depth = try Self.inner(depth)
            var items: [TemplateValue] = []
            items.reserveCapacity(elements.count)
            for element in elements { items.append(try TemplateValue(element, depth: depth)) }
            self = .list(items)
        case .object(let object):
            let depth = try Self.inner(depth)
            var dictionary = TemplateDictionary()
            for (key, value) in object {
                dictionary.set(key, try TemplateValue(value, depth: depth))
            }
            self = .dictionary(dictionary)
        }
    }

    private static func inner(_ depth: Int) throws(MartletError) -> Int {
        guard depth > 0 else {
            throw MartletError(.unsupported, "a variable nests deeper than the template's limit")
        }
        return depth - 1
    }
}
