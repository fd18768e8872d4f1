"""LoRA and ControlNet: small weights that change what a model does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers.models.modeling_utils import ModelMixin

from .failures import BadSpec, ModelUnusable, Stopped
from .safety import check_component, check_weights_file, read_json, refuse_code
from .spec import File


def load_loras(pipe: Any, loras: tuple[File, ...]) -> None:
    """Adds LoRAs, each with its scale.

    Raises BadSpec when the pipeline takes none, ModelUnusable when one does not fit the model.
    """
    if not loras:
        return
    if not hasattr(pipe, "load_lora_weights"):
        raise BadSpec(f"{type(pipe).__name__} takes no LoRA.")
    for number, lora in enumerate(loras):
        load_lora(pipe, lora, f"lora{number}")
    names = [f"lora{number}" for number in range(len(loras))]
    pipe.set_adapters(names, [lora.scale for lora in loras])


def load_lora(pipe: Any, lora: File, name: str) -> None:
    """Adds one LoRA under a name."""
    path = Path(lora.path)
    check_weights_file(path)
    label = lora.name or path.name
    try:
        pipe.load_lora_weights(
            str(path.parent), weight_name=path.name, adapter_name=name, use_safetensors=True, local_files_only=True
        )
    except (Stopped, torch.OutOfMemoryError, MemoryError):
        raise
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ModelUnusable(f"The LoRA “{label}” does not fit this model: {error}") from error
    if not any(name in adapters for adapters in pipe.get_list_adapters().values()):
        raise ModelUnusable(f"The LoRA “{label}” does not fit this model: it names none of its layers.")


def load_controlnet(control: File, dtype: torch.dtype) -> Any:
    """A ControlNet from its folder, or from the weights in it."""
    path = Path(control.path)
    folder = path if path.is_dir() else path.parent
    refuse_code(folder)
    check_component(folder)
    settings = read_json(folder / "config.json")
    cls = getattr(diffusers, str(settings.get("_class_name")), None)
    if not isinstance(cls, type) or not issubclass(cls, ModelMixin) or "ControlNet" not in cls.__name__:
        raise ModelUnusable(f"{folder} is not a ControlNet that this diffusers knows.")
    try:
        return cls.from_pretrained(str(folder), dtype=dtype, use_safetensors=True, local_files_only=True)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise ModelUnusable(f"The ControlNet in {folder} can't be loaded: {error}") from error
