"""The peer of `bench/parts.ts`: the same parts in diffusers, transformers and torch, fp32, over the same files.

Reads one JSON command a line (`open`, `run`, `save`, `quit`) and answers each with one line. Weights are mapped, not
copied, where torch allows it. Started by `npx tsx bench/parts.ts --python PYTHON`.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

LATENTS = (4, 32, 128)
NETWORKS = ("unet", "controlnet", "vae", "vocoder", "text_l", "text_h", "image_h")


def wavy(shape, phase, scale=1.0):
    count = 1
    for size in shape:
        count *= size
    return (scale * torch.sin(0.7 * torch.arange(count, dtype=torch.float64) + phase)).float().reshape(shape)


def token_ids(batch):
    row = torch.arange(batch * 77)
    return torch.where(row % 77 == 76, 49407, 1 + (row * 37) % 40000).reshape(batch, 77)


def load(model, path):
    from safetensors.torch import load_file

    missing, extra = model.load_state_dict(load_file(path), strict=False, assign=True)
    # the prompt's tower has no projection in its file, and needs none
    known = ("position_ids", "text_projection")
    assert all(name.split(".")[-1] in known or name.split(".")[0] in known for name in missing + extra), (missing[:3], extra[:3])
    return model.eval()


def on_meta(build, path):
    with torch.device("meta"):
        model = build()
    load(model, path)
    # tables of positions are not in the files
    for module in model.modules():
        for name, buffer in list(module.named_buffers(recurse=False)):
            if buffer.is_meta:
                module.register_buffer(name, torch.arange(buffer.shape[-1]).expand(buffer.shape), persistent=False)
    return model


SIZES = dict(
    block_out_channels=(320, 640, 1280, 1280), layers_per_block=2, cross_attention_dim=768, attention_head_dim=8
)


def unet(weights):
    from diffusers import UNet2DConditionModel

    return on_meta(lambda: UNet2DConditionModel(sample_size=64, **SIZES), weights["unet"])


def control_net(weights):
    from diffusers import ControlNetModel

    return on_meta(lambda: ControlNetModel(conditioning_channels=1, **SIZES), weights["controlnet"])


def vae(weights):
    from diffusers import AutoencoderKL

    return on_meta(
        lambda: AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(128, 256, 512, 512),
            layers_per_block=2,
        ),
        weights["vae"],
    )


def text_tower(path, width, hidden, layers, heads, activation):
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=hidden,
        projection_dim=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        hidden_act=activation,
        eos_token_id=49407,
    )
    return on_meta(lambda: CLIPTextModelWithProjection(config), path)


def image_tower(path):
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    config = CLIPVisionConfig(
        hidden_size=1280,
        intermediate_size=5120,
        projection_dim=1024,
        num_hidden_layers=32,
        num_attention_heads=16,
        hidden_act="gelu",
        patch_size=14,
    )
    return on_meta(lambda: CLIPVisionModelWithProjection(config), path)


class HifiGan(nn.Module):
    """Kong et al. 2020 with Auffusion's sizes; weight normalisation removed, as one does before generating."""

    def __init__(self):
        super().__init__()
        self.conv_pre = nn.Conv1d(256, 512, 7, padding=3)
        self.ups, self.blocks = nn.ModuleList(), nn.ModuleList()
        for stage, (rate, kernel) in enumerate(zip((5, 4, 4, 2), (11, 8, 8, 4))):
            width = 512 // 2 ** (stage + 1)
            self.ups.append(nn.ConvTranspose1d(2 * width, width, kernel, rate, padding=(kernel - rate) // 2))
            for size in (3, 7, 11):
                first = [nn.Conv1d(width, width, size, dilation=d, padding=d * (size - 1) // 2) for d in (1, 3, 5)]
                second = [nn.Conv1d(width, width, size, padding=(size - 1) // 2) for _ in range(3)]
                self.blocks.append(nn.ModuleList([nn.ModuleList(first), nn.ModuleList(second)]))
        self.conv_post = nn.Conv1d(32, 1, 7, padding=3)

    def forward(self, mel):
        x = self.conv_pre(mel)
        for stage, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, 0.1))
            total = 0
            for first, second in self.blocks[3 * stage : 3 * stage + 3]:
                y = x
                for dilated, plain in zip(first, second):
                    y = y + plain(F.leaky_relu(dilated(F.leaky_relu(y, 0.1)), 0.1))
                total = total + y
            x = total / 3
        return torch.tanh(self.conv_post(F.leaky_relu(x)))[:, 0]


def vocoder(path):
    from safetensors.torch import load_file

    stored = load_file(path)
    joined = {}
    for key, value in stored.items():
        if key.endswith("weight_g"):
            continue
        if key.endswith("weight_v"):
            base = key.removesuffix("_v")
            norm = value.flatten(1).norm(dim=1).reshape(-1, 1, 1)
            key, value = base, stored[base + "_g"] * value / norm
        joined[key.replace("resblocks", "blocks").replace("convs1", "0").replace("convs2", "1")] = value
    model = HifiGan()
    model.load_state_dict(joined)
    return model.eval()


def open_part(part, batch, weights):
    """A function without arguments that runs the part once."""
    latents = wavy((batch, *LATENTS), 0)
    step = torch.full((batch,), 521)
    if part == "unet":
        model, states = unet(weights), wavy((batch, 77, 768), 1)
        return lambda: model(latents, step, states).sample
    if part == "controlnet":
        model, states, hint = control_net(weights), wavy((batch, 77, 768), 1), wavy((batch, 1, 256, 1024), 2)
        return lambda: model(latents, step, states, hint, conditioning_scale=0.2, return_dict=False)[0][5]
    if part == "vae-decode":
        model = vae(weights)
        return lambda: model.decode(latents).sample
    if part == "vae-encode":
        model, image = vae(weights), wavy((batch, 3, 256, 1024), 0)
        return lambda: model.encode(image).latent_dist.mean
    if part == "hifi-gan":
        model, mel = vocoder(weights["vocoder"]), wavy((batch, 256, 1024), 0)
        return lambda: model(mel)
    if part == "text-l":
        model, ids = text_tower(weights["text_l"], 768, 3072, 12, 12, "quick_gelu"), token_ids(batch)
        return lambda: model.text_model(ids).last_hidden_state
    if part == "text-h":
        model, ids = text_tower(weights["text_h"], 1024, 4096, 24, 16, "gelu"), token_ids(batch)
        return lambda: model(ids).text_embeds
    if part == "image-h":
        model, image = image_tower(weights["image_h"]), wavy((batch, 3, 224, 224), 0)
        return lambda: model(image).image_embeds
    raise ValueError(f"no part {part}")


def main():
    run, last = None, None
    for line in sys.stdin:
        command = json.loads(line)
        started, used = time.perf_counter(), time.process_time()
        if command["do"] == "open":
            torch.set_num_threads(command["threads"])
            run = open_part(command["part"], command["batch"], command["weights"])
        elif command["do"] == "run":
            with torch.inference_mode():
                last = run()
        elif command["do"] == "save":
            last.contiguous().numpy().tofile(command["file"])
        else:
            return
        took = {"seconds": time.perf_counter() - started, "cpuSeconds": time.process_time() - used}
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
