"""The hard strings of components.json, in groups: what a file tests decides which groups it takes.

Control characters, marks on their own and anything that turns a line around are written as escapes.
"""

GROUPS = {
    "space": [
        "", " ", "  ", "   two  three   four    ", " leading", "trailing ", "\n", "\t", "\r\n",
        "a\nb\r\nc\rd\n\n\ne \n f\r\n\r\n  g\n\r", "\ttab\t\ttabs \t mixed\t ", "end of it   \n",
        "every\tw\nh\u000bi\u000ct\re\u001c \u001d \u001e \u001f  s\u0085p\u00a0a\u1680c\u2000"
        "e\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028 \u2029\u202f."
        "\u205f;\u3000:\u180e!\u200b?\u2060-\ufeff/",
        "\u00a0no-break\u00a0 \u3000ideographic\u3000 \u2009thin",
    ],
    "words": [
        "Hello, world!", "The quick brown fox can't jump over 13 lazy dogs...",
        "helloworld hello world",
        "don't I'm we've it's they're she'd you'll DON'T I'M WE'VE IT'S THEY'RE SHE'D YOU'LL '"
        "s 't 're 've 'm 'll 'd 'S 'T 'RE 'Ve 'lL 'D a'ſ a'ſx 'LLx o’clock rock'n'roll",
        "''quoted'' ``ticks'' \"double\" “curly” «guillemets» „low“",
        "I do not know . Really ? Yes ! It is n't , he 's , we 've , you 're , I 'm ' so '",
        "CamelCase snake_case kebab-case SCREAMING_SNAKE mixedCASEWord iPhone 3DPrinter X11 e."
        "g. i.e.",
        "He gadapa forwevasa un anunloga, vadafor paquawewe!", "— em—dash … a‐b‑c a−b",
    ],
    "latin": [
        "naïve café ÀÉÎ Œuvre Straße niño", "İstanbul ısı ẞ ß SS ŉ ǅ Ǆ ǆ ǰ",
        "ﬁne ﬂy oﬃce ﬀ ﬆay ĳ ſtraße Ⅷ ⅰ ℂ ℌ ﹣ ªº",
        "Ｈｅｌｌｏ，Ｗｏｒｌｄ！\u3000１２３＠［ＳＥＰ］ ￥￠",
        "𝐀𝐚𝟎𝟙 Ⓐⓐ ①⑴ ½ ¾ ²³¹ ™ ® ㎢ ㎒ ℃ \u212b \u2126", "Θάλασσα ΟΔΟΣ ᾼ ᾀ ΐ ῤ",
        "Tiếng Việt Đường phố Hà Nội",
    ],
    "marks": [
        "e\u0301le\u0300ve ca\u0327 n\u0303 A\u030a",
        "a\u0323\u0302 a\u0302\u0323 q\u0307\u0323 q\u0323\u0307 ḋ\u0323 d\u0323\u0307",
        "\u0301alone \u0308\u0301 \u0344 \u0345\u0301",
        "Z\u0351\u036b\u0343a\u0321\u034a\u035dl\u0308\u033bg\u0322\u0321o\u0309\u0353\u0353",
        "≠ =\u0338 ≮ <\u0338 \u2adc \u2adc\u0338",
        "カ\u3099 か\u309a ハ\u309a\u309b ｶ\uff9eﾊ\uff9fｱ\uff9eｳ\uff9e",
        "\u1100\u1161\u11a8 가 각 \u1100가\u11a8 한국어 \u1112\u1161\u11ab \u1161\u11a8 \u1175"
        " ㄱㅏ",
        "क\u093c \u0958 क\u094dष न\u093f ஹ\u0bcb\u0bc6 \u09cb \u0f73\u0f71 ẛ\u0323",
    ],
    "scripts": [
        "日本語のテスト、漢字とかな。", "中文测试，世界！\U00020000\U0002a6df㐀\uf900\U0002f800〆〇",
        "한국어 텍스트 안녕하세요", "Привет, мир! Ёлка й и\u0306 Ї",
        "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645، \u0643"
        "\u064a\u0641\u061f \u06d4 \u0639\u064e\u0631\u064e\u0628\u0650\u064a\u0651 \ufefb",
        "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd \ufb2a \u200f(abc"
        ")\u200e \u202bRTL\u202c \u2067x\u2069 \u061c",
        "ह\u093fन\u094dद\u0940 द\u0941न\u093fय\u093e। ব\u09be\u0982ল\u09be தம\u0bbfழ\u0bcd త"
        "\u0c46ల\u0c41గ\u0c41 മലയ\u0d3eള\u0d02",
        "สว\u0e31สด\u0e35ชาวโลก ກຳ ន\u17b7ង မ\u103cန\u103aမ\u102c བ\u0f7cད",
        "ქართული Ე Հայերեն և አማርኛ ᏣᎳᎩ ᐁᓄ ᚠᚢ", "𐌰𝄞𐐀𐐨𒀀 \U0001e900 ꓐ Ⰰⰰ ᢠ \u07ca",
    ],
    "emoji": [
        "emoji \U0001f600 \U0001f44d\U0001f3fd \U0001f389!",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f469\U0001f3fd\u200d\U0001f680 ❤"
        "\ufe0f ❤ ☺\ufe0e 1\ufe0f\u20e3",
        "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7\U0001f1ff \U0001f3f4\U000e0067\U000e0062"
        "\U000e007f \U0001fae8\U0001faf7",
    ],
    "digits": [
        "0 12 345 6789 01234567890123456789 3.14159 1,000,000 1e-9 0x1F 12:34:56 2024-02-29",
        "\u0661\u0662\u0663\u0664 १२३ ๑๒ １２３４ 𝟎𝟏 一二三 ⅣⅤ ½¼ ①② ²³ 〇 ௰",
        "abc123def456 1st 2nd 3rd v1.2.3-rc4 $5.00 100% #42 +49(0)89 A1B2C3",
    ],
    "code": [
        "def f(x: int = 1) -> str:\n    return f\"{x!r}\\n\"  # ok\n",
        "for (int i = 0; i < n; ++i) { a[i] += *p++ & 0xFF; }\n",
        "func go() (err error) {\n\tif x := <-ch; x != nil {\n\t\tdefer f()\n\t}\n}",
        "let v: Vec<&'a str> = s.split('\\t').collect::<Vec<_>>();",
        "const x = async () => { await fetch(`/a/${id}?q=1`); };",
        "SELECT * FROM t WHERE a <> 'it''s' AND b >= 10 -- done",
        "<div class=\"a b\">&lt;x&gt;<!-- c --></div>",
        "#!/bin/sh\necho \"$HOME\" | sed 's/^\\s*//' > /dev/null 2>&1",
        "main = mapM_ print $ filter ((== 0) . (`mod` 3)) [1..9]",
        "#include <stdio.h>\r\n\tint main(void){return 0;}\r\n",
    ],
    "urls": [
        "https://user@example.com:8080/a/b.html?q=x%20y&z=1#frag mailto:a.b+c@d-e.org www.x.y",
        "C:\\Users\\a\\b.txt /usr/local/lib ~/x ./y ../z file.tar.gz",
    ],
    "control": [
        "a\u0000b\u0001c\u001fd\u007fe\u0080f\u009fg",
        "zero\u200bwidth\u200cnon\u200djoin\u2060er\ufeff \u00adsoft", "� �x ￼ \ufff9",
        "\ue000 \uf8ff \U000f0000 \U0010fffd private",
        "\ufdd0 \ufffe \uffff \U0001fffe \U0010ffff x",
        "\u202aLRE\u202e\u202cdone\u2066iso\u2069 \u200e \u200f",
        "un\u0378assigned \u0e00 \U0003fffd \U000e0001",
    ],
    "long": [
        "x" * 300, "abcde" * 25, "supercalifragilisticexpialidocious" * 3, "漢" * 40 + "a" * 21,
        "ab " * 30,
    ],
    "special": [
        "[CLS] hello [SEP] world[MASK] [MASK].[PAD] [UNK]unk[unk] [cls]",
        "<s>hi</s> <unk> <pad><mask> a <mask> b  <mask>  c<mask>",
        "<|endoftext|><|im_start|>user\nHello<|im_end|>\n<|im_start|> <|endoftext|>x <|begin_o"
        "f_text|> <|eot_id|>",
        "<bos><eos> <start_of_turn>user <0x0A> <0xE6> </w> <|startoftext|> <sep><cls> en_XX <e"
        "xtra_id_0>",
        "unwanted un wanted unun UN un-un  _un  un_ un1 éun un\u0301 unw new york newyork New "
        " York",
        "<ab><abc><abcd> <ab c <abcd <ab>cd> ab abc abcd ABC Ａbc",
    ],
    "meta": [
        "▁", "▁▁a ▁b▁ c▁", " ▁ x", "Ġhello ĠĠ Ċ Äł Ā ©", "a  ▁  b | c|d||e ~ f",
    ],
    "rare": [
        "\u02b0\u02c8a\u02d0 \u02bcn ʔ \u2071\u207f", "∂∫∑√∞ ←↔ €£¥₿ §¶† °C µm μm",
        "~`!@#$%^&*()_+-={}|[]\\:\";'<>?,./ !!! ??? ... --- *** ___ ===>", "،、。，．।።⸮‽¿¡·",
    ],
}

TEXTS = [text for group in GROUPS.values() for text in group]
INDEX = {text: place for place, text in enumerate(TEXTS)}
assert len(INDEX) == len(TEXTS), "a text is there twice"
