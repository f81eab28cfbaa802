"""How near librosa's fast Griffin-Lim comes, as the bar for src/audio/griffin-lim.ts.

Run from the repository root: python reference/audio/griffin_lim.py
Spectral convergence |S - |STFT(x)|| / |S| after 32 iterations from random phases, for the signal of
reference/audio/signals.py and centred frames (n_fft 2048, hop 160, window 1024), as in test/audio/griffin-lim.test.ts.
"""
import librosa
import numpy as np
from signals import mixed

x = mixed(0.4, 16000).astype(np.float64)
S = np.abs(librosa.stft(x, n_fft=2048, hop_length=160, win_length=1024, pad_mode="reflect"))
for seed in range(3):
    y = librosa.griffinlim(S, n_iter=32, hop_length=160, win_length=1024, n_fft=2048, length=len(x), random_state=seed, pad_mode="reflect")
    T = np.abs(librosa.stft(y, n_fft=2048, hop_length=160, win_length=1024, pad_mode="reflect"))
    print(seed, np.linalg.norm(S - T) / np.linalg.norm(S))

# Mel inversion: librosa's NNLS, relative error of the mel it gives back.
M = librosa.filters.mel(sr=16000, n_fft=2048, n_mels=256, fmin=0, fmax=8000) @ S
inverted = librosa.feature.inverse.mel_to_stft(M.astype(np.float32), sr=16000, n_fft=2048, power=1.0, fmin=0, fmax=8000)
basis = librosa.filters.mel(sr=16000, n_fft=2048, n_mels=256, fmin=0, fmax=8000)
print("nnls", np.linalg.norm(basis @ inverted - M) / np.linalg.norm(M), np.linalg.norm(inverted - S) / np.linalg.norm(S))
