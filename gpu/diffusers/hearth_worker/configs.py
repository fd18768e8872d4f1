"""Configs and tokenizers that come along, for files that hold all else: SD 1.5, SDXL, FLUX.1 and Z-Image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from diffusers import EulerDiscreteScheduler
from safetensors import safe_open
from tokenizers import Regex, normalizers
from transformers import CLIPTokenizer, Qwen2Tokenizer, T5TokenizerFast

from .failures import ModelMissing
from .spec import Model

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
MERGES = CONFIGS / "clip-merges.json"
WORDS = CONFIGS / "t5-words.json"
Shapes = dict[str, list[int]]
PREFIX = "model.diffusion_model."
FIRST = PREFIX + "input_blocks.0.0.weight"
# What tells a family's checkpoint: a tensor and its last side.
SIGNS = {
    "sd15": (PREFIX + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight", 768),
    "sdxl": (PREFIX + "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight", 2048),
}
CHANNELS = 4  # of the latents that a denoiser takes; those for inpainting or editing alone take more
# The layer that latents go into, by the names that authors and diffusers have for it, and its shape.
INTO = ("img_in.weight", "x_embedder.weight", "all_x_embedder.2-1.weight")
FLUX, Z_IMAGE = [3072, 64], [3840, 64]
FLUX_BLOCKS = 19
# How Qwen3 writes a prompt down that it is to think about.
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def known_config(file: Path) -> Path | None:
    """The configs for a checkpoint or a denoiser, by its tensors; None where those of its family do not come along."""
    shapes = shapes_of(file)
    name = checkpoint_config(shapes) or denoiser_config(shapes)
    return CONFIGS / name if name else None


def shapes_of(file: Path) -> Shapes:
    """The tensors of a file by name."""
    if file.suffix == ".gguf":
        from gguf import GGUFReader

        return {tensor.name: [int(side) for side in reversed(tensor.shape)] for tensor in GGUFReader(file).tensors}
    with safe_open(str(file), "pt") as opened:
        return {key: opened.get_slice(key).get_shape() for key in opened.keys()}  # noqa: SIM118 - not a mapping


def checkpoint_config(shapes: Shapes) -> str | None:
    """Of a checkpoint that holds the whole pipeline."""
    if FIRST not in shapes or shapes[FIRST][1] != CHANNELS:
        return None
    return next((name for name, (key, side) in SIGNS.items() if key in shapes and shapes[key][-1] == side), None)


def denoiser_config(shapes: Shapes) -> str | None:
    """Of a denoiser alone."""
    plain = {key.removeprefix(PREFIX): shape for key, shape in shapes.items()}
    into = next((plain[key] for key in INTO if key in plain), None)
    if into == Z_IMAGE and any(key.startswith("context_refiner.") for key in plain):
        return "z-image"
    kinds = ("double_blocks.", "transformer_blocks.")
    blocks = {key.split(".")[1] for key in plain if key.startswith(kinds)}
    if into != FLUX or len(blocks) != FLUX_BLOCKS or any(key.startswith("distilled_guidance") for key in plain):
        return None
    return "flux1-dev" if any("guidance" in key for key in plain) else "flux1-schnell"


def brought_along(config: Path, model: Model) -> dict[str, Any]:
    """What a folder of configs that comes along has not: tokenizers, and the schedule of velocity models."""
    if config.parent != CONFIGS:
        return {}
    index = json.loads((config / "model_index.json").read_text("utf-8"))
    names = [name for name in index if name.startswith("tokenizer")]
    found: dict[str, Any] = {name: tokenizer(index[name][1], name, model) for name in names}
    keys = shapes_of(Path(model.path))
    if "v_pred" in keys:
        settings = json.loads((config / "scheduler" / "scheduler_config.json").read_text("utf-8"))
        velocity = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": "ztsnr" in keys}
        found["scheduler"] = EulerDiscreteScheduler.from_config(settings, **velocity)
    return found


def tokenizer(class_name: str, name: str, model: Model) -> Any:
    """A tokenizer: of the lists that come along, or of the text encoder's own file."""
    if class_name.startswith("T5"):
        return t5_tokenizer()
    if class_name.startswith("CLIP"):
        return clip_tokenizer("!" if name == "tokenizer_2" else "<|endoftext|>")
    encoder = Path(model.parts.get("llm", model.path))
    if encoder.suffix != ".gguf" or encoder == Path(model.path):
        raise ModelMissing(
            f"{encoder.name} brings no tokenizer: take the text encoder as a GGUF file, which has it inside, "
            f"or put a folder of diffusers without the weights beside it, as {Path(model.path).parent / 'config'}."
        )
    made = Qwen2Tokenizer.from_pretrained(str(encoder.parent), gguf_file=encoder.name, local_files_only=True)
    made.chat_template = CHAT
    return made


def t5_tokenizer() -> T5TokenizerFast:
    """T5's own, from its list of words and how likely each is."""
    known = json.loads(WORDS.read_text("utf-8"))
    words = list(zip(known["words"].split("\n"), map(float, known["scores"].split(" ")), strict=True))
    words += [(f"<extra_id_{number}>", 0.0) for number in range(99, -1, -1)]
    made = T5TokenizerFast(vocab=words, model_max_length=512)
    made.backend_tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    return made


def clip_tokenizer(pad: str) -> CLIPTokenizer:
    """CLIP's own, from its list of merges."""
    merges = [tuple(line.split()) for line in json.loads(MERGES.read_text("utf-8"))["merges"].split("\n")]
    letters = byte_letters()
    words = [*letters, *[f"{letter}</w>" for letter in letters], *["".join(pair) for pair in merges]]
    words += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={word: number for number, word in enumerate(words)}, merges=merges, pad_token=pad, model_max_length=77
    )


def byte_letters() -> list[str]:
    """The letter that stands for each byte, in CLIP's order: those that can be seen first."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    letters = [chr(byte) for byte in seen]
    letters += [chr(256 + number) for number in range(256 - len(seen))]
    return letters
