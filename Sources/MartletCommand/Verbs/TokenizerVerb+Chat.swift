import ArgumentParser
import Martlet

extension TokenizerVerb {
    /// `martlet tokenizer chat`.
    struct Chat: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Messages as the prompt that a model's chat template makes of them.",
            discussion: """
                Example:
                  martlet tokenizer chat --model runs/chat --messages messages.json --add-generation-prompt
                """)
        @Option(
            help: "A folder with a chat_template.jinja, or a tokenizer_config.json that has one.")
        var model: String
        @Option(
            help: "A JSON array of messages, each with role and content; - reads standard input.")
        var messages: String
        @Option(help: "A JSON array of tools.") var tools: String?
        @Flag(help: "End where the assistant is to speak.") var addGenerationPrompt = false
        @Flag(help: "One JSON object on stdout.") var json = false

        func run() throws {
            let (template, specials) = try Self.template(model)
            let chat = ChatTemplate.variables(
                messages: try Self.array(messages).map { message in
                    guard let object = message.object else {
                        throw MartletError(
                            .malformed, "a message is not a JSON object", at: messages)
                    }
                    return object
                },
                tools: try tools.map(Self.array), addGenerationPrompt: addGenerationPrompt,
                specials: specials)
            let rendered = try template.render(chat)
            guard json else {
                Output.print(rendered.text)
                return
            }
            let tokens = try Array(rendered.text.utf8).withUnsafeBytes {
                try Tokenizer.loading(model).encodeWithOffsets($0, parseSpecial: true)
            }
            let mask = tokens.map { token in
                rendered.generated.contains { $0.overlaps(token.range) } ? 1 : 0
            }
            Output.json([
                "text": .string(rendered.text), "ids": .ids(tokens.map(\.id)),
                "assistant_mask": .array(mask.map { .count($0) }),
            ])
        }

        private static func array(_ path: String) throws -> [JSONValue] {
            let bytes = path == "-" ? try Files.standardInput() : try Files.read(path)
            guard let array = try JSONValue(parsing: bytes, place: path).array else {
                throw MartletError(.malformed, "expected a JSON array", at: path)
            }
            return array
        }

        /// A folder's chat template, and the special tokens it may name.
        private static func template(_ folder: String) throws -> (ChatTemplate, JSONObject) {
            let configurationPath = Files.join(folder, "tokenizer_config.json")
            var configuration = JSONValue.null
            if Files.exists(configurationPath) {
                configuration = try JSONValue(
                    parsing: Files.read(configurationPath), place: configurationPath)
            }
            var specials = JSONObject()
            for role in ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] {
                let token = configuration["\(role)_token"]
                if let name = token?.string ?? token?["content"]?.string {
                    specials["\(role)_token"] = .string(name)
                }
            }
            let path = Files.join(folder, "chat_template.jinja")
            var source: String?
            if Files.exists(path) {
                source = String(decoding: try Files.read(path), as: UTF8.self)
            } else if let template = configuration["chat_template"] {
                let named = template.array?.first { $0["name"]?.string == "default" }
                source = template.string ?? named?["template"]?.string
            }
            guard let source else {
                throw MartletError(
                    .notFound,
                    "no chat_template.jinja, and no chat_template in tokenizer_config.json",
                    at: folder)
            }
            do throws(MartletError) {
                return (try ChatTemplate(source), specials)
            } catch {
                throw error.at(Files.exists(path) ? path : configurationPath)
            }
        }
    }
}
