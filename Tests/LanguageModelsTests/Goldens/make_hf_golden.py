#!/usr/bin/env python3
"""Writes two tiny GPT-2 folders as Hugging Face has them, and what transformers computes from them.

    python make_hf_golden.py          # needs torch, transformers, safetensors

tiny-gpt2/      as transformers saves it today: float32, names with `transformer.`, key `dtype`
tiny-gpt2-old/  as the files of 2019-2022 look: float16, no prefix, the causal-mask buffers
                `h.N.attn.bias` and `h.N.attn.masked_bias` among the weights, key `torch_dtype`

Beside each folder a JSON with the reference, computed in float32 from the files just written:

    ids             two rows of token ids
    logits          [row][position][vocabulary]
    hidden_states   [0 … depth][row][position][width]: the embeddings' sum, then after each block;
                    the last one is after the final norm (transformers' convention)
    loss            labels = ids, shifted inside: the mean over all rows and positions but the first
    logprobs        [row][position]: log p(ids[position] | before), null at position 0
    greedy          [row]: 8 ids, argmax each time, no stopping
    greedy_margin   the smallest lead of an argmax over its runner-up
"""
import json
import math
import os
import pathlib
import shutil

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel

HERE = pathlib.Path(__file__).parent
VOCABULARY, CONTEXT, WIDTH, DEPTH, HEADS = 41, 24, 24, 3, 3
TIME, CONTINUATION = 11, 8


def random_model(seed):
    """Weights large enough that attention and predictions are far from uniform."""
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=WIDTH, n_layer=DEPTH, n_head=HEADS,
        bos_token_id=VOCABULARY - 1, eos_token_id=VOCABULARY - 1)
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 2:
                p.normal_(std=0.25)
            else:
                p.normal_(mean=1.0 if ".ln_" in name and "weight" in name else 0.0, std=0.2)
    return model.eval()


def write_current(folder):
    model = random_model(63)
    model.generation_config = GenerationConfig(
        bos_token_id=VOCABULARY - 1, eos_token_id=VOCABULARY - 1, do_sample=False)
    model.save_pretrained(folder)


def write_old(folder):
    model = random_model(41)
    tensors = {}
    for name, p in model.transformer.state_dict().items():
        tensors[name] = p.half().contiguous()
    mask = torch.ones(CONTEXT, CONTEXT).tril().reshape(1, 1, CONTEXT, CONTEXT)
    for layer in range(DEPTH):
        tensors[f"h.{layer}.attn.bias"] = mask.clone()
        tensors[f"h.{layer}.attn.masked_bias"] = torch.tensor(-1e4, dtype=torch.float16)
    folder.mkdir()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1, "bos_token_id": VOCABULARY - 1, "embd_pdrop": 0.1,
        "eos_token_id": VOCABULARY - 1, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2", "n_ctx": CONTEXT, "n_embd": WIDTH, "n_head": HEADS,
        "n_layer": DEPTH, "n_positions": CONTEXT, "resid_pdrop": 0.1,
        "summary_activation": None, "summary_first_dropout": 0.1,
        "summary_proj_to_labels": True, "summary_type": "cls_index", "summary_use_proj": True,
        "torch_dtype": "float16", "transformers_version": "4.18.0", "use_cache": True,
        "vocab_size": VOCABULARY}
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def rounded(tensor):
    def walk(x):
        return [walk(y) for y in x] if isinstance(x, list) else float(f"{x:.8g}")
    return walk(tensor.tolist())


def greedy(model, row):
    """Whole forward passes only; returns the new ids and the closest decision."""
    ids, margin = list(row), math.inf
    for _ in range(CONTINUATION):
        top = model(torch.tensor([ids])).logits[0, -1].topk(2)
        ids.append(int(top.indices[0]))
        margin = min(margin, float(top.values[0] - top.values[1]))
    return ids[len(row):], margin


@torch.no_grad()
def reference(folder, hidden_states):
    """What transformers computes from the folder, in float32, checked against float64."""
    load = dict(pretrained_model_name_or_path=folder, attn_implementation="eager")
    model = GPT2LMHeadModel.from_pretrained(**load, dtype=torch.float32).eval()
    torch.manual_seed(13)
    ids = torch.randint(VOCABULARY - 1, (2, TIME))
    out = model(ids, labels=ids, output_hidden_states=True)
    exact = GPT2LMHeadModel.from_pretrained(**load, dtype=torch.float64).eval()(ids)
    logprobs = out.logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
    continued, margins = zip(*(greedy(model, row) for row in ids.tolist()))
    assert all(VOCABULARY - 1 not in row for row in continued), "greedy meets the end of text"
    assert min(margins) > 0.1, "a greedy decision is too close for a test"
    generated = model.generate(ids, max_new_tokens=CONTINUATION, do_sample=False)
    assert generated[:, TIME:].tolist() == list(continued), "generate disagrees with argmax"
    result = {
        "made_by": "make_hf_golden.py", "folder": folder.name,
        "versions": {"torch": torch.__version__.split("+")[0],
                     "transformers": transformers.__version__},
        "ids": ids.tolist(), "logits": rounded(out.logits)}
    if hidden_states:
        result["hidden_states"] = [rounded(h) for h in out.hidden_states]
    return result | {
        "loss": rounded(out.loss),
        "logprobs": [[None, *row] for row in rounded(logprobs)],
        "greedy": list(continued), "greedy_margin": min(margins),
        "largest_logit": out.logits.abs().max().item(),
        "float32_minus_float64_logits": (out.logits.double() - exact.logits).abs().max().item()}


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    total = 0
    for name, write, full in [("tiny-gpt2", write_current, True),
                              ("tiny-gpt2-old", write_old, False)]:
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        write(folder)
        result = reference(folder, hidden_states=full)
        (HERE / f"{name}.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
        for path in [*sorted(folder.iterdir()), HERE / f"{name}.json"]:
            os.chmod(path, 0o644)
            total += path.stat().st_size
            print(path.relative_to(HERE), path.stat().st_size, "bytes")
        print({k: result[k] for k in ("loss", "greedy", "greedy_margin", "largest_logit",
                                      "float32_minus_float64_logits")},
              sorted(load_file(folder / "model.safetensors"))[:4])
    print(total, "bytes in all")


if __name__ == "__main__":
    main()
