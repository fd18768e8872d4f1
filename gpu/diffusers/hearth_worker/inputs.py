"""What a render begins with: which pipeline does it, and with which arguments."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import diffusers
from PIL import Image

from .failures import BadSpec
from .spec import Spec

MOST_PIXELS = 100_000_000  # of a picture that is given
# Pipelines whose `guidance_scale` is for distilled weights: the guidance that people mean has another name.
TRUE_GUIDANCE = ("QwenImage",)
# Arguments that are pictures: one that a pipeline does not take is no render that was asked for.
PICTURES = ("image", "mask_image", "last_image", "control_image")


def open_inputs(spec: Spec, folder: Path) -> dict[str, Image.Image]:
    """The given pictures, in the size of the render."""
    size = (spec.params.width, spec.params.height)
    opened = {}
    for name, file in spec.inputs.items():
        try:
            with Image.open(folder / file.path) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise BadSpec(f"The input “{name}” has more than {MOST_PIXELS} pixels.")
                mode = "L" if name == "mask" else "RGB"
                opened[name] = picture.convert(mode).resize(size, Image.Resampling.LANCZOS)
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise BadSpec(f"The input “{name}” is not a picture that can be read: {error}") from error
    if "mask" in opened and "init" not in opened:
        raise BadSpec("A mask needs a picture to change (init).")
    return opened


def pipeline_for(pipe: Any, spec: Spec, controlnet: Any = None) -> Any:
    """The same components as the pipeline that does what is asked for.

    Raises BadSpec when the model's family has none.
    """
    given = {"controlnet": controlnet} if controlnet is not None else {}
    names = set(spec.inputs)
    if spec.function == "video":
        return video_pipeline(pipe, names)
    if spec.function != "image":
        raise BadSpec(f"This engine does no “{spec.function}”.")
    if not given and not names & {"init", "mask"}:
        return pipe
    try:
        return task_pipeline(names).from_pipe(pipe, **given)
    except (ValueError, KeyError, TypeError) as error:
        takes = inspect.signature(pipe.__call__).parameters
        if not given and "image" in takes and ("mask" not in names or "mask_image" in takes):
            return pipe  # an editing model: its one pipeline takes pictures
        raise BadSpec(
            f"{type(pipe).__name__} has no way to begin with {' and '.join(sorted(names)) or 'a ControlNet'}."
        ) from error


def task_pipeline(names: set[str]) -> Any:
    """diffusers' table of pipelines by what they do. Read late: it loads every pipeline that there is."""
    if "mask" in names:
        return diffusers.AutoPipelineForInpainting
    return diffusers.AutoPipelineForImage2Image if "init" in names else diffusers.AutoPipelineForText2Image


def video_pipeline(pipe: Any, names: set[str]) -> Any:
    """The pipeline that makes a clip from text, or from its first picture."""
    takes = inspect.signature(pipe.__call__).parameters
    if "num_frames" not in takes:
        raise BadSpec(f"{type(pipe).__name__} makes no clips.")
    if "init" not in names or "image" in takes:
        return pipe
    cls = clip_from_picture(pipe)
    if cls is None:
        raise BadSpec(f"{type(pipe).__name__} can't begin with a picture; its family has another model for that.")
    known = inspect.signature(cls.__init__).parameters
    settings = {name: value for name, value in pipe.config.items() if name in known and name not in pipe.components}
    return cls(**pipe.components, **settings)


def clip_from_picture(pipe: Any) -> Any:
    """The pipeline that makes clips from pictures with the same weights; None where there is none."""
    if pipe.config.get("expand_timesteps"):  # Wan 2.2's small model does both
        return diffusers.WanImageToVideoPipeline
    from diffusers.pipelines import auto_pipeline

    name = auto_pipeline._get_model(type(pipe).__name__)
    return auto_pipeline.AUTO_IMAGE2VIDEO_PIPELINES_MAPPING.get(name)


def arguments_for(pipe: Any, spec: Spec, pictures: dict[str, Image.Image]) -> dict[str, Any]:
    """What the pipeline is called with: what is asked for, as far as it takes it."""
    params = spec.params
    takes = inspect.signature(pipe.__call__).parameters
    wanted: dict[str, Any] = {
        "prompt": params.prompt,
        "height": params.height,
        "width": params.width,
        "num_inference_steps": params.steps,
        "guidance_scale": params.guidance,
        "output_type": "np",
    }
    if params.negative:
        wanted["negative_prompt"] = params.negative
    if type(pipe).__name__.startswith(TRUE_GUIDANCE):
        del wanted["guidance_scale"]
        wanted |= {"true_cfg_scale": params.guidance, "negative_prompt": params.negative or " "}
    if spec.function == "video":
        wanted |= {"num_frames": params.frames, "frame_rate": params.fps}
    given = picture_arguments(takes, spec, pictures)
    ignored = [name for name in PICTURES if name in given and name not in takes]
    if ignored:
        raise BadSpec(f"{type(pipe).__name__} can do nothing with a picture for “{ignored[0]}”.")
    wanted |= given
    return {name: value for name, value in wanted.items() if name in takes}


def picture_arguments(takes: Any, spec: Spec, pictures: dict[str, Image.Image]) -> dict[str, Any]:
    """The given pictures under the names that the pipeline has for them."""
    found: dict[str, Any] = {}
    if "init" in pictures:
        found |= {"image": pictures["init"], "strength": spec.params.strength}
    if "mask" in pictures:
        found["mask_image"] = pictures["mask"]
    if "last" in pictures:
        found["last_image"] = pictures["last"]
    if "control" in pictures:
        name = "control_image" if "control_image" in takes else "image"
        found[name] = pictures["control"]
    if spec.controlnet:
        if "control" not in pictures:
            raise BadSpec("A ControlNet needs a picture to follow (control).")
        found["controlnet_conditioning_scale"] = spec.controlnet.scale
    return found
