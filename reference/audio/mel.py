"""Golden values of src/audio/{fft,stft,mel-filterbank,mel-spectrogram}.ts.

Run from the repository root: python reference/audio/mel.py
The mel is Auffusion's converter.py (mel_spectrogram) in float64 with librosa's own filters; the script prints how far the
float32 original lies from it, which is the reason for the tolerance in test/audio/mel-spectrogram.test.ts.
"""
import librosa
import numpy as np
import torch
from safetensors.numpy import save_file
from signals import mixed


def auffusion_mel(x, dtype):
    basis = torch.from_numpy(librosa.filters.mel(sr=16000, n_fft=2048, n_mels=256, fmin=0, fmax=8000)).to(dtype)
    y = torch.from_numpy(x).to(dtype)[None]
    y = torch.nn.functional.pad(y[:, None], (944, 944), mode="reflect")[:, 0]
    spec = torch.stft(y, 2048, hop_length=160, win_length=1024, window=torch.hann_window(1024, dtype=dtype),
                      center=False, normalized=False, onesided=True, return_complex=True)
    magnitude = torch.sqrt(spec.real**2 + spec.imag**2 + 1e-9)
    return torch.log(torch.clamp(basis @ magnitude, min=1e-5))[0].numpy()


x = mixed(0.4, 16000)
mel = auffusion_mel(x, torch.float64)
single = auffusion_mel(x, torch.float32)
print("float32 original against float64:", np.abs(mel - single).max(), mel.shape, mel.min(), mel.max())

centred = torch.stft(torch.from_numpy(x[:3000].astype(np.float64)), 512, hop_length=128, win_length=400,
                     window=torch.hann_window(400, dtype=torch.float64), center=True, pad_mode="reflect", return_complex=True)
save_file(
    {
        "samples": x,
        "mel": mel.astype(np.float32),
        "filters": librosa.filters.mel(sr=22050, n_fft=1024, n_mels=80, fmin=125, fmax=7600).astype(np.float32),
        "stft_real": centred.real.T.contiguous().numpy().astype(np.float32),
        "stft_imaginary": centred.imag.T.contiguous().numpy().astype(np.float32),
    },
    "test/golden/audio/mel.safetensors",
)
