"""Golden values of the encoders: python reference/encoders/golden.py test/golden/encoders models/small [EFFICIENTNET]

EFFICIENTNET is a folder with the package efficientnet_lite_pytorch 0.1.0 (pip install --no-deps --target).
"""
import sys

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file

from hashed_weights import fill, hashed_uniform

out, small = sys.argv[1:3]
sys.path.insert(0, sys.argv[3])
from efficientnet_lite_pytorch import EfficientNet  # noqa: E402

torch.set_num_threads(1)
torch.set_grad_enabled(False)


def picture(key: str, *shape: int) -> torch.Tensor:
    return torch.from_numpy((hashed_uniform(key, int(np.prod(shape))) * 2 - 1).astype(np.float32).reshape(shape))


def clip() -> None:
    golden = {}
    for activation in ("quick_gelu", "gelu"):
        text = transformers.CLIPTextConfig(
            vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
            max_position_embeddings=12, projection_dim=24, hidden_act=activation, eos_token_id=59, bos_token_id=58,
            pad_token_id=59,
        )
        ids = torch.tensor([[58, 1, 2, 3, 59, 59, 59, 59, 59, 59, 59, 59], [58, 40, 7, 7, 20, 33, 5, 6, 9, 50, 51, 59]])
        text_model = fill(transformers.CLIPTextModelWithProjection(text))
        result = text_model(input_ids=ids)
        golden[f"{activation}.text_states"] = result.last_hidden_state
        golden[f"{activation}.text_embeds"] = result.text_embeds
        image = transformers.CLIPVisionConfig(
            hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, image_size=28,
            patch_size=7, projection_dim=24, hidden_act=activation,
        )
        image_model = fill(transformers.CLIPVisionModelWithProjection(image))
        golden[f"{activation}.image_embeds"] = image_model(pixel_values=picture("picture", 2, 3, 28, 28)).image_embeds
    save_file(golden, f"{out}/clip.safetensors")


def sentences() -> None:
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=16, layer_norm_eps=1e-12, hidden_act="gelu",
    )
    tiny = fill(transformers.BertModel(config, add_pooling_layer=False))
    ids = torch.tensor([[2, 5, 6, 7, 3, 0, 0, 0], [2, 9, 9, 40, 41, 42, 43, 3]])
    mask = torch.tensor([[1, 1, 1, 1, 1, 0, 0, 0], [1] * 8])
    states = tiny(input_ids=ids, attention_mask=mask).last_hidden_state
    golden = {"tiny.states": states * mask[..., None], "tiny.embedding": pooled(states, mask)}

    # the shipped weights
    config = transformers.BertConfig(
        vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536,
        max_position_embeddings=512, layer_norm_eps=1e-12, hidden_act="gelu",
    )
    model = transformers.BertModel(config, add_pooling_layer=False)
    weights = {key: value.float() for key, value in load_file(f"{small}/text_encoder.safetensors").items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected and all("position_ids" in key or "token_type_ids" in key for key in missing), (missing, unexpected)
    tokenizer = transformers.BertTokenizerFast(vocab=f"{small}/tokenizer/vocab.txt")
    encoded = tokenizer(["dog barking", "a steam locomotive passes by"], padding="max_length", max_length=32, return_tensors="pt")
    states = model.eval()(**encoded).last_hidden_state
    golden["small.embedding"] = pooled(states, encoded["attention_mask"])
    golden["small.states"] = states[0, :4].contiguous()
    save_file(golden, f"{out}/sentences.safetensors")


def pooled(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weights = mask[..., None].float()
    return torch.nn.functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1)


def efficientnet() -> None:
    golden = {}
    lite2 = fill(EfficientNet.from_name("efficientnet-lite2", image_size=64, num_classes=10))
    image = picture("lite2", 1, 3, 64, 64)
    golden["lite2.map"] = lite2.extract_features(image)[0, :, 0, 0].contiguous()
    golden["lite2.logits"] = lite2(image)
    # the shipped weights
    weights = {key: value.float() for key, value in load_file(f"{small}/image_encoder.safetensors").items()}
    classes = weights.pop("class_embeddings.weight")
    lite0 = EfficientNet.from_name("efficientnet-lite0")
    missing, unexpected = lite0.load_state_dict(weights, strict=False)
    assert not unexpected and all("num_batches_tracked" in key for key in missing), (missing, unexpected)
    logits = lite0.eval()(picture("lite0", 1, 3, 224, 224))
    golden["lite0.logits"] = logits
    positions = lite0.extract_features(picture("lite0", 1, 3, 224, 224)).flatten(2).transpose(1, 2)  # [1, 49, 1280]
    shares = torch.softmax(lite0._fc(positions), -1)
    directions = torch.nn.functional.normalize(shares @ classes, dim=-1)
    certainty = shares.max(-1, keepdim=True).values
    golden["lite0.embedding"] = torch.nn.functional.normalize((directions * certainty).sum(1), dim=-1)
    save_file(golden, f"{out}/efficientnet.safetensors")


clip()
sentences()
efficientnet()
