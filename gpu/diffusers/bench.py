"""What the worker costs on a machine: times, memory, and whether its promises hold there. NDJSON on standard output.

    python bench.py --work DIR [--device cuda|cpu|...] [--tiny] [--only SCENARIO ...]

Models have random weights in the full shape of SDXL (6.9 GB in float16), made once in DIR; `--tiny` makes a small one,
for machines without an accelerator. Each scenario runs the worker itself as a process, by a clock of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PLANS: list[dict[str, Any]] = [
    {"offload": "none"},
    {"offload": "none", "vaeTiling": True},
    {"offload": "encoder", "vaeTiling": True},
    {"offload": "model", "vaeTiling": True},
    {"offload": "group", "vaeTiling": True},
    {"offload": "none", "quantisation": "fp8", "vaeTiling": True},
]
SMALL = {
    "unet": {
        "block_out_channels": [32, 32, 64],
        "attention_head_dim": [1, 2, 4],
        "transformer_layers_per_block": [1, 1, 1],
        "cross_attention_dim": 64,
        "projection_class_embeddings_input_dim": 6 * 256 + 32,
    },
    "vae": {"block_out_channels": [32, 32, 32, 32]},
    "text_encoder": {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2},
    "text_encoder_2": {
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "projection_dim": 32,
    },
}
WEIGHT = 0.02  # standard deviation: small enough that nothing grows beyond float16
KILLED_AFTER = (1, 7, 19)  # steps
MEMORY_BACK_S = 10.0


@dataclass
class Bench:
    """What all scenarios share."""

    work: Path
    kind: str
    tiny: bool
    model: Path
    runs: int = 0

    @property
    def usual(self) -> dict[str, Any]:
        """The render that is measured."""
        side, steps = (64, 8) if self.tiny else (1024, 20)
        return {"prompt": "a lighthouse", "width": side, "height": side, "seed": 7, "steps": steps, "guidance": 7.0}

    @property
    def dtype(self) -> str:
        """What the weights are held in."""
        return "float32" if self.kind == "cpu" else "float16"

    def folder(self, params: dict[str, Any] | None = None, **more: Any) -> Path:
        """An attempt with its spec."""
        self.runs += 1
        folder = self.work / "attempts" / f"{os.getpid()}-{self.runs}"
        folder.mkdir(parents=True)
        memory = {"dtype": self.dtype} | more.pop("memory", {})
        spec = {
            "v": 2,
            "engine": "diffusers",
            "job": f"bench-{self.runs}",
            "attempt": 1,
            "params": self.usual | (params or {}),
            "model": {
                "id": "sdxl/random",
                "family": "sdxl",
                "format": "diffusers",
                "path": str(self.model),
                "sha256": hashlib.sha256(str(self.model).encode()).hexdigest(),
            },
            "memory": memory,
            "tier": "high",
            "device": {"id": self.kind, "kind": self.kind, "name": self.kind},
        }
        (folder / "spec.json").write_text(json.dumps(spec | more))
        return folder


@dataclass
class Run:
    """A worker, and when it said what, in seconds since its start."""

    process: subprocess.Popen[bytes]
    began: float
    lines: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)

    def read(self) -> None:
        """In a thread: takes in each line."""
        assert self.process.stdout
        for line in self.process.stdout:
            with self.heard:
                self.lines.append((time.monotonic() - self.began, json.loads(line)))
                self.heard.notify_all()
        with self.heard:
            self.heard.notify_all()

    def say(self, **line: Any) -> None:
        """A control line."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()

    def until(self, wanted: Callable[[dict[str, Any]], bool], since: int = 0) -> float | None:
        """When such a line came; None when the worker ended without it."""
        with self.heard:
            while True:
                for at, line in self.lines[since:]:
                    if wanted(line):
                        return at
                if self.process.poll() is not None:
                    return None
                self.heard.wait(0.5)

    def at(self, kind: str, since: int = 0, **fields: Any) -> float | None:
        """When a line of a kind came, rounded."""
        for at, line in self.lines[since:]:
            if line["type"] == kind and all(line.get(key) == value for key, value in fields.items()):
                return round(at, 3)
        return None

    def failure(self) -> dict[str, Any] | None:
        """Its last word, when that is a failure."""
        last = self.lines[-1][1] if self.lines else {}
        keys = ("code", "needBytes", "freeBytes", "totalBytes")
        return {key: last[key] for key in keys if key in last} if last.get("type") == "failed" else None


@contextmanager
def worker(folder: Path, **environment: str) -> Iterator[Run]:
    """Starts a worker; it is dead when this is left."""
    command = [sys.executable, "-X", "utf8", "-u", str(HERE / "worker.py"), str(folder)]
    with open(folder / "log.txt", "wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env={**os.environ, **environment}
        )
    run = Run(process, time.monotonic())
    reader = threading.Thread(target=run.read, daemon=True)
    reader.start()
    try:
        yield run
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        reader.join()


def finish(folder: Path, **environment: str) -> tuple[Run, dict[str, Any] | None]:
    """Runs a worker to its end; its result, when there is one."""
    with worker(folder, **environment) as run:
        run.until(lambda _: False)
    path = folder / "result.json"
    return run, json.loads(path.read_text()) if path.exists() else None


def times(run: Run, since: int = 0, began: float = 0.0) -> dict[str, Any]:
    """Seconds from the start, or from `began`, to each border."""
    found = {
        "hello": run.at("hello", since),
        "loaded": run.at("phase", since, phase="encode"),
        "firstStep": run.at("progress", since, step=1),
        "decode": run.at("phase", since, phase="decode"),
        "picture": run.at("done", since),
    }
    return {key: at and round(at - began, 3) for key, at in found.items()}


def cold_and_warm(bench: Bench) -> Iterator[dict[str, Any]]:
    """A process for each picture, twice; then one process for two pictures."""
    for name in ("first process", "second process"):
        run, result = finish(bench.folder())
        yield {"what": name, **times(run), "peakBytes": result and result["peakBytes"], "failure": run.failure()}
    first, second = bench.folder(reuse=True), bench.folder({"seed": 8}, reuse=True)
    with worker(first) as run:
        if run.until(lambda line: line["type"] == "idle") is None:
            yield {"what": "used again", "failure": run.failure()}
            return
        since, began = len(run.lines), time.monotonic() - run.began
        run.say(type="next", folder=str(second))
        run.until(lambda line: line["type"] == "idle", since)
        yield {"what": "used again", **times(run, since, began), "failure": run.failure()}


def memory_plans(bench: Bench) -> Iterator[dict[str, Any]]:
    """The most memory that each plan takes, and its time."""
    for plan in PLANS:
        run, result = finish(bench.folder(memory=plan))
        peak = result["peakBytes"] if result else None
        yield {"plan": plan, "peakBytes": peak, **times(run), "failure": run.failure()}


def exactness(bench: Bench) -> Iterator[dict[str, Any]]:
    """Killed after a step and gone on with, for a solver of second order that draws noise: the same bytes?"""
    params = {"sampler": "dpmpp_2m_sde_karras"}
    whole, result = finish(bench.folder(params))
    if not result:
        yield {"failure": whole.failure()}
        return
    _, twice = finish(bench.folder(params))
    made = result["outputs"][0]["sha256"]
    yield {"what": "the same twice", "same": bool(twice) and twice["outputs"][0]["sha256"] == made}
    for step in [step for step in KILLED_AFTER if step < bench.usual["steps"]]:
        killed = bench.folder(params, checkpointMs=0)
        with worker(killed) as run:
            run.until(lambda line, step=step: line["type"] == "checkpoint" and line["step"] >= step)
            os.kill(run.process.pid, signal.SIGKILL)
        checkpoint = sorted((killed / "ckpt").glob("*.safetensors"))[-1]
        _, again = finish(bench.folder(params, resumeFrom=str(checkpoint)))
        same = bool(again) and again["outputs"][0]["sha256"] == made
        yield {"what": "gone on", "killedAfter": step, "from": again and again["resumedFrom"], "same": same}


def out_of_memory(bench: Bench) -> Iterator[dict[str, Any]]:
    """With less and less of the device, by torch's own limit: which plan still fits, and how each failure is told."""
    if bench.kind == "cpu":
        yield {"skipped": "no accelerator"}
        return
    total = device_bytes()[1]
    for budget in (10, 8, 6, 4, 2):
        share = budget * 2**30 / total
        for plan in PLANS[:-1]:
            run, result = finish(bench.folder(memory=plan), HEARTH_MEMORY_FRACTION=f"{share:.5f}")
            yield {
                "budgetGiB": budget,
                "plan": plan,
                "exit": run.process.returncode,
                "peakBytes": result and result["peakBytes"],
                "failure": run.failure(),
            }
            if result:
                break


def killed_in_a_step(bench: Bench) -> Iterator[dict[str, Any]]:
    """SIGKILL in mid-step: how long until the device's memory is back."""
    if bench.kind != "cuda":
        yield {"skipped": "no accelerator"}
        return
    before = used_on_device()
    with worker(bench.folder({"steps": 200})) as run:
        run.until(lambda line: line["type"] == "progress" and line.get("step") == 3)
        during = used_on_device()
        os.kill(run.process.pid, signal.SIGKILL)
        killed = time.monotonic()
        run.process.wait()
    after = used_on_device()
    while time.monotonic() - killed < MEMORY_BACK_S and after > before + (during - before) * 0.25:
        time.sleep(0.05)
        after = used_on_device()
    taken = {"beforeMiB": before, "duringMiB": during, "afterMiB": after}
    yield {
        **taken,
        "backAfterS": round(time.monotonic() - killed, 3),
        "back": after <= before + (during - before) * 0.25,
    }


def two_at_once(bench: Bench) -> Iterator[dict[str, Any]]:
    """Two processes on one device, each with less than half of it."""
    if bench.kind == "cpu":
        yield {"skipped": "no accelerator"}
        return
    found: list[dict[str, Any]] = []

    def one(seed: int) -> None:
        run, result = finish(bench.folder({"seed": seed}), HEARTH_MEMORY_FRACTION="0.45")
        found.append(
            {"seed": seed, "peakBytes": result and result["peakBytes"], **times(run), "failure": run.failure()}
        )

    threads = [threading.Thread(target=one, args=(seed,)) for seed in (7, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield from found


SCENARIOS: dict[str, Callable[[Bench], Iterator[dict[str, Any]]]] = {
    "times": cold_and_warm,
    "plans": memory_plans,
    "exact": exactness,
    "oom": out_of_memory,
    "killed": killed_in_a_step,
    "two": two_at_once,
}


def device_bytes() -> tuple[int, int]:
    """Free and total bytes by nvidia-smi, so that this process opens no context."""
    ran = smi("memory.free,memory.total")
    free, total = ran[0].split(", ")
    return int(free) * 2**20, int(total) * 2**20


def used_on_device() -> int:
    """MiB in use on the first device."""
    return int(smi("memory.used")[0])


def smi(query: str) -> list[str]:
    """nvidia-smi's figures, a line a device."""
    command = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip().splitlines()


def make_model(folder: Path, tiny: bool) -> Path:
    """A pipeline folder with random weights, made once."""
    if (folder / "model_index.json").exists():
        return folder
    import diffusers
    import torch
    import transformers
    from hearth_worker.configs import CONFIGS, clip_tokenizer

    source = CONFIGS / "sdxl"
    index = json.loads((source / "model_index.json").read_text())
    dtype = torch.float32 if tiny else torch.float16
    for name in ("unet", "vae", "text_encoder", "text_encoder_2"):
        settings = json.loads((source / name / "config.json").read_text()) | (SMALL[name] if tiny else {})
        library, class_name = index[name]
        cls = getattr(diffusers if library == "diffusers" else transformers, class_name)
        with torch.device("meta"):
            made = cls.from_config(settings) if library == "diffusers" else cls(cls.config_class(**settings))
        fill(made.to(dtype).to_empty(device="cpu"), torch).save_pretrained(folder / name)
        print(f"made {name}: {sum(part.numel() for part in made.parameters()) / 1e6:.0f} M weights", file=sys.stderr)
    for name, pad in (("tokenizer", "<|endoftext|>"), ("tokenizer_2", "!")):
        clip_tokenizer(pad).save_pretrained(folder / name)
    scheduler = json.loads((source / "scheduler" / "scheduler_config.json").read_text())
    diffusers.EulerDiscreteScheduler.from_config(scheduler).save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def fill(module: Any, torch: Any) -> Any:
    """Random weights, the same each time; positions count up, as they do in a trained model."""
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        parameter.data.copy_(torch.empty(parameter.shape).normal_(0, WEIGHT, generator=generator))
    for name, buffer in module.named_buffers():
        if name.endswith("position_ids"):
            buffer.copy_(torch.arange(buffer.shape[-1]).expand(buffer.shape))
    return module


def machine(kind: str) -> dict[str, Any]:
    """What is measured on."""
    code = "import json, torch, diffusers; print(json.dumps([torch.__version__, diffusers.__version__]))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    torch_version, diffusers_version = json.loads(ran.stdout)
    known = {"device": kind, "cores": os.cpu_count(), "torch": torch_version, "diffusers": diffusers_version}
    if kind == "cuda":
        name, driver, total = smi("name,driver_version,memory.total")[0].split(", ")
        return known | {"name": name, "driver": driver, "totalMiB": int(total)}
    return known | {"accelerator": "none: times and memory say nothing about a GPU" if kind == "cpu" else kind}


def main() -> None:
    """Runs the scenarios that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="where the model and the attempts lie")
    parser.add_argument("--device", default="", help="cuda, rocm, xpu, mps or cpu; else what torch finds")
    parser.add_argument("--tiny", action="store_true", help="a small model instead of SDXL's shape")
    parser.add_argument("--only", nargs="*", choices=list(SCENARIOS), default=list(SCENARIOS))
    asked = parser.parse_args()
    kind = asked.device or found_device()
    say(scenario="machine", tiny=asked.tiny, **machine(kind))
    if kind == "cpu" and not asked.tiny:
        sys.exit("There is no accelerator here: --tiny measures what can be measured without one.")
    model = make_model(asked.work.resolve() / ("tiny" if asked.tiny else "sdxl"), asked.tiny)
    bench = Bench(asked.work.resolve(), kind, asked.tiny, model)
    for name in asked.only:
        for row in SCENARIOS[name](bench):
            say(scenario=name, **row)


def found_device() -> str:
    """Asked in another process, so that this one holds nothing of the device."""
    code = "import torch; print('cuda' if torch.cuda.is_available() else 'cpu')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return ran.stdout.strip()


def say(**line: Any) -> None:
    """One line."""
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
