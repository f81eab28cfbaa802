"""Golden values of diffusers' noise schedule and samplers, every step, for a model that is a plain formula.

python reference/diffusion/samplers.py test/golden/diffusion/samplers.json
"""

import json
import sys

import diffusers
import numpy as np
import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler, PNDMScheduler
from diffusers.training_utils import compute_snr

betas = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
count = 12


def model(latents, timestep):
    """The network of the test: smooth, nonlinear, dependent on both arguments."""
    return 0.5 * torch.sin(3 * latents + timestep / 100) + 0.6 * latents


def floats(values):
    return [float(np.format_float_scientific(np.float32(v), unique=True)) for v in values.flatten().tolist()]


def make(kind, prediction, options):
    common = dict(**betas, prediction_type=prediction, timestep_spacing=options["spacing"], steps_offset=options["offset"])
    if kind == "ddim":
        return DDIMScheduler(**common, clip_sample=False, set_alpha_to_one=False)
    if kind == "pndm":
        return PNDMScheduler(**common, skip_prk_steps=True, set_alpha_to_one=False)
    return DPMSolverMultistepScheduler(
        **common,
        use_karras_sigmas=options.get("karras", False),
        final_sigmas_type=options.get("final", "zero"),
    )


def run(kind, prediction, steps, **options):
    scheduler = make(kind, prediction, options)
    scheduler.set_timesteps(steps)
    latents = torch.randn(count, generator=torch.Generator().manual_seed(5))[None]
    generator = torch.Generator().manual_seed(11)
    rows = []
    for t in scheduler.timesteps:
        extra = {}
        if options.get("eta"):
            extra = {"eta": options["eta"], "generator": generator}
        latents = scheduler.step(model(latents, t), t, latents, **extra).prev_sample
        rows.append(floats(latents))
    return {
        "kind": kind, "prediction": prediction, "steps": steps, **options,
        "timesteps": scheduler.timesteps.tolist(), "latents": rows,
    }


runs = []
for prediction in ["epsilon", "v_prediction"]:
    runs.append(run("ddim", prediction, 20, spacing="leading", offset=1))
    runs.append(run("ddim", prediction, 10, spacing="trailing", offset=1, eta=1.0))
    runs.append(run("ddim", prediction, 12, spacing="leading", offset=0, eta=0.4))
    runs.append(run("pndm", prediction, 25, spacing="leading", offset=1))
    runs.append(run("pndm", prediction, 8, spacing="linspace", offset=0))
    runs.append(run("pndm", prediction, 2, spacing="trailing", offset=0))
    runs.append(run("dpm", prediction, 20, spacing="linspace", offset=0))
    runs.append(run("dpm", prediction, 10, spacing="leading", offset=1))
    runs.append(run("dpm", prediction, 15, spacing="trailing", offset=0, final="sigma_min"))
    runs.append(run("dpm", prediction, 8, spacing="linspace", offset=0, final="sigma_min"))
    runs.append(run("dpm", prediction, 20, spacing="linspace", offset=0, karras=True))
    runs.append(run("dpm", prediction, 1, spacing="linspace", offset=0))

visited = []
for kind in ["ddim", "pndm", "dpm", "karras"]:
    for spacing in ["linspace", "leading", "trailing"] if kind != "karras" else ["linspace"]:
        for steps in [2, 3, 7, 10, 15, 16, 20, 25, 30, 50, 64, 100]:
            options = {"spacing": spacing, "offset": 1 if spacing == "leading" else 0, "karras": kind == "karras"}
            scheduler = make("dpm" if kind == "karras" else kind, "epsilon", options)
            scheduler.set_timesteps(steps)
            visited.append({"kind": kind, "steps": steps, **options, "timesteps": scheduler.timesteps.tolist()})

training = DDPMScheduler(**betas)
clean = torch.randn(1, count, generator=torch.Generator().manual_seed(1))
noise = torch.randn(1, count, generator=torch.Generator().manual_seed(2))
rows = []
for t in [0, 1, 250, 500, 999]:
    step = torch.tensor([t])
    snr = compute_snr(training, step)
    rows.append({
        "timestep": t,
        "noisy": floats(training.add_noise(clean, noise, step)),
        "velocity": floats(training.get_velocity(clean, noise, step)),
        "snr": snr.item(),
        "epsilonWeight": (torch.minimum(snr, torch.tensor(5.0)) / snr).item(),
        "velocityWeight": (torch.minimum(snr, torch.tensor(5.0)) / (snr + 1)).item(),
    })

result = {
    "diffusers": diffusers.__version__,
    "betas": floats(training.betas[::37]), "alphasCumprod": floats(training.alphas_cumprod[::37]),
    "lastAlphaCumprod": training.alphas_cumprod[-1].item(),
    "clean": floats(clean), "noise": floats(noise), "training": rows, "runs": runs, "visited": visited,
}
with open(sys.argv[1], "w") as file:
    json.dump(result, file)
