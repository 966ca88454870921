import ArgumentParser
import Martlet

/// `martlet fill`.
struct FillVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill", abstract: "The likeliest words behind masks.",
        discussion: """
            Example:
              martlet fill --model models/bert --text "The sun is [MASK]."
            The mask is the tokenizer's own, [MASK] or <mask>. With --ids, say which id it is.
            """)

    @Option(help: "A model folder.") var model: String
    @Option(parsing: .unconditional, help: "A text with one mask or more.") var text: String?
    @Option(help: "Token ids instead of text.") var ids: String?
    @Option(help: "The id of the mask, for models without a tokenizer.") var maskId: Int32?
    @Option(help: "Candidates to show.") var count = 5
    @Flag(help: "One JSON object for each mask on stdout.") var json = false
    @OptionGroup var device: DeviceFlags

    func run() throws {
        guard (text == nil) != (ids == nil) else { throw ValidationError("give --text or --ids") }
        guard count > 0 else { throw ValidationError("--count \(count): expected 1 or more") }
        let folder = try ModelFolder(model, on: try device.device())
        guard let mask = maskId ?? folder.mask else {
            throw MartletError(
                .notFound, "the tokenizer has no mask; say which id it is with --mask-id", at: model
            )
        }
        let words = try MaskedWords(try folder.encoder(), mask: mask)
        let input = try ids.map(IDList.parse) ?? folder.ids(of: text ?? "")
        for (position, candidates) in try words.candidates(input, count: count) {
            func name(_ id: Int32) -> String? { folder.tokenizer?.text(of: id) }
            if json {
                Output.json([
                    "position": .count(position),
                    "candidates": .array(
                        candidates.map { candidate in
                            .object([
                                "token": name(candidate.id).map { .string($0) } ?? .null,
                                "id": .count(Int(candidate.id)),
                                "probability": .real(candidate.probability),
                            ])
                        }),
                ])
                continue
            }
            Output.print("mask at token \(position):")
            for (id, probability) in candidates {
                Output.print("  \(Text.fixed(probability * 100, 1)) %\t\(name(id) ?? String(id))")
            }
        }
    }
}
