/// The weight names LLaMA, Mistral, Qwen2 and Qwen3 share.
package enum LlamaNames {
    package static let llama = WeightNames(
        prefix: "",
        rules: [
            .init("embedding.tokens.weight", "model.embed_tokens.weight"),
            .init("blocks.#.attentionNorm.*", "model.layers.#.input_layernorm.*"),
            .init("blocks.#.attention.query.*", "model.layers.#.self_attn.q_proj.*"),
            .init("blocks.#.attention.key.*", "model.layers.#.self_attn.k_proj.*"),
            .init("blocks.#.attention.value.*", "model.layers.#.self_attn.v_proj.*"),
            .init("blocks.#.attention.output.*", "model.layers.#.self_attn.o_proj.*"),
            .init("blocks.#.attention.queryNorm.*", "model.layers.#.self_attn.q_norm.*"),
            .init("blocks.#.attention.keyNorm.*", "model.layers.#.self_attn.k_norm.*"),
            .init("blocks.#.feedForwardNorm.*", "model.layers.#.post_attention_layernorm.*"),
            .init("blocks.#.feedForward.gate.*", "model.layers.#.mlp.gate_proj.*"),
            .init("blocks.#.feedForward.up.*", "model.layers.#.mlp.up_proj.*"),
            .init("blocks.#.feedForward.down.*", "model.layers.#.mlp.down_proj.*"),
            .init("finalNorm.*", "model.norm.*"),
            .init("head.weight", "lm_head.weight"),
        ],
        // Buffers of old files, and the tied head some writers repeat.
        ignored: ["model.layers.#.self_attn.rotary_emb.inv_freq", "lm_head.weight"])
}
