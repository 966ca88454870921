import ByteIO

/// What the mutations of JSON take their material from: other files of the kind, and what means something in them.
struct JSONDonors: Sendable {
    let files: [JSONValue]
    /// Keys, and names of types.
    let words: [String]

    init(files: [JSONValue], words: [String] = []) {
        self.files = files
        var collector = Collector()
        for word in words { collector.add(word) }
        for file in files { collector.look(at: file) }
        self.words = collector.words.isEmpty ? ["type"] : collector.words
    }

    private struct Collector {
        var words: [String] = []
        private var seen: Set<String> = []

        mutating func add(_ word: String) {
            if seen.insert(word).inserted { words.append(word) }
        }

        mutating func look(at value: JSONValue) {
            switch value {
            case .array(let elements): for element in elements { look(at: element) }
            case .object(let object):
                for (key, value) in object {
                    add(key)
                    if key == "type", let name = value.string { add(name) }
                    // Tokens are no words of the format.
                    if key != "vocab", key != "special_tokens" { look(at: value) }
                }
            case .null, .bool, .number, .string: break
            }
        }
    }

    /// Numbers that somebody may forget to check.
    static let numbers: [JSONValue] = {
        let text = """
            [0, -0, 1, -1, 2, 3, 5, 16, 255, 256, 4096, 65535, 65536, 16777215, 16777216, 2147483647,
            2147483648, -2147483648, 4294967295, 4294967296, 9007199254740993, 9223372036854775807,
            -9223372036854775808, 9223372036854775808, 99999999999999999999, 0.5, -0.5, 1.0, 1e3,
            1e-320, 1e38, 4e38, -4e38, 1e308, -1e308, 1e999, -1e999]
            """
        return (try? JSONValue(parsing: text, place: "numbers"))?.array ?? []
    }()

    private static let longWord = String(repeating: "a", count: 5000)

    static let strings: [String] = [
        "", " ", "  ", "a", "aa", "A", "0", "\n", "\u{0}", "\u{E9}", "e\u{301}", "\u{301}",
        "\u{2581}",
        "\u{2581}\u{2581}", "\u{120}", "\u{FFFD}", "\u{10FFFF}", "\u{1F600}", "##", "##a", "</w>",
        "<unk>",
        "[UNK]", "<0x41>", "<0x0a>", "<0xFF>", "a b", "x", "-1", "[", "(", "\\", "\\s+", ".", "",
        "(a*)*b",
        "(?=)", "AAAA", "////", "IAAAAA", longWord, String(repeating: "\u{E9} ", count: 2000),
    ]
}

extension FuzzCase {
    /// A number, of all kinds.
    mutating func number() -> JSONValue {
        switch below(4) {
        case 0: .number(JSONNumber(below(300)))
        case 1: .number(JSONNumber(Double.random(in: -20...5, using: &random)))
        default: JSONDonors.numbers.isEmpty ? 0 : pick(JSONDonors.numbers)
        }
    }

    /// Something that may stand where something else belongs.
    mutating func strangeValue(_ donors: JSONDonors, depth: Int = 2) -> JSONValue {
        switch below(12) {
        case 0: return .null
        case 1: return .bool(flag())
        case 2, 3: return number()
        case 4: return .string(pick(donors.words))
        case 5, 6: return .string(pick(JSONDonors.strings))
        case 7: return .string(scalars(below(12)))
        case 8: return flag() ? .array([]) : [:]
        case 9 where depth > 0:
            return .array((0..<below(4)).map { _ in strangeValue(donors, depth: depth - 1) })
        case 10 where depth > 0:
            var object = JSONObject()
            for _ in 0..<below(4) {
                object.append(pick(donors.words), strangeValue(donors, depth: depth - 1))
            }
            return .object(object)
        default: return happens(oneIn: 8) ? nested(donors) : part(of: donors)
        }
    }

    /// A value within many others.
    private mutating func nested(_ donors: JSONDonors) -> JSONValue {
        let key = pick(donors.words)
        let isArray = flag()
        var value: JSONValue = flag() ? part(of: donors) : .null
        for _ in 0..<count(short: 20, long: 150) {
            if isArray {
                value = .array([value])
            } else {
                var object: JSONObject = ["type": "Sequence"]
                object.append(key, flag() ? .array([value]) : value)
                value = .object(object)
            }
        }
        return value
    }

    /// A part of one of the donors.
    private mutating func part(of donors: JSONDonors) -> JSONValue {
        guard !donors.files.isEmpty else { return .null }
        var value = pick(donors.files)
        for _ in 0..<1 + below(4) {
            switch value {
            case .object(let object):
                if object.isEmpty { return value }
                value = object[pick(object.keys)] ?? .null
            case .array(let elements):
                if elements.isEmpty { return value }
                value = pick(elements)
            case .null, .bool, .number, .string: return value
            }
        }
        return value
    }

    /// Changes one thing somewhere in `value`.
    mutating func mutate(_ value: inout JSONValue, with donors: JSONDonors) {
        let goesDown = !happens(oneIn: 4)
        switch value {
        case .object(let object) where goesDown && !object.isEmpty:
            var members = object.map { (key: $0.key, value: $0.value) }
            if happens(oneIn: 3) {
                changeMembers(&members, with: donors)
            } else {
                let place = below(members.count)
                mutate(&members[place].value, with: donors)
            }
            var changed = JSONObject()
            for member in members { changed.append(member.key, member.value) }
            value = .object(changed)
        case .array(var elements) where goesDown && !elements.isEmpty:
            if happens(oneIn: 3) {
                changeElements(&elements, with: donors)
            } else {
                let place = below(elements.count)
                mutate(&elements[place], with: donors)
            }
            value = .array(elements)
        case .bool(let flag) where goesDown: value = .bool(!flag)
        case .number where goesDown: value = number()
        case .string(let text) where goesDown: value = .string(changed(text, donors))
        default: value = strangeValue(donors)
        }
    }

    private mutating func changed(_ text: String, _ donors: JSONDonors) -> String {
        var scalars = Array(text.unicodeScalars)
        switch below(6) {
        case 0: return pick(donors.words)
        case 1: return pick(JSONDonors.strings)
        case 2 where !scalars.isEmpty: scalars.remove(at: below(scalars.count))
        case 3: scalars.insert(scalar(), at: below(scalars.count + 1))
        case 4: scalars += scalars
        default:
            if scalars.isEmpty { return self.scalars(3) }
            scalars[below(scalars.count)] = scalar()
        }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars)
        return String(result)
    }

    private mutating func changeMembers(
        _ members: inout [(key: String, value: JSONValue)], with donors: JSONDonors
    ) {
        let (first, second) = (below(members.count), below(members.count))
        switch below(6) {
        case 0: members.remove(at: first)
        case 1: members.append((pick(donors.words), members[first].value))
        case 2:
            let value = members[first].value
            members[first].value = members[second].value
            members[second].value = value
        case 3: members[first].key = flag() ? pick(donors.words) : pick(JSONDonors.strings)
        case 4: members.append((pick(donors.words), strangeValue(donors)))
        default: members.shuffle(using: &random)
        }
    }

    private mutating func changeElements(
        _ elements: inout [JSONValue], with donors: JSONDonors
    ) {
        let (first, second) = (below(elements.count), below(elements.count))
        switch below(8) {
        case 0: elements.remove(at: first)
        case 1: elements.insert(elements[first], at: second)
        case 2: elements.swapAt(first, second)
        case 3: elements.removeSubrange(first...)
        case 4: elements.reverse()
        case 5: elements.insert(strangeValue(donors), at: first)
        case 6:
            // Many times the same: what each step makes of a text adds up.
            let element = elements[first]
            for _ in 0..<count(short: 6, long: 60) { elements.append(element) }
        default: elements[first] = elements[second]
        }
    }
}
