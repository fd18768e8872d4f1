"""Tiny pipelines of the families whose prompts language models read, of SD 3.5, and of clips beside Wan."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    AutoencoderKLHunyuanVideo,
    AutoencoderKLLTXVideo,
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideoPipeline,
    HunyuanVideoTransformer3DModel,
    LTXPipeline,
    LTXVideoTransformer3DModel,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from tiny_parts import WIDTH, clip, clip_tokenizer, t5, t5_tokenizer, vae
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTextModel,
    CLIPTextModelWithProjection,
    LlamaConfig,
    LlamaModel,
    LlamaTokenizer,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
)

WORDS = 260  # a letter for each byte, what marks beginnings and ends, and a merge
LANGUAGE = {
    "vocab_size": WORDS,
    "hidden_size": WIDTH,
    "intermediate_size": WIDTH,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "pad_token_id": 256,
    "bos_token_id": 257,
    "eos_token_id": 258,
}
MERGE = ("c", "a")
CHAT = "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>{% endfor %}"


def letters() -> dict[str, int]:
    """A vocabulary of bytes, and of one word that two of them make."""
    words = [*sorted(ByteLevel.alphabet()), "<|endoftext|>", "<|im_start|>", "<|im_end|>", "".join(MERGE)]
    return {word: number for number, word in enumerate(words)}


def qwen_tokenizer() -> Qwen2Tokenizer:
    """Letters, one merge, and how a talk is written down."""
    made = Qwen2Tokenizer(vocab=letters(), merges=[MERGE], model_max_length=512)
    made.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    made.chat_template = CHAT
    return made


def qwen3(cls: type = Qwen3Model, **more: Any) -> Any:
    """The language model that reads the prompt for Z-Image and FLUX.2 klein."""
    return cls(Qwen3Config(**(LANGUAGE | {"head_dim": 8} | more))).eval()


def qwen_vl() -> Qwen2_5_VLForConditionalGeneration:
    """The one for Qwen-Image, which could look at pictures too."""
    sight = {
        "depth": 1,
        "hidden_size": WIDTH,
        "intermediate_size": WIDTH,
        "num_heads": 2,
        "out_hidden_size": WIDTH,
        "fullatt_block_indexes": [0],
    }
    text = LANGUAGE | {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]}}
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(text_config=text, vision_config=sight)).eval()


def mistral() -> Mistral3ForConditionalGeneration:
    """The one for FLUX.2 dev, heeded at its 10th, 20th and 30th layer; it could look at pictures too."""
    sight = {
        "model_type": "pixtral",
        "hidden_size": WIDTH,
        "intermediate_size": WIDTH,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 14,
    }
    text = LANGUAGE | {"model_type": "mistral", "num_hidden_layers": 30, "head_dim": 8}
    return Mistral3ForConditionalGeneration(Mistral3Config(text_config=text, vision_config=sight)).eval()


def sd3() -> StableDiffusion3Pipeline:
    """SD 3.5 in small: three text encoders, and a second attention in its first layers."""
    torch.manual_seed(7)
    transformer = SD3Transformer2DModel(
        sample_size=16,
        patch_size=2,
        in_channels=16,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=2,
        caption_projection_dim=16,
        joint_attention_dim=2 * WIDTH,
        pooled_projection_dim=2 * WIDTH,
        out_channels=16,
        pos_embed_max_size=32,
        dual_attention_layers=(0,),
        qk_norm="rms_norm",
    ).eval()
    return StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(latent_channels=16),
        text_encoder=clip(CLIPTextModelWithProjection),
        tokenizer=clip_tokenizer(),
        text_encoder_2=clip(CLIPTextModelWithProjection),
        tokenizer_2=clip_tokenizer(),
        text_encoder_3=t5(T5EncoderModel, T5Config, d_model=2 * WIDTH),
        tokenizer_3=t5_tokenizer(),
    )


def qwen_image() -> QwenImagePipeline:
    """Qwen-Image in small: Wan's kind of VAE, and a guidance of its own name."""
    torch.manual_seed(8)
    transformer = QwenImageTransformer2DModel(
        patch_size=2,
        in_channels=64,
        out_channels=16,
        num_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        axes_dims_rope=(4, 4, 8),
    ).eval()
    return QwenImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift_terminal=0.02),
        vae=AutoencoderKLQwenImage(base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1).eval(),
        text_encoder=qwen_vl(),
        tokenizer=qwen_tokenizer(),
        transformer=transformer,
    )


def z_image() -> ZImagePipeline:
    """Z-Image in small: lists of latents, each of its own size."""
    torch.manual_seed(9)
    transformer = ZImageTransformer2DModel(
        in_channels=16,
        dim=32,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=WIDTH,
        axes_dims=[4, 4, 8],
        axes_lens=[512, 32, 32],
    ).eval()
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(latent_channels=16),
        text_encoder=qwen3(head_dim=128, rope_parameters={"rope_type": "default", "rope_theta": 54321.0}),
        tokenizer=qwen_tokenizer(),
        transformer=transformer,
    )


def ltx() -> LTXPipeline:
    """LTX-Video in small."""
    torch.manual_seed(10)
    transformer = LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=2,
        attention_head_dim=8,
        cross_attention_dim=16,
        num_layers=1,
        caption_channels=WIDTH,
    ).eval()
    autoencoder = AutoencoderKLLTXVideo(
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        timestep_conditioning=True,
    ).eval()
    autoencoder.use_framewise_encoding = autoencoder.use_framewise_decoding = False
    return LTXPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift_terminal=0.1),
        vae=autoencoder,
        text_encoder=t5(T5EncoderModel, T5Config),
        tokenizer=t5_tokenizer(),
        transformer=transformer,
    )


def hunyuan() -> HunyuanVideoPipeline:
    """HunyuanVideo in small: a language model and CLIP read its prompt."""
    torch.manual_seed(11)
    transformer = HunyuanVideoTransformer3DModel(
        in_channels=4,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=10,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        text_embed_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        rope_axes_dim=(2, 4, 4),
    ).eval()
    autoencoder = AutoencoderKLHunyuanVideo(
        latent_channels=4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
    ).eval()
    tokenizer = LlamaTokenizer(vocab=letters(), merges=[], pad_token="<|endoftext|>", unk_token="<|endoftext|>")
    return HunyuanVideoPipeline(
        text_encoder=LlamaModel(LlamaConfig(**LANGUAGE)).eval(),
        tokenizer=tokenizer,
        transformer=transformer,
        vae=autoencoder,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=7.0),
        text_encoder_2=clip(CLIPTextModel),
        tokenizer_2=clip_tokenizer(),
    )
