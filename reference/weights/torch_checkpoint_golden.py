"""Writes test/golden/weights/torch-{zip,legacy,numpy}.pt and torch-object.pt: small checkpoints of every kind we read.

python reference/weights/torch_checkpoint_golden.py test/golden/weights
"""
import sys
from collections import OrderedDict
from fractions import Fraction

import numpy as np
import torch

folder = sys.argv[1]
base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
module = torch.nn.Sequential(OrderedDict(conv=torch.nn.Conv1d(2, 3, 3), norm=torch.nn.BatchNorm1d(3)))
with torch.no_grad():
    for i, (_, parameter) in enumerate(sorted(module.named_parameters())):
        parameter.copy_(torch.arange(parameter.numel()).reshape(parameter.shape) + i / 4)
checkpoint = {
    "state_dict": module.state_dict(),
    "strided": {
        "whole": base,
        "transposed": base.t(),
        "sliced": base[1:3, ::2],
        "column": base[:, 2:3],
        "scalar": base[2, 3],
        "empty": base[:0],
    },
    "types": {
        "half": torch.tensor([1.0, -2.5], dtype=torch.float16),
        "bfloat": torch.tensor([1.0, -2.5], dtype=torch.bfloat16),
        "double": torch.tensor([0.1], dtype=torch.float64),
        "long": torch.tensor([-1, 2**40]),
        "byte": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
    },
    "tied": [base, torch.nn.Parameter(base[0])],
    "optimizer": {"state": {0: {"step": torch.tensor(3.0), "exp_avg": base}}, "param_groups": [{"lr": 1e-4}]},
    "epoch": 7,
    "note": "text \u00e4",
    "big": 2**70,
    "flags": (True, False, None),
}
torch.save(checkpoint, f"{folder}/torch-zip.pt")
torch.save(checkpoint, f"{folder}/torch-legacy.pt", _use_new_zipfile_serialization=False)
torch.save({"weights": base, "ratio": Fraction(1, 3)}, f"{folder}/torch-object.pt")
training = {"loss": np.float64(0.25), "sampler": {"indexes": np.arange(4), "pointer": 2}, "iteration": 5, "model": {"fc.weight": base}}
torch.save(training, f"{folder}/torch-numpy.pt", _use_new_zipfile_serialization=False)
