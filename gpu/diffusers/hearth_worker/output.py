"""What was made, as files named by their content: PNG with its provenance, clips as MP4 with their first frame."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .failures import BadOutput
from .files import write_durably

POSTER_QUALITY = 90


def check_picture(frames: np.ndarray) -> np.ndarray:
    """Frames as bytes.

    Raises BadOutput for what is none: not-a-number, or nothing but black.
    """
    if not np.isfinite(frames).all():
        raise BadOutput("The decoded picture is not-a-number. Another precision (bfloat16, float32) may help.")
    pixels = (frames.clip(0, 1) * 255).round().astype(np.uint8)
    if not pixels.any():
        raise BadOutput("The picture is black all over.")
    return pixels


def save_picture(folder: Path, pixels: np.ndarray, seed: int, texts: dict[str, str]) -> dict[str, Any]:
    """A picture (rows, columns, 3) as PNG; gives the protocol's output."""
    picture = Image.fromarray(pixels)
    info = PngInfo()
    for key, text in texts.items():
        info.add_itxt(key, text)
    data = io.BytesIO()
    picture.save(data, "PNG", pnginfo=info, compress_level=6)
    return keep(folder, data.getvalue(), "png", "image/png", picture.size, seed)


def save_clip(folder: Path, pixels: np.ndarray, seed: int, fps: float, texts: dict[str, str]) -> dict[str, Any]:
    """Frames (number, rows, columns, 3) as H.264 in MP4 that plays while it loads; gives the protocol's output."""
    from .video import encode_mp4

    part = folder / "out" / f".clip-{os.getpid()}.mp4"
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        encode_mp4(part, pixels, fps, texts)
        data = part.read_bytes()
    finally:
        part.unlink(missing_ok=True)
    height, width = pixels.shape[1] // 2 * 2, pixels.shape[2] // 2 * 2
    made = keep(folder, data, "mp4", "video/mp4", (width, height), seed)
    return made | {"frames": len(pixels), "fps": fps, "poster": save_poster(folder, pixels[0, :height, :width], seed)}


def save_poster(folder: Path, pixels: np.ndarray, seed: int) -> str:
    """The frame that stands for a clip where it does not play, as JPEG; gives its path in the folder."""
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=POSTER_QUALITY)
    return keep(folder, data.getvalue(), "jpg", "image/jpeg", (pixels.shape[1], pixels.shape[0]), seed)["file"]


def keep(folder: Path, data: bytes, suffix: str, media: str, size: tuple[int, int], seed: int) -> dict[str, Any]:
    """Writes `out/<sha256>.<suffix>`."""
    digest = hashlib.sha256(data).hexdigest()
    file = f"out/{digest}.{suffix}"
    write_durably(folder / file, data)
    width, height = size
    return {
        "file": file,
        "sha256": digest,
        "mediaType": media,
        "bytes": len(data),
        "width": width,
        "height": height,
        "seed": seed,
    }
