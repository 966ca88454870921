"""Small vocabularies and the components of a tokenizer.json in few words, for component_files."""
import base64
import collections
import io
import json
import math
import pathlib
import re
import tempfile

import sentencepiece
from hard_strings import TEXTS
from tokenizers import Tokenizer, pre_tokenizers

HERE = pathlib.Path(__file__).parent
LINES = (HERE / "corpus.txt").read_text().splitlines() + [t for t in TEXTS if len(t) < 100]
BYTE_CHARACTERS = sorted(pre_tokenizers.ByteLevel.alphabet())
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]

# ---- Vocabularies. All of it is counting, so that every run gives the same.


def whole(model, normalizer=None, pre=None, post=None, decoder=None, tokens=(), **lengths):
    """A tokenizer.json. An added token is its content, or (content, flags that differ from a
    special token's); its id is the model's, or the next free one as the reference counts them."""
    vocabulary = model["vocab"]
    if isinstance(vocabulary, list):
        vocabulary = {piece: place for place, (piece, _) in enumerate(vocabulary)}
    vocabulary, added, following = dict(vocabulary), [], len(vocabulary)
    for item in tokens:
        content, flags = (item, {}) if isinstance(item, str) else item
        place = vocabulary.get(content, following)
        following += place == following
        vocabulary[content] = place
        added.append({"id": place, "content": content, "single_word": False, "lstrip": False,
                      "rstrip": False, "normalized": False, "special": True} | flags)
    return {"version": "1.0", "truncation": lengths.get("truncation"),
            "padding": lengths.get("padding"), "added_tokens": added, "normalizer": normalizer,
            "pre_tokenizer": pre, "post_processor": post, "decoder": decoder, "model": model}


def load(tokenizer):
    return Tokenizer.from_str(json.dumps(tokenizer))


def words(normalizer, pre):
    """How often each piece between normalizer, pre_tokenizer and model occurs in the lines."""
    t = load(whole({"type": "BPE", "vocab": {}, "merges": []}, normalizer, pre))
    counts = collections.Counter()
    for line in LINES:
        line = t.normalizer.normalize_str(line) if normalizer else line
        counts.update(w for w, _ in t.pre_tokenizer.pre_tokenize_str(line)) if pre \
            else counts.update([line])
    return {w: n for w, n in counts.items() if len(w) <= 24}


def frequent(counts, count):
    return [x for x, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:count]]


def alphabet(counts, count):
    letters = collections.Counter()
    for word, n in counts.items():
        for c in word:
            letters[c] += n
    return sorted(frequent(letters, count))


def learned_merges(counts, letters, count, prefix, suffix):
    """Byte pair encoding: the most frequent pair becomes a token, `count` times."""
    rows = []
    for word, n in counts.items():
        if set(word) <= letters and len(word) > 1:
            row = [word[0]] + [prefix + c for c in word[1:]]
            row[-1] += suffix
            rows.append((row, n))
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for row, n in rows:
            for pair in zip(row, row[1:]):
                pairs[pair] += n
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for row, _ in rows:
            for place in range(len(row) - 2, -1, -1):
                if tuple(row[place:place + 2]) == best:
                    row[place:place + 2] = [best[0] + best[1][len(prefix):]]
    return merges


def numbered(pieces):
    return {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}


LEARNED = {}


def bpe(normalizer=None, pre=None, first=(), last=(), letters=110, merges=56, byte_tokens=(),
        legacy=False, typed=True, **options):
    """`letters`: a list, or how many of the most frequent. `legacy`: a merge is one string."""
    prefix = options.get("continuing_subword_prefix") or ""
    suffix = options.get("end_of_word_suffix") or ""
    key = json.dumps([normalizer, pre, letters, merges, prefix, suffix])
    if key not in LEARNED:
        counts = words(normalizer, pre)
        known = alphabet(counts, letters) if isinstance(letters, int) else letters
        LEARNED[key] = known, learned_merges(counts, set(known), merges, prefix, suffix)
    known, pairs = LEARNED[key]
    forms = [before + c + after for before in dict.fromkeys(["", prefix])
             for after in dict.fromkeys(["", suffix]) for c in known]
    made = [a + b[len(prefix):] for a, b in pairs]
    model = {"dropout": None, "unk_token": None, "continuing_subword_prefix": None,
             "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
             "ignore_merges": False} | options
    model["vocab"] = numbered([*first, *byte_tokens, *forms, *made, *last])
    model["merges"] = [f"{a} {b}" for a, b in pairs] if legacy else [list(p) for p in pairs]
    return {"type": "BPE"} | model if typed else model


def byte_bpe(pre, normalizer=None, **options):
    return bpe(normalizer, pre, letters=BYTE_CHARACTERS, **options)


BERT_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def wordpiece(normalizer, pre, first=BERT_TOKENS, letters=100, unknown="[UNK]", prefix="##",
              limit=100, typed=True):
    counts = words(normalizer, pre)
    ends = collections.Counter()
    for word, n in counts.items():
        for start in range(1, len(word)):
            for end in range(start + 2, min(start + 5, len(word)) + 1):
                ends[prefix + word[start:end]] += n
    known = alphabet(counts, letters)
    pieces = [*first, *known, *(prefix + c for c in known if c not in "zq½"),
              *frequent(counts, 70), *frequent(ends, 60)]
    model = {"unk_token": unknown, "continuing_subword_prefix": prefix,
             "max_input_chars_per_word": limit, "vocab": numbered(pieces)}
    return {"type": "WordPiece"} | model if typed else model


def wordlevel(normalizer=None, pre=None, first=("[UNK]",), unknown="[UNK]", count=100, typed=True):
    vocabulary = numbered([*first, *frequent(words(normalizer, pre), count)])
    model = {"vocab": vocabulary, "unk_token": unknown}
    return {"type": "WordLevel"} | model if typed else model


def unigram(normalizer, pre, first=("<s>", "<pad>", "</s>", "<unk>"), unknown=3, digits=4,
            letters=110, byte_fallback=None, typed=True):
    """`digits`: of the scores; with few of them different paths have the same score."""
    counts = words(normalizer, pre)
    parts = collections.Counter()
    for word, n in counts.items():
        for start in range(len(word)):
            for end in range(start + 2, min(start + 7, len(word)) + 1):
                parts[word[start:end]] += n * (end - start - 1)
    known = set(alphabet(counts, letters))
    for word, n in counts.items():
        for c in word:
            if c in known:
                parts[c] += n
    total = sum(parts.values())
    long = [p for p in frequent(parts, 400) if len(p) > 1][:100]
    pieces = {p: 0.0 for p in [*first, *(BYTE_TOKENS if byte_fallback else [])]}
    for piece in sorted([*long, *known], key=lambda p: (-parts[p], p)):
        pieces.setdefault(piece, round(math.log(parts[piece] / total), digits))
    model = {"unk_id": unknown, "vocab": [[p, s] for p, s in pieces.items()]}
    if byte_fallback is not None:
        model["byte_fallback"] = byte_fallback
    return {"type": "Unigram"} | model if typed else model


def field(data, wanted):
    """The first length-delimited field of that number in a protocol buffer message."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            value |= (data[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if data[at - 1] < 128:
                return value

    while True:
        key = number()
        if key & 7 == 2:
            size = number()
            at += size
            if key >> 3 == wanted:
                return data[at - size:at]
        elif key & 7 == 0:
            number()
        else:
            at += 4 if key & 7 == 5 else 8


def precompiled(rules=None):
    """SentencePiece's own map nmt_nfkc, or one made of rules {text: replacement}."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        how = {"normalization_rule_name": "nmt_nfkc"}
        if rules:
            codes = lambda text: " ".join(f"{ord(c):X}" for c in text)  # noqa: E731
            file.write("".join(f"{codes(a)}\t{codes(b)}\n" for a, b in rules.items()))
            file.flush()
            how = {"normalization_rule_tsv": file.name}
        out = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c ab abc bc"] * 20), model_writer=out, vocab_size=10,
            minloglevel=2, hard_vocab_limit=False, **how)
    normalizer = field(out.getvalue(), 3)
    return {"type": "Precompiled",
            "precompiled_charsmap": base64.b64encode(field(normalizer, 2)).decode()}


# A map of few rules for the families that have one: nmt_nfkc takes 320 kB.
FEW_RULES = {chr(0xFF01 + n): chr(0x21 + n) for n in range(94)} | {
    "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "e\u0301": "\u00e9", "n\u0303": "\u00f1",
    "a\u0323\u0302": "\u1ead", "\u30ab\u3099": "\u30ac", "\uff76\uff9e": "\u30ac",
    "\u1100\u1161\u11a8": "\uac01", "\u1100\u1161": "\uac00", "\u0344": "\u0308\u0301",
    "\u00bd": "1\u20442", "\u2122": "TM", "\u33a2": "km2", "\u2167": "VIII", "\u2026": "...",
    "\u200b": " ", "\u3000": " ", "\u00a0": " ", "\t": " ", "\n": " ", "\r": " ", "\u200d": "",
    "\u007f": "", "\ufeff": "", "\u00ad": "", "\U0001d7ce": "0"}

# ---- Components


def kind(name, **options):
    return {"type": name} | options


def sequence(key, *parts):
    return {"type": "Sequence", key: list(parts)}


def normal(*parts):
    return sequence("normalizers", *parts)


def pre(*parts):
    return sequence("pretokenizers", *parts)


def post(*parts):
    return sequence("processors", *parts)


def decoders(*parts):
    return sequence("decoders", *parts)


def byte_level(prefix=False, trim=True, regex=True):
    return kind("ByteLevel", add_prefix_space=prefix, trim_offsets=trim, use_regex=regex)


def pattern(text, regex):
    return {"Regex" if regex else "String": text}


def split(text, behavior="Isolated", invert=False, regex=True):
    return kind("Split", pattern=pattern(text, regex), behavior=behavior, invert=invert)


def replace(text, content, regex=False):
    return kind("Replace", pattern=pattern(text, regex), content=content)


def metaspace(scheme="always", splits=True, replacement="▁"):
    return kind("Metaspace", replacement=replacement, prepend_scheme=scheme, split=splits)


def bert_normalizer(clean=True, chinese=True, accents=None, lowercase=True):
    return kind("BertNormalizer", clean_text=clean, handle_chinese_chars=chinese,
                strip_accents=accents, lowercase=lowercase)


def template(model, single, pair, **several):
    """The reference's short form: `$A`, `$B:1`, `[SEP]:1`. `several`: a token that stands for
    more ids than its own."""
    vocabulary = model["vocab"]
    if isinstance(vocabulary, list):
        vocabulary = {piece: place for place, (piece, _) in enumerate(vocabulary)}
    special = {}

    def parse(text):
        parts = []
        for piece in text.split():
            name, type_id = piece[:-2], piece[-1]
            if not re.search(r":\d$", piece):
                name, type_id = piece, 0
            if name[0] == "$":
                parts.append({"Sequence": {"id": name[1:], "type_id": int(type_id)}})
            else:
                named = several.get(name.strip("<>[]|"), [name])
                special[name] = {"id": name, "ids": [vocabulary[n] for n in named],
                                 "tokens": named}
                parts.append({"SpecialToken": {"id": name, "type_id": int(type_id)}})
        return parts

    return kind("TemplateProcessing", single=parse(single), pair=parse(pair),
                special_tokens=special)


def roberta(model, sep="</s>", cls="<s>", trim=True, prefix=False):
    return kind("RobertaProcessing", sep=[sep, model["vocab"][sep]],
                cls=[cls, model["vocab"][cls]], trim_offsets=trim, add_prefix_space=prefix)


def bert_template(model):
    return template(model, "[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1")
