"""Renders one spec with a loaded pipeline: encode, denoise, decode and save, picture by picture."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch

from .checkpoints import Checkpoint, bring_done, write_checkpoint
from .control import Control
from .failures import PREEMPTED, BadOutput
from .faults import fault_at
from .files import write_durably
from .inputs import arguments_for, open_inputs
from .memory import EncoderFirst, used_bytes
from .output import check_picture, save_clip, save_picture
from .previews import expected, preview_of, write_preview
from .prompts import Prompts, known_prompts
from .spec import Spec
from .voice import PROTOCOL, Voice
from .walk import Walk, can_go_on


@dataclass
class Work:
    """One attempt, with all that it needs."""

    folder: Path
    spec: Spec
    voice: Voice
    control: Control
    pipe: Any
    device: torch.device
    engine: str
    version: str
    identity: dict[str, Any]
    checkpoint: Checkpoint | None = None
    outputs: list[dict[str, Any]] = field(default_factory=list)
    picture: int = 0
    phase: str = "load"
    steps: int = 0
    checkpointed: float = field(default_factory=time.monotonic)
    previewed: float = 0.0
    stepped: float = 0.0
    keeps: bool = True
    shown: Any = None

    def enter(self, phase: str) -> None:
        """Says that a phase begins. A pause waits for the end of a step, and for files; for nothing else."""
        self.phase = phase
        self.voice.say("phase", phase=phase)
        self.control.worth_waiting(phase in ("denoise", "save"))
        fault_at(self.spec, phase)


def render(work: Work) -> None:
    """Makes all pictures of the spec, and `result.json` last."""
    spec = work.spec
    work.keeps = can_go_on(work.pipe)
    known = None
    if work.checkpoint:
        bring_done(work.checkpoint.path, work.folder, work.checkpoint.done)
        work.outputs = list(work.checkpoint.done)
        known = known_prompts(work.checkpoint.state.get("prompts"), work.checkpoint.tensors, work.device)
    prompts = Prompts(work.pipe, work.device, known)
    first = EncoderFirst(work.pipe, work.device) if is_encoder_first(work) else None
    prompts.attach(*(first.before, first.after) if first else (lambda: None, lambda: None))
    if first and known:
        first.after()
    try:
        pictures = open_inputs(spec, work.folder)
        for picture in range(len(work.outputs), spec.params.count):
            work.picture = picture
            prompts.begin()
            make_picture(work, prompts, pictures)
    finally:
        prompts.detach()
    save_result(work)


def is_encoder_first(work: Work) -> bool:
    """Whether text encoders and denoisers take turns on a device."""
    plan = work.spec.memory.offload == "encoder" and hasattr(work.pipe, "encode_prompt")
    return plan and work.device.type != "cpu"


def make_picture(work: Work, prompts: Prompts, pictures: dict[str, Any]) -> None:
    """One picture or clip of the batch: a call of the pipeline with a generator of its own, then its file."""
    spec = work.spec
    seed = (spec.params.seed + work.picture) % 2**32
    found = work.checkpoint if work.checkpoint and work.checkpoint.picture == work.picture else None
    walk = Walk(
        work.pipe,
        work.device,
        torch.Generator("cpu").manual_seed(seed),
        on_step=lambda done, steps, latents: on_step(work, walk, prompts, done, steps, latents),
        on_denoise=lambda: begin_denoising(work, found),
    )
    if found and found.step:
        walk.skip, walk.saved, walk.saved_tensors = found.step, found.state["walk"], found.tensors
        walk.on_inject = lambda steps: after_injection(work, found, steps)
    work.enter("encode")
    work.control.check()
    result = walk.run(arguments_for(work.pipe, spec, pictures))
    work.control.check()
    finish_picture(work, result, seed)


def begin_denoising(work: Work, found: Checkpoint | None) -> None:
    """The first call of a denoiser."""
    work.control.check()
    work.stepped = time.monotonic()
    if not (found and found.step == found.steps):
        work.enter("denoise")


def after_injection(work: Work, found: Checkpoint, steps: int) -> None:
    """The saved step has been reached."""
    work.steps = steps
    say_step(work, found.step)
    if found.step == found.steps:
        work.enter("decode")


def on_step(work: Work, walk: Walk, prompts: Prompts, done: int, steps: int, latents: torch.Tensor) -> None:
    """The end of a computed step: progress, the server's wishes, a checkpoint and a preview where they are due."""
    spec, last = work.spec, done == steps
    work.steps = steps
    number = work.picture * steps + done
    if fault_at(spec, "denoise", number) == "bad-output":
        latents.fill_(float("nan"))
    if not bool(torch.isfinite(latents).all()):
        raise BadOutput(
            f"The latents are not-a-number after step {done}. Another precision (bfloat16, float32) may help."
        )
    wait_for_step(work)
    say_step(work, done)
    stop = work.control.stopping()
    due = (time.monotonic() - work.checkpointed) * 1000 >= spec.checkpointMs
    if work.keeps and (last or stop == PREEMPTED or (due and stop is None)):
        save_checkpoint(work, walk, prompts, done, latents)
    work.control.check()
    if (time.monotonic() - work.previewed) * 1000 >= spec.previewMs or last:
        show(work, walk, latents, number)
    if last:
        work.enter("decode")


def wait_for_step(work: Work) -> None:
    """Lets a step take as long as the spec wants at the least; woken by whoever wants it to end."""
    left = work.spec.stepMs / 1000 - (time.monotonic() - work.stepped)
    if left > 0:
        work.control.wake.wait(left)
    work.stepped = time.monotonic()


def say_step(work: Work, done: int) -> None:
    """Steps are counted over the whole batch."""
    count = work.spec.params.count
    work.voice.say("progress", step=work.picture * work.steps + done, steps=work.steps * count)


def save_checkpoint(work: Work, walk: Walk, prompts: Prompts, done: int, latents: torch.Tensor) -> None:
    """Latents, solver, generator and prompt; of the last step too, so that a failed decoding loses nothing."""
    state, tensors = walk.state(latents)
    header = {
        "identity": work.identity,
        "device": work.spec.device.name,
        "picture": work.picture,
        "step": done,
        "steps": walk.steps,
        "done": work.outputs,
        "state": {"walk": state, "prompts": prompts.packed(tensors)},
    }
    number = work.picture * walk.steps + done
    file = write_checkpoint(work.folder, number, header, tensors)
    work.checkpointed = time.monotonic()
    work.voice.say("checkpoint", file=file, step=number)


def show(work: Work, walk: Walk, latents: torch.Tensor, number: int) -> None:
    """A preview. One that fails costs the preview alone."""
    params = work.spec.params
    try:
        guess = expected(work.pipe.scheduler, walk.step_input, latents)
        picture = preview_of(work.pipe, guess, (params.width, params.height), work.spec.previewPixels)
        file = write_preview(work.folder, number, picture)
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        if not work.shown:
            print(f"no previews: {error}", file=sys.stderr)
        work.shown = "failed"
        return
    work.previewed = time.monotonic()
    work.voice.say("preview", file=file, step=number)


def finish_picture(work: Work, result: Any, seed: int) -> None:
    """From what the pipeline gave to a file."""
    spec = work.spec
    flagged = getattr(result, "nsfw_content_detected", None)
    if flagged and any(flagged):
        raise BadOutput("The model's own safety checker has blacked the picture out.")
    frames = check_picture(frames_of(result))
    work.enter("save")
    texts = provenance(work, seed)
    if spec.function == "video":
        work.outputs.append(save_clip(work.folder, frames, seed, spec.params.fps, texts))
    else:
        work.outputs.append(save_picture(work.folder, frames[0], seed, texts))


def frames_of(result: Any) -> np.ndarray:
    """(number, rows, columns, 3) of floats from 0 to 1."""
    made = getattr(result, "images", None)
    made = result.frames[0] if made is None else made
    frames = np.asarray(made)
    return frames[None] if frames.ndim == 3 else frames


def provenance(work: Work, seed: int) -> dict[str, str]:
    """What is kept in the file itself. No attempt and no resume: the same work gives the same bytes."""
    params, model = work.spec.params, work.spec.model
    texts = {
        "Software": f"Hearth {work.engine} {work.version}",
        "prompt": params.prompt,
        "negative": params.negative,
        "seed": str(seed),
        "steps": str(params.steps),
        "guidance": f"{params.guidance:g}",
        "sampler": params.sampler or type(work.pipe.scheduler).__name__,
        "engine": work.engine,
        "version": work.version,
        "model": model.id if model else "",
        "modelSha256": model.sha256 if model else "",
    }
    return {key: text for key, text in texts.items() if text}


def save_result(work: Work) -> None:
    """`result.json`, written last, and `done`."""
    spec = work.spec
    used = used_bytes(work.device)
    result = {
        "v": PROTOCOL,
        "job": spec.job,
        "attempt": spec.attempt,
        "engine": work.engine,
        "engineVersion": work.version,
        "outputs": work.outputs,
        "params": effective(work),
        "resumedFrom": resumed_from(work),
        "peakBytes": used[1] if used else None,
    }
    write_durably(work.folder / "result.json", (json.dumps(result, indent=2, ensure_ascii=False) + "\n").encode())
    work.voice.say("done", outputs=work.outputs)


def resumed_from(work: Work) -> int:
    """The step of the whole batch that the attempt went on from."""
    found = work.checkpoint
    return found.picture * found.steps + found.step if found else 0


def effective(work: Work) -> dict[str, Any]:
    """Every parameter as it was really used."""
    spec = work.spec
    found: dict[str, Any] = {
        **asdict(spec.params),
        "function": spec.function,
        "sampler": spec.params.sampler or type(work.pipe.scheduler).__name__,
        "scheduler": type(work.pipe.scheduler).__name__,
        "pipeline": type(work.pipe).__name__,
        "model": spec.model.id if spec.model else None,
        "modelSha256": spec.model.sha256 if spec.model else None,
        "loras": [{"name": lora.name, "sha256": lora.sha256, "scale": lora.scale} for lora in spec.loras],
        "memory": asdict(spec.memory),
        "tier": spec.tier,
        "device": spec.device.id,
        "deviceName": spec.device.name,
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
    }
    if work.checkpoint and work.checkpoint.device != spec.device.name:
        found["resumedOn"] = spec.device.name
    return found
