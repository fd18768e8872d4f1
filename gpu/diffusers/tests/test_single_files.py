"""Models that come as single files: what their families' configs are, and that a set of files is the whole model."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import ldm
import numpy as np
import pytest
import single
import tiny
import tiny_parts
import torch
from hearth_worker import configs, inputs, loading
from hearth_worker.failures import ModelMissing, ModelUnusable
from hearth_worker.spec import Spec, as_spec
from house import spec_of
from safetensors.torch import save_file


def spec_for(file: Path, parts: dict[str, Path]) -> Spec:
    """A spec whose model is a file and its parts."""
    spec = spec_of(file, "flux", 1, {"steps": 2}, {})
    named = {part: str(path) for part, path in parts.items()}
    spec["model"] |= {"format": file.suffix.removeprefix("."), "parts": named}
    return as_spec(spec)


def picture(pipe: Any, spec: Spec) -> np.ndarray:
    """What a pipeline makes of a spec."""
    pipe.set_progress_bar_config(disable=True)
    arguments = inputs.arguments_for(pipe, spec, {})
    return pipe(**arguments, generator=torch.Generator().manual_seed(7)).images


@pytest.fixture
def published(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a tiny family in the place of a published one: its configs, without weights and tokenizers, come along."""
    monkeypatch.setattr(configs, "CONFIGS", tmp_path / "configs")
    monkeypatch.setattr(configs, "FLUX", [32, 16])
    monkeypatch.setattr(configs, "FLUX_BLOCKS", 1)
    monkeypatch.setattr(configs, "Z_IMAGE", [32, 64])
    monkeypatch.setattr(configs, "clip_tokenizer", lambda _pad: tiny_parts.clip_tokenizer())
    monkeypatch.setattr(configs, "t5_tokenizer", tiny_parts.t5_tokenizer)

    def place(family: str, name: str) -> None:
        left = shutil.ignore_patterns("*.safetensors", "tokenizer*")
        shutil.copytree(tiny.write(family, models / family), tmp_path / "configs" / name, ignore=left)

    return place


@pytest.mark.parametrize("quantised", [False, True])
def test_z_image_is_three_files(published: Any, tmp_path: Path, quantised: bool) -> None:
    published("z-image", "z-image")
    whole = tiny.FAMILIES["z-image"]()
    file = single.write_gguf(single.z_image_state(whole.transformer), tmp_path / "z.gguf", quantised)
    parts = {
        "transformer": file,
        "vae": ldm.write_vae(whole.vae, tmp_path / "ae.safetensors"),
        "llm": single.write_qwen(whole.text_encoder, whole.tokenizer, tmp_path / "qwen.gguf"),
    }
    spec = spec_for(file, parts)
    whole.tokenizer.chat_template = configs.CHAT
    made = picture(loading.load_pipeline(spec, False, lambda *_: None), spec)
    assert np.allclose(made, picture(whole, spec), atol=0.05 if quantised else 1e-3)
    save_file(whole.text_encoder.state_dict(), tmp_path / "qwen.safetensors")
    poor = spec_for(file, parts | {"llm": tmp_path / "qwen.safetensors"})
    with pytest.raises(ModelMissing, match="brings no tokenizer"):
        loading.load_pipeline(poor, False, lambda *_: None)


@pytest.mark.parametrize("suffix", ["safetensors", "gguf"])
def test_flux_is_four_files(published: Any, tmp_path: Path, suffix: str) -> None:
    published("flux", "flux1-schnell")
    whole = tiny.FAMILIES["flux"]()
    file = tmp_path / f"flux.{suffix}"
    state = {key: tensor.contiguous() for key, tensor in whole.transformer.state_dict().items()}
    save_file(state, file) if suffix == "safetensors" else single.write_gguf(state, file, quantised=True)
    words = {"clipL": whole.text_encoder, "t5": whole.text_encoder_2}
    parts = {"transformer": file, "vae": ldm.write_vae(whole.vae, tmp_path / "ae.safetensors")}
    for part, encoder in words.items():
        parts[part] = tmp_path / f"{part}.safetensors"
        kept = {key: tensor.clone() for key, tensor in encoder.state_dict().items() if key != TIED}
        save_file(clip_names(kept) if part == "clipL" else kept, parts[part])
    spec = spec_for(file, parts)
    made = picture(loading.load_pipeline(spec, False, lambda *_: None), spec)
    assert np.allclose(made, picture(whole, spec), atol=1e-3 if suffix == "safetensors" else 0.05)
    del kept["encoder.final_layer_norm.weight"]
    save_file(kept, parts["t5"])
    with pytest.raises(ModelUnusable, match="final_layer_norm"):
        loading.load_pipeline(spec, False, lambda *_: None)


TIED = "encoder.embed_tokens.weight"  # is `shared.weight`


def clip_names(state: single.State) -> single.State:
    """As OpenAI's file, and those made of it, have them."""
    return {key if key.startswith("text_model.") else f"text_model.{key}": tensor for key, tensor in state.items()}


@pytest.mark.parametrize(
    ("name", "part", "parameters"),
    [
        ("flux1-dev", "transformer", 11_901_408_320),
        ("flux1-schnell", "transformer", 11_891_178_560),
        ("flux1-dev", "vae", 83_819_683),
        ("flux1-dev", "text_encoder", 123_060_480),
        ("flux1-dev", "text_encoder_2", 4_762_310_656),
        ("z-image", "transformer", 6_154_908_736),
        ("z-image", "vae", 83_819_683),
    ],
)
def test_the_configs_that_come_along_have_the_size_of_the_published_models(
    name: str, part: str, parameters: int
) -> None:
    import json

    import diffusers
    import transformers

    folder = configs.CONFIGS / name
    library, class_name = json.loads((folder / "model_index.json").read_text())[part]
    settings = json.loads((folder / part / "config.json").read_text())
    with torch.device("meta"):
        if library == "diffusers":
            made = getattr(diffusers, class_name).from_config(settings)
        else:
            cls = getattr(transformers, class_name)
            made = cls(cls.config_class(**settings))
    assert sum(parameter.numel() for parameter in made.parameters()) == parameters


def test_the_words_that_come_along_are_those_of_t5() -> None:
    tokenizer = configs.t5_tokenizer()
    assert len(tokenizer) == 32100
    assert tokenizer("A photo of a cat,  ½ ﬁne").input_ids == EXPECTED


EXPECTED = [71, 1202, 13, 3, 9, 1712, 6, 209, 2, 357, 1399, 1]  # as the tokenizer that its authors published has it


def test_a_denoiser_of_another_shape_is_not_taken_for_one_that_is_known() -> None:
    flux = {"img_in.weight": [3072, 64]} | {f"double_blocks.{n}.img_mod.lin.weight": [1, 1] for n in range(19)}
    assert configs.denoiser_config(flux) == "flux1-schnell"
    assert configs.denoiser_config(flux | {"guidance_in.in_layer.weight": [1, 1]}) == "flux1-dev"
    assert configs.denoiser_config({f"model.diffusion_model.{key}": shape for key, shape in flux.items()})
    fill, chroma = {"img_in.weight": [3072, 384]}, {"distilled_guidance_layer.in_proj.weight": [1, 1]}
    smaller = {key: shape for key, shape in flux.items() if ".18." not in key}
    for other in (flux | fill, flux | chroma, smaller, {"x_embedder.weight": [3840, 64]}):
        assert configs.denoiser_config(other) is None
