"""The whole product with this worker: `hearth render` against a server, from a prompt to a file and back."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
import tiny
from PIL import Image

ROOT = Path(__file__).parents[3]
PATIENCE_S = 300  # of a machine that does other things too
# The sizes of these families begin at 256, which is slow here.
CATALOGUE = """
format = "diffusers"
engines = ["diffusers"]
licence = { id = "none", name = "None" }
size = { side = 64, min = 16, multiple = 16 }

[[models]]
id = "sd15/tiny"
label = "Tiny SD"
family = "sd15"
files = [{ path = "model_index.json" }]
tiers.low.vramBytes = 1000000

[[models]]
id = "wan/tiny"
label = "Tiny Wan"
family = "wan"
functions = ["video"]
files = [{ path = "model_index.json" }]
tiers.low.vramBytes = 1000000
"""


def bun() -> str:
    """Hearth's own runtime: that of the tests, else the one that is installed."""
    found = os.environ.get("HEARTH_TEST_BUN") or shutil.which("bun")
    assert found, "Bun is not on the PATH."
    return found


@contextlib.contextmanager
def server(data: Path) -> Iterator[None]:
    """A server that uses a renderer again for its model: reading torch takes longer than all else here."""
    env = environment(data) | {"HEARTH_PORT": "0", "HEARTH_PREVIEW_PORT": "0", "HEARTH_GPU_REUSE": "4"}
    command = [bun(), "src/main.ts", "serve"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        try:
            for line in running.stdout:
                if b"http://" in line:
                    break
            yield
        finally:
            running.terminate()
            running.communicate(timeout=PATIENCE_S)


def environment(data: Path) -> dict[str, str]:
    """Of a Hearth of its own."""
    return {"PATH": os.environ["PATH"], "HEARTH_DATA": str(data), "HEARTH_LOCAL_SERVERS": "none"}


def hearth(data: Path, *args: str) -> str:
    """What a command says, once it has done its work."""
    command = [bun(), "src/main.ts", *args]
    done = subprocess.run(command, cwd=ROOT, env=environment(data), capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


def ask(data: Path, path: str) -> Any:
    """An answer of the running server, as its owner gets it."""
    facts = json.loads((data / "server.json").read_text())
    request = urllib.request.Request(facts["url"] + path, headers={"authorization": f"Bearer local_{facts['secret']}"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.read()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with two tiny models, and the environment that these tests run in as the engine's."""
    venv = tmp_path / "engines" / "diffusers" / "venv"
    venv.parent.mkdir(parents=True)
    venv.symlink_to(sys.prefix)
    for family in ("sd15", "wan"):
        tiny.write(family, tmp_path / "models" / family / "tiny")
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "tiny.toml").write_text(CATALOGUE)
    return tmp_path


def test_the_whole_product_renders_a_clip_and_a_picture_which_is_made_again_byte_for_byte(data: Path) -> None:
    size = ["--size", "64x64", "--steps", "2", "--seed", "5"]
    with server(data):
        hearth(data, "render", "a cat", "--model", "sd15/tiny", *size, "--out", str(data / "picture"))
        (picture,) = (data / "picture").iterdir()
        with Image.open(picture) as opened:
            assert (opened.format, opened.size) == ("PNG", (64, 64))
        said = hearth(data, "render", "again", str(picture), "--out", str(data / "again"))
        assert "It is the same picture, byte for byte." in said
        assert (data / "again" / picture.name).read_bytes() == picture.read_bytes()

        length = ["--video", "--seconds", "0.5", "--fps", "8"]
        hearth(data, "render", "a boat", "--model", "wan/tiny", *size, *length, "--out", str(data / "clip"))
        (clip,) = (data / "clip").iterdir()
        with av.open(str(clip)) as opened:
            assert opened.streams.video[0].codec_context.name == "h264"
            assert len(list(opened.decode(video=0))) == 5
        (made,) = json.loads(ask(data, "/api/artifacts?function=video"))["items"]
        assert made["sha256"] == hashlib.sha256(clip.read_bytes()).hexdigest()
        assert (made["engine"], made["frames"], made["fps"], made["width"]) == ("diffusers", 5, 8, 64)
        poster = data / "poster.jpg"
        poster.write_bytes(ask(data, made["poster"]))
        with Image.open(poster) as first:
            assert (first.format, first.size) == ("JPEG", (64, 64))
