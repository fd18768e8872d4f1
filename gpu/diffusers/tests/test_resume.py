"""Going on in mid-denoise gives the same picture, bit for bit, whatever the step and the solver."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
from hearth_worker import memory
from hearth_worker.failures import BadSpec
from hearth_worker.samplers import scheduler_for
from walking import CPU, STEPS, USUAL, resumes_at_each_step, walk_through


@pytest.mark.parametrize(
    "sampler",
    ["euler", "euler_a", "dpmpp_2m", "dpmpp_2m_karras", "dpmpp_2m_sde", "dpmpp_2m_sde_karras", "unipc", "ddim", "lcm"]
    + ["heun", "deis", "pndm", "dpmpp_2s", "tcd"],
)
def test_sd_goes_on_at_each_step(sampler: str) -> None:
    resumes_at_each_step(tiny.sd(), sampler, guidance_scale=5.0)


@pytest.mark.parametrize("sampler", ["dpmpp_2m_karras", "euler_a"])
def test_sdxl_goes_on_at_each_step(sampler: str) -> None:
    resumes_at_each_step(tiny.sdxl(), sampler, guidance_scale=5.0)


@pytest.mark.parametrize("sampler", [None, "flow_euler", "unipc", "dpmpp_2m"])
def test_flux_goes_on_at_each_step(sampler: str | None) -> None:
    if sampler == "dpmpp_2m":
        with pytest.raises(BadSpec, match="noise schedule"):
            resumes_at_each_step(tiny.flux(), sampler)
        return
    resumes_at_each_step(tiny.flux(), sampler)


@pytest.mark.parametrize("family", ["wan", "wan22"])
@pytest.mark.parametrize("sampler", [None, "dpmpp_2m", "euler"])
def test_wan_goes_on_at_each_step(family: str, sampler: str | None) -> None:
    resumes_at_each_step(tiny.FAMILIES[family](), sampler, num_frames=5, guidance_scale=3.0)


def test_a_pipeline_without_a_callback_is_seen_by_its_scheduler() -> None:
    class Silent(type(tiny.sd())):  # type: ignore[misc]
        """As those that know no `callback_on_step_end`."""

        def __call__(self, prompt: str, height: int, width: int, num_inference_steps: int, generator: Any) -> Any:
            return super().__call__(
                prompt, height, width, num_inference_steps, generator=generator, guidance_scale=5.0, output_type="np"
            )

    pipe = Silent(**tiny.sd().components, requires_safety_checker=False)
    del USUAL["output_type"]
    try:
        resumes_at_each_step(pipe, "dpmpp_2m")
    finally:
        USUAL["output_type"] = "np"


def test_without_the_solvers_state_it_would_be_another_picture() -> None:
    pipe = tiny.sd()
    pipe.set_progress_bar_config(disable=True)
    own, keep = pipe.scheduler, {}
    whole, _ = walk_through(pipe, scheduler_for("dpmpp_2m_karras", own, pipe), keep)
    done, state, tensors = keep[3]
    poor = {**state, "solver": {"is": "dict", "items": {"_step_index": 3}}}
    again, _ = walk_through(pipe, scheduler_for("dpmpp_2m_karras", own, pipe), None, (done, poor, tensors))
    assert not np.array_equal(again, whole)


def with_model_offload(pipe: Any) -> None:
    pipe.enable_model_cpu_offload(device="cpu")


def with_group_offload(pipe: Any) -> None:
    memory.offload_groups(pipe, CPU)


@pytest.mark.parametrize("offload", [with_model_offload, with_group_offload])
@pytest.mark.parametrize("family", ["sd15", "flux", "wan22"])
def test_it_goes_on_under_the_hooks_of_offloading(family: str, offload: Any) -> None:
    """The hooks replace `forward`, some after each call; here they move from the CPU to the CPU."""
    more = {"num_frames": 5, "guidance_scale": 3.0} if family == "wan22" else {}
    plain = tiny.FAMILIES[family]()
    plain.set_progress_bar_config(disable=True)
    whole, _ = walk_through(plain, scheduler_for(None, plain.scheduler, plain), **more)
    pipe = tiny.FAMILIES[family]()
    pipe.set_progress_bar_config(disable=True)
    own, keep = pipe.scheduler, {}
    offload(pipe)
    under, _ = walk_through(pipe, scheduler_for(None, own, pipe), keep, **more)
    assert np.allclose(under, whole, atol=1e-5)
    for saved in (keep[1], keep[3], keep[STEPS]):
        again, calls = walk_through(pipe, scheduler_for(None, own, pipe), None, saved, **more)
        assert np.array_equal(again, under)
        assert calls["denoised"] == STEPS - saved[0]


def test_the_last_state_needs_no_denoiser() -> None:
    pipe = tiny.flux()
    pipe.set_progress_bar_config(disable=True)
    keep: dict[int, Any] = {}
    whole, _ = walk_through(pipe, scheduler_for(None, pipe.scheduler, pipe), keep)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the denoiser was called")

    pipe.transformer.forward = refuse
    again, _ = walk_through(pipe, scheduler_for(None, pipe.scheduler, pipe), None, keep[STEPS])
    assert np.array_equal(again, whole)
