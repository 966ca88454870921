/// GPT's and GPT-2's published weight names. Their linear layers are stored [in, out], transposed from
/// ours.
package enum GPTNames {
    package static let gpt2 = WeightNames(
        prefix: "transformer.",
        rules: [
            .init("embedding.tokens.weight", "wte.weight"),
            .init("embedding.positions.weight", "wpe.weight"),
        ] + blocks + [.init("finalNorm.*", "ln_f.*")],
        ignored: ignored)

    package static let gpt1 = WeightNames(
        prefix: "transformer.",
        rules: [
            .init("embedding.tokens.weight", "tokens_embed.weight"),
            .init("embedding.positions.weight", "positions_embed.weight"),
        ] + blocks,
        ignored: ignored + ["position_ids"])

    private static let blocks: [WeightNames.Rule] = [
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
    ]
    // Mask buffers of old files, and the tied head some writers repeat.
    private static let ignored = ["h.#.attn.bias", "h.#.attn.masked_bias", "lm_head.weight"]
}
