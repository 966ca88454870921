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
            predicted. A masked model (BERT, RoBERTa) is asked for every token with that one masked; a model of \
            two stacks (T5, BART, Marian) for the text given --source.
            """)

    @Option(help: "A model folder.") var model: String
    @Option(help: "A file to score.") var file: String?
    @Option(parsing: .unconditional, help: "A text to score.") var text: String?
    @Option(help: "Token ids instead of text.") var ids: String?
    @Option(parsing: .unconditional, help: "What the text belongs to, in a model of two stacks.")
    var source: String?
    @Option(help: "Token ids instead of a source.") var sourceIds: String?
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
        let scored = try scores(folder, tokens) { done, total in
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

    private func scores(
        _ folder: ModelFolder, _ tokens: [Int32], _ progress: (Int, Int) -> Void
    ) throws -> [Double?] {
        let hasSource = source != nil || sourceIds != nil
        switch folder.model {
        case let model as any SequenceToSequenceModel:
            guard hasSource, source == nil || sourceIds == nil else {
                throw ValidationError(
                    "give --source or --source-ids: the model scores a text by one")
            }
            let given = try sourceIds.map(IDList.parse) ?? folder.ids(of: source ?? "")
            return try Scoring.logProbabilities(of: tokens, given: given, model)
        case _ where hasSource:
            throw ValidationError("--source: the model has one stack")
        case is any EncoderModel:
            guard let mask = folder.mask else {
                throw MartletError(.notFound, "the tokenizer has no mask to score with", at: model)
            }
            return try MaskedWords(try folder.encoder(), mask: mask).logProbabilities(
                tokens, isCounted: { folder.tokenizer?.isSpecial(tokens[$0]) != true },
                progress: progress)
        default:
            return try Scoring(try folder.languageModel()).logProbabilities(
                tokens, stride: stride, progress: progress)
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
        if folder.model is any EncoderModel {
            let text = String(decoding: bytes, as: UTF8.self)
            return (try tokenizer.encodeWhole(text), bytes.count)
        }
        let tokens = try bytes.withUnsafeBytes { try tokenizer.encode($0, place: file) }
        if folder.model is any SequenceToSequenceModel { return (tokens, bytes.count) }
        guard !tokens.isEmpty else {
            throw MartletError(.invalidValue, "there is no text to score", at: file)
        }
        let whole = tokenizer.surrounded(tokens)
        // The first token has no probability; it may stand for no text.
        let unscored = tokenizer.isSpecial(whole[0]) ? 0 : tokenizer.bytes(of: whole[0])?.count ?? 0
        return (whole, bytes.count - unscored)
    }
}
