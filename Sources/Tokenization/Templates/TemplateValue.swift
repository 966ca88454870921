import ByteIO

/// What a template computes with: Python's values, as far as templates meet them.
///
/// Lists and dictionaries never change, since the sandbox refuses to change them; so they are
/// values. Only namespaces, loops, iterators, cyclers and joiners have a state and are shared.
enum TemplateValue {
    /// What stands for something that is not there; the text says what, for errors.
    case undefined(String)
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(TemplateText)
    case list(TemplateSequence)
    case tuple(TemplateSequence)
    // Boxed: values are small, and so are the frames of what evaluates them.
    indirect case dictionary(TemplateDictionary)
    /// `keys()`, `values()` and `items()` of a dictionary.
    indirect case view(TemplateView)
    indirect case range(TemplateRange)
    /// What filters such as `map` give: it can be gone through once.
    case iterator(TemplateIterator)
    case namespace(TemplateNamespace)
    case loop(TemplateLoop)
    case callable(TemplateCallable)
    case cycler(TemplateCycler)

    static func text(_ string: String) -> TemplateValue { .string(TemplateText(string)) }

    static func list(_ items: [TemplateValue]) -> TemplateValue { .list(TemplateSequence(items)) }

    static func tuple(_ items: [TemplateValue]) -> TemplateValue { .tuple(TemplateSequence(items)) }

    /// How deep containers nest: 0 for what is none. Python stops at a depth that would overflow
    /// its stack; here the depth is kept, so that no walk and no release has to find out.
    var nesting: Int {
        switch self {
        case .list(let sequence), .tuple(let sequence): sequence.nesting
        case .dictionary(let dictionary): dictionary.nesting
        case .view(let view): view.dictionary.nesting + 1
        case .iterator(let iterator): iterator.nesting
        case .loop(let loop): loop.nesting
        case .callable(let callable): callable.nesting
        case .cycler(let cycler): cycler.items.nesting
        default: 0
        }
    }

    /// The name of the type in Python, for errors.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .float: "float"
        case .string: "str"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .view(let view): view.kind.rawValue
        case .range: "range"
        case .iterator: "generator"
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .callable: "function"
        case .cycler: "Cycler"
        }
    }

    /// The integer, where booleans are 0 and 1 as they are in Python.
    var integer: Int? {
        switch self {
        case .int(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// The number as a `Double`, nil if it is none.
    var number: Double? {
        if case .float(let value) = self { return value }
        return integer.map(Double.init)
    }

    /// The string, nil if it is none.
    var text: TemplateText? {
        if case .string(let text) = self { text } else { nil }
    }

    var isNone: Bool {
        if case .none = self { true } else { false }
    }

    var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    /// Whether it counts as true.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .float(let value): value != 0
        case .string(let text): !text.isEmpty
        case .list(let sequence), .tuple(let sequence): !sequence.items.isEmpty
        case .dictionary(let dictionary): dictionary.count > 0
        case .view(let view): view.dictionary.count > 0
        case .range(let range): range.count > 0
        case .iterator, .namespace, .loop, .callable, .cycler: true
        }
    }
}

/// The items of a list or tuple.
struct TemplateSequence {
    let items: [TemplateValue]
    let nesting: Int
    /// Whether it is a group of `groupby`, whose parts have the names `grouper` and `list`.
    var isGroup = false

    init(_ items: [TemplateValue]) {
        self.items = items
        var deepest = 0
        for item in items { deepest = max(deepest, item.nesting) }
        nesting = deepest + 1
    }
}

/// A range of Python: from `start` by `step`, `count` numbers.
struct TemplateRange {
    let start: Int
    let stop: Int
    let step: Int
    let count: Int

    /// At most this many numbers, as in Jinja's sandbox.
    static let longest = 100_000

    /// Nil if there would be too many numbers.
    init?(start: Int, stop: Int, step: Int) {
        self.start = start
        self.stop = stop
        self.step = step
        let isEmpty = step > 0 ? start >= stop : start <= stop
        if isEmpty || step == 0 {
            count = 0
            return
        }
        let (span, overflows) =
            step > 0
            ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
        guard !overflows else { return nil }
        let stride = Int(clamping: step.magnitude)
        let full = (span - 1) / stride
        guard full < Self.longest else { return nil }
        count = full + 1
    }

    /// The number at `index`, which is within 0..<count.
    func value(at index: Int) -> TemplateValue { .int(start &+ index &* step) }

    var values: [TemplateValue] { (0..<count).map { value(at: $0) } }
}

/// The keys, values or pairs of a dictionary.
struct TemplateView {
    enum Kind: String {
        case keys = "dict_keys"
        case values = "dict_values"
        case items = "dict_items"
    }

    let kind: Kind
    let dictionary: TemplateDictionary

    var values: [TemplateValue] {
        switch kind {
        case .keys: dictionary.names
        case .values: dictionary.values
        case .items: dictionary.items
        }
    }
}

/// What can be gone through once. It holds all that comes, found ahead, and what went wrong then:
/// in Python that happens only when somebody gets there.
final class TemplateIterator {
    private var rest: ArraySlice<TemplateValue>
    private var failure: MartletError?
    let nesting: Int

    init(_ items: [TemplateValue], failure: MartletError? = nil) {
        rest = items[...]
        self.failure = failure
        nesting = TemplateSequence(items).nesting
    }

    /// The next item, nil at the end.
    func next() throws(MartletError) -> TemplateValue? {
        if let item = rest.popFirst() { return item }
        if let failure { throw failure }
        return nil
    }

    /// All that is left.
    func takeAll() throws(MartletError) -> [TemplateValue] {
        if let failure { throw failure }
        defer { rest = [] }
        return Array(rest)
    }
}

/// What `namespace()` makes: the one thing that keeps what is assigned in a loop.
final class TemplateNamespace {
    var attributes = TemplateDictionary()
}

/// What `cycler()` and `joiner()` make.
final class TemplateCycler {
    let items: TemplateSequence
    /// Whether it is a joiner: nothing first, then the one item each time.
    let isJoiner: Bool
    var position = 0

    init(_ items: [TemplateValue], isJoiner: Bool) {
        self.items = TemplateSequence(items)
        self.isJoiner = isJoiner
    }
}
