"""The worker's side of the protocol's lines: one JSON object a line, to the server and to `events.ndjson`."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

PROTOCOL = 2
MESSAGE_LIMIT = 2000  # characters
RETRY_S = 0.005  # while the server is behind with reading


def keep_stdout() -> int:
    """Takes standard output for the protocol alone, and points fd 1 to standard error.

    Called before torch is imported: libraries, C code and their children print to fd 1.
    """
    sys.stdout.flush()
    channel = os.dup(1)
    os.set_inheritable(channel, False)
    os.dup2(2, 1)
    return channel


class Voice:
    """Says lines for one attempt. Written at once, so that none is lost by an exit; safe in threads."""

    def __init__(self, channel: int, folder: Path, job: str, attempt: int) -> None:
        self._channel = channel
        self._events = folder / "events.ndjson"
        self._envelope = {"job": job, "attempt": attempt}
        self._seq = 0
        self._lock = threading.Lock()

    def say(self, kind: str, **fields: Any) -> None:
        """One line. Fields that are None are left out."""
        said = {key: value for key, value in fields.items() if value is not None}
        if "message" in said:
            said["message"] = said["message"][:MESSAGE_LIMIT]
        with self._lock:
            line = {
                "v": PROTOCOL,
                "seq": self._seq,
                "t": int(time.time() * 1000),
                **self._envelope,
                "type": kind,
                **said,
            }
            self._seq += 1
            data = (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "replace")
            self._keep(data)
            write_all(self._channel, data)

    def _keep(self, data: bytes) -> None:
        try:
            with open(self._events, "ab") as events:
                events.write(data)
        except OSError as error:
            print(f"events.ndjson: {error}", file=sys.stderr)  # the pipe is the truth while the server lives


def write_all(channel: int, data: bytes) -> None:
    """Writes to a pipe that may be full, or whose reader may be gone: then standard input says so too."""
    while data:
        try:
            data = data[os.write(channel, data) :]
        except BlockingIOError:
            time.sleep(RETRY_S)
        except BrokenPipeError:
            return
