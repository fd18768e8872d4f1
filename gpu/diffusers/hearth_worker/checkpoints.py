"""Checkpoints: one safetensors file each, whose metadata holds a JSON header under `hearth`.

The header: `identity` (what the bytes depend on), `device`, `picture` (index in the batch), `step` of `steps` in that
picture, `done` (finished pictures: their files are beside it in `../out`), and the packed state: latents, solver,
generators, prompt.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from .files import sha256_of, write_durably
from .packing import Tensors
from .spec import Spec

VERSION = 2
KEPT = 2
# Of the memory plan, what the bytes depend on; the rest says only where things lie.
PLAN = ("dtype", "quantisation")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that belongs to the spec at hand."""

    picture: int
    step: int
    steps: int
    state: dict[str, Any]
    tensors: Tensors
    done: list[dict[str, Any]]
    device: str
    path: Path


def identity_of(spec: Spec, engine_version: str) -> dict[str, Any]:
    """All that the same bytes depend on, but the device."""
    memory = asdict(spec.memory)
    return {
        "engine": spec.engine,
        "version": engine_version,
        "torch": torch.__version__.split("+")[0],
        "diffusers": diffusers.__version__,
        "function": spec.function,
        "params": asdict(spec.params),
        "model": spec.model.sha256 if spec.model else None,
        "inputs": {name: file.sha256 for name, file in sorted(spec.inputs.items())},
        "loras": [[lora.sha256, lora.scale] for lora in spec.loras],
        "controlnet": [spec.controlnet.sha256, spec.controlnet.scale] if spec.controlnet else None,
        "tier": spec.tier,
        "memory": {key: memory[key] for key in PLAN},
    }


def write_checkpoint(folder: Path, number: int, header: dict[str, Any], tensors: Tensors) -> str:
    """Writes `ckpt/<number>.safetensors`, and keeps the last two. Returns its name inside the attempt's folder."""
    text = json.dumps({"v": VERSION, **header}, allow_nan=False, sort_keys=True)
    file = f"ckpt/{number:06d}.safetensors"
    write_durably(folder / file, save(tensors, metadata={"hearth": text}))
    for old in sorted((folder / "ckpt").glob("*.safetensors"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return file


def read_checkpoint(path: Path, identity: dict[str, Any]) -> Checkpoint | None:
    """The checkpoint, or None, said on standard error, when it is damaged or is of other work."""
    try:
        header, tensors = read_parts(path)
        differing = [key for key in identity if header["identity"].get(key) != identity[key]]
        if header["v"] != VERSION or differing:
            raise ValueError(f"it is of other work ({', '.join(differing) or 'version'})")
        check_done(path, header["done"])
        return Checkpoint(
            header["picture"],
            header["step"],
            header["steps"],
            header["state"],
            tensors,
            header["done"],
            header["device"],
            path,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        print(f"{path} can't be resumed: {error}", file=sys.stderr)
        return None


def read_parts(path: Path) -> tuple[dict[str, Any], Tensors]:
    """A checkpoint's header and tensors."""
    with safe_open(str(path), "pt") as opened:
        header = json.loads((opened.metadata() or {})["hearth"])
        return header, {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - not a mapping


def check_done(path: Path, done: list[dict[str, Any]]) -> None:
    """Raises ValueError unless the finished pictures are there, whole."""
    for output in done:
        file = made_beside(path, output)
        if not file.is_file() or sha256_of(file) != output["sha256"]:
            raise ValueError(f"{output['file']} is gone")


def made_beside(path: Path, output: dict[str, Any]) -> Path:
    """The file of an output of the attempt that a checkpoint is of."""
    return path.parent.parent / output["file"]


def bring_done(path: Path, folder: Path, done: list[dict[str, Any]]) -> None:
    """Copies finished pictures, and the posters of finished clips, to another attempt's folder."""
    posters = [{"file": output["poster"]} for output in done if "poster" in output]
    for output in [*done, *posters]:
        source, target = made_beside(path, output), folder / output["file"]
        if source.resolve() != target.resolve():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(target.name + ".part")
            shutil.copyfile(source, part)
            part.replace(target)
