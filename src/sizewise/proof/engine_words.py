"""A vocabulary of made-up words, which a server needs to speak: the shapes alone need none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sizewise.proof.engine_architecture import Settings

SPECIALS = ("<unk>", "<s>", "</s>")
NUM_BYTES = 256
UNKNOWN, CONTROL, NORMAL, BYTE = 2, 3, 1, 6
"""Kinds of tokens. Source: llama.h."""


def word_settings(vocab_size: int) -> Settings:
    """Metadata of a vocabulary in the manner of SentencePiece: specials, bytes, and words that nobody says."""
    pieces = [*SPECIALS, *(f"<0x{i:02X}>" for i in range(NUM_BYTES))]
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * NUM_BYTES]
    pieces += [f"▁w{i}" for i in range(vocab_size - len(pieces))]
    kinds += [NORMAL] * (vocab_size - len(kinds))
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tuple(pieces[:vocab_size]),
        "tokenizer.ggml.scores": tuple(-float(i) for i in range(vocab_size)),
        "tokenizer.ggml.token_type": tuple(kinds[:vocab_size]),
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
