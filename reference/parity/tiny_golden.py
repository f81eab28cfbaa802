"""The published layout with tiny networks, and what torch makes of it: the goldens of test/parity.

Run: python reference/parity/tiny_golden.py test/golden/published

Weights lie there once, some pickled as they are published and some as safetensors; long records are cut.
"""

import os
import shutil
import subprocess
import sys
import tempfile

from safetensors.torch import load_file, save_file

target = sys.argv[1]
here = os.path.dirname(__file__)
KEPT = (
    "auffusion/model_index.json", "auffusion/scheduler", "auffusion/tokenizer", "auffusion/feature_extractor",
    "auffusion/unet", "auffusion/vae/config.json", "auffusion-bin/vae/diffusion_pytorch_model.bin",
    "auffusion/text_encoder/config.json", "auffusion-bin/text_encoder/pytorch_model.bin",
    "auffusion/vocoder/config.json", "foleycrafter/vocoder", "foleycrafter/semantic", "foleycrafter/temporal_adapter.ckpt",
    "foleycrafter/controlnet/config.json", "foleycrafter/frame_adapter.safetensors", "image_encoder", "clip-h-text",
    "recorded",
)  # fmt: skip
# the beginning of the samples, and the end of the latents' way: the last three steps
CUTS = {"out:wave": slice(0, 40_000), "out:samples": slice(0, 40_000), "out:trail": slice(-3, None)}

with tempfile.TemporaryDirectory() as folder:
    run = lambda script, *options: subprocess.run([sys.executable, f"{here}/{script}", *options, "--size", "tiny"], check=True)
    run("make_full_size.py", "all", "--out", folder)
    run("pipeline.py", "--weights", folder)
    shutil.rmtree(target, ignore_errors=True)
    for name in KEPT:
        source, copy = f"{folder}/{name}", f"{target}/{name}"
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, copy)
os.remove(f"{target}/recorded/pipeline-state.pt")
path = f"{target}/recorded/pipeline.safetensors"
save_file({key: value[CUTS[key]].clone() if key in CUTS else value for key, value in load_file(path).items()}, path)

# half precision, for which torch computes with the rounded weights
for precision, parts in (("bf16", {"clip-text-l": "text_encoder"}), ("fp16", {"hifi-gan": "vocoder"})):
    with tempfile.TemporaryDirectory() as folder:
        shutil.rmtree(f"{target}-{precision}", ignore_errors=True)
        for part, name in parts.items():
            script = [sys.executable, f"{here}/make_full_size.py", part, "--out", folder, "--size", "tiny"]
            subprocess.run([*script, "--dtype", precision], check=True)
            shutil.copytree(f"{folder}/auffusion/{name}", f"{target}-{precision}/auffusion/{name}")
        shutil.copytree(f"{folder}/recorded", f"{target}-{precision}/recorded")
