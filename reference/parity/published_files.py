"""Writes the networks in the forms in which they are published."""

import json
import os

import torch
from safetensors.torch import save_file


def state_of(module, dtype=torch.float32):
    return {key: value.to(dtype) if value.is_floating_point() else value for key, value in module.state_dict().items()}


def with_tower_prefix(state, prefix):
    """Released transformers name a tower's weights under `text_model.`/`vision_model.`; the newest may leave it out."""
    outside = ("text_projection.", "visual_projection.", prefix + ".")
    return {key if key.startswith(outside) else f"{prefix}.{key}": value for key, value in state.items()}


def with_position_ids(state, prefix, count):
    return state | {f"{prefix}.embeddings.position_ids": torch.arange(count)[None]}


def with_old_attention_names(state):
    """diffusers before 0.17 called the autoencoder's attention query, key, value, proj_attn."""
    names = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
    renamed = {}
    for key, value in state.items():
        for new, old in names.items():
            if ".attentions." in key:
                key = key.replace(new, old)
        renamed[key] = value
    return renamed


def write_safetensors(path, state):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    save_file({key: value.contiguous() for key, value in state.items()}, path, {"format": "pt"})
    print(path, os.path.getsize(path), "bytes")


def write_torch(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    torch.save(value, path)
    print(path, os.path.getsize(path), "bytes")


def write_json(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(value, file, indent=2)


def with_optimiser(state):
    """A training checkpoint: wrapped weights under `module.`, and Adam's two moments of each weight beside them."""
    moments = {
        i: {"step": torch.tensor(1000.0), "exp_avg": value * 1e-3, "exp_avg_sq": value * value * 1e-6}
        for i, value in enumerate(state.values())
    }
    groups = [{"lr": 5e-5, "betas": (0.9, 0.999), "params": list(range(len(state)))}]
    return {
        "epoch": 7,
        "global_step": 500000,
        "state_dict": {f"module.{key}": value for key, value in state.items()},
        "optimizer": {"state": moments, "param_groups": groups},
    }


SCHEDULER = {
    "_class_name": "PNDMScheduler",
    "_diffusers_version": "0.18.2",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "trained_betas": None,
}

def pictures_json(side):
    return {
        "crop_size": {"height": side, "width": side},
        "do_center_crop": True,
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor",
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "CLIPImageProcessor",
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "resample": 3,
        "rescale_factor": 0.00392156862745098,
        "size": {"shortest_edge": side},
    }


def vocoder_json(sizes):
    return {
        "resblock": "1",
        "num_gpus": 0,
        "batch_size": 16,
        "learning_rate": 0.0002,
        "adam_b1": 0.8,
        "adam_b2": 0.99,
        "lr_decay": 0.999,
        "seed": 1234,
        **sizes,
        "segment_size": 5120,
        "n_fft": 2048,
        "hop_size": 160,
        "win_size": 1024,
        "sampling_rate": 16000,
        "fmin": 0,
        "fmax": None,
        "num_workers": 4,
    }


def write_tokenizer(folder, bpe_path=None):
    """CLIP's tokenizer files: the real ones of `bpe_path` (OpenAI's list of merges, gzipped), or a tiny real one."""
    if bpe_path is None:
        from tiny_vocabulary import merges, symbols
    else:
        import gzip

        symbols = visible_bytes()
        lines = gzip.open(bpe_path).read().decode().split("\n")
        merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    pieces = [*symbols, *(symbol + "</w>" for symbol in symbols), *(a + b for a, b in merges)]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    write_json(f"{folder}/vocab.json", {piece: i for i, piece in enumerate(pieces)})
    with open(f"{folder}/merges.txt", "w") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    begin, end = "<|startoftext|>", "<|endoftext|>"
    write_json(
        f"{folder}/special_tokens_map.json",
        {"bos_token": begin, "eos_token": end, "pad_token": end, "unk_token": end},
    )
    write_json(
        f"{folder}/tokenizer_config.json",
        {
            "add_prefix_space": False,
            "bos_token": begin,
            "do_lower_case": True,
            "eos_token": end,
            "errors": "replace",
            "model_max_length": 77,
            "pad_token": end,
            "tokenizer_class": "CLIPTokenizer",
            "unk_token": end,
        },
    )
    return len(pieces)


def visible_bytes():
    """The printable characters that stand for the 256 bytes, in the order of CLIP's vocabulary."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return [chr(byte) for byte in visible] + [chr(256 + i) for i in range(len(hidden))]
