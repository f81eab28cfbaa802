"""The published networks with seeded random weights: diffusers' and transformers' modules, and plain torch for the rest.

Plain torch, written from the facts: HiFi-GAN with weight norm, IP-Adapter's projection and parallel attention.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


def randomise(module, seed):
    """Every parameter random, also what torch and diffusers begin at zero or one; matrices keep the scale of what passes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.ndim == 1:
                is_norm_scale = "norm" in name and name.endswith("weight")
                parameter.normal_(0, 0.1, generator=generator).add_(1 if is_norm_scale else 0)
            elif name.endswith("weight_g"):
                parameter.uniform_(0.5, 1.0, generator=generator)
            else:
                parameter.normal_(0, parameter[0].numel() ** -0.5, generator=generator)
    return module.eval().requires_grad_(False)


def stored_as(module, dtype):
    """What a file of this precision holds, computed with in float32."""
    if dtype != torch.float32:
        for parameter in module.parameters():
            parameter.data = parameter.data.to(dtype).float()
    return module


def random_like(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


down_blocks = ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",)
up_blocks = ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3


def make_unet(size):
    from diffusers import UNet2DConditionModel

    return randomise(UNet2DConditionModel(down_block_types=down_blocks, up_block_types=up_blocks, **size.unet), 101)


def make_controlnet(size):
    from diffusers import ControlNetModel

    sizes = {key: value for key, value in size.unet.items() if key not in ("out_channels", "sample_size")}
    model = ControlNetModel(
        conditioning_channels=1, conditioning_embedding_out_channels=size.hint_channels, down_block_types=down_blocks,
        **sizes,
    )
    return randomise(model, 102)


def make_vae(size):
    from diffusers import AutoencoderKL

    levels = len(size.vae["block_out_channels"])
    model = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels, up_block_types=("UpDecoderBlock2D",) * levels,
        latent_channels=size.latents[0], scaling_factor=0.18215, **size.vae,
    )
    randomise(model, 103)
    model.decoder.conv_out.weight.mul_(0.6)  # most of the picture within -1..1, as a trained one is
    return model


def make_text_encoder(sizes, seed, projection):
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    last = sizes["vocab_size"] - 1
    config = CLIPTextConfig(bos_token_id=last - 1, eos_token_id=last, pad_token_id=last, **sizes)
    return randomise((CLIPTextModelWithProjection if projection else CLIPTextModel)(config), seed)


def make_clip_text_l(size):
    return make_text_encoder(size.clip_text_l, 104, projection=False)


def make_clip_text_h(size):
    return make_text_encoder(size.clip_text_h, 105, projection=True)


def make_clip_image_h(size):
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    return randomise(CLIPVisionModelWithProjection(CLIPVisionConfig(**size.clip_image_h)), 106)


class Residual(nn.Module):
    def __init__(self, channels, kernel, dilations):
        super().__init__()
        convolution = lambda dilation: nn.utils.weight_norm(
            nn.Conv1d(channels, channels, kernel, dilation=dilation, padding=dilation * (kernel - 1) // 2)
        )
        self.convs1 = nn.ModuleList([convolution(dilation) for dilation in dilations])
        self.convs2 = nn.ModuleList([convolution(1) for _ in dilations])

    def forward(self, x):
        for dilated, plain in zip(self.convs1, self.convs2):
            x = x + plain(F.leaky_relu(dilated(F.leaky_relu(x, 0.1)), 0.1))
        return x


class HifiGan(nn.Module):
    """Kong et al. 2020 with residual blocks of type 1; log-mel `[B, bands, columns]` -> samples `[B, columns * hop]`."""

    def __init__(
        self, num_mels, upsample_rates, upsample_kernel_sizes, upsample_initial_channel, resblock_kernel_sizes,
        resblock_dilation_sizes,
    ):
        super().__init__()
        self.branches = len(resblock_kernel_sizes)
        width = upsample_initial_channel
        self.conv_pre = nn.utils.weight_norm(nn.Conv1d(num_mels, width, 7, padding=3))
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        for rate, kernel in zip(upsample_rates, upsample_kernel_sizes):
            odd = (kernel - rate) % 2
            up = nn.ConvTranspose1d(
                width, width // 2, kernel, rate, padding=(kernel - rate) // 2 + odd, output_padding=odd
            )
            self.ups.append(nn.utils.weight_norm(up))
            width //= 2
            for size, dilations in zip(resblock_kernel_sizes, resblock_dilation_sizes):
                self.resblocks.append(Residual(width, size, dilations))
        self.conv_post = nn.utils.weight_norm(nn.Conv1d(width, 1, 7, padding=3))

    def forward(self, mel):
        x = self.conv_pre(mel)
        for stage, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, 0.1))
            blocks = self.resblocks[stage * self.branches : (stage + 1) * self.branches]
            x = sum(block(x) for block in blocks) / self.branches
        return torch.tanh(self.conv_post(F.leaky_relu(x)))[:, 0]


def make_vocoder(size):
    return randomise(HifiGan(**size.vocoder), 107)


class ImageProjection(nn.Module):
    """IP-Adapter's projection of `[B, T, D]` embeddings to `[B, T * tokens, width]`; optionally with the frame's time."""

    def __init__(self, embedding, width, tokens, in_time=False):
        super().__init__()
        self.tokens, self.width, self.in_time = tokens, width, in_time
        self.proj = nn.Linear(embedding, tokens * width)
        self.norm = nn.LayerNorm(width)

    def forward(self, embeddings, times=None):
        tokens = self.norm(self.proj(embeddings).unflatten(2, (self.tokens, self.width)))
        if self.in_time:
            half = self.width // 2
            shortest, longest = 2 / 30, 20.48
            periods = shortest * (longest / shortest) ** (torch.arange(half, dtype=torch.float64) / (half - 1))
            angles = times[:, :, None] * (2 * math.pi / periods).float()
            tokens = tokens + torch.cat([angles.cos(), angles.sin()], 2)[:, :, None]
        return tokens.flatten(1, 2)


class ParallelAttention(nn.Module):
    """Text branch plus `scale` times the branch of visual tokens: one query, one output projection."""

    def __init__(self, hidden, width):
        super().__init__()
        self.to_k_ip = nn.Linear(width, hidden, bias=False)
        self.to_v_ip = nn.Linear(width, hidden, bias=False)

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None):
        text, tokens = encoder_hidden_states, self.tokens
        split = lambda t: t.unflatten(2, (attn.heads, -1)).transpose(1, 2)
        join = lambda t: t.transpose(1, 2).flatten(2)
        query = split(attn.to_q(hidden_states))
        mixed = join(F.scaled_dot_product_attention(query, split(attn.to_k(text)), split(attn.to_v(text))))
        if self.scale != 0:
            keys, values = split(self.to_k_ip(tokens)), split(self.to_v_ip(tokens))
            mixed = mixed + self.scale * join(F.scaled_dot_product_attention(query, keys, values))
        return attn.to_out[0](mixed)


class FrameAdapter(nn.Module):
    """Projection and one key and value matrix for every cross attention, numbered 1, 3, 5, ... as upstream registers them."""

    def __init__(self, size, tokens, in_time=False):
        super().__init__()
        from diffusers import UNet2DConditionModel

        width = size.unet["cross_attention_dim"]
        with torch.device("meta"):
            unet = UNet2DConditionModel(down_block_types=down_blocks, up_block_types=up_blocks, **size.unet)
        self.image_proj = ImageProjection(size.clip_image_h["projection_dim"], width, tokens, in_time)
        self.sites = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
        hidden = [unet.get_submodule(name.removesuffix(".processor")).to_q.out_features for name in self.sites]
        self.ip_adapter = nn.ModuleDict({str(2 * i + 1): ParallelAttention(h, width) for i, h in enumerate(hidden)})

    def attach(self, unet):
        processors = dict(unet.attn_processors)
        for site, attention in zip(self.sites, self.ip_adapter.values()):
            processors[site] = attention
        unet.set_attn_processor(processors)

    def look(self, tokens, scale):
        """What all later evaluations of the UNet see; `tokens` from `image_proj`."""
        for attention in self.ip_adapter.values():
            attention.tokens, attention.scale = tokens, scale


def make_semantic_adapter(size):
    return randomise(FrameAdapter(size, tokens=4), 108)


def make_frame_adapter(size):
    return randomise(FrameAdapter(size, tokens=1, in_time=True), 109)
