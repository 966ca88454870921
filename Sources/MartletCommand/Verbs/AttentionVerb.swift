import ArgumentParser
import Martlet

/// `martlet attention`.
struct AttentionVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attention", abstract: "What every head of a model looks at in a text.",
        discussion: """
            Example:
              martlet attention --model runs/story --text "Once upon a time" --output map.html
            The page needs nothing beside itself. For a model of two stacks the text is the source, and the \
            target is what the model writes for it, unless given.
            """)

    @Option(help: "A model folder.") var model: String
    @Option(parsing: .unconditional, help: "A text.") var text: String?
    @Option(help: "Token ids instead of text.") var ids: String?
    @Option(help: "What a decoder over a source wrote, without its start token.")
    var targetIds: String?
    @Option(help: "The page to write.") var output: String?
    @Flag(help: "One JSON object on stdout.") var json = false
    @OptionGroup var device: DeviceFlags

    func run() throws {
        guard (text == nil) != (ids == nil) else { throw ValidationError("give --text or --ids") }
        guard output != nil || json else { throw ValidationError("give --output or --json") }
        let folder = try ModelFolder(model, on: try device.device())
        let input = try ids.map(IDList.parse) ?? folder.ids(of: text ?? "")
        let maps = try AttentionMaps(folder, input, target: try targetIds.map(IDList.parse))
        if let output {
            try Files.write(maps.page(title: Files.lastComponent(model)), to: output)
            Output.say("wrote \(output)")
        }
        guard json else { return }
        var object = JSONObject()
        for part in maps.parts {
            object[part.name == "attention" ? "weights" : part.name + "_weights"] =
                AttentionMaps.json(part)
        }
        Output.json(object)
    }
}
