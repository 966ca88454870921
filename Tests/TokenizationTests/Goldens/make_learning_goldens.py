#!/usr/bin/env python3
"""Writes learning.json: what Hugging Face's trainers learn from corpus.txt and from a small text
in many scripts, cut at ASCII white space.

    python make_learning_goldens.py       # needs tokenizers

The trainers number the characters with a prefix or suffix in the order of a hash map, so that ties
between merges are decided anew in each run. Here all characters are given as special tokens, in
the order in which ours numbers them, and characters beyond the limit are chosen here (it leaves
open which of equally frequent ones stay), which makes the result the same each time.
"""
import collections
import json
import pathlib
import re

import tokenizers
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

SPECIALS = ["[PAD]", "[UNK]"]
SCRIPTS = """the theatre is there, other weather; over the lather
größe straße große Maße Füße süße naïve café cafés
привет приветы мир мира миру привет мир
日本語 日本 日本人 日曜日 東京都 京都 日本語
안녕하세요 안녕 하세요 한국어 한국
नमस्ते नमस्कार हिन्दी हिन्द
😀😀 👩‍👩‍👧 🎉🎉🎉 e\u0301le\u0300ve e\u0301te\u0301
aaaa aaaaaaaa abababab ababab ba bab
"""


def words_of(text):
    return [w for w in re.split(r"[ \t\r\n]+", text) if w]


def splitting(model):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("[ \\t\\r\\n]+"), "removed")
    return tokenizer


def alphabet(words, limit):
    counts = collections.Counter()
    for word in words:
        counts.update(word)
    ranked = sorted(counts, key=lambda c: (-counts[c], c))
    return sorted(ranked[:limit])


def forms(words, known, prefix, suffix):
    """The characters with prefix or suffix that occur, by form and scalar."""
    found = set()
    for word in words:
        for i, c in enumerate(word):
            form = (1 if prefix and i > 0 else 0) + (2 if suffix and i == len(word) - 1 else 0)
            if form and c in known:
                found.add((form, c))
    return [(prefix if form & 1 else "") + c + (suffix if form & 2 else "")
            for form, c in sorted(found)]


def vocabulary(tokenizer):
    return sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)


def merges(words, size, prefix="", suffix="", limit=None, frequency=0, length=None):
    known = alphabet(words, limit)
    options = dict(
        vocab_size=size, min_frequency=frequency, show_progress=False,
        special_tokens=SPECIALS + known + forms(words, known, prefix, suffix),
        limit_alphabet=len(known), initial_alphabet=known, max_token_length=length)
    if prefix:
        options["continuing_subword_prefix"] = prefix
    if suffix:
        options["end_of_word_suffix"] = suffix
    tokenizer = splitting(models.BPE())
    tokenizer.train_from_iterator([" ".join(words)], trainers.BpeTrainer(**options))
    file = json.loads(tokenizer.to_str())["model"]
    return vocabulary(tokenizer), [m if isinstance(m, str) else " ".join(m) for m in file["merges"]]


def word_piece(words, size, limit=None, frequency=0):
    known = alphabet(words, limit)
    tokenizer = splitting(models.WordPiece(unk_token="[UNK]"))
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=frequency, limit_alphabet=len(known),
        initial_alphabet=known, show_progress=False,
        special_tokens=SPECIALS + known + forms(words, known, "##", ""))
    tokenizer.train_from_iterator([" ".join(words)], trainer)
    return vocabulary(tokenizer)


def unigram(words, size):
    words = ["▁" + w for w in words]
    tokenizer = splitting(models.Unigram())
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator([" ".join(words)], trainer)
    ids = tokenizer.encode(" ".join(words)).ids
    return {"size": size, "learnt": tokenizer.get_vocab_size(), "tokens": len(ids)}


def main():
    folder = pathlib.Path(__file__).parent
    corpus = words_of((folder / "corpus.txt").read_text())
    scripts = words_of(SCRIPTS)
    out = {"made_by": "make_learning_goldens.py", "tokenizers": tokenizers.__version__,
           "scripts": SCRIPTS, "word_piece": [], "merges": [], "unigram": []}
    for text, words, size, limit, frequency in [
            ("corpus", corpus, 400, None, 0), ("corpus", corpus, 300, 40, 3),
            ("scripts", scripts, 400, None, 2), ("scripts", scripts, 160, 60, 0)]:
        out["word_piece"].append({
            "text": text, "size": size, "limit": limit, "frequency": frequency,
            "tokens": word_piece(words, size, limit, frequency)})
    for text, words, size, suffix, length in [
            ("corpus", corpus, 400, "", None), ("corpus", corpus, 300, "</w>", None),
            ("scripts", scripts, 300, "</w>", None), ("corpus", corpus, 300, "", 4)]:
        tokens, rules = merges(words, size, suffix=suffix, length=length)
        out["merges"].append({
            "text": text, "size": size, "suffix": suffix, "length": length,
            "last": tokens[-40:], "merges": rules[-40:], "count": len(rules)})
    for size in [300, 400, 500]:
        out["unigram"].append(unigram(corpus, size))
    text = json.dumps(out, ensure_ascii=True, separators=(",", ":"))
    (folder / "learning.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
