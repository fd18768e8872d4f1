"""The two directions of the worker protocol: lines out, control lines in."""

import json
import os
import queue
import signal
import threading
import time

POLL_S = 1.0
HEARTBEAT_S = 1.0


class Stopped(Exception):
    """Somebody wants the work to end."""


class Voice:
    """Lines on standard output, each also kept in events.ndjson; a heartbeat each second."""

    def __init__(self, folder, spec, memory):
        self.head = {"v": 2, "job": spec["job"], "attempt": spec["attempt"]}
        self.seq = 0
        self.lock = threading.Lock()
        self.memory = memory
        self.over = threading.Event()
        self.kept = os.open(os.path.join(folder, "events.ndjson"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        threading.Thread(target=self._beat, daemon=True).start()

    def say(self, kind, **more):
        with self.lock:
            line = {**self.head, "seq": self.seq, "t": int(time.time() * 1000), "type": kind, **more}
            self.seq += 1
            data = json.dumps(line).encode() + b"\n"
            os.write(self.kept, data)
            write_all(data)

    def fail(self, code, message, retryable, **figures):
        self.say("failed", code=code, message=message, retryable=retryable, **figures)

    def raw(self, data):
        with self.lock:
            os.write(self.kept, data)
            write_all(data)

    def stop(self):
        self.over.set()

    def _beat(self):
        while not self.over.wait(HEARTBEAT_S):
            self.say("heartbeat", usedBytes=self.memory.used, peakBytes=self.memory.peak)


class Control:
    """Hears standard input, control.ndjson and SIGTERM. The end of standard input means that the server is gone."""

    def __init__(self):
        self.why = None
        self.deaf = self.stubborn = False
        self.wake = threading.Event()
        self.folders = queue.Queue()
        self.folder = None
        self.heard = 0
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        for ear in (self._read, self._poll, self._wait_for_signals):
            threading.Thread(target=ear, daemon=True).start()

    def begin(self, folder):
        self.folder, self.heard = folder, 0

    def wait(self, seconds):
        self.wake.wait(seconds)

    def check(self):
        """Ends the work where somebody wants that."""
        if self.why:
            raise Stopped

    def next_folder(self):
        return self.folders.get()

    def _end(self, why):
        if self.why != "cancel":
            self.why = why
        self.wake.set()

    def _hear(self, text):
        try:
            line = json.loads(text)
        except ValueError:
            return
        if line.get("type") == "next":
            self.folders.put(line["folder"])
        elif not self.deaf:
            self._end(line.get("type"))

    def _wait_for_signals(self):
        while True:
            signal.sigwait({signal.SIGTERM})
            if not self.stubborn:
                self._end("pause")

    def _read(self):
        held = b""
        while chunk := os.read(0, 65536):
            *lines, held = (held + chunk).split(b"\n")
            for line in lines:
                self._hear(line)
        self.folders.put(None)
        self._end("pause")

    def _poll(self):
        while True:
            time.sleep(POLL_S)
            try:
                with open(os.path.join(self.folder, "control.ndjson"), "rb") as file:
                    lines = file.read().split(b"\n")[:-1]
            except (OSError, TypeError):
                continue  # nothing was said there
            for line in lines[self.heard :]:
                if b'"next"' not in line:
                    self._hear(line)
            self.heard = len(lines)


def write_all(data):
    """The parent may be behind with reading, or gone: then standard input says so too."""
    try:
        while data:
            data = data[os.write(1, data) :]
    except BrokenPipeError:
        pass


def durably(path, data):
    """Writes a file so that it is whole or absent, whoever is killed when; a power cut is no part of the tests."""
    with open(path + ".part", "wb") as file:
        file.write(data)
    os.replace(path + ".part", path)
