"""Tiny models as the single files that people download: denoisers by their authors' names, text encoders as GGUF."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import gguf
import torch
from tiny_newer import MERGE

State = dict[str, torch.Tensor]

# As llama.cpp calls the layers of Qwen3.
QWEN = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
NORMAL, CONTROL = 1, 3  # kinds of words in a GGUF file


def write_gguf(state: State, path: Path, quantised: bool = False, words: Any = None) -> Path:
    """A GGUF file: tensors in float32, or, where their rows allow it, in Q8_0; `words` adds what else it says."""
    writer = gguf.GGUFWriter(str(path), words.architecture if words else "diffusion")
    if words:
        words(writer)
    for key, tensor in state.items():
        values = tensor.detach().float().contiguous().numpy()
        if quantised and key.endswith(".weight") and values.ndim == 2 and values.shape[1] % 32 == 0:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(key, gguf.quants.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(key, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


class QwenWords:
    """What a GGUF file of Qwen3 says of itself, with its tokenizer."""

    architecture = "qwen3"

    def __init__(self, config: Any, tokenizer: Any) -> None:
        self._config = config
        self._tokenizer = tokenizer

    def __call__(self, writer: Any) -> None:
        config = self._config
        writer.add_name("Tiny Qwen3")
        writer.add_context_length(config.max_position_embeddings)
        writer.add_block_count(config.num_hidden_layers)
        writer.add_embedding_length(config.hidden_size)
        writer.add_feed_forward_length(config.intermediate_size)
        writer.add_head_count(config.num_attention_heads)
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
        words = [word for word, _ in sorted(self._tokenizer.get_vocab().items(), key=lambda pair: pair[1])]
        words += [f"[PAD{number}]" for number in range(len(words), config.vocab_size)]
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("qwen2")
        writer.add_token_list(words)
        writer.add_token_types([CONTROL if word.startswith("<|") else NORMAL for word in words])
        writer.add_token_merges([" ".join(MERGE)])
        writer.add_eos_token_id(words.index("<|im_end|>"))
        writer.add_pad_token_id(words.index("<|endoftext|>"))


def write_qwen(model: Any, tokenizer: Any, path: Path) -> Path:
    """The language model as one GGUF file."""
    state = {qwen_name(key): tensor for key, tensor in model.state_dict().items()}
    return write_gguf(state, path, words=QwenWords(model.config, tokenizer))


def qwen_name(key: str) -> str:
    """As llama.cpp has it."""
    key = key.removeprefix("model.")
    found = re.match(r"layers\.(\d+)\.(.*)\.weight$", key)
    if found:
        return f"blk.{found[1]}.{QWEN[found[2]]}.weight"
    return {"embed_tokens.weight": "token_embd.weight", "norm.weight": "output_norm.weight"}[key]


def z_image_state(transformer: Any) -> State:
    """Z-Image's denoiser by its authors' names: queries, keys and values in one."""
    state: State = {}
    for key, tensor in transformer.state_dict().items():
        name = key.replace("all_final_layer.2-1.", "final_layer.").replace("all_x_embedder.2-1.", "x_embedder.")
        name = name.replace(".to_out.0.", ".out.").replace(".norm_q.", ".q_norm.").replace(".norm_k.", ".k_norm.")
        state[name] = tensor
    for key in [key for key in state if key.endswith(".to_q.weight")]:
        parts = [state.pop(key.replace("to_q", part)) for part in ("to_q", "to_k", "to_v")]
        state[key.replace("to_q", "qkv")] = torch.cat(parts)
    return state
