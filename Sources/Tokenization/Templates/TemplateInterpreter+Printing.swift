import ByteIO

/// Values as text: Python's `str` and `repr`, and JSON as `json.dumps` writes it.
extension TemplateInterpreter {
    /// What is written for `value`: `str` in Python.
    func string(_ value: TemplateValue) throws(MartletError) -> TemplateText {
        switch value {
        case .string(let text): return text
        case .undefined: return .empty
        default:
            var bytes: [UInt8] = []
            try represent(value, in: &bytes)
            try room(bytes.count)
            return TemplateText(bytes)
        }
    }

    /// Appends what Python's `repr` gives for `value`.
    func represent(
        _ value: TemplateValue, in bytes: inout [UInt8]
    ) throws(MartletError) {
        try charge()
        try fits(bytes.count)
        switch value {
        case .undefined: bytes.append(contentsOf: "Undefined".utf8)
        case .none: bytes.append(contentsOf: "None".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "True" : "False").utf8)
        case .int(let value): bytes.append(contentsOf: String(value).utf8)
        case .float(let value): bytes.append(contentsOf: PythonFloat.text(value).utf8)
        case .string(let text):
            try charge(bytes: text.bytes.count)
            if text.isMarkup { bytes.append(contentsOf: "Markup(".utf8) }
            text.appendRepresentation(to: &bytes)
            if text.isMarkup { bytes.append(UInt8(ascii: ")")) }
        case .list(let sequence): try represent(sequence.items, "[", "]", in: &bytes)
        case .tuple(let sequence):
            try represent(sequence.items, "(", sequence.items.count == 1 ? ",)" : ")", in: &bytes)
        case .dictionary(let dictionary): try represent(dictionary, in: &bytes)
        case .view(let view):
            bytes.append(contentsOf: (view.kind.rawValue + "(").utf8)
            try represent(view.values, "[", "])", in: &bytes)
        case .range(let range):
            let step = range.step == 1 ? "" : ", \(range.step)"
            bytes.append(contentsOf: "range(\(range.start), \(range.stop)\(step))".utf8)
        case .namespace(let namespace):
            bytes.append(contentsOf: "<Namespace ".utf8)
            try represent(namespace.attributes, in: &bytes)
            bytes.append(UInt8(ascii: ">"))
        case .loop(let loop):
            let length = try length(of: loop)
            bytes.append(contentsOf: "<LoopContext \(loop.index + 1)/\(length)>".utf8)
        case .callable(let callable):
            if case .macro(let macro, _) = callable.kind {
                bytes.append(contentsOf: "<Macro '\(macro.text)'>".utf8)
            } else {
                bytes.append(contentsOf: "<function>".utf8)
            }
        case .iterator, .cycler: bytes.append(contentsOf: "<\(value.typeName)>".utf8)
        }
    }

    // What is in containers counts as nesting: each of them is within the limit, but a namespace
    // may hold anything, itself included.

    private func represent(
        _ items: [TemplateValue], _ opening: String, _ closing: String, in bytes: inout [UInt8]
    ) throws(MartletError) {
        try descend()
        defer { ascend() }
        bytes.append(contentsOf: opening.utf8)
        for (position, item) in items.enumerated() {
            if position > 0 { bytes.append(contentsOf: ", ".utf8) }
            try represent(item, in: &bytes)
        }
        bytes.append(contentsOf: closing.utf8)
    }

    private func represent(
        _ dictionary: TemplateDictionary, in bytes: inout [UInt8]
    ) throws(MartletError) {
        try descend()
        defer { ascend() }
        bytes.append(UInt8(ascii: "{"))
        for (position, name) in dictionary.names.enumerated() {
            if position > 0 { bytes.append(contentsOf: ", ".utf8) }
            try represent(name, in: &bytes)
            bytes.append(contentsOf: ": ".utf8)
            try represent(dictionary.values[position], in: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    // MARK: - JSON

    /// The `tojson` filter of transformers: `json.dumps` with its options.
    func json(
        _ value: TemplateValue, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateValue {
        let bound = try arguments.bound(
            "tojson", ["ensure_ascii", "indent", "separators", "sort_keys"])
        var style = JSONStyle()
        style.isASCII = bound[0]?.isTrue ?? false
        style.sortsKeys = bound[3]?.isTrue ?? false
        if let indent = bound[1], !indent.isNone {
            if case .string(let text) = indent {
                style.indent = text.bytes
            } else {
                let count = max(try integer(indent), 0)
                try room(count)
                style.indent = [UInt8](repeating: UInt8(ascii: " "), count: count)
            }
            style.itemSeparator = [UInt8(ascii: ",")]
        }
        if let separators = bound[2], !separators.isNone {
            let pair = try items(of: separators)
            guard pair.count == 2 else { throw invalid("'separators' takes two strings") }
            style.itemSeparator = try text(pair[0]).bytes
            style.keySeparator = try text(pair[1]).bytes
        }
        var bytes: [UInt8] = []
        try write(value, style, 0, to: &bytes)
        try room(bytes.count)
        return .string(TemplateText(bytes))
    }

    private struct JSONStyle {
        var isASCII = false
        var sortsKeys = false
        var indent: [UInt8]?
        var itemSeparator = Array(", ".utf8)
        var keySeparator = Array(": ".utf8)

        func startLine(_ level: Int, in bytes: inout [UInt8]) {
            guard let indent else { return }
            bytes.append(0x0A)
            for _ in 0..<level { bytes.append(contentsOf: indent) }
        }
    }

    private func write(
        _ value: TemplateValue, _ style: JSONStyle, _ level: Int, to bytes: inout [UInt8]
    ) throws(MartletError) {
        try charge()
        try fits(bytes.count)
        switch value {
        case .none: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): bytes.append(contentsOf: String(value).utf8)
        case .float(let value): bytes.append(contentsOf: PythonFloat.json(value).utf8)
        case .string(let text):
            try charge(bytes: text.bytes.count)
            text.appendJSON(isASCII: style.isASCII, to: &bytes)
        case .list(let sequence), .tuple(let sequence):
            try descend()
            defer { ascend() }
            bytes.append(UInt8(ascii: "["))
            for (position, item) in sequence.items.enumerated() {
                if position > 0 { bytes.append(contentsOf: style.itemSeparator) }
                try startLine(level + 1, style, &bytes)
                try write(item, style, level + 1, to: &bytes)
            }
            if !sequence.items.isEmpty { try startLine(level, style, &bytes) }
            bytes.append(UInt8(ascii: "]"))
        case .dictionary(let dictionary):
            try descend()
            defer { ascend() }
            bytes.append(UInt8(ascii: "{"))
            var members = Array(zip(dictionary.names, dictionary.values))
            if style.sortsKeys {
                members = try sorted(members) { a, b throws(MartletError) in
                    try self.isLess(a.0, b.0)
                }
            }
            for (position, member) in members.enumerated() {
                if position > 0 { bytes.append(contentsOf: style.itemSeparator) }
                try startLine(level + 1, style, &bytes)
                try writeKey(member.0, style, to: &bytes)
                bytes.append(contentsOf: style.keySeparator)
                try write(member.1, style, level + 1, to: &bytes)
            }
            if !members.isEmpty { try startLine(level, style, &bytes) }
            bytes.append(UInt8(ascii: "}"))
        default: throw invalid("a \(value.typeName) has no form in JSON")
        }
    }

    private func startLine(
        _ level: Int, _ style: JSONStyle, _ bytes: inout [UInt8]
    ) throws(MartletError) {
        guard let indent = style.indent else { return }
        let (count, overflows) = indent.count.multipliedReportingOverflow(by: level)
        try room(overflows ? .max : count)
        style.startLine(level, in: &bytes)
    }

    private func writeKey(
        _ key: TemplateValue, _ style: JSONStyle, to bytes: inout [UInt8]
    ) throws(MartletError) {
        switch key {
        case .string: try write(key, style, 0, to: &bytes)
        case .none, .bool, .int, .float:
            bytes.append(UInt8(ascii: "\""))
            try write(key, style, 0, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        default: throw invalid("a \(key.typeName) is no key in JSON")
        }
    }
}

extension TemplateText {
    /// Appends what Python's `repr` gives: in single quotes, unless that saves escapes.
    func appendRepresentation(to result: inout [UInt8]) {
        let single = UInt8(ascii: "'")
        let double = UInt8(ascii: "\"")
        let quote = bytes.contains(single) && !bytes.contains(double) ? double : single
        result.append(quote)
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".utf8)
            case "\n": result.append(contentsOf: "\\n".utf8)
            case "\r": result.append(contentsOf: "\\r".utf8)
            case "\t": result.append(contentsOf: "\\t".utf8)
            default:
                if scalar.value == UInt32(quote) {
                    result.append(UInt8(ascii: "\\"))
                    result.append(quote)
                } else if scalar.isPythonPrintable {
                    result.append(scalar)
                } else if scalar.value <= 0xFF {
                    result.append(contentsOf: "\\x".utf8)
                    result.append(hexadecimal: scalar.value, digits: 2)
                } else if scalar.value <= 0xFFFF {
                    result.append(contentsOf: "\\u".utf8)
                    result.append(hexadecimal: scalar.value, digits: 4)
                } else {
                    result.append(contentsOf: "\\U".utf8)
                    result.append(hexadecimal: scalar.value, digits: 8)
                }
            }
        }
        result.append(quote)
    }

    /// Appends the string in JSON; with `isASCII` all others are escaped.
    func appendJSON(isASCII: Bool, to result: inout [UInt8]) {
        result.append(UInt8(ascii: "\""))
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".utf8)
            case "\"": result.append(contentsOf: "\\\"".utf8)
            case "\n": result.append(contentsOf: "\\n".utf8)
            case "\r": result.append(contentsOf: "\\r".utf8)
            case "\t": result.append(contentsOf: "\\t".utf8)
            case "\u{8}": result.append(contentsOf: "\\b".utf8)
            case "\u{C}": result.append(contentsOf: "\\f".utf8)
            default:
                if scalar.value >= 0x20, scalar.value < 0x7F || !isASCII {
                    result.append(scalar)
                    continue
                }
                for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                    result.append(contentsOf: "\\u".utf8)
                    result.append(hexadecimal: UInt32(unit), digits: 4)
                }
            }
        }
        result.append(UInt8(ascii: "\""))
    }
}

extension Array where Element == UInt8 {
    /// Appends `value` in hexadecimal with zeros in front.
    fileprivate mutating func append(hexadecimal value: UInt32, digits: Int) {
        let text = String(value, radix: 16)
        let zeros = Swift.max(digits - text.utf8.count, 0)
        append(contentsOf: repeatElement(UInt8(ascii: "0"), count: zeros))
        append(contentsOf: text.utf8)
    }
}
