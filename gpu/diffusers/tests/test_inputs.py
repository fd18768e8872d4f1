"""Renders that begin with pictures; and specs that can't be rendered."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from house import Folders, digests, give, last_checkpoint, rendered, result_of, worker
from PIL import Image
from safetensors.torch import load_file, save_file

RED = Image.new("RGB", (40, 40), "#cc2211")
BLUE = Image.new("RGB", (40, 40), "#1122cc")


@pytest.mark.parametrize("family", ["sd15", "sdxl", "flux"])
def test_a_picture_is_changed(folders: Folders, family: str) -> None:
    params = {"strength": 0.5, "steps": 6}
    red, blue = (give(folders.new(family, params), init=init) for init in (RED, BLUE))
    with worker(red) as running:
        assert running.end() == 0, (red / "log.txt").read_text()
    steps = [line for line in running.lines if line["type"] == "progress" and "step" in line]
    assert (steps[-1]["step"], steps[-1]["steps"]) == (3, 3)
    rendered(blue)
    assert digests(red) != digests(blue)
    again = give(folders.new(family, params, resumeFrom=str(sorted((red / "ckpt").iterdir())[0])), init=RED)
    assert rendered(again)["resumedFrom"] == 2
    assert digests(again) == digests(red)


def test_only_the_masked_part_is_painted(folders: Folders) -> None:
    mask = Image.new("L", (32, 32), 0)
    mask.paste(255, (16, 0, 32, 32))
    folder = give(folders.new("sd15", {"strength": 1.0, "sampler": "euler_a"}), init=RED, mask=mask)
    result = rendered(folder)
    assert result["params"]["pipeline"] == "StableDiffusionInpaintPipeline"
    again = folders.new("sd15", {"strength": 1.0, "sampler": "euler_a"}, resumeFrom=last_checkpoint(folder))
    assert rendered(give(again, init=RED, mask=mask))["resumedFrom"] == 4
    assert digests(again) == digests(folder)


def test_a_controlnet_through_the_worker(folders: Folders, tmp_path: Path) -> None:
    import tiny

    tiny.controlnet().save_pretrained(tmp_path / "control")
    control = {"path": str(tmp_path / "control"), "sha256": "c" * 64, "scale": 1.0}
    params = {"steps": 4, "sampler": "dpmpp_2m"}
    whole = give(folders.new("sd15", params, controlnet=control), control=RED)
    result = rendered(whole)
    assert result["params"]["pipeline"] == "StableDiffusionControlNetPipeline"
    first = str(sorted((whole / "ckpt").iterdir())[0])
    again = give(folders.new("sd15", params, controlnet=control, resumeFrom=first), control=RED)
    assert rendered(again)["resumedFrom"] == 3
    assert digests(again) == digests(whole)


@pytest.mark.parametrize(
    ("family", "params", "more", "words"),
    [
        ("sd15", {"sampler": "nonsense"}, {}, "does not suit"),
        ("flux", {"sampler": "dpmpp_2m_karras"}, {}, "does not suit"),
        ("flux", {"sampler": "dpmpp_2m"}, {}, "noise schedule"),
        ("sd15", {}, {"function": "video"}, "makes no clips"),
        ("sd15", {}, {"function": "upscale"}, "does no"),
        ("sd15", {}, {"model": None}, "needs a model"),
        ("sd15", {}, {"v": 1}, "version 2"),
        ("sd15", {"height": None}, {}, ""),
    ],
)
def test_what_cannot_be_rendered_is_refused(
    folders: Folders, family: str, params: dict[str, Any], more: dict[str, Any], words: str
) -> None:
    folder = folders.new(family, params, **more)
    with worker(folder) as running:
        assert running.end() == 65
    said = [line["message"] for line in running.lines if line["type"] == "failed"]
    assert words in "".join(said) + (folder / "log.txt").read_text()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a device here")
def test_a_device_that_torch_does_not_find_is_left_alone(folders: Folders) -> None:
    folder = folders.new(device={"id": "GPU-1", "kind": "cuda", "name": "None"})
    with worker(folder) as running:
        assert running.end() == 78
    assert running.lines[-1]["code"] == "device_fatal" and "no cuda device" in running.lines[-1]["message"]


def test_an_input_that_is_no_picture_is_refused(folders: Folders) -> None:
    folder = give(folders.new(), init=RED)
    (folder / "in" / "init.png").write_bytes(b"<svg/>")
    with worker(folder) as running:
        assert running.end() == 65
    assert "not a picture" in running.lines[-1]["message"]


def spoilt(folders: Folders, target: Path, part: str, value: float) -> Path:
    """A folder whose model has one component's last layer filled with a number, and nothing before it."""
    folder = folders.new()
    shutil.copytree(folders.models / "sd15", target)

    (weights,) = (target / part).glob("*.safetensors")
    last = ("conv_out.bias", "decoder.conv_out.bias")
    filled = {key: torch.full_like(tensor, value if key in last else 0.0) for key, tensor in load_file(weights).items()}
    save_file(filled, weights)
    spec = json.loads((folder / "spec.json").read_text())
    spec["model"]["path"] = str(target)
    (folder / "spec.json").write_text(json.dumps(spec))
    return folder


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [("unet", np.nan, "latents"), ("vae", np.nan, "decoded"), ("vae", -100.0, "black")],
)
def test_a_broken_model_makes_no_picture(folders: Folders, tmp_path: Path, part: str, value: float, words: str) -> None:
    folder = spoilt(folders, tmp_path / "model", part, value)
    with worker(folder) as running:
        assert running.end() == 76
    assert running.lines[-1]["code"] == "bad_output" and words in running.lines[-1]["message"]
    assert not (folder / "result.json").exists()


def test_the_result_has_every_parameter(folders: Folders) -> None:
    folder = folders.new(params={"sampler": "unipc"})
    rendered(folder)
    params = result_of(folder)["params"]
    assert (params["scheduler"], params["pipeline"]) == ("UniPCMultistepScheduler", "StableDiffusionPipeline")
    assert params["prompt"] == "a cat" and params["memory"]["dtype"] == "float32" and params["modelSha256"] == "a" * 64
