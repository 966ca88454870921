/// The methods of Python's strings, lists, tuples and dictionaries.
enum TemplateMethod: String, Sendable {
    case capitalize, casefold, center, count, endswith, find, format
    case formatMap = "format_map"
    case index, isalnum, isalpha, isascii, isdecimal, isdigit, isidentifier, islower, isnumeric
    case isprintable, isspace, istitle, isupper, join, ljust, lower, lstrip, partition
    case removeprefix, removesuffix, replace, rfind, rindex, rjust, rpartition, rsplit, rstrip
    case split, splitlines, startswith, strip, swapcase, title, upper, zfill
    case encode, expandtabs, maketrans, translate
    case items, keys, values, get, copy, fromkeys
    case append, clear, pop, reverse, insert, sort, extend, remove
    case popitem, setdefault, update
    // Of cyclers and loops.
    case next, reset, cycle, changed

    private static let listOnly: Set<TemplateMethod> = [
        .append, .clear, .pop, .reverse, .insert, .sort, .extend, .remove,
    ]
    private static let dictionaryOnly: Set<TemplateMethod> = [
        .clear, .pop, .popitem, .setdefault, .update,
    ]

    enum Availability { case absent, available, refused }

    /// Whether a value of the type has the method, and whether the sandbox lets it be called:
    /// what would change a list or dictionary is refused.
    func availability(in value: TemplateValue) -> Availability {
        switch value {
        case .string:
            switch self {
            case .items, .keys, .values, .get, .copy, .fromkeys, .popitem, .setdefault, .update,
                .next, .reset, .cycle, .changed:
                .absent
            default: Self.listOnly.contains(self) ? .absent : .available
            }
        case .list:
            switch self {
            case .count, .index, .copy: .available
            default: Self.listOnly.contains(self) ? .refused : .absent
            }
        case .tuple, .range: self == .count || self == .index ? .available : .absent
        case .dictionary:
            switch self {
            case .items, .keys, .values, .get, .copy, .fromkeys: .available
            default: Self.dictionaryOnly.contains(self) ? .refused : .absent
            }
        case .cycler(let cycler):
            !cycler.isJoiner && (self == .next || self == .reset) ? .available : .absent
        case .loop: self == .cycle || self == .changed ? .available : .absent
        default: .absent
        }
    }
}

/// What can be called.
final class TemplateCallable {
    enum Kind {
        /// A macro with the scope it was defined in.
        case macro(TemplateMacro, TemplateScope)
        case method(TemplateValue, TemplateMethod)
        case global(TemplateGlobal)
    }

    let kind: Kind

    init(_ kind: Kind) { self.kind = kind }

    var nesting: Int {
        if case .method(let receiver, _) = kind { receiver.nesting + 1 } else { 0 }
    }
}

/// The functions every template has.
enum TemplateGlobal: String, Sendable, CaseIterable {
    case range, dict, namespace, cycler, joiner
    case raiseException = "raise_exception"
    case strftimeNow = "strftime_now"
}

/// The variables of a block, over those of the blocks around it.
final class TemplateScope {
    let outer: TemplateScope?
    var variables: [TemplateName: TemplateValue] = [:]

    init(in outer: TemplateScope?) { self.outer = outer }
}

/// What `loop` is: where a loop stands, and a little ahead of it.
final class TemplateLoop {
    let node: TemplateForLoop
    /// What the condition and a recursion see. Nil once the loop has ended: who keeps `loop` must
    /// not keep all scopes before.
    var outer: TemplateScope?
    let depth: Int
    let nesting: Int
    /// What comes, and how far it was gone through; with a condition, not all of it counts.
    var source: [TemplateValue]
    var position = 0
    var isFiltered: Bool
    /// The item that was looked at ahead, if one was: `.some(nil)` at the end.
    var ahead: TemplateValue??
    var current: TemplateValue?
    var previous: TemplateValue?
    /// The number of the current item.
    var index = -1
    var knownLength: Int?
    /// What `changed` was called with last.
    var lastSeen: [TemplateValue]?

    init(
        _ node: TemplateForLoop, over source: [TemplateValue], outer: TemplateScope, depth: Int
    ) {
        self.node = node
        self.source = source
        self.outer = outer
        self.depth = depth
        isFiltered = node.condition != nil
        nesting = TemplateSequence(source).nesting
    }
}
