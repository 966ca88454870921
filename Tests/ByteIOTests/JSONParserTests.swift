import ByteIO
import Testing

struct JSONParserTests {
    private func parse(
        _ text: String, _ duplicateKeys: JSONDuplicatePolicy = .refuse,
        limits: JSONLimits = .init()
    ) throws(MartletError) -> JSONValue {
        try JSONValue(parsing: text, place: "t", duplicateKeys: duplicateKeys, limits: limits)
    }

    // MARK: - What is JSON and what is not

    @Test(
        arguments: [
            ("null", .null), ("true", true), ("false", false), (" \t\r\n0 \n", 0), ("-0", nil),
            ("[]", []), ("{}", [:]), ("[ ]", []), ("{ }", [:]), ("\"\"", ""),
            ("[1,[2,{\"a\":[]}]]", [1, [2, ["a": []]]]),
            ("{\"a\" : 1 , \"b\" : null}", ["a": 1, "b": .null]),
            ("{\"\":0}", ["": 0]),
            ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{c}\n\r\t"),
            ("\"\\u0041\\u00e9\\u20AC\\uD834\\udd1e\"", "Aé€𝄞"),
            ("\"\\u0000\"", "\0"), ("\"\u{7f}\"", "\u{7f}"),
            ("\"é€𝄞\u{10ffff}\u{ffff}\u{d7ff}\u{e000}\"", "é€𝄞\u{10ffff}\u{ffff}\u{d7ff}\u{e000}"),
            ("\"mixed \\u0120 and Ġ, longer than fifteen\"", "mixed Ġ and Ġ, longer than fifteen"),
        ] as [(String, JSONValue?)])
    func accepts(_ text: String, _ expected: JSONValue?) throws {
        let value = try parse(text)
        if let expected { #expect(value == expected) }
    }

    @Test(arguments: [
        // Nothing, too little, too much.
        "", " ", "[", "{", "\"", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "-",
        "1 2", "[]]", "{}}", "null,", "[] []", "\"a\" b", "]", "}", ",", ":",
        // Words.
        "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "undefined", "t", "f", "n",
        // Numbers.
        "00", "01", "-01", "+1", ".5", "5.", "-.5", "1.e3", "1e", "1e+", "1E-", "0x10", "1_000",
        "--1", "1.2.3", "1e5.0", "- 1", "１", "1,000",
        // Commas, colons, keys.
        "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "{,}", "{\"a\":1,}", "{\"a\" 1}", "{\"a\"::1}",
        "{a:1}", "{'a':1}", "{1:2}", "{null:1}", "{\"a\":1 \"b\":2}", "{\"a\",\"b\"}", "[\"a\":1]",
        "['a']", "{\"a\":}", "[}", "{]", "[1}", "{\"a\":1]",
        // Comments and foreign white space.
        "// x\n1", "/* */1", "# x\n1", "1 // x", "\u{a0}1", "\u{c}1", "\u{b}1", "\u{feff}1",
        "\u{2028}1", "1\0", "\0", "[\0]",
        // Strings.
        "\"\n\"", "\"\t\"", "\"\u{1f}\"", "\"\0\"", "\"\\\"", "\"\\", "\"\\x41\"", "\"\\'\"",
        "\"\\0\"", "\"\\U0041\"", "\"\\u\"", "\"\\u1\"", "\"\\u12\"", "\"\\u123\"", "\"\\u123g\"",
        "\"\\u+123\"", "\"\\u 123\"", "\"\\u00e", "\"\\a\"", "\"\\\n\"",
        // Halves of surrogate pairs.
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\u0041\"",
        "\"\\ud800\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud800\\\"", "\"\\ud800\\u\"",
        "\"\\uDFFF\\uDFFF\"", "{\"\\ud800\":1}", "\"\\ud800",
    ])
    func refuses(_ text: String) {
        #expect(error { () throws(MartletError) in _ = try parse(text) }?.code == .malformed)
    }

    @Test(
        arguments: [
            [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x28], [0xe0, 0x80, 0x80],
            [0xe0, 0x9f, 0xbf], [0xe2, 0x82], [0xe2, 0x28, 0xa1], [0xe2, 0x82, 0x28],
            [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80, 0x80],
            [0xf0, 0x8f, 0xbf, 0xbf],
            [0xf0, 0x9f, 0x98], [0xf0, 0x28, 0x8c, 0xbc], [0xf0, 0x9f, 0x28, 0xbc],
            [0xf0, 0x9f, 0x98, 0x28], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80],
            [0xf8, 0x88, 0x80, 0x80, 0x80], [0xfe], [0xff],
        ] as [[UInt8]])
    func refusesInvalidUTF8(_ bad: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        for text in [
            [quote] + bad + [quote], [quote, 0x61] + bad, bad, [quote] + bad + [0x61, 0x61, quote],
        ] {
            let thrown = error { () throws(MartletError) in
                _ = try JSONValue(parsing: text, place: "t")
            }
            #expect(thrown?.code == .malformed)
        }
    }

    @Test func validUTF8AtEveryBoundary() throws {
        for number: UInt32 in [
            0x20, 0x7f, 0x80, 0x7ff, 0x800, 0xfff, 0x1000, 0xcfff, 0xd000, 0xd7ff, 0xe000, 0xffff,
            0x10000, 0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10ffff,
        ] {
            let scalar = try #require(Unicode.Scalar(number))
            let text = String(Character(scalar))
            #expect(try parse("\"\(text)\"") == .string(text))
            // The same as escapes.
            let escapes = text.utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
            #expect(try parse("\"\(escapes.joined())\"") == .string(text))
        }
    }

    // MARK: - Errors

    @Test(arguments: [
        ("[1,\n 2,\n x]", "t:3:2", 9), ("", "t:1:1", 0), ("{\"é\": 01}", "t:1:7", 7),
        ("{\n\"a\":1,\n  \"a\":2}", "t:3:3", 11), ("\"ab\\q\"", "t:1:4", 3), ("[tru]", "t:1:2", 1),
    ])
    func errorsSayWhere(_ text: String, _ place: String, _ offset: Int) throws {
        let thrown = try #require(error { () throws(MartletError) in _ = try parse(text) })
        #expect(thrown.place == place)
        #expect(thrown.message.contains("(byte \(offset))"), "\(thrown)")
    }

    // MARK: - Keys

    @Test func duplicateKeys() throws {
        let text = "{\"a\":1,\"b\":2,\"\\u0061\":3}"
        let thrown = error { () throws(MartletError) in _ = try parse(text) }
        #expect(thrown?.code == .malformed)
        #expect(thrown?.message.contains("\"a\"") == true)
        #expect(try parse(text, .lastWins) == ["a": 3, "b": 2])
        // Only within one object.
        #expect(try parse("[{\"a\":1},{\"a\":{\"a\":2}}]").array?.count == 2)
    }

    @Test func canonicallyEquivalentKeysAreDifferent() throws {
        let value = try parse("{\"e\u{301}\":1,\"\u{e9}\":2,\"\\u212b\":3,\"\u{c5}\":4}")
        #expect(value.object?.count == 4)
        #expect(value["e\u{301}"] == 1)
        #expect(value["\u{e9}"] == 2)
        #expect(value["\u{212b}"] == 3)
        #expect(value["\u{c5}"] == 4)
        #expect(JSONValue.string("e\u{301}") != .string("\u{e9}"))
        #expect(try parse("{\"e\u{301}\":1}") != parse("{\"\u{e9}\":1}"))
    }

    @Test func largeObjectsFindTheirKeysAndDuplicates() throws {
        let count = 50_000
        let members = (0..<count).map { "\"key \($0)\":\($0)" }.joined(separator: ",")
        let value = try parse("{\(members)}")
        let object = try #require(value.object)
        #expect(object.count == count)
        for number in stride(from: 0, to: count, by: 97) {
            #expect(object["key \(number)"]?.int == number)
        }
        #expect(object["key \(count)"] == nil)
        #expect(object["key 1 "] == nil)
        #expect(
            error { () throws(MartletError) in _ = try parse("{\(members),\"key 7\":0}") }?.code
                == .malformed)
        let last = try parse("{\(members),\"key 7\":-1}", .lastWins)
        #expect(last["key 7"] == -1)
        #expect(last.object?.count == count)
    }

    @Test(arguments: [1, 2, 15, 16, 17, 18, 31, 32, 33, 64, 65])
    func duplicatesAroundTheSizeWhereTheIndexBegins(_ count: Int) throws {
        let members = (0..<count).map { "\"\($0)\":\($0)" }
        for number in 0..<count {
            let text = "{" + (members + ["\"\(number)\":99"]).joined(separator: ",") + "}"
            #expect(
                error { () throws(MartletError) in _ = try parse(text) }?.code == .malformed)
            let value = try parse(text, .lastWins)
            #expect(value["\(number)"] == 99)
            #expect(value.object?.count == count)
        }
    }

    // MARK: - Limits

    @Test func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try parse(nested(64)).array?.count == 1)
        #expect(
            error { () throws(MartletError) in _ = try parse(nested(65)) }?.code == .unsupported)
        let objects = String(repeating: "{\"a\":", count: 65)
        #expect(error { () throws(MartletError) in _ = try parse(objects) }?.code == .unsupported)
        // Siblings are not nested.
        #expect(try parse("[" + String(repeating: "[],", count: 100) + "[]]").array?.count == 101)
        // Whatever is asked for, the stack holds.
        var limits = JSONLimits()
        limits.depth = .max
        #expect(try parse(nested(JSONLimits.deepest), limits: limits).array?.count == 1)
        for text in [nested(100_000), String(repeating: "[", count: 1_000_000)] {
            let thrown = error { () throws(MartletError) in _ = try parse(text, limits: limits) }
            #expect(thrown?.code == .unsupported)
        }
        limits.depth = 0
        #expect(try parse("1", limits: limits) == 1)
        #expect(
            error { () throws(MartletError) in _ = try parse("[]", limits: limits) }?.code
                == .unsupported)
    }

    @Test func lengthAndNumberOfValues() throws {
        var limits = JSONLimits()
        limits.bytes = 5
        #expect(try parse("[1,2]", limits: limits) == [1, 2])
        #expect(
            error { () throws(MartletError) in _ = try parse("[1,2] ", limits: limits) }?.code
                == .unsupported)
        limits = JSONLimits()
        limits.values = 3
        #expect(try parse("{\"a\":[1]}", limits: limits) == ["a": [1]])
        #expect(
            error { () throws(MartletError) in _ = try parse("[1,2,3]", limits: limits) }?.code
                == .unsupported)
    }
}
