import ByteIO
import Testing

/// What each verb prints and writes, with the names and JSON keys that scripts rely on.
@Suite struct VerbTests {}

/// Checks that an object has these keys.
func expectKeys(
    _ object: JSONObject?, _ keys: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
    for key in keys {
        #expect(
            object?[key] != nil,
            "no '\(key)' in \(object.map { JSONValue.object($0).text() } ?? "nothing")",
            sourceLocation: sourceLocation)
    }
}

/// Whether two numbers agree to `tolerance`, relative to the larger one (or to 1).
func agree(_ a: Double?, _ b: Double?, _ tolerance: Double = 1e-5) -> Bool {
    guard let a, let b else { return false }
    return abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}

extension VerbTests {
    @Suite struct Help {
        static let verbs = [
            "demo", "tokenizer", "tokenizer train", "tokenizer encode", "tokenizer decode",
            "tokenizer inspect", "pretrain", "generate", "score", "forward", "info", "bench",
            "bench matmul", "bench train", "bench tokenize", "bench load",
        ]

        @Test(arguments: verbs)
        func everyVerbHasHelpWithAnExample(_ verb: String) throws {
            let words = verb.split(separator: " ").map(String.init)
            let run = try Tool.run(words + ["--help"])
            expectSuccess(run)
            #expect(run.errors == "")
            #expect(run.output.contains("Example"), "\(run.output)")
            #expect(run.output.contains("martlet \(verb)"), "\(run.output)")
            #expect(run.output.contains("USAGE: martlet \(verb)"), "\(run.output)")
        }

        /// Examples are there to be copied: a terminal of 80 columns must not break them.
        @Test(arguments: verbs + [""])
        func examplesStayOnOneLine(_ verb: String) throws {
            let words = verb.split(separator: " ").map(String.init) + ["--help"]
            let wide = try Tool.run(words, environment: ["COLUMNS": "300"]).output
            let narrow = try Tool.run(words, environment: ["COLUMNS": "80"]).output.split(
                separator: "\n")
            let examples = wide.split(separator: "\n").filter { $0.hasPrefix("  martlet ") }
            for example in examples { #expect(narrow.contains(example), "\(example)") }
            #expect(!examples.isEmpty)
        }

        @Test func theRootListsEveryVerb() throws {
            for words in [["--help"], [], ["help"]] {
                let run = try Tool.run(words)
                expectSuccess(run)
                for verb in Self.verbs where !verb.contains(" ") {
                    #expect(run.output.contains("  \(verb) "))
                }
            }
        }

        @Test func version() throws {
            let run = try Tool.run(["--version"])
            expectSuccess(run)
            #expect(run.output.split(separator: ".").count == 3)
        }

        /// The names of DESIGN §4, which scripts use.
        @Test(arguments: [
            ("demo", "--corpus --facts"),
            (
                "tokenizer train",
                "--data --vocab-size --kind --output --min-frequency --special-tokens --threads"
            ),
            ("tokenizer encode", "--model --file --lines --add-special-tokens --parse-special"),
            ("tokenizer decode", "--model --ids"),
            (
                "pretrain",
                "--data --output --architecture --preset --tokenizer --context --batch --accumulate "
                    + "--steps --tokens --minutes --learning-rate --warmup --weight-decay --dropout "
                    + "--validation --evaluate-every --checkpoint-every --precision --threads --seed "
                    + "--config --resume --overwrite"
            ),
            (
                "generate",
                "--model --prompt --ids --max-new-tokens --temperature --top-k --top-p --min-p "
                    + "--repetition-penalty --stop --seed --greedy --samples --stream"
            ),
            ("score", "--model --file --text --ids --precision --stride"),
            ("forward", "--model --ids --labels --hidden-states --gradients --precision --output"),
            ("info", "--model --preset"), ("bench matmul", "--shape --precision --threads"),
            ("bench train", "--preset --batch --context --steps --precision --threads"),
            ("bench tokenize", "--model --file"), ("bench load", "--model"),
        ])
        func flagsOfTheDesign(_ verb: String, _ flags: String) throws {
            let run = try Tool.run(verb.split(separator: " ").map(String.init) + ["--help"])
            let words = Set(run.output.split { " \n,[]".contains($0) })
            for flag in flags.split(separator: " ") {
                #expect(words.contains(flag), "\(verb) \(flag)")
            }
            if verb != "pretrain" { #expect(words.contains("--json")) }
        }
    }

    @Suite struct Demo {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        @Test func theWholeRoad() throws {
            let run = try Tool.run([
                "demo", "--steps", "3", "--stories", "60", "--output", folder["runs/demo"],
                "--json",
            ])
            expectSuccess(run)
            let demo = try #require(try run.events("demo").first)
            expectKeys(demo, "train_loss", "val_loss", "tokens_per_s", "run")
            #expect(demo["run"]?.string == folder["runs/demo"])
            #expect(try run.events("step").count == 3)
            let stories = try run.events("story")
            #expect(stories.count == 3)
            for story in stories {
                expectKeys(story, "prompt", "text")
                // For people they stand on stderr, after their prompts.
                #expect(run.errors.contains(story["prompt"]?.string ?? "?"))
            }
            #expect(run.errors.contains("martlet generate --model \(folder["runs/demo"])"))
            #expect(Files.exists(folder["runs/demo/training/report.html"]))
            expectSuccess(
                try Tool.run([
                    "generate", "--model", folder["runs/demo"], "--prompt", "Once upon a time",
                ]))
            // Again: the demonstration's own folder is replaced.
            expectSuccess(
                try Tool.run([
                    "demo", "--steps", "1", "--stories", "60", "--output", folder["runs/demo"],
                ]))
        }

        @Test func onlyTheCorpus() throws {
            let words = ["demo", "--stories", "40", "--corpus"]
            let run = try Tool.run(words + [folder["a.txt"], "--facts", folder["facts.jsonl"]])
            expectSuccess(run)
            #expect(run.output == "")
            #expect(try Files.list(folder.path) == ["a.txt", "facts.jsonl"])
            let text = String(decoding: try Files.read(folder["a.txt"]), as: UTF8.self)
            let facts = try Files.read(folder["facts.jsonl"]).split(separator: UInt8(ascii: "\n"))
            #expect(facts.count == 40)
            for line in facts {
                let fact = try JSONValue(parsing: Array(line), place: "facts")
                let name = try #require(fact["hero"]?["name"]?.string)
                #expect(text.contains(name))
                #expect(["happy", "sad"].contains(fact["ending"]?.string))
                #expect(fact["questions"]?.array?.isEmpty == false)
            }
            // The same each time, another with another seed, and as JSON lines.
            expectSuccess(try Tool.run(words + [folder["b.txt"]]))
            #expect(try Files.read(folder["b.txt"]) == (try Files.read(folder["a.txt"])))
            expectSuccess(try Tool.run(words + [folder["c.txt"], "--seed", "8"]))
            #expect(try Files.read(folder["c.txt"]) != (try Files.read(folder["a.txt"])))
            expectSuccess(try Tool.run(words + [folder["d.jsonl"]]))
            let lines = try Files.read(folder["d.jsonl"]).split(separator: UInt8(ascii: "\n"))
            #expect(lines.count == 40)
            for line in lines {
                let story = try JSONValue(parsing: Array(line), place: "d.jsonl")["text"]?.string
                #expect(text.contains(try #require(story)))
            }
        }
    }
}
