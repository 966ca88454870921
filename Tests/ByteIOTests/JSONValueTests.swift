import ByteIO
import Testing

struct JSONValueTests {
    // MARK: - Numbers

    @Test(arguments: [
        "0", "-0", "0.0", "-0.0", "1", "-1", "10", "1.0", "1.50", "1e3", "1E3", "1e+3", "1e-3",
        "0e0", "1.25e-10", "1000000000000000019884624838656", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "18446744073709551615", "1e999",
        "0.1000000000000000055511151231257827",
    ])
    func lexemesSurvive(_ lexeme: String) throws {
        let value = try JSONValue(parsing: "[\(lexeme)]", place: "t")
        #expect(value.text() == "[\(lexeme)]")
        #expect(value.array?[0] == value.array?[0])
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("9223372036854775807", Int.max),
            ("-9223372036854775808", Int.min), ("9223372036854775808", nil), ("1.0", nil),
            ("1e3", nil), ("0.5", nil), ("1000000000000000019884624838656", nil),
        ] as [(String, Int?)])
    func integersAreExact(_ lexeme: String, _ expected: Int?) throws {
        #expect(try JSONValue(parsing: lexeme, place: "t").int == expected)
    }

    @Test func doublesAreNearest() throws {
        #expect(try JSONValue(parsing: "0.1", place: "t").double == 0.1)
        #expect(try JSONValue(parsing: "3", place: "t").double == 3)
        #expect(try JSONValue(parsing: "5e-324", place: "t").double == .leastNonzeroMagnitude)
        #expect(try JSONValue(parsing: "-0", place: "t").double?.sign == .minus)
        #expect(try JSONValue(parsing: "1e999", place: "t").double == .infinity)
        #expect(try JSONValue(parsing: "1e-999", place: "t").double == 0)
    }

    @Test func writtenNumbersReadBackTheSame() throws {
        var random = Random(state: 1)
        var doubles: [Double] = [
            0, -0.0, 1, 0.1, 1e16, 1e-5, 123_456_789.125, .leastNonzeroMagnitude,
            .greatestFiniteMagnitude, .leastNormalMagnitude, .pi,
        ]
        while doubles.count < 2000 {
            let value = Double(bitPattern: random.next())
            if value.isFinite { doubles.append(value) }
        }
        for value in doubles {
            let text = JSONValue.number(JSONNumber(value)).text()
            let back = try JSONValue(parsing: text, place: "t").double
            #expect(back?.bitPattern == value.bitPattern, "\(text)")
            let float = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
            guard float.isFinite else { continue }
            let floatText = JSONValue.number(JSONNumber(float)).text()
            let floatBack = try JSONValue(parsing: floatText, place: "t").double.map { Float($0) }
            #expect(floatBack?.bitPattern == float.bitPattern, "\(floatText)")
        }
        #expect(JSONNumber(0.1).lexeme == "0.1")
        #expect(JSONNumber(Float(0.1)).lexeme == "0.1")
        #expect(JSONNumber(1e-5).lexeme == "1e-05")
        #expect(JSONNumber(Int.min).int == Int.min)
    }

    @Test func numbersAreEqualAsWritten() {
        #expect(JSONNumber(1) == JSONNumber(1))
        #expect(JSONNumber(1) != JSONNumber(1.0))
    }

    // MARK: - Values

    @Test func accessorsAnswerOnlyForTheirKind() {
        let values: [JSONValue] = [.null, true, 1, "s", [1], ["a": 1]]
        #expect(values.map { $0.isNull } == [true, false, false, false, false, false])
        #expect(values.map { $0.bool } == [nil, true, nil, nil, nil, nil])
        #expect(values.map { $0.int } == [nil, nil, 1, nil, nil, nil])
        #expect(values.map { $0.double } == [nil, nil, 1, nil, nil, nil])
        #expect(values.map { $0.string } == [nil, nil, nil, "s", nil, nil])
        #expect(values.map { $0.array?.count } == [nil, nil, nil, nil, 1, nil])
        #expect(values.map { $0.object?.count } == [nil, nil, nil, nil, nil, 1])
        #expect(values.map { $0["a"]?.int } == [nil, nil, nil, nil, nil, 1])
    }

    @Test func equalityTellsKindsAndOrderApart() {
        let values: [JSONValue] = [
            .null, true, false, 0, "", "0", [], [0], [:], ["a": 0], ["a": 0, "b": 1],
            ["b": 1, "a": 0],
        ]
        for (i, left) in values.enumerated() {
            for (j, right) in values.enumerated() { #expect((left == right) == (i == j)) }
        }
    }

    // MARK: - Objects

    @Test(arguments: [3, 40])
    func objectsKeepOrderThroughEveryChange(_ count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["k\(number)"] = .number(JSONNumber(number)) }
        object["k1"] = "new"
        object.append("k2", "newer")
        #expect(object.keys == (0..<count).map { "k\($0)" })
        #expect(object["k1"] == "new")
        #expect(object["k2"] == "newer")
        object["k0"] = nil
        object["absent"] = nil
        #expect(object.count == count - 1)
        #expect(object["k0"] == nil)
        #expect(object["k\(count - 1)"] != nil)
        #expect(object.keys == (1..<count).map { "k\($0)" })
        object["k0"] = .null
        #expect(object["k0"] == .some(.null))
        #expect(object.keys.last == "k0")
        #expect(object.map(\.key) == object.keys)
        for (key, value) in object { #expect(object[key] == value) }
        while let key = object.keys.first { object[key] = nil }
        #expect(object.isEmpty)
        #expect(object == JSONObject())
    }

    @Test func copiesAreValues() {
        let original: JSONObject = ["a": 1]
        var copy = original
        copy["a"] = 2
        #expect(original["a"] == 1)
        #expect(copy["a"] == 2)
        let literal: JSONObject = ["a": 1, "b": 2, "a": 3]
        #expect(literal == ["a": 3, "b": 2])
    }

    // MARK: - Writing

    @Test func compactAndPretty() {
        let value: JSONValue = [
            "name": "é\u{1}\"\\\n/\u{7f}", "list": [1, 2.5, [], [:]], "nothing": nil,
            "deep": ["yes": true],
        ]
        #expect(
            value.text()
                == #"{"name":"é\u0001\"\\\n/"# + "\u{7f}"
                + #"","list":[1,2.5,[],{}],"nothing":null,"deep":{"yes":true}}"#)
        #expect(
            value.text(pretty: true) == """
                {
                  "name": "é\\u0001\\"\\\\\\n/\u{7f}",
                  "list": [
                    1,
                    2.5,
                    [],
                    {}
                  ],
                  "nothing": null,
                  "deep": {
                    "yes": true
                  }
                }
                """)
        #expect(Array(value.text().utf8) == value.bytes())
    }

    @Test func everyScalarSurvivesARoundTrip() throws {
        var text = String.UnicodeScalarView()
        for number in Array(0..<0x3000) + Array(stride(from: 0x3000, to: 0x110000, by: 251)) {
            if let scalar = Unicode.Scalar(UInt32(number)) { text.append(scalar) }
        }
        var object = JSONObject()
        object[String(text)] = 1
        let value: JSONValue = [.string(String(text)), .object(object)]
        for pretty in [false, true] {
            let bytes = value.bytes(pretty: pretty)
            #expect(try JSONValue(parsing: bytes, place: "t") == value)
        }
    }
}
