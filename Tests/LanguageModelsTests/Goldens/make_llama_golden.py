#!/usr/bin/env python3
"""Writes tiny models of LLaMA's kind as Hugging Face has them, and what transformers computes.

    python make_llama_golden.py          # needs torch, transformers, safetensors

tiny-llama     untied, biases everywhere, linear RoPE scaling
tiny-llama3    grouped heads, Llama 3's RoPE scaling, tied
tiny-mistral   grouped heads, heads wider than width / heads, no window
tiny-qwen2     biases on queries, keys and values
tiny-qwen3     queries and keys normed per head, tied

Beside each folder NAME.json as make_hf_golden.py describes it (ids, logits, hidden_states, loss,
greedy) and NAME.gradients.safetensors: the gradient of the mean loss by published name.
"""
import json
import pathlib
import shutil

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GenerationConfig

from make_hf_golden import rounded

HERE = pathlib.Path(__file__).parent
SIZES = dict(vocab_size=37, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
             num_attention_heads=4, max_position_embeddings=32, bos_token_id=36, eos_token_id=36,
             pad_token_id=None)
ROPE = dict(rope_theta=10000.0)
VARIANTS = {
    "tiny-llama": transformers.LlamaConfig(
        **SIZES, num_key_value_heads=4, attention_bias=True, mlp_bias=True,
        tie_word_embeddings=False, rope_parameters={**ROPE, "rope_type": "linear", "factor": 2.0}),
    "tiny-llama3": transformers.LlamaConfig(
        **SIZES, num_key_value_heads=2, tie_word_embeddings=True,
        rope_parameters=dict(rope_theta=100.0, rope_type="llama3", factor=4.0, low_freq_factor=1.0,
                             high_freq_factor=4.0, original_max_position_embeddings=16)),
    "tiny-mistral": transformers.MistralConfig(
        **SIZES, num_key_value_heads=2, head_dim=6, sliding_window=None, rope_parameters={
            **ROPE, "rope_type": "default"}),
    "tiny-qwen2": transformers.Qwen2Config(
        **SIZES, num_key_value_heads=2, tie_word_embeddings=False, rope_parameters={
            **ROPE, "rope_type": "default"}),
    "tiny-qwen3": transformers.Qwen3Config(
        **SIZES, num_key_value_heads=2, head_dim=8, tie_word_embeddings=True, rope_parameters={
            **ROPE, "rope_type": "default"}),
}


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    for number, (name, config) in enumerate(VARIANTS.items()):
        torch.manual_seed(number)
        config._attn_implementation = "eager"
        model = AutoModelForCausalLM.from_config(config).float().eval()
        with torch.no_grad():
            for path, p in model.named_parameters():
                p.normal_(mean=1.0 if "norm" in path else 0.0, std=0.3)
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        model.generation_config = GenerationConfig(do_sample=False)
        model.save_pretrained(folder)
        ids = torch.randint(36, (2, 9))
        out = model(ids, labels=ids, output_hidden_states=True)
        out.loss.backward()
        save_file({path: p.grad.contiguous() for path, p in model.named_parameters()},
                  HERE / f"{name}.gradients.safetensors")
        greedy = model.generate(ids[:1], max_new_tokens=8, min_new_tokens=8, do_sample=False,
                                pad_token_id=36)[0, 9:]
        (HERE / f"{name}.json").write_text(json.dumps({
            "made_by": "make_llama_golden.py", "folder": name,
            "versions": {"torch": torch.__version__.split("+")[0],
                         "transformers": transformers.__version__},
            "ids": ids.tolist(), "logits": rounded(out.logits.detach()),
            "hidden_states": [rounded(h.detach()) for h in out.hidden_states],
            "loss": rounded(out.loss.detach()), "greedy": greedy.tolist()},
            separators=(",", ":")) + "\n")
        print(name, float(out.loss), sum(p.numel() for p in model.parameters()))


if __name__ == "__main__":
    main()
