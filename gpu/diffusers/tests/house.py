"""What the tests stand on: attempt folders, and workers in processes of their own.

A worker starts with torch loaded: it is forked from a process that has loaded it, so that a suite of many processes
takes seconds. One test starts the program itself, from nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import select
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

import tiny
from PIL import Image

PATIENCE_S = 60
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["preloaded"])
SHA = "a" * 64
CLIPS = ("wan", "ltx", "hunyuan")  # what families that make clips begin with


@dataclass
class Folders:
    """Attempts of one job, numbered from 1."""

    models: Path
    root: Path
    attempt: int = 0

    def new(self, family: str = "sd15", params: dict[str, Any] | None = None, **more: Any) -> Path:
        """A folder with its spec."""
        self.attempt += 1
        folder = self.root / "job" / str(self.attempt)
        folder.mkdir(parents=True)
        spec = spec_of(tiny.write(family, self.models / family), family, self.attempt, params or {}, more)
        (folder / "spec.json").write_text(json.dumps(spec))
        return folder


def spec_of(model: Path, family: str, attempt: int, params: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """A spec as the server writes it."""
    usual = {
        "prompt": "a cat",
        "negative": "",
        "width": 32,
        "height": 32,
        "seed": 7,
        "steps": 4,
        "guidance": 3.0,
        "sampler": None,
    }
    if family.startswith(CLIPS):
        usual |= {"frames": 9 if family == "ltx-video" else 5, "fps": 8}
        more = {"function": "video"} | more
    spec = {
        "v": 2,
        "engine": "diffusers",
        "function": "image",
        "job": "job",
        "attempt": attempt,
        "params": usual | params,
        "model": {
            "id": f"{family}/tiny",
            "family": family,
            "format": "diffusers",
            "path": str(model),
            "parts": {},
            "sha256": SHA,
        },
        "memory": {"dtype": "float32"},
        "tier": "low",
        "device": {"id": "cpu", "kind": "cpu", "name": "CPU"},
        "previewMs": 0,
        "checkpointMs": 0,
    }
    return spec | more


@dataclass
class Worker:
    """A running worker: its words as they come, and its end."""

    process: Any
    stdin: int
    stdout: int
    lines: list[dict[str, Any]] = field(default_factory=list)
    garbage: list[bytes] = field(default_factory=list)
    rest: bytes = b""

    def say(self, **line: Any) -> None:
        """A control line."""
        os.write(self.stdin, (json.dumps(line) + "\n").encode())

    def until(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """Waits for a line of a kind, with these fields."""
        seen = 0
        while True:
            for line in self.lines[seen:]:
                if line["type"] == kind and all(line.get(key) == value for key, value in wanted.items()):
                    return line
            seen = len(self.lines)
            if not self.read():
                raise AssertionError(f"it ended before it said {kind} {wanted}: {self.lines[-3:]}")

    def read(self) -> bool:
        """Takes in what has been said; False at the end."""
        ready, _, _ = select.select([self.stdout], [], [], PATIENCE_S)
        assert ready, "the worker is silent"
        data = os.read(self.stdout, 65536)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            try:
                self.lines.append(json.loads(line))
            except ValueError:
                self.garbage.append(line)
        return bool(data)

    def end(self) -> int:
        """Waits for the end; the exit code, or minus the signal."""
        while self.read():
            pass
        self.process.join(PATIENCE_S)
        return self.process.exitcode

    def kill(self) -> int:
        """SIGKILL."""
        os.kill(self.process.pid, signal.SIGKILL)
        return self.end()

    def types(self) -> list[str]:
        """The kinds of its lines, without heartbeats."""
        return [line["type"] for line in self.lines if line["type"] != "heartbeat"]

    def phases(self) -> list[str]:
        """The phases in their order."""
        return [line["phase"] for line in self.lines if line["type"] == "phase"]


@contextlib.contextmanager
def worker(folder: Path) -> Iterator[Worker]:
    """Starts a worker on a folder; it is dead when this is left."""
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    process = FORKS.Process(target=run_forked, args=(str(folder), DupFd(in_read), DupFd(out_write)), daemon=True)
    process.start()
    os.close(in_read)
    os.close(out_write)
    running = Worker(process, in_write, out_read)
    try:
        yield running
    finally:
        if process.is_alive():
            process.kill()
        process.join(PATIENCE_S)
        os.close(out_read)
        with contextlib.suppress(OSError):
            os.close(in_write)


def run_forked(folder: str, stdin: Any, stdout: Any) -> None:
    """In the child: the worker's own `main`, with pipes where a server has them."""
    os.dup2(stdin.detach(), 0)
    os.dup2(stdout.detach(), 1)
    log = os.open(Path(folder) / "log.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 2)
    from hearth_worker.entry import main

    main([folder])


def give(folder: Path, **pictures: Image.Image) -> Path:
    """Puts pictures into an attempt's folder, and into its spec."""
    spec = json.loads((folder / "spec.json").read_text())
    (folder / "in").mkdir()
    spec["inputs"] = {}
    for name, picture in pictures.items():
        path = folder / "in" / f"{name}.png"
        picture.save(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        spec["inputs"][name] = {"path": f"in/{name}.png", "sha256": digest, "mediaType": "image/png"}
    (folder / "spec.json").write_text(json.dumps(spec))
    return folder


def rendered(folder: Path) -> dict[str, Any]:
    """Runs a worker to its good end; its result."""
    with worker(folder) as running:
        code = running.end()
    assert code == 0, (running.lines[-3:], (folder / "log.txt").read_text()[-3000:])
    return result_of(folder)


def result_of(folder: Path) -> dict[str, Any]:
    """`result.json`."""
    return json.loads((folder / "result.json").read_text())


def digests(folder: Path) -> list[str]:
    """What was made, by content."""
    return [output["sha256"] for output in result_of(folder)["outputs"]]


def last_checkpoint(folder: Path) -> str:
    """The newest checkpoint's path."""
    return str(sorted((folder / "ckpt").glob("*.safetensors"))[-1])


def wait_for(what: Any) -> None:
    """Waits until something holds."""
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)
