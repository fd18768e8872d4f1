"""What tiny pipelines share: tokenizers of letters, text encoders of a layer or two, an autoencoder."""

from __future__ import annotations

from typing import Any

from diffusers import AutoencoderKL
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer, T5TokenizerFast

WIDTH = 16  # of every text encoder


def clip_tokenizer() -> CLIPTokenizer:
    """Letters alone, no merges."""
    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *[f"{letter}</w>" for letter in letters], "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[], model_max_length=16)


def t5_tokenizer() -> T5TokenizerFast:
    """Letters alone."""
    letters = [(letter, -2.0) for letter in "▁abcdefghijklmnopqrstuvwxyz"]
    return T5TokenizerFast(vocab=[("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *letters], extra_ids=0)


def clip(cls: type = CLIPTextModel) -> Any:
    """A text encoder of one layer."""
    config = CLIPTextConfig(
        vocab_size=514,
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=77,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
    )
    return cls(config).eval()


def t5(cls: type, config: type, **more: Any) -> Any:
    """T5 or UMT5 of one layer."""
    sizes = {"d_model": WIDTH, "d_ff": WIDTH, "d_kv": 8, "num_layers": 1, "num_heads": 2} | more
    return cls(config(vocab_size=64, feed_forward_proj="gated-gelu", **sizes)).eval()


def vae(**more: Any) -> AutoencoderKL:
    """Halves a side."""
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        up_block_types=("UpDecoderBlock2D", "UpDecoderBlock2D"),
        block_out_channels=(4, 4),
        layers_per_block=1,
        shift_factor=0.0,
        norm_num_groups=1,
        sample_size=32,
        **{"latent_channels": 4} | more,
    ).eval()
