"""The engine for tests: steps, previews, checkpoints and pictures as any has, and every fault on command.

It speaks the worker protocol (gpu/README.md) with nothing but Python's own library, so that it starts at once.
"""

import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from faults import act_out
from memory import Memory, OutOfMemory
from pictures import first_state, next_state, picture_of, png
from talk import Control, Stopped, Voice, durably

VERSION = "1"
KEPT_CHECKPOINTS = 2
PREVIEW_SIDE = 32

# A stage in which it takes its time, for tests: its name and the ms.
LINGER = (os.environ.get("HEARTH_FAULTY_LINGERS", "") + ":0").split(":")[:2]
LINGER[1] = int(LINGER[1])

DONE, BAD_SPEC, DISK, PREEMPTED, OUT_OF_MEMORY, CANCELLED = 0, 65, 74, 75, 77, 130


class Work:
    """One attempt: what is asked for, and how far it is."""

    def __init__(self, folder, spec, control):
        self.folder = folder
        self.spec = spec
        self.params = spec["params"]
        self.control = control
        self.memory = Memory(spec["device"]["id"])
        self.voice = Voice(folder, spec, self.memory)
        self.phase = None
        self.step = 0
        self.states = [first_state(self.params, n) for n in range(self.params["count"])]
        self.resumed_from = 0
        self.last_checkpoint = self.last_preview = 0.0
        self.leaves_nothing = False

    def begin(self, phase):
        """A new stage, in which a fault may wait."""
        self.phase = phase
        self.voice.say("phase", phase=phase)
        act_out(self, phase=phase)

    def rest(self, share=1.0):
        """Takes as long as a step does at least, awake to whoever wants it to end."""
        self.wait(share)
        self.control.check()

    def wait(self, share=1.0):
        ms = LINGER[1] if LINGER[0] == self.phase else self.spec["stepMs"]
        self.control.wait(ms * share / 1000)

    def resume(self):
        for path in [self.spec.get("resumeFrom"), *self.spec["resumeElse"]]:
            kept = path and read_checkpoint(path)
            if kept and len(kept["states"]) == len(self.states) and kept["step"] <= self.params["steps"]:
                self.step = self.resumed_from = kept["step"]
                self.states = [bytes.fromhex(state) for state in kept["states"]]
                return

    def checkpoint(self):
        name = f"ckpt/{self.step:06}.bin"
        states = [state.hex() for state in self.states]
        durably(self.path(name), json.dumps({"step": self.step, "states": states}).encode())
        self.last_checkpoint = time.monotonic()
        self.voice.say("checkpoint", file=name, step=self.step)
        for old in sorted(os.listdir(self.path("ckpt")))[:-KEPT_CHECKPOINTS]:
            os.unlink(self.path("ckpt/" + old))

    def preview(self):
        name = f"previews/{self.step:06}.png"
        durably(self.path(name), png(PREVIEW_SIDE, PREVIEW_SIDE, self.states[0]))
        self.last_preview = time.monotonic()
        self.voice.say("preview", file=name, step=self.step)

    def path(self, name):
        return os.path.join(self.folder, name)


def render(work):
    """All stages, each of which may end the work."""
    spec, params, memory = work.spec, work.params, work.memory
    for name in ("ckpt", "previews", "out"):
        os.makedirs(work.path(name), exist_ok=True)
    work.begin("fetch")
    work.rest()
    work.begin("load")
    weights = memory.weights(spec)
    for part in (0.5, 1.0):
        memory.use(int(weights * part))
        work.voice.say("progress", bytes=int(weights * part), totalBytes=weights)
        work.rest(0.5)
    work.begin("encode")
    work.resume()
    work.rest()
    work.begin("denoise")
    while work.step < params["steps"]:
        next_step(work)
    work.begin("decode")
    memory.use(weights + memory.decoding(spec))
    work.rest()
    memory.use(weights)
    work.begin("save")
    work.rest()
    save(work)


def next_step(work):
    act_out(work, step=work.step + 1)
    work.wait()
    if work.control.why == "cancel":
        raise Stopped
    work.step += 1
    work.states = [next_state(state, work.step) for state in work.states]
    steps = work.params["steps"]
    work.voice.say("progress", step=work.step, steps=steps)
    now = time.monotonic()
    last = work.step == steps
    if last or now - work.last_preview >= work.spec["previewMs"] / 1000:
        work.preview()
    if last or work.control.why or now - work.last_checkpoint >= work.spec["checkpointMs"] / 1000:
        work.checkpoint()
    work.control.check()


def save(work):
    params = work.params
    outputs = []
    for n, state in enumerate(work.states):
        data, digest = picture_of(params, state, n)
        name = f"out/{digest}.png"
        durably(work.path(name), data)
        size = {"width": params["width"], "height": params["height"], "seed": (params["seed"] + n) % 2**32}
        outputs.append({"file": name, "sha256": digest, "mediaType": "image/png", "bytes": len(data), **size})
    result = {
        "v": 2,
        "job": work.spec["job"],
        "attempt": work.spec["attempt"],
        "engine": "faulty",
        "engineVersion": VERSION,
        "outputs": outputs,
        "params": {**params, "device": work.spec["device"]["id"], "tier": work.spec["tier"]},
        "resumedFrom": work.resumed_from,
        "peakBytes": work.memory.peak or None,
    }
    if not work.leaves_nothing:
        durably(work.path("result.json"), json.dumps(result).encode())
    work.voice.say("done", outputs=outputs)


def read_checkpoint(path):
    try:
        with open(path, "rb") as file:
            return json.loads(file.read())
    except (OSError, ValueError):
        return None  # gone or damaged: the one before it may be whole


def attempt(folder, control):
    """One attempt from its spec to its exit code; None when the worker may be used again."""
    try:
        with open(os.path.join(folder, "spec.json"), encoding="utf-8") as file:
            spec = json.load(file)
    except (OSError, ValueError) as error:
        print(f"spec.json: {error}", file=sys.stderr)
        return BAD_SPEC
    control.begin(folder)
    work = Work(folder, spec, control)
    work.voice.say("hello", pid=os.getpid(), engine="faulty", engineVersion=VERSION, device=spec["device"]["id"])
    try:
        render(work)
    except Stopped:
        return CANCELLED if control.why == "cancel" else PREEMPTED
    except OutOfMemory as error:
        work.voice.fail("out_of_memory", str(error), True, **error.figures)
        return OUT_OF_MEMORY
    except OSError as error:
        work.voice.fail("disk_unwritable", str(error), False)
        return DISK
    finally:
        work.voice.stop()
        if not spec["reuse"]:
            work.memory.give_back()
    if not spec["reuse"]:
        return DONE
    work.voice.say("idle")
    return None


def main(folder):
    control = Control()
    while True:
        code = attempt(folder, control)
        if code is None:
            folder = control.next_folder()
            code = DONE if folder is None else None
        if code is not None:
            Memory.forget()
            os._exit(code)


main(sys.argv[-1])
