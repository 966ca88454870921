import ByteIO
import Testing
import Tokenization

/// Chat templates render as Jinja renders them in transformers (`Goldens/templates.json`), and no
/// template takes more than its limits.
@Suite struct ChatTemplateTests {
    // MARK: - Goldens

    @Test func everyTemplateRendersAsInJinja() throws {
        let golden = try Goldens.json("templates.json")
        let now = try #require(golden["now"]?.int)
        let sets = try #require(golden["sets"]?.array).map { try #require($0.object) }
        for entry in try #require(golden["templates"]?.array) {
            let name = try #require(entry["name"]?.string)
            let source = try #require(entry["source"]?.string)
            let results = try #require(entry["results"]?.array)
            #expect(results.count == sets.count)
            for (number, (variables, result)) in zip(sets, results).enumerated() {
                check(source, variables, now, result, "\(name), set \(number)")
            }
        }
    }

    @Test func everyExpressionMeansWhatItMeansInJinja() throws {
        let golden = try Goldens.json("templates.json")
        let now = try #require(golden["now"]?.int)
        let variables = try #require(golden["variables"]?.object)
        for entry in try #require(golden["small"]?.array) {
            let source = try #require(entry["source"]?.string)
            check(source, variables, now, entry, source)
        }
    }

    /// Compares what a template renders, bytes and generated spans, with a result of the goldens.
    private func check(
        _ source: String, _ variables: JSONObject, _ now: Int, _ expected: JSONValue,
        _ name: String
    ) {
        do {
            let rendered = try ChatTemplate(source).render(variables, now: now)
            guard let text = expected["text"]?.string else {
                Issue.record("\(name): rendered '\(rendered.text)', Jinja fails")
                return
            }
            #expect(
                Array(rendered.text.utf8) == Array(text.utf8),
                "\(name): '\(rendered.text)' for '\(text)'")
            let spans = (expected["generated"]?.array ?? []).map { span -> [Int] in
                (span.array ?? []).compactMap(\.int)
            }
            let generated = rendered.generated.map { [$0.lowerBound, $0.upperBound] }
            #expect(generated == spans, "\(name)")
        } catch {
            #expect(expected["error"]?.bool == true, "\(name): \(error)")
        }
    }

    // MARK: - Errors

    private func rendering(
        _ source: String, _ variables: JSONObject = [:], limits: ChatTemplate.Limits = .init()
    ) throws -> String {
        try ChatTemplate(source, limits: limits).render(variables).text
    }

    @Test func raisedMessagesComeThrough() throws {
        let error = try #require(
            failure { try rendering("a\n\n{{ raise_exception('Roles must alternate') }}") })
        #expect(error.message == "Roles must alternate")
        #expect(error.place == "line 3, 'raise_exception('Roles must alternate')'")
    }

    @Test func errorsNameLineAndExpression() throws {
        let runtime = try #require(
            failure { try rendering("\n{% if x %}\n{% endif %}{{ 1 + x.y }}") })
        #expect(runtime.description == "line 3, 'x.y': 'x' is undefined")
        let syntax = try #require(failure { try ChatTemplate("a\n{% if x %}\n{{ 1 + }}") })
        #expect(syntax.place == "line 3")
        #expect(syntax.code == .malformed)
        #expect(failure { try rendering("{% for a, b in [1] %}{% endfor %}") }?.place == "line 1")
    }

    @Test func numbersBeyond64BitsAreRefused() {
        for source in [
            "{{ 9223372036854775807 + 1 }}", "{{ 2 ** 64 }}", "{{ 99999999999999999999 }}",
            "{{ -9223372036854775807 - 2 }}", "{{ 9223372036854775807 * 2 }}",
            "{{ (-9223372036854775807 - 1) // -1 }}", "{{ -(-9223372036854775807 - 1) }}",
            "{{ (-9223372036854775807 - 1) | abs }}", "{{ 1e300 | int }}", "{{ 1e400 | int }}",
        ] {
            #expect(failure { try rendering(source) } != nil, "\(source)")
        }
        #expect(throws: MartletError.self) {
            var variables = JSONObject()
            variables["x"] = try JSONValue(
                parsing: Array("123456789012345678901234567890".utf8), place: "x")
            _ = try rendering("{{ x }}", variables)
        }
    }

    // MARK: - Limits

    /// Each ends with an error, within its limits.
    @Test(arguments: [
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(x) %}{% for i in [1] %}{{ f([x]) }}{% endfor %}{% endmacro %}{{ f(1) }}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{{ range(1000000000) }}",
        "{{ range(0, 9223372036854775807, 1) }}",
        "{{ range(-9223372036854775807, 9223372036854775807) }}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ 'a' * 9223372036854775807 }}",
        "{{ [1] * 10 ** 9 }}",
        "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s | replace('a', 'aaaa') %}{% endfor %}",
        "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s.join(ns.s) %}{% endfor %}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(90) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(90) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s | tojson }}",
        "{% set ns = namespace(s=(1,)) %}{% for i in range(90) %}{% set ns.s = (ns.s, ns.s) %}{% endfor %}{{ {ns.s: 1} }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(100000) %}{% set ns.s = [ns.s] %}{% endfor %}",
        "{% set ns = namespace(s={}) %}{% for i in range(100000) %}{% set ns.s = {'a': ns.s} %}{% endfor %}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(100000) %}{% set ns.s = [ns.s] | reverse %}{% endfor %}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(100000) %}{% set ns.s = ([ns.s] | batch(1) | list) %}{% endfor %}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(100000) %}{% for j in [ns.s] %}{% set ns.s = loop %}{% endfor %}{% endfor %}",
        "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}",
        "{% for i in range(100000) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' * 4 }}{% endfor %}",
        "{{ 'a' | center(10 ** 12) }}{{ 'a' | indent(10 ** 12) }}",
        "{{ '%999999999d' % 1 }}{{ '{:999999999}'.format(1) }}",
        "{{ '%.999999999f' % 1.5 }}",
        "{{ [1] | tojson(indent=10 ** 10) }}",
        "{{ [1] | batch(10 ** 12, 0) | list }}{{ [1] | slice(10 ** 12) | list }}",
    ])
    func hostileTemplatesEnd(_ source: String) {
        var limits = ChatTemplate.Limits()
        limits.steps = 400_000
        limits.outputBytes = 1 << 20
        #expect(failure { try rendering(source, limits: limits) } != nil)
    }

    @Test func whatHoldsItselfIsReleased() throws {
        #expect(
            try rendering(
                """
                {% set ns = namespace(n=0) %}
                {% for i in range(20000) %}{% set ns.before = namespace(p=ns.before) %}{% endfor %}
                {% for i in range(2000) %}{% set y = ns.l %}{% for j in [1] recursive %}
                {% set ns.l = loop %}{% endfor %}{% endfor %}
                {% for i in range(2000) %}{% for j in [1] %}{% set _ = loop.changed(ns.c) %}
                {% set ns.c = loop %}{% endfor %}{% endfor %}
                {% for i in range(2000) %}{% set old = ns.m %}
                {% macro m() %}{{ old }}{% endmacro %}{% set ns.m = m %}{% endfor %}ok
                """
            ).hasSuffix("ok"))
    }

    @Test(arguments: [
        ("{{ ", "(", "1", ")", " }}"), ("{{ ", "[", "", "]", " }}"),
        ("{{ ", "{1:", "1", "}", " }}"), ("{{ ", "not ", "1", "", " }}"),
        ("{{ ", "-", "1", "", " }}"), ("{{ ", "f(", "1", ")", " }}"), ("{{ x", "", "", ".a", " }}"),
        ("{{ x", "", "", "[0]", " }}"), ("{{ x", "", "", "|e", " }}"),
        ("{{ ", "1 if 1 else ", "1", "", " }}"), ("{{ 1", "", "", " if 1", " }}"),
        ("{{ x", "", "", " is defined", " }}"), ("{{ x", "", "", "()", " }}"),
        ("", "{% if x %}", "", "{% endif %}", ""),
        ("", "{% for i in x %}", "", "{% endfor %}", ""),
        ("", "{% set x %}", "", "{% endset %}", ""),
        ("", "{% filter e %}", "", "{% endfilter %}", ""),
        ("", "{% macro m() %}", "", "{% endmacro %}", ""),
        ("", "{% generation %}", "", "{% endgeneration %}", ""),
        ("{% for ", "(", "i,", "),", " in x %}{% endfor %}"),
        ("{{ 1", "", "", " + 1", " }}"), ("{{ 1", "", "", " ** 1", " }}"),
        ("{{ 1", "", "", " and 1", " }}"), ("{{ 1", "", "", " < 2", " }}"),
    ])
    func deepNestingDoesNotOverflow(
        _ start: String, _ opening: String, _ inside: String, _ closing: String, _ end: String
    ) {
        for count in [1, 10, 60, 90, 110, 5000] {
            let source =
                start + String(repeating: opening, count: count) + inside
                + String(repeating: closing, count: count) + end
            // What matters is that it ends, in a text or an error.
            _ = failure { try rendering(source, ["x": [[[]]]]) }
            _ = failure { try ChatTemplate(String(source.prefix(source.count / 2))) }
        }
    }

    @Test func longChainsAreNoNesting() throws {
        #expect(try rendering("{{ 0" + String(repeating: " + 1", count: 5000) + " }}") == "5000")
        #expect(try rendering("{{ ''" + String(repeating: " ~ 'a'", count: 50) + " }}").count == 50)
        let branches = (0..<500).map { "{% elif x == \($0) %}\($0)" }.joined()
        #expect(try rendering("{% if x == -1 %}" + branches + "{% endif %}", ["x": 499]) == "499")
    }

    @Test func everyPrefixParsesOrFails() throws {
        let golden = try Goldens.json("templates.json")
        let variables = try #require(golden["sets"]?.array?[4].object)
        let families = try #require(golden["templates"]?.array).prefix(12)
        for entry in families {
            let bytes = Array(try #require(entry["source"]?.string).utf8)
            for end in stride(from: 0, to: bytes.count, by: bytes.count > 2000 ? 7 : 3) {
                let prefix = String(decoding: bytes[..<end], as: UTF8.self)
                _ = failure { try rendering(prefix, variables) }
            }
        }
    }

    @Test func damagedTemplatesParseOrFail() throws {
        let golden = try Goldens.json("templates.json")
        let variables = try #require(golden["sets"]?.array?[4].object)
        let sources = try #require(golden["templates"]?.array).map {
            Array(try #require($0["source"]?.string).utf8)
        }
        let pieces = [
            "{%", "%}", "{{", "}}", "{#", "#}", "-", "(", ")", "[", "]", "'", "\"", "|", ".", ",",
            " if ", " else ", " in ", " is ", " not ", "0", ":", "\\", "**", "é", "\n", " ", "=",
        ].map { Array($0.utf8) }
        var random = TestRandom(state: 7)
        var limits = ChatTemplate.Limits()
        limits.steps = 20_000
        for _ in 0..<1500 {
            var bytes = sources[Int.random(in: 0..<sources.count, using: &random)]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let start = Int.random(in: 0...bytes.count, using: &random)
                let end = min(start + Int.random(in: 0...4, using: &random), bytes.count)
                let piece = pieces[Int.random(in: 0..<pieces.count, using: &random)]
                bytes.replaceSubrange(start..<end, with: piece)
            }
            let source = String(decoding: bytes, as: UTF8.self)
            _ = failure { try rendering(source, variables, limits: limits) }
        }
    }

    @Test func limitsAreNamed() throws {
        var limits = ChatTemplate.Limits()
        limits.steps = 100
        let steps = try #require(
            failure {
                try rendering("{% for i in range(99) %}{{ i }}{% endfor %}", limits: limits)
            })
        #expect(steps.code == .unsupported)
        #expect(steps.message.contains("100 steps"))
        limits = .init()
        limits.outputBytes = 100
        let output = try #require(failure { try rendering("{{ 'ab' * 51 }}", limits: limits) })
        #expect(output.code == .unsupported)
        #expect(try rendering("{{ 'ab' * 50 }}", limits: limits).count == 100)
    }

    // MARK: - Time

    @Test func timesAreThoseOfTheCalendar() throws {
        let template = try ChatTemplate("{{ strftime_now('%F %T %j %a %U %W %G-W%V %I%p %y') }}")
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 001 Thu 00 00 1970-W01 12AM 70"),
            (951_782_400, "2000-02-29 00:00:00 060 Tue 09 09 2000-W09 12AM 00"),
            (1_735_689_599, "2024-12-31 23:59:59 366 Tue 52 53 2025-W01 11PM 24"),
            (1_609_459_200, "2021-01-01 00:00:00 001 Fri 00 00 2020-W53 12AM 21"),
            (-1, "1969-12-31 23:59:59 365 Wed 52 52 1970-W01 11PM 69"),
            (-2_208_988_800, "1900-01-01 00:00:00 001 Mon 00 01 1900-W01 12AM 00"),
        ] {
            #expect(try template.render([:], now: seconds).text == text)
        }
        #expect(try template.render([:], now: .max).text.hasPrefix("9999-12-31"))
        #expect(try template.render([:], now: .min).text.hasPrefix("1-01-01"))
        #expect(try ChatTemplate("{{ strftime_now('%Y') }}").render([:]).text >= "2025")
    }

    // MARK: - Chats

    private let chat = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"

    @Test func variablesAreThoseOfTransformers() throws {
        let variables = ChatTemplate.variables(
            messages: [
                ["role": "assistant", "content": nil, "reasoning": "why"],
                ["role": "user", "content": "a"],
            ],
            addGenerationPrompt: true, specials: ["bos_token": "<s>", "eos_token": "</s>"],
            extra: ["eos_token": "<eos>", "enable_thinking": false])
        let template = """
            {{ bos_token }}{{ eos_token }}{{ tools }}{{ documents }}{{ add_generation_prompt }}
            {%- for m in messages %} {{ m.keys() | list }}{% endfor %}
            {{ messages[0].thinking }}{{ messages[0].reasoning_content }}{{ enable_thinking }}
            """
        #expect(
            try rendering(template, variables)
                == """
                <s><eos>NoneNoneTrue ['thinking', 'role', 'reasoning', 'reasoning_content'] \
                ['role', 'content']whywhyFalse
                """)
    }

    @Test func theFinalMessageIsContinued() throws {
        func continuing(_ template: String, _ content: JSONValue) throws -> String {
            try ChatTemplate(template).renderContinuingFinalMessage(
                ChatTemplate.variables(messages: [
                    ["role": "user", "content": "q"], ["role": "assistant", "content": content],
                ]))
        }
        #expect(try continuing(chat, "The answer") == "<user>q</s><assistant>The answer")
        #expect(try continuing(chat, "The answer ") == "<user>q</s><assistant>The answer ")
        let trimming = "{% for m in messages %}[{{ m.content | trim }}]{% endfor %}"
        #expect(try continuing(trimming, "The answer ") == "[q][The answer")
        let blocks = """
            {% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}\
            {% for b in m.content %}({{ b.text }}){% endfor %}{% endif %}{% endfor %}
            """
        let content: JSONValue = [["type": "text", "text": "a"], ["type": "text", "text": "b"]]
        #expect(try continuing(blocks, content) == "q(a)(b")
        #expect(failure { try continuing("{% if false %}content{% endif %}x", "a") } != nil)
        #expect(failure { try continuing("{{ messages | length }}", "a") } != nil)
        #expect(failure { try continuing(chat, nil) } != nil)
        #expect(failure { try continuing(chat, [["type": "image"]]) } != nil)
        #expect(
            failure {
                try ChatTemplate(chat).renderContinuingFinalMessage(
                    ChatTemplate.variables(messages: []))
            } != nil)
    }
}
