"""Ten AdamW steps with clipping: a small convolution and attention net, and a frame adapter in a frozen tiny UNet.

Run: python reference/training/adamw.py   (after reference/models/unet.py, whose weights and inputs the adapter takes)
"""

import json
import os
import sys

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file

here = os.path.dirname(__file__)
sys.path.insert(0, os.path.join(here, "..", "models"))
from golden import random_like, randomise  # noqa: E402
from unet import down, sizes, up  # noqa: E402

golden = os.path.join(here, "..", "..", "test", "golden")
settings = dict(lr=1e-2, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.05)
clip_norm = 0.5
steps = 10


def train(parameters, loss_of):
    """Losses before each step, and the gradient norms before clipping."""
    optimiser = torch.optim.AdamW(parameters, **settings)
    losses, norms = [], []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = loss_of()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, clip_norm).item())
        optimiser.step()
        losses.append(loss.item())
    return {"losses": losses, "norms": norms}


class Net(torch.nn.Module):
    """Convolution, group norm, SiLU, two-headed attention over positions, dense."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.norm = torch.nn.GroupNorm(4, 8, eps=1e-5)
        self.to_q = torch.nn.Linear(8, 8, bias=False)
        self.to_k = torch.nn.Linear(8, 8, bias=False)
        self.to_v = torch.nn.Linear(8, 8, bias=False)
        self.out = torch.nn.Linear(8, 4)

    def forward(self, x):
        hidden = F.silu(self.norm(self.conv(x)))
        tokens = hidden.flatten(2).transpose(1, 2)
        heads = [m(tokens).unflatten(2, (2, 4)).transpose(1, 2) for m in (self.to_q, self.to_k, self.to_v)]
        mixed = F.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2)
        return self.out(tokens + mixed)


def small_net():
    net = randomise(Net(), 50)
    image, wanted = random_like((2, 3, 6, 5), 51), random_like((2, 30, 4), 52)
    first = {key: value.clone() for key, value in net.state_dict().items()}
    result = train(list(net.parameters()), lambda: F.mse_loss(net(image), wanted))
    tensors = first | {"in:image": image, "in:wanted": wanted}
    tensors |= {f"out:{key}": value for key, value in net.state_dict().items()}
    save_file({key: value.detach().contiguous().clone() for key, value in tensors.items()}, path("adamw.safetensors"))
    return result


def frame_adapter():
    stored = load_file(os.path.join(golden, "models", "unet.safetensors"))
    unet = UNet2DConditionModel(out_channels=4, down_block_types=down, up_block_types=up, **sizes)
    unet.load_state_dict({k: stored[k] for k in unet.state_dict()})
    unet.requires_grad_(False)
    sections = {"image_proj": {}, "ip_adapter": {}}
    for key, value in stored.items():
        section, _, rest = key.partition(".")
        if section in sections:
            sections[section][rest] = value
    unet._load_ip_adapter_weights([sections], low_cpu_mem_usage=False)
    names = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
    parameters = list(unet.encoder_hid_proj.image_projection_layers[0].parameters())
    for name in names:
        processor = unet.attn_processors[name]
        processor.scale = [1.0]
        parameters += [processor.to_k_ip[0].weight, processor.to_v_ip[0].weight]
    for parameter in parameters:
        parameter.requires_grad_()

    def loss_of():
        made = unet(
            stored["in:latents"],
            timestep=stored["in:timestep"],
            encoder_hidden_states=stored["in:text"],
            added_cond_kwargs={"image_embeds": [stored["in:embeddings"]]},
        ).sample
        return F.mse_loss(made, stored["in:cotangent"])

    return train(parameters, loss_of)


def path(name):
    folder = os.path.join(golden, "training")
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


if __name__ == "__main__":
    with open(path("adamw.json"), "w") as file:
        json.dump({"small-net": small_net(), "frame-adapter": frame_adapter()}, file, indent=1)
        file.write("\n")
