"""What each family's own pipeline must be able to do: go on at each step, begin with a picture, stop, be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from hearth_worker import adapters, inputs, loading, memory
from hearth_worker.failures import BadSpec, Stopped
from hearth_worker.previews import expected, preview_of
from hearth_worker.spec import File, Spec, as_spec
from hearth_worker.walk import Walk, can_go_on
from house import SHA, spec_of
from PIL import Image
from walking import CPU, goes_on_from_each_step

PICTURES = ["sd3", "flux", "flux2", "qwen-image", "z-image"]
CLIPS = ["wan", "wan-ti2v", "ltx-video", "hunyuan-video"]
SIDES = {"flux2": 64}  # pixels: the least that FLUX.2 begins with
BRIEFLY = {"flux2": {"max_sequence_length": 32}}  # it fills each prompt up to 512 words
GIVEN = {
    "init": Image.effect_mandelbrot((64, 64), (-2, -1, 1, 1), 20).convert("RGB"),
    "mask": Image.linear_gradient("L").resize((64, 64)),
}


def spec_for(family: str, folder: Path = Path("/nowhere"), given: tuple[str, ...] = (), **more: Any) -> Spec:
    """A spec that begins with the pictures of these names."""
    side = SIDES.get(family, 32)
    params = {"steps": 4, "strength": 0.75, "width": side, "height": side} | more.pop("params", {})
    files = {name: {"path": f"in/{name}.png", "sha256": SHA, "mediaType": "image/png"} for name in given}
    return as_spec(spec_of(folder, family, 1, params, {"inputs": files} | more))


def made_ready(family: str, spec: Spec) -> tuple[Any, dict[str, Any]]:
    """The pipeline that does what a spec asks for, and its arguments."""
    pipe = inputs.pipeline_for(tiny.FAMILIES[family](), spec)
    pipe.set_progress_bar_config(disable=True)
    size = (spec.params.width, spec.params.height)
    arguments = inputs.arguments_for(pipe, spec, {name: GIVEN[name].resize(size) for name in spec.inputs})
    return pipe, arguments | BRIEFLY.get(family, {})


@pytest.mark.parametrize("family", [*PICTURES[2:], "sd3", *CLIPS[1:]])
def test_it_goes_on_at_each_step(family: str) -> None:
    pipe, arguments = made_ready(family, spec_for(family))
    assert can_go_on(pipe)
    goes_on_from_each_step(pipe, None, arguments)


@pytest.mark.parametrize("family", ["sd3", "hunyuan-video"])
def test_a_solver_of_second_order_goes_on_at_each_step(family: str) -> None:
    pipe, arguments = made_ready(family, spec_for(family))
    goes_on_from_each_step(pipe, "unipc", arguments)


@pytest.mark.parametrize("family", [*PICTURES[:1], *PICTURES[2:], "wan-ti2v", "ltx-video"])
def test_it_begins_with_a_picture_and_goes_on_at_each_step(family: str) -> None:
    spec = spec_for(family, given=("init",))
    pipe, arguments = made_ready(family, spec)
    whole = goes_on_from_each_step(pipe, None, arguments)
    arguments["image"] = Image.new("RGB", arguments["image"].size, "#ffffff")
    assert not np.array_equal(whole, goes_on_from_each_step(pipe, None, arguments, steps=()))


@pytest.mark.parametrize("family", ["sd3", "flux", "qwen-image", "z-image"])
def test_a_masked_part_is_painted_and_gone_on_with_at_each_step(family: str) -> None:
    pipe, arguments = made_ready(family, spec_for(family, given=("init", "mask")))
    assert type(pipe).__name__.endswith("InpaintPipeline")
    goes_on_from_each_step(pipe, None, arguments)


@pytest.mark.parametrize(
    ("family", "given"),
    [("flux2", ("init", "mask")), ("ltx-video", ("init", "mask")), ("wan", ("init",)), ("hunyuan-video", ("init",))],
)
def test_a_picture_that_a_family_has_no_use_for_is_refused(family: str, given: tuple[str, ...]) -> None:
    with pytest.raises(BadSpec, match="begin with|nothing with"):
        made_ready(family, spec_for(family, given=given))


def test_the_two_denoisers_of_wan_keep_their_boundary_when_a_clip_begins_with_a_picture() -> None:
    pipe = tiny.wan(transformer_2=tiny.wan_transformer(), boundary_ratio=0.6, expand_timesteps=True)
    made = inputs.pipeline_for(pipe, spec_for("wan22", given=("init",)))
    assert (type(made).__name__, made.config.boundary_ratio) == ("WanImageToVideoPipeline", 0.6)


@pytest.mark.parametrize("family", [*PICTURES, *CLIPS])
def test_a_cancel_after_a_step_decodes_nothing_and_each_step_can_be_looked_at(family: str) -> None:
    pipe, arguments = made_ready(family, spec_for(family, params={"width": 64}))
    seen = []

    def on_step(done: int, _steps: int, latents: torch.Tensor) -> None:
        guess = expected(pipe.scheduler, walk.step_input, latents)
        seen.append(preview_of(pipe, guess, (64, 32), 512))
        if done == 2:
            raise Stopped(130)

    def decode(*_: Any, **__: Any) -> None:
        raise AssertionError("it was decoded")

    pipe.vae.decode = decode
    walk = Walk(pipe, CPU, torch.Generator("cpu").manual_seed(7), on_step, lambda: None)
    with pytest.raises(Stopped):
        walk.run(arguments)
    assert [picture.size for picture in seen] == [(64, 32)] * 2


@pytest.mark.parametrize("family", [*PICTURES, *CLIPS])
def test_fp8_layers_render(family: str) -> None:
    spec = spec_for(family, memory={"dtype": "bfloat16", "quantisation": "fp8"}, params={"steps": 2})
    pipe, arguments = made_ready(family, spec)
    pipe.to(dtype=torch.bfloat16)
    memory.place(pipe, spec.memory, CPU)
    assert torch.float8_e4m3fn in {parameter.dtype for parameter in pipe.transformer.parameters()}
    goes_on_from_each_step(pipe, None, arguments, steps=())


def write_lora(pipe: Any, path: Path) -> File:
    """A LoRA of rank 2 for the attention of a transformer, as trainers save it."""
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    torch.manual_seed(5)
    pipe.transformer.add_adapter(
        LoraConfig(r=2, target_modules=["to_q", "to_k", "to_v", "to_out.0"], init_lora_weights=False)
    )
    layers = get_peft_model_state_dict(pipe.transformer)
    type(pipe).save_lora_weights(path.parent, transformer_lora_layers=layers, weight_name=path.name)
    return File(path=str(path), sha256=SHA, name="tiny", scale=1.0)


@pytest.mark.parametrize("family", [*PICTURES, *CLIPS])
def test_a_lora_of_a_transformer_changes_what_is_made_and_stays_when_it_goes_on(family: str, tmp_path: Path) -> None:
    spec = spec_for(family, params={"steps": 3})
    lora = write_lora(tiny.FAMILIES[family](), tmp_path / "lora.safetensors")
    pipe, arguments = made_ready(family, spec)
    plain = goes_on_from_each_step(pipe, None, arguments, steps=())
    adapters.load_loras(pipe, (lora,))
    assert not np.allclose(plain, goes_on_from_each_step(pipe, None, arguments, steps=(1,)), atol=1e-4)


@pytest.mark.parametrize("family", [*PICTURES, *CLIPS])
def test_a_folder_is_loaded_as_it_was_saved(family: str, models: Path) -> None:
    folder = tiny.write(family, models / family)
    spec = spec_for(family, folder, params={"steps": 2})
    pipe = loading.load_pipeline(spec, False, lambda *_: None)
    pipe.set_progress_bar_config(disable=True)
    fresh, arguments = made_ready(family, spec)
    made = goes_on_from_each_step(pipe, None, arguments, steps=())
    assert np.allclose(made, goes_on_from_each_step(fresh, None, arguments, steps=()), atol=1e-3)
