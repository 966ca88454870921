"""Makes the golden files of TokenizationTests beside this script:

corpus.txt      a synthetic training text
tokenizer.json  what Hugging Face's BPE trainer learns from it (merges as pairs, specials first)
tokens.json     the ids of hard strings under that tokenizer, special tokens not parsed
splits.json     where GPT-2's pattern cuts hard strings, in UTF-8 bytes, by Python's `regex`

    pip install tokenizers regex && python make_goldens.py
"""

import json
import pathlib
import random

import regex
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
PATTERN = regex.compile(
    r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
)

HARD = [
    # Plain text, contractions, case, apostrophes that are none.
    "Hello, world!",
    "I'll say we've done what they're doing; it's John's, isn't it? I'd I'm",
    "I'LL WE'VE IT'S 'sdmt 'llama 'verse 'reel ' s ''s 's''t'' 'x 'é '1 '",
    "don\u2019t won\u02bct rock 'n' roll",
    # White space of every kind, at the start, between, before words, at the end.
    " ",
    "  ",
    "   a",
    "a   ",
    "a  b   c    d",
    "\n",
    "\n\n\nx\n\ny\n \n z \n",
    "\t\tindent\n    four\r\n\r\nwin\rmac\x0bvt\x0cff",
    "a\u00a0b\u00a0\u00a0c\u2003d\u3000\u3000e\u2028f\u2029g\u0085h\u1680i\u202fj\u205fk",
    " \u00a0x \u3000 y\u2003 z\n\u00a0",
    "not spaces: \u200b\u180e\ufeff\u2060\x1c\x1f end",
    # Numbers.
    "1234567890 3.14159 1,000,000 -42 0x1F 1e-9 ½⅔ Ⅷ ² ٣٤٥ १२३ ๑๒ 一二 𝟘𝟙 ①",
    "a1b2c3 4d 5 6e7 v2.0.1-rc3",
    # Scripts.
    "Größe naïve Łódź İstanbul ĐÐ ß ẞ ﬁ ªº",
    "Καλημέρα κόσμε Привет, мир! Щё Ґґ Ѣ",
    "שָׁלוֹם עולם مرحبا بالعالم السلامُ عليكم",
    "नमस्ते दुनिया বাংলা தமிழ் తెలుగు ಕನ್ನಡ മലയാളം සිංහල",
    "สวัสดีชาวโลก ລາວ မြန်မာ ភាសាខ្មែរ བོད་ཡིག",
    "你好，世界。 こんにちは カタカナ ｶﾀｶﾅ 안녕하세요 ㄅㄆㄇ 𠀀𠮷",
    "አማርኛ ქართული Հայերեն ᏣᎳᎩ ᐃᓄᒃᑎᑐᑦ ᚠᚢᚦ 𐌰𐌱 𒀀 𓀀 𝒜𝔅",
    # Combining marks, canonical pairs, compatibility forms.
    "e\u0301 \u00e9 A\u030a \u00c5 \u212b \u1e9b\u0323 \u0301lone o\u0308\u0304",
    "Z\u0351\u036b\u0343a\u0363l\u0306g\u030ao\u0317",
    # Emoji: joiners, selectors, flags, skin tones, keycaps, tags.
    "😀😃 👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 1️⃣ ☎️ ☎ ❤️‍🔥 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "a😀b 😀 1😀2 '😀 😀's",
    # Code, punctuation, control characters.
    "def f(x: int) -> str:\n    return f\"{x!r:>10}\"  # comment\n\n\nclass A:\n\tpass\n",
    "#include <stdio.h>\nint main(void) { return a[i++] << 2 && !b || c ? d : e; }\n",
    "<html><body class='x'>&nbsp;</body></html> https://a.b/c?d=e&f=%20#g user@host.tld",
    "...!!!???---===___***   ---- ==== \\\\ // || $€£¥ © ® ™ § ¶ • … « » “ ” ‘ ’ – —",
    "\x00\x01\x02\x7f\x80\x9f\u00ad\x1b[31mred\x1b[0m",
    "noncharacters \ufffe\uffff\ufdd0\U0010ffff private \ue000\U000f0000 replacement \ufffd",
    # Names of special tokens are ordinary text here.
    "<|endoftext|> before <|endoftext|>after<|endoftext|>",
    # Long words.
    "a" * 300,
    "ab" * 100 + "ba" * 100,
    "the" * 90 + " " * 90 + "theend",
    "-" * 130 + "=" * 131,
    "donaudampfschifffahrtsgesellschaft" * 3,
    "",
]

SYLLABLES = "an be co da en for ga he in ka lo ma ne or pa qua re sa te un va we".split()
OTHERS = "der Straße été niño мир это привет γεια 世界 日本語 안녕 שלום سلام नमस्ते 😀 👍🏽".split()


def corpus() -> str:
    """Sentences of a made-up language with the habits of real text."""
    draw = random.Random(2026)
    names = ["".join(draw.choices(SYLLABLES, k=draw.randint(1, 4))) for _ in range(300)]
    weights = [1 / (rank + 3) for rank in range(len(names))]
    lines = []
    for _ in range(260):
        words = draw.choices(names, weights, k=draw.randint(3, 12))
        if draw.random() < 0.3:
            words.insert(draw.randrange(len(words)), draw.choice(OTHERS))
        if draw.random() < 0.3:
            words[0] += draw.choice(["'s", "'ll", "'t", "'re", "'ve", "'m", "'d"])
        if draw.random() < 0.2:
            words.append(str(draw.randrange(10 ** draw.randint(1, 6))))
        words[0] = words[0].capitalize()
        lines.append(draw.choice(["", "", "", "    ", "\t", "- "]) + " ".join(words) + draw.choice(".!?"))
        if draw.random() < 0.1:
            lines.append(draw.choice(["", "", "-" * draw.randint(3, 40), "a" * draw.randint(2, 30)]))
    return "\n".join(lines) + "\n"


def write(name: str, value) -> None:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    (HERE / name).write_text(text, encoding="utf-8", newline="")


def main() -> None:
    text = corpus()
    write("corpus.txt", text)

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<|endoftext|>", "<|pad|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    write("tokenizer.json", tokenizer.to_str(pretty=False))

    tokenizer.encode_special_tokens = True
    strings = HARD + [text[:2000]]
    for string in strings:
        assert tokenizer.decode(tokenizer.encode(string).ids) == string
    write("tokens.json", [{"text": s, "ids": tokenizer.encode(s).ids} for s in strings])

    splits = []
    for string in HARD:
        pieces = PATTERN.findall(string)
        assert "".join(pieces) == string
        # Where `regex` follows a newer Unicode than `tokenizers` the strings must not go.
        ours = tokenizer.pre_tokenizer.pre_tokenize_str(string)
        assert pieces == [string[start:end] for _, (start, end) in ours], string
        ends, end = [], 0
        for piece in pieces:
            end += len(piece.encode())
            ends.append(end)
        splits.append({"text": string, "ends": ends})
    write("splits.json", splits)


if __name__ == "__main__":
    main()
