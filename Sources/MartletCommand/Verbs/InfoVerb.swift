import ArgumentParser
import Martlet

/// `martlet info`.
struct InfoVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "What a model or a preset consists of and costs.",
        discussion: """
            Examples:
              martlet info                        # the presets
              martlet info --preset gpt3-175b     # allocates nothing
              martlet info --model runs/shakespeare
            """)

    @Option(help: "A model folder.") var model: String?
    @Option(help: "A size by name.") var preset: String?
    @Option(help: "Full contexts in the batch that memory is counted for.") var batch = 1
    @Flag(help: "List every tensor.") var tensors = false
    @Flag(help: "One JSON object on stdout.") var json = false

    func run() throws {
        guard model == nil || preset == nil else {
            throw ValidationError("give --model or --preset")
        }
        guard batch > 0 else { throw ValidationError("--batch \(batch): expected 1 or more") }
        if let model {
            let store = ParameterStore(on: Device(threads: 1, tier: .scalar))
            // The weights must fit the configuration, and are only looked at.
            let (declared, weights) = try LanguageModels.open(model, in: store)
            show(model, weights.notes.joined(separator: "; "), declared.plan)
        } else if let preset {
            let named = try Preset.named(preset)
            show(named.name, named.note, named.plan)
        } else {
            for preset in Preset.all {
                if json {
                    Output.json([
                        "preset": .string(preset.name),
                        "parameters": .count(preset.plan.parameters), "note": .string(preset.note),
                    ])
                } else {
                    let name =
                        preset.name + String(repeating: " ", count: max(1, 14 - preset.name.count))
                    Output.print(
                        "\(name)\(Text.short(Double(preset.plan.parameters)))\t\(preset.note)")
                }
            }
        }
    }

    private func show(_ name: String, _ note: String, _ plan: ModelPlan) {
        let memory = plan.memory(batch: batch)
        if json {
            var terms = JSONObject()
            for (term, bytes) in memory { terms[term] = .real(bytes) }
            Output.json([
                "name": .string(name), "note": .string(note), "parameters": .count(plan.parameters),
                "flops_per_token": .real(plan.flopsPerToken), "memory": .object(terms),
                "tensors": .array(
                    plan.tensors.map {
                        .object([
                            "name": .string($0.name), "shape": .array($0.shape.map { .count($0) }),
                        ])
                    }),
            ])
            return
        }
        Output.print(
            "\(name): \(Text.short(Double(plan.parameters))) parameters (\(plan.parameters))")
        if !note.isEmpty { Output.print(note) }
        Output.print(
            "training: \(Text.short(plan.flopsPerToken)) floating-point operations a token at the full context"
        )
        Output.print("memory for training in float32 with AdamW, batch \(batch):")
        for (term, bytes) in memory {
            let label = term.split(separator: "_").joined(separator: " ")
            Output.print(
                "  \(label)\(String(repeating: " ", count: max(1, 28 - label.count)))\(Text.bytes(bytes))"
            )
        }
        if tensors {
            for (name, shape) in plan.tensors { Output.print("  \(name) \(shape)") }
        }
    }
}
