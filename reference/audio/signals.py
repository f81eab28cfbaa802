"""Deterministic test signals shared by the golden scripts of reference/audio."""
import numpy as np


def mixed(seconds, rate, seed=7):
    """A chirp, decaying clicks, a noise burst, and true silence at the end; float32 within -0.95..0.95."""
    t = np.arange(round(seconds * rate)) / rate
    random = np.random.default_rng(seed)
    x = 0.4 * np.sin(2 * np.pi * (80 * t + (rate * 0.4 - 80) / (2 * seconds) * t**2))
    for start in (0.15, 0.4, 0.62):
        s = seconds * start
        x += np.where(t >= s, np.exp(-(t - s) * 40 / seconds) * np.sin(2 * np.pi * 900 * (t - s)), 0) * 0.5
    x += np.where((t > 0.5 * seconds) & (t < 0.6 * seconds), random.normal(0, 0.1, t.size), 0)
    x[t > 0.85 * seconds] = 0
    return (0.95 * x / np.abs(x).max()).astype(np.float32)
