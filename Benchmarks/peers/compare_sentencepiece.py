#!/usr/bin/env python3
"""Does `martlet tokenizer encode` give the ids and offsets that SentencePiece and tiktoken give?

    python compare_sentencepiece.py [--count 1000000] [--seed N] [--martlet .build/release/martlet]
                                    [--data FILE …] [--model FILE …] [--only NAME …]

Trains SentencePiece models of both kinds with the normalizations nmt_nfkc, nfkc_cf and identity on
the --data files, or takes the --model files instead, and learns ranks for tiktoken's r50k_base,
cl100k_base, o200k_base, Llama 3's and Qwen's patterns. Makes --count random strings for them in all
and compares ids and offsets (bytes) of every one. Prints what differs, at most 20 strings for a
file. Exit status 1 if anything does. A run prints its seed, and the same seed makes the same
strings.
"""
import argparse
import functools
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

import sentencepiece
import tiktoken
from compare_tokenizers import CHUNK, ROOT, SHOWN, difference, random_string
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

sys.path.append(str(ROOT / "Tests/TokenizationTests/Goldens"))
from tiktoken_ranks import (  # noqa: E402
    LLAMA3, LLAMA3_SPECIALS, QWEN, QWEN_SPECIALS, content, published)

DATA = [ROOT.parent / "shared/data" / name for name in ("tinyshakespeare.txt", "the-verdict.txt")]
SYMBOLS = ["<mask>", "<ma", "▁the", "the", "of the", " and", "ing ", "é漢", "漢字", "▁▁", "\u3000", "½"]
PLAIN = {"add_dummy_prefix": False, "remove_extra_whitespaces": False}
BYTES = {"byte_fallback": True}
LLAMA = BYTES | {"remove_extra_whitespaces": False, "allow_whitespace_only_pieces": True,
                 "split_digits": True}
# name: the trainer's options beside the kind, the normalization and the size
OPTIONS = {
    "standard": {}, "symbols": {"user_defined_symbols": SYMBOLS}, "llama": LLAMA,
    "gemma": LLAMA | {"add_dummy_prefix": False,
                      "user_defined_symbols": ["\t", *("▁" * n for n in range(2, 12))]},
    "plain": PLAIN, "suffix": {"treat_whitespace_as_suffix": True},
    "sentences": BYTES | {"split_by_whitespace": False, "max_sentencepiece_length": 24},
}
SIZES = {"standard": 8000, "symbols": 4000, "llama": 8000}


class Pieces:
    """A SentencePiece model and what the library makes of texts with it."""

    flags = ()

    def __init__(self, name, model):
        self.name, self.file, self.content = name, "m.model", model
        self.processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        pieces = [self.processor.id_to_piece(i) for i in range(self.processor.vocab_size())]
        self.words = [piece.replace("▁", " ") for piece in pieces if 1 < len(piece) < 20]
        self.words += SYMBOLS * 20 + ["<s>", "</s>", "<unk>", "▁"] * 5

    def usable(self, text):
        return text

    def expected(self, text):
        pieces = self.processor.encode(text, return_type="proto").pieces
        return {"ids": [piece.id for piece in pieces],
                "offsets": [[piece.begin, piece.end] for piece in pieces]}


class Ranks:
    """One of tiktoken's encodings with ranks learnt here."""

    def __init__(self, name, file, pattern, specials, ranks, finds_specials):
        self.name = name + (" with special tokens" if finds_specials else "")
        self.file, self.content = file, content(ranks).encode()
        self.encoding = tiktoken.Encoding(
            name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=specials)
        self.specials = set(specials) if finds_specials else set()
        self.flags = ("--parse-special",) if finds_specials else ()
        self.is_composed = name == "qwen"
        self.words = [token.decode(errors="ignore") for token in ranks if 1 < len(token) < 20]
        self.words += [form for special in list(specials)[:12]
                       for form in (special, special[:-1], special.upper())] * 20

    def usable(self, text):
        # Qwen's own class puts the text into this form first.
        return unicodedata.normalize("NFC", text) if self.is_composed else text

    def expected(self, text):
        """A token's offsets are those of its bytes, made wider until they hold whole scalars."""
        ids = self.encoding.encode(text, allowed_special=self.specials, disallowed_special=())
        data, offsets, end = text.encode() + b" ", [], 0
        for token in self.encoding.decode_tokens_bytes(ids):
            start, end = end, end + len(token)
            first, last = start, end
            while data[first] & 0xC0 == 0x80:
                first -= 1
            while data[last] & 0xC0 == 0x80:
                last += 1
            offsets.append([first, last])
        return {"ids": ids, "offsets": offsets}


def trained_models(options):
    """What is to be compared, made when its turn comes."""
    if options.model:
        for path in options.model:
            yield path.name, functools.partial(Pieces, path.name, path.read_bytes())
        return
    lines = [line for path in options.data for line in path.read_text().splitlines() if line]

    def train(name, kind, normalization, extra):
        with tempfile.TemporaryDirectory() as folder:
            prefix = pathlib.Path(folder) / "m"
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(lines), model_prefix=str(prefix), model_type=kind,
                normalization_rule_name=normalization, hard_vocab_limit=False, num_threads=1,
                vocab_size=SIZES.get(extra, 2000), minloglevel=2, **OPTIONS[extra])
            return Pieces(name, prefix.with_suffix(".model").read_bytes())

    for extra in OPTIONS:
        for kind in ("unigram", "bpe"):
            for normalization in ("nmt_nfkc", "nfkc_cf", "identity"):
                name = f"{kind}-{normalization}-{extra}"
                yield name, functools.partial(train, name, kind, normalization, extra)


def learned(pattern, paths):
    """Ranks as tokenizers' trainer merges the pieces that a pattern cuts the files into."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train([str(path) for path in paths], trainers.BpeTrainer(
        vocab_size=6000, initial_alphabet=alphabet, show_progress=False))
    # The printable bytes stand for themselves and the rest for what follows Latin-1, in order.
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    values = {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(others)}
    return {bytes(values[c] for c in token): rank
            for token, rank in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])}


def rank_files(options):
    if options.model:
        return
    known = {"llama3": (LLAMA3, LLAMA3_SPECIALS), "qwen": (QWEN, QWEN_SPECIALS)}

    def make(name, finds_specials):
        pattern, specials = known[name] if name in known else published(name)
        ranks = learned(pattern, options.data)
        if name in known:
            specials = {special: len(ranks) + n for n, special in enumerate(specials)}
        file = "tokenizer.model" if name == "llama3" else f"{name}.tiktoken"
        return Ranks(name, file, pattern, specials, ranks, finds_specials)

    for name in ("r50k_base", "cl100k_base", "o200k_base", *known):
        yield name, functools.partial(make, name, False)
        yield f"{name} with special tokens", functools.partial(make, name, True)


def martlet(options, path, flags, texts):
    """The objects for the texts, or one text for what went wrong."""
    lines = path.with_name("lines.txt")
    lines.write_bytes("".join(text + "\n" for text in texts).encode())
    done = subprocess.run(
        [options.martlet, "tokenizer", "encode", "--model", path, "--file", lines, "--lines",
         "--json", *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # U+2028 ends a line for `splitlines`, not here
    rows = [json.loads(row) for row in done.stdout.decode().split("\n") if row]
    if done.returncode != 0:
        return (f"exit status {done.returncode} after {len(rows)} of {len(texts)} texts: "
                f"{done.stderr.decode(errors='replace').strip()[-300:]}")
    return rows if len(rows) == len(texts) else f"{len(rows)} objects for {len(texts)} texts"


def compare(options, reference, rng, count):
    """How many strings were compared and how many differ."""
    compared = differ = 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / reference.file
        path.write_bytes(reference.content)
        words = [word for word in reference.words if word and "\n" not in word]
        while compared < count:
            texts = [reference.usable(random_string(rng, words))
                     for _ in range(min(count - compared, CHUNK))]
            rows = martlet(options, path, reference.flags, texts)
            if isinstance(rows, str):
                print(f"{reference.name}: {rows}")
                return compared, differ + 1
            compared += len(texts)
            for text, got in zip(texts, rows):
                if line := difference(text, reference.expected(text), got):
                    differ += 1
                    if differ <= SHOWN:
                        print(f"{reference.name}:\n{line.replace('tokenizers', 'reference')}")
    return compared, differ


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="strings in all")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--martlet", type=pathlib.Path, default=ROOT / ".build/release/martlet")
    parser.add_argument("--data", nargs="+", type=pathlib.Path, default=DATA,
                        help="text to train on")
    parser.add_argument("--model", nargs="+", type=pathlib.Path,
                        help="SentencePiece models to compare, instead of training any")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="names with one of these in them")
    options = parser.parse_args()
    options.martlet = options.martlet.resolve()
    sentencepiece.set_min_log_level(2)
    references = [*trained_models(options), *rank_files(options)]
    references = [(name, make) for name, make in references
                  if not options.only or any(part in name for part in options.only)]
    if not references or not options.martlet.exists():
        sys.exit("compare_sentencepiece: "
                 + (f"no {options.martlet}" if references else "nothing of that name"))
    print(f"seed {options.seed}")
    compared = differ = 0
    for name, make in references:
        # a generator for each file, so that --only makes the same strings
        rng = random.Random(f"{options.seed} {name}")
        some, wrong = compare(options, make(), rng, -(-options.count // len(references)))
        compared, differ = compared + some, differ + wrong
        if wrong:
            print(f"{name}: {wrong} of {some} differ", flush=True)
    print(f"{compared} strings, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
