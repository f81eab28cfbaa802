"""Builds the published architectures with seeded random weights, saves them as they are published, and records outputs.

Run: python reference/parity/make_full_size.py PART --out DIR [--dtype fp32|fp16|bf16] [--size full|tiny] [--bpe FILE]

PART: unet, controlnet, vae, hifi-gan, clip-text-l, clip-image-h, clip-text-h, frame-adapter, settings, all.
Full size takes up to 9 GB of memory and 22 GB of disk in fp32. `--bpe` is OpenAI's bpe_simple_vocab_16e6.txt.gz (it comes
with the package open_clip_torch), for `settings`. Only fp32 writes the pickled forms.
"""

import argparse
import importlib.metadata
import os
import subprocess
import sys

import numpy as np
import torch

import networks
import published_files as files
from networks import random_like, stored_as
from sizes import SIZES

PARTS = ("settings", "hifi-gan", "vae", "clip-text-l", "frame-adapter", "controlnet", "unet", "clip-text-h", "clip-image-h")
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("part", choices=PARTS + ("all",))
parser.add_argument("--out", required=True)
parser.add_argument("--dtype", choices=DTYPES, default="fp32")
parser.add_argument("--size", choices=SIZES, default="full")
parser.add_argument("--bpe")
arguments = parser.parse_args()
out, dtype, size = arguments.out, DTYPES[arguments.dtype], SIZES[arguments.size]
pickled = arguments.dtype == "fp32"
torch.set_grad_enabled(False)
torch.set_num_threads(2)
bands, columns = size.part_latents[1] * 8, size.part_latents[2] * 8
cross, embedding = size.unet["cross_attention_dim"], size.clip_image_h["projection_dim"]


def record(name, inputs, outputs):
    tensors = {"in:" + key: value for key, value in inputs.items()} | {"out:" + key: v for key, v in outputs.items()}
    files.write_safetensors(f"{out}/recorded/{name}.safetensors", {k: v.detach().clone() for k, v in tensors.items()})
    for key, value in outputs.items():
        print(f"  {key} {list(value.shape)} mean {value.float().mean():.4f} deviation {value.float().std():.4f}")


def save(module, folder, stem, published=lambda state: state, bin_name=None):
    """`folder/stem.safetensors`, and in `-bin` beside it the pickled form."""
    state = published(files.state_of(module, dtype))
    files.write_safetensors(f"{out}/{folder}/{stem}.safetensors", state)
    if pickled and bin_name:
        top, rest = folder.split("/", 1)
        old = files.with_old_attention_names(state) if stem == "diffusion_pytorch_model" else state
        files.write_torch(f"{out}/{top}-bin/{rest}/{bin_name}", old)


def settings():
    """What has no weights: tokenizers, scheduler, picture preparation, index."""
    for folder in ("auffusion", "auffusion-bin") if pickled else ("auffusion",):
        files.write_tokenizer(f"{out}/{folder}/tokenizer", arguments.bpe)
        files.write_json(f"{out}/{folder}/scheduler/scheduler_config.json", files.SCHEDULER)
        files.write_json(f"{out}/{folder}/feature_extractor/preprocessor_config.json", files.pictures_json(size.clip_image_h["image_size"]))
        index = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.18.2"}
        for name, owner, kind in (
            ("feature_extractor", "transformers", "CLIPImageProcessor"), ("scheduler", "diffusers", "PNDMScheduler"),
            ("text_encoder", "transformers", "CLIPTextModel"), ("tokenizer", "transformers", "CLIPTokenizer"),
            ("unet", "diffusers", "UNet2DConditionModel"), ("vae", "diffusers", "AutoencoderKL"),
        ):  # fmt: skip
            index[name] = [owner, kind]
        files.write_json(f"{out}/{folder}/model_index.json", index)
    files.write_tokenizer(f"{out}/clip-h-text", arguments.bpe)
    files.write_json(f"{out}/image_encoder/preprocessor_config.json", files.pictures_json(size.clip_image_h["image_size"]))
    print("settings written")


def hifi_gan():
    model = stored_as(networks.make_vocoder(size), dtype)
    config = files.vocoder_json(size.vocoder)
    state = files.state_of(model, dtype)
    for folder in ("auffusion/vocoder", "auffusion-bin/vocoder", "foleycrafter/vocoder") if pickled else ("auffusion/vocoder",):
        files.write_json(f"{out}/{folder}/config.json", config)
    if pickled:
        for folder in ("auffusion-bin", "foleycrafter"):
            files.write_torch(f"{out}/{folder}/vocoder/vocoder.pt", {"generator": state})
    files.write_safetensors(f"{out}/auffusion/vocoder/vocoder.safetensors", state)
    mel = (random_like((1, bands, columns), 1) * 3 - 6).clamp(-11.5129, 5.2983)
    record("hifi-gan", {"mel": mel}, {"wave": model(mel)})


def vae():
    model = stored_as(networks.make_vae(size), dtype)
    for folder in ("auffusion", "auffusion-bin") if pickled else ("auffusion",):
        model.save_config(f"{out}/{folder}/vae")
    save(model, "auffusion/vae", "diffusion_pytorch_model", bin_name="diffusion_pytorch_model.bin")
    image = random_like((1, 1, bands, columns), 2).clamp(-1, 1).expand(1, 3, -1, -1).contiguous()
    latents = random_like((1, *size.part_latents), 3) * 5
    distribution = model.encode(image).latent_dist
    record("vae-encode", {"image": image}, {"mean": distribution.mean, "logVariance": distribution.logvar})
    record("vae-decode", {"latents": latents}, {"image": model.decode(latents).sample})


def token_ids(vocabulary, count):
    """Two texts of 6 and 30 tokens between begin and end, padded with the end, as the tokenizer does."""
    generator = torch.Generator().manual_seed(4)
    rows = []
    for length in (6, 30):
        words = torch.randint(0, vocabulary - 2, (length,), generator=generator)
        row = [vocabulary - 2, *words.tolist(), *[vocabulary - 1] * (count - length - 1)]
        rows.append(row)
    return torch.tensor(rows)


def clip_text(name, model, folder, stem, bin_name):
    model = stored_as(model, dtype)
    count = model.config.max_position_embeddings
    prefixed = lambda state: files.with_tower_prefix(state, "text_model")
    with_ids = lambda state: files.with_position_ids(prefixed(state), "text_model", count)
    model.config.architectures = [type(model).__name__]
    folders = (folder, folder.replace("/", "-bin/", 1)) if pickled and bin_name else (folder,)
    for each in folders:
        os.makedirs(f"{out}/{each}", exist_ok=True)
        model.config.save_pretrained(f"{out}/{each}")
    save(model, folder, stem, with_ids, bin_name)
    ids = token_ids(model.config.vocab_size, count)
    result = model(input_ids=ids)
    outputs = {"states": result.last_hidden_state}
    if "text_embeds" in result:
        outputs["embedding"] = result.text_embeds
    record(name, {"ids": ids}, outputs)


def clip_text_l():
    clip_text("clip-text-l", networks.make_clip_text_l(size), "auffusion/text_encoder", "model", "pytorch_model.bin")


def clip_text_h():
    clip_text("clip-text-h", networks.make_clip_text_h(size), "clip-h-text", "model", None)


def clip_image_h():
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    model = stored_as(networks.make_clip_image_h(size), dtype)
    side, patch = model.config.image_size, model.config.patch_size
    published = lambda state: files.with_position_ids(
        files.with_tower_prefix(state, "vision_model"), "vision_model", (side // patch) ** 2 + 1
    )
    model.config.architectures = ["CLIPVisionModelWithProjection"]
    os.makedirs(f"{out}/image_encoder", exist_ok=True)
    model.config.save_pretrained(f"{out}/image_encoder")
    save(model, "image_encoder", "model", published)
    # a smooth picture with an edge, wider than high, as a video's frame is
    height, width = 3 * side // 2, 2 * side
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 / width, y * 255 / height, np.where(x + y > width, 220, 30) + 20 * np.sin(x / 3)]
    picture = np.stack(planes, 2).clip(0, 255).astype(np.uint8)
    processor = CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
    pixels = processor(images=picture, return_tensors="pt").pixel_values
    inputs = {"picture": torch.from_numpy(picture), "pixels": pixels}
    record("clip-image-h", inputs, {"embedding": model(pixel_values=pixels).image_embeds})


def controlnet():
    model = stored_as(networks.make_controlnet(size), dtype)
    model.save_config(f"{out}/foleycrafter/controlnet")
    state = files.state_of(model, dtype)
    files.write_safetensors(f"{out}/foleycrafter/controlnet/diffusion_pytorch_model.safetensors", state)
    hint = torch.where(torch.arange(columns) // (columns // 8) % 2 == 1, 1.0, -1.0).expand(1, 1, bands, -1).contiguous()
    inputs = {
        "latents": random_like((1, *size.part_latents), 5), "timestep": torch.tensor([961.0]),
        "text": random_like((1, 77, cross), 6), "hint": hint,
    }  # fmt: skip
    residuals, middle = model(
        inputs["latents"], inputs["timestep"], inputs["text"], inputs["hint"], conditioning_scale=0.2, return_dict=False
    )
    record("controlnet", inputs, {f"residual.{i}": r for i, r in enumerate(residuals)} | {"residual.middle": middle})
    if pickled:
        files.write_torch(f"{out}/foleycrafter/temporal_adapter.ckpt", files.with_optimiser(state))


def unet_inputs():
    return {"latents": random_like((1, *size.part_latents), 7), "text": random_like((1, 77, cross), 8)}


def unet():
    model = stored_as(networks.make_unet(size), dtype)
    for folder in ("auffusion", "auffusion-bin") if pickled else ("auffusion",):
        model.save_config(f"{out}/{folder}/unet")
    inputs = unet_inputs()
    predict = lambda timestep: model(inputs["latents"], torch.tensor([timestep]), inputs["text"]).sample
    record("unet", inputs, {"at961": predict(961.0), "at41": predict(41.0)})
    frames(model)
    save(model, "auffusion/unet", "diffusion_pytorch_model", bin_name="diffusion_pytorch_model.bin")


def frame_adapter():
    for name, model in (("semantic_adapter", networks.make_semantic_adapter(size)), ("frame_adapter", networks.make_frame_adapter(size))):
        state = files.state_of(model, dtype)
        files.write_safetensors(f"{out}/foleycrafter/{name}.safetensors", state)
        if pickled and name == "semantic_adapter":
            nested = {
                part: {key.removeprefix(part + "."): value for key, value in state.items() if key.startswith(part + ".")}
                for part in ("image_proj", "ip_adapter")
            }
            files.write_torch(f"{out}/foleycrafter/semantic/semantic_adapter.bin", nested)


def frames(model):
    """The UNet with 4 tokens of the mean of all frames (300 at full size), one a frame, in time, and four a frame."""
    four, one = (stored_as(m(size), dtype) for m in (networks.make_semantic_adapter, networks.make_frame_adapter))
    embeddings = random_like((1, size.frames, embedding), 9) * 0.5
    times = (torch.arange(size.frames) / 30)[None]
    inputs = unet_inputs() | {"embeddings": embeddings, "times": times, "timestep": torch.tensor([481.0])}
    outputs = {}
    cases = (
        ("mean", four, four.image_proj(embeddings.mean(1, keepdim=True)), 1.0),
        ("one", one, one.image_proj(embeddings, times), 0.7),
        ("four", four, four.image_proj(embeddings), 0.7),
    )
    plain = dict(model.attn_processors)
    for case, adapter, tokens, scale in cases:
        adapter.attach(model)
        adapter.look(tokens, scale)
        outputs[f"tokens.{case}"] = tokens
        outputs[f"prediction.{case}"] = model(inputs["latents"], inputs["timestep"], inputs["text"]).sample
    model.set_attn_processor(plain)
    record("frame-adapter", inputs, outputs)


if __name__ == "__main__":
    if arguments.part == "all":
        command = [sys.executable, __file__, "PART", *sys.argv[2:]]
        for part in PARTS:  # a process each, for memory
            subprocess.run([*command[:2], part, *command[3:]], check=True)
    else:
        print(arguments.part, *(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "diffusers", "transformers")))
        globals()[arguments.part.replace("-", "_")]()
