"""Golden values of tiny autoencoders, both ways: as published, and between pixel unshuffle and shuffle.

Run: python reference/models/autoencoder.py
"""

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL

from golden import random_like, randomise, save


def tiny(channels, seed):
    levels = (8, 12)
    return randomise(
        AutoencoderKL(
            in_channels=channels,
            out_channels=channels,
            down_block_types=("DownEncoderBlock2D",) * len(levels),
            up_block_types=("UpDecoderBlock2D",) * len(levels),
            block_out_channels=levels,
            layers_per_block=1,
            latent_channels=3,
            norm_num_groups=4,
        ),
        seed,
    )


def main(name, image, fold, seed):
    model = tiny(image.shape[1] * fold**2, seed)
    latents = random_like((2, 3, image.shape[2] // fold // 2, image.shape[3] // fold // 2), seed + 1)
    distribution = model.encode(F.pixel_unshuffle(image, fold)).latent_dist
    decoded = F.pixel_shuffle(model.decode(latents).sample, fold)
    outputs = {"mean": distribution.mean, "logVariance": distribution.logvar, "image": decoded}
    cotangents = {key: random_like(value.shape, seed + 2 + i) for i, (key, value) in enumerate(outputs.items())}
    sum((outputs[key] * cotangents[key]).sum() for key in outputs).backward()
    checked = ("encoder.conv_in", "encoder.down_blocks.0.downsamplers", "encoder.mid_block.attentions", "quant_conv")
    checked += ("decoder.up_blocks.0.upsamplers", "decoder.conv_out", "post_quant_conv")
    # a key's bias shifts all scores of a query alike, so its gradient is zero but for rounding
    named = [(k, p) for k, p in model.named_parameters() if k.startswith(checked) and not k.endswith("to_k.bias")]
    gradients = {k: p.grad for k, p in named}
    inputs = {"image": image, "latents": latents} | {"cotangent." + k: v for k, v in cotangents.items()}
    save(name, model.state_dict(), inputs, outputs, gradients)


if __name__ == "__main__":
    main("autoencoder", random_like((2, 3, 8, 12), 50), 1, 51)
    main("autoencoder-unshuffled", random_like((2, 1, 16, 24), 60), 2, 61)
