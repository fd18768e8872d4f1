"""From files to a pipeline, in the host's memory: a folder of diffusers, or single files beside a folder of configs."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers.pipelines import pipeline_utils
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import AutoTokenizer

from .configs import brought_along, known_config
from .failures import BadSpec, ModelMissing, ModelUnusable, Stopped, WorkerError
from .quantisation import gguf_config, pipeline_quantisation
from .safety import check_pipeline_folder, check_weights_file, components_of
from .spec import Model, Spec

# Called with bytes loaded so far and in all.
Report = Callable[[int, int], None]

DENOISERS = ("unet", "transformer", "transformer_2")
# A checkpoint that holds the whole pipeline has the VAE or the text encoder under one of these.
WHOLE = ("first_stage_model.", "cond_stage_model.", "conditioner.")
# Text encoders by the names that people give their files: the beginning of their class.
ENCODERS = {
    "clipL": ("CLIPTextModel",),
    "clipG": ("CLIPTextModelWithProjection",),
    "t5": ("T5", "UMT5"),
    "llm": ("Qwen", "Mistral", "Llama", "Gemma"),
}
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
VAE_IN_FLOAT32 = ("AutoencoderKLWan",)  # as its authors ask: lower precision shows in the picture


def be_quiet() -> None:
    """No bars of the libraries in the attempt's log."""
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()


def is_encoder(name: str) -> bool:
    """Whether a component reads the prompt, and is of no use once it has been read."""
    return name.startswith("text_encoder")


def load_pipeline(spec: Spec, without_encoders: bool, report: Report) -> Any:
    """The model's own pipeline, on the CPU.

    Raises BadSpec, ModelMissing or ModelUnusable. `without_encoders`: the prompt has been read already.
    """
    model = spec.model
    if model is None:
        raise BadSpec("This engine needs a model.")
    try:
        if model.format == "diffusers":
            return load_folder(Path(model.path), spec, without_encoders, report)
        if model.format in ("safetensors", "gguf"):
            return load_single(model, spec, without_encoders, report)
    except (Stopped, WorkerError, MemoryError, torch.OutOfMemoryError):
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError, ImportError) as error:
        raise ModelUnusable(f"{model.id} can't be loaded: {error}") from error
    raise BadSpec(f"Models of the format “{model.format}” are not read by this engine.")


def load_folder(folder: Path, spec: Spec, without_encoders: bool, report: Report, **given: Any) -> Any:
    """A pipeline folder; `given` are components that are there already."""
    index = check_pipeline_folder(folder)
    readers = readers_of_words(folder, index)
    given = {**left_out(folder, index, without_encoders), **dict.fromkeys(readers), **given}
    missing = [name for name in components_of(index) if name not in given and not (folder / name).is_dir()]
    if missing:
        raise ModelMissing(f"{folder}: the folder of “{missing[0]}” is not there.")
    with reported(folder, [name for name in components_of(index) if name not in given], report):
        pipe = pipeline_class(index).from_pretrained(
            str(folder),
            dtype=dtypes(index, spec),
            use_safetensors=True,
            local_files_only=True,
            variant=variant_of(folder),
            quantization_config=pipeline_quantisation(spec.memory, components_of(index)),
            **given,
        )
    pipe.register_modules(**readers)
    return pipe


def readers_of_words(folder: Path, index: dict[str, Any]) -> dict[str, Any]:
    """The tokenizers inside of processors, which could also look at pictures with libraries that are not there."""
    processors = [name for name, (_, class_name) in components_of(index).items() if class_name.endswith("Processor")]
    tokenizers = [name for name in processors if name.startswith("tokenizer")]
    return {name: AutoTokenizer.from_pretrained(folder / name, local_files_only=True) for name in tokenizers}


def load_single(model: Model, spec: Spec, without_encoders: bool, report: Report) -> Any:
    """One file with the whole pipeline or the denoiser, its parts, and the folder that says what they are."""
    file = Path(model.path)
    check_weights_file(file)
    whole = file.suffix == ".safetensors" and is_whole(file)
    config = config_folder(model)
    index = check_pipeline_folder(config)
    if whole:
        return load_whole(model, config, index, spec, without_encoders)
    parts = parts_of(model, index)
    for part in parts.values():
        check_weights_file(part)
    wanted = {name: path for name, path in parts.items() if not (without_encoders and is_encoder(name))}
    given = brought_along(config, model)
    loaded: list[str] = []
    total = sum(path.stat().st_size for path in wanted.values())
    for name, path in wanted.items():
        report(sum(wanted[done].stat().st_size for done in loaded), total)
        given[name] = load_part(path, name, config, index, spec)
        loaded.append(name)
    report(total, total)
    return load_folder(config, spec, without_encoders, lambda *_: None, **given)


def load_whole(model: Model, config: Path, index: dict[str, Any], spec: Spec, without_encoders: bool) -> Any:
    """A checkpoint that holds denoiser, VAE and text encoders (SD and SDXL); parts beside it stand for its own."""
    file = Path(model.path)
    given: dict[str, Any] = {}
    for name, path in parts_of(model, index).items():
        if name not in DENOISERS:
            check_weights_file(path)
            given[name] = load_part(path, name, config, index, spec)
    given |= {name: None for name in components_of(index) if without_encoders and is_encoder(name)}
    return pipeline_class(index).from_single_file(
        str(file),
        config=str(config),
        local_files_only=True,
        dtype=DTYPES[spec.memory.dtype],
        **{**left_out(config, index, False), **brought_along(config, model), **given},
    )


def parts_of(model: Model, index: dict[str, Any]) -> dict[str, Path]:
    """The files of a model by the pipeline's component; the main file is the denoiser."""
    names = components_of(index)
    denoiser = next((name for name in DENOISERS if name in names), None)
    if denoiser is None:
        raise ModelUnusable(f"{index['_class_name']} has no denoiser that a single file could be.")
    found = {denoiser: Path(model.path)}
    for part, path in model.parts.items():
        if part in ("highNoise", "highNoiseTransformer"):
            found |= {"transformer": Path(path), "transformer_2": Path(model.path)}
        elif part not in ("config", "checkpoint", "transformer", "unet"):
            found[component_of(part, names)] = Path(path)
    return found


def component_of(part: str, names: dict[str, tuple[str, str]]) -> str:
    """A part as the pipeline calls it: by its own name, or by what kind of encoder it is."""
    if snake(part) in names:
        return snake(part)
    for name, (_, class_name) in names.items():
        if is_encoder(name) and class_name.startswith(ENCODERS.get(part, ("?",))):
            return name
    raise ModelUnusable(f"The pipeline has no part “{part}”.")


def load_part(path: Path, name: str, config: Path, index: dict[str, Any], spec: Spec) -> Any:
    """One component from a file of its own."""
    library, class_name = components_of(index).get(name, (None, None))
    if library is None or class_name is None:
        raise ModelUnusable(f"{config / 'model_index.json'} has no “{name}”.")
    dtype = dtypes(index, spec)
    dtype = dtype.get(name, dtype["default"])
    if library == "transformers":
        return load_encoder(getattr(transformers, class_name), path, config / name, dtype)
    cls = getattr(diffusers, class_name)
    if not hasattr(cls, "from_single_file"):
        raise ModelUnusable(f"{class_name} can't be read from a single file.")
    quantised = {"quantization_config": gguf_config(dtype)} if path.suffix == ".gguf" else {}
    return cls.from_single_file(
        str(path), config=str(config), subfolder=name, local_files_only=True, dtype=dtype, **quantised
    )


def load_encoder(cls: Any, path: Path, config: Path, dtype: torch.dtype) -> Any:
    """A text encoder from one file: safetensors with its config from the folder, or GGUF, which has its own."""
    how = {"dtype": dtype, "output_loading_info": True, "local_files_only": True}
    if path.suffix == ".gguf":
        made, told = cls.from_pretrained(str(path.parent), gguf_file=path.name, **how)
    else:
        settings = cls.config_class.from_pretrained(str(config), local_files_only=True)
        made, told = cls.from_pretrained(None, config=settings, state_dict=load_file(str(path)), **how)
    missing = sorted(told["missing_keys"])
    if missing:  # it would be filled with chance, and say something about every prompt
        raise ModelUnusable(f"{path.name} is not the whole text encoder: it has no “{missing[0]}”.")
    return made


def config_folder(model: Model) -> Path:
    """The folder with `model_index.json`, the components' configs and the tokenizers, for a model in single files."""
    file = Path(model.path)
    named = [Path(model.parts["config"])] if "config" in model.parts else []
    named = [path.parent if path.is_file() else path for path in named]
    for folder in [*named, file.parent, file.parent / "config", file.parent.parent / "config"]:
        if (folder / "model_index.json").is_file():
            return folder
    known = known_config(file)
    if known:
        return known
    raise ModelMissing(
        f"{file.name} is a single file: the configs and tokenizers of its family are needed beside it, "
        f"as {file.parent / 'config'} (a folder of diffusers without the weights)."
    )


def pipeline_class(index: dict[str, Any]) -> Any:
    """The pipeline's class, of diffusers alone."""
    cls = getattr(diffusers, index["_class_name"], None)
    if not isinstance(cls, type) or not issubclass(cls, diffusers.DiffusionPipeline):
        raise ModelUnusable(f"This diffusers ({diffusers.__version__}) has no pipeline “{index['_class_name']}”.")
    return cls


def dtypes(index: dict[str, Any], spec: Spec) -> dict[str, torch.dtype]:
    """The precision of each component."""
    found: dict[str, torch.dtype] = {"default": DTYPES[spec.memory.dtype]}
    if components_of(index).get("vae", ("", ""))[1] in VAE_IN_FLOAT32:
        found["vae"] = torch.float32
    return found


def left_out(folder: Path, index: dict[str, Any], without_encoders: bool) -> dict[str, None]:
    """Components that are not loaded: encoders that have done their work, and checkers that were not brought along."""
    names = components_of(index)
    absent = [
        name for name in ("safety_checker", "feature_extractor") if name in names and not (folder / name).is_dir()
    ]
    encoders = [name for name in names if without_encoders and is_encoder(name)]
    return dict.fromkeys([*absent, *encoders])


def variant_of(folder: Path) -> str | None:
    """`fp16` when the denoiser's weights are there in that variant alone."""
    names = [path.name for name in DENOISERS for path in (folder / name).glob("*.safetensors")]
    return "fp16" if names and all(".fp16." in name or ".fp16-" in name for name in names) else None


def is_whole(file: Path) -> bool:
    """Whether a safetensors file holds more than the denoiser."""
    with safe_open(str(file), "pt") as opened:
        return any(key.startswith(WHOLE) for key in opened.keys())  # noqa: SIM118 - not a mapping


def snake(name: str) -> str:
    """`textEncoder2` as `text_encoder_2`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "_", name).lower()


@contextlib.contextmanager
def reported(folder: Path, names: list[str], report: Report) -> Iterator[None]:
    """Reports bytes as components come in: diffusers itself says nothing while it loads."""
    sizes = {name: folder_bytes(folder / name) for name in names}
    total = sum(sizes.values())
    real = pipeline_utils.load_sub_model
    done = 0

    def load_sub_model(*positional: Any, **named: Any) -> Any:
        nonlocal done
        loaded = real(*positional, **named)
        done += sizes.get(named.get("name", ""), 0)
        report(min(done, total), total)
        return loaded

    report(0, total)
    pipeline_utils.load_sub_model = load_sub_model
    try:
        yield
    finally:
        pipeline_utils.load_sub_model = real


def folder_bytes(folder: Path) -> int:
    """The size of a component's weights."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))
