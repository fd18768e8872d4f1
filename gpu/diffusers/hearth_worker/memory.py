"""Memory plans: what lies on the device, what waits in the host's memory, and in which precision."""

from __future__ import annotations

import os
import sys
from typing import Any

import torch

from .failures import NoDevice
from .loading import DENOISERS, DTYPES, is_encoder
from .spec import Device, Memory

FRACTION = "HEARTH_MEMORY_FRACTION"


def torch_device(device: Device) -> torch.device:
    """The device in torch's words. The server shows a child one card alone, so that it is always the first."""
    return torch.device("cuda" if device.kind in ("cuda", "rocm") else device.kind)


def modules_of(pipe: Any) -> dict[str, torch.nn.Module]:
    """The pipeline's components that have weights."""
    return {name: part for name, part in pipe.components.items() if isinstance(part, torch.nn.Module)}


def place(pipe: Any, memory: Memory, device: torch.device) -> list[str]:
    """Puts a loaded pipeline where the plan wants it; says in sentences what could not be done here."""
    notes = [*fit_vae(pipe, memory)]
    if memory.quantisation == "fp8":
        notes += cast_layers(pipe, memory)
    if device.type == "cpu":
        if memory.offload != "none":
            notes.append(f"There is no device to offload from: “{memory.offload}” is left out.")
        return notes
    if memory.offload == "model":
        pipe.enable_model_cpu_offload(device=device)
    elif memory.offload == "group":
        offload_groups(pipe, device)
    elif memory.offload == "encoder" and hasattr(pipe, "encode_prompt"):
        for name, part in modules_of(pipe).items():
            if not is_encoder(name) and name not in DENOISERS:
                part.to(device)
    else:
        pipe.to(device)
    return notes


def fit_vae(pipe: Any, memory: Memory) -> list[str]:
    """Tiling and slicing, where the VAE knows how; also takes them back from a pipeline that is used again."""
    vae = getattr(pipe, "vae", None)
    notes = []
    for wanted, name in ((memory.vaeTiling, "tiling"), (memory.vaeSlicing, "slicing")):
        switch = getattr(vae, f"{'enable' if wanted else 'disable'}_{name}", None)
        if switch:
            switch()
        elif wanted:
            notes.append(f"{type(vae).__name__} has no {name}.")
    return notes


def cast_layers(pipe: Any, memory: Memory) -> list[str]:
    """Stores the denoiser's layers as fp8; each is cast up while it is used."""
    for name in DENOISERS:
        part = getattr(pipe, name, None)
        if part is not None:
            part.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=DTYPES[memory.dtype])
    return []


def offload_groups(pipe: Any, device: torch.device) -> None:
    """Layers come to the device in turn, the next while one is computed."""
    streams = device.type in ("cuda", "xpu")
    pipe.enable_group_offload(
        onload_device=device,
        offload_device=torch.device("cpu"),
        offload_type="leaf_level",
        use_stream=streams,
        non_blocking=streams,
        low_cpu_mem_usage=True,
    )


class EncoderFirst:
    """The plan `encoder`: text encoders and denoisers are never on the device at the same time."""

    def __init__(self, pipe: Any, device: torch.device) -> None:
        self._device = device
        parts = modules_of(pipe)
        self._encoders = [part for name, part in parts.items() if is_encoder(name)]
        self._denoisers = [part for name, part in parts.items() if name in DENOISERS]

    def before(self) -> None:
        """Makes room, then brings the encoders."""
        move(self._denoisers, torch.device("cpu"))
        move(self._encoders, self._device)

    def after(self) -> None:
        """Brings the denoisers in their place."""
        move(self._encoders, torch.device("cpu"))
        move(self._denoisers, self._device)


def move(parts: list[torch.nn.Module], device: torch.device) -> None:
    """Moves modules, and gives back to the driver what they held."""
    for part in parts:
        part.to(device)
    if device.type == "cpu" and torch.cuda.is_available():
        torch.cuda.empty_cache()


def backend(device: torch.device) -> Any:
    """torch's module for a device, or None: `torch.cuda`, `torch.xpu`, ..."""
    return None if device.type == "cpu" else getattr(torch, device.type, None)


def used_bytes(device: torch.device) -> tuple[int, int] | None:
    """What this process holds of the device, and the most that it held; None where torch can't say."""
    module = backend(device)
    try:
        if module is None or not module.is_available() or not module.is_initialized():
            return None
        return module.memory_reserved(), module.max_memory_reserved()
    except (RuntimeError, AttributeError):
        return None


def free_bytes(device: torch.device) -> tuple[int, int] | None:
    """What the device has free, and in all."""
    try:
        module = backend(device)
        return module.mem_get_info() if module is not None else None
    except (RuntimeError, AttributeError):
        return None  # a device that has failed says nothing


def check_device(device: torch.device) -> None:
    """Raises NoDevice where torch can't use what the server has leased."""
    module = backend(device)
    if device.type == "cpu" or (module is not None and module.is_available()):
        return
    raise NoDevice(f"torch {torch.__version__} finds no {device.type} device: its build and the driver may not fit.")


def limit(device: torch.device) -> None:
    """Takes no more than the share of the device that HEARTH_MEMORY_FRACTION names, so that two can share one."""
    share = os.environ.get(FRACTION)
    if share and device.type in ("cuda", "xpu"):
        backend(device).set_per_process_memory_fraction(float(share))


def be_deterministic() -> None:
    """The same spec on the same device gives the same bytes, as far as torch's kernels can."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def say_notes(notes: list[str]) -> None:
    """What a person may want to know, in the attempt's log."""
    for note in notes:
        print(note, file=sys.stderr)
