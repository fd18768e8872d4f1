"""Pure parts: failures as codes, packing, previews, lines and control."""

from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hearth_worker.control import Control
from hearth_worker.failures import CANCELLED, PREEMPTED, BadSpec, Stopped, explain
from hearth_worker.packing import Unpackable, pack, shape_of, unpack, zeros_of
from hearth_worker.previews import expected, grid_of, preview_of
from hearth_worker.voice import Voice

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("error", "exit_code", "code", "need"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.50 GiB. GPU 0 has"),
            77,
            "out_of_memory",
            3 * 2**29,
        ),
        (RuntimeError("HIP out of memory. Tried to allocate 20.00 MiB."), 77, "out_of_memory", 20 * 2**20),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
            77,
            "host_out_of_memory",
            None,
        ),
        (MemoryError(), 77, "host_out_of_memory", None),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), 78, "device_fatal", None),
        (RuntimeError("CUDA error: uncorrectable ECC error encountered"), 78, "device_fatal", None),
        (RuntimeError("CUDA error: unspecified launch failure"), 78, "device_fatal", None),
        (OSError(errno.ENOSPC, "No space left"), 74, "disk_full", None),
        (OSError(errno.EDQUOT, "Quota"), 74, "disk_full", None),
        (OSError(errno.EROFS, "Read-only"), 74, "disk_unwritable", None),
        (BadSpec("no"), 65, "bad_spec", None),
        (ValueError("a bug"), 1, "worker_error", None),
    ],
)
def test_an_exception_has_its_code(error: Exception, exit_code: int, code: str, need: int | None) -> None:
    failure = explain(error, (5, 9))
    assert (failure.exit, failure.code, failure.need_bytes) == (exit_code, code, need)
    assert (failure.free_bytes, failure.total_bytes) == ((5, 9) if code == "out_of_memory" else (None, None))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        0.1,
        -math.inf,
        "text",
        [1, (2.5, None)],
        {"a": [torch.arange(3), torch.tensor(2.5)], "b": np.float64(0.1)},
        np.arange(4, dtype=np.float32),
    ],
)
def test_data_comes_back_as_it_was(value: Any) -> None:
    tensors: dict[str, torch.Tensor] = {}
    packed = json.loads(json.dumps(pack(value, "value", tensors), allow_nan=False))
    again = unpack(packed, tensors, CPU)
    assert type(again) is type(value) and repr(again) == repr(value)


def test_a_tensor_lies_in_memory_as_it_did() -> None:
    tensors: dict[str, torch.Tensor] = {}
    value = torch.randn(1, 3, 4, 5).to(memory_format=torch.channels_last)
    again = unpack(pack(value, "value", tensors), tensors, CPU)
    assert again.stride() == value.stride() and torch.equal(again, value)
    assert tensors["value"].is_contiguous()


def test_what_is_no_data_is_not_packed() -> None:
    with pytest.raises(Unpackable):
        pack(object(), "value", {})


def test_zeros_have_the_shape_of_an_answer() -> None:
    answer = (torch.ones(2, 3, dtype=torch.bfloat16), [torch.ones(1)], None)
    zeros = zeros_of(json.loads(json.dumps(shape_of(answer))), CPU)
    assert zeros[0].shape == (2, 3) and zeros[0].dtype == torch.bfloat16 and not zeros[0].any()
    assert isinstance(zeros[1], list) and zeros[2] is None


@pytest.mark.parametrize(
    ("pipeline", "shape", "size"),
    [
        ("StableDiffusionPipeline", (1, 4, 64, 48), (384, 512)),
        ("StableDiffusionXLPipeline", (1, 4, 128, 128), (1024, 1024)),
        ("FluxPipeline", (1, 64 * 48, 64), (768, 1024)),
        ("Flux2KleinPipeline", (1, 64 * 48, 128), (768, 1024)),
        ("WanPipeline", (1, 16, 5, 60, 104), (832, 480)),
        ("QwenImagePipeline", (1, 64 * 64, 64), (1024, 1024)),
        ("LTXPipeline", (1, 4 * 15 * 22, 128), (704, 480)),
        ("StableDiffusion3Pipeline", (1, 16, 128, 64), (512, 1024)),
        ("ZImagePipeline", (1, 16, 128, 128), (1024, 1024)),
        ("UnheardOfPipeline", (1, 12, 32, 32), (256, 256)),
    ],
)
def test_each_shape_of_latents_can_be_looked_at(pipeline: str, shape: tuple[int, ...], size: tuple[int, int]) -> None:
    pipe = type(pipeline, (), {})()
    torch.manual_seed(0)
    picture = preview_of(pipe, torch.randn(shape), size, 512)
    assert max(picture.size) == min(512, max(size))
    assert abs(picture.width / picture.height - size[0] / size[1]) < 0.02
    assert np.asarray(picture).std() > 1


def test_tokens_are_laid_out_in_the_pictures_proportions() -> None:
    assert grid_of(64 * 48, (768, 1024)) == (64, 48, 1)
    assert grid_of(13 * 15 * 22, (704, 480)) == (15, 22, 13)


def test_a_preview_shows_what_is_expected_at_the_end() -> None:
    scheduler = SimpleNamespace(
        config={"prediction_type": "epsilon"}, sigmas=torch.tensor([4.0, 2.0, 0.0]), _step_index=1
    )
    euler = type("EulerDiscreteScheduler", (), vars(scheduler))()
    clean, noise = torch.full((1, 4, 2, 2), 0.5), torch.ones(1, 4, 2, 2)
    assert torch.equal(expected(euler, (noise, clean + 4 * noise), noise), clean)
    assert torch.equal(expected(euler, None, noise), noise)


def test_lines_that_no_one_reads_end_nothing(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    voice = Voice(writer, tmp_path, "job", 1)
    voice.say("heartbeat", usedBytes=None)
    voice.say("failed", code="x", message="m" * 5000, retryable=False)
    first, second = map(json.loads, (tmp_path / "events.ndjson").read_text().splitlines())
    assert "usedBytes" not in first and len(second["message"]) == 2000 and second["seq"] == 1


def test_a_cancel_outranks_a_pause() -> None:
    control = Control()
    left: list[int] = []
    control._leave = left.append
    control.worth_waiting(True)
    control.hear(b"nonsense")
    control.hear(b'["cancel"]')
    assert control.stopping() is None
    control.hear(b'{"type":"pause"}')
    assert control.stopping() == PREEMPTED
    control.hear(b'{"type":"cancel"}')
    control.hear(b'{"type":"pause"}')
    assert control.stopping() == CANCELLED
    with pytest.raises(Stopped):
        control.check()


def test_a_pause_waits_for_a_step_alone() -> None:
    control = Control()
    left: list[int] = []
    control._leave = left.append
    control.worth_waiting(True)
    control.end(PREEMPTED)
    control._leave_now(PREEMPTED)
    assert left == []
    with pytest.raises(Stopped):
        control.worth_waiting(False)
    control._leave_now(PREEMPTED)
    assert left == [PREEMPTED]
