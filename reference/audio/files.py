"""Small sound files of several codecs, and what libsndfile decodes from them.

Run from the repository root: python reference/audio/files.py
"""
import numpy as np
import soundfile
from safetensors.numpy import save_file
from signals import mixed

folder = "test/golden/audio"
stereo = np.stack([mixed(0.3, 16000, 1), 0.5 * mixed(0.3, 16000, 2)], axis=1)
soundfile.write(f"{folder}/tone.ogg", stereo[:, 0], 16000, format="OGG", subtype="VORBIS")
soundfile.write(f"{folder}/tone.opus", mixed(0.3, 48000, 1), 48000, format="OGG", subtype="OPUS")
soundfile.write(f"{folder}/tone.mp3", stereo[:, 0], 16000, format="MP3")
soundfile.write(f"{folder}/tone.flac", stereo, 16000, format="FLAC", subtype="PCM_16")
soundfile.write(f"{folder}/tone-pcm24.wav", stereo[:800], 16000, subtype="PCM_24")
soundfile.write(f"{folder}/tone-extensible.wav", stereo[:800], 16000, format="WAVEX", subtype="PCM_16")
soundfile.write(f"{folder}/tone-float64.wav", stereo[:800], 16000, subtype="DOUBLE")
soundfile.write(f"{folder}/tone-u8.wav", stereo[:800], 16000, subtype="PCM_U8")
golden = {"source": np.ascontiguousarray(stereo[:, 0])}
for name in ("tone.ogg", "tone.opus", "tone.mp3", "tone.flac", "tone-pcm24.wav", "tone-extensible.wav", "tone-u8.wav"):
    samples, rate = soundfile.read(f"{folder}/{name}", dtype="float32", always_2d=True)
    print(name, samples.shape, rate)
    golden[name] = np.ascontiguousarray(samples.T)
save_file(golden, f"{folder}/files.safetensors")
