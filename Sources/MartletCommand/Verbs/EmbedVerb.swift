import ArgumentParser
import Martlet

/// `martlet embed`.
struct EmbedVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed", abstract: "Texts as vectors.",
        discussion: """
            Example:
              martlet embed --model models/minilm --text "A first sentence." "Another one." --json
            A folder of sentence-transformers says itself how states are pooled and whether vectors are \
            normalized; otherwise it is the mean of an encoder's states, or the last of a language model's.
            """)

    @Option(help: "A model folder.") var model: String
    @Option(parsing: .upToNextOption, help: "Texts.") var text: [String] = []
    @Option(help: "A file with a text on every line.") var file: String?
    @Option(help: "Token ids instead of text.") var ids: String?
    @Option(help: "What is made of the states: mean, cls or last.") var pooling: String?
    @Flag(help: "Give vectors length 1.") var normalize = false
    @Flag(help: "One JSON object on stdout.") var json = false
    @OptionGroup var device: DeviceFlags

    func run() throws {
        guard [!text.isEmpty, file != nil, ids != nil].filter({ $0 }).count == 1 else {
            throw ValidationError("give one of --text, --file and --ids")
        }
        let folder = try ModelFolder(model, on: try device.device())
        var options = try TextEmbedding.Options(folder: model, folder.model)
        if let pooling {
            guard let named = TextEmbedding.Pooling(rawValue: pooling) else {
                throw ValidationError("--pooling \(pooling): expected mean, cls or last")
            }
            options.pooling = named
        }
        if normalize { options.normalizes = true }
        let embedding = try TextEmbedding(folder.model, tokenizer: folder.tokenizer, options)
        let line = ProgressLine()
        func progress(_ done: Int, _ total: Int) {
            line.update("embedded \(done) of \(total) texts")
        }
        let vectors: [[Float]]
        if let ids {
            vectors = try embedding.vectors(of: [try IDList.parse(ids)], progress: progress)
        } else {
            vectors = try embedding.vectors(of: try texts(), progress: progress)
        }
        line.finish()
        if json {
            Output.json([
                "vectors": .array(vectors.map { .array($0.map { .real(Double($0)) }) })
            ])
            return
        }
        for vector in vectors {
            Output.print(vector.map { Text.fixed(Double($0), 6) }.joined(separator: " "))
        }
    }

    private func texts() throws -> [String] {
        guard let file else { return text }
        return try Self.lines(of: file)
    }

    /// The lines of a file, a text each.
    static func lines(of file: String) throws -> [String] {
        let bytes = try Files.read(file)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw MartletError(.malformed, "the file is not UTF-8", at: file)
        }
        let lines = Text.lines(bytes).map { String(decoding: $0, as: UTF8.self) }
        guard !lines.isEmpty else {
            throw MartletError(.invalidValue, "there are no texts", at: file)
        }
        return lines
    }
}
