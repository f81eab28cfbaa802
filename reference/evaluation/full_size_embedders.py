"""Published embedders at full size with seeded random weights, by the published programs, saved as they are published.

python reference/evaluation/full_size_embedders.py CHECKOUTS OUT [NAME...]

CHECKOUTS holds av-benchmark (050a5cd), torchvggish (f3f9096), lyrebird-wav2clip (1864b39), SpecVQGAN (33c601d), and
torchlibrosa 0.1.0 (pip install --no-deps --target CHECKOUTS/packages). OUT gets 1.9 GB; `npx tsx
scripts/parity/embedders.ts OUT` converts the files, embeds the same sounds and compares.
"""

import json
import pathlib
import sys
import types
from unittest import mock

import numpy as np
import torch
import transformers
from safetensors.torch import save_file

checkouts, out, *chosen = sys.argv[1:]
checkouts, out = pathlib.Path(checkouts), pathlib.Path(out)
out.mkdir(parents=True, exist_ok=True)
for folder in ("packages", "av-benchmark", "torchvggish", "lyrebird-wav2clip", "SpecVQGAN"):
    sys.path.insert(0, str(checkouts / folder))
torch.set_grad_enabled(False)
torch.set_num_threads(1)
# imported there and not needed here
for name in ("resampy", "torchaudio", "albumentations"):
    sys.modules[name] = types.ModuleType(name)


class Spectrogram(torch.nn.Module):
    """torchaudio.transforms.Spectrogram with its defaults: power, centred, mirrored, Hann."""

    def __init__(self, n_fft: int, hop_length: int):
        super().__init__()
        self.n_fft, self.hop_length = n_fft, hop_length
        self.register_buffer("window", torch.hann_window(n_fft))

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        spectrum = torch.stft(flat, self.n_fft, self.hop_length, window=self.window, return_complex=True)
        return spectrum.abs().pow(2).reshape(*x.shape[:-1], *spectrum.shape[-2:])


sys.modules["torchaudio"].transforms = types.SimpleNamespace(Spectrogram=Spectrogram)


def randomise(module: torch.nn.Module, seed: int, keep=()) -> torch.nn.Module:
    """Weights that keep the level through rectifiers, and statistics that are not trivial."""
    generator = torch.Generator().manual_seed(seed)
    for key, value in module.state_dict().items():
        if not value.is_floating_point() or key.startswith(keep):
            continue
        if key.endswith("running_var") or (value.ndim == 1 and key.endswith("weight")):
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
        elif value.ndim <= 1:
            value.copy_(torch.randn(value.shape, generator=generator) * 0.1)
        else:
            value.copy_(torch.randn(value.shape, generator=generator) * np.sqrt(2 / value[0].numel()))
    return module.eval()


def sounds(rate: int, *seconds: float) -> list[np.ndarray]:
    """A chirp under noise, and tones that begin one after the other."""
    result = []
    for index, duration in enumerate(seconds):
        generator = np.random.default_rng(index)
        t = np.arange(int(duration * rate)) / rate
        wave = 0.3 * np.sin(2 * np.pi * (200 + 150 * t * (index + 1)) * t) + 0.02 * generator.standard_normal(len(t))
        wave += 0.2 * np.sin(2 * np.pi * 1500 * (index + 1) * t) * (t > 0.4 * duration)
        result.append(wave.astype(np.float32))
    return result


def record(name: str, inputs: list[np.ndarray], outputs: list[dict[str, torch.Tensor]]) -> None:
    tensors = {}
    for index, (sound, output) in enumerate(zip(inputs, outputs)):
        tensors[f"sound.{index}"] = torch.from_numpy(sound)
        for key, value in output.items():
            tensors[f"{key}.{index}"] = value.float().contiguous().clone()
    save_file(tensors, out / f"{name}.recorded.safetensors")
    print(name, {key: list(value.shape) for key, value in tensors.items()}, flush=True)


def vggish():
    from av_bench.vggish.mel_features import waveform_to_examples
    from torchvggish import vggish as published

    network = randomise(published.VGG(published.make_layers()), 1)
    torch.save(network.state_dict(), out / "vggish.pth", _use_new_zipfile_serialization=False)
    network.embeddings = network.embeddings[:-1]  # as audioldm_eval and av-benchmark do
    inputs = sounds(16000, 2.2, 1.0)
    run = lambda sound: network(waveform_to_examples(sound, 16000)).flatten()
    record("vggish", inputs, [{"embedding": run(sound)} for sound in inputs])


def cnn14():
    from av_bench.panns import models

    with mock.patch("os.system"), mock.patch("torch.load", return_value={"model": {}}):
        with mock.patch.object(models.Cnn14, "load_state_dict"):
            network = models.Cnn14(["2048", "logits"], 16000, 512, 160, 64, 50, 8000, 527)
    randomise(network, 2, keep=("spectrogram_extractor", "logmel_extractor"))
    checkpoint = {"iteration": 7, "model": network.state_dict(), "sampler": {"indexes": np.arange(9), "pointer": 3}}
    torch.save(checkpoint, out / "cnn14.pth", _use_new_zipfile_serialization=False)
    inputs = sounds(16000, 4.0, 1.5)
    run = lambda sound: network(torch.from_numpy(sound)[None])
    record("cnn14", inputs, [{"embedding": run(s)["2048"][0], "logits": run(s)["logits"][0]} for s in inputs])


def wav2clip():
    from wav2clip.model.encoder import MLPLayers, ResNetExtractor

    model = ResNetExtractor(scenario="supervise")
    model.transform = MLPLayers()
    randomise(model, 3, keep=("encoder.spectrogram",))
    prefixes = {"encoder.": "audio_encoder.", "transform.": "audio_transform."}
    state = {prefixes[key.split(".")[0] + "."] + key.split(".", 1)[1]: value for key, value in model.state_dict().items()}
    state |= {f"image_transform.{key}": value for key, value in MLPLayers().state_dict().items()}
    torch.save(state, out / "wav2clip.pt")
    inputs = sounds(16000, 3.0, 1.0)
    record("wav2clip", inputs, [{"embedding": model(torch.from_numpy(sound)[None])[0]} for sound in inputs])


def melception():
    import librosa
    from evaluation.feature_extractors.melception import Melception
    from feature_extraction.extract_mel_spectrogram import TRANSFORMS
    from specvqgan.modules.losses.vggishish.transforms import StandardNormalizeAudio

    with mock.patch("torch.load", return_value={"model": None}), mock.patch.object(Melception, "load_state_dict"):
        network = Melception(309, ["logits_unbiased", "2048", "logits"], "")
    randomise(network, 4)
    checkpoint = {"loss": 1.5, "metrics": {"mAP": np.float64(0.1)}, "epoch": 3, "model": network.state_dict()}
    checkpoint["optimizer"] = {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 1e-4}]}
    torch.save(checkpoint, out / "melception.pt")
    standardise = StandardNormalizeAudio(
        "melspec_10s_22050hz", cache_path=str(checkouts / "SpecVQGAN/specvqgan/modules/losses/vggishish/data")
    )
    mirrored = lambda *args, original=librosa.stft, **options: original(*args, pad_mode="reflect", **options)  # librosa 0.8
    inputs, outputs = sounds(22050, 10.0, 4.0), []
    for sound in inputs:
        padded = np.zeros(220500)
        padded[: len(sound)] = sound
        with mock.patch("librosa.stft", mirrored):
            picture = standardise({"image": TRANSFORMS(padded)})["image"]
        unbiased, features, logits = network(torch.from_numpy(picture).float()[None])
        outputs.append({"embedding": features[0], "logits": logits[0], "unbiased": unbiased[0]})
    record("melception", inputs, outputs)


def clap():
    # text tower of one layer: it only stands in the file
    text = dict(vocab_size=100, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    model = randomise(transformers.ClapModel(transformers.ClapConfig(text_config=text)), 5)
    torch.save(model.state_dict(), out / "clap.bin")
    extractor = transformers.ClapFeatureExtractor(
        frequency_min=50, frequency_max=14000, truncation="rand_trunc", padding="repeatpad", sampling_rate=48000
    )
    inputs = sounds(48000, 10.0, 3.0)
    outputs = []
    for sound in inputs:
        features = extractor(sound, sampling_rate=48000, return_tensors="pt")
        embedding = model.get_audio_features(input_features=features["input_features"].float())
        outputs.append({"embedding": getattr(embedding, "pooler_output", embedding)[0]})
    record("clap", inputs, outputs)


def clip():
    text = dict(hidden_size=512, num_attention_heads=8, intermediate_size=2048, num_hidden_layers=1)
    config = transformers.CLIPConfig(text_config=text, vision_config=dict(patch_size=32), projection_dim=512)
    torch.manual_seed(6)
    model = transformers.CLIPModel(config).eval()
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, out / "clip.safetensors")
    generator = np.random.default_rng(0)
    ramp = np.linspace(0, 255, 320)[None, :, None] * np.array([1, 0.5, 0.2])
    picture = np.clip(ramp + generator.normal(0, 30, (240, 320, 3)), 0, 255).astype(np.uint8)
    pixels = transformers.CLIPImageProcessorPil()(picture, return_tensors="pt")["pixel_values"]
    embedding = model.visual_projection(model.vision_model(pixels).pooler_output)[0]
    save_file({"picture": torch.from_numpy(picture), "embedding": embedding.clone()}, out / "clip.recorded.safetensors")
    print("clip", json.dumps(list(embedding.shape)))


for part in (vggish, cnn14, wav2clip, melception, clap, clip):
    if not chosen or part.__name__ in chosen:
        part()
