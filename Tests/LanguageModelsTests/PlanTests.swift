import LanguageModels
import Neural
import Tensors
import Testing

@Suite struct PlanTests {
    /// Published parameter counts (Radford et al. 2019 as released; nanoGPT's README).
    @Test(arguments: [
        ("gpt2-124m", 124_439_808), ("gpt2-355m", 354_823_168), ("gpt2-774m", 774_030_080),
        ("gpt2-1.6b", 1_557_611_200),
    ])
    func publishedSizes(_ name: String, _ parameters: Int) throws {
        #expect(try Preset.named(name).plan.parameters == parameters)
    }

    @Test func aHugeModelIsDescribedWithoutAllocation() throws {
        let plan = try Preset.named("gpt3-175b").plan
        #expect(abs(Double(plan.parameters) / 175e9 - 1) < 0.01)
        // 6 N D for 300 billion tokens: 3.15e23 in the paper, which leaves attention out.
        let total = 6.0 * Double(plan.productParameters) * 300e9
        #expect(abs(total / 3.15e23 - 1) < 0.01)
        #expect(try Preset.named("gpt3-175b").note.contains("banded"))
    }

    @Test func namesAreUniqueAndUnknownOnesRefused() {
        #expect(Set(Preset.all.map(\.name)).count == Preset.all.count)
        #expect(throws: (any Error).self) { try Preset.named("gpt5") }
    }

    @Test func theCacheTermIsGPT2s() throws {
        // 2 * layers * width * 4 bytes: 37.7 MB at 1024 positions in float16, 75.5 MB in float32.
        let memory = try Preset.named("gpt2-124m").plan.memory(batch: 1)
        let term = memory.first { $0.term == "attention_cache_per_token" }?.bytes ?? 0
        #expect(term * 1024 == 75_497_472)
    }

    @Test func namesTranslateBothWays() {
        let names = GPTNames.gpt2
        #expect(
            names.fullName("blocks.11.attention.qkv.weight")
                == "transformer.h.11.attn.c_attn.weight")
        #expect(names.fullName("blocks.0.attentionNorm.bias") == "transformer.h.0.ln_1.bias")
        #expect(names.isStoredTransposed("blocks.3.feedForward.up.weight"))
        #expect(!names.isStoredTransposed("blocks.3.feedForward.up.bias"))
        #expect(names.isIgnored("h.3.attn.bias"))
        #expect(names.isIgnored("transformer.h.3.attn.masked_bias"))
        #expect(!names.isIgnored("h.x.attn.bias"))
    }
}
