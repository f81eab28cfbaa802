"""Golden values of published metrics, computed by the published programs themselves.

python reference/evaluation/published_metrics.py AV_BENCHMARK MMAUDIO test/golden/evaluation/published-metrics.json

AV_BENCHMARK and MMAUDIO are checkouts of hkchengrex/av-benchmark (050a5cd) and hkchengrex/MMAudio (974010a).
"""

import json
import pathlib
import runpy
import sys
import tempfile

import numpy as np
import soundfile
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "encoders"))
from hashed_weights import hashed_uniform  # noqa: E402

av_benchmark, mmaudio, out = sys.argv[1:]
metric = lambda name: runpy.run_path(f"{av_benchmark}/av_bench/metrics/{name}.py")


def numbers(key: str, *shape: int) -> torch.Tensor:
    return torch.from_numpy((hashed_uniform(key, int(np.prod(shape))) * 2 - 1).astype(np.float32).reshape(shape))


real, made = numbers("real logits", 23, 7) * 3, numbers("made logits", 23, 7) * 3
inception = metric("isc")["compute_isc"](made, None, rng_seed=2020, samples_shuffle=True, splits=10)
kl = metric("kl")["compute_kl"]([made], real)
sets = numbers("real vectors", 40, 6), numbers("made vectors", 33, 6) + 0.3
kid = lambda size: metric("kid")["compute_kid"](*sets, 100, size, 3, None, 1, 2020, None)

rate = 22050


def sound(index: int, times: list[float], seconds: float) -> np.ndarray:
    """Bursts of noise that die away, each quieter than the one before."""
    wave = np.zeros(int(seconds * rate))
    for place, time in enumerate(times):
        burst = (hashed_uniform(f"burst {index} {place}", 2205) * 2 - 1) * np.exp(-np.arange(2205) / 400) * 0.8 * 0.9**place
        start = int(time * rate)
        wave[start : start + 2205] += burst[: len(wave) - start]
    return wave.astype(np.float32)


cases = [
    {"reference": [1.0, 2.5, 4.0, 6.2], "made": [1.05, 2.2, 2.6, 4.1, 7.0], "seconds": 8},
    {"reference": [0.5, 0.9, 1.2, 3.0, 5.0], "made": [0.7, 1.1], "seconds": 8},
    {"reference": [1.0, 1.2, 3.0], "made": [0.8, 1.15, 1.4, 1.6, 3.2, 3.25, 5.0], "seconds": 8},
    {"reference": [2.0, 8.5], "made": [2.0, 8.5], "seconds": 10},
    {"reference": [], "made": [3.0], "seconds": 8},
]
for index, case in enumerate(cases):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "sounds").mkdir()
        soundfile.write(folder / "sounds/a_denoised.wav", sound(index, case["made"], case["seconds"]), rate, subtype="FLOAT")
        (folder / "a_times.txt").write_text("".join(f"{time} hit\n" for time in case["reference"]))
        sys.argv = ["eval_onsets.py", "--input_dir", str(folder / "sounds"), "--gt_dir", str(folder)]
        runpy.run_path(f"{mmaudio}/eval_onsets.py", run_name="__main__")
        lines = (folder / "sounds/eval_results.txt").read_text().splitlines()
        case["accuracy"], case["averagePrecision"], case["f1"] = (float(line.split(": ")[1]) for line in lines)

result = {
    "permutation": np.random.RandomState(2020).permutation(23).tolist(),
    "inception": [inception["inception_score_mean"], inception["inception_score_std"]],
    "kl": kl["kl_softmax"],
    "kid": {size: list(kid(size).values()) for size in (20, 1000)},
    "onsets": cases,
}
pathlib.Path(out).write_text(json.dumps(result, indent=1) + "\n")
