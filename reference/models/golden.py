"""Shared by the golden scripts: seeded random weights, and one safetensors file per model.

Keys in a file: published parameter names as they are; `in:` inputs, `out:` outputs, `grad:` gradients of
sum(output * `in:cotangent...`).
"""

import os

import torch
from safetensors.torch import save_file

folder = os.path.join(os.path.dirname(__file__), "..", "..", "test", "golden", "models")


def randomise(module, seed):
    """Every parameter random (also what upstream starts at zero or one), small enough for a stable forward pass."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.ndim == 1:
                parameter.copy_(noise * 0.1 + (1 if "norm" in name and name.endswith("weight") else 0))
            else:
                fan_in = parameter[0].numel()
                parameter.copy_(noise * fan_in**-0.5)
    return module


def random_like(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def save(name, parameters, inputs, outputs, gradients=None):
    tensors = {}
    for prefix, group in (("", parameters), ("in:", inputs), ("out:", outputs), ("grad:", gradients or {})):
        for key, value in group.items():
            tensors[prefix + key] = value.detach().float().contiguous().clone()
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name + ".safetensors")
    save_file(tensors, path)
    print(name, os.path.getsize(path), "bytes")
