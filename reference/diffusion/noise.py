"""Golden values of torch.randn on a seeded CPU generator, as bit patterns (x86 with AVX2).

python reference/diffusion/noise.py test/golden/diffusion/noise.json
"""

import hashlib
import json
import sys

import torch


def generator(seed):
    return torch.Generator("cpu").manual_seed(seed)


def bits(values):
    return [value & 0xFFFFFFFF for value in values.view(torch.int32).tolist()]


def digest(values):
    return hashlib.sha256(values.numpy().tobytes()).hexdigest()


seeds = [0, 1, 42, 123456789, 4294967295]
short = [
    {"seed": seed, "count": count, "bits": bits(torch.randn(count, generator=generator(seed)))}
    for seed in seeds
    for count in [1, 2, 5, 15, 16, 17, 20, 31, 32, 100]
]
long = [
    {"seed": seed, "count": count, "sha256": digest(torch.randn(count, generator=generator(seed)))}
    for seed, count in [(42, 4 * 32 * 128), (7, 8 * 16 * 64), (42, 1000003), (2024, 1 << 20)]
]
shared = generator(42)
stream = [{"count": n, "bits": bits(torch.randn(n, generator=shared))} for n in [3, 20, 4, 16, 1, 33]]

with open(sys.argv[1], "w") as file:
    json.dump({"torch": torch.__version__, "short": short, "long": long, "stream": {"seed": 42, "draws": stream}}, file)
