"""A tiny SD as one checkpoint with the names that its authors gave: the layout of the files that people have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

State = dict[str, torch.Tensor]

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
OUTER = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def write_checkpoint(pipe: Any, path: Path) -> Path:
    """Denoiser, VAE and text encoder in one file."""
    state: State = {}
    for key, tensor in pipe.unet.state_dict().items():
        state["model.diffusion_model." + unet_name(key)] = tensor.contiguous()
    state |= {"first_stage_model." + name: tensor for name, tensor in vae_state(pipe.vae).items()}
    for key, tensor in pipe.text_encoder.state_dict().items():
        prefix = "" if key.startswith("text_model.") else "text_model."
        state[f"cond_stage_model.transformer.{prefix}{key}"] = tensor.contiguous()
    save_file(state, path)
    return path


def write_vae(vae: Any, path: Path) -> Path:
    """An autoencoder in a file of its own."""
    save_file(vae_state(vae), path)
    return path


def vae_state(vae: Any) -> State:
    """An autoencoder's tensors."""
    state: State = {}
    for key, tensor in vae.state_dict().items():
        name = vae_name(key, len(vae.config.block_out_channels))
        is_flat = re.search(r"attn_1\.(q|k|v|proj_out)\.weight$", name)
        state[name] = (tensor[:, :, None, None] if is_flat else tensor).contiguous()
    return state


def unet_name(key: str) -> str:
    """Of a UNet with one layer a block."""
    for ours, theirs in OUTER.items():
        if key.startswith(ours + "."):
            return theirs + key.removeprefix(ours)
    block, part, rest = unet_block(key)
    for ours, theirs in RESNET.items() if part == "resnets" else ():
        rest = re.sub(rf"^{ours}\.", f"{theirs}.", rest)
    return f"{block}.{rest}"


def unet_block(key: str) -> tuple[str, str, str]:
    """Where a block's part stands in the one list of blocks."""
    found = re.match(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.*)", key)
    if not found:
        middle = re.match(r"mid_block\.(\w+)\.(\d+)\.(.*)", key)
        assert middle, key
        number = 1 if middle[1] == "attentions" else 2 * int(middle[2])
        return f"middle_block.{number}", middle[1], middle[3]
    way, i, part, j, rest = found[1], int(found[2]), found[3], int(found[4]), found[5]
    second = "1" if part == "attentions" else "0"
    if part == "downsamplers":
        return f"input_blocks.{2 * (i + 1)}.0", part, rest.replace("conv.", "op.")
    if part == "upsamplers":
        return f"output_blocks.{2 * i + 1}.{2 if i == 0 else 1}", part, rest
    return (
        (f"input_blocks.{2 * i + j + 1}.{second}" if way == "down" else f"output_blocks.{2 * i + j}.{second}"),
        part,
        rest,
    )


def vae_name(key: str, blocks: int) -> str:
    """Of an autoencoder."""
    key = re.sub(r"down_blocks\.(\d+)\.resnets\.(\d+)", r"down.\1.block.\2", key)
    key = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", key)
    key = re.sub(r"up_blocks\.(\d+)\.resnets\.(\d+)", lambda m: f"up.{blocks - 1 - int(m[1])}.block.{m[2]}", key)
    key = re.sub(r"up_blocks\.(\d+)\.upsamplers\.0", lambda m: f"up.{blocks - 1 - int(m[1])}.upsample", key)
    key = re.sub(r"mid_block\.resnets\.(\d+)", lambda m: f"mid.block_{int(m[1]) + 1}", key)
    for ours, theirs in ATTENTION.items():
        key = key.replace(f"mid_block.attentions.0.{ours}.", f"mid.attn_1.{theirs}.")
    return key.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
