"""Golden values of the tagger in torch, for a tiny random configuration.

python reference/evaluation/tagger.py test/golden/evaluation/tagger.safetensors
"""

import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(3)
channels, groups, classes, width, bands, columns, pooling = [8, 16], 4, 5, 6, 32, 72, 4
weights = {}


def parameter(name, *shape, scale=0.3):
    weights[name] = torch.randn(*shape) * scale
    return weights[name]


def normed(name, x, to, stride):
    x = F.conv2d(x, parameter(f"{name}.conv.weight", to, x.shape[1], 3, 3), parameter(f"{name}.conv.bias", to), stride, 1)
    scale, shift = 1 + parameter(f"{name}.norm.weight", to), parameter(f"{name}.norm.bias", to)
    weights[f"{name}.norm.weight"] = scale
    return F.silu(F.group_norm(x, groups, scale, shift, 1e-5))


mel = torch.rand(2, 1, bands, columns)
x = F.avg_pool2d(mel * 2 - 1, pooling)
ramp = torch.linspace(1, -1, x.shape[2]).view(1, 1, -1, 1).expand_as(x)
x = normed("stem", torch.cat([x, ramp], 1), channels[0], 1)
for level, to in enumerate(channels):
    x = normed(f"levels.{level}.down", x, to, 2)
    x = x + normed(f"levels.{level}.refine", x, to, 1)
pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
scale, shift = 1 + parameter("pool_norm.weight", 2 * channels[-1]), parameter("pool_norm.bias", 2 * channels[-1])
weights["pool_norm.weight"] = scale
pooled = F.layer_norm(pooled, pooled.shape[1:], scale, shift, 1e-5)
embedding = F.linear(pooled, parameter("projection.weight", width, 2 * channels[-1]), parameter("projection.bias", width))
logits = F.linear(F.silu(embedding), parameter("head.weight", classes, width), parameter("head.bias", classes))
targets = torch.softmax(torch.randn(2, classes), 1)
loss = F.cross_entropy(logits, targets)

inputs = {"input.mel": mel, "input.targets": targets}
outputs = {"output.embedding": embedding, "output.logits": logits, "output.loss": loss}
save_file({k: v.contiguous() for k, v in {**weights, **inputs, **outputs}.items()}, sys.argv[1])
