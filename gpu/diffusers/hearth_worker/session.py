"""From a spec to a loaded pipeline, and what of it serves the next spec."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checkpoints import Checkpoint, identity_of, read_checkpoint
from .control import Control
from .failures import Stopped
from .faults import fault_at
from .spec import Spec
from .voice import Voice

if TYPE_CHECKING:
    from .entry import Engine

REPORT_S = 0.2  # between two lines of load progress


@dataclass
class Kept:
    """A pipeline on its device, what it is good for, and its own scheduler, which samplers are built from."""

    pipe: Any
    use: dict[str, Any]
    scheduler: Any


def perform(folder: Path, spec: Spec, voice: Voice, control: Control, engine: Engine, kept: Kept | None) -> Kept | None:
    """Renders a spec. Gives the pipeline for the next; raises Stopped(0) when the kept one is of no use for this."""
    use = use_of(spec)
    if kept and kept.use != use:
        print("another model is wanted than the one that is kept", file=sys.stderr)
        raise Stopped(0)
    voice.say("phase", phase="load")
    fault_at(spec, "load")
    from . import loading, memory, render, samplers

    control.check()
    memory.be_deterministic()
    loading.be_quiet()
    identity = identity_of(spec, engine.version)
    found = first_good(spec, identity)
    device = memory.torch_device(spec.device)
    memory.check_device(device)
    memory.limit(device)
    whole = kept is not None
    if kept is None:
        kept, whole = load(spec, found, voice, control, device)
        kept.use = use
    kept.pipe.scheduler = samplers.scheduler_for(spec.params.sampler, kept.scheduler, kept.pipe)
    control.check()
    work = render.Work(folder, spec, voice, control, kept.pipe, device, engine.name, engine.version, identity, found)
    render.render(work)
    return kept if whole else None


def first_good(spec: Spec, identity: dict[str, Any]) -> Checkpoint | None:
    """The furthest checkpoint that is whole and of this work."""
    paths = [*([spec.resumeFrom] if spec.resumeFrom else []), *spec.resumeElse]
    found = next(filter(None, (read_checkpoint(Path(path), identity) for path in paths)), None)
    if paths and not found:
        print("starting over from the first step", file=sys.stderr)
    return found


def use_of(spec: Spec) -> dict[str, Any]:
    """What two specs must share for one pipeline to serve both."""
    return {
        "model": spec.model,
        "loras": spec.loras,
        "controlnet": spec.controlnet and replace(spec.controlnet, scale=1.0),
        "memory": spec.memory,
        "function": spec.function,
        "inputs": sorted(spec.inputs),
        "device": spec.device,
    }


def load(spec: Spec, found: Checkpoint | None, voice: Voice, control: Control, device: Any) -> tuple[Kept, bool]:
    """Loads and places the pipeline; also says whether it is whole, and not without its text encoders."""
    from . import adapters, inputs, loading, memory, quantisation

    if spec.model:
        quantisation.check_quantisation(spec.memory, spec.model.format)
    said = 0.0

    def report(done: int, total: int) -> None:
        nonlocal said
        control.check()
        if total and (time.monotonic() - said >= REPORT_S or done == total):
            said = time.monotonic()
            voice.say("progress", bytes=done, totalBytes=total)

    read = found is not None and found.state.get("prompts") is not None and not spec.loras
    pipe = loading.load_pipeline(spec, read, report)
    pipe.set_progress_bar_config(disable=True)
    control.check()
    controlnet = (
        adapters.load_controlnet(spec.controlnet, loading.DTYPES[spec.memory.dtype]) if spec.controlnet else None
    )
    pipe = inputs.pipeline_for(pipe, spec, controlnet)
    pipe.set_progress_bar_config(disable=True)
    adapters.load_loras(pipe, spec.loras)
    control.check()
    memory.say_notes(memory.place(pipe, spec.memory, device))
    return Kept(pipe, {}, pipe.scheduler), not read
