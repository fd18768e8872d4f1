"""What can go wrong, as the protocol's codes and exit codes."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass

DONE = 0
BAD_SPEC = 65
MODEL_MISSING = 69
DISK = 74
PREEMPTED = 75
BAD_OUTPUT = 76
OUT_OF_MEMORY = 77
DEVICE_FATAL = 78
CANCELLED = 130

UNITS = {"B": 1, "bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# What CUDA, HIP and cuBLAS say when a context is beyond use; a new process is the least that helps.
FATAL = re.compile(
    r"illegal memory access|illegal address|illegal instruction|unspecified launch failure|launch failure|ECC error|"
    r"device-side assert|misaligned address|hardware stack error|GPU is lost|fallen off the bus|context is destroyed|"
    r"CUBLAS_STATUS_EXECUTION_FAILED|CUDNN_STATUS_EXECUTION_FAILED|hipErrorLaunchFailure",
    re.IGNORECASE,
)
MEMORY = re.compile(
    r"out of memory|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED|HIP out of memory", re.IGNORECASE
)
HOST_MEMORY = re.compile(
    r"DefaultCPUAllocator|not enough memory: you tried to allocate|can't allocate memory", re.IGNORECASE
)
WANTED = re.compile(r"tried to allocate ([\d.]+) (\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Failure:
    """A failure as the server hears it."""

    exit: int
    code: str
    message: str
    retryable: bool = False
    need_bytes: int | None = None
    free_bytes: int | None = None
    total_bytes: int | None = None


class WorkerError(Exception):
    """Something that has a code of the protocol."""

    code = "failed"
    exit = 1
    retryable = False


class BadSpec(WorkerError):
    """The spec can't be rendered, now or later."""

    code, exit = "bad_spec", BAD_SPEC


class ModelMissing(WorkerError):
    """A file of the model is not there."""

    code, exit = "model_missing", MODEL_MISSING


class ModelUnusable(WorkerError):
    """The model's files are there, and are not what can be loaded, or must not be."""

    code, exit = "model_unusable", MODEL_MISSING


class BadOutput(WorkerError):
    """What was made is no picture."""

    code, exit, retryable = "bad_output", BAD_OUTPUT, True


class NoDevice(WorkerError):
    """torch does not find the device."""

    code, exit, retryable = "device_fatal", DEVICE_FATAL, True


class Stopped(Exception):
    """The server wants the work to end; `exit` says how."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"stopped: {exit_code}")
        self.exit = exit_code


def explain(error: BaseException, memory: tuple[int, int] | None = None) -> Failure:
    """An exception as a failure. `memory` is what the device has free and in all, in bytes, where it can say so."""
    message = f"{error}".strip() or type(error).__name__
    if isinstance(error, WorkerError):
        return Failure(error.exit, error.code, message, error.retryable)
    if isinstance(error, MemoryError) or HOST_MEMORY.search(message):
        return Failure(OUT_OF_MEMORY, "host_out_of_memory", message, True, need_bytes=wanted_bytes(message))
    if type(error).__name__ == "OutOfMemoryError" or (isinstance(error, RuntimeError) and MEMORY.search(message)):
        free, total = memory or (None, None)
        return Failure(OUT_OF_MEMORY, "out_of_memory", message, True, wanted_bytes(message), free, total)
    if isinstance(error, RuntimeError) and FATAL.search(message):
        return Failure(DEVICE_FATAL, "device_fatal", message, True)
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, FileNotFoundError):
        code = "disk_full" if error.errno in DISK_FULL else "disk_unwritable"
        return Failure(DISK, code, message)
    return Failure(1, "worker_error", f"{type(error).__name__}: {message}", True)


def wanted_bytes(message: str) -> int | None:
    """The size that a failed allocation asked for, from torch's own words."""
    found = WANTED.search(message)
    if not found or found[2] not in UNITS:
        return None
    return int(float(found[1]) * UNITS[found[2]])
