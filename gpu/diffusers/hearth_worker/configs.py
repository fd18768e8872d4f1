"""Configs and tokenizers that come along: those of SD 1.5 and SDXL, whose checkpoints hold all else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from diffusers import EulerDiscreteScheduler
from safetensors import safe_open
from transformers import CLIPTokenizer

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
MERGES = CONFIGS / "clip-merges.json"
FIRST = "model.diffusion_model.input_blocks.0.0.weight"
# What tells a family's checkpoint: a tensor and its last side.
SIGNS = {
    "sd15": ("model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight", 768),
    "sdxl": ("model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight", 2048),
}
CHANNELS = 4  # of the latents that a denoiser takes; those for inpainting or editing alone take more


def known_config(file: Path) -> Path | None:
    """The configs for a whole checkpoint, by its tensors; None where it is of no family whose configs come along."""
    with safe_open(str(file), "pt") as opened:
        keys = set(opened.keys())
        if FIRST not in keys or opened.get_slice(FIRST).get_shape()[1] != CHANNELS:
            return None
        for family, (key, side) in SIGNS.items():
            if key in keys and opened.get_slice(key).get_shape()[-1] == side:
                return CONFIGS / family
    return None


def brought_along(config: Path, file: Path) -> dict[str, Any]:
    """What a folder of configs that comes along has not: tokenizers, and the schedule of velocity models."""
    if config.parent != CONFIGS:
        return {}
    found: dict[str, Any] = {"tokenizer": clip_tokenizer("<|endoftext|>")}
    if (config / "text_encoder_2").is_dir():
        found["tokenizer_2"] = clip_tokenizer("!")
    with safe_open(str(file), "pt") as opened:
        keys = set(opened.keys())
    if "v_pred" in keys:
        settings = json.loads((config / "scheduler" / "scheduler_config.json").read_text("utf-8"))
        velocity = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": "ztsnr" in keys}
        found["scheduler"] = EulerDiscreteScheduler.from_config(settings, **velocity)
    return found


def clip_tokenizer(pad: str) -> CLIPTokenizer:
    """CLIP's own, from its list of merges."""
    merges = [tuple(line.split()) for line in json.loads(MERGES.read_text("utf-8"))["merges"].split("\n")]
    letters = byte_letters()
    words = [*letters, *[f"{letter}</w>" for letter in letters], *["".join(pair) for pair in merges]]
    words += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={word: number for number, word in enumerate(words)}, merges=merges, pad_token=pad, model_max_length=77
    )


def byte_letters() -> list[str]:
    """The letter that stands for each byte, in CLIP's order: those that can be seen first."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    letters = [chr(byte) for byte in seen]
    letters += [chr(256 + number) for number in range(256 - len(seen))]
    return letters
