"""Golden values of src/audio/{loudness,true-peak}.ts.

Run from the repository root: python reference/audio/loudness.py
pyloudnorm's "DeMan" filters are the ones that follow the standard; its default ones do not quite. The signals are made
by formula, here and in test/audio/loudness.test.ts, so that only numbers are kept.
"""
import json

import numpy as np
import pyloudnorm
from scipy.signal import resample_poly


def signal(seconds, rate, channels):
    """Sines whose level steps between loud, quiet and nearly silent; nothing random."""
    t = np.arange(round(seconds * rate)) / rate
    level = np.where(t < seconds * 0.4, 0.5, np.where(t < seconds * 0.7, 0.05, 0.0002))
    columns = [level * np.sin(2 * np.pi * (110 * 3**c) * t) + 0.2 * level * np.sin(2 * np.pi * 2500 * t) for c in range(channels)]
    return np.stack(columns, axis=1).astype(np.float32).astype(np.float64)


cases = []
for seconds, rate, channels in ((3, 16000, 1), (5, 48000, 2), (4.2, 44100, 2), (2, 22050, 1), (6, 8000, 5)):
    x = signal(seconds, rate, channels)
    meter = pyloudnorm.Meter(rate, filter_class="DeMan")
    peak = max(np.abs(resample_poly(x[:, c], 64, 1)).max() for c in range(channels))
    lufs = meter.integrated_loudness(x.copy())
    cases.append({"seconds": seconds, "rate": rate, "channels": channels, "integratedLufs": lufs,
                  "momentaryLufs": [float(v) for v in meter.blockwise_loudness], "truePeak64": float(peak)})
    print(seconds, rate, channels, lufs, len(meter.blockwise_loudness), peak, np.abs(x).max())
json.dump(cases, open("test/golden/audio/loudness.json", "w"))
