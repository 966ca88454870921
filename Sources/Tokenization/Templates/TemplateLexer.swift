import ByteIO

/// A piece of a template: text that stands for itself, a delimiter, or a part of an expression.
struct TemplateToken {
    enum Kind: Equatable {
        case text([UInt8])
        case outputStart, outputEnd, blockStart, blockEnd
        case name(String)
        case string([UInt8])
        case int(Int)
        case float(Double)
        /// An operator or a bracket, as it is written.
        case symbol(String)
        case end
    }

    let kind: Kind
    let line: Int
    /// The bytes of the source.
    let range: Range<Int>
}

/// Cuts a template into tokens as Jinja does with `trim_blocks` and `lstrip_blocks`: a line end
/// right after a block is dropped, and so is white space between a line's start and a block.
struct TemplateLexer {
    let source: [UInt8]
    private(set) var tokens: [TemplateToken] = []
    private var position = 0
    private var line = 1
    /// Whether a line starts at the position, as far as stripping is concerned.
    private var startsLine = true
    /// The closing brackets that are due.
    private var brackets: [UInt8] = []

    init(_ text: String) {
        source = Self.normalized(Array(text.utf8))
    }

    /// With `\n` for every line end, the last one dropped.
    private static func normalized(_ bytes: [UInt8]) -> [UInt8] {
        var result = withoutReturns(bytes)
        if result.last == 0x0A { result.removeLast() }
        return result
    }

    private static func withoutReturns(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x0D) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var wasReturn = false
        for byte in bytes {
            if byte == 0x0D {
                result.append(0x0A)
            } else if byte != 0x0A || !wasReturn {
                result.append(byte)
            }
            wasReturn = byte == 0x0D
        }
        return result
    }

    private func failure(_ message: String) -> MartletError {
        MartletError(.malformed, message, at: "line \(line)")
    }

    /// The byte `ahead` of the position, 0 beyond the end.
    private func byte(_ ahead: Int = 0) -> UInt8 {
        position + ahead < source.count ? source[position + ahead] : 0
    }

    private func isAt(_ text: StaticString, _ ahead: Int = 0) -> Bool {
        let start = position + ahead
        let count = text.utf8CodeUnitCount
        guard start + count <= source.count else { return false }
        return (0..<count).allSatisfy { source[start + $0] == text.utf8Start[$0] }
    }

    private mutating func advance(to end: Int) {
        for byte in source[position..<end] where byte == 0x0A { line += 1 }
        position = end
    }

    private mutating func add(_ kind: TemplateToken.Kind, to end: Int) {
        tokens.append(TemplateToken(kind: kind, line: line, range: position..<end))
        advance(to: end)
    }

    // MARK: - Text

    mutating func run() throws(MartletError) -> [TemplateToken] {
        while position < source.count {
            let start = nextDelimiter()
            guard start < source.count else {
                addText(to: source.count, sign: 0, isOutput: true)
                break
            }
            let opener = source[start + 1]
            if opener == UInt8(ascii: "%"), let raw = rawStart(at: start) {
                addText(to: start, sign: raw.sign, isOutput: false)
                try takeRaw(from: raw.end)
                continue
            }
            let sign = start + 2 < source.count ? source[start + 2] : 0
            let isSigned = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
            addText(
                to: start, sign: isSigned ? sign : 0, isOutput: opener == UInt8(ascii: "{"))
            let inside = start + (isSigned ? 3 : 2)
            switch opener {
            case UInt8(ascii: "#"): try takeComment(from: inside)
            case UInt8(ascii: "{"):
                add(.outputStart, to: inside)
                try takeExpression(isOutput: true)
            default:
                add(.blockStart, to: inside)
                try takeExpression(isOutput: false)
            }
        }
        tokens.append(
            TemplateToken(kind: .end, line: line, range: source.count..<source.count))
        return tokens
    }

    /// Where the next `{{`, `{%` or `{#` is, or the end.
    private func nextDelimiter() -> Int {
        var start = position
        while start + 1 < source.count {
            if source[start] == UInt8(ascii: "{") {
                switch source[start + 1] {
                case UInt8(ascii: "{"), UInt8(ascii: "%"), UInt8(ascii: "#"): return start
                default: break
                }
            }
            start += 1
        }
        return source.count
    }

    /// Adds the text up to `end`, where a delimiter with `sign` begins, as far as it stays.
    private mutating func addText(to end: Int, sign: UInt8, isOutput: Bool) {
        var kept = end
        if sign == UInt8(ascii: "-") {
            kept = position + trimmedCount(source[position..<end])
        } else if sign == 0, !isOutput {
            let lineStart = source[position..<end].lastIndex(of: 0x0A).map { $0 + 1 } ?? position
            if lineStart > position || startsLine,
                trimmedCount(source[lineStart..<end]) == 0
            {
                kept = lineStart
            }
        }
        if kept > position {
            tokens.append(
                TemplateToken(
                    kind: .text(Array(source[position..<kept])), line: line,
                    range: position..<kept))
        }
        advance(to: end)
        startsLine = false
    }

    /// The number of bytes without the white space at the end.
    private func trimmedCount(_ bytes: ArraySlice<UInt8>) -> Int {
        var end = bytes.endIndex
        while end > bytes.startIndex {
            var start = end - 1
            while start > bytes.startIndex, bytes[start] & 0xC0 == 0x80 { start -= 1 }
            guard let scalar = scalar(at: start), scalar.isPythonSpace else { break }
            end = start
        }
        return end - bytes.startIndex
    }

    private func scalar(at offset: Int) -> Unicode.Scalar? {
        guard offset < source.count else { return nil }
        if source[offset] < 0x80 { return Unicode.Scalar(source[offset]) }
        let end = min(offset + 4, source.count)
        return String(decoding: source[offset..<end], as: UTF8.self).unicodeScalars.first
    }

    /// Where the white space that begins at `offset` ends.
    private func spaceEnd(_ offset: Int) -> Int {
        var end = offset
        while let scalar = scalar(at: end), scalar.isPythonSpace { end += UTF8.width(scalar) }
        return end
    }

    /// Moves behind the end of a block, comment or output, whose delimiter ends at `end`.
    private mutating func close(at end: Int, sign: UInt8, trimsLine: Bool) {
        var after = end
        if sign == UInt8(ascii: "-") {
            after = spaceEnd(end)
        } else if sign == 0, trimsLine, end < source.count, source[end] == 0x0A {
            after += 1
        }
        advance(to: after)
        startsLine = after > 0 && source[after - 1] == 0x0A
    }

    // MARK: - Comments and raw text

    private mutating func takeComment(from inside: Int) throws(MartletError) {
        var end = inside
        while end + 1 < source.count {
            if source[end] == UInt8(ascii: "#"), source[end + 1] == UInt8(ascii: "}") {
                let before = end > inside ? source[end - 1] : 0
                let isSigned = before == UInt8(ascii: "-") || before == UInt8(ascii: "+")
                close(at: end + 2, sign: isSigned ? before : 0, trimsLine: true)
                return
            }
            end += 1
        }
        throw failure("a comment does not end")
    }

    /// The sign and the end of `{% raw %}` if one starts at `start`.
    private func rawStart(at start: Int) -> (sign: UInt8, end: Int)? {
        guard let tag = tag("raw", at: start) else { return nil }
        if tag.closing == 0 { return (tag.sign, tag.end) }
        return tag.closing == UInt8(ascii: "-") ? (tag.sign, spaceEnd(tag.end)) : nil
    }

    /// The signs and the end of a block with nothing but `word`, if one starts at `start`.
    private func tag(
        _ word: StaticString, at start: Int
    ) -> (sign: UInt8, closing: UInt8, end: Int)? {
        var lexer = self
        lexer.position = start + 2
        var sign: UInt8 = 0
        if lexer.byte() == UInt8(ascii: "-") || lexer.byte() == UInt8(ascii: "+") {
            sign = lexer.byte()
            lexer.position += 1
        }
        lexer.position = spaceEnd(lexer.position)
        guard lexer.isAt(word) else { return nil }
        lexer.position = spaceEnd(lexer.position + word.utf8CodeUnitCount)
        var closing: UInt8 = 0
        if lexer.byte() == UInt8(ascii: "-") || lexer.byte() == UInt8(ascii: "+") {
            closing = lexer.byte()
            lexer.position += 1
        }
        guard lexer.isAt("%}") else { return nil }
        return (sign, closing, lexer.position + 2)
    }

    private mutating func takeRaw(from inside: Int) throws(MartletError) {
        advance(to: inside)
        var start = inside
        while start + 1 < source.count {
            if source[start] == UInt8(ascii: "{"), source[start + 1] == UInt8(ascii: "%"),
                let tag = tag("endraw", at: start)
            {
                startsLine = inside > 0 && source[inside - 1] == 0x0A
                addText(to: start, sign: tag.sign, isOutput: false)
                close(at: tag.end, sign: tag.closing, trimsLine: true)
                return
            }
            start += 1
        }
        throw failure("a raw block does not end")
    }

    // MARK: - Expressions

    /// The tokens up to the end of a block or an output.
    private mutating func takeExpression(isOutput: Bool) throws(MartletError) {
        brackets.removeAll()
        while true {
            advance(to: spaceEnd(position))
            guard position < source.count else { return }
            if brackets.isEmpty, takeEnd(isOutput: isOutput) { return }
            try takeToken()
        }
    }

    private mutating func takeEnd(isOutput: Bool) -> Bool {
        let isSigned = byte() == UInt8(ascii: "-") || (!isOutput && byte() == UInt8(ascii: "+"))
        let ahead = isSigned ? 1 : 0
        guard isOutput ? isAt("}}", ahead) : isAt("%}", ahead) else { return false }
        let sign = isSigned ? byte() : 0
        let end = position + ahead + 2
        tokens.append(
            TemplateToken(
                kind: isOutput ? .outputEnd : .blockEnd, line: line, range: position..<end))
        close(at: end, sign: sign, trimsLine: !isOutput)
        return true
    }

    private mutating func takeToken() throws(MartletError) {
        switch byte() {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): try takeNumber()
        case UInt8(ascii: "'"), UInt8(ascii: "\""): try takeString()
        default:
            if let scalar = scalar(at: position),
                scalar == "_" || scalar.properties.isXIDStart
            {
                takeName()
            } else {
                try takeSymbol()
            }
        }
    }

    private mutating func takeName() {
        var end = position
        while let scalar = scalar(at: end),
            scalar == "_" || scalar.properties.isXIDContinue
        {
            end += UTF8.width(scalar)
        }
        add(.name(String(decoding: source[position..<end], as: UTF8.self)), to: end)
    }

    private mutating func takeSymbol() throws(MartletError) {
        let pair = [byte(), byte(1)]
        for symbol in ["//", "**", "==", "!=", ">=", "<="] where pair == Array(symbol.utf8) {
            add(.symbol(symbol), to: position + 2)
            return
        }
        let single = byte()
        switch single {
        case UInt8(ascii: "("): brackets.append(UInt8(ascii: ")"))
        case UInt8(ascii: "["): brackets.append(UInt8(ascii: "]"))
        case UInt8(ascii: "{"): brackets.append(UInt8(ascii: "}"))
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
            guard brackets.popLast() == single else {
                throw failure("unexpected '\(Unicode.Scalar(single))'")
            }
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "*"),
            UInt8(ascii: "%"), UInt8(ascii: "~"), UInt8(ascii: ">"), UInt8(ascii: "<"),
            UInt8(ascii: "="), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "|"),
            UInt8(ascii: ","), UInt8(ascii: ";"):
            break
        default:
            let shown = scalar(at: position).map { String(Character($0)) } ?? ""
            throw failure("unexpected character '\(shown)'")
        }
        add(.symbol(String(Unicode.Scalar(single))), to: position + 1)
    }

    private mutating func takeString() throws(MartletError) {
        let quote = byte()
        var end = position + 1
        while end < source.count, source[end] != quote {
            end += source[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < source.count else { throw failure("a string does not end") }
        let value = try unescaped(position + 1, end)
        add(.string(value), to: end + 1)
    }
}

extension TemplateLexer {
    /// What the bytes `start..<end` of a string literal stand for.
    private func unescaped(_ start: Int, _ end: Int) throws(MartletError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(end - start)
        var next = start
        while next < end {
            let byte = source[next]
            next += 1
            guard byte == UInt8(ascii: "\\"), next < end else {
                result.append(byte)
                continue
            }
            let escape = source[next]
            next += 1
            switch escape {
            case 0x0A: break
            case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): result.append(escape)
            case UInt8(ascii: "a"): result.append(0x07)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "v"): result.append(0x0B)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                var value = UInt32(escape - 0x30)
                var digits = 1
                while digits < 3, next < end, (0x30...0x37).contains(source[next]) {
                    value = value * 8 + UInt32(source[next] - 0x30)
                    next += 1
                    digits += 1
                }
                if let scalar = Unicode.Scalar(value) { result.append(scalar) }
            case UInt8(ascii: "x"): result.append(try hexadecimal(2, &next, end))
            case UInt8(ascii: "u"): result.append(try hexadecimal(4, &next, end))
            case UInt8(ascii: "U"): result.append(try hexadecimal(8, &next, end))
            case UInt8(ascii: "N"): throw failure("\\N escapes are not known here")
            default:
                result.append(byte)
                result.append(escape)
            }
        }
        return result
    }

    private func hexadecimal(
        _ digits: Int, _ next: inout Int, _ end: Int
    ) throws(MartletError) -> Unicode.Scalar {
        guard next + digits <= end else { throw failure("a string has a truncated escape") }
        var value: UInt32 = 0
        for byte in source[next..<next + digits] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("a string has a malformed escape")
            }
            value = value &* 16 &+ UInt32(digit)
        }
        next += digits
        guard let scalar = Unicode.Scalar(value) else {
            throw failure("a string has an escape for no Unicode scalar")
        }
        return scalar
    }

    // MARK: - Numbers

    private mutating func takeNumber() throws(MartletError) {
        if let end = floatEnd() {
            let digits = source[position..<end].filter { $0 != UInt8(ascii: "_") }
            guard let value = Double(String(decoding: digits, as: UTF8.self)) else {
                throw failure("a malformed number")
            }
            add(.float(value), to: end)
            return
        }
        let (radix, end) = integerEnd()
        let start = radix == 10 ? position : position + 2
        let digits = source[start..<end].filter { $0 != UInt8(ascii: "_") }
        guard let value = Int(String(decoding: digits, as: UTF8.self), radix: radix) else {
            throw failure("an integer that takes more than 64 bits")
        }
        add(.int(value), to: end)
    }

    /// Where digits from `start` on end, which single underscores may part.
    private func digitsEnd(_ start: Int, _ isDigit: (UInt8) -> Bool) -> Int {
        var end = start
        while end < source.count {
            if isDigit(source[end]) {
                end += 1
            } else if end > start, source[end] == UInt8(ascii: "_"), end + 1 < source.count,
                isDigit(source[end + 1])
            {
                end += 2
            } else {
                break
            }
        }
        return end
    }

    private func decimalsEnd(_ start: Int) -> Int {
        digitsEnd(start) { (0x30...0x39).contains($0) }
    }

    /// Where a number with a fraction or an exponent ends, if that is what stands here.
    private func floatEnd() -> Int? {
        // After a dot it is an index: `a.0.1`.
        if position > 0, source[position - 1] == UInt8(ascii: ".") { return nil }
        let whole = decimalsEnd(position)
        var end = whole
        if end < source.count, source[end] == UInt8(ascii: ".") {
            let fraction = decimalsEnd(end + 1)
            if fraction > end + 1 { end = fraction }
        }
        if end < source.count, source[end] | 0x20 == UInt8(ascii: "e") {
            var exponent = end + 1
            if exponent < source.count,
                source[exponent] == UInt8(ascii: "+") || source[exponent] == UInt8(ascii: "-")
            {
                exponent += 1
            }
            let after = decimalsEnd(exponent)
            if after > exponent { end = after }
        }
        return end > whole ? end : nil
    }

    private func integerEnd() -> (radix: Int, end: Int) {
        if byte() == UInt8(ascii: "0") {
            let start = position + (byte(2) == UInt8(ascii: "_") ? 3 : 2)
            let radix: Int
            let end: Int
            switch byte(1) | 0x20 {
            case UInt8(ascii: "x"):
                radix = 16
                end = digitsEnd(start) { Character(Unicode.Scalar($0)).isASCIIHexDigit }
            case UInt8(ascii: "o"):
                radix = 8
                end = digitsEnd(start) { (0x30...0x37).contains($0) }
            case UInt8(ascii: "b"):
                radix = 2
                end = digitsEnd(start) { $0 == 0x30 || $0 == 0x31 }
            default:
                return (10, digitsEnd(position) { $0 == 0x30 })
            }
            return end > start ? (radix, end) : (10, position + 1)
        }
        return (10, decimalsEnd(position))
    }
}

extension Character {
    fileprivate var isASCIIHexDigit: Bool { isASCII && isHexDigit }
}
