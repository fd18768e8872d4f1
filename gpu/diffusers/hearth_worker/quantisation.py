"""Quantisation through diffusers' own configs."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from diffusers import GGUFQuantizationConfig
from diffusers.quantizers import PipelineQuantizationConfig

from .failures import BadSpec
from .spec import Memory

# By the protocol's name: the backend, what it needs, its arguments.
BACKENDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "int8": ("bitsandbytes_8bit", "bitsandbytes", {"load_in_8bit": True}),
    "nf4": ("bitsandbytes_4bit", "bitsandbytes", {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}),
}
QUANTISED = ("unet", "transformer", "transformer_2", "text_encoder_2", "text_encoder_3", "text_encoder")


def pipeline_quantisation(memory: Memory, components: dict[str, tuple[str, str]]) -> PipelineQuantizationConfig | None:
    """What is quantised while it is loaded; None where nothing is: fp8 is a casting of layers, GGUF is in the file."""
    if memory.quantisation not in BACKENDS:
        return None
    backend, package, arguments = BACKENDS[memory.quantisation]
    if importlib.util.find_spec(package) is None:
        raise BadSpec(
            f"The quantisation “{memory.quantisation}” needs the Python package {package}, which is not installed."
        )
    if memory.quantisation == "nf4":
        arguments = {**arguments, "bnb_4bit_compute_dtype": getattr(torch, memory.dtype)}
    names = [name for name in QUANTISED if name in components and not is_small(components[name][1])]
    return PipelineQuantizationConfig(quant_backend=backend, quant_kwargs=arguments, components_to_quantize=names)


def is_small(class_name: str) -> bool:
    """CLIP beside a large encoder: little to gain, and its words are few."""
    return class_name.startswith("CLIPText")


def gguf_config(dtype: torch.dtype) -> GGUFQuantizationConfig:
    """How the layers of a GGUF file are computed."""
    return GGUFQuantizationConfig(compute_dtype=dtype)


def check_quantisation(memory: Memory, model_format: str) -> None:
    """Raises BadSpec where a quantisation is of a file, and the file is none of it."""
    if memory.quantisation.startswith("q") and model_format != "gguf":
        raise BadSpec(f"The quantisation “{memory.quantisation}” is one of GGUF files; this model is {model_format}.")
