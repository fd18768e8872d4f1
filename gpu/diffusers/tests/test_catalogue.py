"""The catalogue promises what can be loaded: the files that a profile names are a whole model to this worker."""

from __future__ import annotations

import json
import shutil
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import tiny
from hearth_worker import configs, inputs, loading
from hearth_worker.spec import as_spec
from house import SHA, spec_of

CATALOGUE = Path(__file__).parents[2] / "catalogue"
# What stands for a published repository: a tiny folder with the same components. By the longest beginning of its id.
STANDS = {
    "flux1/": "flux",
    "flux2/klein": "flux2",
    "flux2/dev": "flux2-dev",
    "hunyuan-video/": "hunyuan-video",
    "ltx-video/": "ltx-video",
    "qwen-image/": "qwen-image",
    "sdxl/": "sdxl",
    "wan/2.1-t2v": "wan",
    "wan/2.2-ti2v": "wan-ti2v",
    "wan/2.2-t2v-a14b": "wan22",
    "z-image/": "z-image",
}
# Sets of files that `test_single_files` and `test_models` load, and the configs that come along for them.
SETS = {
    "flux1": ({"transformer", "vae", "clipL", "t5"}, ("flux1-dev", "flux1-schnell")),
    "sd15": ({"checkpoint"}, ("sd15",)),
    "sdxl": ({"checkpoint", "vae"}, ("sdxl",)),
}
BEGINNINGS = {"text": (), "image": ("init",), "inpaint": ("init", "mask")}


def profiles() -> list[dict[str, Any]]:
    """The profiles that this engine is named for."""
    found = []
    for path in sorted(CATALOGUE.glob("*.toml")):
        family = tomllib.loads(path.read_text("utf-8"))
        for model in family["models"]:
            used = [family["shared"][name] for name in model.get("uses", [])]
            found.append({**family, **model, "files": [*model.get("files", []), *used]})
    return [profile for profile in found if "diffusers" in profile["engines"]]


FOLDERS = [profile for profile in profiles() if profile["format"] == "diffusers"]
SINGLE = [profile for profile in profiles() if profile["format"] != "diffusers"]


def downloaded(profile: dict[str, Any], models: Path, folder: Path) -> tuple[str, Path]:
    """A folder with what a profile's patterns take of a repository, and nothing else."""
    family = next(name for beginning, name in STANDS.items() if profile["id"].startswith(beginning))
    whole = tiny.write(family, models / family)
    halved = any("fp16" in pattern for pattern in profile["repo"]["include"])
    for path in whole.rglob("*"):
        name = path.relative_to(whole).as_posix()
        name = name.replace(".safetensors", ".fp16.safetensors") if halved else name
        if path.is_file() and any(matches(name, pattern) for pattern in profile["repo"]["include"]):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / name)
    if family == "flux2-dev":
        with_processor(folder)
    return family, folder


def matches(name: str, pattern: str) -> bool:
    """As the server's patterns do: a star ends at a slash."""
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatch, names, patterns))


def with_processor(folder: Path) -> None:
    """As FLUX.2 dev is published: its tokenizer is inside of a processor that could look at pictures."""
    for path, more in (
        (folder / "model_index.json", {"tokenizer": ["transformers", "PixtralProcessor"]}),
        (folder / "tokenizer" / "tokenizer_config.json", {"processor_class": "PixtralProcessor"}),
    ):
        path.write_text(json.dumps(json.loads(path.read_text()) | more))
    about = {
        "processor_class": "PixtralProcessor",
        "image_processor": {"image_processor_type": "PixtralImageProcessor"},
    }
    (folder / "tokenizer" / "processor_config.json").write_text(json.dumps(about))


@pytest.mark.parametrize("profile", FOLDERS, ids=lambda profile: profile["id"])
def test_a_folder_of_a_profile_is_whole_and_does_what_it_promises(
    profile: dict[str, Any], models: Path, tmp_path: Path
) -> None:
    family, folder = downloaded(profile, models, tmp_path / "model")
    (function,) = profile["functions"]
    for mode in set(profile["modes"]) - {"control"}:
        given = {name: {"path": f"in/{name}.png", "sha256": SHA} for name in BEGINNINGS[mode]}
        spec = as_spec(spec_of(folder, family, 1, {}, {"inputs": given, "function": function}))
        pipe = loading.load_pipeline(spec, False, lambda *_: None) if mode == "text" else pipe_of(family)
        if mode == "text":
            absent = [name for name, part in pipe.components.items() if part is None]
            assert set(absent) <= set(type(pipe)._optional_components)
        inputs.pipeline_for(pipe, spec)


def pipe_of(family: str) -> Any:
    """A fresh pipeline: what it can begin with is a question of its class alone."""
    return tiny.FAMILIES[family]()


@pytest.mark.parametrize("profile", SINGLE, ids=lambda profile: profile["id"])
def test_the_files_of_a_profile_are_a_set_that_is_loaded(profile: dict[str, Any]) -> None:
    parts, names = SETS[profile["family"]]
    assert {file["part"] for file in profile["files"]} == parts
    assert all((configs.CONFIGS / name / "model_index.json").is_file() for name in names)


def test_flux2_dev_reads_its_prompt_without_what_looks_at_pictures(models: Path, tmp_path: Path) -> None:
    (profile,) = [profile for profile in FOLDERS if profile["id"].startswith("flux2/dev")]
    family, folder = downloaded(profile, models, tmp_path / "model")
    spec = as_spec(spec_of(folder, family, 1, {"steps": 1}, {}))
    pipe = loading.load_pipeline(spec, False, lambda *_: None)
    pipe.set_progress_bar_config(disable=True)
    made = pipe(**inputs.arguments_for(pipe, spec, {}), max_sequence_length=32).images
    assert made.shape == (1, 32, 32, 3)
