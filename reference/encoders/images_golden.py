"""Golden pictures, resized by Pillow: python reference/encoders/images_golden.py test/golden/encoders"""
import hashlib
import json
import sys

import numpy as np
import PIL
from PIL import Image

from hashed_weights import hashed_uniform

SIZES = [
    (37, 23, 16, 16), (64, 36, 39, 22), (100, 50, 44, 22), (13, 17, 13, 9), (13, 17, 9, 17), (24, 24, 24, 24),
    (5, 3, 40, 31), (1, 1, 7, 5), (200, 3, 3, 200), (333, 187, 22, 22), (22, 22, 333, 187),
]


def picture(width: int, height: int) -> Image.Image:
    """Bytes from the hash; every third row black and white, so that sharp edges overshoot."""
    data = np.floor(hashed_uniform(f"{width}x{height}", width * height * 3) * 256).astype(np.uint8)
    data = data.reshape(height, width, 3)
    data[::3] = np.where(data[::3] < 128, 0, 255)
    return Image.fromarray(data)


cases = []
for width, height, to_width, to_height in SIZES:
    resized = picture(width, height).resize((to_width, to_height), Image.Resampling.BICUBIC)
    cases.append({"from": [width, height], "to": [to_width, to_height], "sha256": hashlib.sha256(resized.tobytes()).hexdigest()})

# CLIP: shortest side, centre crop, normalise, as transformers' CLIPImageProcessor does with Pillow
size = 16
mean, deviation = np.array([0.48145466, 0.4578275, 0.40821073]), np.array([0.26862954, 0.26130258, 0.27577711])
clip = []
for width, height in [(41, 23), (23, 41), (16, 16), (9, 50)]:
    short = min(width, height)
    image = picture(width, height).resize((size * width // short, size * height // short), Image.Resampling.BICUBIC)
    left, top = (image.width - size) // 2, (image.height - size) // 2
    pixels = np.asarray(image.crop((left, top, left + size, top + size))) / 255
    normal = ((pixels - mean) / deviation).transpose(2, 0, 1).reshape(-1)
    clip.append({"from": [width, height], "mean": normal.mean(), "values": [float(v) for v in normal[::37]]})
json.dump({"pillow": PIL.__version__, "resize": cases, "clip": clip}, open(f"{sys.argv[1]}/images.json", "w"), indent=1)
