/// A JSON value: what configurations, vocabularies, file headers and records are made of.
///
/// Equality is exact: strings and keys by UTF-8 bytes, numbers by lexeme, members in order.
///
/// ```swift
/// let config = try JSONValue(parsing: Files.read(path), place: path)
/// let width = config["n_embd"]?.int
/// let record: JSONValue = ["event": "step", "step": 3, "loss": 2.25]
/// print(record.text())  // {"event":"step","step":3,"loss":2.25}
/// ```
public enum JSONValue: Sendable, Equatable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number, as it was written.
    case number(JSONNumber)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object. (Boxed: other values would be larger otherwise.)
    indirect case object(JSONObject)

    /// Whether both are the same value; see the type for what counts.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }
}

// MARK: - Looking inside

extension JSONValue {
    /// The string, nil if this is something else.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The integer, nil if this is not a number written as one or does not fit (see
    /// ``JSONNumber/int``).
    public var int: Int? {
        if case .number(let value) = self { value.int } else { nil }
    }

    /// The number, nil if this is something else; infinite if too large for a `Double`.
    public var double: Double? {
        if case .number(let value) = self { value.double } else { nil }
    }

    /// The truth value, nil if this is something else.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements, nil if this is not an array.
    public var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, nil if this is not an object.
    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Whether this is `null`.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The member whose key has the same bytes as `key`; nil if there is none or this is not an
    /// object.
    public subscript(_ key: String) -> JSONValue? {
        if case .object(let value) = self { value[key] } else { nil }
    }
}

// MARK: - Literals

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// `null`
    public init(nilLiteral: ()) { self = .null }
    /// `true` or `false`
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    /// A finite number.
    public init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// An object with the members in this order; of equal keys the last value counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object.append(key, value) }
        self = .object(object)
    }
}
