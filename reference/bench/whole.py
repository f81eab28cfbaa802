"""FoleyCrafter's way from frames to samples at its defaults, in diffusers, transformers and torch, fp32, timed by stage.

150 frames through CLIP ViT-H/14 in one batch, their mean as 4 tokens of a parallel attention (zeros for the negative);
25 PLMS steps, which are 26 evaluations, each of the ControlNet and the UNet over a batch of 2 with guidance 7.5; the
autoencoder's decoder; HiFi-GAN. Its timestamp detector, decoding the clip and scaling the frames are left out, in its
favour. A run may be cut into pieces: what a piece has made lies in --state, and the seconds of all pieces are summed.

    python reference/bench/whole.py --weights FOLDER --state FOLDER [--budget SECONDS] [--threads N] [--rounds N]

FOLDER as in `bench/parts.ts`, plus `frame_adapter.safetensors` when there is one (else random projections of its sizes).
Exits with 3 while there is more to do.
"""

import argparse
import json
import resource
import sys
import threading
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

import parts

FRAMES, STEPS, GUIDANCE, TEMPORAL_SCALE, SEMANTIC_SCALE = 150, 25, 7.5, 0.2, 1.0
FRAMES_AT_ONCE = 150


class FrameAttention(nn.Module):
    """Text attention plus attention to the frames' tokens, which lie behind the 77 text tokens."""

    def __init__(self, channels, width=768):
        super().__init__()
        self.to_k_ip, self.to_v_ip = (nn.Linear(width, channels, bias=False) for _ in range(2))

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None):
        text, frames = encoder_hidden_states[:, :77], encoder_hidden_states[:, 77:]
        heads = lambda x: x.unflatten(2, (attn.heads, -1)).transpose(1, 2)
        merged = lambda x: x.transpose(1, 2).flatten(2)
        query = heads(attn.to_q(hidden_states))
        mixed = F.scaled_dot_product_attention(query, heads(attn.to_k(text)), heads(attn.to_v(text)))
        seen = F.scaled_dot_product_attention(query, heads(self.to_k_ip(frames)), heads(self.to_v_ip(frames)))
        return attn.to_out[0](merged(mixed) + SEMANTIC_SCALE * merged(seen))


def with_frame_attention(model):
    from diffusers.models.attention_processor import AttnProcessor2_0

    processors = {}
    for name, module in model.named_modules():
        if name.endswith("attn2"):
            processors[f"{name}.processor"] = FrameAttention(module.to_q.out_features)
        elif name.endswith("attn1"):
            processors[f"{name}.processor"] = AttnProcessor2_0()
    model.set_attn_processor(processors)
    return model


class Pieces:
    """What has been made and how long it took, on disk."""

    def __init__(self, folder, budget):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "peer.json"
        self.notes = json.loads(self.file.read_text()) if self.file.exists() else {"seconds": {}, "processor": {}, "peakPrivateMiB": 0}
        self.until = time.perf_counter() + budget
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            for line in open("/proc/self/status"):
                if line.startswith("RssAnon"):
                    self.notes["peakPrivateMiB"] = max(self.notes["peakPrivateMiB"], int(line.split()[1]) // 1024)
            time.sleep(0.05)

    def time(self, stage, function):
        started, used = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            result = function()
        for key, took in (("seconds", time.perf_counter() - started), ("processor", time.process_time() - used)):
            self.notes[key][stage] = self.notes[key].get(stage, 0) + took
        return result

    def keep(self, **tensors):
        for name, value in tensors.items():
            torch.save(value, self.folder / f"{name}.pt")
        self.file.write_text(json.dumps(self.notes, indent=2) + "\n")

    def made(self, name):
        path = self.folder / f"{name}.pt"
        return torch.load(path, weights_only=False) if path.exists() else None

    def pause(self):
        self.file.write_text(json.dumps(self.notes, indent=2) + "\n")
        sys.exit(3)

    def is_spent(self):
        return time.perf_counter() > self.until


def see(pieces, weights):
    """Frames -> 4 tokens, and the text's states: [2, 81, 768], negative first."""
    done = pieces.made("tokens")
    if done is not None:
        return done
    embeddings = pieces.made("embeddings")
    embeddings = [] if embeddings is None else embeddings
    seen = sum(len(part) for part in embeddings)
    if seen < FRAMES:
        tower = pieces.time("open image tower", lambda: parts.image_tower(weights["image_h"]))
        pixels = parts.wavy((FRAMES, 3, 224, 224), 0)
        while seen < FRAMES:
            batch = pixels[seen : seen + FRAMES_AT_ONCE]
            embeddings.append(pieces.time("frames", lambda: tower(batch).image_embeds))
            seen += len(batch)
            pieces.keep(embeddings=embeddings)
            if pieces.is_spent():
                pieces.pause()
    text = pieces.time("open text tower", lambda: parts.text_tower(weights["text_l"], 768, 3072, 12, 12, "quick_gelu"))
    states = pieces.time("text", lambda: text.text_model(parts.token_ids(2)).last_hidden_state)
    project = nn.Sequential(nn.Linear(1024, 4 * 768), nn.Unflatten(1, (4, 768)), nn.LayerNorm(768))
    mean = torch.cat(embeddings).mean(0, keepdim=True)
    tokens = pieces.time("text", lambda: torch.cat([states, project(torch.cat([torch.zeros_like(mean), mean]))], 1))
    pieces.keep(tokens=tokens)
    return tokens


def denoise(pieces, weights, tokens):
    from diffusers import PNDMScheduler

    latents = pieces.made("latents")
    if latents is not None:
        return latents
    state = pieces.made("denoising")
    if state is None:
        scheduler = PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
        )
        scheduler.set_timesteps(STEPS)
        state = {"scheduler": scheduler, "done": 0, "latents": torch.randn(1, *parts.LATENTS, generator=torch.Generator().manual_seed(42))}
    torch.manual_seed(0)
    model = pieces.time("open unet and controlnet", lambda: with_frame_attention(parts.unet(weights)))
    control = pieces.time("open unet and controlnet", lambda: parts.control_net(weights))
    hint = torch.where(torch.arange(1024) % 300 < 150, 1.0, -1.0).expand(2, 1, 256, 1024).contiguous()
    scheduler = state["scheduler"]

    def step(t):
        both = scheduler.scale_model_input(torch.cat([state["latents"]] * 2), t)
        down, middle = control(both, t, tokens[:, :77], hint, conditioning_scale=TEMPORAL_SCALE, return_dict=False)
        noise = model(
            both, t, tokens, down_block_additional_residuals=down, mid_block_additional_residual=middle, return_dict=False
        )[0]
        negative, positive = noise.chunk(2)
        return scheduler.step(negative + GUIDANCE * (positive - negative), t, state["latents"]).prev_sample

    while state["done"] < len(scheduler.timesteps):
        state["latents"] = pieces.time("denoise", lambda: step(scheduler.timesteps[state["done"]]))
        state["done"] += 1
        pieces.notes["evaluations"] = state["done"]
        if pieces.is_spent():
            pieces.keep(denoising=state)
            pieces.pause()
    pieces.keep(latents=state["latents"])
    return state["latents"]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--weights", required=True)
    options.add_argument("--state", required=True)
    options.add_argument("--budget", type=float, default=float("inf"))
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = options.parse_args()
    torch.set_num_threads(options.threads)
    weights = {name: f"{options.weights}/{name}.safetensors" for name in parts.NETWORKS}
    pieces = Pieces(options.state, options.budget)
    tokens = see(pieces, weights)
    latents = denoise(pieces, weights, tokens)
    model = pieces.time("open autoencoder and vocoder", lambda: parts.vae(weights))
    image = pieces.time("decode", lambda: (model.decode(latents / 0.18215).sample / 2 + 0.5).clamp(0, 1))
    generator = pieces.time("open autoencoder and vocoder", lambda: parts.vocoder(weights["vocoder"]))
    low, high = torch.log(torch.tensor(1e-5)), torch.log(torch.tensor(200.0))
    pieces.time("vocode", lambda: generator(image[:, 0].flip(1) * (high - low) + low))
    pieces.notes["totalSeconds"] = sum(pieces.notes["seconds"].values())
    pieces.notes["maxRssMiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    pieces.keep()
    print(json.dumps(pieces.notes, indent=2))


if __name__ == "__main__":
    main()
