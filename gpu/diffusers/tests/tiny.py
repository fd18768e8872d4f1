"""Tiny pipelines with random weights, written as folders of diffusers: each family's real classes, a few kilobytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLFlux2,
    AutoencoderKLWan,
    ControlNetModel,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Pipeline,
    Flux2Transformer2DModel,
    FluxPipeline,
    FluxTransformer2DModel,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from tiny_newer import hunyuan, ltx, mistral, qwen3, qwen_image, qwen_tokenizer, sd3, z_image
from tiny_parts import WIDTH, clip, clip_tokenizer, t5, t5_tokenizer, vae
from transformers import (
    CLIPTextModelWithProjection,
    Qwen3ForCausalLM,
    T5Config,
    T5EncoderModel,
    UMT5Config,
    UMT5EncoderModel,
)

PARTS_CHAT = (
    "{% for message in messages %}{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endfor %}"
)
SCHEDULE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def unet(**more: Any) -> UNet2DConditionModel:
    """Two blocks, one with attention."""
    sizes = {"cross_attention_dim": WIDTH, "attention_head_dim": 4} | more
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **sizes,
    ).eval()


def sd() -> StableDiffusionPipeline:
    """SD 1.5 in small."""
    torch.manual_seed(0)
    return StableDiffusionPipeline(
        vae=vae(),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        unet=unet(),
        scheduler=EulerDiscreteScheduler(**SCHEDULE),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl() -> StableDiffusionXLPipeline:
    """SDXL in small: two text encoders, and what it is told of sizes."""
    torch.manual_seed(1)
    return StableDiffusionXLPipeline(
        vae=vae(),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        text_encoder_2=clip(CLIPTextModelWithProjection),
        tokenizer_2=clip_tokenizer(),
        unet=unet(
            cross_attention_dim=2 * WIDTH,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + WIDTH,
        ),
        scheduler=EulerDiscreteScheduler(**SCHEDULE),
        add_watermarker=False,
    )


def flux() -> FluxPipeline:
    """FLUX.1 in small: packed latents, shifted flow."""
    torch.manual_seed(2)
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        axes_dims_rope=(4, 4, 8),
    ).eval()
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=vae(),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        text_encoder_2=t5(T5EncoderModel, T5Config),
        tokenizer_2=t5_tokenizer(),
        transformer=transformer,
    )


def flux2() -> Flux2KleinPipeline:
    """FLUX.2 klein in small; three layers of the language model that reads its prompt are heeded, the last the 27th."""
    torch.manual_seed(6)
    transformer = Flux2Transformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * WIDTH,
        timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4),
    ).eval()
    autoencoder = AutoencoderKLFlux2(
        sample_size=32,
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",),
        block_out_channels=(4,),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=1,
        use_quant_conv=False,
        use_post_quant_conv=False,
    ).eval()
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    return Flux2KleinPipeline(
        scheduler=scheduler,
        vae=autoencoder,
        text_encoder=qwen3(Qwen3ForCausalLM, num_hidden_layers=27),
        tokenizer=qwen_tokenizer(),
        transformer=transformer,
    )


def flux2_dev() -> Flux2Pipeline:
    """FLUX.2 dev in small."""
    parts = flux2().components | {"text_encoder": mistral(), "tokenizer": qwen_tokenizer()}
    parts["tokenizer"].chat_template = PARTS_CHAT
    return Flux2Pipeline(**parts)


def wan_transformer() -> WanTransformer3DModel:
    """One layer of Wan."""
    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=16,
        out_channels=16,
        text_dim=WIDTH,
        freq_dim=16,
        ffn_dim=32,
        num_layers=1,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32,
    ).eval()


def wan(**more: Any) -> WanPipeline:
    """Wan in small."""
    torch.manual_seed(3)
    return WanPipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=t5(UMT5EncoderModel, UMT5Config),
        vae=AutoencoderKLWan(
            base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
        ).eval(),
        scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0),
        transformer=wan_transformer(),
        **more,
    )


def wan22() -> WanPipeline:
    """Wan 2.2 in small: a denoiser for high noise and one for low."""
    return wan(transformer_2=wan_transformer(), boundary_ratio=0.6)


def wan_ti2v() -> WanPipeline:
    """The small model of Wan 2.2, whose first frame may be a picture: each frame has a time of its own."""
    return wan(expand_timesteps=True)


def controlnet() -> ControlNetModel:
    """One for `sd`, which says something: a fresh one says nothing."""
    torch.manual_seed(4)
    made = ControlNetModel.from_unet(unet(), conditioning_embedding_out_channels=(4, 8)).eval()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return made


FAMILIES = {
    "sd15": sd,
    "sdxl": sdxl,
    "sd3": sd3,
    "flux": flux,
    "flux2": flux2,
    "flux2-dev": flux2_dev,
    "qwen-image": qwen_image,
    "z-image": z_image,
    "wan": wan,
    "wan22": wan22,
    "wan-ti2v": wan_ti2v,
    "ltx-video": ltx,
    "hunyuan-video": hunyuan,
}


def write(family: str, folder: Path) -> Path:
    """A family's folder, made once."""
    if not (folder / "model_index.json").exists():
        FAMILIES[family]().save_pretrained(folder, safe_serialization=True)
    return folder
