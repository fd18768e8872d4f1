"""`spec.json`, as `src/gpu/protocol.ts` has it: read, checked where this worker relies on it, with its defaults."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .failures import BadSpec
from .voice import PROTOCOL


@dataclass(frozen=True)
class Params:
    """What is rendered."""

    prompt: str
    width: int
    height: int
    seed: int
    steps: int
    guidance: float
    negative: str = ""
    sampler: str | None = None
    strength: float = 0.75
    count: int = 1
    frames: int = 1
    fps: float = 24
    scale: float = 1


@dataclass(frozen=True)
class Memory:
    """How the model is held in memory."""

    dtype: str = "float32"
    quantisation: str = "none"
    offload: str = "none"
    vaeTiling: bool = False  # noqa: N815 - the protocol's name
    vaeSlicing: bool = False  # noqa: N815


@dataclass(frozen=True)
class Model:
    """The model as it lies on this machine."""

    id: str
    family: str
    format: str
    path: str
    sha256: str
    parts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """A file with its content's name; `scale` for those that are weighed, `mediaType` for inputs."""

    path: str
    sha256: str
    name: str = ""
    scale: float = 1.0
    mediaType: str = ""  # noqa: N815


@dataclass(frozen=True)
class Device:
    """The device as the server calls it."""

    id: str
    kind: str
    name: str


@dataclass(frozen=True)
class Spec:
    """All that a worker is told."""

    engine: str
    job: str
    attempt: int
    params: Params
    model: Model | None
    memory: Memory
    tier: str
    device: Device
    function: str = "image"
    inputs: dict[str, File] = field(default_factory=dict)
    loras: tuple[File, ...] = ()
    controlnet: File | None = None
    stepMs: int = 0  # noqa: N815
    checkpointMs: int = 5_000  # noqa: N815
    previewMs: int = 500  # noqa: N815
    previewPixels: int = 512  # noqa: N815
    resumeFrom: str | None = None  # noqa: N815
    resumeElse: tuple[str, ...] = ()  # noqa: N815
    reuse: bool = False
    allowFaults: bool = False  # noqa: N815
    fault: dict[str, Any] | None = None


def read_spec(folder: Path) -> Spec:
    """Reads the folder's spec.

    Raises BadSpec when it is missing, is none, or is another version's.
    """
    try:
        data = json.loads((folder / "spec.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadSpec(f"spec.json can't be read: {error}") from error
    if not isinstance(data, dict) or data.get("v") != PROTOCOL:
        raise BadSpec(f"spec.json is not of version {PROTOCOL} of the protocol")
    try:
        return as_spec(data)
    except (KeyError, TypeError, ValueError) as error:
        raise BadSpec(f"spec.json does not fit: {error}") from error


def as_spec(data: dict[str, Any]) -> Spec:
    """The parsed JSON as a spec; what has a default may be absent."""
    plain = only(Spec, data)
    plain.update(
        params=checked(Params(**only(Params, data["params"]))),
        memory=Memory(**only(Memory, data.get("memory") or {})),
        device=Device(**only(Device, data["device"])),
        model=Model(**only(Model, data["model"])) if data.get("model") else None,
        inputs={name: File(**only(File, file)) for name, file in (data.get("inputs") or {}).items()},
        resumeElse=tuple(data.get("resumeElse") or ()),
        loras=tuple(File(**only(File, file)) for file in data.get("loras") or []),
        controlnet=File(**only(File, data["controlnet"])) if data.get("controlnet") else None,
    )
    return Spec(**plain)


def checked(params: Params) -> Params:
    """The numbers that all else counts with."""
    for name in ("width", "height", "seed", "steps", "count", "frames"):
        value = getattr(params, name)
        if not isinstance(value, int) or value < (0 if name == "seed" else 1):
            raise ValueError(f"params.{name} is {value!r}")
    if not isinstance(params.prompt, str) or not params.prompt:
        raise ValueError("params.prompt is empty")
    return params


def only(shape: type, data: dict[str, Any]) -> dict[str, Any]:
    """The keys that a shape knows: a newer server may say more."""
    known = {field.name for field in fields(shape)}
    return {key: value for key, value in data.items() if key in known}
