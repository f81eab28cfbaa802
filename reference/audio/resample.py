"""Golden values of src/audio/resample.ts: the same filter, run by scipy.signal.upfirdn.

Run from the repository root: python reference/audio/resample.py
The script also prints how far scipy.signal.resample_poly with its own filter is on a signal both filters pass.
"""
from math import gcd

import numpy as np
from safetensors.numpy import save_file
from scipy.signal import resample_poly, upfirdn
from scipy.special import i0
from signals import mixed

CUTOFF, HALF_WIDTH, BETA = 0.95, 64, 9.6


def resample(x, rate_in, rate_out):
    g = gcd(rate_in, rate_out)
    up, down = rate_out // g, rate_in // g
    stretch = max(1, down / up)
    half = HALF_WIDTH * stretch
    reach = int(np.ceil(half))
    grid = np.arange(-reach * up, reach * up + 1)
    t = grid / up
    h = np.sinc(CUTOFF / stretch * t) * np.where(np.abs(t) < half, i0(BETA * np.sqrt(np.clip(1 - (t / half) ** 2, 0, None))), 0)
    for phase in range(up):
        h[(grid % up) == phase] /= h[(grid % up) == phase].sum()
    centre = reach * up
    lead = -centre % down
    y = upfirdn(np.concatenate([np.zeros(lead), h]), x.astype(np.float64), up, down)
    start = (centre + lead) // down
    length = -(-len(x) * up // down)
    return y[start : start + length]


golden = {}
for rate_in, rate_out in ((44100, 16000), (16000, 44100), (22050, 16000), (48000, 16000), (16000, 48000)):
    x = mixed(0.06, rate_in, rate_in)
    y = resample(x, rate_in, rate_out)
    golden[f"in-{rate_in}-{rate_out}"] = x
    golden[f"out-{rate_in}-{rate_out}"] = y.astype(np.float32)
    t = np.arange(rate_in) / rate_in
    tone = np.sin(2 * np.pi * 0.2 * min(rate_in, rate_out) * t)
    g = gcd(rate_in, rate_out)
    ours, scipys = resample(tone, rate_in, rate_out), resample_poly(tone, rate_out // g, rate_in // g)
    n = len(ours) // 4
    print(rate_in, rate_out, len(y), "against scipy's own filter:", np.abs(ours - scipys)[n:-n].max())
save_file(golden, "test/golden/audio/resample.safetensors")
