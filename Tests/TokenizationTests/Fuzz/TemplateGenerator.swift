/// Templates made at random: by a grammar, or of the tokens of others.
enum TemplateMaterial {
    static let operators = [
        "+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in",
        "and", "or",
    ]
    static let filters = [
        "abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e",
        "escape",
        "first", "float", "forceescape", "format", "groupby", "indent", "int", "items", "join",
        "last", "length",
        "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round",
        "safe",
        "select", "selectattr", "slice", "sort", "string", "sum", "title", "tojson", "trim",
        "truncate", "unique",
        "upper", "wordcount", "pprint", "nope",
    ]
    static let tests = [
        "odd", "even", "divisibleby(2)", "defined", "undefined", "filter", "test", "none",
        "boolean", "false",
        "true", "integer", "float", "lower", "upper", "string", "mapping", "number", "sequence",
        "iterable",
        "callable", "sameas(x)", "escaped", "in([1, 2])", "eq 1", "ne 'a'", "gt 2", "le(0)", "nope",
    ]
    static let methods = [
        "capitalize", "casefold", "center", "count", "endswith", "find", "format", "index",
        "isalnum", "isalpha",
        "isascii", "isdigit", "isidentifier", "islower", "isspace", "istitle", "join", "ljust",
        "lower", "lstrip",
        "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust",
        "rpartition", "rsplit",
        "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper",
        "zfill", "items",
        "keys", "values", "get", "copy", "append", "pop", "update", "next", "reset", "cycle",
        "changed", "encode",
    ]
    static let names = [
        "x", "s", "l", "d", "f", "n", "t", "e", "emoji", "messages", "messages[0]", "message",
        "loop", "loop.index",
        "loop.length", "loop.previtem", "loop.nextitem", "loop.last", "ns", "ns.v", "m", "i",
        "nope", "tools",
        "bos_token", "varargs", "kwargs", "caller",
    ]
    static let atoms = [
        "0", "1", "-1", "2", "3", "64", "100000", "9223372036854775807", "-9223372036854775807",
        "10 ** 9",
        "2 ** 62", "1.5", "-0.0", "1e308", "1e999", "0.1", "true", "false", "none", "''", "'a'",
        "'abc' 'def'",
        "'é😀'", "'%s'", "'%5.2f'", "'%*d'", "'%(a)s'", "'{}'", "'{0:>9}'",
        "'{a[0].b!r:=^+#09,.3f}'", "' a  b '",
        "'\\u00e9\\U0001F600\\x00'", "'ΑΣ'", "'<&>'", "'a,b;c'", "'%Y-%m-%d %H:%q%'", "[]", "{}",
        "()", "(1,)",
        "[1, 2, 3]", "[3, 1, 2]", "{'a': 1}", "{1: 'b', none: [1]}", "range(3)", "range(10 ** 9)",
        "range(100000)",
        "range(5, -5, -2)", "'ab' * 1000", "'a' * 10 ** 9", "[0] * 5000", "namespace()",
        "namespace(v=1)",
        "cycler(1, 2)", "joiner()", "dict(a=1)", "strftime_now('%c')", "raise_exception('no')",
    ]
    static let pieces = [
        "{{", "}}", "{%", "%}", "{#", "#}", "{{-", "-}}", "{%-", "-%}", "{%+", "+%}", "(", ")", "[",
        "]", "{", "}",
        ",", ":", ".", "|", "~", "=", "*", "**", "'", "\"", "\\", "\n", " ", "\r\n", "\u{85}", "0",
        "1", "é", "\u{0}",
        " if ", " else ", " elif ", " in ", " is ", " not ", " and ", " recursive ", "for",
        "endfor", "if", "endif",
        "set", "endset", "macro", "endmacro", "filter", "endfilter", "with", "endwith", "raw",
        "endraw", "break",
        "continue", "generation", "endgeneration", "print", "loop", "namespace", "varargs",
        "kwargs", "include",
    ]
}

extension FuzzCase {
    // MARK: - By a grammar

    /// An expression.
    mutating func expression(_ depth: Int) -> String {
        if depth <= 0 || happens(oneIn: 6) {
            return flag() ? pick(TemplateMaterial.atoms) : pick(TemplateMaterial.names)
        }
        let next = depth - 1
        switch below(15) {
        case 0, 1:
            return "\(expression(next)) \(pick(TemplateMaterial.operators)) \(expression(next))"
        case 2: return "(\(expression(next)))"
        case 3: return "[\(expression(next)), \(expression(next))]"
        case 4: return "{\(expression(next)): \(expression(next))}"
        case 5: return "\(pick(["not ", "-", "+"]))\(expression(next))"
        case 6: return "\(expression(next)) if \(expression(next)) else \(expression(next))"
        case 7, 8, 9:
            let arguments = flag() ? "(\(self.arguments(next)))" : ""
            return "\(expression(next)) | \(pick(TemplateMaterial.filters))\(arguments)"
        case 10:
            return "(\(expression(next))).\(pick(TemplateMaterial.methods))(\(arguments(next)))"
        case 11:
            return "\(expression(next)) is \(flag() ? "not " : "")\(pick(TemplateMaterial.tests))"
        case 12: return "(\(expression(next)))[\(bound(next)):\(bound(next)):\(bound(next))]"
        case 13: return "(\(expression(next)))[\(expression(next))]"
        default:
            let functions =
                TemplateMaterial.names + ["range", "dict", "namespace", "cycler", "loop"]
            return "\(pick(functions))(\(arguments(next)))"
        }
    }

    private mutating func bound(_ depth: Int) -> String { flag() ? "" : expression(depth - 1) }

    private mutating func arguments(_ depth: Int) -> String {
        var parts: [String] = []
        for _ in 0..<below(4) {
            let value = expression(depth - 1)
            switch below(8) {
            case 0: parts.append("*\(value)")
            case 1: parts.append("**\(value)")
            case 2:
                let names = [
                    "a", "attribute", "default", "indent", "width", "v", "count", "reverse", "sep",
                    "fill_with",
                ]
                parts.append("\(pick(names))=\(value)")
            case 3: parts.append("'\(flag() ? pick(TemplateMaterial.filters) : "a.b")'")
            default: parts.append(value)
            }
        }
        return parts.joined(separator: ", ")
    }

    /// Some statements and text.
    mutating func statements(_ depth: Int) -> String {
        (0..<1 + below(3)).map { _ in statement(depth) }.joined(separator: flag() ? "\n" : "")
    }

    private mutating func statement(_ depth: Int) -> String {
        guard depth > 0 else { return "{{ \(expression(3)) }}" }
        let (open, close) = (pick(["{%", "{%", "{%-"]), pick(["%}", "%}", "-%}"]))
        func tag(_ text: String) -> String { "\(open) \(text) \(close)" }
        let (value, body) = (expression(2), statements(depth - 1))
        switch below(13) {
        case 0:
            return tag("if \(value)") + body + tag("elif \(expression(1))") + tag("else") + body
                + tag("endif")
        case 1:
            let target = pick(["i", "x", "i, x", "(i, (x, s))", "message"])
            let condition = flag() ? " if \(expression(2))" : ""
            let leaves =
                happens(oneIn: 4) ? tag("if \(expression(1))") + tag("break") + tag("endif") : ""
            return tag("for \(target) in \(value)\(condition)") + leaves + body + tag("else")
                + tag("endfor")
        case 2:
            return tag("for i in \(value) recursive") + body + "{{ loop(\(expression(1))) }}"
                + tag("endfor")
        case 3: return tag("set \(pick(["x", "s", "l", "x, s", "ns.v", "ns.w"])) = \(value)")
        case 4:
            return tag("set ns = namespace(v=\(value))") + body + tag("set ns.v = \(expression(2))")
        case 5: return tag("set x | \(pick(TemplateMaterial.filters))") + body + tag("endset")
        case 6:
            let parameters = pick(["", "x", "x, s=1", "x=none, l=x"])
            return tag("macro m(\(parameters))") + body + "{{ m(\(arguments(2))) }}"
                + tag("endmacro")
                + "{{ m(\(arguments(1))) }}"
        case 7: return tag("filter \(pick(TemplateMaterial.filters))") + body + tag("endfilter")
        case 8: return tag("with x = \(value), s = x") + body + tag("endwith")
        case 9: return tag("generation") + body + tag("endgeneration")
        case 10: return tag("raw") + "{{ {% x #}" + tag("endraw") + "{# \(value) #}"
        case 11: return "a\n  " + tag("print \(value)") + "\r\n b"
        default: return "{{ \(value) }}"
        }
    }

    /// Something over and over: deep, or long.
    mutating func nestedTemplate() -> String {
        let parts = pick([
            ["{{ ", "(", "1", ")", " }}"], ["{{ ", "[", "", "]", " }}"],
            ["{{ ", "{1:", "1", "}", " }}"],
            ["{{ ", "not ", "1", "", " }}"], ["{{ ", "-", "1", "", " }}"],
            ["{{ x", "", "", ".a", " }}"],
            ["{{ x", "", "", "[0]", " }}"], ["{{ s", "", "", "|e", " }}"],
            ["{{ ", "1 if 1 else ", "1", "", " }}"],
            ["{{ x", "", "", "()", " }}"], ["{{ 1", "", "", " + 1", " }}"],
            ["{{ 1", "", "", " ** 1", " }}"],
            ["{{ 's'", "", "", " 's'", " }}"], ["{{ dict(", "", "", "a=1, ", ") }}"],
            ["", "{% if x %}", "", "{% endif %}", ""],
            ["", "{% for i in l %}", "", "{% endfor %}", ""],
            ["", "{% set x %}", "", "{% endset %}", ""],
            ["", "{% macro m() %}", "{{ m() }}", "{% endmacro %}", ""],
            ["", "{% filter e %}", "x", "{% endfilter %}", ""],
            ["", "{% if x %}", "", "{% else %}", "{% endif %}"],
            ["{% if x %}", "", "", "{% elif x %}", "{% endif %}"],
            ["{% for ", "(", "i,", "),", " in x %}{% endfor %}"],
            ["", "{#", "", "#}", ""], ["", "{% raw %}", "", "{% endraw %}", ""],
        ])
        let count = count(short: 120, long: 3000)
        return parts[0] + String(repeating: parts[1], count: count) + parts[2]
            + String(repeating: parts[3], count: count) + parts[4]
    }

    // MARK: - Of the tokens of others

    /// Cuts a template roughly where its tokens are.
    static func tokens(ofTemplate source: String) -> [String] {
        enum Kind { case word, space, delimiter, other }
        func kind(_ scalar: Unicode.Scalar) -> Kind {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": .word
            case " ", "\n", "\t": .space
            case "{", "}", "%", "#": .delimiter
            default: .other
            }
        }
        var tokens: [String] = []
        var last: Kind?
        for scalar in source.unicodeScalars {
            let found = kind(scalar)
            if found == last, found != .other, !tokens.isEmpty {
                tokens[tokens.count - 1].unicodeScalars.append(scalar)
            } else {
                tokens.append(String(scalar))
            }
            last = found
        }
        return tokens
    }

    /// Changes some tokens: left out, doubled, swapped, replaced, put in, or taken from `other`.
    mutating func mutate(_ tokens: inout [String], other: [String]) {
        guard !tokens.isEmpty, !other.isEmpty else { return }
        let first = below(tokens.count)
        let end = min(tokens.count, first + 1 + count(short: 12, long: 80))
        switch below(9) {
        case 0: tokens.removeSubrange(first..<end)
        case 1: tokens.insert(contentsOf: Array(tokens[first..<end]), at: below(tokens.count))
        case 2: tokens.swapAt(first, below(tokens.count))
        case 3: tokens[first] = pick(other)
        case 4: tokens.insert(pick(TemplateMaterial.pieces), at: first)
        case 5: tokens[first] = flag() ? expression(2) : pick(TemplateMaterial.atoms)
        case 6:
            let start = below(other.count)
            let part = other[start..<min(other.count, start + 1 + below(40))]
            tokens.insert(contentsOf: Array(part), at: first)
        case 7: tokens.insert(statements(1), at: first)
        default: tokens[first] = pick(TemplateMaterial.names)
        }
    }
}
