"""What is loaded, what is refused, and what is added to a model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import ldm
import numpy as np
import pytest
import single
import tiny
import torch
from hearth_worker import adapters, inputs, loading, memory
from hearth_worker.configs import CONFIGS, clip_tokenizer, known_config
from hearth_worker.failures import BadSpec, ModelMissing, ModelUnusable
from hearth_worker.spec import File, Spec, as_spec
from house import SHA, spec_of
from PIL import Image
from safetensors.torch import save_file


def spec_for(folder: Path, params: dict[str, Any] | None = None, **more: Any) -> Spec:
    """A spec whose model is a folder, or a file with its parts."""
    spec = spec_of(folder, "sd15", 1, params or {}, {})
    spec["model"] |= more.pop("model", {})
    return as_spec(spec | more)


def load(spec: Spec) -> Any:
    """A loaded pipeline."""
    pipe = loading.load_pipeline(spec, False, lambda *_: None)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def picture(pipe: Any, spec: Spec, **given: Any) -> np.ndarray:
    """What a pipeline makes of a spec."""
    arguments = inputs.arguments_for(pipe, spec, given)
    return pipe(**arguments, generator=torch.Generator().manual_seed(7)).images


@pytest.fixture
def sd(models: Path) -> Path:
    """The folder of a tiny SD."""
    return tiny.write("sd15", models / "sd15")


@pytest.fixture
def flux(models: Path) -> Path:
    """The folder of a tiny FLUX."""
    return tiny.write("flux", models / "flux")


def bare(folder: Path, target: Path, without: tuple[str, ...]) -> Path:
    """A copy of a pipeline folder in which some components have no weights."""
    shutil.copytree(folder, target)
    for name in without:
        for weights in (target / name).glob("*.safetensors"):
            weights.unlink()
    return target


# ---- what is refused


@pytest.mark.parametrize("name", ["model.ckpt", "model.bin", "model.pt", "model.safetensors", "model.gguf"])
def test_a_pickle_is_refused_whatever_its_name(sd: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    torch.save({"weight": torch.zeros(1)}, file)
    model = {"path": str(file), "format": "gguf" if name.endswith("gguf") else "safetensors"}
    with pytest.raises(ModelUnusable, match="neither safetensors nor GGUF"):
        load(spec_for(sd, model=model))


def test_a_folder_with_a_pickle_for_weights_is_refused(sd: Path, tmp_path: Path) -> None:
    folder = bare(sd, tmp_path / "m", ("unet",))
    torch.save({}, folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(ModelUnusable, match="pickle"):
        load(spec_for(folder))


def change(path: Path, **fields: Any) -> None:
    """Changes a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_code_of_a_model_is_never_run(sd: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for number, spoil in enumerate((with_file, with_auto_map, with_class, with_library)):
        folder = bare(sd, tmp_path / f"m{number}", ())
        (tmp_path / "evil").mkdir(exist_ok=True)
        spoil(folder, f"open({str(ran)!r}, 'w')")
        with pytest.raises(ModelUnusable, match="code|not of diffusers"):
            load(spec_for(folder))
    assert not ran.exists()


def with_file(folder: Path, code: str) -> None:
    (folder / "unet" / "modeling.py").write_text(code)


def with_auto_map(folder: Path, _code: str) -> None:
    change(folder / "text_encoder" / "config.json", auto_map={"AutoModel": "modeling.Evil"})


def with_class(folder: Path, _code: str) -> None:
    change(folder / "model_index.json", _class_name=["pipeline", "Evil"])


def with_library(folder: Path, _code: str) -> None:
    change(folder / "model_index.json", unet=["os", "system"])


def test_what_is_missing_is_named(sd: Path, tmp_path: Path) -> None:
    folder = bare(sd, tmp_path / "m", ())
    shutil.rmtree(folder / "vae")
    with pytest.raises(ModelMissing, match="vae"):
        load(spec_for(folder))
    with pytest.raises(ModelMissing, match="model_index.json"):
        load(spec_for(tmp_path / "nothing"))
    with pytest.raises(ModelMissing, match=r"nothing\.safetensors"):
        load(spec_for(sd, model={"path": str(tmp_path / "nothing.safetensors"), "format": "safetensors"}))


def test_damaged_weights_are_refused(sd: Path, tmp_path: Path) -> None:
    folder = bare(sd, tmp_path / "m", ())
    (weights,) = (folder / "unet").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:2000])
    with pytest.raises(ModelUnusable):
        load(spec_for(folder))


# ---- single files


def test_a_checkpoint_with_its_configs_beside_it_is_the_same_model(sd: Path, tmp_path: Path) -> None:
    whole = load(spec_for(sd))
    bare(sd, tmp_path / "config", ("unet", "vae", "text_encoder"))
    file = ldm.write_checkpoint(whole, tmp_path / "model.safetensors")
    spec = spec_for(sd, model={"path": str(file), "format": "safetensors"})
    assert np.array_equal(picture(load(spec), spec), picture(whole, spec))


def test_a_vae_beside_a_checkpoint_stands_for_its_own(sd: Path, tmp_path: Path) -> None:
    whole, other = load(spec_for(sd)), tiny.vae()
    bare(sd, tmp_path / "config", ("unet", "vae", "text_encoder"))
    file = ldm.write_checkpoint(whole, tmp_path / "model.safetensors")
    vae = ldm.write_vae(other, tmp_path / "vae.safetensors")
    spec = spec_for(sd, model={"path": str(file), "format": "safetensors", "parts": {"vae": str(vae)}})
    made, before = picture(load(spec), spec), picture(whole, spec)
    whole.vae = other
    assert np.allclose(made, picture(whole, spec), atol=1e-5) and not np.allclose(made, before, atol=1e-3)


def test_what_is_worth_less_room_is_quantised_and_clip_is_not() -> None:
    from hearth_worker.quantisation import pipeline_quantisation
    from hearth_worker.spec import Memory

    parts = {"transformer": "HunyuanVideoTransformer3DModel", "text_encoder": "LlamaModel", "vae": "AutoencoderKL"}
    given = {name: ("", cls) for name, cls in (parts | {"text_encoder_2": "CLIPTextModel"}).items()}
    plan = pipeline_quantisation(Memory(dtype="bfloat16", quantisation="nf4"), given)
    assert plan is not None and sorted(plan.components_to_quantize) == ["text_encoder", "transformer"]


def test_a_file_of_an_unknown_family_asks_for_its_configs(sd: Path, tmp_path: Path) -> None:
    file = ldm.write_checkpoint(tiny.sd(), tmp_path / "model.safetensors")
    with pytest.raises(ModelMissing, match="config"):
        load(spec_for(sd, model={"path": str(file), "format": "safetensors"}))


@pytest.mark.parametrize("suffix", ["safetensors", "gguf"])
def test_a_denoiser_in_a_file_of_its_own(flux: Path, tmp_path: Path, suffix: str) -> None:
    whole = load(spec_for(flux))
    bare(flux, tmp_path / "config", ("transformer", "vae", "text_encoder_2"))
    file = tmp_path / f"model.{suffix}"
    state = {key: tensor.contiguous() for key, tensor in whole.transformer.state_dict().items()}
    if suffix == "gguf":
        single.write_gguf(state, file)
    else:
        save_file(state, file)
    vae, t5 = tmp_path / "ae.safetensors", tmp_path / "t5.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in whole.vae.state_dict().items()}, vae)
    kept = {
        key: tensor.clone() for key, tensor in whole.text_encoder_2.state_dict().items() if "embed_tokens" not in key
    }
    save_file(kept, t5)
    parts = {"vae": str(vae), "t5": str(t5)}
    spec = spec_for(flux, model={"path": str(file), "format": suffix, "parts": parts})
    assert np.allclose(picture(load(spec), spec), picture(whole, spec), atol=1e-3)


@pytest.mark.parametrize(("family", "parameters"), [("sd15", 859_520_964), ("sdxl", 2_567_463_684)])
def test_the_configs_that_come_along_are_those_of_the_published_models(family: str, parameters: int) -> None:
    from diffusers import AutoencoderKL, UNet2DConditionModel

    def size(cls: Any, part: str) -> int:
        with torch.device("meta"):
            made = cls.from_config(json.loads((CONFIGS / family / part / "config.json").read_text()))
        return sum(parameter.numel() for parameter in made.parameters())

    assert size(UNet2DConditionModel, "unet") == parameters
    assert size(AutoencoderKL, "vae") == 83_653_863


def test_the_tokenizer_that_comes_along_is_clips() -> None:
    tokenizer = clip_tokenizer("<|endoftext|>")
    assert len(tokenizer) == 49408
    assert tokenizer("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]


def test_a_published_shape_is_recognised(tmp_path: Path) -> None:
    file = tmp_path / "m.safetensors"
    first = torch.zeros(320, 4, 3, 3)
    key = "model.diffusion_model.input_blocks.{}.1.transformer_blocks.0.attn2.to_k.weight"
    save_file({"model.diffusion_model.input_blocks.0.0.weight": first, key.format(4): torch.zeros(1, 2048)}, file)
    assert known_config(file) == CONFIGS / "sdxl"
    save_file({"model.diffusion_model.input_blocks.0.0.weight": first, key.format(1): torch.zeros(1, 768)}, file)
    assert known_config(file) == CONFIGS / "sd15"
    save_file({"model.diffusion_model.input_blocks.0.0.weight": torch.zeros(320, 9, 3, 3)}, file)
    assert known_config(file) is None


# ---- LoRA and ControlNet


def write_lora(path: Path, layer: str = "to_q", width: int = tiny.WIDTH) -> File:
    """A LoRA of rank 2 for one layer of the tiny UNet, made by peft."""
    from diffusers import StableDiffusionPipeline
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    torch.manual_seed(5)
    unet = tiny.unet(cross_attention_dim=width)
    unet.add_adapter(LoraConfig(r=2, target_modules=[layer, "to_k"], init_lora_weights=False))
    StableDiffusionPipeline.save_lora_weights(path.parent, get_peft_model_state_dict(unet), weight_name=path.name)
    return File(path=str(path), sha256=SHA, name="tiny", scale=1.0)


def test_a_lora_changes_the_picture_by_its_scale(sd: Path, tmp_path: Path) -> None:
    spec = spec_for(sd)
    plain = picture(load(spec), spec)
    lora = write_lora(tmp_path / "lora.safetensors")
    made = {}
    for scale in (0.0, 0.5, 1.0):
        pipe = load(spec)
        adapters.load_loras(pipe, (File(lora.path, SHA, "tiny", scale),))
        made[scale] = picture(pipe, spec)
    assert np.allclose(made[0.0], plain, atol=1e-5)
    assert not np.allclose(made[0.5], plain, atol=1e-3) and not np.allclose(made[1.0], made[0.5], atol=1e-3)


def test_a_lora_of_another_model_is_refused(sd: Path, tmp_path: Path) -> None:
    pipe = load(spec_for(sd))
    other = write_lora(tmp_path / "wide.safetensors", width=48)
    with pytest.raises(ModelUnusable, match="does not fit"):
        adapters.load_loras(pipe, (other,))
    foreign = tmp_path / "foreign.safetensors"
    save_file({"transformer.blocks.0.attn.lora_A.weight": torch.zeros(2, 8)}, foreign)
    with pytest.raises(ModelUnusable, match="does not fit"):
        adapters.load_loras(load(spec_for(sd)), (File(str(foreign), SHA, "foreign"),))
    pickled = tmp_path / "lora.bin"
    torch.save({}, pickled)
    with pytest.raises(ModelUnusable, match="pickle"):
        adapters.load_loras(pipe, (File(str(pickled), SHA),))


def test_a_controlnet_is_followed(sd: Path, tmp_path: Path) -> None:
    tiny.controlnet().save_pretrained(tmp_path / "control")
    control = {"path": str(tmp_path / "control"), "sha256": SHA, "scale": 1.0}
    given = {"control": {"path": "in/c.png", "sha256": SHA, "mediaType": "image/png"}}
    spec = spec_for(sd, controlnet=control, inputs=given)
    made = adapters.load_controlnet(spec.controlnet, torch.float32)
    pipe = inputs.pipeline_for(load(spec), spec, made)
    pipe.set_progress_bar_config(disable=True)
    dark, light = (picture(pipe, spec, control=Image.new("RGB", (32, 32), colour)) for colour in ("#102030", "#ffeecc"))
    assert not np.allclose(dark, light, atol=1e-3)
    with pytest.raises(BadSpec, match="control"):
        picture(pipe, spec)
    change(tmp_path / "control" / "config.json", _class_name="UNet2DConditionModel")
    with pytest.raises(ModelUnusable, match="not a ControlNet"):
        adapters.load_controlnet(spec.controlnet, torch.float32)


# ---- memory


@pytest.mark.parametrize(
    "plan", [{"vaeTiling": True}, {"vaeSlicing": True}, {"offload": "model"}, {"offload": "group"}]
)
def test_a_plan_gives_the_same_picture_on_the_cpu(sd: Path, plan: dict[str, Any]) -> None:
    spec = spec_for(sd, memory={"dtype": "float32"} | plan)
    plain, placed = load(spec), load(spec)
    notes = memory.place(placed, spec.memory, torch.device("cpu"))
    assert bool(notes) == ("offload" in plan)
    assert np.allclose(picture(placed, spec), picture(plain, spec), atol=1e-5)


def test_fp8_layers_render(sd: Path) -> None:
    spec = spec_for(sd, memory={"dtype": "bfloat16", "quantisation": "fp8"})
    pipe = load(spec)
    assert memory.place(pipe, spec.memory, torch.device("cpu")) == []
    kinds = {parameter.dtype for parameter in pipe.unet.parameters()}
    assert torch.float8_e4m3fn in kinds
    assert np.isfinite(picture(pipe, spec)).all()


@pytest.mark.parametrize(
    ("quantisation", "words"), [("int8", "bitsandbytes"), ("nf4", "bitsandbytes"), ("q4_k", "GGUF files")]
)
def test_a_quantisation_that_cannot_be_had_is_refused(
    sd: Path, monkeypatch: pytest.MonkeyPatch, quantisation: str, words: str
) -> None:
    import importlib.util

    from hearth_worker.quantisation import check_quantisation

    find = importlib.util.find_spec
    without = lambda name, *rest: None if name == "bitsandbytes" else find(name, *rest)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", without)
    spec = spec_for(sd, memory={"dtype": "float32", "quantisation": quantisation})
    with pytest.raises(BadSpec, match=words):
        check_quantisation(spec.memory, "diffusers")
        load(spec)
