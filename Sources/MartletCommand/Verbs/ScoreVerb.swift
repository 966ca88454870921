import ArgumentParser
import Martlet

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `martlet score`.
struct ScoreVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score", abstract: "The log-probability of every token of a text.",
        discussion: """
            Example:
              martlet score --model runs/shakespeare --text "To be, or not to be"
            Texts longer than the context go in consecutive windows; every token but the first is \
            predicted.
            """)

    @Option(help: "A model folder.") var model: String
    @Option(help: "A file to score.") var file: String?
    @Option(parsing: .unconditional, help: "A text to score.") var text: String?
    @Option(help: "Token ids instead of text.") var ids: String?
    @Option(help: "Tokens a window advances by (default: the context).") var stride: Int?
    @Flag(help: "One JSON object on stdout.") var json = false
    @OptionGroup var device: DeviceFlags

    func run() throws {
        guard [file != nil, text != nil, ids != nil].filter({ $0 }).count == 1 else {
            throw ValidationError("give one of --file, --text and --ids")
        }
        let folder = try ModelFolder(model, on: try device.device())
        let (tokens, byteCount) = try input(folder)
        let line = ProgressLine()
        let scored = try Scoring(try folder.languageModel()).logProbabilities(tokens, stride: stride) {
            done, total in
            line.update("scored \(done) of \(total) tokens")
        }
        line.finish()
        let predicted = scored.compactMap { $0 }
        let nll = predicted.isEmpty ? Double.nan : -predicted.reduce(0, +) / Double(predicted.count)
        let bits = byteCount.map { nll * Double(predicted.count) / Double(max(1, $0)) / log(2) }
        if json {
            Output.json([
                "ids": .ids(tokens),
                "tokens": .array(
                    tokens.map { id in folder.tokenizer.map { .string($0.text(of: id)) } ?? .null }),
                "logprobs": .array(scored.map { .real($0) }), "nll": .real(nll),
                "perplexity": .real(exp(nll)), "bits_per_byte": .real(bits),
            ])
            return
        }
        Output.print(
            "\(predicted.count) tokens predicted, \(Text.fixed(nll, 4)) nats a token, perplexity \(Text.fixed(exp(nll), 2))"
                + (bits.map { ", \(Text.fixed($0, 3)) bits per byte" } ?? ""))
        for (id, logprob) in zip(tokens, scored).prefix(200) where tokens.count <= 200 {
            let shown = folder.tokenizer?.text(of: id) ?? String(id)
            Output.print(
                "\(logprob.map { Text.fixed($0, 3) } ?? "      ")\t\(JSONValue.string(shown).text())"
            )
        }
    }

    /// The ids, and the bytes of text they stand for, the first token's left out.
    private func input(_ folder: ModelFolder) throws -> ([Int32], Int?) {
        if let ids { return (try IDList.parse(ids), nil) }
        let bytes = try file.map { try Files.read($0) } ?? Array((text ?? "").utf8)
        guard let tokenizer = folder.tokenizer else {
            throw MartletError(
                .notFound, "the model has no tokenizer; give --ids instead of text", at: model)
        }
        let tokens = try bytes.withUnsafeBytes { try tokenizer.encode($0, place: file) }
        guard let first = tokens.first else {
            throw MartletError(.invalidValue, "there is no text to score", at: file)
        }
        return (tokens, bytes.count - (tokenizer.bytes(of: first)?.count ?? 0))
    }
}
