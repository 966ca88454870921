#!/usr/bin/env python3
"""Writes wordpiece.json: two small WordPiece tokenizers as BERT has them, and what Hugging Face's
`tokenizers` makes of hard strings.

    python make_wordpiece_golden.py       # needs tokenizers
"""
import json
import pathlib

import tokenizers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

TEXTS = [
    "", " ", "Hello, world!", "The quick brown fox can't jump over 13 lazy dogs...", "naïve café ÀÉÎ",
    "e\u0301le\u0300ve", "İstanbul ısı ẞ ß", "日本語テスト 漢字", "한국어 각", "≠≮ \u2260", "a\u0000b\ufffdc\u200dd",
    "tab\tnew\nline\u00a0space\u3000wide", "emoji 👩‍👩‍👧 🎉", "ſtraße Ⅻ ﬁ", "x" * 100, "x" * 101,
    "don't I'm we've it's", "[CLS] hello [SEP]", "שָׁלוֹם مرحبا हिन्दी ไทย", "a.b,c;d:e!f?g", "unaffable",
]


def main():
    out = {"made_by": "make_wordpiece_golden.py", "tokenizers": tokenizers.__version__, "cases": []}
    for name, options in [("uncased", dict(lowercase=True)),
                          ("cased", dict(lowercase=False, strip_accents=False))]:
        normalizer = normalizers.BertNormalizer(**options)
        alphabet = sorted(set(normalizer.normalize_str("".join(TEXTS))) - {" "})
        words = ["hello", "the", "quick", "##ick", "un", "##aff", "##able", "dog", "##s", "can", "##af"]
        vocab = {t: i for i, t in enumerate(
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words
            + [c for c in alphabet if c not in "9½"] + ["##" + c for c in alphabet if c != "z"])}
        t = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
        t.normalizer = normalizer
        t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        t.decoder = decoders.WordPiece()
        t.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        t.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
        rows = []
        for text in TEXTS:
            e, whole = t.encode(text, add_special_tokens=False), t.encode(text)
            starts = [0]
            for c in text:
                starts.append(starts[-1] + len(c.encode()))
            rows.append({"text": text, "ids": e.ids, "whole": whole.ids,
                         "offsets": [[starts[a], starts[b]] for a, b in e.offsets],
                         "decoded": t.decode(e.ids, skip_special_tokens=False)})
        out["cases"].append({"name": name, "file": json.loads(t.to_str()), "rows": rows})
    path = pathlib.Path(__file__).parent / "wordpiece.json"
    path.write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
