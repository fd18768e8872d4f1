"""The promises of the process: its words, its ends, and what a killed one leaves."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from house import Folders, digests, last_checkpoint, rendered, result_of, worker
from PIL import Image, ImageChops, ImageStat

FIXTURE = Path(__file__).parents[3] / "tests" / "fixtures" / "worker-protocol.ndjson"
WORKER = Path(__file__).parents[1] / "worker.py"


@pytest.mark.parametrize("family", ["sd15", "sdxl", "flux", "sd3", "qwen-image", "z-image"])
def test_a_family_renders_a_picture(folders: Folders, family: str) -> None:
    folder = folders.new(family)
    with worker(folder) as running:
        assert running.end() == 0, (folder / "log.txt").read_text()
    assert running.phases() == ["load", "encode", "denoise", "decode", "save"]
    assert running.types()[0] == "hello" and running.types()[-1] == "done"
    assert [line["seq"] for line in running.lines] == list(range(len(running.lines)))
    steps = [line["step"] for line in running.lines if line["type"] == "progress" and "step" in line]
    assert steps == [1, 2, 3, 4]
    loaded = [line["bytes"] for line in running.lines if "bytes" in line]
    assert loaded[0] == 0 and loaded == sorted(loaded) and loaded[-1] > 0
    (output,) = result_of(folder)["outputs"]
    with Image.open(folder / output["file"]) as picture:
        assert picture.size == (32, 32) and picture.format == "PNG"
        assert picture.text["prompt"] == "a cat" and picture.text["seed"] == "7"
        assert picture.text["modelSha256"] == "a" * 64
    assert (folder / "events.ndjson").read_text().splitlines()[-1] == json.dumps(running.lines[-1], ensure_ascii=False)


def test_its_lines_have_the_shape_of_the_protocol(folders: Folders) -> None:
    known: dict[str, set[str]] = {}
    for line in map(json.loads, FIXTURE.read_text().splitlines()):
        known.setdefault(line["type"], set()).update(line)
    folder = folders.new(params={"steps": 2})
    with worker(folder) as running:
        assert running.end() == 0
    for line in running.lines:
        assert set(line) <= known[line["type"]], line


@pytest.mark.parametrize(("family", "frames"), [("wan", 5), ("wan22", 5), ("ltx-video", 9), ("hunyuan-video", 5)])
def test_a_family_makes_a_clip(folders: Folders, family: str, frames: int) -> None:
    import av

    folder = folders.new(family)
    (output,) = rendered(folder)["outputs"]
    assert (output["mediaType"], output["frames"], output["fps"]) == ("video/mp4", frames, 8)
    with av.open(str(folder / output["file"])) as clip:
        (stream,) = clip.streams.video
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.average_rate) == (32, 32, 8)
        seen = [frame.to_image() for frame in clip.decode(video=0)]
    assert len(seen) == frames
    with Image.open(folder / output["poster"]) as poster:
        assert (poster.format, poster.size) == ("JPEG", seen[0].size)
        far = [max(ImageStat.Stat(ImageChops.difference(poster, frame)).mean) for frame in seen]
    assert far.index(min(far)) == 0, far  # its first frame, and no other
    data = (folder / output["file"]).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with Image.open(folder / "previews" / "000002.jpg") as preview:
        assert preview.size == (32, 32)


def test_a_killed_render_goes_on_where_it_was(folders: Folders) -> None:
    params = {"steps": 6, "sampler": "dpmpp_2m_sde_karras"}
    whole = folders.new(params=params)
    rendered(whole)
    killed = folders.new(params=params, stepMs=200)
    with worker(killed) as running:
        running.until("checkpoint", step=3)
        assert running.kill() == -signal.SIGKILL
    damaged = killed / "ckpt" / "000006.safetensors"
    damaged.write_bytes(Path(last_checkpoint(killed)).read_bytes()[:-100])
    good = sorted((killed / "ckpt").iterdir())[-2]
    again = folders.new(params=params, resumeFrom=str(damaged), resumeElse=[str(good)])
    result = rendered(again)
    assert result["resumedFrom"] >= 3
    assert digests(again) == digests(whole)
    assert "resumedOn" not in result["params"]


def test_going_on_needs_no_text_encoder(folders: Folders, tmp_path: Path) -> None:
    first = folders.new("flux")
    rendered(first)
    checkpoint = sorted((first / "ckpt").iterdir())[0]
    model = tmp_path / "without"
    shutil.copytree(folders.models / "flux", model)
    for name in ("text_encoder", "text_encoder_2"):
        shutil.rmtree(model / name)
    again = folders.new("flux", resumeFrom=str(checkpoint))
    spec = json.loads((again / "spec.json").read_text())
    spec["model"]["path"] = str(model)
    (again / "spec.json").write_text(json.dumps(spec))
    rendered(again)
    assert digests(again) == digests(first)


def test_decoding_alone_is_tried_again_with_other_memory(folders: Folders) -> None:
    whole = folders.new()
    rendered(whole)
    failed = folders.new(allowFaults=True, fault={"kind": "oom", "phase": "decode"})
    with worker(failed) as running:
        assert running.end() == 77
    said = running.lines[-1]
    assert (said["type"], said["code"], said["retryable"]) == ("failed", "out_of_memory", True)
    assert said["needBytes"] == 2 * 2**30
    again = folders.new(resumeFrom=last_checkpoint(failed), memory={"dtype": "float32", "vaeSlicing": True})
    with worker(again) as running:
        assert running.end() == 0
    assert running.phases() == ["load", "encode", "decode", "save"]
    assert digests(again) == digests(whole)
    assert result_of(again)["resumedFrom"] == 4


def test_a_checkpoint_of_other_work_is_refused(folders: Folders) -> None:
    first = folders.new()
    rendered(first)
    again = folders.new(params={"seed": 8}, resumeFrom=last_checkpoint(first))
    assert rendered(again)["resumedFrom"] == 0
    assert "of other work (params)" in (again / "log.txt").read_text()
    assert digests(again) != digests(first)


def test_another_device_goes_on_and_says_so(folders: Folders) -> None:
    first = folders.new()
    rendered(first)
    device = {"id": "cpu", "kind": "cpu", "name": "Another CPU"}
    again = folders.new(device=device, resumeFrom=str(sorted((first / "ckpt").iterdir())[0]))
    assert rendered(again)["params"]["resumedOn"] == "Another CPU"


@pytest.mark.parametrize("how", ["pause", "file", "term", "eof"])
def test_a_stop_leaves_a_checkpoint_at_the_end_of_the_step(folders: Folders, how: str) -> None:
    folder = folders.new(params={"steps": 50}, stepMs=100, checkpointMs=600_000)
    with worker(folder) as running:
        running.until("progress", step=2)
        if how == "pause":
            running.say(type="pause")
        elif how == "file":
            (folder / "control.ndjson").write_text('{"type":"pause"}\n{"type":"can')
        elif how == "term":
            os.kill(running.process.pid, signal.SIGTERM)
        else:
            os.close(running.stdin)
        assert running.end() == 75
    assert running.types()[-1] == "checkpoint"
    assert len(list((folder / "ckpt").iterdir())) == 1
    assert not (folder / "result.json").exists()


@pytest.mark.parametrize("phase", ["load", "encode", "denoise"])
def test_a_cancel_ends_it_within_two_seconds(folders: Folders, phase: str) -> None:
    folder = folders.new("flux", params={"steps": 50}, stepMs=60_000 if phase == "denoise" else 0)
    with worker(folder) as running:
        running.until("phase", phase=phase)
        running.say(type="cancel")
        assert running.end() == 130
    assert not (folder / "result.json").exists()


def test_a_pause_while_it_loads_ends_at_once(folders: Folders) -> None:
    folder = folders.new("flux")
    with worker(folder) as running:
        running.until("phase", phase="load")
        running.say(type="pause")
        assert running.end() == 75


def test_pictures_of_a_batch_are_those_of_single_renders(folders: Folders) -> None:
    batch = folders.new(params={"count": 3, "sampler": "euler_a"})
    rendered(batch)
    alone = []
    for seed in (7, 8, 9):
        folder = folders.new(params={"seed": seed, "sampler": "euler_a"})
        rendered(folder)
        alone += digests(folder)
    assert digests(batch) == alone
    assert len(set(alone)) == 3


def test_a_batch_goes_on_in_its_second_picture(folders: Folders) -> None:
    params = {"count": 3, "sampler": "euler_a"}
    whole = folders.new(params=params)
    rendered(whole)
    killed = folders.new(params=params, stepMs=100)
    with worker(killed) as running:
        running.until("checkpoint", step=6)
        running.kill()
    again = folders.new(params=params, resumeFrom=last_checkpoint(killed))
    with worker(again) as running:
        assert running.end() == 0
    assert result_of(again)["resumedFrom"] >= 6
    assert running.phases().count("save") == 2
    assert digests(again) == digests(whole)


def test_it_is_used_again_for_the_same_model(folders: Folders) -> None:
    first, second, other = (folders.new(params={"seed": seed}, reuse=True) for seed in (7, 8, 9))
    spec = json.loads((other / "spec.json").read_text())
    spec["model"]["sha256"] = "b" * 64
    (other / "spec.json").write_text(json.dumps(spec))
    with worker(first) as running:
        running.until("idle")
        running.say(type="next", folder=str(second))
        running.until("hello", attempt=2)
        running.until("idle", attempt=2)
        running.say(type="next", folder=str(other))
        assert running.end() == 0
    loads = [line for line in running.lines if "bytes" in line and line["attempt"] == 2]
    assert loads == []
    assert not (other / "result.json").exists()
    alone = folders.new(params={"seed": 8})
    rendered(alone)
    assert digests(second) == digests(alone)


def test_an_idle_one_ends_with_its_server(folders: Folders) -> None:
    with worker(folders.new(reuse=True)) as running:
        running.until("idle")
        os.close(running.stdin)
        assert running.end() == 0


@pytest.mark.parametrize(
    ("fault", "code", "exit_code"),
    [
        ({"kind": "oom", "step": 2}, "out_of_memory", 77),
        ({"kind": "device-fatal", "step": 2}, "device_fatal", 78),
        ({"kind": "bad-output", "step": 2}, "bad_output", 76),
        ({"kind": "model-missing", "phase": "load"}, "model_missing", 69),
        ({"kind": "disk-full", "phase": "save"}, "disk_full", 74),
    ],
)
def test_a_failure_has_its_code(folders: Folders, fault: dict[str, object], code: str, exit_code: int) -> None:
    folder = folders.new(allowFaults=True, fault=fault)
    with worker(folder) as running:
        assert running.end() == exit_code
    assert running.lines[-1]["code"] == code
    assert not (folder / "result.json").exists()


def test_started_from_nothing_it_keeps_its_channel_clean(folders: Folders) -> None:
    """The program itself, with a library that prints to fd 1 while it is loaded."""
    folder = folders.new(params={"steps": 2})
    loud = folder / "loud"
    loud.mkdir()
    (loud / "sitecustomize.py").write_text(
        "import os, sys, importlib.abc\n"
        "class Loud(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('torch', 'diffusers'): os.write(1, b'hello from C\\n'); print('hello')\n"
        "sys.meta_path.insert(0, Loud())\n"
    )
    stays_open, server = os.pipe()
    ran = subprocess.run(
        [sys.executable, "-X", "utf8", "-u", str(WORKER), str(folder)],
        stdin=stays_open,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(loud), "OMP_NUM_THREADS": "1"},
        check=False,
    )
    os.close(server)
    os.close(stays_open)
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert (lines[0]["type"], lines[-1]["type"]) == ("hello", "done")
    assert b"hello from C" in ran.stderr
