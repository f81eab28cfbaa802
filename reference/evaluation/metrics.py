"""Golden values of the evaluation metrics from NumPy, SciPy, scikit-learn, librosa and torch.

python reference/evaluation/metrics.py test/golden/evaluation/metrics.json

The test signals are formulas that the tests repeat, so that no sound has to be stored.
"""

import json
import sys
import warnings

import librosa
import numpy as np
import scipy
import sklearn
import torch
from scipy.linalg import sqrtm
from scipy.special import log_softmax
from sklearn.metrics import average_precision_score, confusion_matrix, top_k_accuracy_score

random = np.random.default_rng(7)


def listed(values):
    return np.asarray(values, dtype=np.float64).round(12).tolist()


def lcg_noise(count, seed):
    """Uniform -1..1 from a 32-bit linear congruential generator; easy to repeat anywhere."""
    state, values = seed, np.empty(count)
    for index in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        values[index] = state / 2**31 - 1
    return values


def clicks(rate, seconds, times, seed):
    """Decaying noise bursts over a faint bed."""
    t = np.arange(int(rate * seconds)) / rate
    noise = lcg_noise(len(t), seed)
    wave = 0.002 * noise
    for index, time in enumerate(times):
        on = t >= time
        wave += on * noise * (0.9 - 0.1 * index) * np.exp(-np.where(on, t - time, 0) * 30)
    return wave.astype(np.float32)


# Fréchet distance
def frechet_distance(a, b):
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    if min(len(a), len(b)) > a.shape[1]:
        root = np.trace(sqrtm(cov_a @ cov_b)).real
    else:  # singular: sqrtm is unreliable, the eigenvalues of the product are not
        root = np.sqrt(np.clip(np.linalg.eigvals(cov_a @ cov_b).real, 0, None)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * root)


frechet = []
for count_a, count_b, width in [(40, 50, 6), (300, 200, 24), (10, 12, 16)]:
    a = lcg_noise(count_a * width, 1).reshape(count_a, width).cumsum(1)
    b = lcg_noise(count_b * width, 2).reshape(count_b, width).cumsum(1) * 1.3 + 0.2
    frechet.append({"counts": [count_a, count_b], "width": width, "distance": frechet_distance(a, b)})

symmetric = random.normal(size=(9, 9)).round(6)
symmetric = (symmetric + symmetric.T) / 2
eigen = {"matrix": listed(symmetric.ravel()), "values": listed(np.linalg.eigvalsh(symmetric))}

# Classifier metrics
real, fake = random.normal(size=(20, 7)).round(5) * 3, random.normal(size=(20, 7)).round(5) * 3
truth = random.integers(0, 7, size=20)
log_real, log_fake = log_softmax(real, 1), log_softmax(fake, 1)
p_real, p_fake = np.exp(log_real), np.exp(log_fake)


def inception(logits, splits):
    scores = []
    for part in [logits[len(logits) * i // splits : len(logits) * (i + 1) // splits] for i in range(splits)]:
        p = np.exp(log_softmax(part, 1))
        scores.append(np.exp((p * (np.log(p) - np.log(p.mean(0)))).sum(1).mean()))
    return [float(np.mean(scores)), float(np.std(scores))]


classes = {
    "real": listed(real), "fake": listed(fake), "truth": truth.tolist(),
    "kl": float((p_real * (log_real - log_fake)).sum(1).mean()),
    "klEpsilon": float((p_real * (log_real - np.log(p_fake + 1e-6))).sum(1).mean()),
    "inception1": inception(fake, 1), "inception4": inception(fake, 4),
    "top1": top_k_accuracy_score(truth, fake, k=1, labels=range(7)),
    "top3": top_k_accuracy_score(truth, fake, k=3, labels=range(7)),
    "confusion": confusion_matrix(truth, fake.argmax(1), labels=range(7)).tolist(),
}

# Statistics
sample_a, sample_b = (random.normal(size=11) + 0.6).round(4), random.normal(size=11).round(4)
permutation = scipy.stats.permutation_test(
    (sample_a, sample_b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
)
bootstrap = scipy.stats.bootstrap(
    (sample_a,), np.mean, confidence_level=0.9, n_resamples=200000, method="percentile", random_state=3
).confidence_interval
statistics = {
    "a": listed(sample_a), "b": listed(sample_b), "pValue": float(permutation.pvalue),
    "meanInterval": [float(bootstrap.low), float(bootstrap.high)],
    "quantiles": listed(np.quantile(sample_a, [0, 0.1, 0.5, 0.77, 1])),
    "correlation": float(np.corrcoef(sample_a, sample_b)[0, 1]),
}

# Onsets
onsets = []
for rate, delta, times, seed in [
    (22050, 0.3, [0.2, 0.55, 1.1, 1.5], 1), (22050, 0.07, [0.2, 0.55, 1.1, 1.5], 1), (16000, 0.07, [0.3, 0.38, 1.2], 5),
]:
    wave = clicks(rate, 2, times, seed)
    found = librosa.onset.onset_detect(y=wave, sr=rate, units="samples", delta=delta)
    onsets.append({"rate": rate, "delta": delta, "times": times, "seed": seed, "onsets": found.tolist()})

# CondFoleyGen's onset score: our own reading of its rules, scored with scikit-learn
rate, half = 22050, int(0.05 * 22050)


def cond_foley_gen(reference, found, wave, delta):
    level = np.abs(wave.astype(np.float64))
    level = (level - level.min()) / (level.max() - level.min())

    def confidence(onset):
        return level[max(0, onset - half) : onset + half].max()

    left, kept = list(found), []
    for index in np.argsort([confidence(o) for o in found], kind="stable")[::-1]:
        onset = found[index]
        if onset in left:
            kept.append(onset)
            left.remove(onset)
            for other in left:  # the list shrinks under the loop, on purpose
                if abs(other - onset) < 0.05 * rate:
                    left.remove(other)
    free, truth, score, hits = sorted(kept), [], [], 0
    for onset in reference:
        near = [o for o in free if abs(o - onset) < delta * rate]
        truth.append(1)
        if not near:
            score.append(0.0)
            continue
        best = near[int(np.argsort([level[o] for o in near])[-1])]
        hits += 1
        score.append(confidence(best))
        free.remove(best)
        if not free:
            break
    truth += [0] * len(free)
    score += [confidence(o) for o in free]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        precision = average_precision_score(truth, score)
    return {"accuracy": hits / len(reference) if reference else 0.0, "precision": float(precision)}


wave = clicks(rate, 2, [0.2, 0.55, 1.1, 1.5], 1)
cond = []
for reference, found in [
    ([4410, 12000, 24000, 33000], [4608, 12288, 24064, 33280]),
    ([4410, 12000, 24000, 33000], [4608, 5120, 5632, 24064, 30000, 40000]),
    ([4410, 4900, 12000, 20000, 24000], [4608, 12288]),
    ([4410, 12000], []),
    ([], [4608, 12288]),
    ([2000, 4410, 33000], [512, 1024, 4608, 33280, 33792, 34304]),
]:
    for delta in [0.1, 0.3]:
        cond.append({"reference": reference, "found": found, "delta": delta, **cond_foley_gen(reference, found, wave, delta)})

ties = {"truth": [1, 0, 1, 1, 0, 1, 0], "score": [0.9, 0.9, 0.8, 0.3, 0.3, 0.3, 0.1]}
ties["precision"] = float(average_precision_score(ties["truth"], ties["score"]))

# Spectral distances
x = clicks(16000, 1, [0.1, 0.5], 3)
y = clicks(16000, 1, [0.1, 0.52], 4)
convergence, magnitude = [], []
for size, hop, window in [(1024, 120, 600), (2048, 240, 1200), (512, 50, 240)]:
    def spectrum(wave):
        s = torch.stft(torch.from_numpy(wave).double(), size, hop, window, torch.hann_window(window).double(), return_complex=True)
        return s.abs().square().clamp(min=1e-7).sqrt()
    sx, sy = spectrum(x), spectrum(y)
    convergence.append((torch.norm(sy - sx) / torch.norm(sy)).item())
    magnitude.append((sy.log() - sx.log()).abs().mean().item())


def power(wave):
    return np.maximum(np.abs(librosa.stft(wave.astype(np.float64), n_fft=2048, hop_length=512, pad_mode="reflect")) ** 2, 1e-8)


difference = 10 * np.log10(power(x) / power(y))
spectral = {
    "convergence": float(np.mean(convergence)), "magnitude": float(np.mean(magnitude)),
    "logSpectral": float(np.sqrt((difference**2).mean(0)).mean()),
}

with open(sys.argv[1], "w") as file:
    json.dump({
        "versions": {"scipy": scipy.__version__, "sklearn": sklearn.__version__, "librosa": librosa.__version__},
        "frechet": frechet, "eigen": eigen, "classes": classes, "statistics": statistics, "onsets": onsets,
        "condFoleyGen": cond, "ties": ties, "spectral": spectral,
    }, file)
