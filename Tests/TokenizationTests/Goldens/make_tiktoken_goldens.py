#!/usr/bin/env python3
"""Writes tiktoken.json: files of ranks as OpenAI, Llama 3 and Qwen name them (tiktoken_ranks.py),
and what tiktoken makes of hard strings with them.

    python make_tiktoken_goldens.py      # needs tiktoken and regex

{"strings": […], "ranks": [contents of files], "files": [
    {"name": …, "file": "cl100k_base.tiktoken", "ranks": index, "cases": […]}]}

A case that encodes ordinary text (disallowed_special=()):
    text        index into strings
    ids         the ids
    starts      for each the scalar of the text that has its first byte
A case with special tokens (allowed_special="all"):
    special     index into strings
    ids         the ids
A case that decodes:
    decode      ids
    bytes       what they stand for, in hexadecimal
    decoded     index into strings: with U+FFFD for what is no UTF-8
"""
import itertools
import json
import os
import random
import tempfile
import unicodedata

import tiktoken
import tiktoken.load
from hard_strings import TEXTS
from tiktoken_ranks import (HERE, LLAMA3, LLAMA3_SPECIALS, QWEN, QWEN_SPECIALS, content, learned,
                            published)

SIZE = 1500
SPECIAL_TEXTS = [
    "<|endoftext|>", "a<|endoftext|>b", " <|endoftext|> \n<|endoftext|><|endoftext|>",
    "<|endoftext", "<|endoftext|>|>", "<<|endoftext|>", "<|ENDOFTEXT|>", "< |endoftext|>",
    "<|fim_prefix|>def f():<|fim_suffix|>\n  x<|fim_middle|>  return",
    "<|endofprompt|> it's<|end|>",
    "<|start|>system<|message|>You are\n\n<|end|><|start|>assistant<|channel|>final<|message|>ok",
    "<|return|><|call|><|constrain|>json<|reserved_200000|><|reserved_201087|><|reserved_201088|>",
    "<|startoftext|><|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|>",
    "<|eom_id|><|python_tag|><|finetune_right_pad_id|><|reserved_special_token_0|>",
    "<|reserved_special_token_2|><|reserved_special_token_247|><|reserved_special_token_248|>",
    "<|im_start|>user\nwho?<|im_end|>\n<|im_start|>assistant\n",
    "<|extra_0|><|extra_204|><|extra_205|>",
    "x  <|endoftext|>  y", "don'<|endoftext|>t", "12<|endoftext|>345",
]


def spaces_and_words(count):
    """What patterns cut in many ways: all kinds of spaces, letters, digits, signs and endings."""
    rng = random.Random("spaces")
    parts = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "a", "B", "é", "e\u0301", "漢", "7",
             "42", "0123", "٣", "½", ".", "!?", "//", "'s", "'LL", "’ve", "'\u017f", "_", "\u200d",
             "😀", "\u0e31", "ǅ", "ʰ", "Ab", "aB"]
    return ["".join(rng.choice(parts) for _ in range(rng.randrange(2, 14))) for _ in range(count)]


ALL_TEXTS = list(dict.fromkeys(TEXTS + spaces_and_words(60)))


def tangled(seed):
    """Words of two letters in an order of no sense: most tokens can be split in several ways, and
    some come before their parts."""
    rng = random.Random(seed)
    words = ["".join(letters) for size in (2, 3, 4, 5)
             for letters in itertools.product("ab", repeat=size)]
    rng.shuffle(words)
    ranks = {bytes([b]): b for b in range(256)}
    for word in words[:24]:
        ranks[word.encode()] = len(ranks)
    return ranks, ["".join(rng.choices("ab", k=rng.randrange(3, 24))) for _ in range(16)]


def rank_files():
    """name, name of the file, pattern, special tokens, ranks, content of the file if it is not the
    usual one, and texts."""
    for names in (["r50k_base", "p50k_base", "p50k_edit"], ["cl100k_base"],
                  ["o200k_base", "o200k_harmony"]):
        ranks = learned(published(names[0])[0], SIZE)
        for place, name in enumerate(names):
            pattern, specials = published(name)
            yield (name, f"{name}.tiktoken", pattern, specials, ranks, None,
                   ALL_TEXTS if place == 0 else ALL_TEXTS[place::6])
    ranks = learned(LLAMA3, SIZE)
    yield ("llama3", "tokenizer.model", LLAMA3,
           {name: SIZE + place for place, name in enumerate(LLAMA3_SPECIALS)}, ranks, None,
           ALL_TEXTS)
    ranks = learned(QWEN, SIZE)
    yield ("qwen", "qwen.tiktoken", QWEN,
           {name: SIZE + place for place, name in enumerate(QWEN_SPECIALS)}, ranks, None,
           # Qwen's own class puts the text into this form first.
           [text for text in ALL_TEXTS if unicodedata.is_normalized("NFC", text)])

    pattern, specials = published("cl100k_base")
    rng = random.Random("ranks")
    ranks = learned(pattern, 900)
    # Tokens that no merges lead to, as their parts are missing; lines as other systems end them.
    holes = {token: rank for token, rank in ranks.items() if len(token) == 1 or rng.random() < 0.7}
    yield ("cl100k-holes", "cl100k_base.tiktoken", pattern, specials, holes,
           "\n" + content(holes).replace("\n", "\r\n") + "\r\n\r\n", ALL_TEXTS[::3])
    whole = dict(ranks)
    for word in [" unreachable", "hello", " world", "漢字", "\n\n\n\n", "!!!", "'s", " 😀", "x" * 40]:
        whole.setdefault(word.encode(), 2 * len(whole))
    yield ("cl100k-whole-pieces", "cl100k_base.tiktoken", pattern, specials, whole, None,
           ["hello hellohello", " unreachable unreachables", "hello world", " world worldly",
            "漢字漢字 漢字", "\n\n\n\n\n", "\n\n\n\n", "!!! !!!! !!!", "it's 's'", " 😀 😀😀",
            "x" * 40, "x" * 41, "x" * 80])
    order = list(range(256, 5000))
    rng.shuffle(order)
    mixed = {token: order.pop() if len(token) > 1 else rank for token, rank in ranks.items()}
    lines = list(mixed.items())
    rng.shuffle(lines)
    yield ("cl100k-mixed", "cl100k_base.tiktoken", pattern, specials, mixed, content(dict(lines)),
           ALL_TEXTS[1::3])
    for seed in ["tangled-1", "tangled-2", "tangled-3"]:
        ranks, texts = tangled(seed)
        # The longest goes another way in tiktoken.
        yield (f"cl100k-{seed}", "cl100k_base.tiktoken", pattern, specials, ranks, None,
               [*texts, "ab" * 70, "aab" * 250, " ".join(texts)])


STRINGS = {}


def shared(text):
    """The place of a string in the list of all."""
    return STRINGS.setdefault(text, len(STRINGS))


def sequences(encoding, rng):
    """Ids from everywhere; of parts of characters; with special tokens."""
    ordinary = list(encoding._mergeable_ranks.values())
    special = list(encoding._special_tokens.values())
    yield []
    yield special[:6] + ordinary[:3]
    for _ in range(3):
        yield [rng.choice(ordinary) for _ in range(12)]
    parts = [rank for token, rank in encoding._mergeable_ranks.items() if max(token) >= 0x80]
    for _ in range(4):
        yield [rng.choice(parts) for _ in range(10)]
    yield [rng.choice(special if rng.random() < 0.3 else parts) for _ in range(12)]
    text = "".join(rng.choice("aé漢😀 ") for _ in range(12)).encode()
    yield [encoding._mergeable_ranks[bytes([b])] for b in text if rng.random() < 0.9]
    bad = bytes([0xF0, 0x9F, 0x98, 0x41, 0xE0, 0x80, 0x80, 0xED, 0xA0, 0x80, 0xC0, 0x80, 0xF4, 0x90,
                 0x80, 0x80, 0xEF, 0xBF, 0xBE, 0xFF])
    yield [encoding._mergeable_ranks[bytes([b])] for b in bad]


def cases(encoding, texts, rng):
    for text in texts:
        ids = encoding.encode(text, disallowed_special=())
        again, starts = encoding.decode_with_offsets(ids)
        assert again == text and ids == encoding.encode_ordinary(text)
        yield {"text": shared(text), "ids": ids, "starts": starts}
    if "-" not in encoding.name:
        for text in SPECIAL_TEXTS:
            yield {"special": shared(text), "ids": encoding.encode(text, allowed_special="all")}
    for ids in sequences(encoding, rng):
        yield {"decode": ids, "bytes": encoding.decode_bytes(ids).hex(),
               "decoded": shared(encoding.decode(ids, errors="replace"))}


def as_read(text):
    """The ranks that tiktoken finds in a file."""
    os.environ["TIKTOKEN_CACHE_DIR"] = ""
    with tempfile.NamedTemporaryFile() as file:
        file.write(text.encode())
        file.flush()
        return tiktoken.load.load_tiktoken_bpe(file.name)


def main():
    ranks_files, files = {}, []
    for name, file, pattern, specials, ranks, text, texts in rank_files():
        text = text or content(ranks)
        assert as_read(text) == ranks
        encoding = tiktoken.Encoding(
            name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=specials)
        files.append({
            "name": name, "file": file, "ranks": ranks_files.setdefault(text, len(ranks_files)),
            "cases": list(cases(encoding, texts, random.Random(name)))})
    out = {"made_by": "make_tiktoken_goldens.py", "tiktoken": tiktoken.__version__,
           "strings": list(STRINGS), "ranks": list(ranks_files), "files": files}
    (HERE / "tiktoken.json").write_text(
        json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
