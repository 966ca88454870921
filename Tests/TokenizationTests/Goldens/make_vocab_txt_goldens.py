#!/usr/bin/env python3
"""Writes vocabtxt.json: BERT's vocab.txt, with and without a tokenizer_config.json beside it, and
what transformers' BertTokenizer makes of hard strings with them.

    python make_vocab_txt_goldens.py      # needs transformers

{"strings": […], "files": [{"name": …, "vocab": content of vocab.txt,
                            "config": content of tokenizer_config.json or null, "cases": […]}]}

A case that encodes; special tokens in the text are always found:
    text        index into strings
    ids         the ids without tokens around the text
    offsets     start, end, start, end, …: bytes of the text in UTF-8 that the id comes from
    whole       the ids with the tokens around the text
    decoded     whole decoded, index into strings
    skipped     the same without special tokens
A case of two texts:
    text, pair  indices into strings
    whole       the ids with the tokens around the texts
    type_ids    to which text each belongs
A case that decodes:
    decode      ids
    decoded, skipped as above
"""
import collections
import json
import pathlib
import random
import tempfile

import transformers
from hard_strings import GROUPS, TEXTS
from transformers import BertTokenizer

HERE = pathlib.Path(__file__).parent
LINES = (HERE / "corpus.txt").read_text().splitlines() + TEXTS
STANDARD = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
NAMES = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>",
         "mask_token": {"content": "<mask>", "lstrip": False, "rstrip": False, "normalized": False,
                        "single_word": False, "__type": "AddedToken"}}
ALL_TEXTS = [text for group, texts in GROUPS.items() for text in texts if group != "long"] + [
    "x" * 100, "x" * 101, "[CLS]hello[SEP]", "[MASK] <mask><s></s> <unk>[UNK]"]


def tokens(options, count):
    """Letters and beginnings and ends of words by how often they come, without some letters."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "vocab.txt"
        path.write_text("\n".join(STANDARD))
        backend = BertTokenizer(str(path), **options).backend_tokenizer
    normalize, cut = backend.normalizer.normalize_str, backend.pre_tokenizer.pre_tokenize_str
    counts = collections.Counter()
    for line in LINES:
        for word, _ in cut(normalize(line)):
            parts = [word[:size] for size in range(1, 9)] + ["##" + word[at:] for at in range(1, 9)]
            parts += ["##" + c for c in word]
            counts.update(part for part in dict.fromkeys(parts) if part.removeprefix("##"))
    ordered = sorted(counts, key=lambda part: (-counts[part], part))
    return [part for part in ordered if part not in ("q", "##z", "9")][:count]


def with_quirks(lines):
    """Lines as another system ends them, one twice, one empty, one with spaces after it, and no end
    of the last."""
    lines = lines[:60] + [lines[20], ""] + lines[60:] + ["##qu  ", "qu"]
    return "\r\n".join(lines)


def files():
    """name, content of vocab.txt, tokenizer_config.json or None"""
    lowered = {"do_lower_case": True}
    for name, options, config in [
        ("uncased", lowered, None),
        ("cased", {"do_lower_case": False}, {"do_lower_case": False}),
        ("cased-stripped", {"do_lower_case": False, "strip_accents": True},
         {"do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False,
          "model_max_length": 512, "tokenizer_class": "BertTokenizer", "pad_token": "[PAD]",
          "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
          "mask_token": "[MASK]"}),
        ("uncased-accents", {"strip_accents": False},
         {"strip_accents": False, "tokenize_chinese_chars": True, "do_lower_case": True}),
        ("quirks", lowered, {"do_lower_case": True}),
        ("names", lowered, NAMES),
    ]:
        first = {"names": ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]}.get(name, STANDARD)
        lines = first + tokens(options, 320)
        yield name, with_quirks(lines) if name == "quirks" else "\n".join(lines) + "\n", config


STRINGS = {}


def shared(text):
    """The place of a string in the list of all."""
    return STRINGS.setdefault(text, len(STRINGS))


def flat_offsets(text, offsets):
    starts = [0]
    for c in text:
        starts.append(starts[-1] + len(c.encode()))
    return [starts[place] for offset in offsets for place in offset]


def decoded(backend, ids):
    return {"decoded": shared(backend.decode(ids, skip_special_tokens=False)),
            "skipped": shared(backend.decode(ids, skip_special_tokens=True))}


def cases(tokenizer, rng, place):
    backend = tokenizer.backend_tokenizer
    for text in [text for n, text in enumerate(ALL_TEXTS) if n % 3 == place % 3 or "[" in text]:
        plain, whole = backend.encode(text, add_special_tokens=False), backend.encode(text)
        assert whole.ids == tokenizer(text)["input_ids"]
        yield {"text": shared(text), "ids": plain.ids,
               "offsets": flat_offsets(text, plain.offsets), "whole": whole.ids
               } | decoded(backend, whole.ids)
    for text, pair in [("hello world", "naïve 漢字"), ("", "x"), ("a [SEP] b", " ")]:
        whole = backend.encode(text, pair)
        yield {"text": shared(text), "pair": shared(pair), "whole": whole.ids,
               "type_ids": whole.type_ids}
    known = sorted(tokenizer.get_vocab().values())
    for _ in range(4):
        ids = [rng.choice(known) for _ in range(10)] + [rng.choice(known[:8])]
        rng.shuffle(ids)
        yield {"decode": ids} | decoded(backend, ids)


def main():
    out = {"made_by": "make_vocab_txt_goldens.py", "transformers": transformers.__version__}
    rows = []
    for place, (name, vocab, config) in enumerate(files()):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "vocab.txt").write_bytes(vocab.encode())
            if config is not None:
                (folder / "tokenizer_config.json").write_text(json.dumps(config))
            tokenizer = BertTokenizer.from_pretrained(folder)
        rows.append({"name": name, "vocab": vocab, "config": config,
                     "cases": list(cases(tokenizer, random.Random(name), place))})
    out |= {"strings": list(STRINGS), "files": rows}
    (HERE / "vocabtxt.json").write_text(
        json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
