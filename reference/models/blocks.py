"""Golden values and gradients of the UNet's parts, from diffusers 0.42 and torch 2.15.

Run: python reference/models/blocks.py
"""

import torch
import torch.nn.functional as F
from diffusers.models.attention import BasicTransformerBlock
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel

from golden import random_like, randomise, save


def with_gradients(name, module, inputs, call):
    inputs = {key: value.requires_grad_() for key, value in inputs.items()}
    output = call(**inputs)
    cotangent = random_like(output.shape, 99)
    (output * cotangent).sum().backward()
    gradients = {key: parameter.grad for key, parameter in module.named_parameters()}
    gradients |= {"in:" + key: value.grad for key, value in inputs.items()}
    save(name, module.state_dict(), inputs | {"cotangent": cotangent}, {"y": output}, gradients)


def resnet():
    module = randomise(
        ResnetBlock2D(in_channels=8, out_channels=12, temb_channels=16, groups=4, groups_out=4, eps=1e-5), 1
    )
    # upstream applies SiLU to the embedding inside every block; ours receives it already applied, so the test does it
    inputs = {"x": random_like((2, 8, 4, 6), 2), "time": random_like((2, 16), 3)}
    with_gradients("resnet-block", module, inputs, lambda x, time: module(x, time))


class FrameAttention(torch.nn.Module):
    """Upstream's cross attention plus the parallel branch, written out, with an additive bias per latent column."""

    def __init__(self, channels, width, heads):
        super().__init__()
        self.heads = heads
        self.attn2 = BasicTransformerBlock(channels, heads, channels // heads, cross_attention_dim=width).attn2
        self.to_k_ip = torch.nn.Linear(width, channels, bias=False)
        self.to_v_ip = torch.nn.Linear(width, channels, bias=False)

    def forward(self, x, text, frames, scale, bias):
        split = lambda t: t.unflatten(2, (self.heads, -1)).transpose(1, 2)
        join = lambda t: t.transpose(1, 2).flatten(2)
        query = split(self.attn2.to_q(x))
        by_text = F.scaled_dot_product_attention(query, split(self.attn2.to_k(text)), split(self.attn2.to_v(text)))
        by_frames = F.scaled_dot_product_attention(
            query, split(self.to_k_ip(frames)), split(self.to_v_ip(frames)), attn_mask=bias
        )
        return self.attn2.to_out[0](join(by_text) + scale * join(by_frames))


def frame_attention():
    module = randomise(FrameAttention(8, 6, 2), 4)
    # 2 rows x 3 columns of positions; 4 frames in time; a frame is seen 0.1 s around its column of 0.5 s
    rows, columns, times = 2, 3, torch.tensor([0.0, 0.55, 0.85, 1.35])
    bias = torch.zeros(columns, 4)
    for column in range(columns):
        distance = torch.clamp(torch.maximum(column * 0.5 - times, times - (column + 1) * 0.5), min=0)
        bias[column] = torch.where(distance > 0.1, -1e4, 0.0)
    inputs = {
        "x": random_like((2, rows * columns, 8), 5),
        "text": random_like((2, 5, 6), 6),
        "frames": random_like((2, 4, 6), 7),
    }
    per_position = bias.repeat(rows, 1)[None, None]
    with_gradients("frame-attention", module, inputs, lambda x, text, frames: module(x, text, frames, 0.7, per_position))


def transformer():
    module = randomise(
        Transformer2DModel(2, 4, in_channels=8, norm_num_groups=4, cross_attention_dim=6, num_layers=1), 8
    )
    inputs = {"x": random_like((2, 8, 4, 6), 9), "text": random_like((2, 5, 6), 10)}
    with_gradients("spatial-transformer", module, inputs, lambda x, text: module(x, text).sample)


class ImageProjection(torch.nn.Module):
    """IP-Adapter's projection for T images at once, with sinusoids of the time added to the tokens."""

    def __init__(self, embedding, width, tokens):
        super().__init__()
        self.tokens, self.width = tokens, width
        self.proj = torch.nn.Linear(embedding, tokens * width)
        self.norm = torch.nn.LayerNorm(width)

    def forward(self, embeddings, times):
        tokens = self.norm(self.proj(embeddings).unflatten(2, (self.tokens, self.width)))
        half = self.width // 2
        periods = torch.tensor(2 / 30) * (20.48 / (2 / 30)) ** (torch.arange(half) / (half - 1))
        angles = times[:, :, None] * (2 * torch.pi / periods)
        code = torch.cat([angles.cos(), angles.sin()], 2)
        return (tokens + code[:, :, None]).flatten(1, 2)


def frame_tokens():
    module = randomise(ImageProjection(5, 8, 4), 11)
    times = torch.tensor([[0.0, 1 / 30, 0.5], [0.2, 3.3, 10.2]])
    embeddings = torch.cat([torch.zeros(1, 3, 5), random_like((1, 3, 5), 12)])
    output = module(embeddings, times)
    cotangent = random_like(output.shape, 99)
    (output * cotangent).sum().backward()
    gradients = {key: parameter.grad for key, parameter in module.named_parameters()}
    inputs = {"embeddings": embeddings, "times": times, "cotangent": cotangent}
    save("frame-tokens", module.state_dict(), inputs, {"y": output}, gradients)


if __name__ == "__main__":
    resnet()
    frame_attention()
    transformer()
    frame_tokens()
