"""Weights that both sides can make: a hash of the key and the index, so that golden files need not hold them."""
import zlib

import numpy as np
import torch


def hashed_uniform(key: str, count: int) -> np.ndarray:
    """Uniform float64 in [0, 1); test/models/hashed-weights.ts makes the same ones."""
    x = (np.arange(count, dtype=np.uint64) * 2654435761 + zlib.crc32(key.encode())).astype(np.uint32)
    x ^= x >> np.uint32(15)
    x = (x.astype(np.uint64) * 2246822519).astype(np.uint32)
    x ^= x >> np.uint32(13)
    x = (x.astype(np.uint64) * 3266489917).astype(np.uint32)
    x ^= x >> np.uint32(16)
    return x.astype(np.float64) / 2**32


def hashed_weight(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Vectors lie in 0.5..1.5 for scales and variances and in -0.25..0.25 otherwise; the rest are scaled by fan-in."""
    u = hashed_uniform(key, int(np.prod(shape)))
    if len(shape) <= 1:
        centred = key.endswith(("weight", "running_var"))
        values = u + 0.5 if centred else (u - 0.5) / 2
    else:
        values = (2 * u - 1) * np.sqrt(3 / np.prod(shape[1:]))
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def fill(module: torch.nn.Module, rename=lambda key: key) -> torch.nn.Module:
    """Overwrites every parameter and floating buffer; `rename` gives the published key."""
    state = module.state_dict()
    for key, value in state.items():
        if value.is_floating_point():
            value.copy_(hashed_weight(rename(key), tuple(value.shape)))
    return module.eval()
