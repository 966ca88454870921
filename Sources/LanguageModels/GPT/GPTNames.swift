/// GPT-2's published weight names. Its linear layers are stored [in, out], transposed from ours.
package enum GPTNames {
    package static let gpt2 = WeightNames(
        prefix: "transformer.",
        rules: [
            .init("embedding.tokens.weight", "wte.weight"),
            .init("embedding.positions.weight", "wpe.weight"),
            .init("blocks.#.attentionNorm.*", "h.#.ln_1.*"),
            .init("blocks.#.attention.qkv.weight", "h.#.attn.c_attn.weight", transposed: true),
            .init("blocks.#.attention.qkv.bias", "h.#.attn.c_attn.bias"),
            .init("blocks.#.attention.output.weight", "h.#.attn.c_proj.weight", transposed: true),
            .init("blocks.#.attention.output.bias", "h.#.attn.c_proj.bias"),
            .init("blocks.#.feedForwardNorm.*", "h.#.ln_2.*"),
            .init("blocks.#.feedForward.up.weight", "h.#.mlp.c_fc.weight", transposed: true),
            .init("blocks.#.feedForward.up.bias", "h.#.mlp.c_fc.bias"),
            .init("blocks.#.feedForward.down.weight", "h.#.mlp.c_proj.weight", transposed: true),
            .init("blocks.#.feedForward.down.bias", "h.#.mlp.c_proj.bias"),
            .init("finalNorm.*", "ln_f.*"),
        ],
        // Mask buffers of old files, and the tied head some writers repeat.
        ignored: ["h.#.attn.bias", "h.#.attn.masked_bias", "lm_head.weight"])
}
