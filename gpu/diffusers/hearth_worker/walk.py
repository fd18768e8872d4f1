"""One call of a pipeline, watched at each step: where it can be stopped, saved, and gone on with.

To go on at step k the same call is made again. The denoisers return zeros for the first k steps, which costs nothing;
after the k-th the saved latents, the solver's state and the generators' take their place, and the denoisers compute
again. Bit-identical for each solver, and no pipeline needs code of its own. A call whose steps are all skipped only
decodes.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from .loading import DENOISERS
from .packing import Tensors, Unpackable, pack, shape_of, unpack, zeros_of

# Called at the end of each computed step with the number of steps done, their number, and the latents.
OnStep = Callable[[int, int, torch.Tensor], None]


@dataclass
class Walk:
    """The state of one call. `skip` steps are passed over."""

    pipe: Any
    device: torch.device
    generator: torch.Generator
    on_step: OnStep
    on_denoise: Callable[[], None]
    skip: int = 0
    on_inject: Callable[[int], None] = lambda _steps: None
    saved: dict[str, Any] = field(default_factory=dict)
    saved_tensors: Tensors = field(default_factory=dict)
    shapes: dict[str, Any] = field(default_factory=dict)
    done: int = 0
    denoising: bool = False
    step_input: tuple[torch.Tensor, torch.Tensor] | None = None

    def run(self, arguments: dict[str, Any]) -> Any:
        """Calls the pipeline, from the first step or from the saved one."""
        self.shapes = dict(self.saved.get("shapes", {}))
        takes = inspect.signature(self.pipe.__call__).parameters
        called_back = "callback_on_step_end" in takes
        own = {"generator": self.generator} if "generator" in takes else {}
        if called_back:
            own["callback_on_step_end"] = self._step_ended
            own["callback_on_step_end_tensor_inputs"] = ["latents"]
        torch.manual_seed(self.generator.initial_seed())
        with self._watched(), self._scheduled(intercept=not called_back):
            return self.pipe(**arguments, **own)

    def state(self, latents: torch.Tensor) -> tuple[dict[str, Any], Tensors]:
        """What a checkpoint after this step holds."""
        tensors: Tensors = {}
        packed = {
            "latents": pack(latents, "latents", tensors),
            "generator": pack(self.generator.get_state(), "generator", tensors),
            "random": pack(torch.get_rng_state(), "random", tensors),
            "solver": solver_state(self.pipe.scheduler, tensors),
            "shapes": self.shapes,
        }
        return packed, tensors

    def _step_ended(self, _pipe: Any, index: int, _timestep: Any, kept: dict[str, Any]) -> dict[str, Any]:
        kept["latents"] = self._after(kept["latents"])
        return kept

    def _after(self, latents: torch.Tensor) -> torch.Tensor:
        self.done += 1
        if self.done < self.skip:
            return latents
        if self.done == self.skip:
            latents = self._inject(latents)
            self.on_inject(self.steps)
            return latents
        self.on_step(self.done, self.steps, latents)
        return latents

    @property
    def steps(self) -> int:
        """Steps of this call: fewer than asked for where it begins with a picture, more for second-order solvers."""
        counted = getattr(self.pipe, "_num_timesteps", None)
        return counted if isinstance(counted, int) else len(self.pipe.scheduler.timesteps)

    def _inject(self, latents: torch.Tensor) -> torch.Tensor:
        saved = {name: value for name, value in self.saved.items() if name != "shapes"}
        state = unpack({"is": "dict", "items": saved}, self.saved_tensors, latents.device)
        for name, value in state["solver"].items():
            setattr(self.pipe.scheduler, name, value)
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["random"])
        return state["latents"].to(latents.device)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """The denoisers' `forward` goes through this walk; outermost: a skipped one brings nothing to the device."""
        parts = {name: getattr(self.pipe, name, None) for name in DENOISERS}
        wrapped = [(part, self._wrap(name, part)) for name, part in parts.items() if part is not None]
        try:
            yield
        finally:
            for part, (before, forward) in wrapped:
                if part.__dict__.get("forward") is not forward:
                    continue  # a hook of offloading has taken its place meanwhile
                if before is None:
                    del part.forward
                else:
                    part.forward = before

    def _wrap(self, name: str, part: torch.nn.Module) -> tuple[Any, Any]:
        before = part.__dict__.get("forward")
        real = part.forward

        @functools.wraps(real)
        def forward(*positional: Any, **named: Any) -> Any:
            if not self.denoising:
                self.denoising = True
                self.on_denoise()
            if self.done < self.skip and name in self.shapes:
                return zeros_of(self.shapes[name], self.device)
            result = real(*positional, **named)
            with contextlib.suppress(Unpackable):
                self.shapes[name] = shape_of(result)
            return result

        part.forward = forward  # type: ignore[method-assign]
        return before, forward

    @contextlib.contextmanager
    def _scheduled(self, intercept: bool) -> Iterator[None]:
        """Sees what each step is computed from; and, where a pipeline has no callback, its end."""
        scheduler = self.pipe.scheduler
        real = scheduler.step

        @functools.wraps(real)
        def step(model_output: Any, timestep: Any, sample: Any, *positional: Any, **named: Any) -> Any:
            self.step_input = (model_output, sample)
            result = real(model_output, timestep, sample, *positional, **named)
            if not intercept:
                return result
            if isinstance(result, tuple):
                return (self._after(result[0]), *result[1:])
            result.prev_sample = self._after(result.prev_sample)
            return result

        scheduler.step = step
        try:
            yield
        finally:
            del scheduler.step


def solver_state(scheduler: Any, tensors: Tensors) -> dict[str, Any]:
    """All of a scheduler's data; what is no data is as it was built, or is built again by the skipped steps."""
    items = {}
    for name, value in vars(scheduler).items():
        if name == "_internal_dict" or callable(value):
            continue
        found: Tensors = {}
        with contextlib.suppress(Unpackable):
            items[name] = pack(value, f"solver.{name}", found)
            tensors.update(found)
    return {"is": "dict", "items": items}


def can_go_on(pipe: Any) -> bool:
    """Whether the latents and one solver are all that a loop carries: not so where sound is made beside the picture."""
    schedulers = [name for name, part in pipe.components.items() if name.endswith("scheduler") and part is not None]
    inputs = getattr(pipe, "_callback_tensor_inputs", ["latents"])
    return schedulers == ["scheduler"] and "latents" in inputs and not any("audio" in name for name in inputs)
