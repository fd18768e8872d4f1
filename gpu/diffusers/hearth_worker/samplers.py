"""Samplers by the names that diffusers' docs and ComfyUI share, built from the pipeline's own scheduler config."""

from __future__ import annotations

import inspect
from typing import Any

import diffusers

from .failures import BadSpec

KARRAS = {"use_karras_sigmas": True}
SDE = {"algorithm_type": "sde-dpmsolver++"}

# For models that predict noise or velocity over a table of betas.
DIFFUSION: dict[str, tuple[str, dict[str, Any]]] = {
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_karras": ("EulerDiscreteScheduler", KARRAS),
    "euler_a": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpmpp_2s": ("DPMSolverSinglestepScheduler", {}),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"}),
    "dpmpp_2m_karras": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++", **KARRAS}),
    "dpmpp_2m_sde": ("DPMSolverMultistepScheduler", SDE),
    "dpmpp_2m_sde_karras": ("DPMSolverMultistepScheduler", {**SDE, **KARRAS}),
    "unipc": ("UniPCMultistepScheduler", {}),
    "deis": ("DEISMultistepScheduler", {}),
    "ddim": ("DDIMScheduler", {}),
    "ddpm": ("DDPMScheduler", {}),
    "pndm": ("PNDMScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "tcd": ("TCDScheduler", {}),
}
FLOW = {"prediction_type": "flow_prediction", "use_flow_sigmas": True}
# For flow matching: SD3, FLUX, Qwen-Image, Z-Image, Wan, LTX, ...
FLOW_MATCHING: dict[str, tuple[str, dict[str, Any]]] = {
    "euler": ("FlowMatchEulerDiscreteScheduler", {}),
    "flow_euler": ("FlowMatchEulerDiscreteScheduler", {}),
    "flow_heun": ("FlowMatchHeunDiscreteScheduler", {}),
    "heun": ("FlowMatchHeunDiscreteScheduler", {}),
    "lcm": ("FlowMatchLCMScheduler", {}),
    "unipc": ("UniPCMultistepScheduler", FLOW),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {**FLOW, "algorithm_type": "dpmsolver++"}),
    "dpmpp_2m_sde": ("DPMSolverMultistepScheduler", {**FLOW, **SDE}),
}


def is_flow(scheduler: Any) -> bool:
    """Whether a scheduler is one of flow matching."""
    config = scheduler.config
    return type(scheduler).__name__.startswith("FlowMatch") or config.get("prediction_type") == "flow_prediction"


def scheduler_for(name: str | None, own: Any, pipe: Any) -> Any:
    """A fresh scheduler: the model's own for None.

    Raises BadSpec, with the names that would do, when the sampler is unknown or does not suit the model.
    """
    if name is None:
        return type(own).from_config(own.config)
    table = FLOW_MATCHING if is_flow(own) else DIFFUSION
    if name not in table:
        raise BadSpec(f"The sampler “{name}” does not suit this model. Those that do: {', '.join(sorted(table))}.")
    class_name, settings = table[name]
    cls = getattr(diffusers, class_name)
    if is_flow(own) and not takes_what_is_given(cls, pipe):
        raise BadSpec(f"The sampler “{name}” can't follow the noise schedule that this model prescribes. Take “euler”.")
    if class_name == type(own).__name__:
        return cls.from_config(own.config, **settings)
    if is_flow(own) and "flow_shift" in inspect.signature(cls.__init__).parameters:
        settings = {**settings, "flow_shift": own.config.get("flow_shift") or own.config.get("shift") or 1.0}
    if is_flow(own) and class_name.startswith("FlowMatch"):
        settings = {**settings, "shift": own.config.get("shift") or own.config.get("flow_shift") or 1.0}
    return cls.from_config(own.config, **settings)


def takes_what_is_given(cls: Any, pipe: Any) -> bool:
    """A pipeline that computes its own sigmas or their shift needs a scheduler that takes them."""
    source = inspect.getsource(type(pipe).__call__)
    takes = inspect.signature(cls.set_timesteps).parameters
    return all(word not in source or word.strip("=") in takes for word in ("sigmas=", "mu="))
