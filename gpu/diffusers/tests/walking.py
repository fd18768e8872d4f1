"""Calls of pipelines that are watched: each step's state is kept, and gone on from."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from hearth_worker.prompts import Prompts
from hearth_worker.samplers import scheduler_for
from hearth_worker.walk import Walk

CPU = torch.device("cpu")
STEPS = 5
USUAL = {"prompt": "a cat", "height": 32, "width": 32, "num_inference_steps": STEPS, "output_type": "np"}


def walk_through(pipe: Any, scheduler: Any, keep: dict[int, Any] | None = None, saved: Any = None, **more: Any) -> Any:
    """Calls a pipeline with the usual arguments; keeps each step's state, or goes on from one."""
    return walk(pipe, scheduler, USUAL | more, keep, saved)


def walk(pipe: Any, scheduler: Any, arguments: dict[str, Any], keep: dict[int, Any] | None, saved: Any) -> Any:
    """Calls a pipeline; keeps each step's state, or goes on from one."""
    pipe.scheduler = scheduler
    calls = {"denoised": 0}

    def on_step(done: int, _steps: int, latents: torch.Tensor) -> None:
        calls["denoised"] += 1
        if keep is not None:
            keep[done] = (done, *watched.state(latents))

    watched = Walk(pipe, CPU, torch.Generator("cpu").manual_seed(7), on_step, lambda: None)
    if saved:
        watched.skip, watched.saved, watched.saved_tensors = saved
    result = watched.run(arguments)
    return np.asarray(result.images if hasattr(result, "images") else result.frames), calls


def resumes_at_each_step(pipe: Any, sampler: str | None, **more: Any) -> None:
    """As `goes_on_from_each_step`, with the usual arguments."""
    pipe.set_progress_bar_config(disable=True)
    goes_on_from_each_step(pipe, sampler, USUAL | more, least=STEPS)


def goes_on_from_each_step(
    pipe: Any, sampler: str | None, arguments: dict[str, Any], steps: tuple[int, ...] | None = None, least: int = 1
) -> np.ndarray:
    """Each step's state (or that of `steps`) gives the same picture, bit for bit, and computes only what is left."""
    own = pipe.scheduler
    keep: dict[int, Any] = {}
    prompts = Prompts(pipe, CPU)
    prompts.attach(lambda: None, lambda: None)
    whole, calls = walk(pipe, scheduler_for(sampler, own, pipe), arguments, keep, None)
    assert np.isfinite(whole).all() and calls["denoised"] == len(keep) >= least
    for done in keep if steps is None else steps:
        prompts.begin()
        again, counted = walk(pipe, scheduler_for(sampler, own, pipe), arguments, None, keep[done])
        assert np.array_equal(again, whole), f"{sampler}: another picture after step {done}"
        assert counted["denoised"] == len(keep) - done
    prompts.detach()
    pipe.scheduler = own
    return whole
