import ByteIO
import Testing
import Tokenization

/// Templates that are changed or made at random end in a text within their limits or in an error, on any messages.
/// See FuzzTarget.swift.
@Suite struct TemplateFuzzTests {
    /// Cases that found something once.
    static let kept: [UInt64] = []

    @Test func templatesEndWithinTheirLimits() throws {
        let golden = try Goldens.json("templates.json")
        let now = try #require(golden["now"]?.int)
        let sets = try #require(golden["sets"]?.array).map { try #require($0.object) }
        let variables = try #require(golden["variables"]?.object)
        let families = try #require(golden["templates"]?.array)
        let expressions = try #require(golden["small"]?.array)
        let sources = (families + expressions).compactMap { $0["source"]?.string }
        let tokens = sources.map { FuzzCase.tokens(ofTemplate: $0) }
        #expect(tokens.count > 300 && sets.count > 10)
        let donors = JSONDonors(
            files: sets.map { .object($0) },
            words: ["role", "content", "text", "system", "user", "tool"])
        let target = FuzzTarget(name: "template", kept: Self.kept, caseCount: 2000)
        let tally = target.run { fuzz in
            let source: String
            switch fuzz.below(8) {
            case 0, 1: source = fuzz.statements(1 + fuzz.below(3))
            case 2: source = "{{ \(fuzz.expression(1 + fuzz.below(5))) }}"
            case 3 where fuzz.flag(): source = fuzz.nestedTemplate()
            default:
                var changed = fuzz.pick(tokens)
                for _ in 0..<fuzz.below(5) { fuzz.mutate(&changed, other: fuzz.pick(tokens)) }
                source = changed.joined()
            }
            fuzz.keep(Array(source.utf8), "input.jinja")
            var chat = JSONValue.object(fuzz.pick(sets))
            for _ in 0..<fuzz.below(3) { fuzz.mutate(&chat, with: donors) }
            var all = chat.object ?? [:]
            for (name, value) in variables { all.append(name, value) }
            fuzz.keep(JSONValue.object(all).bytes(), "input.json")
            return Self.render(source, all, now, &fuzz)
        }
        #expect(FuzzSettings.onlyCase != nil || tally.accepted > tally.cases / 20)
    }

    /// Renders twice, and as a chat whose last message goes on; says whether the first gave a text.
    private static func render(
        _ source: String, _ variables: JSONObject, _ now: Int, _ fuzz: inout FuzzCase
    ) -> Bool {
        var limits = ChatTemplate.Limits()
        limits.steps = fuzz.pick([0, 100, 5000, 50_000, 50_000, 50_000, 50_000, 50_000])
        limits.depth = fuzz.pick([0, 10, 100, 200, 200, 200, .max, .max])
        limits.outputBytes = fuzz.pick([100, 10_000, 250_000, 250_000, 250_000, 250_000])
        let template: ChatTemplate
        do throws(MartletError) {
            template = try ChatTemplate(source, limits: limits)
        } catch {
            fuzz.check(
                error.code == .malformed || error.code == .unsupported, "cannot be parsed: \(error)"
            )
            return false
        }
        // What continues a message is the text that has been rendered, cut.
        let continued = try? template.renderContinuingFinalMessage(variables, now: now)
        fuzz.check(
            (continued?.utf8.count ?? 0) <= limits.outputBytes, "the text that goes on is too long")
        do throws(MartletError) {
            let rendered = try template.render(variables, now: now)
            let count = rendered.text.utf8.count
            fuzz.check(
                count <= limits.outputBytes, "\(count) bytes, the limit is \(limits.outputBytes)")
            for range in rendered.generated {
                fuzz.check(range.upperBound <= count, "\(range) is not in \(count) bytes")
            }
            let again = try template.render(variables, now: now)
            fuzz.check(again == rendered, "rendered twice: '\(again.text)', '\(rendered.text)'")
            return true
        } catch {
            return false
        }
    }
}
