#!/usr/bin/env python3
"""How fast PyTorch trains a GPT-2 on this machine's CPU.

    python torch_train.py --preset char10m --batch 16 --context 256 --modes f32 bf16-compile

Prints one JSON line a mode. A step is what `martlet bench train` does: forward, cross-entropy,
backward, clipping to norm 1 and AdamW, on random tokens, no dropout. The model is GPT-2's (biases,
tanh GELU, tied head) on PyTorch's fused attention and fused AdamW; bf16 is autocast over float32
weights. Several modes run in a process each, so that peak memory and warm-up are each mode's own.
"""
import argparse
import contextlib
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

MODES = ["f32", "bf16", "f32-compile", "bf16-compile"]


@dataclass(frozen=True)
class Size:
    depth: int
    heads: int
    width: int
    vocabulary: int
    context: int


PRESETS = {
    "char0.8m": Size(depth=4, heads=4, width=128, vocabulary=65, context=64),
    "char10m": Size(depth=6, heads=6, width=384, vocabulary=65, context=256),
    # 50257 padded to a multiple of 64, which PyTorch prefers
    "gpt2-124m": Size(depth=12, heads=12, width=768, vocabulary=50304, context=1024),
}


def build(size, context):
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.project_in = nn.Linear(size.width, 3 * size.width)
            self.project_out = nn.Linear(size.width, size.width)

        def forward(self, x):
            def by_head(t):
                return t.unflatten(-1, (size.heads, -1)).transpose(1, 2)

            query, key, value = map(by_head, self.project_in(x).split(size.width, dim=-1))
            mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
            return self.project_out(mixed.transpose(1, 2).flatten(-2))

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.Sequential(nn.LayerNorm(size.width), Attention())
            self.feed_forward = nn.Sequential(
                nn.LayerNorm(size.width), nn.Linear(size.width, 4 * size.width),
                nn.GELU(approximate="tanh"), nn.Linear(4 * size.width, size.width))

        def forward(self, x):
            x = x + self.attention(x)
            return x + self.feed_forward(x)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(size.vocabulary, size.width)
            self.positions = nn.Parameter(torch.zeros(context, size.width))
            self.layers = nn.Sequential(*(Layer() for _ in range(size.depth)))
            self.norm = nn.LayerNorm(size.width)

        def forward(self, ids, targets):
            x = self.tokens(ids) + self.positions[:ids.shape[1]]
            logits = F.linear(self.norm(self.layers(x)), self.tokens.weight)
            return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())

    model = Model()
    residual = 0.02 / math.sqrt(2 * size.depth)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 2:
                last = name.endswith(("project_out.weight", "feed_forward.3.weight"))
                p.normal_(std=residual if last else 0.02)
            elif name.endswith("bias"):
                p.zero_()
    return model


def peak_megabytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def measure(mode, options):
    import torch

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    size = PRESETS[options.preset]
    context = options.context or size.context
    model = build(size, context)
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in parameters if p.dim() == 2], "weight_decay": 0.1},
         {"params": [p for p in parameters if p.dim() != 2], "weight_decay": 0.0}],
        lr=3e-4, betas=(0.9, 0.95), fused=True)
    compute_loss = torch.compile(model) if mode.endswith("-compile") else model
    ids, targets = torch.randint(size.vocabulary, (2, options.batch, context))

    def precision():
        if mode.startswith("bf16"):
            return torch.autocast("cpu", torch.bfloat16)
        return contextlib.nullcontext()

    def step():
        with precision():
            loss = compute_loss(ids, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    for _ in range(options.warmup):
        step()
    seconds = []
    for _ in range(options.steps):
        start = time.perf_counter()
        loss = step()
        seconds.append(time.perf_counter() - start)
    tokens, median = options.batch * context, statistics.median(seconds)
    return {
        "peer": f"pytorch {torch.__version__}", "preset": options.preset, "mode": mode,
        "batch": options.batch, "context": context, "threads": options.threads,
        "steps": options.steps, "parameters": sum(p.numel() for p in parameters),
        "ms_per_step_median": round(1000 * median, 2),
        "tokens_per_s_median": round(tokens / median, 1),
        "tokens_per_s_best": round(tokens / min(seconds), 1),
        "peak_rss_mb": peak_megabytes(), "loss": round(loss, 4)}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=PRESETS, default="char10m")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=["f32"])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--context", type=int, help="the preset's, if not given")
    parser.add_argument("--steps", type=int, default=10, help="timed steps")
    parser.add_argument("--warmup", type=int, default=3, help="steps before the clock starts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.steps < 1 or options.batch < 1 or options.threads < 1:
        parser.error("--steps, --batch and --threads must be at least 1")
    if len(options.modes) == 1:
        print(json.dumps(measure(options.modes[0], options)), flush=True)
        return 0
    rest = ["--preset", options.preset]
    for name in ("batch", "context", "steps", "warmup", "threads", "seed"):
        if (value := getattr(options, name)) is not None:
            rest += [f"--{name}", str(value)]
    failed = 0
    for mode in options.modes:
        failed |= subprocess.run([sys.executable, __file__, "--modes", mode, *rest]).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
