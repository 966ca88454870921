#!/usr/bin/env python3
"""Does Hugging Face transformers see the same model in a run folder as Martlet does?

    python check_transformers.py RUN [--text-file FILE] [--martlet .build/release/martlet]

Loads RUN as it is with AutoModelForCausalLM in float32, runs the same ids in both, and compares
logits and all hidden states: the largest absolute difference may be 1e-4 at most. If the folder has
a tokenizer, texts are encoded here by AutoTokenizer and by tokenizers.Tokenizer, there by
`martlet tokenizer encode`, and all ids must be equal. Exit status 1 on any mismatch.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXTS = [
    "Once upon a time there was a fox who lived near the old mill.\n",
    "ROMEO:\nBut, soft! what light through yonder window breaks?\n\n  It's the east,   we'll see.",
    "Zahlen 12 345, 6.78 % und naïve Grüße – «ça va»? 日本語のテキスト、русский, עברית 👩🏽‍🚀🎉 \t\u00a0!\r\n",
    " ", "a",
]


def martlet(options, *arguments):
    command = [str(part) for part in (options.martlet, *arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"check_transformers: {' '.join(command)}: exit status {done.returncode}")
    return done.stdout


def default_ids(config):
    """Fills the context but for one place, at most 96 ids, spread over the vocabulary."""
    count = max(1, min(config.max_position_embeddings - 1, 96))
    return [(k * 7919 + 13) % config.vocab_size for k in range(count)]


def check_model(options, folder):
    """Yields a line for every mismatch."""
    model, info = AutoModelForCausalLM.from_pretrained(
        options.run, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if info.get(kind):
            yield f"transformers reports {kind}: {sorted(map(str, info[kind]))}"
    model.eval()
    ids = options.ids or default_ids(model.config)
    with torch.no_grad():
        theirs = model(torch.tensor([ids]), output_hidden_states=True)
    file = pathlib.Path(folder) / "forward.safetensors"
    martlet(options, "forward", "--model", options.run, "--ids", " ".join(map(str, ids)),
            "--hidden-states", "--precision", "float32", "--output", file)
    ours = load_file(file)
    expected = {"logits": theirs.logits}
    expected |= {f"hidden_states.{n}": h for n, h in enumerate(theirs.hidden_states)}
    for name, wanted in expected.items():
        if name not in ours:
            yield f"{name}: martlet wrote no such tensor (it wrote {', '.join(sorted(ours))})"
            continue
        got, wanted = ours[name], wanted[0]
        if got.dim() == 3 and got.shape[0] == 1:
            got = got[0]
        if got.dtype != torch.float32 or got.shape != wanted.shape:
            yield (f"{name}: martlet has {got.dtype} {list(got.shape)}, "
                   f"transformers {wanted.dtype} {list(wanted.shape)}")
            continue
        # a NaN compares false with everything, so ask for what is wanted, not for its opposite
        difference = (got - wanted).abs().max().item()
        good = difference <= options.tolerance
        print(f"{name}: max abs difference {difference:.2e}{'' if good else '  MISMATCH'}")
        if not good:
            yield f"{name}: max abs difference {difference:.2e}, allowed {options.tolerance:.0e}"


def encodable(text, file):
    """A WordLevel vocabulary of characters has no others: leave them out of our sample texts."""
    model = json.loads(file.read_text())["model"]
    if model["type"] != "WordLevel":
        return text
    return "".join(c for c in text if c in model["vocab"])


def check_tokenizer(options, folder):
    """Yields a line for every mismatch."""
    file = options.run / "tokenizer.json"
    if not file.exists():
        print("no tokenizer.json: ids only, tokenizer NOT compared")
        return
    backend, automatic = Tokenizer.from_file(str(file)), AutoTokenizer.from_pretrained(options.run)
    texts = [encodable(text, file) for text in TEXTS]
    if options.text_file:
        texts.append(options.text_file.read_bytes().decode())
    for number, text in enumerate(filter(None, texts)):
        path = pathlib.Path(folder) / f"text-{number}.txt"
        path.write_bytes(text.encode())
        lines = martlet(options, "tokenizer", "encode", "--model", options.run, "--file", path,
                        "--json").splitlines()
        ours = json.loads(lines[-1])["ids"] if lines else None
        peers = {"tokenizers": backend.encode(text, add_special_tokens=False).ids,
                 "AutoTokenizer": automatic.encode(text, add_special_tokens=False)}
        for name, theirs in peers.items():
            if ours != theirs:
                at = next((i for i, (a, b) in enumerate(zip(ours or [], theirs)) if a != b),
                          min(len(ours or []), len(theirs)))
                yield (f"{text[:30]!r}…: martlet and {name} differ from token {at}: "
                       f"{(ours or [])[at:at + 5]} and {theirs[at:at + 5]}")
        print(f"{text[:30]!r}…: {len(ours or [])} tokens")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=pathlib.Path, metavar="RUN")
    parser.add_argument("--martlet", type=pathlib.Path, default=ROOT / ".build/release/martlet")
    parser.add_argument("--ids", type=lambda s: [int(x) for x in s.split()], help='"1 2 3"')
    parser.add_argument("--text-file", type=pathlib.Path, help="UTF-8 to encode as well")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        problems = [*check_model(options, folder), *check_tokenizer(options, folder)]
    for problem in problems:
        print(f"check_transformers: {problem}", file=sys.stderr)
    print("different" if problems else "the same")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
