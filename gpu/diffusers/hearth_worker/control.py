"""What the server says to the worker: lines on standard input, signals, and the end of standard input."""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from .failures import CANCELLED, PREEMPTED, Stopped

CANCEL_GRACE_S = 0.7  # for the step callback to raise; a load or a long kernel can't
PREEMPT_GRACE_S = 0.7  # where there is nothing that a checkpoint could keep
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Has the kernel send SIGTERM when the process that started this one is gone. Linux only."""
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    except (OSError, AttributeError) as error:
        print(f"prctl: {error}", file=sys.stderr)  # the end of standard input says the same


class Control:
    """Why and how the work should end. `safe` says whether a step is under way whose end is worth waiting for."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.stdin_over = threading.Event()
        self._next: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._exit: int | None = None
        self._worth_waiting = False
        self._followed: tuple[Path, int] = (Path(os.devnull), 0)
        self._leave: Callable[[int], None] = os._exit

    def listen(self, stdin: int = 0) -> None:
        """Hears standard input in a thread of its own, and SIGTERM."""
        signal.signal(signal.SIGTERM, lambda *_: self.end(PREEMPTED))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=self._read, args=(stdin,), name="control", daemon=True).start()

    def end(self, exit_code: int) -> None:
        """Asks the work to end; a cancel outranks all else."""
        with self._lock:
            if self._exit == CANCELLED or self._exit == exit_code:
                return
            self._exit = exit_code
        self.wake.set()
        self._next.put(None)
        grace = CANCEL_GRACE_S if exit_code == CANCELLED else PREEMPT_GRACE_S
        timer = threading.Timer(grace, self._leave_now, (exit_code,))
        timer.daemon = True
        timer.start()

    def stopping(self) -> int | None:
        """The exit code to end with, or None while the work goes on."""
        return self._exit

    def check(self) -> None:
        """Raises Stopped at a place where nothing is lost by it."""
        if self._exit is not None:
            raise Stopped(self._exit)

    def worth_waiting(self, value: bool) -> None:
        """While it is true, a pause waits for the step to end, so that its checkpoint can be written."""
        with self._lock:
            self._worth_waiting = value
        if not value and self._exit == PREEMPTED:
            raise Stopped(PREEMPTED)

    def next_folder(self) -> Path | None:
        """Waits for the folder of the next attempt; None when there is to be none."""
        return self._next.get()

    def _leave_now(self, exit_code: int) -> None:
        with self._lock:
            stays = exit_code == PREEMPTED and self._worth_waiting
        if not stays:
            self._leave(exit_code)

    def _read(self, stdin: int) -> None:
        with open(stdin, "rb", buffering=0, closefd=False) as raw:
            rest = b""
            while True:
                try:
                    data = raw.read(65536)
                except OSError:
                    data = b""
                if not data:
                    break
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self.hear(line)
        self.stdin_over.set()
        self.end(PREEMPTED)

    def follow(self, path: Path) -> None:
        """Hears the lines that are appended to a file, for servers that reach no pipe. Whole lines alone count."""
        with self._lock:
            self._followed = (path, 0)

    def poll(self) -> None:
        """Looks for new lines in the file that is followed."""
        path, heard = self._followed
        try:
            data = path.read_bytes()
        except OSError:
            return  # nothing has been said
        *lines, _ = data.split(b"\n")
        for line in lines[heard:]:
            self.hear(line)
        self._followed = (path, len(lines))

    def hear(self, line: bytes) -> None:
        """One line of the server; what is none is passed over."""
        try:
            said = json.loads(line)
        except ValueError:
            return
        kind = said.get("type") if isinstance(said, dict) else None
        if kind == "cancel":
            self.end(CANCELLED)
        elif kind == "pause":
            self.end(PREEMPTED)
        elif kind == "next" and isinstance(said.get("folder"), str):
            self._next.put(Path(said["folder"]))
