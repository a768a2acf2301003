"""Turn a llama.cpp file of a Llama model into the Hugging Face folder that vLLM reads.

    python convert.py MODEL.gguf FOLDER

Runs in the server's own environment, which has the libraries; called by build.py.
"""

import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer

PARTS = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
MARKS = {"<repo_name>": "<think>", "<reponame>": "</think>"}
"""Marks that the model never writes, renamed to those of thinking models: vLLM's reasoning parsers insist on them."""
WHOLE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}


def llama_name(name):
    """`blk.3.attn_q.weight` as Llama calls it: `model.layers.3.self_attn.q_proj.weight`."""
    match name.split("."):
        case ["blk", layer, part, kind]:
            return f"model.layers.{layer}.{PARTS[part]}.{kind}"
        case [part, kind]:
            return f"{WHOLE[part]}.{kind}"
    raise ValueError(f"a tensor that no Llama model has: {name}")


def unpermuted(rows, heads):
    """Undo llama.cpp's interleaving of the two halves of each head's rotary dimensions."""
    half = rows.shape[0] // heads // 2
    return rows.reshape(heads, half, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def weights(reader, heads):
    """All tensors, by Llama's names, in bfloat16."""
    for tensor in reader.tensors:
        rows = gguf.dequantize(tensor.data, tensor.tensor_type)
        part = tensor.name.split(".")[-2]
        rows = unpermuted(rows, heads[part]) if part in heads else rows
        yield llama_name(tensor.name), torch.from_numpy(np.array(rows)).to(torch.bfloat16)


def config(fact):
    """The folder's config.json, from the file's own metadata."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "num_hidden_layers": fact("llama.block_count"),
        "hidden_size": fact("llama.embedding_length"),
        "intermediate_size": fact("llama.feed_forward_length"),
        "num_attention_heads": fact("llama.attention.head_count"),
        "num_key_value_heads": fact("llama.attention.head_count_kv"),
        "rms_norm_eps": fact("llama.attention.layer_norm_rms_epsilon"),
        "rope_theta": fact("llama.rope.freq_base"),
        "max_position_embeddings": fact("llama.context_length"),
        "vocab_size": fact("llama.vocab_size"),
        "bos_token_id": fact("tokenizer.ggml.bos_token_id"),
        "eos_token_id": fact("tokenizer.ggml.eos_token_id"),
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
    }


def rename_marks(path):
    """Give the tokenizer the marks of a thinking model."""
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    for old, new in MARKS.items():
        vocabulary[new] = vocabulary.pop(old)
    for token in tokenizer["added_tokens"]:
        if token["content"] in MARKS:
            token.update(content=MARKS[token["content"]], special=False)
    path.write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")


def main(source, folder):
    """Write config, weights and tokenizer into the folder."""
    reader = gguf.GGUFReader(source)
    settings = config(lambda key: reader.fields[key].contents())
    heads = {"attn_q": settings["num_attention_heads"], "attn_k": settings["num_key_value_heads"]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")
    save_file(dict(weights(reader, heads)), folder / "model.safetensors", metadata={"format": "pt"})
    AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name).save_pretrained(folder)
    rename_marks(folder / "tokenizer.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
