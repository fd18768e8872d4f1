"""What a prompt was read as: once for all pictures of a batch, and kept in checkpoints, which then need no encoder."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from .packing import Tensors, Unpackable, pack, unpack


class Prompts:
    """Remembers each answer of a pipeline's `encode_prompt`, in the order of a call."""

    def __init__(self, pipe: Any, device: torch.device, known: list[Any] | None = None) -> None:
        self._pipe = pipe
        self._device = device
        self._answers: list[Any] = list(known or [])
        self._asked = 0

    def attach(self, before: Callable[[], None], after: Callable[[], None]) -> None:
        """Takes the place of `encode_prompt`, until `detach`. `before` and `after` surround each real reading."""
        real = getattr(self._pipe, "encode_prompt", None)
        if real is None:
            return

        @functools.wraps(real)
        def encode_prompt(*positional: Any, **named: Any) -> Any:
            self._asked += 1
            if self._asked <= len(self._answers):
                return self._answers[self._asked - 1]
            before()
            answer = real(*positional, **named)
            after()
            self._answers.append(answer)
            return answer

        self._pipe.encode_prompt = encode_prompt

    def begin(self) -> None:
        """Another call of the pipeline, with the same prompt."""
        self._asked = 0

    def detach(self) -> None:
        """Gives the pipeline its own `encode_prompt` back."""
        self._pipe.__dict__.pop("encode_prompt", None)

    def packed(self, tensors: Tensors) -> Any:
        """For a checkpoint; None where it can't be kept."""
        found: Tensors = {}
        try:
            packed = pack(self._answers, "prompt", found) if self._answers else None
        except Unpackable:
            return None
        tensors.update(found)
        return packed


def known_prompts(packed: Any, tensors: Tensors, device: torch.device) -> list[Any] | None:
    """The answers that a checkpoint holds."""
    return None if packed is None else unpack(packed, tensors, device)
