"""Golden ids of both tokenizers: python reference/encoders/tokenizers_golden.py test/golden/encoders models/small"""
import json
import sys

import transformers

out, small = sys.argv[1:3]
TEXTS = [
    "", " ", "dog barking", "A Dog, barking!", "  many   spaces\tand\nlines ", "don't we'll I'm it's they're you've he'd 's",
    "caf\u00e9 na\u00efve r\u00e9sum\u00e9", "cafe\u0301", "\u00c5ngstr\u00f6m \u0130stanbul STRASSE stra\u00dfe", "\u4f60\u597d\u4e16\u754c dog", "\u3053\u3093\u306b\u3061\u306f \u30c6\u30b9\u30c8",
    "\ud55c\uad6d\uc5b4", "\u0420\u0443\u0441\u0441\u043a\u0438\u0439 \u0442\u0435\u043a\u0441\u0442", "\u0645\u0631\u062d\u0628\u0627", "emoji \U0001f436\U0001f3b5 dog", "flag \U0001f1e9\U0001f1ea", "1234 12.5 3,000 \u00bd \u2163 \u0661\u0662",
    "rain-soaked, wind_swept (loud) [SEP-like] <tag> a+b=c $5 ^~`|", "zero\u200bwidth\u00adsoft\ufeffbom", "nul\u0000 bell\u0007 del\u007f",
    "x" * 120, "pneumonoultramicroscopicsilicovolcanoconiosis", "\u201cquotes\u201d \u2014 dashes\u2026 \u00bfque?", "\ufffd replacement", "a\u00a0b\u2003c\u3000d",
    "train passing by quickly, whistle blowing; steam engine!", "\u00e0\u00e8\u00ec\u00f2\u00f9 \u00c0\u00c8", "\u1e9e \u01c5 \ufb01", "http://example.com/a?b=c", "#hash @at 100%",
]
TEXTS = [text for text in TEXTS]

bert = transformers.BertTokenizerFast(vocab=f"{small}/tokenizer/vocab.txt")
wordpiece = [bert(text, add_special_tokens=False)["input_ids"] for text in TEXTS]


def visible_bytes() -> dict[int, str]:
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    symbols, extra = {}, 256
    for byte in range(256):
        symbols[byte] = chr(byte if byte in visible else extra)
        extra += byte not in visible
    return symbols


def learn(corpus: str, count: int) -> list[tuple[str, str]]:
    """Byte-pair merges of a few words, so that the vocabulary is tiny but real."""
    symbols = visible_bytes()
    words = []
    for word in corpus.split():
        parts = [symbols[b] for b in word.encode()]
        words.append([*parts[:-1], parts[-1] + "</w>"])
    merges = []
    for _ in range(count):
        pairs: dict[tuple[str, str], int] = {}
        for word in words:
            for pair in zip(word, word[1:]):
                pairs[pair] = pairs.get(pair, 0) + 1
        if not pairs:
            break
        best = max(sorted(pairs), key=lambda pair: pairs[pair])
        merges.append(best)
        for word in words:
            i = 0
            while i + 1 < len(word):
                if (word[i], word[i + 1]) == best:
                    word[i : i + 2] = [word[i] + word[i + 1]]
                i += 1
    return merges


merges = learn("dog barking dogs bark a train passing by the steam engine don 't we 'll caf\u00e9 \u4f60\u597d rain raining " * 2, 60)
symbols = [*visible_bytes().values()]
pieces = [*symbols, *(s + "</w>" for s in symbols), *(a + b for a, b in merges), "<|startoftext|>", "<|endoftext|>"]
vocabulary = {piece: i for i, piece in enumerate(pieces)}
clip = transformers.CLIPTokenizerFast(vocab=vocabulary, merges=merges)
clip_ids = [clip(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
json.dump(
    {"texts": TEXTS, "wordpiece": wordpiece, "clip": {"merges": [" ".join(m) for m in merges], "ids": clip_ids}},
    open(f"{out}/tokenizers.json", "w"),
)
