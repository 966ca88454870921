import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension VerbTests {
    @Suite struct Inspect {
        private let folder: TemporaryFolder
        /// A vocabulary of byte pairs with the special tokens `<|endoftext|>` and `<|user|>`.
        private let vocabulary: String
        /// A vocabulary of the 256 bytes, with `<|endoftext|>`.
        private let bytes: String

        /// What a page or a terminal must not take for its own.
        private static let hostile =
            "</script><script>alert(\"1\")</script> & 'q' <!-- --> ]]> &lt; \u{202E}evil\u{202C} \u{2067}\n"
            + "\ttab\u{1B}[31m\u{0}\u{7F}\r\n  e\u{301}\u{200D} \u{FEFF}世界 👍🏽 </div></span><i>⏎·</i>\u{301}>\n\n"

        init() throws {
            folder = try TemporaryFolder()
            vocabulary = folder["vocabulary"]
            bytes = folder["bytes"]
            let data = try folder.write(Sample.text(), to: "sample.txt")
            let train = ["tokenizer", "train", "--data", data, "--vocab-size"]
            for flags in [
                ["301", "--output", vocabulary, "--special-tokens", "<|endoftext|>", "<|user|>"],
                ["257", "--output", bytes],
            ] {
                let run = try Tool.run(train + flags)
                try #require(run.ending == .exit(0), "\(run.errors)")
            }
        }

        private func inspect(_ model: String, _ words: String...) throws -> Outcome {
            let run = try Tool.run(["tokenizer", "inspect", "--model", model] + words)
            expectSuccess(run)
            return run
        }

        /// The page of these bytes.
        private func page(
            _ model: String, _ text: [UInt8], _ flags: String...
        ) throws -> TokenPage {
            let file = try folder.write(text, to: "input.txt")
            let run = try Tool.run(
                [
                    "tokenizer", "inspect", "--model", model, "--file", file, "--output",
                    folder["view.html"],
                ] + flags)
            expectSuccess(run)
            #expect(run.output == "" && run.errors.contains(folder["view.html"]))
            return try TokenPage(try Files.read(folder["view.html"]))
        }

        // MARK: - Flags

        @Test func eitherATextOrAFile() throws {
            let words = ["tokenizer", "inspect", "--model", vocabulary]
            expectFailure(try Tool.run(words), status: 2, "--file")
            expectFailure(try Tool.run(words + ["a", "--file", "b"]), status: 2, "--file")
            expectFailure(try Tool.run(words + ["--file", folder["none"]]), folder["none"])
        }

        @Test(arguments: ["view.txt", "view", "html", "view.html.gz"])
        func aPageIsNamedLikeOne(_ name: String) throws {
            let run = try Tool.run([
                "tokenizer", "inspect", "--model", vocabulary, "the", "--output", folder[name],
            ])
            expectFailure(run, status: 2, "--output", ".html", ".htm")
            #expect(!Files.exists(folder[name]))
        }

        @Test(arguments: ["view.htm", "VIEW.HTML"])
        func otherNamesOfPages(_ name: String) throws {
            let run = try inspect(vocabulary, "the", "--output", folder[name])
            #expect(run.output == "" && Files.exists(folder[name]))
        }

        @Test func aCharacterWithoutATokenIsNamedWithItsPlace() throws {
            // A vocabulary of characters comes from a run.
            let run = try Tiny.train(in: folder, steps: 1)
            let file = try folder.write("the Zoo", to: "input.txt")
            expectFailure(
                try Tool.run(["tokenizer", "inspect", "--model", run, "--file", file]), file, "'Z'")
        }

        // MARK: - JSON

        @Test func jsonHoldsEverything() throws {
            let text = " the<|user|> caf\u{E9}"
            for flags in [["--json"], ["--json", "--parse-special"]] {
                let run = try Tool.run(
                    ["tokenizer", "inspect", "--model", vocabulary, text] + flags)
                expectSuccess(run)
                let object = try #require(try run.objects().first)
                expectKeys(
                    object, "ids", "tokens", "offsets", "bytes", "special_tokens_mask",
                    "bytes_per_token", "characters_per_token", "vocab_size", "kind")
                let encoded = try Tool.run(
                    ["tokenizer", "encode", "--model", vocabulary, text] + flags
                ).objects().first
                for key in ["ids", "tokens", "offsets", "special_tokens_mask"] {
                    #expect(object[key] == encoded?[key], "\(key)")
                }
                let pieces = try #require(object["bytes"]?.array).map {
                    ($0.array ?? []).compactMap(\.int).map { UInt8($0) }
                }
                #expect(pieces.flatMap { $0 } == Array(text.utf8))
                let count = Double(pieces.count)
                #expect(agree(object["bytes_per_token"]?.double, Double(text.utf8.count) / count))
                #expect(
                    agree(
                        object["characters_per_token"]?.double,
                        Double(text.unicodeScalars.count) / count))
                #expect(object["vocab_size"] == 301)
            }
            let page = folder["both.html"]
            let both = try inspect(vocabulary, "the", "--json", "--output", page)
            #expect(try both.objects().count == 1 && Files.exists(page))
        }

        // MARK: - Terminal

        @Test func barsStandBetweenTokensWhereThereAreNoColours() throws {
            let run = try inspect(vocabulary, " the cat")
            let lines = run.output.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines.first == "·the│·cat")
            #expect(
                lines.dropFirst().first
                    == "2 tokens, 4.00 bytes per token, 4.00 characters per token")
            #expect(lines.last?.split(separator: " ").count == 2)
            #expect(!run.output.contains("\u{1B}"))
            let empty = try folder.write("", to: "empty.txt")
            #expect(try inspect(vocabulary, "--file", empty).output == "0 tokens\n")
            #expect(try inspect(vocabulary, " the").output.hasPrefix("·the\n1 token, "))
        }

        @Test func whatDoesNotShowHasASign() throws {
            let file = try folder.write("a\tb\n\u{1B}\u{E9}\u{202E} ", to: "input.txt")
            let expected = """
                a│→│b│⏎
                ␛│⟨c3⟩│⟨a9⟩│⟨e2⟩│⟨80⟩│⟨ae⟩│·
                11 tokens, 1.00 bytes per token, 0.73 characters per token

                """
            #expect(try inspect(bytes, "--file", file).output == expected)
            let piped = try Tool.run(
                ["tokenizer", "inspect", "--model", bytes, "--file", "-"],
                input: try Files.read(file))
            #expect(piped.output == expected)
        }

        @Test func specialTokensAreReadWhenAskedFor() throws {
            #expect(try inspect(bytes, "a<|endoftext|>").output.contains("14 tokens"))
            let run = try inspect(bytes, "a<|endoftext|>", "--parse-special")
            #expect(run.output.hasPrefix("a│<|endoftext|>\n2 tokens"))
        }

        /// What the command writes to a terminal.
        private func terminal(_ words: String, _ variables: String = "") throws -> String {
            let leader = open("/dev/ptmx", O_RDWR | O_NOCTTY)
            try #require(leader >= 0)
            defer { close(leader) }
            // What unlockpt and ptsname do, which the C library shows only to those who define a macro.
            var (locked, number): (CInt, CInt) = (0, 0)
            try #require(ioctl(leader, 0x4004_5431, &locked) == 0)
            try #require(ioctl(leader, 0x8004_5430, &number) == 0)
            let path = "/dev/pts/\(number)"
            // While this end is open nothing is lost.
            let follower = open(path, O_RDWR | O_NOCTTY)
            try #require(follower >= 0)
            defer { close(follower) }
            let run = try Tool.run(
                script: "unset NO_COLOR; TERM=xterm \(variables) \"$0\" tokenizer inspect --model "
                    + "\"$1\" \(words) > \"$2\"",
                [try Tool.path(), bytes, path])
            expectSuccess(run)
            _ = fcntl(leader, F_SETFL, O_NONBLOCK)
            var output: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(leader, &buffer, buffer.count)
                guard count > 0 else { break }
                output += buffer[..<count]
            }
            return String(decoding: output.filter { $0 != 0x0D }, as: UTF8.self)
        }

        @Test(.enabled(if: Files.exists("/dev/ptmx"), "no terminals to be had here"))
        func aTerminalGetsColours() throws {
            let text = "'a b<|endoftext|>' --parse-special"
            let output = try terminal(text)
            // Alternating backgrounds, a grey sign for the space, and the special token bold and inverted.
            #expect(output.contains("\u{1B}[38;5;16;48;5;153ma\u{1B}[0m"))
            #expect(output.contains("\u{1B}[38;5;241;48;5;157m·\u{1B}[0m"))
            #expect(output.contains("\u{1B}[38;5;16;48;5;223mb\u{1B}[0m"))
            #expect(output.contains("\u{1B}[1;7m<|endoftext|>\u{1B}[0m"))
            #expect(output.contains("4 tokens"))
            for variables in ["NO_COLOR=1", "TERM=dumb"] {
                let plain = try terminal(text, variables)
                #expect(!plain.contains("\u{1B}"))
                #expect(plain.hasPrefix("a│·│b│<|endoftext|>\n4 tokens"))
            }
            // An empty one says nothing, as the convention has it.
            #expect(try terminal(text, "NO_COLOR=") == output)
            // Nothing in the text reaches the terminal as a command.
            let hostile = try terminal("\"$(printf 'a\\033[31mb\\007')\"")
            #expect(hostile.contains("␛") && hostile.contains("␇") && !hostile.contains("\u{7}"))
            for command in hostile.split(separator: "\u{1B}").dropFirst() {
                #expect(command.hasPrefix("[0m") || command.hasPrefix("[38;5;"), "\(command)")
            }
        }

        // MARK: - Page

        @Test func thePageHoldsEveryByteOnce() throws {
            var random = TestRandom(state: 5)
            let wild = (0..<3000).map { _ in UInt8.random(in: 0...255, using: &random) }
            let texts: [[UInt8]] = [
                Array(Self.hostile.utf8), Array(0...255), wild, [],
                Array(Sample.text(words: 4000).utf8) + [0xE2, 0x82],
            ]
            #expect(try #require(texts.last).count > 3 * 4096)
            for text in texts {
                for model in [vocabulary, bytes] {
                    let page = try page(model, text)
                    #expect(page.spans.flatMap(\.bytes) == text)
                    #expect(page.lengths == page.spans.map(\.bytes.count))
                    // Of long texts a browser lays out a part at a time.
                    #expect(text.count < 4096 ? page.blockCount == 1 : page.blockCount > 2)
                }
            }
        }

        @Test func hostileTextStaysText() throws {
            let name = "<b title='\"&\u{202E}'>"
            // A letter that joins with what follows it, so that a string's "<" is not there.
            let special = "\u{D4E}</script><script>"
            let model = folder["hostile"]
            expectSuccess(
                try Tool.run([
                    "tokenizer", "train", "--data", folder["sample.txt"], "--vocab-size", "300",
                    "--output", model, "--special-tokens", special,
                ]))
            let file = try folder.write(Self.hostile + special, to: name)
            let path = folder["view.html"]
            _ = try inspect(model, "--file", file, "--output", path, "--parse-special")
            let page = try TokenPage(try Files.read(path))
            #expect(page.spans.flatMap(\.bytes) == Array((Self.hostile + special).utf8))
            #expect(page.spans.last?.isSpecial == true && page.names.contains(special))
            let html = String(decoding: page.html, as: UTF8.self)
            // Two scripts, both ours; the reader of spans has found no foreign tag in the text.
            #expect(page.count(of: "<script") == 2 && page.count(of: "</script") == 2)
            #expect(page.count(of: "<b ") == 0)
            #expect(html.contains("&lt;b title=&#39;&quot;&amp;⟨U+202E⟩&#39;&gt;"))
            // No mark of direction, and no control character but line ends and tabs, is left anywhere.
            let wrong = html.unicodeScalars.filter { scalar in
                let isControl = scalar.value < 0x20 && scalar != "\n" && scalar != "\t"
                return isControl || scalar == "\u{7F}" || scalar == "\u{FEFF}"
                    || (0x202A...0x202E).contains(scalar.value)
                    || (0x2066...0x2069).contains(scalar.value)
            }
            #expect(wrong.isEmpty)
        }

        @Test func thePageNeedsNothingBesideItself() throws {
            let page = try page(vocabulary, Array(" the cat".utf8))
            for word in ["http:", "https:", " src=", " href=", "@import", "url("] {
                #expect(page.count(of: word) == 0, "\(word)")
            }
            #expect(page.count(of: "Content-Security-Policy") == 1)
        }

        @Test func thePageCounts() throws {
            let page = try page(
                vocabulary, Array(" the cat the<|endoftext|>".utf8), "--parse-special")
            #expect(page.spans.map(\.token) == [0, 1, 0, 2])
            #expect(page.spans.map(\.isSpecial) == [false, false, false, true])
            #expect(page.names == ["Ġthe", "Ġcat", "<|endoftext|>"])
            #expect(page.hexadecimals.first == "20 74 68 65")
            #expect(page.special == [2])
            let encoded = try Tool.run([
                "tokenizer", "encode", "--model", vocabulary, "--json", " the cat",
            ]).objects().first
            #expect(encoded?["ids"]?.array?.compactMap(\.int) == Array(page.ids.prefix(2)))
            for (name, value) in [
                ("tokens", "4"), ("distinct tokens", "3"), ("bytes per token", "6.25"),
                ("characters per token", "6.25"), ("vocabulary", "301"),
                ("kind of tokenizer", "BPE"),
            ] {
                #expect(page.count(of: "<dt>\(name)</dt><dd>\(value)</dd>") == 1, "\(name)")
            }
            // The most frequent and the longest token lead their tables; a special token is no long one.
            #expect(page.count(of: "<button type=\"button\" data-i=0>·the</button>") == 2)
            #expect(page.count(of: "<button type=\"button\" data-i=2>") == 1)
            // Three tokens of four bytes, and one of thirteen.
            #expect(page.count(of: "<title>4 bytes: 3 tokens, 75.0 %</title>") == 1)
            #expect(page.count(of: "<title>13 bytes: 1 token, 25.0 %</title>") == 1)
        }

        @Test func textThatNoTokenStandsForIsOnThePage() throws {
            let words = folder["words"]
            let run = try Tool.run([
                "tokenizer", "train", "--data", folder["sample.txt"], "--kind", "wordpiece",
                "--vocab-size", "120", "--output", words,
            ])
            try #require(run.ending == .exit(0), "\(run.errors)")
            let text = "the  cat\n\tran"
            let page = try page(words, Array(text.utf8))
            #expect(page.spans.flatMap(\.bytes) == Array(text.utf8))
            let gaps = page.spans.filter { $0.token == nil }.map(\.bytes)
            #expect(gaps == [Array("  ".utf8), Array("\n\t".utf8)])
            // In the terminal such spaces are only spaces.
            let lines = try inspect(words, "--file", folder["input.txt"]).output
            #expect(lines.hasPrefix("the  cat│⏎\n→│ran\n"), "\(lines)")
        }
    }
}
