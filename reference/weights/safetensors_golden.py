"""Writes test/golden/weights/python.safetensors with the reference implementation: every type a graph can hold."""
import sys

import torch
from safetensors.torch import save_file

tensors = {
    "f32": torch.tensor([[1.5, -2.25, 3e-39], [float("inf"), -0.0, 1 / 3]]),
    "f16": torch.tensor([1.0, -65504.0, 6e-8, 0.333251953125], dtype=torch.float16),
    "bf16": torch.tensor([1.0, -3.0, 3.3895e38], dtype=torch.bfloat16),
    "i32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
    "i64": torch.tensor([-(2**63), 2**63 - 1], dtype=torch.int64),
    "u8": torch.tensor([0, 255], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "f64": torch.tensor([1.0], dtype=torch.float64),
    "scalar": torch.tensor(7.0),
    "empty": torch.zeros(0, 3),
    'n\u00e4me "quoted"\n': torch.tensor([1], dtype=torch.uint8),
}
save_file(tensors, sys.argv[1], metadata={"made_by": "python", "note": "\u00e4\"\\"})
