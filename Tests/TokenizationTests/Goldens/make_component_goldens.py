#!/usr/bin/env python3
"""Writes components.json: small tokenizers in the form of tokenizer.json, with every component,
every option and every combination that published families use, and what Hugging Face's `tokenizers`
makes of hard strings with them.

    python make_component_goldens.py      # needs tokenizers and sentencepiece

{"texts": [strings], "files": [{"name": …, "tokenizer": {a whole tokenizer.json}, "cases": […]}]}

A case that encodes (with add_special_tokens, unless plain):
    text        index into texts
    pair        index of the second text; absent for one text
    plain       true: without add_special_tokens
    error       true: the reference refuses (or panics); nothing below is there then
    ids         the ids
    offsets     start, end, start, end, …: Unicode scalars of the text the id comes from
    type_ids    absent when all are 0
    special     places where special_tokens_mask is 1; absent when there are none
    attention   attention_mask; absent when the file does not pad
    overflowing list of ids for each further window; absent when there are none
    decoded     the ids decoded with the special tokens; absent when the reference panics
    skipped     decoded without the special tokens; absent when equal to decoded
A case that encodes several texts at once, in files that pad to the longest:
    batch       indices into texts
    ids         a list for each
    attention   a list for each
A case that decodes:
    decode      ids, also such that are not in the vocabulary
    decoded, skipped as above
"""
import json
import random

import tokenizers
from component_files import FILES
from component_parts import BYTE_TOKENS, HERE, load
from hard_strings import GROUPS, INDEX, TEXTS


def without_panic(call):
    """None when the reference refuses or panics; its panics are no `Exception`."""
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException:
        return None


def decoded(t, ids):
    text = without_panic(lambda: t.decode(ids, skip_special_tokens=False))
    skipped = without_panic(lambda: t.decode(ids, skip_special_tokens=True))
    case = {} if text is None else {"decoded": text}
    return case | ({} if skipped is None or skipped == text else {"skipped": skipped})


def encoded(t, case):
    text = TEXTS[case["text"]]
    pair = TEXTS[case["pair"]] if "pair" in case else None
    e = without_panic(lambda: t.encode(text, pair, add_special_tokens=not case.get("plain")))
    if e is None:
        return case | {"error": True}
    case |= {"ids": e.ids, "offsets": [x for offset in e.offsets for x in offset]}
    if any(e.type_ids):
        case["type_ids"] = e.type_ids
    if any(e.special_tokens_mask):
        case["special"] = [n for n, flag in enumerate(e.special_tokens_mask) if flag]
    if t.padding:
        case["attention"] = e.attention_mask
    if e.overflowing:
        case["overflowing"] = [window.ids for window in e.overflowing]
    return case | decoded(t, e.ids)


def random_ids(rng, t, place):
    """Ids from the whole vocabulary and beyond; of byte tokens; or with many special ones."""
    vocabulary = t.get_vocab(with_added_tokens=True)
    highest = max(vocabulary.values())
    size = rng.randrange(1, 17)
    bytes_ = [vocabulary[b] for b in BYTE_TOKENS if b in vocabulary]
    special = sorted(t.get_added_tokens_decoder())
    if place % 3 == 1 and bytes_:
        # lead and continuation bytes side by side, so that some runs are characters
        text = "".join(rng.choice("aé漢😀ß \n") for _ in range(size)).encode()
        ids = [vocabulary[f"<0x{b:02X}>"] for b in text if f"<0x{b:02X}>" in vocabulary]
        return [i for i in ids if rng.random() < 0.9 or place > 3]
    if place % 3 == 2 and special:
        return [rng.choice(special) if rng.random() < 0.4 else rng.randrange(highest + 1)
                for _ in range(size)]
    return [rng.randrange(highest + 3) for _ in range(size)]


def cases(name, place, tokenizer, groups, pairs):
    """Some texts of the groups a file names, some that come round to every file in turn, and some
    by chance. Few are longer than a line: they take most of the room."""
    t, rng = load(tokenizer), random.Random(name)
    limit = 50 if t.truncation else 60
    chosen = []
    for group in groups.split():
        members = [INDEX[x] for x in GROUPS[group] if len(x) < limit or not t.truncation]
        share = len(members) if group == "special" and name.startswith("added") \
            else min(len(members), 6 // len(groups.split()) + 1)
        chosen += sorted(rng.sample(members, share))
    everyday = [n for n, text in enumerate(TEXTS) if len(text) < limit]
    chosen += [everyday[(place * 2 + n) % len(everyday)] for n in range(2)]
    while len(set(chosen)) < 10:
        chosen.append(rng.choice(everyday))
    if t.truncation and t.truncation["strategy"] == "only_second":
        chosen = chosen[:3]
    if name.startswith("decoder"):
        chosen = chosen[:5]  # random ids say more
    chosen = list(dict.fromkeys(chosen))
    rows = [{"text": n} for n in sorted(chosen)]
    short = [n for n in chosen + everyday if len(TEXTS[n]) < limit * 2 // 3][:8]
    rows += [{"text": rng.choice(short), "pair": rng.choice(short)} for _ in range(pairs)]
    rows += [{"text": short[0], "plain": True},
             {"text": short[-1], "pair": short[1], "plain": True}]
    rows = [encoded(t, row) for row in rows]
    # the windows of a pair are all those of one text with all those of the other
    rows = [row for row in rows if len(row.get("overflowing", [])) < 25]
    if t.padding and t.padding["length"] is None:
        for size in (2, 4):
            batch = [rng.choice(short) for _ in range(size)]
            all_encoded = t.encode_batch([TEXTS[n] for n in batch])
            rows.append({"batch": batch, "ids": [e.ids for e in all_encoded],
                         "attention": [e.attention_mask for e in all_encoded]})
    sequences = [random_ids(rng, t, n) for n in range(12 if name.startswith("decoder") else 6)]
    if name.startswith("decoder"):
        sequences.append([])
    return rows + [{"decode": ids} | decoded(t, ids) for ids in sequences]


def main():
    names = [name for name, *_ in FILES]
    assert len(set(names)) == len(names), "a name is there twice"
    files = [{"name": name, "tokenizer": tokenizer,
              "cases": cases(name, place, tokenizer, groups, pairs)}
             for place, (name, tokenizer, groups, pairs) in enumerate(FILES)]
    used = {row["text"] for file in files for row in file["cases"] if "text" in row}
    assert used == set(range(len(TEXTS))), "a text is in no file"
    out = {"made_by": "make_component_goldens.py", "tokenizers": tokenizers.__version__,
           "texts": TEXTS, "files": files}
    (HERE / "components.json").write_text(
        json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
