/// Patterns made at random: by a grammar, or of the pieces of published ones.
enum PatternMaterial {
    /// What stands for one character.
    static let atoms = [
        "a", "b", "A", "é", "ß", "世", "\\u{0}", " ", ".", "\\s", "\\S", "\\d", "\\D", "\\w", "\\W",
        "\\h", "\\H",
        "\\p{L}", "\\p{Lu}", "\\p{^N}", "\\P{M}", "\\pL", "\\p{Han}", "\\p{Greek}", "\\p{Any}",
        "\\n", "\\t", "\\x41",
        "\\x{1F600}", "\\u00e9", "\\.", "\\\\", "\\R", "\\0", "'", "-",
    ]
    static let anchors = ["^", "$", "\\b", "\\B", "\\A", "\\z", "\\Z"]
    static let members = [
        "a", "b-d", "A-Z", "0-9", "é", "à-ÿ", "世", "가-힣", "\\s", "\\S", "\\d", "\\w", "\\W",
        "\\p{L}", "\\p{^Lu}",
        "\\n", "-", "^", "]", "[", "&&", "[:alpha:]", "[:^digit:]", "[:punct:]", "[:nope:]", "\\b",
        "\\x{0}-\\x{10FFFF}",
        "z-a", "\\u0000-\\uD7FF", "\\]", ".", "(", "'",
    ]
    static let quantifiers = [
        "*", "+", "?", "*?", "+?", "??", "*+", "++", "?+", "{2}", "{0,3}", "{,2}", "{1,}", "{0}",
        "{1,3}?", "{2,5}+",
        "{0,1000}", "{1000}", "{1001}", "{3,1}", "{99999999999}", "{}", "{a}", "{2}{3}", "**",
        "+*?",
    ]
    static let groups = [
        "(", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?m:", "(?-i:", "(?<n>", "(?P<n>",
    ]
    static let pieces = [
        "(", ")", "[", "]", "{", "}", "|", "?", "*", "+", "\\", "^", "$", ".", "-", "&&", "(?i)",
        "(?m)", "(?x)", "(?#",
        "(?", "(?<", "\\1", "\\2", "\\9", "\\k<n>", "\\g<1>", "\\G", "\\K", "\\X", "\\p{",
        "\\p{Nope}", "\\x{110000}",
        "\\u12", "\\", "[^", "[[", "[]", "[^]", "[a&&", "{1", "{1,", "{1000}", "{0}", "(?:){1000}",
    ]
}

extension FuzzCase {
    /// A pattern.
    mutating func pattern(_ depth: Int) -> String {
        (0..<1 + below(3)).map { _ in patternSequence(depth) }.joined(separator: "|")
    }

    private mutating func patternSequence(_ depth: Int) -> String {
        (0..<below(5)).map { _ in patternPart(depth) }.joined()
    }

    private mutating func patternPart(_ depth: Int) -> String {
        var part: String
        switch below(12) {
        case 0: return pick(PatternMaterial.anchors)
        case 1: return "\\\(1 + below(3))"
        case 2 where happens(oneIn: 4): return pick(PatternMaterial.pieces)
        case 3, 4: part = patternClass(2)
        case 5...7 where depth > 0:
            part = "\(pick(PatternMaterial.groups))\(pattern(depth - 1)))"
        default: part = pick(PatternMaterial.atoms)
        }
        if happens(oneIn: 3) { part += pick(PatternMaterial.quantifiers) }
        return part
    }

    private mutating func patternClass(_ depth: Int) -> String {
        var text = flag() ? "[" : "[^"
        for _ in 0..<1 + below(4) {
            let nests = happens(oneIn: 6)
            text += nests && depth > 0 ? patternClass(depth - 1) : pick(PatternMaterial.members)
        }
        return text + "]"
    }

    /// Changes some scalars of a pattern.
    mutating func mutate(pattern: inout String, other: String) {
        var scalars = Array(pattern.unicodeScalars)
        let first = below(scalars.count + 1)
        let end = min(scalars.count, first + 1 + below(6))
        let put: String
        switch below(7) {
        case 0: put = ""
        case 1: put = pick(PatternMaterial.pieces)
        case 2: put = pick(PatternMaterial.quantifiers)
        case 3: put = pick(PatternMaterial.atoms)
        case 4: put = "\(pick(PatternMaterial.groups))\(pattern.prefix(below(40))))"
        case 5: put = String(other.dropFirst(below(40)).prefix(below(40)))
        default: put = self.pattern(1)
        }
        scalars.replaceSubrange(
            first..<(flag() ? first : max(first, end)), with: Array(put.unicodeScalars))
        var changed = String.UnicodeScalarView()
        changed.append(contentsOf: scalars)
        pattern = String(changed)
    }

    /// A pattern that is deep, long, or slow.
    mutating func hostilePattern() -> String {
        let count = count(short: 70, long: 4000)
        func times(_ text: String) -> String { String(repeating: text, count: count) }
        switch below(14) {
        case 0: return times("(") + "a" + times(")")
        case 1: return times("(?:a|") + times(")")
        case 2: return times("[") + "a" + times("]")
        case 3: return times("a?") + times("a")
        case 4: return "(" + times("a|") + "b)*c"
        case 5: return "[" + times("a&&") + "b]"
        case 6: return "(?<=" + times("a") + ")b"
        case 7: return times("()") + "\\1"
        case 8: return "(?i)[" + times("\u{E0}-\u{FF}") + "]"
        case 9:
            let inside = pick(["a*", "a+", "a|a", "a?", "\\w+", "(a|b)*", ".*", "[^!]+", ""])
            return
                "(?:\(inside))\(pick(["*", "+", "{2,1000}", "*?"]))\(pick(["b", "$", "(?=c)", "\\1", ""]))"
        case 10: return "(a*)*\\1*(b|\\1)*" + times("\\1").prefix(40)
        case 11:
            return
                "(?:(?:(?:\(pick(["a", "", "(?=a)"])){1000}){\(1 + below(1000))}){0,\(below(1000))}"
        case 12:
            let inside = "(?:\(pick(["a", "", "ab"])){1000}{1000}{1000}{\(below(1001))})"
            return "(?<=\(inside){1000}{1000}{\(below(1001))}{\(below(2))})b"
        default:
            return times(pick(["\\s+", "(?!a)", "^", "a{1000}", "[^a]*", "(?>a)", "\\R"])) + "b"
        }
    }

    /// A text for patterns to be slow on, or anything.
    mutating func textForPattern() -> String {
        let count = 1 + count(short: 40, long: 600)
        switch below(7) {
        case 0: return String(repeating: "a", count: count) + pick(["", "!", "b"])
        case 1:
            return String(
                repeating: pick(["ab", "a ", "aA", "\u{E9}", "\r\n", " ", "世a", "'s"]), count: count
            )
        case 2: return "ab\nAB 12 \u{E9}\u{E8}\u{C9} 世界 \u{1F600}\r\n it's  'tis\t\u{2028}x\u{85}"
        case 3: return ""
        default: return scalars(count)
        }
    }
}
