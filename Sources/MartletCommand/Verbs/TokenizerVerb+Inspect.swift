import ArgumentParser
import Martlet

extension TokenizerVerb {
    /// `martlet tokenizer inspect`.
    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A text token by token.",
            discussion: """
                Examples:
                  martlet tokenizer inspect --model runs/shakespeare "To be, or not to be"
                  martlet tokenizer inspect --model runs/gpt --file a.txt --output view.html
                A space shows as ·, a line's end as ⏎, a tab as →, a part of a character as its bytes. The page needs \
                nothing beside itself. There are no colours where NO_COLOR is set.
                """)
        @Option(help: "A folder with a tokenizer.") var model: String
        @Option(help: "A file to look at instead of the text; - reads standard input.")
        var file: String?
        @Flag(help: "Recognise special tokens in the text.") var parseSpecial = false
        @Option(help: "The page to write: a name that ends in .html or .htm.") var output: String?
        @Flag(help: "One JSON object on stdout.") var json = false
        @Argument(help: "The text.") var text: String?

        func run() throws {
            guard (text == nil) != (file == nil) else {
                throw ValidationError("give a text or --file")
            }
            if let output, !Self.isPage(output) {
                throw ValidationError(
                    "--output \(output): expected a name that ends in .html or .htm")
            }
            let tokenizer = try Tokenizer.loading(model)
            let bytes = try file.map { try $0 == "-" ? Files.standardInput() : Files.read($0) }
            let tokenized = try cut(bytes ?? Array((text ?? "").utf8), by: tokenizer)
            if let output {
                try Files.write(tokenized.page(title: title), to: output)
                Output.say("wrote \(output)")
            }
            if json {
                Output.json(Self.object(tokenized, tokenizer))
            } else if output == nil {
                let lines = TerminalTokens(hasColours: Output.hasColours).text(tokenized)
                Output.printPart(lines.isEmpty || lines.hasSuffix("\n") ? lines : lines + "\n")
                Output.print(Self.summary(tokenized))
                // Of a file there are too many to read; --json has them.
                guard file == nil else { return }
                Output.print(tokenized.ids.map(String.init).joined(separator: " "))
            }
        }

        private func cut(_ bytes: [UInt8], by tokenizer: Tokenizer) throws -> TokenizedText {
            do throws(MartletError) {
                return try TokenizedText(bytes, by: tokenizer, parseSpecial: parseSpecial)
            } catch {
                throw place.map { error.at($0) } ?? error
            }
        }

        /// Where the text comes from, for people.
        private var place: String? { file == "-" ? "standard input" : file }

        /// What is looked at, and by which tokenizer.
        private var title: String {
            let tokenizer = Files.lastComponent(model)
            return place.map { "\(Files.lastComponent($0)) · \(tokenizer)" } ?? tokenizer
        }

        private static func isPage(_ path: String) -> Bool {
            let name = path.lowercased()
            return name.hasSuffix(".html") || name.hasSuffix(".htm")
        }

        private static func summary(_ tokenized: TokenizedText) -> String {
            let count = tokenized.ids.count
            var summary = count == 1 ? "1 token" : "\(count) tokens"
            if let bytes = tokenized.bytesPerToken, let characters = tokenized.charactersPerToken {
                summary += ", \(Text.fixed(bytes, 2)) bytes per token"
                summary += ", \(Text.fixed(characters, 2)) characters per token"
            }
            return summary
        }

        private static func object(
            _ tokenized: TokenizedText, _ tokenizer: Tokenizer
        ) -> JSONObject {
            let ids = tokenized.ids
            let bytes = ids.map { id in
                JSONValue.array((tokenizer.bytes(of: id) ?? []).map { .count(Int($0)) })
            }
            return [
                "ids": .ids(ids),
                "tokens": .array(ids.map { .string(tokenizer.text(of: $0)) }),
                "offsets": .array(
                    tokenized.offsets.map { [.count($0.lowerBound), .count($0.upperBound)] }),
                "bytes": .array(bytes),
                "special_tokens_mask": .array(
                    ids.map { .count(tokenizer.isSpecial($0) ? 1 : 0) }),
                "bytes_per_token": .real(tokenized.bytesPerToken),
                "characters_per_token": .real(tokenized.charactersPerToken),
                "vocab_size": .count(tokenized.vocabularySize),
                "kind": .string(tokenized.kind.rawValue),
            ]
        }
    }
}

/// Tokens for a terminal: on soft colours in turn, or between bars where there are no colours.
private struct TerminalTokens {
    let hasColours: Bool

    /// How characters that show look, and how the signs for all others do: numbers of an escape sequence.
    private struct Ink {
        var plain: String
        var sign: String

        /// Text that no token stands for.
        static let gap = Ink(plain: "0", sign: "2")
        /// Bold and inverted.
        static let special = Ink(plain: "1;7", sign: "1;7")

        /// Black, and grey, on the light colours of the 256, which are the same in every theme.
        static func token(_ number: Int) -> Ink {
            let paper = "48;5;\([153, 157, 223, 183, 159][number % 5])"
            return Ink(plain: "38;5;16;\(paper)", sign: "38;5;241;\(paper)")
        }
    }

    func text(_ tokenized: TokenizedText) -> String {
        var output = ""
        for (index, piece) in tokenized.pieces.enumerated() {
            var parts = VisibleText.parts(of: tokenized.text[piece.range])
            var ink = Ink.gap
            if let number = piece.token {
                let token = tokenized.tokens[number]
                ink = token.isSpecial ? .special : .token(index)
                // No text is left for it: its name shows.
                if parts.isEmpty { parts = [.plain("‹\(VisibleText.line(token.spelling))›")] }
            } else {
                // These spaces belong to no token, so they are only spaces.
                parts = parts.map { $0 == .space ? .plain(" ") : $0 }
            }
            if !hasColours, parts.first != .plain(" "), !Self.isApart(output) { output += "│" }
            for part in parts { add(part, in: ink, to: &output) }
        }
        return output
    }

    /// Whether what follows `output` is seen to begin anew.
    private static func isApart(_ output: String) -> Bool {
        let last = output.unicodeScalars.last
        return last == nil || last == " " || last == "\n"
    }

    private func add(_ part: VisibleText.Part, in ink: Ink, to output: inout String) {
        var style = ink.sign
        if case .plain = part { style = ink.plain }
        output += hasColours ? "\u{1B}[\(style)m\(part.symbol)\u{1B}[0m" : part.symbol
        // After the colours' end: they would fill the rest of the line.
        if part == .lineFeed { output += "\n" }
    }
}
