"""FoleyCrafter's pipeline in plain PyTorch with diffusers' modules, on the files of make_full_size.py.

Run: python reference/parity/pipeline.py --weights DIR [--size full|tiny] [--seconds N]

Settings as published: 25 PLMS steps, guidance 7.5, semantic scale 1, temporal scale 0.2, the mean of the frames'
embeddings as 4 tokens with zeros as the negative, the raster that spreads 1024 columns over 10 s, channel 0 of the
picture, upside down, as log-mel, and samples cut down to 16 bits without clipping.

Writes DIR/recorded/pipeline.json (what was asked for), pipeline-frames.safetensors (the pictures that both sides read)
and pipeline.safetensors (results, and what every station made on the way). The state is kept after each step, so that a
run that is cut short (`--seconds`) goes on where it stopped.
"""

import argparse
import gc
import json
import math
import os
import time

import numpy as np
import torch
from safetensors.torch import save_file

import networks
from sizes import SIZES

STEPS, GUIDANCE, SEMANTIC_SCALE, TEMPORAL_SCALE = 25, 7.5, 1.0, 0.2
FRAMES = 150  # over the whole clip, however long it is
REQUEST = {
    "prompt": "dog barking by the steam train",
    "negative": "",
    "seed": 42,  # of the latents' noise
    "durationSeconds": 10.0,
    # frames k/15 s at which it sounds: the detector's part is taken by these spans
    "soundingFrames": [[7, 40], [61, 62], [100, 150]],
}

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--weights", required=True)
parser.add_argument("--size", choices=SIZES, default="full")
parser.add_argument("--seconds", type=float, default=math.inf, help="stop before another step once so long at work")
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()
started = time.monotonic()
folder, size = arguments.weights, SIZES[arguments.size]
recorded = f"{folder}/recorded"
state_path = f"{recorded}/pipeline-state.pt"
bands, columns = size.latents[1] * 8, size.latents[2] * 8
torch.set_grad_enabled(False)
torch.set_num_threads(arguments.threads)


def pictures():
    """What is seen: a disc that moves over a slope, wider than high; a new picture every second. `[10, H, W, 3]`, 8 bits."""
    side = size.clip_image_h["image_size"]
    height, width = side * 5 // 4, side * 2
    y, x = np.mgrid[0:height, 0:width]
    shown = []
    for second in range(10):
        disc = np.hypot(x - width * (second + 0.5) / 10, y - height / 2) < height / 4
        planes = [np.where(disc, 230, 255 * x / width), np.where(disc, 20 * second, 255 * y / height), 30 + 120 * disc]
        shown.append(np.stack(planes, 2).clip(0, 255).astype(np.uint8))
    return torch.from_numpy(np.stack(shown))


def timing_row(duration, sounds):
    """One value a column, as FoleyCrafter draws it: `sounds` says of each of 150 frames whether it sounds."""
    row = torch.full((columns,), -1.0)
    active = int(102.4 * duration)
    for column in range(min(active, columns)):
        row[column] = 1.0 if sounds[int(column / (102.4 * duration) * FRAMES)] else -1.0
    return row


def mean_embedding(frames, shown):
    from transformers import CLIPVisionModelWithProjection
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    side = size.clip_image_h["image_size"]
    processor = CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
    model = CLIPVisionModelWithProjection.from_pretrained(f"{folder}/image_encoder").eval()
    pixels = processor(images=[frame.numpy() for frame in frames], return_tensors="pt").pixel_values
    distinct = torch.cat([model(pixel_values=one[None]).image_embeds for one in pixels])
    return distinct[shown].mean(0)[None, None], distinct  # [1, 1, width]


def text_states(texts):
    from transformers import CLIPTextModel, CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(f"{folder}/auffusion/tokenizer")
    model = CLIPTextModel.from_pretrained(f"{folder}/auffusion/text_encoder").eval()
    ids = tokenizer(texts, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    return model(input_ids=ids).last_hidden_state


def conditions():
    frames = pictures()
    save_file({"in:frames": frames}, f"{recorded}/pipeline-frames.safetensors")
    with open(f"{recorded}/pipeline.json", "w") as file:
        json.dump(REQUEST | {"frames": FRAMES, "steps": STEPS, "guidance": GUIDANCE, "semanticScale": SEMANTIC_SCALE, "temporalScale": TEMPORAL_SCALE}, file, indent=2)
    shown = torch.arange(FRAMES) * len(frames) // FRAMES
    seen, distinct = mean_embedding(frames, shown)
    states = text_states([REQUEST["negative"], REQUEST["prompt"]])  # negative first
    sounds = [any(first <= frame < end for first, end in REQUEST["soundingFrames"]) for frame in range(FRAMES)]
    row = timing_row(REQUEST["durationSeconds"], sounds)
    return {"seen": seen, "embeddings": distinct, "text": states, "row": row, "shown": shown}


def load_unet():
    from diffusers import UNet2DConditionModel

    unet = UNet2DConditionModel.from_pretrained(f"{folder}/auffusion/unet").eval()
    adapter = networks.FrameAdapter(size, tokens=4).eval()
    saved = torch.load(f"{folder}/foleycrafter/semantic/semantic_adapter.bin", weights_only=True)
    adapter.load_state_dict({f"{part}.{key}": value for part, group in saved.items() for key, value in group.items()})
    return unet, adapter


def load_controlnet():
    from diffusers import ControlNetModel

    with open(f"{folder}/foleycrafter/controlnet/config.json") as file:
        model = ControlNetModel.from_config(json.load(file)).eval()
    saved = torch.load(f"{folder}/foleycrafter/temporal_adapter.ckpt", weights_only=True, mmap=True)["state_dict"]
    model.load_state_dict({key.removeprefix("module."): value for key, value in saved.items()})
    return model


def denoise(known):
    """One evaluation after another, batch of negative and positive; goes on from the kept state. None when out of time."""
    from diffusers import PNDMScheduler

    scheduler = PNDMScheduler.from_pretrained(f"{folder}/auffusion/scheduler")
    scheduler.set_timesteps(STEPS)
    generator = torch.Generator().manual_seed(REQUEST["seed"])
    latents = torch.randn((1, *size.latents), generator=generator) * scheduler.init_noise_sigma
    trail = []
    if os.path.exists(state_path):
        kept = torch.load(state_path, weights_only=False)
        latents, trail = kept["latents"], kept["trail"]
        scheduler.ets, scheduler.counter, scheduler.cur_sample = kept["ets"], kept["counter"], kept["cur_sample"]
        scheduler.cur_model_output = kept["cur_model_output"]
    unet, adapter = load_unet()
    controlnet = load_controlnet()
    adapter.attach(unet)
    adapter.look(adapter.image_proj(torch.cat([torch.zeros_like(known["seen"]), known["seen"]])), SEMANTIC_SCALE)
    hint = known["row"].expand(2, 1, bands, -1)
    for timestep in scheduler.timesteps[len(trail) :]:
        if time.monotonic() - started > arguments.seconds:
            return None
        both = scheduler.scale_model_input(torch.cat([latents] * 2), timestep)
        residuals, middle = controlnet(
            both, timestep, known["text"], hint, conditioning_scale=TEMPORAL_SCALE, return_dict=False
        )
        prediction = unet(
            both, timestep, known["text"], down_block_additional_residuals=residuals,
            mid_block_additional_residual=middle,
        ).sample
        negative, positive = prediction.chunk(2)
        guided = negative + GUIDANCE * (positive - negative)
        latents = scheduler.step(guided, timestep, latents, return_dict=False)[0]
        trail.append(latents.clone())
        kept = {name: getattr(scheduler, name) for name in ("ets", "counter", "cur_sample", "cur_model_output")}
        torch.save(kept | {"latents": latents, "trail": trail}, state_path + ".part")
        os.replace(state_path + ".part", state_path)
        print(f"{len(trail)}/{len(scheduler.timesteps)} step {int(timestep)} deviation {latents.std():.4f} {time.monotonic() - started:.0f} s", flush=True)
    return torch.cat(trail)


def sound(latents):
    from diffusers import AutoencoderKL

    vae = AutoencoderKL.from_pretrained(f"{folder}/auffusion/vae").eval()
    picture = (vae.decode(latents / vae.config.scaling_factor).sample / 2 + 0.5).clamp(0, 1)
    image = picture[0, 0].flip(0)  # lowest band first
    loudest, silent = math.log(200), math.log(1e-5)
    mel = image * (loudest - silent) + silent
    vocoder = networks.HifiGan(**size.vocoder).eval()
    vocoder.load_state_dict(torch.load(f"{folder}/foleycrafter/vocoder/vocoder.pt", weights_only=True)["generator"])
    wave = vocoder(mel[None])[0]
    samples = torch.from_numpy((wave.numpy() * 32768).astype(np.int16))
    cut = samples[: 10 * 16000][: int(REQUEST["durationSeconds"] * 16000)]
    return {"image": image, "wave": wave, "samples": cut}


def main():
    known = conditions()
    gc.collect()
    trail = denoise(known)
    if trail is None:
        print("not finished: run again to go on")
        return
    gc.collect()
    results = known | {"trail": trail} | sound(trail[-1:])
    tensors = {"out:" + key: value.to(torch.int32 if key in ("samples", "shown") else value.dtype).contiguous() for key, value in results.items()}
    save_file(tensors, f"{recorded}/pipeline.safetensors")
    for key, value in results.items():
        print(key, list(value.shape), f"mean {value.float().mean():.4f} deviation {value.float().std():.4f}")
    print("clamped share of the image", ((results["image"] == 0) | (results["image"] == 1)).float().mean().item())


if __name__ == "__main__":
    main()
