import ByteIO
import Testing
import Tokenization

/// Patterns that are made or changed at random are refused or cut any text, all of it, in order, in a bounded number of
/// steps. They are tried through a file whose tokens are the pieces. See FuzzTarget.swift.
@Suite struct RegexFuzzTests {
    /// Cases that found something once.
    static let kept: [UInt64] = []

    /// Patterns that published files have.
    private static let known: [String] = {
        var patterns: [String] = []
        func look(at value: JSONValue) {
            switch value {
            case .array(let elements): for element in elements { look(at: element) }
            case .object(let object):
                for (key, value) in object {
                    if key == "Regex", let pattern = value.string { patterns.append(pattern) }
                    if key != "vocab" { look(at: value) }
                }
            case .null, .bool, .number, .string: break
            }
        }
        let files = (try? Goldens.json("components.json"))?["files"]?.array ?? []
        for file in files { look(at: file["tokenizer"] ?? .null) }
        return patterns
    }()

    @Test func patternsCutTextsOrAreRefused() throws {
        #expect(Self.known.count > 30)
        let folder = try TemporaryFolder()
        let target = FuzzTarget(name: "regex", kept: Self.kept, caseCount: 400)
        let tally = target.run { fuzz in
            var pattern: String
            switch fuzz.below(8) {
            case 0, 1, 2:
                pattern = fuzz.pick(Self.known)
                for _ in 0..<fuzz.below(4) {
                    fuzz.mutate(pattern: &pattern, other: fuzz.pick(Self.known))
                }
            case 3: pattern = fuzz.hostilePattern()
            default: pattern = fuzz.pattern(1 + fuzz.below(3))
            }
            fuzz.keep(Array(pattern.utf8), "input.txt")
            return try Self.check(pattern, &fuzz, folder)
        }
        #expect(FuzzSettings.onlyCase != nil || tally.accepted > tally.cases / 10)
    }

    /// Whether the pattern is one; if it is, checks what it cuts.
    private static func check(
        _ pattern: String, _ fuzz: inout FuzzCase, _ folder: TemporaryFolder
    ) throws -> Bool {
        func tokenizer(
            _ pattern: String, _ behavior: String, inverts: Bool = false
        ) throws(MartletError) -> Tokenizer {
            writePlainly(file(pattern, behavior, inverts).bytes(), to: folder["pattern.json"])
            return try Tokenizer.loading(folder["pattern.json"])
        }
        let isolated: Tokenizer
        do throws(MartletError) {
            isolated = try tokenizer(pattern, "Isolated")
        } catch {
            fuzz.check(error.code == .unsupported, "refused as \(error.code): \(error)")
            fuzz.check(
                error.message.utf8.count < 4000, "a message of \(error.message.utf8.count) bytes")
            return false
        }
        // A group around it changes nothing, but keeps it from the scanners that are made for known patterns.
        let grouped = try? tokenizer("(?:\(pattern))", "Isolated")
        let gaps = try tokenizer(pattern, "Removed")
        let matches = try tokenizer(pattern, "Removed", inverts: true)
        let other = try tokenizer(
            pattern, fuzz.pick(["MergedWithPrevious", "MergedWithNext", "Contiguous"]),
            inverts: fuzz.flag())
        for _ in 0..<3 {
            let text = fuzz.textForPattern()
            let count = text.utf8.count
            guard let all = pieces(of: text, isolated) else { continue }
            let shown = "\(pattern.debugDescription) on \(text.debugDescription)"
            fuzz.check(cover(all, count), "\(shown): \(all) does not cover \(count) bytes")
            if let parts = pieces(of: text, other) {
                fuzz.check(cover(parts, count), "\(shown): \(parts) does not cover \(count) bytes")
            }
            if let between = pieces(of: text, gaps), let found = pieces(of: text, matches) {
                let both = (between + found).sorted { $0.lowerBound < $1.lowerBound }
                fuzz.check(both == all, "\(shown): \(between) and \(found) are not \(all)")
            }
            if let grouped, let same = pieces(of: text, grouped) {
                fuzz.check(same == all, "\(shown): \(all), in a group \(same)")
            }
        }
        return true
    }

    /// A `tokenizer.json` with one token, which every piece is.
    private static func file(_ pattern: String, _ behavior: String, _ inverts: Bool) -> JSONValue {
        [
            "version": "1.0", "added_tokens": [], "normalizer": .null, "post_processor": .null,
            "pre_tokenizer": [
                "type": "Split", "pattern": ["Regex": .string(pattern)],
                "behavior": .string(behavior), "invert": .bool(inverts),
            ], "decoder": .null,
            "model": ["type": "WordLevel", "vocab": ["<unk>": 0], "unk_token": "<unk>"],
        ]
    }

    /// Where the pieces of `text` are; nil if the pattern gives up.
    private static func pieces(of text: String, _ tokenizer: Tokenizer) -> [Range<Int>]? {
        let bytes = Array(text.utf8)
        do {
            return try bytes.withUnsafeBytes { try tokenizer.encodeWithOffsets($0).map(\.range) }
        } catch {
            return nil
        }
    }

    /// Whether `pieces` follow each other from 0 to `count`, none of them empty.
    private static func cover(_ pieces: [Range<Int>], _ count: Int) -> Bool {
        var end = 0
        for piece in pieces {
            if piece.isEmpty || piece.lowerBound != end { return false }
            end = piece.upperBound
        }
        return end == count
    }
}
