#!/usr/bin/env python3
"""Does `martlet tokenizer encode` give the ids and offsets that Hugging Face's `tokenizers` gives?

    python compare_tokenizers.py [--count 1000000] [--seed N] [--martlet .build/release/martlet]
                                 [--only NAME …]

Takes the tokenizers of Tests/TokenizationTests/Goldens/components.json, makes --count random
strings for them in all and compares both on every one. Truncation and padding are
taken out of the files: the goldens test those. Prints what differs, at most 20 strings for a file.
Exit status 1 if anything does. A run prints its seed, and the same seed makes the same strings.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPONENTS = ROOT / "Tests/TokenizationTests/Goldens/components.json"
CHUNK = 20_000
SHOWN = 20

# every one of them as likely as another, within its kind
SPACES = [*" \t\u000b\u000c\r\u001c\u001f\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"]
MARKS = [chr(c) for first, last in [(0x300, 0x36F), (0x483, 0x489), (0x591, 0x5C7), (0x64B, 0x65F),
                                    (0x93A, 0x94F), (0xE31, 0xE3A), (0x1AB0, 0x1ACE),
                                    (0x20D0, 0x20F0), (0x3099, 0x309C), (0xFE00, 0xFE2F),
                                    (0x1161, 0x11FF), (0x1F3FB, 0x1F3FF)]
         for c in range(first, last + 1)] + ["\u200d", "\u0345", "\uff9e", "\uff9f"]
DIGITS = [*"0123456789", *"٠١٢३४๕６７𝟎²½Ⅷ①〇五"]
ENDINGS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'LL", "'\u017f", "n't", "'", "’"]
LETTERS = [*"aeinorstuxzABEINSXZßéñİıǅſﬁΣσς", *"дЯع漢字かガ한ก\u1100ｶＡ"]
ODD = [*"\u0000\u0001\u007f\u00ad\u200b\u200c\u200e\u202e\u2060\ufeff\ufffd\ufffe\uffff\ufdd0",
       "\ue000", "\U0010ffff", "▁", "Ġ", "Ċ", "</w>", "##", "<0x0A>", "``", "''", "|", "  ", "   "]


def any_scalar(rng):
    while True:
        # the low planes are where characters are
        code = rng.randrange(rng.choice([0x250, 0x3000, 0x10000, 0x20000, 0x110000]))
        if not 0xD800 <= code <= 0xDFFF and code != 0x0A:
            return chr(code)


def random_string(rng, words):
    """A mix in which one kind follows itself more often than chance would have it. No newline: the
    command takes a line for a text."""
    kinds = [lambda: any_scalar(rng), lambda: chr(rng.randrange(0x20, 0x7F)),
             lambda: rng.choice(SPACES), lambda: " ", lambda: rng.choice(MARKS),
             lambda: rng.choice(DIGITS), lambda: rng.choice(ENDINGS), lambda: rng.choice(LETTERS),
             lambda: rng.choice(ODD), lambda: rng.choice(words)]
    weights = [2, 3, 1, 3, 2, 2, 1, 3, 1, 4]
    parts, kind = [], rng.choice(kinds)
    for _ in range(rng.choice([0, 1, 2, 3, 5, 8, 12, 20, 40])):
        if rng.random() < 0.5:
            kind = rng.choices(kinds, weights)[0]
        parts.append(kind())
    return "".join(parts)


def words_of(tokenizer):
    """What may matter to this tokenizer: its added tokens, and pieces of its vocabulary."""
    vocabulary = tokenizer["model"]["vocab"]
    pieces = [p for p, _ in vocabulary] if isinstance(vocabulary, list) else list(vocabulary)
    pieces = [p.replace("Ġ", " ").replace("▁", " ").replace("</w>", " ").removeprefix("##")
              for p in pieces if 1 < len(p) < 20]
    added = [token["content"] for token in tokenizer["added_tokens"]]
    near = [form for a in added for form in (a, " " + a + " ", a[:-1], a.upper(), a.title())]
    return [w for w in near * 3 + pieces if w and "\n" not in w] or ["a"]


def in_bytes(text, offsets):
    starts = [0]
    for c in text:
        starts.append(starts[-1] + len(c.encode()))
    return [[starts[a], starts[b]] for a, b in offsets]


def expected(tokenizer, text):
    """None when the reference refuses the text, or panics, which is no `Exception`."""
    try:
        e = tokenizer.encode(text)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return None
    return {"ids": e.ids, "offsets": in_bytes(text, e.offsets)}


def martlet(options, folder, texts):
    """The objects for the texts, or one text for what went wrong."""
    lines = pathlib.Path(folder) / "lines.txt"
    lines.write_bytes("".join(text + "\n" for text in texts).encode())
    done = subprocess.run(
        [options.martlet, "tokenizer", "encode", "--model", folder, "--file", lines, "--lines",
         "--json", "--add-special-tokens", "--parse-special"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # U+2028 ends a line for `splitlines`, not here
    rows = [json.loads(row) for row in done.stdout.decode().split("\n") if row]
    if done.returncode != 0:
        return (f"exit status {done.returncode} after {len(rows)} of {len(texts)} texts: "
                f"{done.stderr.decode(errors='replace').strip()[-300:]}")
    if len(rows) != len(texts):
        return f"{len(rows)} objects for {len(texts)} texts"
    return rows


def difference(text, wanted, got):
    for name in ("ids", "offsets"):
        ours, theirs = got.get(name, []), wanted[name]
        if ours != theirs:
            at = next((n for n, (a, b) in enumerate(zip(ours, theirs)) if a != b),
                      min(len(ours), len(theirs)))
            return (f"  {text!r}: {name} from {at}: martlet {ours[at:at + 6]} ({len(ours)}), "
                    f"tokenizers {theirs[at:at + 6]} ({len(theirs)})")
    return None


def compare(options, file, rng, count):
    """How many strings were compared and how many differ."""
    tokenizer = file["tokenizer"] | {"truncation": None, "padding": None}
    reference, words = Tokenizer.from_str(json.dumps(tokenizer)), words_of(tokenizer)
    compared = differ = 0
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "tokenizer.json").write_text(json.dumps(tokenizer))
        while count > 0:
            made = [random_string(rng, words) for _ in range(min(count, CHUNK))]
            count -= len(made)
            pairs = [(text, wanted) for text in made
                     if (wanted := expected(reference, text)) is not None]
            if not pairs:
                continue
            rows = martlet(options, folder, [text for text, _ in pairs])
            if isinstance(rows, str):
                print(f"{file['name']}: {rows}")
                return compared, differ + 1
            compared += len(pairs)
            for (text, wanted), got in zip(pairs, rows):
                if line := difference(text, wanted, got):
                    differ += 1
                    if differ <= SHOWN:
                        print(f"{file['name']}:\n{line}")
    return compared, differ


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="strings in all")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--martlet", type=pathlib.Path, default=ROOT / ".build/release/martlet")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these files of the goldens")
    options = parser.parse_args()
    options.martlet = options.martlet.resolve()
    files = json.loads(COMPONENTS.read_text())["files"]
    files = [file for file in files if not options.only or file["name"] in options.only]
    if not files or not options.martlet.exists():
        sys.exit("compare_tokenizers: " + (f"no {options.martlet}" if files else "no such file"))
    print(f"seed {options.seed}")
    compared = differ = 0
    for file in files:
        # a generator for each file, so that --only makes the same strings
        rng = random.Random(f"{options.seed} {file['name']}")
        some, wrong = compare(options, file, rng, -(-options.count // len(files)))
        compared, differ = compared + some, differ + wrong
        if wrong:
            print(f"{file['name']}: {wrong} of {some} differ", flush=True)
    print(f"{compared} strings, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
