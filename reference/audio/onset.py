"""Golden values of src/audio/onset-strength.ts: librosa's defaults at 22,050 Hz and 16,000 Hz.

Run from the repository root: python reference/audio/onset.py
"""
import json

import librosa
import numpy as np
from safetensors.numpy import save_file

random = np.random.default_rng(3)
golden = {}
found = {}
for rate in (22050, 16000):
    t = np.arange(2 * rate) / rate
    x = 0.003 * random.normal(size=t.size)
    for start, hz, level in ((0.0, 300, 0.2), (0.31, 500, 0.5), (0.5, 1200, 0.1), (1.02, 220, 0.4), (1.08, 2000, 0.3), (1.7, 700, 0.05)):
        x += np.where(t >= start, level * np.exp(-18 * (t - start)) * np.sin(2 * np.pi * hz * (t - start)), 0)
    x = np.round(x * 32767).astype(np.int16)
    y = x.astype(np.float32) / 32768
    golden[f"samples-{rate}"] = y
    golden[f"strength-{rate}"] = librosa.onset.onset_strength(y=y, sr=rate).astype(np.float32)
    for delta in (0.07, 0.3):
        found[f"{rate}-{delta}"] = librosa.onset.onset_detect(y=y, sr=rate, delta=delta, units="time").tolist()
print(found)
save_file(golden, "test/golden/audio/onset.safetensors")
json.dump(found, open("test/golden/audio/onset.json", "w"))
