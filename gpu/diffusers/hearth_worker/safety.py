"""What may be loaded: safetensors and GGUF. Never a pickle, never code that comes with a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .failures import ModelMissing, ModelUnusable

PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".msgpack", ".h5", ".onnx")
SAFETENSORS_HEADER_LIMIT = 100_000_000  # bytes, as in safetensors itself
LIBRARIES = ("diffusers", "transformers")


def check_weights_file(path: Path) -> None:
    """Raises ModelMissing or ModelUnusable unless the file is safetensors or GGUF by its content."""
    if not path.is_file():
        raise ModelMissing(f"{path} is not there.")
    with open(path, "rb") as file:
        head = file.read(9)
    suffix = path.suffix.lower()
    is_gguf = suffix == ".gguf" and head[:4] == b"GGUF"
    length = int.from_bytes(head[:8], "little")
    is_safetensors = suffix == ".safetensors" and 2 <= length <= SAFETENSORS_HEADER_LIMIT and head[8:9] == b"{"
    if not (is_gguf or is_safetensors):
        raise ModelUnusable(
            f"{path.name} is neither safetensors nor GGUF; nothing else is opened, since a pickle can run code."
        )


def check_pipeline_folder(folder: Path) -> dict[str, Any]:
    """The folder's `model_index.json`, once nothing in the folder is, or asks for, code of its own."""
    index = read_json(folder / "model_index.json")
    refuse_code(folder)
    if not isinstance(index.get("_class_name"), str):
        raise ModelUnusable(
            f"{folder.name}/model_index.json names a pipeline of its own; code of a model is never run."
        )
    for name, (library, _) in components_of(index).items():
        check_library(name, library)
        check_component(folder / name)
    return index


def components_of(index: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The components that a pipeline has, as (library, class); those that it does without are left out."""
    pairs = {name: value for name, value in index.items() if not name.startswith("_") and isinstance(value, list)}
    return {name: (value[0], value[1]) for name, value in pairs.items() if len(value) == 2 and value[0] is not None}


def check_library(name: str, library: Any) -> None:
    """A component is of diffusers or transformers, or of one of diffusers' own pipeline folders."""
    from diffusers import pipelines

    known = isinstance(library, str) and (
        library in LIBRARIES or (library.isidentifier() and hasattr(pipelines, library))
    )
    if not known:
        raise ModelUnusable(f"The component “{name}” is of “{library}”, which is not of diffusers or transformers.")


def refuse_code(folder: Path) -> None:
    """Raises ModelUnusable for Python files, and for configs that name them."""
    for path in folder.rglob("*.py"):
        raise ModelUnusable(f"{path.relative_to(folder)} is code; a model with code of its own is never loaded.")
    for path in folder.rglob("*.json"):
        if path.stat().st_size < 1_000_000 and '"auto_map"' in path.read_text("utf-8", "replace"):
            raise ModelUnusable(f"{path.relative_to(folder)} asks for code of its own (auto_map), which is never run.")


def check_component(folder: Path) -> None:
    """Raises ModelUnusable when a component's weights are pickles alone, or are damaged."""
    if not folder.is_dir():
        return
    files = [path for path in folder.iterdir() if path.is_file()]
    weights = [path for path in files if path.suffix == ".safetensors"]
    pickles = [path for path in files if path.suffix.lower() in PICKLES and path.suffix.lower() != ".onnx"]
    if pickles and not weights:
        raise ModelUnusable(f"{folder.name}/{pickles[0].name} may hold code (a pickle). Only safetensors are loaded.")
    for path in weights:
        check_weights_file(path)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of the model; ModelMissing or ModelUnusable when it is not there or is none."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ModelMissing(f"{path} is not there.") from error
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"{path} can't be read: {error}") from error
    if not isinstance(data, dict):
        raise ModelUnusable(f"{path} is not a JSON object.")
    return data
