"""The models of sentencepiece.json: as SentencePiece's own trainer makes them of corpus.txt and the
hard strings, and with changes to the file that its trainer does not make."""
import io
import itertools
import pathlib
import random
import tempfile

import sentencepiece
from hard_strings import TEXTS
from sentencepiece import sentencepiece_model_pb2

HERE = pathlib.Path(__file__).parent
# The corpus counts for more, so that the rarest characters of the strings stay unknown.
LINES = (HERE / "corpus.txt").read_text().splitlines() * 3 + [t for t in TEXTS if len(t) < 100]
PIECE = sentencepiece_model_pb2.ModelProto.SentencePiece

# Sources of several scalars, one a prefix of another; replacements that are empty, several scalars,
# with spaces at their ends, or the mark that stands for a space.
RULES = [
    ("q", "k"), ("qu", "kw"), ("qui", ""), ("e\u0301", "é"), ("\u0301", ""),
    ("—", " - "), ("…", " ..."), ("x", " "), ("\t", " "), ("\u00a0", " "), ("\n", "  "),
    ("   ", " "), ("漢字", "kanji"), ("漢", "kan"), ("😀", " :) "), ("_", "▁"), ("|", "▁ "),
    ("é", "e"), ("ﬁ", "fi"), ("!?", "‽"), ("don't", "do not"), ("s ", "s"), (" .", "."),
    ("\U0001f469\u200d", "\U0001f469"), ("½", "1 2"), ("<un", "<"),
]

# One a prefix of another, in others' way, with spaces and their mark at either end and within, of
# several bytes, and such that a pair of them overlaps in a text.
SYMBOLS = ["<ab>", "<abc>", "<abcd>", "ab", "abc", "bcd", "▁sym", "end▁", "a b", " lead", "trail ",
           "é漢", "漢字", "un", "unwanted", "ing", "\U0001f469\u200d\U0001f469", "\u3000", "x", "▁▁",
           "Ａ", "é", "\n"]


def train(**options):
    out = io.BytesIO()
    options = {"model_type": "unigram", "vocab_size": 260, "character_coverage": 0.98,
               "hard_vocab_limit": False, "num_threads": 1, "minloglevel": 2,
               "normalization_rule_name": "identity"} | options
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES), model_writer=out, **options)
    model = sentencepiece_model_pb2.ModelProto.FromString(out.getvalue())
    # a path that only this machine has
    model.normalizer_spec.ClearField("normalization_rule_tsv")
    return model


def with_rules(**options):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "rules.tsv"
        path.write_text("".join(
            "\t".join(" ".join(f"{ord(c):X}" for c in side) for side in rule) + "\n"
            for rule in RULES))
        return train(normalization_rule_tsv=str(path), **options)


def normal(model):
    return [p for p in model.pieces if p.type == PIECE.NORMAL]


def unescaped(model, keeps_mark):
    """Spaces stay spaces, in the text and (else no piece has one) in the pieces."""
    model.normalizer_spec.escape_whitespaces = False
    if not keeps_mark:
        for piece in model.pieces:
            piece.piece = piece.piece.replace("▁", " ")
    return model


def unused(model, seed):
    """A third of the pieces out of use, single characters among them, and the least likely."""
    rng = random.Random(seed)
    model.pieces.add(piece="zzz", score=-60, type=PIECE.UNUSED)
    for piece in normal(model):
        if rng.random() < 0.33:
            piece.type = PIECE.UNUSED
    return model


def promoted(model):
    """Some learnt pieces as if the user had named them: others contain them."""
    for piece in normal(model)[20:140:6]:
        if len(piece.piece) > 1:
            piece.type = PIECE.USER_DEFINED
    return model


def overlapping(model):
    """All words of two to four of two letters, in an order of no sense, most of the longer ones out
    of use: they are made by merges and taken apart again."""
    rng = random.Random("overlapping")
    known = {p.piece: p for p in model.pieces}
    for size, share in [(2, 0), (3, 0.8), (4, 0.6)]:
        for letters in itertools.product("an", repeat=size):
            piece = known.get("".join(letters)) or model.pieces.add(piece="".join(letters))
            piece.score = -rng.randrange(3)
            piece.type = PIECE.UNUSED if rng.random() < share else PIECE.NORMAL
    return model


def scored(model, score):
    """Scores as a function of place, piece and score."""
    for place, piece in enumerate(normal(model)):
        piece.score = score(place, piece.piece, piece.score)
    return model


def user_scored(model, score):
    """Scores of the user-defined symbols, which are to make no difference."""
    for piece in model.pieces:
        if piece.type == PIECE.USER_DEFINED:
            piece.score = score(piece.piece)
    return model


def scattered(model):
    """Merges that do not go from short to long, and gaps: pieces that no merge makes."""
    rng = random.Random("scattered")
    pieces = [p for p in normal(model) if len(p.piece) > 1]
    for piece in pieces:
        piece.score = -rng.randrange(40)
    for piece in rng.sample(pieces, 20):
        piece.piece += rng.choice(["qz", "▁q", "zz"])
    return model


def bare(model):
    """Pieces alone: everything else as the format's defaults have it."""
    model.ClearField("trainer_spec")
    model.ClearField("normalizer_spec")
    for piece in model.pieces:
        if piece.type == PIECE.NORMAL:
            piece.ClearField("type")
        if piece.score == 0:
            piece.ClearField("score")
    return model


def field(number, kind, payload=b""):
    return bytes([number << 3 & 0x7F | kind | 0x80, number >> 4]) + payload


def rewired(model):
    """The same in another order, with fields that nobody knows, messages to be joined, and
    lengths written longer than need be."""
    strange = (field(20, 0, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") + field(21, 1, b"12345678")
               + field(22, 2, b"\x03abc") + field(23, 5, b"1234"))
    out = strange + b"\x22\x00"
    specification = model.normalizer_spec.SerializeToString()
    # what the second one says counts, and what only the first one says
    wrong = sentencepiece_model_pb2.NormalizerSpec(
        add_dummy_prefix=not model.normalizer_spec.add_dummy_prefix, name="wrong")
    for part in [wrong.SerializeToString(), specification + strange]:
        out += b"\x1a" + bytes([len(part) & 0x7F | 0x80, len(part) >> 7 | 0x80, 0]) + part
    halves = len(model.pieces) // 2
    for place, piece in enumerate(model.pieces):
        if place == halves:
            part = model.trainer_spec.SerializeToString() + strange
            out += b"\x12" + bytes([len(part) & 0x7F | 0x80, len(part) >> 7]) + part
        part = b""
        if place % 16 == 0:
            part += strange
        if place % 20 == 0:
            part += b"\x0a\x05wrong\x18\x06"
        part += piece.SerializeToString()
        if piece.type == PIECE.NORMAL and not piece.HasField("type"):
            part += b"\x18\x01"
        out += b"\x0a" + bytes([len(part) & 0x7F | 0x80, len(part) >> 7]) + part
    return out + strange


SPACES = ["\n", "\t", *("▁" * n for n in range(2, 9))]
NAMES = {"unk_id": 3, "bos_id": 1, "eos_id": 2, "pad_id": 0, "unk_piece": "[UNK]",
         "bos_piece": "[BOS]", "eos_piece": "[EOS]", "pad_piece": "[PAD]",
         "unk_surface": "<?>", "control_symbols": ["<ctl>", "[SEP]", "▁go", "a"]}
T5 = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
LLAMA = {"model_type": "bpe", "vocab_size": 560, "byte_fallback": True, "split_digits": True,
         "remove_extra_whitespaces": False, "allow_whitespace_only_pieces": True}
GEMMA = LLAMA | {"add_dummy_prefix": False, "user_defined_symbols": [*SPACES, "<unused0>", "<h1>"],
                 "pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3, "control_symbols": ["<2mass>"]}
BPE = {"model_type": "bpe"}
PLAIN = {"add_dummy_prefix": False, "remove_extra_whitespaces": False}

# name: how to make it
MODELS = {
    "unigram-nmt-nfkc": lambda: train(normalization_rule_name="nmt_nfkc", **T5),
    "bpe-nmt-nfkc": lambda: train(
        normalization_rule_name="nmt_nfkc", **BPE,
        user_defined_symbols=["½", "Ｈｅ", "\u00a0", "①x"]),
    "unigram-identity": lambda: train(),
    "bpe-identity": lambda: train(**BPE),
    "unigram-bytes": lambda: train(byte_fallback=True, vocab_size=460),
    "unigram-bytes-plain": lambda: train(byte_fallback=True, vocab_size=440, **PLAIN),
    "bpe-llama": lambda: train(**LLAMA),
    "bpe-gemma": lambda: train(**GEMMA),
    "unigram-gemma": lambda: train(**GEMMA | {"model_type": "unigram"}),
    "unigram-rules": lambda: with_rules(),
    "bpe-rules": lambda: with_rules(
        **BPE, **PLAIN, user_defined_symbols=["qui", "—x", "_", "fi", " "]),
    "unigram-rules-symbols": lambda: with_rules(
        add_dummy_prefix=False, user_defined_symbols=[*SYMBOLS, "_", " ", "  "]),
    "unigram-symbols": lambda: train(user_defined_symbols=SYMBOLS),
    "unigram-symbols-plain": lambda: train(user_defined_symbols=[*SYMBOLS, " "], **PLAIN),
    "bpe-symbols": lambda: train(user_defined_symbols=SYMBOLS, **BPE),
    "bpe-symbols-plain": lambda: train(
        user_defined_symbols=[*SYMBOLS, " "], **BPE, **PLAIN, byte_fallback=True, vocab_size=500),
    "unigram-names": lambda: train(**NAMES),
    "bpe-names": lambda: train(**NAMES | {"unk_surface": ""}, **BPE),
    "unigram-suffix": lambda: train(treat_whitespace_as_suffix=True),
    "unigram-suffix-plain": lambda: train(
        treat_whitespace_as_suffix=True, allow_whitespace_only_pieces=True,
        remove_extra_whitespaces=False),
    "bpe-suffix": lambda: train(
        treat_whitespace_as_suffix=True, **BPE, byte_fallback=True, vocab_size=500),
    "unigram-sentences": lambda: train(
        split_by_whitespace=False, split_by_unicode_script=False, split_by_number=False,
        max_sentencepiece_length=30),
    "bpe-sentences": lambda: train(
        split_by_whitespace=False, split_by_unicode_script=False, split_by_number=False,
        remove_extra_whitespaces=False, **BPE),
    "unigram-no-prefix": lambda: train(add_dummy_prefix=False),
    "bpe-keeps-spaces": lambda: train(remove_extra_whitespaces=False, **BPE),
    "unigram-unescaped": lambda: unescaped(train(), False),
    "bpe-unescaped": lambda: unescaped(train(user_defined_symbols=["a b", "▁▁"], **BPE), False),
    "unigram-unescaped-marks": lambda: unescaped(train(remove_extra_whitespaces=False), True),
    "unigram-unused": lambda: unused(train(), 1),
    "bpe-unused": lambda: unused(train(vocab_size=300, **BPE), 2),
    "bpe-unused-bytes": lambda: unused(train(**LLAMA), 3),
    "bpe-unused-ties": lambda: overlapping(train(**BPE)),
    "unigram-unused-ties": lambda: overlapping(train()),
    "unigram-promoted": lambda: promoted(train()),
    "bpe-promoted": lambda: promoted(train(vocab_size=320, **BPE)),
    # Sums that are equal, and that are in floats or not depending on their order and precision.
    "unigram-ties": lambda: scored(
        train(allow_whitespace_only_pieces=True, remove_extra_whitespaces=False),
        lambda place, piece, score: -2.5 * len(piece)),
    "unigram-near-ties": lambda: scored(
        train(vocab_size=400), lambda place, piece, score: -1.1 * len(piece) - place % 7 * 1e-6),
    "bpe-ties": lambda: scored(
        train(vocab_size=300, **BPE), lambda place, piece, score: -(place // 40)),
    "bpe-scattered": lambda: scattered(train(vocab_size=300, **BPE)),
    "unigram-positive": lambda: scored(
        train(user_defined_symbols=["ab", "ing", "▁sym", "é漢"]),
        lambda place, piece, score: score + 9),
    "unigram-all-zero": lambda: scored(
        train(user_defined_symbols=["ab", "abc"]), lambda place, piece, score: 0),
    "unigram-user-scores": lambda: user_scored(
        train(user_defined_symbols=SYMBOLS), lambda piece: 3 * len(piece) - 40),
    "bpe-user-scores": lambda: user_scored(
        train(user_defined_symbols=SYMBOLS, **BPE), lambda piece: 3 * len(piece) - 40),
    "unigram-bare": lambda: bare(train()),
    "unigram-rewired": lambda: rewired(train(user_defined_symbols=["ab", "un"])),
    "bpe-rewired": lambda: rewired(train(**LLAMA)),
}


def made(name):
    """The bytes of a model's file."""
    model = MODELS[name]()
    return model if isinstance(model, bytes) else model.SerializeToString(deterministic=True)
