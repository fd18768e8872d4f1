"""The life of the process: one attempt, or, where the spec says `reuse`, one after another with the same model."""

from __future__ import annotations

import os
import sys
import threading
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .control import Control, die_with_parent
from .failures import BAD_SPEC, CANCELLED, DONE, BadSpec, Stopped, explain
from .spec import Spec, read_spec
from .voice import Voice, keep_stdout

if TYPE_CHECKING:
    from .session import Kept

HEARTBEAT_S = 1.0
MANIFEST = Path(__file__).resolve().parent.parent / "engine.toml"
# The hub is never asked, nothing is sent home, and cuBLAS is made to repeat itself.
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DIFFUSERS_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}


@dataclass
class Engine:
    """Who is speaking."""

    name: str
    version: str


def main(arguments: list[str]) -> None:
    """Runs the worker and ends the process, with the protocol's exit code."""
    if len(arguments) != 1:
        print("usage: worker.py FOLDER", file=sys.stderr)
        leave(BAD_SPEC)
    leave(run(Path(arguments[0]).resolve(), keep_stdout()))


def run(folder: Path, channel: int, stdin: int = 0) -> int:
    """Renders the folder, and those that the server names after it. Gives the exit code."""
    os.environ.update(ENVIRONMENT)
    die_with_parent()
    control = Control()
    control.listen(stdin)
    engine = read_engine()
    kept: Kept | None = None
    while True:
        code, kept, again = attempt(folder, channel, control, engine, kept)
        if code != DONE or not again:
            return code
        found = control.next_folder()
        if found is None:
            return DONE if control.stopping() != CANCELLED else CANCELLED
        folder = found


def attempt(
    folder: Path, channel: int, control: Control, engine: Engine, kept: Kept | None
) -> tuple[int, Kept | None, bool]:
    """One attempt: its exit code, what is kept for the next, and whether there may be one."""
    try:
        spec = read_spec(folder)
    except BadSpec as error:
        print(error, file=sys.stderr)
        return BAD_SPEC, None, False
    voice = Voice(channel, folder, spec.job, spec.attempt)
    control.follow(folder / "control.ndjson")
    heart = Heart(voice, spec, control)
    voice.say("hello", pid=os.getpid(), engine=engine.name, engineVersion=engine.version, device=spec.device.id)
    heart.start()
    try:
        from .session import perform

        kept = perform(folder, spec, voice, control, engine, kept)
        if spec.reuse and kept:
            voice.say("idle")
        return DONE, kept, spec.reuse and kept is not None
    except Stopped as stopped:
        return stopped.exit, None, False
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is said, and the process ends
        return fail(error, voice, spec), None, False
    finally:
        heart.stop()


def fail(error: BaseException, voice: Voice, spec: Spec) -> int:
    """Says why, and gives the exit code."""
    import traceback

    traceback.print_exception(error, file=sys.stderr)
    failure = explain(error, device_memory(spec))
    voice.say(
        "failed",
        code=failure.code,
        message=failure.message,
        retryable=failure.retryable,
        needBytes=failure.need_bytes,
        freeBytes=failure.free_bytes,
        totalBytes=failure.total_bytes,
    )
    return failure.exit


def device_memory(spec: Spec) -> tuple[int, int] | None:
    """Free and total bytes of the device, once torch is there to ask."""
    if "torch" not in sys.modules:
        return None
    from .memory import free_bytes, torch_device

    return free_bytes(torch_device(spec.device))


def read_engine() -> Engine:
    """The engine's name and version, from the manifest beside it."""
    manifest: dict[str, Any] = tomllib.loads(MANIFEST.read_text("utf-8"))
    return Engine(manifest["name"], manifest["version"])


def leave(code: int) -> None:
    """Ends at once: the driver frees the device, and no library's farewell can hang."""
    sys.stderr.flush()
    os._exit(code)


class Heart(threading.Thread):
    """Says each second that the worker lives, and how much of the device it holds."""

    def __init__(self, voice: Voice, spec: Spec, control: Control) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._voice = voice
        self._spec = spec
        self._control = control
        self._over = threading.Event()

    def run(self) -> None:
        """Until it is stopped."""
        while not self._over.wait(HEARTBEAT_S):
            self._control.poll()
            used, peak = self._memory()
            if not self._over.is_set():
                self._voice.say("heartbeat", usedBytes=used, peakBytes=peak)

    def stop(self) -> None:
        """No further beat after this."""
        self._over.set()

    def _memory(self) -> tuple[int | None, int | None]:
        memory = sys.modules.get(f"{__package__}.memory")  # once it is loaded whole; torch's import takes seconds
        look = getattr(memory, "used_bytes", None)
        if memory is None or look is None:
            return None, None
        return look(memory.torch_device(self._spec.device)) or (None, None)
