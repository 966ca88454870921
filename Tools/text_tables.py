"""Writes the tables of Sources/Tokenization/Tables: what `tokenizers` knows of every Unicode scalar
(categories, scripts, words, normal forms, case), asked of the library itself. The crates and the
regex engine inside it follow different Unicode versions, so no single copy of the Unicode database
would agree with it.

    pip install tokenizers tiktoken && python Tools/text_tables.py
"""

import pathlib
import random
import unicodedata

import tiktoken
import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

FOLDER = pathlib.Path(__file__).parent.parent / "Sources/Tokenization/Tables"
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
EVERYTHING = "".join(map(chr, SCALARS))
HANGUL = range(0xAC00, 0xD7A4)  # composed and decomposed by rule
CATEGORIES = ("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp "
              "Cc Cf Cs Co Cn").split()
# Names that the engine does not know yet are left out.
SCRIPTS = """
Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali
Beria_Erfe Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian
Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan
Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic
Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Han
Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited
Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li
Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A
Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi
Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro
Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu
Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian Old_Permic
Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong
Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada
Shavian Siddham Sidetic SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar
Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Tai_Yo Takri Tamil Tangsa Tangut
Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri Tolong_Siki Toto Tulu_Tigalari Ugaritic Vai
Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square
""".split()
SAME = 0xFF  # in `splitterRuns`: the script of `runs`


# MARK: Asking

def chunks(values: list, size: int = 20_000):
    for start in range(0, len(values), size):
        yield values[start:start + size]


def matched(pattern: str, among: str = EVERYTHING) -> set[int]:
    """The scalars that a pattern of one scalar matches in Oniguruma."""
    split = pre_tokenizers.Split(Regex(f"(?:{pattern})+"), "removed", invert=True)
    return {ord(c) for text, _ in split.pre_tokenize_str(among) for c in text}


def partition(properties: list[str]) -> dict[str, set[int]]:
    """The scalars of properties no two of which share one; the large ones are best first, for what
    is found is not asked about again."""
    result, left = {}, EVERYTHING
    for name in properties:
        try:
            found = matched(rf"\p{{{name}}}", left)
        except Exception:
            print("not a property of Oniguruma's:", name)
            continue
        result[name] = found
        left = "".join(c for c in left if ord(c) not in found)
    assert left == "", "a property is missing"
    return result


def matched_by_rust(pattern: str) -> set[int]:
    """The same in Rust's regex crate, by way of tiktoken, which drops what is not matched."""
    ranks = {bytes([b]): b for b in range(256)}
    peer = tiktoken.Encoding(
        "peer", pat_str=f"(?:{pattern})+", mergeable_ranks=ranks, special_tokens={})
    kept = set()
    for part in chunks(SCALARS):
        text = "".join(map(chr, part))
        kept |= set(map(ord, peer.decode(peer.encode_ordinary(text))))
    return kept


def cut(cutter, between: str) -> set[int]:
    """The scalars that `cutter` does not leave in one piece with `between` on both sides."""
    found = set()
    for part in chunks(SCALARS):
        text = between + "".join(chr(c) + between for c in part)
        starts = {start for _, (start, _) in cutter.pre_tokenize_str(text)}
        found |= {c for index, c in enumerate(part) if 2 * index + 2 in starts}
    return found


def normalized(normalizer, scalars: list[int]) -> dict[int, str]:
    """What `normalizer` makes of every scalar alone."""
    result = {}
    for part in chunks(scalars):
        # A line feed is of class 0, has no composition and no case.
        pieces = normalizer.normalize_str("\n".join(map(chr, part))).split("\n")
        if len(pieces) != len(part):
            pieces = [normalizer.normalize_str(chr(c)) for c in part]
        result |= zip(part, pieces)
    return result


# MARK: Writing

def numbers(values: list[int]) -> str:
    text, line = "", "       "
    for value in values:
        word = f" 0x{value:X},"
        if len(line) + len(word) > 100:
            text += line + "\n"
            line = "       "
        line += word
    return text + line + "\n"


def words(values: list[str]) -> str:
    text, line = "", "       "
    for value in values:
        word = f' "{value}",'
        if len(line) + len(word) > 100:
            text += line + "\n"
            line = "       "
        line += word
    return text + line + "\n"


def write(name: str, about: str, tables: list[tuple[str, str, list]]) -> None:
    """One file of one enum; a table is its name, its comment and its values."""
    text = (f"// Generated by Tools/text_tables.py from tokenizers {tokenizers.__version__}. "
            f"Do not edit.\n\n{comment(about, '')}enum {name} {{\n")
    parts = []
    for table, note, values in tables:
        named = bool(values) and isinstance(values[0], str)
        body = words(values) if named else numbers(values)
        parts.append(f"{comment(note, '    ')}    static let {table}: "
                     f"[{'String' if named else 'UInt32'}] = [\n{body}    ]\n")
        print(f"{name}.{table}: {len(values)}")
    (FOLDER / f"{name}.swift").write_text(text + "\n".join(parts) + "}\n")


def comment(text: str, indent: str) -> str:
    lines, line = [], indent + "///"
    for word in text.split():
        if len(line) + 1 + len(word) > 100:
            lines.append(line)
            line = indent + "///"
        line += " " + word
    return "\n".join(lines + [line]) + "\n"


def runs(value_of, shift: int) -> list[int]:
    """One entry a run of one value: `first << shift | value`."""
    result, last = [], None
    for scalar in range(0x110000):
        value = value_of(scalar)
        if value != last:
            assert value < 1 << shift
            result.append(scalar << shift | value)
            last = value
    return result


def flips(members: set[int]) -> list[int]:
    return [c for c in range(0x110001) if (c in members) != (c - 1 in members)]


def progressions(members: list[int], alike) -> list[tuple[int, int, int]]:
    """Cuts ascending `members` into runs (index, count, step) of step 1 or 2, greedily; `alike`
    says of two indices and the step whether they may be neighbours."""
    result, index = [], 0
    while index < len(members):
        count, step = 1, 1
        if index + 1 < len(members):
            step = members[index + 1] - members[index]
            if step > 2 or not alike(index, index + 1, step):
                step = 1
            else:
                while (index + count < len(members)
                       and members[index + count] - members[index + count - 1] == step
                       and alike(index + count - 1, index + count, step)):
                    count += 1
        result.append((index, count, step))
        index += count
    return result


def pooled(tables: list[dict[int, str]]) -> tuple[list[list[int]], list[int]]:
    """For each table its index, triples `first, count << 16 | step << 8 | length, start`, and the
    pool of scalars all of them point into."""
    cuts = []
    for number, table in enumerate(tables):
        members = sorted(table)
        for index, count, step in progressions(
                members, lambda a, b, step: len(table[members[a]]) == len(table[members[b]])):
            text = "".join(table[c] for c in members[index:index + count])
            cuts.append((number, members[index], count, step, len(text) // count, text))
    pool, start_of = "", {}
    # The long ones first, so that the short ones are found within them.
    for text in sorted({cut[5] for cut in cuts}, key=lambda text: (-len(text), text)):
        start_of[text] = pool.find(text)
        if start_of[text] < 0:
            start_of[text] = len(pool)
            pool += text
    indices = [[] for _ in tables]
    for number, first, count, step, length, text in cuts:
        assert count < 1 << 16 and length < 1 << 8
        indices[number] += [first, count << 16 | step << 8 | length, start_of[text]]
    return indices, list(map(ord, pool))


INDEX = ("Triples, ascending: `first scalar, count << 16 | step << 8 | length, start`. The scalars "
         "`first + i * step`, i below count, are replaced by `length` scalars of `pool` from "
         "`start + i * length`.")


# MARK: The tables

def categories() -> list[int]:
    of = [CATEGORIES.index("Cs")] * 0x110000
    large = ["Cn", "Co", "Lo"]
    for name, found in partition(large + [c for c in CATEGORIES if c not in large]).items():
        for scalar in found:
            of[scalar] = CATEGORIES.index(name)
    assert all((CATEGORIES[of[c]] == "Cs") == (0xD800 <= c < 0xE000) for c in range(0x110000))
    for major in "LNPSMZ":
        mine = {c for c in SCALARS if CATEGORIES[of[c]][0] == major}
        report(rf"\p{{{major}}} in Rust", mine, matched_by_rust(rf"\p{{{major}}}"))
    write(
        "CategoryTables", "The general category of every Unicode scalar, as runs of one category.",
        [("runs", "One entry a run, ascending: `first scalar << 5 | category`, where the category "
          "is the raw value of `GeneralCategory`. The first run starts at U+0000, each ends where "
          "the next begins.", runs(lambda c: of[c], 5))])
    return of


def report(name: str, mine: set[int], other: set[int]) -> bool:
    difference = sorted(mine ^ other)
    print(f"{name}: " + ("equal" if not difference else f"{len(difference)} differ, "
          + " ".join(f"{c:04X}" for c in difference[:8])))
    return not difference


def scripts() -> None:
    large = ["Unknown", "Han", "Hangul"]
    parts = partition(large + [name for name in SCRIPTS if name not in large])
    names = ["Unknown"] + [name for name in SCRIPTS if name in parts]
    of = [0] * 0x110000
    for name, found in parts.items():
        for scalar in found:
            of[scalar] = names.index(name)
    splitter = splitter_scripts(names, of)
    assert max(splitter) < SAME
    verify_splitter(splitter)
    kana = {names.index("Hiragana"), names.index("Katakana")}
    han = names.index("Han")

    def exception(scalar: int) -> int:
        ruled = 0 if scalar == 0x20 else han if of[scalar] in kana else of[scalar]
        return SAME if ruled == splitter[scalar] else splitter[scalar]

    exceptions, everything = runs(exception, 8), runs(lambda c: splitter[c], 8)
    print(f"splitter: {len(exceptions)} as exceptions, {len(everything)} in full")
    write(
        "ScriptTables", "The script of every Unicode scalar.",
        [("names", "The scripts, by the names the regex engine knows them by.", names),
         ("runs", "One entry a run, ascending: `first scalar << 8 | index in names`.",
          runs(lambda c: of[c], 8)),
         ("splitterRuns", "Where the pre-tokenizer `UnicodeScripts`, whose table is older, sees "
          "another script than `runs` (with Hiragana and Katakana counted as Han and the space as "
          "no script): runs as above; index 0xFF is where the two agree, 0 a scalar that takes any "
          "script.", exceptions)])


def splitter_scripts(names: list[str], of: list[int]) -> list[int]:
    cutter = pre_tokenizers.UnicodeScripts()

    def cut_after(before: str) -> set[int]:
        """The scalars that `before` is cut from."""
        found = set()
        for part in chunks(SCALARS):
            text = "".join(before + chr(c) for c in part)
            starts = {start for _, (start, _) in cutter.pre_tokenize_str(text)}
            found |= {c for index, c in enumerate(part) if 2 * index + 1 in starts}
        return found

    scripted = sorted(cut_after("a") | cut_after("\u4E00"))
    # Neighbours of one script stay together, so only the heads of the pieces need a name.
    pieces = [text for text, _ in cutter.pre_tokenize_str("".join(map(chr, scripted)))]
    heads = [text[0] for text in pieces]
    samples = {}
    for head in heads:
        samples.setdefault(of[ord(head)], head)
    samples[names.index("Han")] = "\u4E00"
    script_of_head = {}
    for index, sample in sorted(samples.items()):
        text = "".join(sample + head for head in heads)
        starts = {start for _, (start, _) in cutter.pre_tokenize_str(text)}
        for number, head in enumerate(heads):
            if 2 * number + 1 in starts:
                continue
            known = script_of_head.get(head)
            # Samples of two indices may be one script to the splitter; the table's index wins.
            if known is None or index == of[ord(head)]:
                script_of_head[head] = index
    merged = {}
    for index, sample in samples.items():
        merged[index] = names.index("Han") if script_of_head[sample] in (
            names.index("Hiragana"), names.index("Katakana")) else script_of_head[sample]
    result = [0] * 0x110000
    for text, head in zip(pieces, heads):
        for c in text:
            result[ord(c)] = merged[script_of_head[head]]
    return result


def verify_splitter(script: list[int]) -> None:
    cutter = pre_tokenizers.UnicodeScripts()
    starts = [c for c in SCALARS if c == 0 or script[c] != script[c - 1]]
    source = random.Random(1)
    for _ in range(20_000):
        text = "".join(chr(source.choice(
            (source.choice(starts), source.choice(SCALARS), source.randrange(0x3000), 32)))
            for _ in range(source.randrange(1, 30)))
        last, offsets = 0, []
        for index, c in enumerate(text):
            here = script[ord(c)]
            if here != 0 and here != last:
                offsets.append(index)
                last = here
        offsets.append(len(text))
        mine = [text[a:b] for a, b in zip(offsets, offsets[1:])]
        assert mine == [piece for piece, _ in cutter.pre_tokenize_str(text)], repr(text)
    print("splitter: verified")


def word_tables(category: list[int]) -> None:
    def having(majors: str) -> set[int]:
        return {c for c in SCALARS if CATEGORIES[category[c]][0] in majors}

    cutter = pre_tokenizers.Whitespace()
    # Between letters, a scalar of no word cuts; beside points, one of a word does.
    word = set(SCALARS) - cut(cutter, "a")
    space = {ord(c) for c in EVERYTHING} - {
        ord(c) for text, _ in cutter.pre_tokenize_str(EVERYTHING) for c in text}
    assert word == cut(cutter, ".") - space
    tables = [("word", "Where `\\w` of Rust's regex crate begins and ends in turn, ascending.",
               flips(word))]
    # Oniguruma's differences are few enough for `TextTables` to have them as a rule.
    joiners = {0x200C, 0x200D}
    assert report(r"[\w] in Oniguruma", word - joiners, matched(r"[\w]"))
    latin = {0xB2, 0xB3, 0xB9, 0xBC, 0xBD, 0xBE}
    assert report(r"\w in Oniguruma", word - joiners | latin, matched(r"\w"))
    white = {ord(c) for c in EVERYTHING} - {ord(c) for text, _ in
             pre_tokenizers.WhitespaceSplit().pre_tokenize_str(EVERYTHING) for c in text}
    tables.append(("whiteSpace", "Where white space begins and ends in turn, ascending: one set "
                   "for `\\s` in both engines, the splitters and the stripping normalizer.",
                   flips(white)))
    assert report(r"\s in Rust", white, space)
    assert report(r"\s in Oniguruma", white, matched(r"\s"))
    stripped = normalizers.Strip()
    assert report("Strip", white, {c for c in SCALARS if stripped.normalize_str(chr(c)) == ""})
    notes = []
    numeric = cut(pre_tokenizers.Digits(True), "a")
    if report("numeric", numeric, having("N")):
        notes.append("What is numeric is category N.")
    else:
        tables.append(("numeric", "What the pre-tokenizer `Digits` takes for numeric.",
                       flips(numeric)))
    punctuation = cut(pre_tokenizers.Punctuation(), "a")
    ascii = {c for c in range(128) if chr(c) in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}
    if report("punctuation", punctuation, ascii | having("P")):
        notes.append("Punctuation is category P and what ASCII has.")
    else:
        tables.append(("punctuation", "What the pre-tokenizer `Punctuation` takes for it (its "
                       "Unicode is older than `CategoryTables`).", flips(punctuation)))
    gone = normalized(normalizers.StripAccents(), SCALARS)
    marks = {c for c in SCALARS if gone[c] == ""}
    if report("marks", marks, having("M")):
        notes.append("Combining marks are category M.")
    else:
        tables.append(("marks", "What the normalizer `StripAccents` drops (its Unicode is older "
                       "than `CategoryTables`).", flips(marks)))
    tables += letter_tables(category, white)
    write("WordTables", "Sets of scalars as ascending boundaries: members begin at the first, end "
          "before the second, and so on. " + " ".join(notes), tables)


def letter_tables(category: list[int], white: set[int]) -> list[tuple[str, str, list[int]]]:
    """What is alphabetic, uppercase or lowercase without being of the categories for it."""
    def of(names: str) -> set[int]:
        return {c for c in SCALARS if CATEGORIES[category[c]] in names.split()}

    tables = []
    for name, posix, names in (("Alphabetic", "alpha", "Lu Ll Lt Lm Lo Nl"),
                               ("Uppercase", "upper", "Lu"), ("Lowercase", "lower", "Ll")):
        found, ruled = matched(rf"\p{{{name}}}"), of(names)
        assert ruled <= found and report(f"[:{posix}:]", found, matched(f"[[:{posix}:]]"))
        report(f"{name} in Rust", found, matched_by_rust(rf"\p{{{name}}}"))
        tables.append((f"other{name}", f"What Oniguruma has for {name} beside the categories "
                       f"{', '.join(names.split())}.", flips(found - ruled)))
        if name == "Alphabetic":
            assert report("[:alnum:]", found | of("Nd"), matched("[[:alnum:]]"))
    control, unassigned = of("Cc"), of("Cn")
    everything = set(SCALARS)
    assert report("[:graph:]", everything - white - control - unassigned, matched("[[:graph:]]"))
    assert report("[:print:]", everything - control - unassigned - of("Zl Zp"),
                  matched("[[:print:]]"))
    return tables


# MARK: Normal forms

def combining_classes(alone: dict[int, str]) -> dict[int, int]:
    """The scalars that normalization reorders, with their classes."""
    form, overlay = normalizers.NFD(), "\u0334"  # of class 1
    samples = {1: overlay}
    for scalar in SCALARS:
        c, value = chr(scalar), unicodedata.combining(chr(scalar))
        # A mark that is newer than the library is of no class to it.
        if value > 1 and alone.get(scalar) == c and form.normalize_str(c + overlay) != c + overlay:
            samples.setdefault(value, c)
    plain = [c for c in SCALARS if alone[c] == chr(c) and c != 0x0A]

    def swapped(text_of) -> set[int]:
        found = set()
        for part in chunks(plain):
            texts = [text_of(chr(c)) for c in part]
            pieces = form.normalize_str("\n".join(texts)).split("\n")
            found |= {c for c, text, piece in zip(part, texts, pieces) if text != piece}
        return found

    # A scalar's class is the number at which marks before it stop passing it.
    highest = max(samples)
    members = sorted(swapped(lambda c: c + samples[1])
                     | swapped(lambda c: samples[highest] + c))
    result = {}
    ordered = sorted(samples)
    for scalar in members:
        c = chr(scalar)
        above = [v for v in ordered if form.normalize_str(c + samples[v]) != c + samples[v]]
        below = [v for v in ordered if form.normalize_str(samples[v] + c) != samples[v] + c]
        between = [v for v in ordered if v not in above and v not in below]
        assert len(between) == 1, f"U+{scalar:04X} is of a class without a sample"
        result[scalar] = between[0]
    different = [c for c in SCALARS if unicodedata.combining(chr(c)) != result.get(c, 0)]
    print(f"combining classes: {len(result)}, {len(different)} other than Python's")
    return result


class Model:
    """Normalization by the tables alone."""

    def __init__(self, canonical, compatible, classes, pairs):
        self.canonical, self.compatible = canonical, compatible
        self.classes, self.pairs = classes, pairs

    def decomposed(self, text: str, compatible: bool) -> list[int]:
        scalars = []
        for c in map(ord, text):
            if c in HANGUL:
                index = c - 0xAC00
                scalars += [0x1100 + index // 588, 0x1161 + index % 588 // 28]
                if index % 28:
                    scalars.append(0x11A7 + index % 28)
            else:
                whole = self.canonical.get(c, chr(c))
                if compatible:
                    whole = self.compatible.get(c, whole)
                scalars += map(ord, whole)
        start = 0
        for index in range(len(scalars) + 1):
            if index == len(scalars) or self.classes.get(scalars[index], 0) == 0:
                scalars[start:index] = sorted(
                    scalars[start:index], key=lambda c: self.classes.get(c, 0))
                start = index + 1
        return scalars

    def composed(self, scalars: list[int]) -> list[int]:
        result, starter, last = [], None, 0
        for c in scalars:
            value = self.classes.get(c, 0)
            if starter is not None and (starter == len(result) - 1 or last < value):
                whole = self.pair(result[starter], c)
                if whole is not None:
                    result[starter] = whole
                    continue
            if value == 0:
                starter = len(result)
            last = value
            result.append(c)
        return result

    def pair(self, a: int, b: int):
        if 0x1100 <= a < 0x1113 and 0x1161 <= b < 0x1176:
            return 0xAC00 + (a - 0x1100) * 588 + (b - 0x1161) * 28
        if a in HANGUL and (a - 0xAC00) % 28 == 0 and 0x11A8 <= b < 0x11C3:
            return a + b - 0x11A7
        return self.pairs.get((a, b))

    def form(self, name: str, text: str) -> str:
        scalars = self.decomposed(text, "K" in name)
        return "".join(map(chr, self.composed(scalars) if name.endswith("C") else scalars))


def normal_forms() -> None:
    syllables = set(HANGUL)
    asked = [c for c in SCALARS if c not in syllables]
    forms = {name: getattr(normalizers, name)() for name in ("NFD", "NFC", "NFKD", "NFKC")}
    nfd, nfkd = normalized(forms["NFD"], asked), normalized(forms["NFKD"], asked)
    canonical = {c: text for c, text in nfd.items() if text != chr(c)}
    compatible = {c: text for c, text in nfkd.items() if text != nfd[c]}
    classes = combining_classes(nfd | {c: "" for c in HANGUL})
    pairs = {}
    for scalar, text in canonical.items():
        if len(text) > 1 and forms["NFC"].normalize_str(text) == chr(scalar):
            first = forms["NFC"].normalize_str(text[:-1])
            assert len(first) == 1
            pairs[ord(first), ord(text[-1])] = scalar
    model = Model(canonical, compatible, classes, pairs)
    verify_forms(model, forms)
    (first, second), pool = pooled([canonical, compatible])
    write(
        "NormalizationTables", "Decompositions, compositions and combining classes, of Hangul "
        "syllables none: these go by rule.",
        [("canonical", "Full canonical decompositions. " + INDEX, first),
         ("compatible", "Full compatibility decompositions where they are not the canonical ones. "
          "As `canonical`.", second),
         ("pool", "The scalars of the decompositions.", pool),
         ("combiningClasses", "One entry a run, ascending: `first scalar << 8 | combining class`.",
          runs(lambda c: classes.get(c, 0), 8)),
         ("compositions", "Triples, ascending: two scalars and the one they compose to.",
          [value for key in sorted(pairs) for value in (*key, pairs[key])])])


def verify_forms(model: Model, forms: dict) -> None:
    source = random.Random(2)
    bases = sorted({ord(c) for text in model.canonical.values() for c in text}
                   | {a for a, _ in model.pairs} | {b for _, b in model.pairs})
    groups = [sorted(model.canonical), sorted(model.compatible), sorted(model.classes), bases,
              sorted(model.classes), list(HANGUL), [*range(0x1100, 0x1200)], [*range(0x20, 0x250)],
              SCALARS]
    for name, form in forms.items():
        for part in range(40):
            # A class-0 line feed keeps the strings apart, so that many go in one call.
            texts = ["".join(chr(source.choice(source.choice(groups)))
                             for _ in range(source.randrange(1, 9))).replace("\n", " ")
                     for _ in range(5_000)]
            theirs = form.normalize_str("\n".join(texts)).split("\n")
            assert len(theirs) == len(texts)
            for text, other in zip(texts, theirs):
                mine = model.form(name, text)
                assert mine == other, (name, ascii(text), ascii(mine), ascii(other))
    print("normal forms: verified")


# MARK: Case

def cases() -> None:
    lower = {c: text for c, text in normalized(normalizers.Lowercase(), SCALARS).items()
             if text != chr(c)}
    print("lower: other than Python's:", sum(
        chr(c).lower() != lower.get(c, chr(c)) for c in SCALARS))
    (index,), pool = pooled([lower])
    folded = folds()
    members = sorted(folded)
    steps = [(members[i], step << 16 | count, folded[members[i]])
             for i, count, step in progressions(
                 members, lambda a, b, step: folded[members[b]] - folded[members[a]] == step)]
    write(
        "CaseTables", "Lower case, and what the regex engine takes for equal without case.",
        [("lower", "What the normalizer `Lowercase` makes of scalars it changes. " + INDEX, index),
         ("pool", "The scalars of `lower`.", pool),
         ("folds", "Triples, ascending: `first scalar, step << 16 | count, folded`. The scalars "
          "`first + i * step`, i below count, fold to `folded + i * step`; two scalars match under "
          "`(?i)` if they fold to one.", [value for triple in steps for value in triple])])


def folds() -> dict[int, int]:
    """Every scalar that `(?i)` takes for another one, with the one that stands for all of them."""
    asked = sorted(matched(r"[\p{Changes_When_Casefolded}\p{Changes_When_Casemapped}]"))
    text = "\n".join(map(chr, asked))
    equal = {}
    for scalar in asked:
        split = pre_tokenizers.Split(Regex(rf"(?i:\x{{{scalar:X}}})"), "removed", invert=True)
        found = {ord(piece) for piece, _ in split.pre_tokenize_str(text) if len(piece) == 1}
        assert scalar in found
        equal[scalar] = frozenset(found)
    for scalar, found in equal.items():
        for other in found:
            if equal[other] != found:
                print(f"fold: U+{scalar:04X} and U+{other:04X} are not of one class:",
                      [f"{c:04X}" for c in sorted(found)],
                      [f"{c:04X}" for c in sorted(equal[other])])
    small = matched(r"\p{Ll}")
    result = {}
    for found in set(equal.values()):
        # Python knows the folded one; a scalar that is newer than Python folds to itself there.
        moved = [ord(folded) for c in sorted(found) if len(folded := chr(c).casefold()) == 1
                 and folded != chr(c) and ord(folded) in found]
        chosen = moved[0] if moved else min(found & small, default=min(found))
        assert moved == [] or set(moved) == {chosen}, [f"{c:04X}" for c in found]
        for scalar in found - {chosen}:
            result[scalar] = chosen
    print(f"folds: {len(result)}")
    return result


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    category = categories()
    scripts()
    word_tables(category)
    cases()
    normal_forms()


if __name__ == "__main__":
    main()
