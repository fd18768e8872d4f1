"""What the engine for tests does wrong on command, at a step or when a stage begins."""

import os
import signal
import sys
import time

from memory import Memory, OutOfMemory, write

GARBAGE_LINES = 25
LONG_LINE = 100 * 1024  # bytes
SLOW_S = 1.5
HOLDER_S = 30
MODEL_MISSING, DISK, BAD_OUTPUT, DEVICE_FATAL = 69, 74, 76, 78
NEED, FREE, TOTAL = 3 * 1024**3, 1024**3, 8 * 1024**3


def act_out(work, phase=None, step=None):
    """Fails as the spec asks, when it may and this is the place. Some faults let the work go on."""
    fault = work.spec.get("fault")
    if not work.spec.get("allowFaults") or not fault:
        return
    wanted = fault.get("phase"), fault.get("step")
    if wanted == (phase, step) or (wanted == (None, None) and phase == "denoise"):
        FAULTS[fault["kind"]](work)


def hang(work):
    work.voice.stop()
    while True:
        time.sleep(60)


def stall(work):
    while True:
        time.sleep(60)


def garbage(work):
    work.voice.raw(b'Segmentation fault? {"half": \n' * GARBAGE_LINES)


def long_line(work):
    work.voice.raw(b"x" * LONG_LINE + b"\n")


def die(work):
    end(signal.SIGKILL)


def segfault(work):
    end(signal.SIGSEGV)


def end(by):
    os.kill(os.getpid(), by)
    time.sleep(5)


def exit_1(work):
    os._exit(1)


def oom(work):
    raise OutOfMemory(NEED, FREE, TOTAL)


def device_fatal(work):
    leave(work, "device_fatal", "an illegal memory access was encountered", DEVICE_FATAL)


def model_missing(work):
    leave(work, "model_missing", "vae/config.json is not there", MODEL_MISSING)


def disk_full(work):
    leave(work, "disk_full", "no space left on device", DISK)


def bad_output(work):
    leave(work, "bad_output", "the latents are not a number", BAD_OUTPUT)


def leave(work, code, message, exit_code):
    work.voice.fail(code, message, False)
    Memory.forget()
    os._exit(exit_code)


def slow(work):
    work.control.wait(SLOW_S)


def no_output(work):
    work.leaves_nothing = True


def holds_memory(work):
    """A process that nobody can find by its parent, its group or its environment keeps some of the device's memory."""
    if not Memory.folder:
        return
    if child := os.fork():
        Memory.own.add(child)
        write(Memory.folder, child, work.memory.used)  # before anything can come between
    else:
        os.setsid()
        for fd in (0, 1, 2):
            os.close(fd)
        sleeper = f"import time; time.sleep({HOLDER_S})  # hearth holds-memory"
        os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", sleeper], {})


def deaf(work):
    work.control.deaf = True


def stubborn(work):
    work.control.deaf = work.control.stubborn = True


def fork(work):
    """A grandchild that leaves the process group and keeps the pipes."""
    if os.fork() == 0:
        os.setsid()
        time.sleep(HOLDER_S)
        os._exit(0)


FAULTS = {
    "hang": hang,
    "stall": stall,
    "garbage": garbage,
    "long-line": long_line,
    "die": die,
    "segfault": segfault,
    "exit-1": exit_1,
    "oom": oom,
    "device-fatal": device_fatal,
    "model-missing": model_missing,
    "disk-full": disk_full,
    "slow": slow,
    "bad-output": bad_output,
    "no-output": no_output,
    "holds-memory": holds_memory,
    "deaf": deaf,
    "stubborn": stubborn,
    "fork": fork,
}
