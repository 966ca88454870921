"""Ranks for tiktoken's encodings, learnt from corpus.txt and the hard strings. Their file is as
OpenAI publishes it: a token in base64 and its rank a line."""
import base64
import collections
import pathlib

import regex
import tiktoken_ext.openai_public
from hard_strings import TEXTS

HERE = pathlib.Path(__file__).parent
LINES = (HERE / "corpus.txt").read_text().splitlines() + TEXTS

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
LLAMA3_SPECIALS = [
    "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>",
    "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>",
    "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>",
    *(f"<|reserved_special_token_{n}|>" for n in range(3, 248))]
QWEN_SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>",
                 *(f"<|extra_{n}|>" for n in range(205))]
assert len(LLAMA3_SPECIALS) == 256


def published(name):
    """The pattern and the special tokens of one of OpenAI's encodings, without its ranks, which lie
    on a server."""
    module = tiktoken_ext.openai_public
    module.load_tiktoken_bpe = lambda *_, **__: {}
    encoding = getattr(module, name)()
    return encoding["pat_str"], encoding["special_tokens"]


def learned(pattern, size, lines=None):
    """Byte pair encoding of the pieces that a pattern cuts lines into: tokens and their ranks, the
    bytes first in an order of their own. All of it is counting: every run gives the same."""
    counts = collections.Counter(
        piece.encode() for line in lines or LINES for piece in regex.findall(pattern, line))
    words = [[bytes([b]) for b in word] for word in counts]
    weights = list(counts.values())
    pairs, places = collections.Counter(), collections.defaultdict(set)

    def count(place, sign):
        for pair in zip(words[place], words[place][1:]):
            pairs[pair] += sign * weights[place]
            if sign > 0:
                places[pair].add(place)

    for place in range(len(words)):
        count(place, 1)
    tokens = [bytes([b]) for b in [*range(33, 256), *range(33)]]
    known = set(tokens)
    while len(tokens) < size:
        pair = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merged = pair[0] + pair[1]
        for place in places.pop(pair):
            word = words[place]
            count(place, -1)
            at = 0
            while at + 1 < len(word):
                if (word[at], word[at + 1]) == pair:
                    word[at:at + 2] = [merged]
                at += 1
            count(place, 1)
        del pairs[pair]
        if merged not in known:
            known.add(merged)
            tokens.append(merged)
    return {token: rank for rank, token in enumerate(tokens)}


def content(ranks):
    return "".join(f"{base64.b64encode(token).decode()} {rank}\n" for token, rank in ranks.items())
