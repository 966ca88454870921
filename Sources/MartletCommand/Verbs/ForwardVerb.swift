import ArgumentParser
import Martlet

/// `martlet forward`.
struct ForwardVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forward", abstract: "Run a model on ids and save everything it computes.",
        discussion: """
            Example:
              martlet forward --model runs/story --ids "1 2 3" --output out.safetensors
            Tensors are float32: logits [1, time, vocabulary], hidden_states.N [1, time, width] (with \
            encoder. or decoder. before them where there are two stacks), last_hidden_state and pooled of an \
            encoder without a head, and with --gradients those of the loss, under their published names. \
            Labels of a model that continues texts are shifted by one, and -100 is ignored, as in Hugging \
            Face.
            """)

    @Option(help: "A model folder.") var model: String
    @Option(help: "Token ids, as in --ids \"1 2 3\".") var ids: String?
    @Option(parsing: .unconditional, help: "Text instead of ids.") var text: String?
    @Option(help: "What a decoder over a source has written, its start token first.")
    var decoderIds: String?
    @Option(help: "Which ids count, as in --mask \"1 1 0\".") var mask: String?
    @Option(
        parsing: .unconditional,
        help: "Target ids for the loss; the ids themselves with --gradients.")
    var labels: String?
    @Flag(help: "Save the residual stream before every block and after the last norm.")
    var hiddenStates = false
    @Flag(help: "Save the probabilities of every attention.") var attentions = false
    @Flag(help: "Save the gradient of every parameter.") var gradients = false
    @Option(help: "The .safetensors file to write.") var output: String
    @Flag(help: "One JSON object on stdout.") var json = false
    @OptionGroup var device: DeviceFlags

    func run() throws {
        guard (ids == nil) != (text == nil) else { throw ValidationError("give --ids or --text") }
        let folder = try ModelFolder(
            model, for: gradients ? .training : .inference, on: try device.device())
        let input = try ids.map(IDList.parse) ?? folder.ids(of: text ?? "")
        let targets = try labels.map(IDList.parse) ?? (gradients ? input : nil)
        let result = try ForwardPass(folder.model).run(
            .init(
                input, decoderIDs: try decoderIds.map(IDList.parse),
                mask: try mask.map(IDList.parse), labels: targets),
            hiddenStates: hiddenStates, attention: attentions, gradients: gradients)
        try result.save(to: output)
        if json {
            Output.json(["loss": .real(result.loss)])
        } else {
            Output.say(
                "wrote \(result.tensors.count) tensors to \(output)"
                    + (result.loss.map { ", loss \(Text.fixed($0, 6))" } ?? ""))
        }
    }
}
