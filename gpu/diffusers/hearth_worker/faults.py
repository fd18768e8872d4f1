"""Fails on command, where a spec allows it: what a real device does is acted out in this process, at the real place."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import time
from typing import Any

import torch

from .failures import ModelMissing
from .spec import Spec

SLOW_S = 0.2


def fault_at(spec: Spec, phase: str, step: int | None = None) -> str | None:
    """Acts out the spec's fault when its place has come; gives its kind where the caller has to act."""
    fault = spec.fault if spec.allowFaults else None
    if not fault:
        return None
    if step is None:
        due = fault.get("phase") == phase and fault.get("step") is None
    else:
        due = fault.get("step") == step and fault.get("phase", "denoise") == "denoise"
    return act(fault["kind"], step) if due else None


def act(kind: str, step: Any) -> str | None:
    """One fault."""
    if kind == "oom":
        raise torch.OutOfMemoryError(
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8.00 GiB."
        )
    if kind == "device-fatal":
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    if kind == "model-missing":
        raise ModelMissing("A file of the model is not there, on command.")
    if kind == "disk-full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if kind == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "segfault":
        ctypes.string_at(0)
    if kind == "exit-1":
        os._exit(1)
    if kind == "hang":
        os.kill(os.getpid(), signal.SIGSTOP)  # the heartbeat's thread too
    if kind == "slow":
        time.sleep(SLOW_S)
    if kind == "bad-output":
        return kind
    return None
