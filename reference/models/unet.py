"""Golden values of a tiny UNet with text, frames (IP-Adapter files loaded by diffusers itself) and a ControlNet.

Run: python reference/models/unet.py
"""

import torch
from diffusers import ControlNetModel, UNet2DConditionModel

from golden import random_like, randomise, save

sizes = dict(
    in_channels=4,
    block_out_channels=(8, 12, 16),
    layers_per_block=1,
    attention_head_dim=2,  # diffusers means two heads
    norm_num_groups=4,
    cross_attention_dim=6,
)
down = ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D")
up = ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D")
embedding_dim, tokens_per_frame, frames = 5, 4, 3


def adapter_weights(unet, seed):
    """An adapter file with the published names; sites are numbered as diffusers registers attention processors."""
    weights, width = {}, sizes["cross_attention_dim"]
    names = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
    for i, name in enumerate(names):
        hidden = unet.get_submodule(name.removesuffix(".processor")).to_q.out_features
        for j, part in enumerate(("to_k_ip", "to_v_ip")):
            weights[f"{2 * i + 1}.{part}.weight"] = random_like((hidden, width), seed + 10 * i + j) * width**-0.5
    projection = {
        "proj.weight": random_like((tokens_per_frame * width, embedding_dim), seed + 1001) * embedding_dim**-0.5,
        "proj.bias": random_like((tokens_per_frame * width,), seed + 1002) * 0.1,
        "norm.weight": 1 + random_like((width,), seed + 1003) * 0.1,
        "norm.bias": random_like((width,), seed + 1004) * 0.1,
    }
    return {"image_proj": projection, "ip_adapter": weights}, names


def main():
    unet = randomise(UNet2DConditionModel(out_channels=4, down_block_types=down, up_block_types=up, **sizes), 20)
    inputs = {
        "latents": random_like((2, 4, 8, 16), 21),
        "timestep": torch.tensor([981.0, 7.0]),
        "text": random_like((2, 5, 6), 22),
        "embeddings": torch.cat([torch.zeros(1, frames, embedding_dim), random_like((1, frames, embedding_dim), 23)]),
        "hint": torch.sign(random_like((1, 1, 1, 64), 24)).expand(2, 1, 32, 64),
    }
    parameters = {key: value.clone() for key, value in unet.state_dict().items()}

    # a 4 x smaller grid: the hint of 32 x 64 pixels is halved twice
    controlnet = randomise(
        ControlNetModel(
            conditioning_channels=1, conditioning_embedding_out_channels=(4, 6, 8), down_block_types=down, **sizes
        ),
        30,
    )
    arguments = dict(timestep=inputs["timestep"], encoder_hidden_states=inputs["text"])
    residuals, middle = controlnet(
        inputs["latents"], controlnet_cond=inputs["hint"], conditioning_scale=0.6, return_dict=False, **arguments
    )
    cotangents = [random_like(r.shape, 200 + i) for i, r in enumerate([*residuals, middle])]
    sum((r * c).sum() for r, c in zip([*residuals, middle], cotangents)).backward()
    checked = ("controlnet_cond_embedding", "controlnet_down_blocks.0", "controlnet_mid_block", "conv_in", "mid_block")
    save(
        "controlnet",
        controlnet.state_dict(),
        {"latents": inputs["latents"], "timestep": inputs["timestep"], "text": inputs["text"], "hint": inputs["hint"]}
        | {f"cotangent.{i}": c for i, c in enumerate(cotangents)},
        {f"residual.{i}": r for i, r in enumerate(residuals)} | {"residual.middle": middle},
        {k: p.grad for k, p in controlnet.named_parameters() if k.startswith(checked) and "attn1" not in k},
    )

    outputs, seen = {}, {}
    unet.mid_block.register_forward_hook(lambda _m, _i, out: seen.__setitem__("middle", out))
    for i, block in enumerate(unet.down_blocks):
        block.register_forward_hook(lambda _m, _i, out, i=i: seen.__setitem__(f"down.{i}", out[0]))
    with torch.no_grad():
        outputs["text"] = unet(inputs["latents"], **arguments).sample
        outputs |= seen
        outputs["control"] = unet(
            inputs["latents"],
            down_block_additional_residuals=list(residuals),
            mid_block_additional_residual=middle,
            **arguments,
        ).sample

    adapter, names = adapter_weights(unet, 40)
    # FoleyCrafter's order: down, up, mid
    assert [n.split(".")[0] for n in names] == ["down_blocks"] * 2 + ["up_blocks"] * 4 + ["mid_block"]
    unet._load_ip_adapter_weights([adapter], low_cpu_mem_usage=False)
    trained = {}
    for i, name in enumerate(names):
        processor = unet.attn_processors[name]
        processor.scale = [0.8]
        trained[f"ip_adapter.{2 * i + 1}.to_k_ip.weight"] = processor.to_k_ip[0].weight
        trained[f"ip_adapter.{2 * i + 1}.to_v_ip.weight"] = processor.to_v_ip[0].weight
    projection = unet.encoder_hid_proj.image_projection_layers[0]
    trained["image_proj.proj.weight"] = projection.image_embeds.weight
    trained["image_proj.proj.bias"] = projection.image_embeds.bias
    trained["image_proj.norm.weight"] = projection.norm.weight
    trained["image_proj.norm.bias"] = projection.norm.bias
    for key, parameter in trained.items():
        parameter.requires_grad_()
        section, rest = key.split(".", 1)
        assert torch.equal(parameter, adapter[section][rest]), key
    result = unet(
        inputs["latents"],
        added_cond_kwargs={"image_embeds": [inputs["embeddings"]]},
        down_block_additional_residuals=[r.detach() for r in residuals],
        mid_block_additional_residual=middle.detach(),
        **arguments,
    ).sample
    cotangent = random_like(result.shape, 25)
    (result * cotangent).sum().backward()
    outputs["frames"] = result
    controls = {f"residual.{i}": r for i, r in enumerate(residuals)} | {"residual.middle": middle}
    parameters |= {f"{section}.{k}": v for section, group in adapter.items() for k, v in group.items()}
    gradients = {k: p.grad for k, p in trained.items()}
    save("unet", parameters, inputs | controls | {"cotangent": cotangent}, outputs, gradients)


if __name__ == "__main__":
    main()
