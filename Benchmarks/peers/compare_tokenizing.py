#!/usr/bin/env python3
"""Encoding and learning against tiktoken and Hugging Face tokenizers, interleaved, one thread each.

    python compare_tokenizing.py VOCABULARY FILE [FILE ...] [--pairs 5] [--learn 8192] [--martlet PATH]

VOCABULARY is a folder with GPT-2's encoder.json and vocab.bpe. Prints one JSON line a file: megabytes a second
of `martlet bench tokenize` and of tiktoken in turns, and the median of the ratios; then the seconds of
learning byte pairs (8,192 unless told) from the first file (`martlet tokenizer train`) and of Hugging Face's trainer.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "true"
import tiktoken  # noqa: E402
from tiktoken.load import data_gym_to_mergeable_bpe_ranks  # noqa: E402
from tiktoken_ext.openai_public import r50k_pat_str  # noqa: E402
from tokenizers import Tokenizer, models, pre_tokenizers, trainers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
parser = argparse.ArgumentParser()
parser.add_argument("vocabulary")
parser.add_argument("files", nargs="+")
parser.add_argument("--pairs", type=int, default=5)
parser.add_argument("--learn", type=int, default=8192)
parser.add_argument("--martlet", default=str(ROOT / ".build/release/martlet"))
options = parser.parse_args()


def martlet(*words):
    result = subprocess.run(
        [options.martlet, *words, "--json"], check=True, capture_output=True, text=True)
    return json.loads(result.stdout)


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


folder = pathlib.Path(options.vocabulary)
ranks = data_gym_to_mergeable_bpe_ranks(str(folder / "vocab.bpe"), str(folder / "encoder.json"))
peer = tiktoken.Encoding(
    "gpt2", pat_str=r50k_pat_str, mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 50256})
for path in options.files:
    text = pathlib.Path(path).read_bytes().decode("utf-8", errors="replace")
    size = len(text.encode())
    ours, theirs = [], []
    for _ in range(options.pairs):
        ours.append(martlet("bench", "tokenize", "--model", str(folder), "--file", path)["mb_per_s_median"])
        theirs.append(size / seconds(lambda: peer.encode_ordinary(text)) / 1e6)
    print(json.dumps({
        "file": os.path.basename(path), "bytes": size,
        "martlet_mb_s": round(statistics.median(ours), 1),
        "tiktoken_mb_s": round(statistics.median(theirs), 1),
        "ratio": round(statistics.median(a / b for a, b in zip(ours, theirs)), 2)}), flush=True)

text = pathlib.Path(options.files[0]).read_bytes().decode("utf-8", errors="replace")
chunks = [text[start:start + 10000] for start in range(0, len(text), 10000)]


def learn():
    fresh = Tokenizer(models.BPE())
    fresh.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    fresh.train_from_iterator(chunks, trainers.BpeTrainer(vocab_size=options.learn, show_progress=False))


ours, theirs = [], []
for _ in range(options.pairs):
    with tempfile.TemporaryDirectory() as output:
        ours.append(martlet(
            "tokenizer", "train", "--data", options.files[0], "--vocab-size", str(options.learn), "--threads", "1",
            "--output", output)["seconds"])
    theirs.append(seconds(learn))
print(json.dumps({
    "learning": options.learn, "martlet_s": round(statistics.median(ours), 3),
    "tokenizers_s": round(statistics.median(theirs), 3),
    "ratio": round(statistics.median(b / a for a, b in zip(ours, theirs)), 2)}))
