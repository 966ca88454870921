#!/usr/bin/env python3
"""Writes sentencepiece.json: small SentencePiece models (sentencepiece_models.py) and what the
library makes of hard strings with them.

    python make_sentencepiece_goldens.py      # needs sentencepiece and protobuf

{"strings": […], "blobs": [base64], "files": [{"name": …, "model": […], "cases": […]}]}

    model       the bytes of the file in parts, one after the other: base64, or the number of a blob
A case that encodes:
    text        index into strings
    ids         the ids
    offsets     start, end, start, end, …: bytes of the text in UTF-8 that the id comes from
    unknown     the pieces of unknown ids, which are what stands in the text (indices into strings)
    normalized  index into strings
    decoded     the ids decoded, index into strings
A case that decodes:
    decode      ids, among them control, unknown and byte pieces
    decoded     index into strings
"""
import base64
import json
import random

import sentencepiece
from hard_strings import TEXTS
from sentencepiece import sentencepiece_model_pb2
from sentencepiece_models import HERE, MODELS, SYMBOLS, made

BLOB_SIZE = 100_000

# What every model gets.
COMMON = [
    "", " ", "   ", "a", " a", "a ", "  two  three   four    ", " \u00a0 \u3000 a\u00a0\u2003b ",
    "\ttab\ttab \t ", "line\nline\r\n\n end\n", "▁", "▁▁", " ▁ ", "▁a ▁b▁ c▁", "a ▁", "▁ ", " ▁x",
    "<s>hello</s> <unk> <pad>", "<0x41><0x0A> <0xE6>", "[BOS]<ctl>▁go [SEP]",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 ❤\ufe0f 1\ufe0f\u20e3",
    "e\u0301 é \u0301 a\u0323\u0302", "\u0378ሴ᠀ꔀ \u12ab\u1f00\U0001e900 x ሴa", "ሴ", " ሴ ሴሴ ",
    "nul\u0000nul \u0000", "The quick brown fox — don't… 13.5%",
]
LONG = ["a" * 300, "x" * 300, "ሴ" * 60, " " * 60 + "a" + " " * 25, "an" * 100 + "ing" * 20]
# What only some of them make something of.
SPECIAL = {
    "rules": [
        "q qu qui quick quit", "a—b —c— —", "…and… x xx xxx ", "x a x", "  x  ", "漢字漢 漢", "😀😀 😀",
        "_ a_ _a_ __", "| a|", "ﬁnﬁ!? !", "don't don'", "as is s  s a .b . c", "\n a\n\nb \n",
        "\u00a0a\u00a0 \u00a0b", "½½ 1½", "<unk><un <und", "quie\u0301 é\u0301", "qui",
    ],
    "symbols": [
        "<ab><abc><abcd><abcde <ab<abc", "ab abc bcd abcd abcbcd xab", "▁sym sym  sym xsym▁sym",
        "end end▁ end  x", "a b aa bb a  b", " lead x lead  lead", "trail trail  trail", "trail ",
        "é漢字 漢字é漢", "unwanted unwante un", "ing singing", "　　x　", "▁▁▁ x▁▁",
        "ＡＢ ＡＡ\u0301", "e\u0301é É", "\n \n\n", "".join(SYMBOLS), " ".join(SYMBOLS[::-1]),
    ],
    "nfkc": [
        "½ ＨｅＨｅ Ｈ ①x ①", "ﬁ ㎢ ﷺ", "カ\u3099ｶ\uff9e \u1100\u1161\u11a8", "\u200b\u00ad\u200e\ufeff",
        "\u0001\u0002 a\u007f\u0085b", "\u2028a\u2029", "～〜 \u0344 ẛ\u0323", "\u1680\u2003 ",
    ],
    "gemma": ["     a        b          c", "▁▁▁<h1> <h1>▁▁", "<unused0><2mass> \n\n\t\t",
              "12345 ٣٤"],
    "ties": ["aaaaaaa aaa anananan", "      " * 3 + "mareorlo nininini", "the the thethe tthhee",
             "annaanannaan nanaannnaa anaannanaa naanan aannaannaann", "anan" * 12, "nna" * 15],
    "bytes": ["ሴ漢😀\u0000é", "\u0378" * 5, "<0xFF>ሴ<0x0A>"],
}
# What the parts of a model's name ask for.
GROUPS = {
    "rules": "rules", "symbols": "symbols", "user": "symbols", "nfkc": "nfkc", "gemma": "gemma",
    "ties": "ties", "positive": "symbols", "zero": "symbols", "bytes": "bytes", "llama": "bytes",
    "unused": "ties", "scattered": "ties", "promoted": "ties",
    "sentences": "ties", "suffix": "ties", "rewired": "bytes",
}

STRINGS = {}


def shared(text):
    """The place of a string in the list of all."""
    return STRINGS.setdefault(text, len(STRINGS))


def texts_for(name, place):
    """Every model gets the common strings, those that its name speaks of, one long one, and some of
    the hard strings, which come round to all."""
    groups = dict.fromkeys(GROUPS[part] for part in name.split("-") if part in GROUPS)
    special = [text for group in groups for text in SPECIAL[group]]
    everyday = [text for text in TEXTS if len(text) < 110]
    hard = [everyday[(place * 4 + n) % len(everyday)] for n in range(4)]
    return list(dict.fromkeys([*COMMON, *special, LONG[place % len(LONG)], *hard]))


def encoded(processor, text):
    proto = processor.encode(text, return_type="proto")
    ids = [piece.id for piece in proto.pieces]
    assert ids == processor.encode(text)
    case = {"text": shared(text), "ids": ids,
            "offsets": [x for piece in proto.pieces for x in (piece.begin, piece.end)]}
    unknown = [shared(piece.piece) for piece in proto.pieces if piece.id == processor.unk_id()]
    if unknown:
        case["unknown"] = unknown
    assert all(piece.piece == processor.id_to_piece(piece.id) for piece in proto.pieces
               if piece.id != processor.unk_id())
    return case | {"normalized": shared(processor.normalize(text)),
                   "decoded": shared(processor.decode(ids))}


def sequences(processor, rng):
    """Ids from the whole vocabulary; with many special ones; of byte pieces, some of which make
    characters; and such as begin with spaces."""
    everything = range(processor.vocab_size())
    special = [i for i in everything if processor.is_control(i) or processor.is_unknown(i)]
    spaces = [i for i in everything if processor.id_to_piece(i).startswith("▁")] or [0]
    bytes_ = [i for i in everything if processor.is_byte(i)]
    yield []
    yield [rng.choice(spaces) for _ in range(4)]
    yield [*special[:3], rng.choice(spaces), *special, rng.choice(spaces)]
    for _ in range(3):
        yield [rng.choice(everything) for _ in range(rng.randrange(1, 14))]
    yield [rng.choice(special if rng.random() < 0.5 else everything) for _ in range(9)]
    if bytes_:
        text = "".join(rng.choice("aé漢😀 \n▁") for _ in range(12)).encode()
        yield [bytes_[b] for b in text if rng.random() < 0.95]
        yield [bytes_[b] for b in bytes([0xF0, 0x9F, 0x98, 0x41, 0xE0, 0x80, 0x80, 0xED, 0xA0, 0x80,
                                         0xC0, 0x80, 0xF4, 0x90, 0x80, 0x80, 0xEF, 0xBF, 0xBE])]
        for _ in range(2):
            yield [rng.choice(bytes_ if rng.random() < 0.7 else everything) for _ in range(12)]
        yield [bytes_[0xE6], special[0], bytes_[0xBC], bytes_[0xA2], rng.choice(spaces)]
        yield [bytes_[b] for b in " ▁ a".encode()]


def main():
    sentencepiece.set_min_log_level(2)
    blobs, files = [], []
    for place, name in enumerate(MODELS):
        model = made(name)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        assert processor.serialized_model_proto()
        parts = [model]
        charsmap = sentencepiece_model_pb2.ModelProto.FromString(
            model).normalizer_spec.precompiled_charsmap
        if len(charsmap) > BLOB_SIZE:
            if charsmap not in blobs:
                blobs.append(charsmap)
            before, after = model.split(charsmap)
            parts = [before, blobs.index(charsmap), after]
        rng = random.Random(name)
        cases = [encoded(processor, text) for text in texts_for(name, place)]
        cases += [{"decode": ids, "decoded": shared(processor.decode(ids))}
                  for ids in sequences(processor, rng)]
        files.append({"name": name, "cases": cases, "model": [
            part if isinstance(part, int) else base64.b64encode(part).decode() for part in parts]})
    assert all(text in STRINGS for text in TEXTS if len(text) < 110), "a text is in no file"
    out = {"made_by": "make_sentencepiece_goldens.py", "sentencepiece": sentencepiece.__version__,
           "strings": list(STRINGS), "blobs": [base64.b64encode(blob).decode() for blob in blobs],
           "files": files}
    (HERE / "sentencepiece.json").write_text(
        json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
