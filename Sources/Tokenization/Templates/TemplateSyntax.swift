/// An expression of a template, with where it stands, for errors.
final class TemplateExpression: Sendable {
    let kind: Kind
    /// The bytes of the source it is written in.
    let source: Range<Int>
    let line: Int
    /// How deep expressions nest in it: 1 for a name. The parser bounds it.
    let height: Int

    init(_ kind: Kind, source: Range<Int>, line: Int) {
        self.kind = kind
        self.source = source
        self.line = line
        height = 1 + kind.children.reduce(0) { max($0, $1.height) }
    }

    enum Kind: Sendable {
        case none
        case bool(Bool)
        case int(Int)
        case float(Double)
        case string(TemplateText)
        case name(TemplateName)
        case list([TemplateExpression])
        case tuple([TemplateExpression])
        case dictionary([(key: TemplateExpression, value: TemplateExpression)])
        case not(TemplateExpression)
        case negated(TemplateExpression)
        case positive(TemplateExpression)
        /// One after the other, from the left; operators of one precedence.
        case arithmetic(TemplateExpression, [(TemplateOperator, TemplateExpression)])
        case concatenation([TemplateExpression])
        /// Each compared with the one before; stops at the first that fails.
        case comparison(TemplateExpression, [(TemplateComparison, TemplateExpression)])
        case and([TemplateExpression])
        case or([TemplateExpression])
        indirect case conditional(
            TemplateExpression, condition: TemplateExpression, otherwise: TemplateExpression?)
        case attribute(TemplateExpression, TemplateAttribute)
        case item(TemplateExpression, TemplateExpression)
        indirect case slice(
            TemplateExpression, TemplateExpression?, TemplateExpression?, TemplateExpression?)
        indirect case call(TemplateExpression, TemplateCallArguments)
        indirect case filter(TemplateExpression, TemplateApplication)
        indirect case test(TemplateExpression, TemplateApplication)

        /// The expressions right below.
        fileprivate var children: [TemplateExpression] {
            switch self {
            case .none, .bool, .int, .float, .string, .name: []
            case .list(let items), .tuple(let items), .concatenation(let items), .and(let items),
                .or(let items):
                items
            case .dictionary(let pairs): pairs.flatMap { [$0.key, $0.value] }
            case .not(let one), .negated(let one), .positive(let one), .attribute(let one, _): [one]
            case .arithmetic(let first, let rest): [first] + rest.map(\.1)
            case .comparison(let first, let rest): [first] + rest.map(\.1)
            case .conditional(let value, let condition, let otherwise):
                [value, condition] + (otherwise.map { [$0] } ?? [])
            case .item(let base, let index): [base, index]
            case .slice(let base, let start, let stop, let step):
                [base] + [start, stop, step].compactMap { $0 }
            case .call(let callee, let arguments): [callee] + arguments.children
            case .filter(let base, let application), .test(let base, let application):
                [base] + application.arguments.children
            }
        }
    }
}

/// A name, as a number: scopes look it up by that.
struct TemplateName: Sendable, Hashable {
    let number: Int
}

enum TemplateOperator: Sendable {
    case add, subtract, multiply, divide, floorDivide, modulo, power
}

enum TemplateComparison: Sendable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isIn, isNotIn
}

/// What follows a dot, with the method it names if it names one.
struct TemplateAttribute: Sendable {
    let text: TemplateText
    let method: TemplateMethod?

    init(_ text: TemplateText) {
        self.text = text
        method = TemplateMethod(rawValue: text.string)
    }
}

/// The arguments of a call as they are written.
struct TemplateCallArguments: Sendable {
    var positional: [TemplateExpression] = []
    var named: [(name: String, value: TemplateExpression)] = []
    /// What comes after `*` and `**`.
    var spread: TemplateExpression?
    var namedSpread: TemplateExpression?

    fileprivate var children: [TemplateExpression] {
        positional + named.map(\.value) + [spread, namedSpread].compactMap { $0 }
    }
}

/// A filter or test by name, with its arguments.
struct TemplateApplication: Sendable {
    let name: String
    let arguments: TemplateCallArguments
    let line: Int
}

// MARK: - Statements

/// A statement of a template, with where it stands, for errors.
struct TemplateStatement: Sendable {
    let kind: Kind
    let line: Int

    indirect enum Kind: Sendable {
        case text([UInt8])
        case output([TemplateExpression])
        case choice([Branch], otherwise: [TemplateStatement])
        case loop(TemplateForLoop)
        case assignment(TemplateTarget, TemplateExpression)
        /// The text of the body, through the filters.
        case blockAssignment(TemplateTarget, [TemplateApplication], [TemplateStatement])
        case macro(TemplateMacro)
        case filtered([TemplateApplication], [TemplateStatement])
        case with([(TemplateTarget, TemplateExpression)], [TemplateStatement])
        /// What a model is trained to write.
        case generation([TemplateStatement])
        case leaveLoop
        case continueLoop
    }

    struct Branch: Sendable {
        let condition: TemplateExpression
        let body: [TemplateStatement]
    }
}

/// What can stand left of `=`, or between `for` and `in`.
indirect enum TemplateTarget: Sendable {
    case name(TemplateName)
    case tuple([TemplateTarget])
    case attribute(TemplateName, TemplateText)
}

final class TemplateForLoop: Sendable {
    let target: TemplateTarget
    let items: TemplateExpression
    let condition: TemplateExpression?
    let isRecursive: Bool
    let body: [TemplateStatement]
    let otherwise: [TemplateStatement]

    init(
        target: TemplateTarget, items: TemplateExpression, condition: TemplateExpression?,
        isRecursive: Bool, body: [TemplateStatement], otherwise: [TemplateStatement]
    ) {
        self.target = target
        self.items = items
        self.condition = condition
        self.isRecursive = isRecursive
        self.body = body
        self.otherwise = otherwise
    }
}

final class TemplateMacro: Sendable {
    struct Parameter: Sendable {
        let name: TemplateName
        let text: String
        let standard: TemplateExpression?
    }

    let name: TemplateName
    let text: String
    let parameters: [Parameter]
    let body: [TemplateStatement]
    /// Whether the body asks for `varargs` and `kwargs`; surplus arguments are refused otherwise.
    let takesMore: Bool
    let takesMoreNamed: Bool

    init(
        name: TemplateName, text: String, parameters: [Parameter], body: [TemplateStatement],
        takesMore: Bool, takesMoreNamed: Bool
    ) {
        self.name = name
        self.text = text
        self.parameters = parameters
        self.body = body
        self.takesMore = takesMore
        self.takesMoreNamed = takesMoreNamed
    }
}

/// A template as the parser leaves it.
struct TemplateProgram: Sendable {
    /// The source, with the line ends normalized, for errors.
    let source: [UInt8]
    let body: [TemplateStatement]
    /// The numbers of names.
    let names: [String: TemplateName]
    /// What errors show of the name with each number.
    let nameTexts: [String]
}
