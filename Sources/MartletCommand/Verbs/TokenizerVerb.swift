import ArgumentParser
import Martlet

/// `martlet tokenizer`.
struct TokenizerVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer", abstract: "Learn a vocabulary, and turn text into ids and back.",
        discussion: """
            Examples:
              martlet tokenizer train --data story.txt --vocab-size 600 --output vocabulary
              martlet tokenizer encode --model vocabulary "To be" --json
            """,
        subcommands: [Train.self, Encode.self, Decode.self, Inspect.self, Chat.self])

    struct Train: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Learn a vocabulary.",
            discussion:
                "Example:\n  martlet tokenizer train --data story.txt --vocab-size 600 --output vocabulary"
        )
        @Option(parsing: .upToNextOption, help: "Text: files, folders, globs, or -.") var data:
            [String] = []
        @Option(help: "Entries of the vocabulary, special tokens included.") var vocabSize: Int
        @Option(help: "What to learn: bpe, wordpiece or unigram.") var kind = "bpe"
        @Option(help: "The folder to write.") var output: String
        @Option(help: "Pairs seen less often are not merged.") var minFrequency = 0
        @Option(help: "Characters to keep, the most frequent ones (wordpiece and unigram).")
        var limitAlphabet: Int?
        @Option(
            parsing: .upToNextOption,
            help:
                "Special tokens (<|endoftext|> for bpe, BERT's for wordpiece, <unk> and </s> for unigram)."
        )
        var specialTokens: [String] = []
        @Option(help: "Threads that count words and estimate probabilities.")
        var threads = 1
        @Option(help: "Another tokenizer, to compare its tokens of the same text.")
        var compare: String?
        @Flag(help: "One JSON object on stdout.") var json = false

        func run() throws {
            guard !data.isEmpty else {
                throw ValidationError("--data is needed: the text to learn from")
            }
            guard !output.isEmpty else { throw ValidationError("--output: expected a folder") }
            let clock = ContinuousClock()
            let start = clock.now
            let line = ProgressLine()
            let corpus = try Corpus(data)
            let tokenizer = try learn(corpus, line)
            line.finish()
            try tokenizer.save(to: output)
            let seconds = (clock.now - start) / .seconds(1)
            let report = try report(tokenizer, corpus)
            let ratio = report.bytesPerToken ?? 0
            if json {
                var record: JSONObject = [
                    "vocab_size": .count(tokenizer.vocabularySize), "seconds": .real(seconds),
                    "bytes_per_token": .real(ratio),
                    "tokens_per_word": .real(report.tokensPerWord),
                    "unused_tokens": .count(report.unusedTokens.count),
                    "longest_tokens": .array(
                        report.longestTokens.map {
                            .string(tokenizer.text(of: Tokenizer.ID($0.id)))
                        }),
                ]
                if compare != nil {
                    record["compared_bytes_per_token"] = .real(report.referenceBytesPerToken)
                }
                Output.json(record)
                return
            }
            Output.say(
                "\(tokenizer.vocabularySize) entries in \(Text.fixed(seconds, 2)) s, \(Text.fixed(ratio, 2)) bytes per token; wrote \(output)"
            )
            if let other = report.referenceBytesPerToken, let compare {
                Output.say("\(compare): \(Text.fixed(other, 2)) bytes per token")
            }
            let longest = report.longestTokens.prefix(8).map {
                tokenizer.text(of: Tokenizer.ID($0.id)).debugDescription
            }
            Output.say(
                "\(Text.fixed(report.tokensPerWord ?? 0, 2)) tokens per word; \(report.unusedTokens.count) entries not used; the longest: \(longest.joined(separator: ", "))"
            )
        }

        /// How the vocabulary fits the text it was learnt from.
        private func report(
            _ tokenizer: Tokenizer, _ corpus: Corpus
        ) throws -> VocabularyReport {
            let reference = try compare.map { try Tokenizer.loading($0) }
            var counts = [Int64](repeating: 0, count: tokenizer.vocabularySize)
            var (bytes, words, others): (Int64, Int64, Int64) = (0, 0, 0)
            // In parts: a document may be larger than memory, and so may its ids.
            try corpus.forEachPart { (part) throws(MartletError) in
                bytes += Int64(part.text.count)
                // No word goes on from one part to the next.
                var wasSpace = true
                for byte in part.text {
                    let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
                    if wasSpace, !isSpace { words += 1 }
                    wasSpace = isSpace
                }
                for id in try tokenizer.encode(part.text, place: part.place) {
                    counts[Int(id)] += 1
                }
                others += Int64(try reference?.encode(part.text, place: part.place).count ?? 0)
            }
            let tokens = (0..<tokenizer.vocabularySize).map { id in
                tokenizer.isSpecial(Tokenizer.ID(id))
                    ? [] : tokenizer.bytes(of: Tokenizer.ID(id)) ?? []
            }
            return VocabularyReport(
                tokens: tokens, counts: counts, byteCount: bytes, wordCount: words,
                referenceTokenCount: reference == nil ? nil : others)
        }

        private func learn(_ corpus: Corpus, _ line: ProgressLine) throws -> Tokenizer {
            guard let kind = VocabularyLearner.Kind(rawValue: kind) else {
                let known = VocabularyLearner.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw MartletError(
                    .unsupported, "kind '\(kind)' is not supported; supported: \(known)")
            }
            let specials = specialTokens.isEmpty ? kind.standardSpecialTokens : specialTokens
            guard kind != .bytePairs || vocabSize > 255 + specials.count else {
                throw ValidationError(
                    "--vocab-size \(vocabSize): 256 bytes and \(specials.count) special tokens need more"
                )
            }
            let learner = try VocabularyLearner(
                kind, vocabularySize: vocabSize, minimumFrequency: minFrequency,
                specialTokens: specials, alphabetLimit: limitAlphabet, threads: threads)
            try corpus.forEachPart { (part) throws(MartletError) in try learner.add(part.text) }
            defer {
                if learner.omittedWords > 0 {
                    Output.say("left out the \(learner.omittedWords) rarest words, to save memory")
                }
            }
            return try learner.learn { line.update("\($0) of \($1)") }
        }
    }

    struct Encode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Text to ids, one object per input.",
            discussion:
                "Example:\n  martlet tokenizer encode --model runs/shakespeare \"To be\" --json")
        @Option(help: "A folder with a tokenizer.") var model: String
        @Option(help: "A file to encode.") var file: String?
        @Flag(help: "Every line of the file is an input of its own.") var lines = false
        @Option(help: "A second text, for models of pairs.") var pair: String?
        @Flag(help: "Recognise special tokens in the text.") var parseSpecial = false
        @Flag(
            help:
                "Put in what the model wants around a text, such as [CLS]; cut and fill up as its file says."
        )
        var addSpecialTokens = false
        @Flag(help: "One JSON object per input on stdout.") var json = false
        @Argument(help: "The text.") var text: String?

        func run() throws {
            guard (text == nil) != (file == nil) else {
                throw ValidationError("give a text or --file")
            }
            let tokenizer = try Tokenizer.loading(model)
            let whole = try file.map { try Files.read($0) } ?? Array((text ?? "").utf8)
            let inputs = lines ? Text.lines(whole) : [whole]
            for input in inputs {
                let encoding = try encode(input, tokenizer)
                guard json else {
                    Output.print(encoding.ids.map(String.init).joined(separator: " "))
                    continue
                }
                Output.json([
                    "ids": .ids(encoding.ids),
                    "tokens": .array(encoding.ids.map { .string(tokenizer.text(of: $0)) }),
                    "offsets": .array(
                        encoding.offsets.map { [.count($0.lowerBound), .count($0.upperBound)] }),
                    "type_ids": .array(encoding.typeIDs.map { .count($0) }),
                    "special_tokens_mask": .array(
                        zip(encoding.ids, encoding.isSpecial).map {
                            .count($1 || tokenizer.isSpecial($0) ? 1 : 0)
                        }),
                ])
            }
        }

        private func encode(_ input: [UInt8], _ tokenizer: Tokenizer) throws -> Encoding {
            do {
                if pair == nil, !addSpecialTokens {
                    // Any bytes, also those that are no text.
                    return try input.withUnsafeBytes {
                        Encoding(
                            tokens: try tokenizer.encodeWithOffsets($0, parseSpecial: parseSpecial))
                    }
                }
                return try tokenizer.encoding(
                    of: String(decoding: input, as: UTF8.self), pair: pair,
                    addsTokens: addSpecialTokens, parseSpecial: parseSpecial)
            } catch let error as MartletError {
                throw file.map { error.at($0) } ?? error
            }
        }
    }

    struct Decode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ids to text.",
            discussion:
                "Example:\n  martlet tokenizer decode --model runs/shakespeare --ids \"12 7 99\"")
        @Option(help: "A folder with a tokenizer.") var model: String
        @Option(help: "The ids.") var ids: String
        @Flag(help: "One JSON object on stdout.") var json = false

        func run() throws {
            let text = try Tokenizer.loading(model).decode(try IDList.parse(ids))
            if json { Output.json(["text": .string(text)]) } else { Output.print(text) }
        }
    }
}
