"""Golden values and gradients of tiny vocoders, written here from the papers, and of torch's STFT.

HiFi-GAN: Kong et al. 2020 with weight normalisation, with an odd difference of kernel and rate in one stage.
Inverse STFT: Siuzdak 2023 (Vocos), "same" trimming.
Run: python reference/models/vocoders.py
"""

import torch
import torch.nn.functional as F
from torch import nn

from golden import random_like, randomise, save


class Residual(nn.Module):
    def __init__(self, channels, kernel, dilations):
        super().__init__()
        make = lambda d: nn.utils.weight_norm(nn.Conv1d(channels, channels, kernel, dilation=d, padding=d * (kernel - 1) // 2))
        self.convs1 = nn.ModuleList([make(d) for d in dilations])
        self.convs2 = nn.ModuleList([make(1) for _ in dilations])

    def forward(self, x):
        for first, second in zip(self.convs1, self.convs2):
            x = x + second(F.leaky_relu(first(F.leaky_relu(x, 0.1)), 0.1))
        return x


class HifiGan(nn.Module):
    def __init__(self, bands, channels, rates, kernels, residual_kernels, dilations):
        super().__init__()
        self.branches = len(residual_kernels)
        self.conv_pre = nn.utils.weight_norm(nn.Conv1d(bands, channels, 7, padding=3))
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        for stage, (rate, kernel) in enumerate(zip(rates, kernels)):
            width, odd = channels // 2 ** (stage + 1), (kernel - rate) % 2
            self.ups.append(
                nn.utils.weight_norm(
                    nn.ConvTranspose1d(
                        2 * width, width, kernel, rate, padding=(kernel - rate) // 2 + odd, output_padding=odd
                    )
                )
            )
            self.resblocks.extend(Residual(width, k, d) for k, d in zip(residual_kernels, dilations))
        self.conv_post = nn.utils.weight_norm(nn.Conv1d(width, 1, 7, padding=3))

    def forward(self, mel):
        x = self.conv_pre(mel)
        for stage, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, 0.1))
            blocks = self.resblocks[stage * self.branches : (stage + 1) * self.branches]
            x = sum(block(x) for block in blocks) / self.branches
        return torch.tanh(self.conv_post(F.leaky_relu(x)))[:, 0]


class ConvNext(nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.dwconv = nn.Conv1d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1, self.pwconv2 = nn.Linear(channels, hidden), nn.Linear(hidden, channels)
        self.gamma = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        hidden = self.norm(self.dwconv(x).transpose(1, 2))
        return x + (self.gamma * self.pwconv2(F.gelu(self.pwconv1(hidden)))).transpose(1, 2)


class InverseStft(nn.Module):
    def __init__(self, bands, channels, hidden, blocks, fft_size, hop):
        super().__init__()
        self.fft_size, self.hop = fft_size, hop
        self.backbone = nn.Module()
        self.backbone.embed = nn.Conv1d(bands, channels, 7, padding=3)
        self.backbone.norm = nn.LayerNorm(channels, eps=1e-6)
        self.backbone.convnext = nn.ModuleList([ConvNext(channels, hidden) for _ in range(blocks)])
        self.backbone.final_layer_norm = nn.LayerNorm(channels, eps=1e-6)
        self.head = nn.Module()
        self.head.out = nn.Linear(channels, fft_size + 2)

    def forward(self, mel):
        x = self.backbone.embed(mel)
        x = self.backbone.norm(x.transpose(1, 2)).transpose(1, 2)
        for block in self.backbone.convnext:
            x = block(x)
        x = self.head.out(self.backbone.final_layer_norm(x.transpose(1, 2))).transpose(1, 2)
        log_magnitude, phase = x.chunk(2, dim=1)
        spectrum = torch.clip(log_magnitude.exp(), max=1e2) * torch.exp(1j * phase)
        window = torch.hann_window(self.fft_size)
        frames = torch.fft.irfft(spectrum, self.fft_size, dim=1) * window[:, None]
        length = (frames.shape[2] - 1) * self.hop + self.fft_size
        overlap_add = lambda f: F.fold(f, (1, length), (1, self.fft_size), stride=(1, self.hop))[:, 0, 0]
        envelope = overlap_add((window**2)[None, :, None].expand(1, -1, frames.shape[2]))
        cut = (self.fft_size - self.hop) // 2
        return overlap_add(frames)[:, cut : length - cut] / envelope[:, cut : length - cut]  # the envelope is 0 at the ends


def with_gradients(name, model, mel):
    mel.requires_grad_()
    wave = model(mel)
    cotangent = random_like(wave.shape, 99)
    (wave * cotangent).sum().backward()
    gradients = {k: p.grad for k, p in model.named_parameters()} if name != "hifi-gan" else {}
    save(name, model.state_dict(), {"mel": mel, "cotangent": cotangent}, {"wave": wave}, gradients | {"in:mel": mel.grad})


def stft():
    signal = random_like((2, 400), 80)
    window = torch.hann_window(48)
    magnitude = torch.stft(signal, 64, 20, 48, window, center=False, return_complex=True)
    save("stft", {}, {"signal": signal}, {"magnitude": (magnitude.abs() ** 2 + 1e-9).sqrt()})


if __name__ == "__main__":
    hifi_gan = HifiGan(6, 16, (5, 2), (11, 5), (3, 5), ((1, 3), (1, 2)))
    with_gradients("hifi-gan", randomise(hifi_gan, 70), random_like((2, 6, 9), 71))
    with_gradients("inverse-stft-vocoder", randomise(InverseStft(6, 8, 12, 2, 32, 6), 72), random_like((2, 6, 11), 73))
    stft()
