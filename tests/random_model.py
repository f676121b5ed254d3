"""A model with random weights for tests in which nobody reads the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

NUM_LAYERS, WIDTH, NUM_HEADS, NUM_KV_HEADS, VOCABULARY = 6, 512, 8, 4, 512
NUM_BYTES, NUM_SPECIALS = 128, 3
"""Byte tokens are ASCII only: whatever is drawn is whole text."""
UNKNOWN, CONTROL, NORMAL, BYTE = 2, 3, 1, 6
"""Kinds of tokens in a GGUF file."""


def write_random_model(path: Path, *, num_layers: int = NUM_LAYERS, width: int = WIDTH) -> None:
    """A Llama of 19 million random parameters, or of another shape, with a vocabulary of bytes and letters."""
    import gguf  # noqa: PLC0415 - of the tests, and only where a server is started

    writer = gguf.GGUFWriter(path, "llama")
    for name, value in (
        ("context_length", 8192), ("embedding_length", width), ("block_count", num_layers),
        ("feed_forward_length", 3 * width), ("head_count", NUM_HEADS), ("head_count_kv", NUM_KV_HEADS),
        ("layer_norm_rms_eps", 1e-5), ("rope_dimension_count", width // NUM_HEADS), ("vocab_size", VOCABULARY),
    ):  # fmt: skip
        getattr(writer, f"add_{name}")(value)
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(NUM_BYTES))]
    letters = [chr(ord("a") + i) for i in range(26)]
    words = [*specials, *letters, "▁", *(f"▁{letter}" for letter in letters)]
    words += [f"▁w{i}" for i in range(VOCABULARY - len(words))]
    kinds = [
        UNKNOWN,
        CONTROL,
        CONTROL,
        *[BYTE] * NUM_BYTES,
        *[NORMAL] * (VOCABULARY - NUM_BYTES - NUM_SPECIALS),
    ]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(words)
    writer.add_token_scores([-float(i) for i in range(VOCABULARY)])
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    random = np.random.default_rng(0)
    key, ffn_width = NUM_KV_HEADS * width // NUM_HEADS, 3 * width
    shapes = {
        "attn_q": (width, width), "attn_k": (key, width), "attn_v": (key, width), "attn_output": (width, width),
        "ffn_gate": (ffn_width, width), "ffn_up": (ffn_width, width), "ffn_down": (width, ffn_width),
    }  # fmt: skip
    named = {"token_embd": (VOCABULARY, width), "output": (VOCABULARY, width)}
    named |= {f"blk.{i}.{name}": shape for i in range(num_layers) for name, shape in shapes.items()}
    for name, shape in named.items():
        writer.add_tensor(f"{name}.weight", (random.standard_normal(shape) * 0.05).astype(np.float16))
    norms = ["output_norm", *(f"blk.{i}.{name}_norm" for i in range(num_layers) for name in ("attn", "ffn"))]
    for name in norms:
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
