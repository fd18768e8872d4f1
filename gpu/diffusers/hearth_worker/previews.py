"""Small pictures of what the latents look like now: a linear map of their channels, no decoding."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from .factors import factors_of

# What a solver's step was computed from: the denoiser's answer and the latents before it.
StepInput = tuple[torch.Tensor, torch.Tensor]

QUALITY = 80  # of the JPEG
SHARES = (0.02, 0.98)  # of the values that an unknown family's picture shows


def write_preview(folder: Path, number: int, picture: Image.Image) -> str:
    """Writes `previews/<number>.jpg`; returns its name inside the attempt's folder."""
    file = f"previews/{number:06d}.jpg"
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    picture.save(part, "JPEG", quality=QUALITY)
    os.replace(part, path)
    return file


def preview_of(pipe: Any, latents: torch.Tensor, size: tuple[int, int], longest: int) -> Image.Image:
    """A picture of the latents in the shape of the render, at most `longest` pixels on its longer side."""
    plane = plane_of(pipe, latents.detach(), size)
    scale = min(1.0, longest / max(size))
    shown = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    return Image.fromarray(colours(type(pipe).__name__, plane).numpy()).resize(shown, Image.Resampling.BILINEAR)


def plane_of(pipe: Any, latents: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """(channels, rows, columns) of the first picture, or of a clip's middle frame."""
    plane = latents[0].float().cpu()
    if plane.ndim == 4:
        plane = plane[:, plane.shape[1] // 2]
    if plane.ndim == 2:
        plane = unpacked(plane, size)
    return from_patches(plane) if type(pipe).__name__.startswith("Flux2") else plane


def unpacked(tokens: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Tokens of a transformer, row by row, as a plane in the picture's proportions; a clip's middle frame."""
    count, channels = tokens.shape
    rows, columns, frames = grid_of(count, size)
    middle = tokens.reshape(frames, rows, columns, channels)[frames // 2].permute(2, 0, 1)
    return from_patches(middle) if frames == 1 and channels == 64 else middle


def from_patches(plane: torch.Tensor) -> torch.Tensor:
    """Channels that hold 2 x 2 points each, as points."""
    channels, rows, columns = plane.shape
    points = plane.reshape(channels // 4, 2, 2, rows, columns).permute(0, 3, 1, 4, 2)
    return points.reshape(channels // 4, rows * 2, columns * 2)


def grid_of(count: int, size: tuple[int, int]) -> tuple[int, int, int]:
    """Rows, columns and frames of so many tokens for a picture of this size; one token is a square of pixels."""
    width, height = size
    for side in (16, 32, 8, 64, 4, 2):
        rows, columns = max(1, height // side), max(1, width // side)
        if count == rows * columns or (side >= 16 and count % (rows * columns) == 0 and count // (rows * columns) > 1):
            return rows, columns, count // (rows * columns)
    return 1, count, 1


def colours(pipeline: str, plane: torch.Tensor) -> torch.Tensor:
    """(rows, columns, 3) of bytes."""
    known = factors_of(pipeline, plane.shape[0])
    points = plane.permute(1, 2, 0).nan_to_num()
    if known is None:
        return spread(points)
    factors, bias = known
    colour = points @ torch.tensor(factors) + torch.tensor(bias)
    return ((colour + 1) / 2).clamp(0, 1).mul(255).byte()


def spread(points: torch.Tensor) -> torch.Tensor:
    """An unknown family: its first three channels, spread over the range of brightness."""
    three = points[..., :3] if points.shape[-1] >= 3 else points[..., :1].expand(*points.shape[:2], 3)
    flat = three.reshape(-1, 3)
    low, high = (torch.quantile(flat, share, dim=0) for share in SHARES)
    return ((three - low) / (high - low).clamp_min(1e-6)).clamp(0, 1).mul(255).byte()


def expected(scheduler: Any, step_input: StepInput | None, latents: torch.Tensor) -> torch.Tensor:
    """What the solver expects the end to look like, where that can be told cheaply; else the noisy latents."""
    outputs = [output for output in getattr(scheduler, "model_outputs", None) or [] if torch.is_tensor(output)]
    if outputs and outputs[-1].shape == latents.shape and "++" in str(scheduler.config.get("algorithm_type", "++")):
        return outputs[-1]
    name, index = type(scheduler).__name__, getattr(scheduler, "_step_index", None)
    if step_input is None or not index or "Euler" not in name or step_input[0].shape != latents.shape:
        return latents
    output, sample = step_input
    sigma = scheduler.sigmas[index - 1].item()
    kind = scheduler.config.get("prediction_type", "epsilon")
    if name.startswith("FlowMatch") or kind == "epsilon":
        return sample - sigma * output
    if kind == "v_prediction":
        return sample / (sigma**2 + 1) - output * sigma / (sigma**2 + 1) ** 0.5
    return latents
