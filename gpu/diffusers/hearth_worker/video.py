"""Frames to H.264 in MP4, through PyAV."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

QUALITY = "17"  # x264's constant rate factor: hard to tell from the frames themselves
TIME_UNITS = 1001


def encode_mp4(path: Path, frames: np.ndarray, fps: float, texts: dict[str, str]) -> None:
    """Writes frames (number, rows, columns, 3); an odd row or column is cut, since yuv420p has none.

    One thread and no time of making: the same frames give the same bytes.
    """
    height, width = frames.shape[1] // 2 * 2, frames.shape[2] // 2 * 2
    options = {"movflags": "+faststart+use_metadata_tags", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        container.metadata.update({"comment": json.dumps(texts, ensure_ascii=False)})
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(TIME_UNITS))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": QUALITY, "preset": "medium", "threads": "1"}
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), format="rgb24")
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
