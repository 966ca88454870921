"""The tokenizers of components.json: FILES is a list of (name, tokenizer.json, groups of texts that
matter to it, how many pairs of texts).

First the combinations that published families use, then each component with all its options.
"""
from component_parts import (
    BERT_TOKENS, BYTE_TOKENS, FEW_RULES, bert_normalizer, bert_template, bpe, byte_bpe, byte_level,
    decoders, kind, metaspace, normal, post, pre, precompiled, replace, roberta, split,
    template, unigram, whole, wordlevel, wordpiece)

FILES = []


def add(name, model, groups, normalizer=None, pre=None, post=None, decoder=None, tokens=(), pairs=1,
        **lengths):
    tokenizer = whole(model, normalizer, pre, post, decoder, tokens, **lengths)
    FILES.append((name, tokenizer, groups, pairs))


NFC, NFD, NFKC, NFKD = (kind(form) for form in ("NFC", "NFD", "NFKC", "NFKD"))
LOWERCASE, STRIP_ACCENTS = kind("Lowercase"), kind("StripAccents")
BERT_PRE, WHITESPACE = kind("BertPreTokenizer"), kind("Whitespace")
BYTES = byte_level(True, True)
ROBERTA_TOKENS = ["<s>", "<pad>", "</s>", "<unk>", ("<mask>", {"lstrip": True})]
ROBERTA_NAMES = ["<s>", "<pad>", "</s>", "<unk>"]
END = ["<|endoftext|>"]


def plain(**flags):
    return {"special": False} | flags


# ---- Byte-level families

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + TAIL
QWEN2 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|" + TAIL
QWEN3_NEXT = (CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
              r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CL100K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}"
          r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"


def cased(suffix, digits, slash):
    return (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{suffix}"
            rf"|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{suffix}|{digits}"
            rf"| ?[^\s\p{{L}}\p{{N}}]+[\r\n{slash}]*|\s*[\r\n]+|\s+(?!\S)|\s+")


O200K = cased(CONTRACTIONS + "?", r"\p{N}{1,3}", "/")
TEKKEN = cased("", r"\p{N}", "/")
HAN_FREE = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
KIMI = (rf"[\p{{Han}}]+|[^\r\n\p{{L}}\p{{N}}]?{HAN_FREE[0]}*{HAN_FREE[1]}+{CONTRACTIONS}?"
        rf"|[^\r\n\p{{L}}\p{{N}}]?{HAN_FREE[0]}+{HAN_FREE[1]}*{CONTRACTIONS}?"
        r"|\p{N}{1,3}|" + TAIL)
DEEPSEEK = (r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"""
            r"""|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"""
            r"""|\s*[\r\n]+|\s+(?!\S)|\s+""")
NO_REGEX = byte_level(False, True, False)


def byte_level_families():
    for prefix in (False, True):
        for trim in (False, True):
            p = byte_level(prefix, trim)
            add(f"gpt2-prefix-{prefix}-trim-{trim}".lower(), byte_bpe(p, last=END), "words space",
                pre=p, post=p, decoder=p, tokens=END)
    add("gpt2-no-post", byte_bpe(byte_level(), last=END, legacy=True, typed=False), "marks control",
        pre=byte_level(), decoder=BYTES, tokens=END)
    for name, trim, prefix in [("roberta", True, False), ("roberta-no-trim", False, False),
                               ("longformer", True, True)]:
        p = byte_level(prefix, trim)
        m = byte_bpe(p, first=ROBERTA_NAMES, last=["<mask>"])
        add(name, m, "special words", pre=p, post=roberta(m, trim=trim, prefix=prefix), decoder=p,
            tokens=ROBERTA_TOKENS, pairs=3)
    m = byte_bpe(byte_level(), first=ROBERTA_NAMES, last=["<mask>"])
    add("bart", m, "special emoji", pre=byte_level(), decoder=byte_level(), tokens=ROBERTA_TOKENS,
        post=post(byte_level(), template(m, "<s> $A </s>", "<s> $A </s> </s> $B </s>")), pairs=3)
    clip = (r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d"
            r"|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    n = normal(NFC, replace(r"\s+", " ", regex=True), LOWERCASE)
    p = pre(split(clip, "Removed", True), byte_level())
    names = ["<|startoftext|>", "<|endoftext|>"]
    m = byte_bpe(p, n, last=names, continuing_subword_prefix="", end_of_word_suffix="</w>",
                 unk_token="<|endoftext|>")
    add("clip", m, "words latin", n, p, roberta(m, names[1], names[0], False), byte_level(),
        [(names[0], {"normalized": True}), names[1]], 2)
    chat = ["<|im_start|>", "<|im_end|>"]
    for name, regex, n in [
            ("cl100k", CL100K, None), ("o200k", O200K, None), ("tekken", TEKKEN, None),
            ("kimi-han", KIMI, None), ("qwen2", QWEN2, NFC), ("qwen3-next", QWEN3_NEXT, NFC)]:
        p = pre(split(regex), NO_REGEX)
        groups = {"kimi-han": "scripts latin", "qwen3-next": "marks scripts"}
        groups = groups.get(name, "words digits")
        add(name, byte_bpe(p, n, last=["extra  spaces"]), groups + " special", n, p, NO_REGEX,
            NO_REGEX, END + [(c, plain()) if name == "qwen2" else c for c in chat])
    p = pre(split(LLAMA3), NO_REGEX)
    bare = ["Ġanunloga", "Hello", "Ġworld", "Ġdogs", "...Ċ", "ĠĠĠĠ", "123", "æĹ¥æľ¬"]
    m = byte_bpe(p, last=bare, ignore_merges=True)
    m["vocab"] |= {"<|begin_of_text|>": len(m["vocab"])}
    names = ["<|begin_of_text|>", "<|eot_id|>"]
    add("llama3", m, "words digits code", pre=p, decoder=BYTES, tokens=names, pairs=2,
        post=post(byte_level(True, False), template(
            m, "<|begin_of_text|> $A", "<|begin_of_text|> $A <|begin_of_text|>:1 $B:1")))
    p = pre(split(r"\p{N}{1,3}"), split("[一-龥\u3040-ゟ゠-ヿ]+"), split(DEEPSEEK), NO_REGEX)
    m = byte_bpe(p, first=["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"])
    add("deepseek-v3", m, "scripts digits", normal(), p, decoder=BYTES, pairs=2,
        tokens=["<｜begin▁of▁sentence｜>", ("<｜end▁of▁sentence｜>", {"normalized": True}),
                ("<｜User｜>", plain())],
        post=template(m, "<｜begin▁of▁sentence｜> $A",
                      "<｜begin▁of▁sentence｜> $A <｜begin▁of▁sentence｜>:1 $B:1"))
    p = pre(split(r"[\r\n]"), split(r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁ"
                                    r"Ҋ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕ𐐀-𐑏𞤀-𞥃]+"),
            split(r"\s?[!-/:-~！-／：-～‘-‟\u3000-。]+"), split(r"\s+$"),
            split("[一-龥\u0800-一가-\ud7ff]+"), kind("Digits", individual_digits=True), NO_REGEX)
    add("deepseek-coder", byte_bpe(p, last=END), "scripts code", pre=p, decoder=BYTES, tokens=END)
    p = pre(kind("Punctuation", behavior="Contiguous"), byte_level(),
            kind("Digits", individual_digits=False), split("[0-9][0-9][0-9]"))
    m = byte_bpe(p, last=END + [">>TITLE<<"])
    add("falcon", m, "digits rare code", pre=p, decoder=BYTES, post=byte_level(False, False),
        tokens=END + [">>TITLE<<"])
    p = pre(kind("Digits", individual_digits=True), byte_level())
    add("starcoder", byte_bpe(p, first=END + ["<fim_prefix>"]), "code digits", pre=p, decoder=BYTES,
        tokens=END + ["<fim_prefix>"], post=BYTES)
    add("command-r", byte_bpe(p, NFC, first=["<PAD>", "<BOS>"]), "digits marks", NFC, p,
        decoder=BYTES, tokens=["<PAD>", "<BOS>"])
    p = pre(split(r" ?[^(\s|[.,!?…。，、।۔،])]+"), NO_REGEX)
    names = ["<unk>", "<s>", "</s>", "<pad>"]
    add("bloom", byte_bpe(p, first=names), "rare scripts", pre=p, tokens=names,
        post=byte_level(True, False, False), decoder=byte_level(True, True, False))
    m = byte_bpe(byte_level(), NFC, first=END)
    spaces = [(" " * n, plain(normalized=True)) for n in (8, 5, 3, 2)]
    add("gpt-neox", m, "space code marks", NFC, byte_level(), byte_level(), BYTES,
        END + spaces)
    m = byte_bpe(byte_level(), NFC, first=END + ["[CLS]", "[SEP]"], last=["[MASK]"])
    add("modernbert", m, "special space", NFC, byte_level(), bert_template(m), BYTES,
        [*END, "[CLS]", "[SEP]", ("[MASK]", {"lstrip": True}), ("   ", plain(normalized=True))], 2)


# ---- Families after SentencePiece, byte pair encoding

LLAMA_NORMALIZER = normal(kind("Prepend", prepend="▁"), replace(" ", "▁"))
LLAMA_DECODER = decoders(replace("▁", " "), kind("ByteFallback"), kind("Fuse"),
                         kind("Strip", content=" ", start=1, stop=0))
GEMMA_DECODER = decoders(replace("▁", " "), kind("ByteFallback"), kind("Fuse"))
LLAMA_NAMES = ["<unk>", "<s>", "</s>"]


def llama_bpe(normalizer, pre=None, first=LLAMA_NAMES, byte_tokens=BYTE_TOKENS, **options):
    # learned from words: without a pre_tokenizer the longest lines would give the merges
    learn = pre or metaspace("always")
    options = {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True} | options
    return bpe(None, learn, first=first, byte_tokens=byte_tokens, letters=100, **options)


def llama_families():
    m = llama_bpe(LLAMA_NORMALIZER)
    pair = template(m, "<s> $A", "<s> $A <s>:1 $B:1")
    normalized = [(t, {"normalized": True}) for t in LLAMA_NAMES]
    add("llama2", m, "meta space", LLAMA_NORMALIZER, None, pair, LLAMA_DECODER, normalized, 2)
    add("mistral", llama_bpe(None, legacy=True), "space emoji", LLAMA_NORMALIZER, None, pair,
        LLAMA_DECODER, LLAMA_NAMES)
    added = [*LLAMA_NAMES[:2], ("</s>", plain(rstrip=True)), "<|endoftext|>",
             *((t, {"rstrip": True}) for t in ["<|im_start|>", "<|im_end|>"])]
    add("phi3", m, "special space", LLAMA_NORMALIZER, None, pair, LLAMA_DECODER, added)
    for scheme in ("always", "first", "never"):
        for splits in (True, False):
            p = metaspace(scheme, splits)
            add(f"llama-metaspace-{scheme}-split-{splits}".lower(), llama_bpe(None), "meta special",
                None, p, pair, LLAMA_DECODER if splits else p, LLAMA_NAMES)
    p = {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True}
    add("metaspace-legacy-prefix", llama_bpe(None), "meta", None, p, pair, p, LLAMA_NAMES)
    p = {"type": "Metaspace", "replacement": "_", "add_prefix_space": False, "str_rep": "_",
         "prepend_scheme": "never"}
    add("metaspace-legacy-no-prefix", llama_bpe(None), "words", None, p, None, p, LLAMA_NAMES)
    names = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>"]
    m = llama_bpe(None, first=names)
    m["vocab"] |= {piece: len(m["vocab"]) + n for n, piece in enumerate(["\n\n", "▁▁▁▁", "\t\t"])}
    add("gemma", m, "special space meta", replace(" ", "▁"),
        split(" ", "MergedWithPrevious", regex=False),
        template(m, "<bos> $A", "<bos> $A <bos>:1 $B:1"), GEMMA_DECODER,
        names + [(t, plain()) for t in ["\n\n", "▁▁▁▁", "\t\t"]], 2)
    few = [b for n, b in enumerate(BYTE_TOKENS) if n % 7 and n < 0xF0]
    add("llama-partial-bytes", llama_bpe(None, byte_tokens=few), "emoji scripts", LLAMA_NORMALIZER,
        None, None, LLAMA_DECODER, LLAMA_NAMES)
    add("llama-partial-bytes-no-fuse", llama_bpe(None, byte_tokens=few, fuse_unk=False),
        "emoji scripts", LLAMA_NORMALIZER, None, None, LLAMA_DECODER, LLAMA_NAMES)
    add("llama-partial-bytes-no-unk", llama_bpe(None, byte_tokens=few, unk_token=None),
        "emoji scripts", LLAMA_NORMALIZER, None, None, LLAMA_DECODER, LLAMA_NAMES[1:])


# ---- Unigram families

SPACES = replace(" {2,}", " ", regex=True)


def unigram_families():
    names, mask = ["<s>", "<pad>", "</s>", "<unk>"], ("<mask>", {"lstrip": True})
    few = precompiled(FEW_RULES)

    def family(name, groups, n, p, single, pair, first=names, unknown=3, tokens=None, **options):
        m = unigram(n, p, first, unknown, **options)
        add(name, m, groups, n, p, template(m, single, pair), metaspace(),
            tokens or [*first, mask], 3)

    family("xlm-roberta", "latin marks control", precompiled(), metaspace(), "<s> $A </s>",
           "<s> $A </s> </s> $B </s>")
    family("xlm-roberta-older", "space special", normal(few, SPACES),
           pre(kind("WhitespaceSplit"), metaspace()), "<s> $A </s>", "<s> $A </s> </s> $B </s>")
    family("t5", "latin space", few, pre(kind("WhitespaceSplit"), metaspace()), "$A </s>",
           "$A </s> $B </s>", ["<pad>", "</s>", "<unk>"], 2,
           ["<pad>", "</s>", "<unk>", "<extra_id_0>", "<extra_id_1>"])
    family("t5-spaces", "space meta", normal(few, replace(" {2,}", "▁", regex=True)),
           metaspace(), "$A </s>", "$A </s> $B </s>", ["<pad>", "</s>", "<unk>"], 2)
    bert = ["<pad>", "<unk>", "[CLS]", "[SEP]"]
    family("albert", "words latin special",
           normal(replace("``", '"'), replace("''", '"'), NFKD, STRIP_ACCENTS, LOWERCASE, few,
                  SPACES), metaspace(), "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", bert, 1,
           [*bert, ("[MASK]", {"lstrip": True})])
    xlnet = ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>"]
    family("xlnet", "words marks", normal(replace("``", '"'), replace("''", '"'), NFKD,
                                          STRIP_ACCENTS, few, SPACES), metaspace(),
           "$A <sep> <cls>:2", "$A <sep> $B:1 <sep>:1 <cls>:2", xlnet, 0,
           [*xlnet, ("<mask>", {"lstrip": True, "normalized": True})])
    family("mbart", "special scripts", few, metaspace(), "$A </s> en_XX", "$A $B </s> en_XX",
           names + ["en_XX", "de_DE"], 3, digits=1)
    family("nllb", "scripts space", normal(few, SPACES), metaspace(), "de_DE $A </s>",
           "de_DE $A $B </s>", names + ["en_XX", "de_DE"], 3)
    deberta = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    family("deberta-v2", "rare words", normal(kind("Strip", strip_left=True, strip_right=True), few,
                                              SPACES),
           pre(kind("Punctuation", behavior="Isolated"), metaspace()), "[CLS] $A [SEP]",
           "[CLS] $A [SEP] $B:1 [SEP]:1", deberta, 3, [*deberta, "[MASK]"])
    # language models: no template
    p = metaspace("first", False)
    for fallback in (True, False):
        m = unigram(None, metaspace(), ["<unk>", "<s>", "</s>"], 0, byte_fallback=fallback)
        add(f"unigram-byte-fallback-{fallback}".lower(), m, "emoji scripts long", None, p, None,
            LLAMA_DECODER, ["<unk>", "<s>", "</s>"])
    m = unigram(None, metaspace(), ["<s>", "</s>"], None, letters=200)
    add("unigram-no-unknown", m, "words emoji", None, metaspace(), None, metaspace(),
        ["<s>", "</s>"])
    m = unigram(None, metaspace(), ["<unk>"], 0, digits=0, typed=False)
    add("unigram-ties-untyped", m, "words long", None, metaspace(), None, metaspace(), ["<unk>"])
    m = unigram(None, metaspace(), ["<unk>"], 0)
    add("unigram-no-pre-tokenizer", m, "space long", LLAMA_NORMALIZER, None, None, metaspace(),
        [("lazy dogs", plain(normalized=True))])


# ---- Families after BERT

def bert_families():
    wp = kind("WordPiece", prefix="##", cleanup=True)
    for name, groups, accents, lowercase, chinese in [
            ("bert-uncased", "words special latin", None, True, True),
            ("bert-cased", "words special latin", None, False, True),
            ("bert-multilingual", "scripts marks", False, False, True),
            ("bert-lower-keep-accents", "latin marks", False, True, True),
            ("bert-strip-only", "latin marks", True, False, True),
            ("bert-no-chinese", "scripts", True, True, False)]:
        n = bert_normalizer(True, chinese, accents, lowercase)
        m = wordpiece(n, BERT_PRE)
        add(name, m, groups, n, BERT_PRE, bert_template(m), wp, BERT_TOKENS, 3)
    n = bert_normalizer(False, True, None, True)
    m = wordpiece(n, BERT_PRE)
    add("bert-no-clean", m, "space control", n, BERT_PRE, bert_template(m), wp, BERT_TOKENS)
    n = bert_normalizer()
    m = wordpiece(n, BERT_PRE)
    processor = kind("BertProcessing", sep=["[SEP]", 3], cls=["[CLS]", 2])
    add("bert-processing", m, "special words", n, BERT_PRE, processor, wp, BERT_TOKENS, 3)
    add("distilbert", m, "rare digits", n, BERT_PRE, bert_template(m), wp, BERT_TOKENS, 2,
        truncation={"direction": "Right", "max_length": 24, "strategy": "LongestFirst",
                    "stride": 0})
    add("funnel", m, "special words", n, BERT_PRE,
        template(m, "[CLS]:2 $A:0 [SEP]:0", "[CLS]:2 $A:0 [SEP]:0 $B:1 [SEP]:1"), wp,
        BERT_TOKENS, 3)
    m = wordpiece(n, BERT_PRE, ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"])
    add("mpnet", m, "special latin", n, BERT_PRE, roberta(m), wp,
        [*ROBERTA_TOKENS[:3], "[UNK]", ("<mask>", {"lstrip": True})], 3)
    # GPT-1, XLM, Herbert
    m = bpe(n, BERT_PRE, ["<unk>"], end_of_word_suffix="</w>", unk_token="<unk>")
    add("gpt1", m, "words scripts latin", n, BERT_PRE, None, kind("BPEDecoder", suffix="</w>"),
        ["<unk>"])
    n = bert_normalizer(lowercase=False, accents=False)
    m = bpe(n, BERT_PRE, ["<s>", "</s>", "<unk>"], end_of_word_suffix="</w>", unk_token="<unk>",
            fuse_unk=True)
    add("herbert", m, "latin scripts", n, BERT_PRE,
        kind("BertProcessing", sep=["</s>", 1], cls=["<s>", 0]),
        kind("BPEDecoder", suffix="</w>"), ["<s>", "</s>", "<unk>"], 2)


# ---- Each model

def models():
    wp = kind("WordPiece", prefix="##", cleanup=False)
    m = wordpiece(None, WHITESPACE, limit=6)
    add("wordpiece-short-words", m, "long words", None, WHITESPACE, None, wp, BERT_TOKENS)
    m = wordpiece(LOWERCASE, kind("WhitespaceSplit"), prefix="", typed=False)
    add("wordpiece-no-prefix-untyped", m, "words code", LOWERCASE, kind("WhitespaceSplit"))
    m = wordpiece(None, WHITESPACE, first=[], unknown="[NONE]", letters=60)
    add("wordpiece-unknown-not-there", m, "words scripts", None, WHITESPACE, None, wp)
    m = wordlevel(None, WHITESPACE)
    add("wordlevel", m, "words rare", None, WHITESPACE, None, None, ["[UNK]"])
    m = wordlevel(LOWERCASE, kind("WhitespaceSplit"), typed=False)
    add("wordlevel-untyped", m, "words digits", LOWERCASE, kind("WhitespaceSplit"))
    m = wordlevel(None, WHITESPACE, first=(), unknown="[UNK]")
    add("wordlevel-unknown-not-there", m, "words", None, WHITESPACE)
    add("bpe-unknown-dropped", bpe(None, WHITESPACE, letters=60), "scripts words", None, WHITESPACE)
    for fuse in (True, False):
        m = bpe(None, WHITESPACE, ["[UNK]"], letters=50, unk_token="[UNK]", fuse_unk=fuse)
        add(f"bpe-unknown-fuse-{fuse}".lower(), m, "scripts latin emoji", None, WHITESPACE, None,
            None, ["[UNK]"])
    m = bpe(None, WHITESPACE, ["[UNK]"], letters=60, unk_token="[UNK]", dropout=0.0,
            continuing_subword_prefix="##", legacy=True)
    add("bpe-continuing-prefix", m, "words latin", None, WHITESPACE, None, wp, ["[UNK]"])
    m = bpe(None, WHITESPACE, ["[UNK]"], letters=45, merges=60, unk_token="[UNK]",
            continuing_subword_prefix="@@", end_of_word_suffix="</e>")
    add("bpe-prefix-and-suffix", m, "words digits", None, WHITESPACE, None,
        kind("BPEDecoder", suffix="</e>"))
    m = bpe(None, metaspace(), ["<unk>"], letters=60, unk_token="<unk>", byte_tokens=BYTE_TOKENS,
            ignore_merges=True, last=["▁forwevasa", "▁Hello,", "▁dogs..."])
    add("bpe-ignore-merges-no-fallback", m, "words special", None, metaspace(), None, metaspace())
    m = bpe(None, None, letters=60, byte_tokens=BYTE_TOKENS, byte_fallback=True, merges=20)
    add("bpe-bytes-no-pre-tokenizer", m, "space long control", decoder=GEMMA_DECODER)
    m = wordlevel(None, WHITESPACE)
    m["vocab"] = {piece: n + n // 5 * 3 for piece, n in m["vocab"].items()}
    add("wordlevel-holes", m, "words special", None, WHITESPACE, None, None,
        ["[UNK]", ("[PAD]", plain())])
    m = byte_bpe(byte_level())
    m["vocab"] = {piece: 2 * n + 7 for piece, n in m["vocab"].items()}
    add("bpe-holes", m, "words", None, byte_level(), None, byte_level(), END)


# ---- Each pre_tokenizer, with words as tokens: the offsets show the pieces

BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def pre_tokenizers():
    for name, p, groups in [
            ("whitespace", WHITESPACE, "space scripts marks"),
            ("whitespace-split", kind("WhitespaceSplit"), "space urls"),
            ("bert", BERT_PRE, "rare scripts space"),
            ("delimiter-bar", kind("CharDelimiterSplit", delimiter="|"), "meta special"),
            ("delimiter-wide", kind("CharDelimiterSplit", delimiter="漢"), "long scripts"),
            ("scripts", kind("UnicodeScripts"), "scripts latin digits emoji"),
            ("fixed-length-3", kind("FixedLength", length=3), "emoji marks scripts"),
            ("fixed-length-default", kind("FixedLength"), "space long"),
            ("digits-individual", kind("Digits", individual_digits=True), "digits latin"),
            ("digits-contiguous", kind("Digits", individual_digits=False), "digits latin"),
            ("punctuation-default", kind("Punctuation"), "rare meta"),
            ("scripts-metaspace", pre(kind("UnicodeScripts"), metaspace()), "scripts space"),
            ("whitespace-digits-fixed", pre(kind("WhitespaceSplit"), kind("Digits",
             individual_digits=True), kind("FixedLength", length=4)), "digits code"),
            ("sequence-empty", pre(), "words"), ("none", None, "words space"),
            *((f"punctuation-{b}".lower(), kind("Punctuation", behavior=b), "rare code words")
              for b in BEHAVIORS)]:
        add(f"pre-{name}", wordlevel(None, p, count=90), groups, None, p, None, None, ["[UNK]"])
    for behavior in BEHAVIORS:
        for invert in (False, True):
            for regex, text in [(False, "a."), (True, r"\s+|[.,!?]|\d{2}(?=\d)")]:
                p = split(text, behavior, invert, regex)
                which = "regex" if regex else "string"
                name = f"split-{behavior}-{which}{'-inverted' if invert else ''}".lower()
                add(name, wordlevel(None, p, count=60), "words space digits", None, p, None, None,
                    ["[UNK]"])
    patterns = {
        "lookaround": r"(?<=[a-z])(?=[A-Z])|(?<!\d)\d+(?!\d)|\b-\b",
        "lazy": r"<.+?>|\[[^\]]*?\]|(?:ab){2,3}?|(.)\1",
        "classes": r"[[:alpha:]&&[^aeiou]]+|[^\p{L}\p{M}\s]++|\p{Greek}+|\p{^Lu}\p{Lu}|\h+",
        "anchors": r"^\s+|\s+$|\A.|.\z|(?i)straße|ſ", "empty": r"x*|(?=é)",
        "multiline": r"(?m:.+)|\R"}
    for name, regex in patterns.items():
        p = split(regex)
        add(f"split-pattern-{name}", wordlevel(None, p, count=80), "words latin space special",
            None, p, None, None, ["[UNK]"])


# ---- Each normalizer, with bytes as tokens: the ids show the text

def normalizers():
    m = bpe(None, None, letters=40, merges=0, byte_tokens=BYTE_TOKENS, byte_fallback=True)
    few = precompiled(FEW_RULES)
    for name, n, groups in [
            ("nfc", NFC, "marks"), ("nfd", NFD, "marks latin"), ("nfkc", NFKC, "latin marks"),
            ("nfkd", NFKD, "latin scripts"), ("lowercase", LOWERCASE, "latin scripts"),
            ("strip-accents", STRIP_ACCENTS, "marks scripts"),
            ("nfd-strip-accents-nfc", normal(NFD, STRIP_ACCENTS, NFC), "latin marks"),
            ("nmt", kind("Nmt"), "control space"),
            ("strip-both", kind("Strip", strip_left=True, strip_right=True), "space"),
            ("strip-left", kind("Strip", strip_left=True, strip_right=False), "space"),
            ("strip-right", kind("Strip", strip_left=False, strip_right=True), "space"),
            ("replace-string", replace("'", "’"), "words"),
            ("replace-longer", replace("a", "[a-z]+$0"), "words"),
            ("replace-nothing", replace("l", ""), "words"),
            ("replace-regex", replace(r"(\p{L})\p{M}*|\d+", "$1<>", regex=True), "marks digits"),
            ("replace-empty-match", replace(r"o*", "-", regex=True), "words"),
            ("prepend", kind("Prepend", prepend="▁é "), "space meta"),
            ("bert", bert_normalizer(), "control scripts marks"),
            ("precompiled-few", few, "latin marks control"),
            ("sequence-nested", normal(kind("Prepend", prepend=" "), normal(NFKD, LOWERCASE),
                                       replace(" ", "▁"), few), "latin space")]:
        add(f"normalizer-{name}", m, groups, n, None, None, GEMMA_DECODER,
            [("unaffable", plain(normalized=True)), "[CLS]"])
    n = kind("ByteLevel")
    for name, p in [("", None), ("-split", split(LLAMA3))]:
        add(f"normalizer-byte-level{name}", byte_bpe(byte_level(False, False, False)),
            "scripts emoji special", n, p, None, byte_level(),
            [("<ab>", plain(normalized=True)), ("é", plain(normalized=True)), "[CLS]"])
    n = normal(NFC, kind("Nmt"), precompiled(FEW_RULES))
    m = unigram(n, metaspace())
    add("normalizer-precompiled-unigram", m, "latin control", n, metaspace(), None, metaspace())


# ---- Each decoder; decoders get ids by chance as well as their own

def all_decoders():
    m = bpe(None, metaspace(), ["<unk>", "<s>"], letters=70, merges=60, unk_token="<unk>",
            byte_tokens=BYTE_TOKENS, byte_fallback=True)
    for name, d in [
            ("none", None), ("fuse", kind("Fuse")), ("byte-fallback", kind("ByteFallback")),
            ("metaspace-never", metaspace("never")),
            ("strip-2-1", kind("Strip", content="▁", start=2, stop=0)),
            ("strip-stop", decoders(kind("Fuse"), kind("Strip", content="a", start=1, stop=3))),
            ("replace-regex", decoders(kind("Fuse"), replace("▁+(?=[a-m])|e", "<$0>", regex=True))),
            ("byte-level", byte_level()), ("sequence-empty", decoders()),
            ("metaspace-x", metaspace("always", True, "e"))]:
        add(f"decoder-{name}", m, "emoji words", None, metaspace(), None, d, ["<unk>", "<s>"])
    m = wordpiece(None, BERT_PRE, last_words := ["[UNK]", "n't", "do", "not", "'m", "##.", "##'s"])
    for cleanup in (True, False):
        add(f"decoder-wordpiece-cleanup-{cleanup}".lower(), m, "words", None, BERT_PRE, None,
            kind("WordPiece", prefix="##", cleanup=cleanup), last_words[:1])
    add("decoder-wordpiece-prefix", m, "words", None, BERT_PRE, None,
        kind("WordPiece", prefix="#", cleanup=True))
    letters = numbered_letters(["<pad>", "<s>", "</s>", "<unk>", "|", "a b"])
    m = {"type": "WordLevel", "vocab": letters, "unk_token": "<unk>"}
    for name, d in [("cleanup", kind("CTC", pad_token="<pad>", word_delimiter_token="|",
                                     cleanup=True)),
                    ("raw", kind("CTC", pad_token="<pad>", word_delimiter_token="|",
                                 cleanup=False))]:
        add(f"decoder-ctc-{name}", m, "words meta", replace(" ", "|"), split("(?m:.)"),
            None, d, ["<pad>", "<s>", "</s>", "<unk>"])


def numbered_letters(first):
    return {piece: n for n, piece in enumerate([*first, *"abcdefghijklmnopqrstuvwxyz'.,!?-"])}


# ---- Added tokens

def added_tokens():
    p = byte_level()
    m = byte_bpe(p, merges=40)
    flags = [dict(lstrip=bool(n & 1), rstrip=bool(n & 2), single_word=bool(n & 4))
             for n in range(8)]
    names = ["<mask>", "un", "new york", "[MASK]", "<ab>", "ab", "</s>", "12"]
    for turn, (normalized, special) in enumerate(
            [(False, True), (True, False), (True, True), (False, False)]):
        tokens = [(name, flags[(n + 3 * turn) % 8] | {"normalized": normalized, "special": special})
                  for n, name in enumerate(names)]
        n = LOWERCASE if turn % 2 else normal(NFKC, LOWERCASE)
        add(f"added-normalized-{normalized}-special-{special}".lower(), m, "special space digits",
            n, p, None, p, tokens)
    overlapping = ["<ab>", "<abc>", "<abcd>", ("ab", plain(normalized=True)), ("abc", plain()),
                   ("ab", plain(single_word=True)), ("ABC", plain(normalized=True)), "cd> ",
                   ("é", plain(normalized=True)), ("e\u0301", plain()),
                   ("\u3000", plain(lstrip=True)), (" ", plain(single_word=True, rstrip=True))]
    add("added-overlapping", m, "special marks space", NFC, p, None, p, overlapping)
    add("added-metaspace", unigram(None, metaspace(), ["<unk>"], 0), "special meta", None,
        metaspace("first"), None, metaspace("first"),
        ["<unk>", ("▁un", plain(normalized=True)), ("<mask>", {"lstrip": True}), "[SEP]"])
    n = bert_normalizer()
    m = wordpiece(n, BERT_PRE)
    add("added-bert", m, "special latin scripts marks", n, BERT_PRE, bert_template(m), None,
        [*BERT_TOKENS, ("NEW York", plain(normalized=True)), ("Straße", plain(normalized=True)),
         ("ÉLÈVE", plain(normalized=True, single_word=True)), ("漢", plain(normalized=True)),
         ("[cls]", plain())], 2)


# ---- Post-processors beyond the families', truncation, padding

def lengths():
    p = byte_level()
    m = byte_bpe(p, first=["<s>", "</s>", "<pad>"], merges=40)
    names = ["<s>", "</s>", "<pad>"]
    single = template(m, "<s> $A:1 </s>", "$B:1 <s>:3 $A </s>")
    add("template-b-first", m, "words", None, p, single, p, names, 3)
    add("template-several-ids", m, "words", None, p,
        template(m, "</s> <s> $A </s>", "<s> $A </s> $B </s>", s=["<s>", "<pad>", "<s>"]), p,
        names, 3)
    add("template-then-byte-level", m, "space", None, p,
        post(template(m, "<s> $A", "<s> $A $B"), byte_level(False, True)), p, names, 3)
    add("post-sequence-empty", m, "words", None, p, post(), p, names, 3)
    processor = template(m, "<s> $A </s>", "<s> $A </s> $B:1 </s>:1")
    for strategy in ("LongestFirst", "OnlyFirst", "OnlySecond"):
        for direction in ("Right", "Left"):
            for length, stride in [(12, 0), (15, 2)]:
                add(f"truncation-{strategy}-{direction}-{stride}".lower(), m, "words", None, p,
                    processor, p, names, 4, truncation={
                        "direction": direction, "max_length": length, "strategy": strategy,
                        "stride": stride})
    n = bert_normalizer()
    w = wordpiece(n, BERT_PRE)
    for length, stride in [(3, 0), (8, 4), (2, 0)]:
        add(f"truncation-bert-{length}", w, "words", n, BERT_PRE, bert_template(w), None,
            BERT_TOKENS, 4, truncation={"direction": "Right", "max_length": length,
                                        "strategy": "LongestFirst", "stride": stride})
    for name, strategy, direction, multiple, type_id in [
            ("fixed-right", {"Fixed": 20}, "Right", None, 0),
            ("fixed-left-8", {"Fixed": 20}, "Left", 8, 1),
            ("longest-right-16", "BatchLongest", "Right", 16, 0),
            ("longest-left", "BatchLongest", "Left", None, 2)]:
        add(f"padding-{name}", m, "words", None, p, processor, p, names, 3, padding={
            "strategy": strategy, "direction": direction, "pad_to_multiple_of": multiple,
            "pad_id": 2, "pad_type_id": type_id, "pad_token": "<pad>"})
    add("padding-and-truncation", w, "words", n, BERT_PRE, bert_template(w), None, BERT_TOKENS, 4,
        truncation={"direction": "Left", "max_length": 16, "strategy": "LongestFirst", "stride": 2},
        padding={"strategy": {"Fixed": 16}, "direction": "Left", "pad_to_multiple_of": None,
                 "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"})
    w = unigram(None, metaspace(), ["<unk>", "<s>", "</s>"], 0)
    add("truncation-bos-only", w, "words", None, metaspace(),
        template(w, "<s> $A", "<s> $A </s> $B"), metaspace(), ["<unk>", "<s>", "</s>"], 4,
        truncation={"direction": "Right", "max_length": 9, "strategy": "LongestFirst", "stride": 2})


for group in (byte_level_families, llama_families, unigram_families, bert_families, models,
              pre_tokenizers, normalizers, all_decoders, added_tokens, lengths):
    group()
