"""Values of tensors, lists and numbers, as named tensors and JSON: what a checkpoint is made of. No pickle."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

import numpy as np
import torch

Tensors = dict[str, torch.Tensor]


class Unpackable(Exception):
    """A value that is neither data nor a tensor."""


def pack(value: Any, name: str, tensors: Tensors) -> Any:
    """JSON for a value; its tensors are added to `tensors` under names that begin with `name`."""
    if (
        value is None
        or isinstance(value, (bool, str))
        or (isinstance(value, int) and not isinstance(value, np.generic))
    ):
        return value
    if isinstance(value, float) and not isinstance(value, np.generic):
        return value if math.isfinite(value) else {"is": "float", "value": repr(value)}
    if isinstance(value, torch.Tensor):
        order = layout_of(value)
        tensors[name] = value.detach().to("cpu", copy=True).permute(order).contiguous()
        return {"is": "tensor", "name": name, "host": value.device.type == "cpu", "order": order}
    if isinstance(value, (np.ndarray, np.generic)):
        tensors[name] = torch.from_numpy(np.array(value))
        return {"is": "array", "name": name, "scalar": isinstance(value, np.generic)}
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {"is": kind, "items": [pack(item, f"{name}.{i}", tensors) for i, item in enumerate(value)]}
    if isinstance(value, OrderedDict) and hasattr(value, "to_tuple"):
        return pack(value.to_tuple(), name, tensors) | {"is": "output"}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"is": "dict", "items": {key: pack(item, f"{name}.{key}", tensors) for key, item in value.items()}}
    raise Unpackable(f"{name}: {type(value).__name__}")


def layout_of(tensor: torch.Tensor) -> list[int]:
    """The order in which its sides lie in memory: kernels round by it, so that it is a part of the same bits."""
    return sorted(range(tensor.ndim), key=lambda side: -tensor.stride(side))


def unpack(packed: Any, tensors: Tensors, device: torch.device) -> Any:
    """The value again; tensors that were on a device go to this one."""
    if not isinstance(packed, dict):
        return packed
    kind = packed["is"]
    if kind == "float":
        return float(packed["value"])
    if kind == "tensor":
        tensor = tensors[packed["name"]]
        tensor = tensor.clone() if packed["host"] else tensor.to(device, copy=True)
        return tensor.permute([packed["order"].index(side) for side in range(tensor.ndim)])
    if kind == "array":
        array = tensors[packed["name"]].numpy().copy()
        return array[()] if packed["scalar"] else array
    if kind == "dict":
        return {key: unpack(item, tensors, device) for key, item in packed["items"].items()}
    items = [unpack(item, tensors, device) for item in packed["items"]]
    return items if kind == "list" else tuple(items)


def shape_of(value: Any) -> Any:
    """What a denoiser returns, without its numbers: enough to return zeros in its place."""
    if isinstance(value, torch.Tensor):
        return {"is": "zeros", "shape": list(value.shape), "dtype": str(value.dtype).removeprefix("torch.")}
    if isinstance(value, (list, tuple)):
        return {"is": "list" if isinstance(value, list) else "tuple", "items": [shape_of(item) for item in value]}
    if isinstance(value, OrderedDict) and hasattr(value, "to_tuple"):
        return {
            "is": "output",
            "class": type(value).__name__,
            "items": {key: shape_of(item) for key, item in value.items()},
        }
    if value is None:
        return None
    raise Unpackable(type(value).__name__)


def zeros_of(shape: Any, device: torch.device) -> Any:
    """Zeros in the shape of what a denoiser returned."""
    if shape is None:
        return None
    if shape["is"] == "zeros":
        return torch.zeros(shape["shape"], dtype=getattr(torch, shape["dtype"]), device=device)
    if shape["is"] == "output":
        return Output({key: zeros_of(item, device) for key, item in shape["items"].items()})
    items = [zeros_of(item, device) for item in shape["items"]]
    return items if shape["is"] == "list" else tuple(items)


class Output(dict):
    """Reads as a model's output does: by attribute, by name and by number."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error

    def __getitem__(self, key: Any) -> Any:
        return list(self.values())[key] if isinstance(key, int) else super().__getitem__(key)
