import ByteIO

/// Python's two ways to fill a format: `'%s' % value` and `'{}'.format(value)`.
extension TemplateInterpreter {
    /// A field: how wide, where in it, in which notation.
    private struct Field {
        var fill: Unicode.Scalar = " "
        /// `<`, `>`, `^` or `=`, 0 if not given.
        var alignment: UInt8 = 0
        /// `+`, `-` or a space.
        var sign = UInt8(ascii: "-")
        var isAlternate = false
        var groups: UInt8 = 0
        var width = 0
        var precision: Int?
        var type: UInt8 = 0
    }

    /// The largest width and precision.
    private static let widest = 4096

    // MARK: - Percent

    func formatted(
        _ format: TemplateText, _ value: TemplateValue
    ) throws(MartletError) -> TemplateValue {
        try charge(bytes: format.bytes.count)
        var values: [TemplateValue]
        var mayBeLeft = false
        switch value {
        case .tuple(let sequence):
            try charge(sequence.items.count)
            values = sequence.items
        case .dictionary, .list, .undefined:
            values = [value]
            mayBeLeft = true
        default: values = [value]
        }
        values.reverse()
        var result: [UInt8] = []
        let bytes = format.bytes
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            try charge()
            var argument: TemplateValue?
            if position < bytes.count, bytes[position] == UInt8(ascii: "(") {
                guard case .dictionary(let dictionary) = value,
                    let end = bytes[position...].firstIndex(of: UInt8(ascii: ")"))
                else { throw invalid("a format with names takes a dictionary") }
                let name = Array(bytes[position + 1..<end])
                try charge(bytes: name.count)
                guard let member = dictionary.value(of: .string(name)) else {
                    throw invalid("the format names what the dictionary does not have")
                }
                argument = member
                values = []
                position = end + 1
            }
            var field = try percentField(bytes, &position, &values)
            if field.type == UInt8(ascii: "%") {
                result.append(field.type)
                continue
            }
            guard let argument = argument ?? values.popLast() else {
                throw invalid("too few values for the format")
            }
            try appendPercent(argument, &field, to: &result)
        }
        try room(result.count)
        guard values.isEmpty || mayBeLeft else { throw invalid("too many values for the format") }
        return .string(TemplateText(result).marked(format.isMarkup))
    }

    private func percentField(
        _ bytes: [UInt8], _ position: inout Int, _ values: inout [TemplateValue]
    ) throws(MartletError) -> Field {
        var field = Field()
        flags: while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "-"): field.alignment = UInt8(ascii: "<")
            case UInt8(ascii: "+"): field.sign = UInt8(ascii: "+")
            case UInt8(ascii: " "):
                if field.sign != UInt8(ascii: "+") { field.sign = UInt8(ascii: " ") }
            case UInt8(ascii: "0"): field.fill = "0"
            case UInt8(ascii: "#"): field.isAlternate = true
            default: break flags
            }
            position += 1
        }
        func number() throws(MartletError) -> Int {
            if position < bytes.count, bytes[position] == UInt8(ascii: "*") {
                position += 1
                guard let value = values.popLast() else { throw invalid("too few values") }
                return try integer(value)
            }
            return Self.digits(bytes, &position)
        }
        field.width = try number()
        if field.width < 0 {
            field.alignment = UInt8(ascii: "<")
            field.width = Int(clamping: field.width.magnitude)
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            field.precision = max(try number(), 0)
        }
        while position < bytes.count, [0x68, 0x6C, 0x4C].contains(bytes[position]) {
            position += 1
        }
        guard position < bytes.count else { throw invalid("the format ends early") }
        field.type = bytes[position]
        position += 1
        return field
    }

    /// The number that stands at `position`, 0 if none does.
    private static func digits(_ bytes: [UInt8], _ position: inout Int) -> Int {
        var value = 0
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
            value = min(value * 10 + Int(bytes[position] - 0x30), widest + 1)
            position += 1
        }
        return value
    }

    private func appendPercent(
        _ value: TemplateValue, _ field: inout Field, to result: inout [UInt8]
    ) throws(MartletError) {
        switch field.type {
        case UInt8(ascii: "s"), UInt8(ascii: "r"), UInt8(ascii: "a"):
            var text = try string(value)
            if field.type != UInt8(ascii: "s") {
                var bytes: [UInt8] = []
                try represent(value, in: &bytes)
                text = TemplateText(bytes)
            }
            if let precision = field.precision {
                text = text.slice(0, min(precision, text.count))
            }
            field.fill = " "
            if field.alignment == 0 { field.alignment = UInt8(ascii: ">") }
            try pad(text.bytes, count: text.count, field, to: &result)
        case UInt8(ascii: "c"):
            var text = value.text ?? .empty
            if let code = value.integer, let scalar = Unicode.Scalar(UInt32(clamping: code)) {
                text = TemplateText(scalars: [scalar])
            }
            guard text.count == 1 else { throw invalid("'%c' takes one character") }
            field.fill = " "
            if field.alignment == 0 { field.alignment = UInt8(ascii: ">") }
            try pad(text.bytes, count: 1, field, to: &result)
        case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "u"):
            field.type = UInt8(ascii: "d")
            if case .float(let number) = value {
                guard let integer = Int(exactly: number.rounded(.towardZero)) else {
                    throw invalid("'%d' takes an integer")
                }
                try appendInteger(integer, field, to: &result)
            } else {
                try appendInteger(try integer(value), field, to: &result)
            }
        case UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "o"):
            try appendInteger(try integer(value), field, to: &result)
        default:
            guard let number = value.number else { throw invalid("the format takes a number") }
            try appendFloat(number, field, to: &result)
        }
    }

    // MARK: - Numbers

    private func appendInteger(
        _ value: Int, _ field: Field, to result: inout [UInt8]
    ) throws(MartletError) {
        let prefix: String
        var digits: String
        switch field.type {
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            digits = String(value.magnitude, radix: 16, uppercase: field.type == 0x58)
            prefix = field.type == 0x58 ? "0X" : "0x"
        case UInt8(ascii: "o"): (digits, prefix) = (String(value.magnitude, radix: 8), "0o")
        case UInt8(ascii: "b"): (digits, prefix) = (String(value.magnitude, radix: 2), "0b")
        case 0, UInt8(ascii: "d"), UInt8(ascii: "n"):
            (digits, prefix) = (String(value.magnitude), "")
        default: throw invalid("an integer has no such format")
        }
        if let precision = field.precision, precision <= Self.widest {
            digits = String(repeating: "0", count: max(precision - digits.utf8.count, 0)) + digits
        }
        if field.groups != 0 { digits = grouped(digits, field.groups) }
        let sign = value < 0 ? "-" : field.sign == UInt8(ascii: "-") ? "" : sign(field)
        try appendNumber(sign + (field.isAlternate ? prefix : ""), digits, field, to: &result)
    }

    private func sign(_ field: Field) -> String { String(Unicode.Scalar(field.sign)) }

    private func appendFloat(
        _ value: Double, _ field: Field, to result: inout [UInt8]
    ) throws(MartletError) {
        var number = value.magnitude
        var conversion = field.type
        var suffix = ""
        if conversion == UInt8(ascii: "%") {
            number *= 100
            conversion = UInt8(ascii: "f")
            suffix = "%"
        }
        guard [0x65, 0x45, 0x66, 0x46, 0x67, 0x47].contains(conversion) else {
            throw invalid("a number has no such format")
        }
        let precision = field.precision ?? 6
        guard precision <= Self.widest else { throw invalid("too many digits") }
        var digits = PythonFloat.formatted(number, conversion, precision: precision)
        if field.groups != 0, number.isFinite {
            let whole = digits.prefix { $0.isNumber }
            digits = grouped(String(whole), field.groups) + digits.dropFirst(whole.count)
        }
        let isNegative = value.sign == .minus && !value.isNaN
        let sign = isNegative ? "-" : field.sign == UInt8(ascii: "-") ? "" : sign(field)
        try appendNumber(sign, digits + suffix, field, to: &result)
    }

    private func grouped(_ digits: String, _ separator: UInt8) -> String {
        var result: [UInt8] = []
        let bytes = Array(digits.utf8)
        for (position, byte) in bytes.enumerated() {
            if position > 0, (bytes.count - position) % 3 == 0 { result.append(separator) }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func appendNumber(
        _ sign: String, _ digits: String, _ field: Field, to result: inout [UInt8]
    ) throws(MartletError) {
        var field = field
        var text = sign + digits
        let isZeroFilled = field.alignment == 0 && field.fill == "0"
        if isZeroFilled || field.alignment == UInt8(ascii: "=") {
            let missing = max(min(field.width, Self.widest) - text.utf8.count, 0)
            text = sign + String(repeating: String(Character(field.fill)), count: missing) + digits
            field.width = 0
        }
        if field.alignment == 0 { field.alignment = UInt8(ascii: ">") }
        if field.alignment == UInt8(ascii: "<"), field.fill == "0" { field.fill = " " }
        try pad(Array(text.utf8), count: text.unicodeScalars.count, field, to: &result)
    }

    private func pad(
        _ bytes: [UInt8], count: Int, _ field: Field, to result: inout [UInt8]
    ) throws(MartletError) {
        guard field.width <= Self.widest else { throw invalid("a field is too wide") }
        let missing = max(field.width - count, 0)
        let before =
            switch field.alignment {
            case UInt8(ascii: ">"): missing
            case UInt8(ascii: "^"): missing / 2
            default: 0
            }
        try fits(result.count + bytes.count + missing * UTF8.width(field.fill))
        try charge(bytes: bytes.count + missing)
        for _ in 0..<before { result.append(field.fill) }
        result.append(contentsOf: bytes)
        for _ in before..<missing { result.append(field.fill) }
    }

    // MARK: - Braces

    func format(
        _ text: TemplateText, _ arguments: TemplateArguments
    ) throws(MartletError) -> TemplateText {
        let bytes = text.bytes
        var result: [UInt8] = []
        var position = 0
        var automatic = 0
        let (opening, closing) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            guard byte == opening || byte == closing else {
                result.append(byte)
                continue
            }
            if position < bytes.count, bytes[position] == byte {
                result.append(byte)
                position += 1
                continue
            }
            guard byte == opening, let end = bytes[position...].firstIndex(of: closing),
                !bytes[position..<end].contains(opening)
            else { throw invalid("a format with unmatched or nested braces") }
            try charge()
            try appendField(Array(bytes[position..<end]), arguments, &automatic, to: &result)
            try fits(result.count)
            position = end + 1
        }
        try room(result.count)
        return TemplateText(result)
    }

    private func appendField(
        _ bytes: [UInt8], _ arguments: TemplateArguments, _ automatic: inout Int,
        to result: inout [UInt8]
    ) throws(MartletError) {
        let pathEnd = bytes.firstIndex { $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: ":") }
        let path = bytes[..<(pathEnd ?? bytes.count)]
        var position = pathEnd ?? bytes.count
        var value = try formatArgument(Array(path), arguments, &automatic)
        if position < bytes.count, bytes[position] == UInt8(ascii: "!") {
            guard position + 1 < bytes.count else { throw invalid("no conversion after '!'") }
            var represented: [UInt8] = []
            switch bytes[position + 1] {
            case UInt8(ascii: "s"): value = .string(try string(value))
            case UInt8(ascii: "r"), UInt8(ascii: "a"):
                try represent(value, in: &represented)
                value = .string(TemplateText(represented))
            default: throw invalid("an unknown conversion after '!'")
            }
            position += 2
        }
        guard position == bytes.count || bytes[position] == UInt8(ascii: ":") else {
            throw invalid("a malformed field")
        }
        let specification = Array(bytes[min(position + 1, bytes.count)...])
        guard !specification.isEmpty else {
            let text = try string(value)
            try charge(bytes: text.bytes.count)
            result.append(contentsOf: text.bytes)
            return
        }
        try append(value, try braceField(specification), to: &result)
    }

    private func formatArgument(
        _ path: [UInt8], _ arguments: TemplateArguments, _ automatic: inout Int
    ) throws(MartletError) -> TemplateValue {
        let nameEnd =
            path.firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") } ?? path.count
        let name = String(decoding: path[..<nameEnd], as: UTF8.self)
        var value: TemplateValue
        if name.isEmpty || name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard name.isEmpty ? automatic >= 0 : automatic <= 0 else {
                throw invalid("a format numbers its fields itself or not, but not both")
            }
            let index = name.isEmpty ? automatic : Int(name) ?? .max
            automatic = name.isEmpty ? automatic + 1 : -1
            guard index < arguments.positional.count else {
                throw invalid("too few values for the format")
            }
            value = arguments.positional[index]
        } else {
            try charge(arguments.named.count)
            guard let named = arguments.named.first(where: { $0.name == name }) else {
                throw invalid(
                    "the format names '\(TemplateText.excerpt(path[..<nameEnd]))', "
                        + "which is not given")
            }
            value = named.value
        }
        var position = nameEnd
        while position < path.count {
            try charge()
            if path[position] == UInt8(ascii: ".") {
                let rest = path[(position + 1)...]
                let end =
                    rest.firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") }
                    ?? path.count
                value = try attribute(
                    TemplateAttribute(TemplateText(path[position + 1..<end])), of: value)
                position = end
            } else {
                guard path[position] == UInt8(ascii: "["),
                    let end = path[position...].firstIndex(of: UInt8(ascii: "]"))
                else { throw invalid("a malformed field") }
                let key = TemplateText(path[position + 1..<end])
                let index = key.isAll { ("0"..."9").contains($0) } ? Int(key.string) : nil
                value = try item(index.map { .int($0) } ?? .string(key), of: value)
                position = end + 1
            }
        }
        return value
    }

    private func braceField(_ bytes: [UInt8]) throws(MartletError) -> Field {
        var field = Field()
        let alignments = Array("<>^=".utf8)
        let scalars = TemplateText(bytes).scalars
        var position = 0
        if scalars.count > 1, scalars[1].isASCII,
            alignments.contains(UInt8(truncatingIfNeeded: scalars[1].value))
        {
            field.fill = scalars[0]
            field.alignment = UInt8(truncatingIfNeeded: scalars[1].value)
            position = UTF8.width(scalars[0]) + 1
        } else if let first = bytes.first, alignments.contains(first) {
            field.alignment = first
            position = 1
        }
        func isAt(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }
        if isAt(UInt8(ascii: "+")) || isAt(UInt8(ascii: "-")) || isAt(UInt8(ascii: " ")) {
            field.sign = bytes[position]
            position += 1
        }
        if isAt(UInt8(ascii: "#")) {
            field.isAlternate = true
            position += 1
        }
        if isAt(UInt8(ascii: "0")), field.alignment == 0 {
            field.fill = "0"
            position += 1
        }
        field.width = Self.digits(bytes, &position)
        if isAt(UInt8(ascii: ",")) || isAt(UInt8(ascii: "_")) {
            field.groups = bytes[position]
            position += 1
        }
        if isAt(UInt8(ascii: ".")) {
            position += 1
            field.precision = Self.digits(bytes, &position)
        }
        if position < bytes.count {
            field.type = bytes[position]
            position += 1
        }
        guard position == bytes.count else { throw invalid("a malformed format") }
        return field
    }

    private func append(
        _ value: TemplateValue, _ given: Field, to result: inout [UInt8]
    ) throws(MartletError) {
        var field = given
        switch value {
        case .int, .bool:
            let isFloat = "eEfFgG%".utf8.contains(field.type)
            guard let integer = value.integer else { return }
            if isFloat { return try appendFloat(Double(integer), field, to: &result) }
            guard field.precision == nil else { throw invalid("an integer has no precision") }
            if case .bool = value, field.type == 0, field.width > 0 {
                return try append(.int(integer), field, to: &result)
            }
            try appendInteger(integer, field, to: &result)
        case .float(let number):
            if field.type != 0 { return try appendFloat(number, field, to: &result) }
            guard field.precision == nil else {
                throw MartletError(.unsupported, "a precision without 'f', 'e' or 'g'")
            }
            let text = PythonFloat.text(number.magnitude)
            let sign = number.sign == .minus ? "-" : field.sign == 0x2D ? "" : sign(field)
            try appendNumber(sign, text, field, to: &result)
        case .string(let text):
            guard field.type == 0 || field.type == UInt8(ascii: "s"),
                field.alignment != UInt8(ascii: "=")
            else { throw invalid("a string has no such format") }
            let kept = text.slice(0, min(field.precision ?? text.count, text.count))
            if field.alignment == 0 { field.alignment = UInt8(ascii: "<") }
            try pad(kept.bytes, count: kept.count, field, to: &result)
        default: throw invalid("a \(value.typeName) takes no format")
        }
    }
}
