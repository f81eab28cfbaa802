"""Golden values of the published embedders: reduced networks with hashed weights, and front ends at full size.

python reference/evaluation/embedders.py test/golden/evaluation/embedders.safetensors
"""

import functools
import pathlib
import sys

import librosa
import numpy as np
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from torchvision.models import inception

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "encoders"))
import hashed_weights  # noqa: E402
from hashed_weights import hashed_uniform  # noqa: E402

torch.set_grad_enabled(False)
torch.set_num_threads(1)
golden = {}


def hashed_weight(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Twice as large as elsewhere where there is a fan-in, so that signals survive rectifiers."""
    return hashed_weights.hashed_weight(key, shape) * (2 if len(shape) > 1 else 1)


def fill(module: torch.nn.Module) -> torch.nn.Module:
    for key, value in module.state_dict().items():
        if value.is_floating_point():
            value.copy_(hashed_weight(key, tuple(value.shape)))
    return module.eval()


def signal(key: str, *shape: int) -> np.ndarray:
    return (hashed_uniform(key, int(np.prod(shape))) * 2 - 1).astype(np.float32).reshape(shape)


def inputs(key: str, *shape: int) -> torch.Tensor:
    """A loud one and a quieter one, so that what comes out depends on what goes in."""
    loudness = np.array([8, 2], np.float32)[: shape[0]].reshape(-1, *(1 for _ in shape[1:]))
    return torch.from_numpy(signal(key, *shape) * loudness)


def convolved(prefix: str, norm: str, x, channels: int, kernel, eps=1e-5, **options):
    weight = hashed_weight(f"{prefix}.weight", (channels, x.shape[1], *kernel))
    x = F.conv2d(x, weight, None, **options)
    vector = lambda name: hashed_weight(f"{norm}.{name}", (channels,))
    return F.batch_norm(x, vector("running_mean"), vector("running_var"), vector("weight"), vector("bias"), eps=eps)


def dense(prefix: str, x, width: int):
    return F.linear(x, hashed_weight(f"{prefix}.weight", (width, x.shape[-1])), hashed_weight(f"{prefix}.bias", (width,)))


def vggish():
    sound = signal("vggish sound", 16000) * 0.5
    starts = 160 * np.arange(1 + (len(sound) - 400) // 160)
    frames = sound[starts[:, None] + np.arange(400)].astype(np.float64) * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400))
    magnitudes = np.abs(np.fft.rfft(frames, 512))
    to_mel = lambda hz: 1127 * np.log(1 + hz / 700)
    at, edges = to_mel(np.linspace(0, 8000, 257))[:, None], np.linspace(to_mel(125), to_mel(7500), 66)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((at - low) / (centre - low), (high - at) / (high - centre)))
    weights[0] = 0
    golden["vggish.mel"] = torch.from_numpy(np.log(magnitudes @ weights + 0.01)[:96].astype(np.float32))
    x = inputs("vggish example", 2, 1, 96, 64)
    index = 0
    for layer in (4, "pool", 6, "pool", 8, 8, "pool", 10, 10, "pool"):
        if layer == "pool":
            x, index = F.max_pool2d(x, 2), index + 1
        else:
            shape = (layer, x.shape[1], 3, 3)
            name = f"features.{index}"
            x = F.relu(F.conv2d(x, hashed_weight(f"{name}.weight", shape), hashed_weight(f"{name}.bias", shape[:1]), padding=1))
            index += 2
    x = x.permute(0, 2, 3, 1).flatten(1)
    x = F.relu(dense("embeddings.2", F.relu(dense("embeddings.0", x, 12)), 12))
    golden["vggish.embedding"] = dense("embeddings.4", x, 7)


def cnn14():
    sound = signal("cnn14 sound", 8000) * 0.5
    power = librosa.feature.melspectrogram(
        y=sound, sr=16000, n_fft=512, hop_length=160, n_mels=64, fmin=50, fmax=8000, power=2, pad_mode="reflect"
    )
    golden["cnn14.mel"] = torch.from_numpy(librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None).T.copy())
    x = inputs("cnn14 mel", 2, 1, 70, 64).transpose(1, 3)
    vector = lambda name: hashed_weight(f"bn0.{name}", (64,))
    x = F.batch_norm(x, vector("running_mean"), vector("running_var"), vector("weight"), vector("bias")).transpose(1, 3)
    widths = (4, 6, 8, 8, 10, 12)
    for block, channels in enumerate(widths, 1):
        for layer in (1, 2):
            name = f"conv_block{block}"
            x = F.relu(convolved(f"{name}.conv{layer}", f"{name}.bn{layer}", x, channels, (3, 3), padding=1))
        if block < len(widths):
            x = F.avg_pool2d(x, 2)
    x = x.mean(3)
    embedding = F.relu(dense("fc1", x.amax(2) + x.mean(2), 12))
    golden["cnn14.embedding"], golden["cnn14.logits"] = embedding, dense("fc_audioset", embedding, 9)


def wav2clip():
    sound = torch.from_numpy(signal("wav2clip sound", 8000) * 0.5)
    spectrum = torch.stft(sound, 512, 353, window=torch.hann_window(512), center=True, pad_mode="reflect", return_complex=True)
    x = torch.log(spectrum.abs() ** 2 + 1e-7)
    golden["wav2clip.spectrogram"] = (x - x.mean()) / (x.std() + 1e-9)
    x = inputs("wav2clip spectrogram", 2, 1, 257, 30)
    x = F.relu(convolved("audio_encoder.conv1", "audio_encoder.bn1", x, 4, (7, 7), stride=2, padding=3))
    x = F.max_pool2d(x, 3, 2, 1)
    for stage, channels in enumerate((4, 6, 8, 10), 1):
        for block in (0, 1):
            p = f"audio_encoder.layer{stage}.{block}"
            stride = 2 if stage > 1 and block == 0 else 1
            hidden = F.relu(convolved(f"{p}.conv1", f"{p}.bn1", x, channels, (3, 3), stride=stride, padding=1))
            hidden = convolved(f"{p}.conv2", f"{p}.bn2", hidden, channels, (3, 3), padding=1)
            if stride != 1:
                x = convolved(f"{p}.downsample.0", f"{p}.downsample.1", x, channels, (1, 1), stride=stride)
            x = F.relu(hidden + x)
    p = "audio_transform.sequential"
    golden["wav2clip.embedding"] = dense(f"{p}.3", F.relu(dense(f"{p}.0", x.mean((2, 3)), 11)), 11)


class Narrow(inception.BasicConv2d):
    """A sixteenth of the channels."""

    def __init__(self, inputs: int, outputs: int, **options):
        super().__init__(max(1, inputs // 16), outputs // 16, **options)


def narrow_melception() -> torch.nn.Module:
    """torchvision's network with one channel, and no pooling before the first mixed block."""
    mixed = [getattr(inception, f"Inception{letter}") for letter in "ABCDE"]
    blocks = [Narrow, *(functools.partial(block, conv_block=Narrow) for block in mixed), inception.InceptionAux]
    network = inception.Inception3(num_classes=9, aux_logits=False, init_weights=False, inception_blocks=blocks)
    network.Conv2d_1a_3x3 = Narrow(1, 32, kernel_size=3, stride=2)
    network.fc = torch.nn.Linear(2048 // 16, 9)
    network.maxpool1 = network.maxpool2 = torch.nn.Identity()
    return network


def melception():
    sound = np.zeros(220500, np.float32)
    sound[:22050] = signal("melception sound", 22050) * 0.5
    magnitudes = np.abs(librosa.stft(sound, n_fft=1024, hop_length=256, pad_mode="reflect"))
    mel = librosa.filters.mel(sr=22050, n_fft=1024, fmin=125, fmax=7600, n_mels=80) @ magnitudes
    picture = np.clip((20 * np.log10(np.maximum(1e-5, mel)) - 20 + 100) / 100, 0, 1)[:, :860]
    golden["melception.picture"] = torch.from_numpy(picture[:, :100].astype(np.float32).copy())  # not standardised
    network = fill(narrow_melception())
    features = {}
    network.avgpool.register_forward_hook(lambda _module, _inputs, output: features.update(x=output.flatten(1)))
    golden["melception.logits"] = network(inputs("melception picture", 1, 1, 80, 64))
    golden["melception.embedding"] = features["x"]


def clap():
    extractor = transformers.ClapFeatureExtractor(
        frequency_min=50, frequency_max=14000, truncation="rand_trunc", padding="repeatpad", sampling_rate=48000
    )
    sound = signal("clap sound", 72000) * 0.5
    mel = extractor(sound, sampling_rate=48000, return_tensors="np")["input_features"][0, 0]
    golden["clap.mel"] = torch.from_numpy(mel[::20].astype(np.float32).copy())
    config = transformers.ClapAudioConfig(
        spec_size=64, num_mel_bins=16, window_size=4, patch_embeds_hidden_size=8, depths=[2, 2, 2],
        num_attention_heads=[2, 2, 4], hidden_size=32, projection_dim=10, num_hidden_layers=3,
    )
    network = fill(transformers.ClapAudioModelWithProjection(config))
    features = inputs("clap mel", 2, 1, 201, 16)
    golden["clap.embedding"] = network(input_features=features, is_longer=None).audio_embeds


vggish()
cnn14()
wav2clip()
melception()
clap()
for name, value in golden.items():
    print(name, tuple(value.shape), f"mean {value.mean():.4f} deviation {value.std():.4f}")
save_file({name: value.float().contiguous() for name, value in golden.items()}, sys.argv[1])
