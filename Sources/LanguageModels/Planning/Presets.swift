import ByteIO
import Neural
import Tensors

/// A named model size. Presets have one meaning everywhere: `pretrain`, `info` and `bench`.
public struct Preset: Sendable {
    /// The name on the command line.
    public let name: String
    /// Where the numbers come from, and what is not modelled.
    public let note: String
    /// The model, when it is one we build.
    public let configuration: GPTConfiguration?
    /// What it costs.
    public let plan: ModelPlan

    /// Every preset, small to large within each table.
    public static let all: [Preset] = ours + gpt1 + gpt2 + gpt3 + [llama335m]

    /// The preset of a name; an unknown one is refused with the list.
    public static func named(_ name: String) throws(MartletError) -> Preset {
        guard let preset = all.first(where: { $0.name == name }) else {
            throw MartletError(
                .invalidValue,
                "there is no preset '\(name)'; presets: \(all.map(\.name).joined(separator: ", "))")
        }
        return preset
    }

    private init(
        _ name: String, _ note: String, vocabulary: Int, context: Int, width: Int, depth: Int,
        heads: Int, isBuilt: Bool = true, initializerDeviation: Double = 0.02
    ) {
        self.name = name
        self.note = note
        var configuration = GPTConfiguration(
            vocabulary: vocabulary, context: context, width: width, depth: depth, heads: heads)
        configuration.initializerDeviation = initializerDeviation
        self.configuration = isBuilt ? configuration : nil
        // Declaring allocates nothing, whatever the size.
        plan = GPT(configuration, in: ParameterStore(on: Device(threads: 1, tier: .scalar))).plan
    }

    private init(_ name: String, _ note: String, plan: ModelPlan) {
        self.name = name
        self.note = note
        configuration = nil
        self.plan = plan
    }

    private static let ours: [Preset] = [
        // 1 / sqrt(width), roughly: with GPT-2's 0.02 attention in so narrow a model starts out
        // almost uniform, and learns to look back much later (docs/log.md).
        Preset(
            "story2m", "the model of `martlet demo`", vocabulary: 1024, context: 192, width: 160,
            depth: 5, heads: 5, initializerDeviation: 0.07),
        Preset(
            "char0.8m", "nanoGPT's Shakespeare model for a CPU", vocabulary: 65, context: 64,
            width: 128, depth: 4, heads: 4),
        Preset(
            "char10m", "nanoGPT's Shakespeare model for a GPU", vocabulary: 65, context: 256,
            width: 384, depth: 6, heads: 6),
    ]

    private static let gpt1 = [
        Preset(
            "gpt1-117m",
            "Radford et al. 2018; described only: its norms come after each sub-layer, and this "
                + "table counts GPT-2's final norm (1,536 values) besides",
            vocabulary: 40478, context: 512, width: 768, depth: 12, heads: 12, isBuilt: false)
    ]

    private static let gpt2: [Preset] = [
        ("gpt2-124m", 768, 12, 12), ("gpt2-355m", 1024, 24, 16), ("gpt2-774m", 1280, 36, 20),
        ("gpt2-1.6b", 1600, 48, 25),
    ].map { name, width, depth, heads in
        Preset(
            name, "Radford et al. 2019", vocabulary: 50257, context: 1024, width: width,
            depth: depth,
            heads: heads)
    }

    /// Table 2.1 of Brown et al. 2020. Where its numbers contradict each other (XL: 24 heads of 128
    /// in a width of 2048; 13B: a width of 5140) the nearest consistent ones stand here.
    private static let gpt3: [Preset] = [
        ("gpt3-125m", 768, 12, 12), ("gpt3-350m", 1024, 24, 16), ("gpt3-760m", 1536, 24, 16),
        ("gpt3-1.3b", 2048, 24, 16), ("gpt3-2.7b", 2560, 32, 32), ("gpt3-6.7b", 4096, 32, 32),
        ("gpt3-13b", 5120, 40, 40), ("gpt3-175b", 12288, 96, 96),
    ].map { name, width, depth, heads in
        Preset(
            name,
            "Brown et al. 2020; its alternating dense and locally banded attention is not modelled: "
                + "every layer here is dense",
            vocabulary: 50257, context: 2048, width: width, depth: depth, heads: heads)
    }

    private static let llama335m: Preset = {
        let (depth, width, inner, vocabulary, keyValueWidth) = (24, 1024, 2816, 50257, 512)
        var shapes: [(String, [Int])] = [("embedding.tokens.weight", [vocabulary, width])]
        for layer in 0..<depth {
            shapes += [
                ("blocks.\(layer).attentionNorm.weight", [width]),
                ("blocks.\(layer).attention.qkv.weight", [width + 2 * keyValueWidth, width]),
                ("blocks.\(layer).attention.output.weight", [width, width]),
                ("blocks.\(layer).feedForwardNorm.weight", [width]),
                ("blocks.\(layer).feedForward.gate.weight", [inner, width]),
                ("blocks.\(layer).feedForward.up.weight", [inner, width]),
                ("blocks.\(layer).feedForward.down.weight", [width, inner]),
            ]
        }
        shapes.append(("finalNorm.weight", [width]))
        return Preset(
            "llama-335m", "described only: rotary positions, grouped heads, gated feed-forward",
            plan: ModelPlan(
                shapes: shapes, depth: depth, width: width, keyValueWidth: keyValueWidth,
                context: 4096, vocabulary: vocabulary, inner: inner, heads: 16,
                positionParameters: 0, isTied: true))
    }()
}
