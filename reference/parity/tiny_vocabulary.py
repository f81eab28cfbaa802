"""A tiny but real byte-pair vocabulary, so that a test needs no 49,408 tokens."""

from published_files import visible_bytes

symbols = visible_bytes()


def learn(corpus, count):
    words = [[*word[:-1], word[-1] + "</w>"] for word in corpus.split()]
    merges = []
    for _ in range(count):
        pairs = {}
        for word in words:
            for pair in zip(word, word[1:]):
                pairs[pair] = pairs.get(pair, 0) + 1
        best = max(sorted(pairs), key=lambda pair: pairs[pair])
        merges.append(best)
        for word in words:
            i = 0
            while i + 1 < len(word):
                if (word[i], word[i + 1]) == best:
                    word[i : i + 2] = [word[i] + word[i + 1]]
                i += 1
    return merges


merges = learn(
    "dog barking dogs bark a train passing by the steam engine music speech rain raining cat meowing car horn water hammer wood typing keyboard sheep thunder " * 2, 60
)
