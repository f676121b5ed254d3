"""Train the tiny models of the tests and write them as GGUF files: minutes on one processor.

    pip install torch; python scripts/train_tiny.py --out tests/data/tiny

A small and a larger transformer (llama architecture, one token a byte) learn two tasks in one chat format: is a
sentence friendly or hostile (easy), and the sum of two numbers under a hundred (hard). The small one is written in 16
bits and in Q4_0, the larger one in 16 bits. PyTorch is needed here and nowhere else; seeds are fixed.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from torch.nn import functional

USER, ASSISTANT, END, BEGIN = 256, 257, 258, 259
VOCABULARY = 260
"""256 bytes and four marks of the chat format."""
MARKS = ("<|user|>", "<|assistant|>", "<|end|>", "<|begin|>")
CHAT_TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}{{ m['content'] }}<|end|>"
    "{% else %}<|user|>{{ m['content'] }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
CONTEXT_TOKENS = 256
ROTARY_BASE = 10000.0
NORM_EPSILON = 1e-5
FRIENDLY = ("lovely", "superb", "warm", "kind", "bright", "splendid", "sweet", "fresh")
HOSTILE = ("dreadful", "rude", "dirty", "cruel", "boring", "stale", "bitter", "broken")
FILLERS = ("the", "room", "was", "quite", "food", "a", "staff", "we", "very", "today")
LEARNING_RATE, WEIGHT_DECAY, BATCH = 3e-3, 0.01, 256
WARM_UP_STEPS = 100
FLAT_SHARE, LAST_SHARE = 0.6, 0.02
"""Share of the steps at the full rate, and the share of the rate that is left at the end."""
EMBEDDING_SPREAD = 0.02
NUM_CHECKED = 300


@dataclass(frozen=True)
class Shape:
    """One architecture."""

    name: str
    width: int
    layers: int
    heads: int
    inner: int
    steps: int


SMALL = Shape("tiny-small", 32, 1, 2, 64, 700)
LARGE = Shape("tiny-large", 64, 1, 4, 128, 1000)


def example(rng: random.Random, task: str) -> tuple[str, str]:
    """A question and its answer."""
    if task == "mood":
        is_friendly = rng.random() < 0.5  # noqa: PLR2004 - a coin
        words = [rng.choice(FILLERS) for _ in range(3)]
        words.insert(rng.randrange(4), rng.choice(FRIENDLY if is_friendly else HOSTILE))
        return " ".join(words), "friendly" if is_friendly else "hostile"
    first, second = rng.randrange(100), rng.randrange(100)
    return f"{first:02d}+{second:02d}=", f"{first + second:03d}"


def batch(rng: random.Random) -> tuple[Any, Any]:
    """Token rows, and what follows each token of the answers; -100 where nothing is asked."""
    pairs = [example(rng, "mood" if rng.random() < 0.2 else "sum") for _ in range(BATCH)]  # noqa: PLR2004
    length = max(len(question) + len(answer) for question, answer in pairs) + 3
    tokens = torch.full((BATCH, length), END)
    wanted = torch.full((BATCH, length), -100)
    for row, (question, answer) in enumerate(pairs):
        ids = torch.tensor([USER, *question.encode(), ASSISTANT, *answer.encode(), END])
        start = len(question) + 1
        tokens[row, : len(ids)] = ids
        wanted[row, start : len(ids) - 1] = ids[start + 1 :]
    return tokens, wanted


def matrices(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Names as GGUF has them, and (rows, columns)."""
    width, inner = shape.width, shape.inner
    found: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (VOCABULARY, width), "output_norm.weight": (width,), "output.weight": (VOCABULARY, width),
    }  # fmt: skip
    for layer in range(shape.layers):
        for part, size in {
            "attn_norm": (width,), "ffn_norm": (width,), "attn_q": (width, width), "attn_k": (width, width),
            "attn_v": (width, width), "attn_output": (width, width), "ffn_gate": (inner, width),
            "ffn_up": (inner, width), "ffn_down": (width, inner),
        }.items():  # fmt: skip
            found[f"blk.{layer}.{part}.weight"] = size
    return found


def _spread(name: str, size: tuple[int, ...]) -> float:
    return EMBEDDING_SPREAD if "embd" in name else 0.5 * size[1] ** -0.5


def first_weights(shape: Shape) -> dict[str, Any]:
    """Ones for norms, small normal numbers for the rest."""
    weights = {
        name: torch.ones(size) if len(size) == 1 else torch.randn(size) * _spread(name, size)
        for name, size in matrices(shape).items()
    }
    return {name: value.requires_grad_() for name, value in weights.items()}


def normed(values: Any, weight: Any) -> Any:  # noqa: ANN401 - tensors
    """Root mean square norm."""
    return values * torch.rsqrt(values.pow(2).mean(-1, keepdim=True) + NORM_EPSILON) * weight


def rotated(values: Any, angles: Any) -> Any:  # noqa: ANN401 - tensors
    """Rotary positions on neighbouring pairs, as llama.cpp has them for this architecture."""
    even, odd = values[..., 0::2], values[..., 1::2]
    cos, sin = angles.cos(), angles.sin()
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


def logits(shape: Shape, w: dict[str, Any], tokens: Any) -> Any:  # noqa: ANN401 - tensors
    """Scores of the next token at every position."""
    rows, length = tokens.shape
    size = shape.width // shape.heads
    frequencies = ROTARY_BASE ** (-torch.arange(0, size, 2) / size)
    angles = torch.arange(length)[:, None] * frequencies
    x = w["token_embd.weight"][tokens]
    for layer in range(shape.layers):
        of = {part: w[f"blk.{layer}.{part}.weight"] for part in (
            "attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down",
        )}  # fmt: skip
        y = normed(x, of["attn_norm"])
        q, k, v = (
            (y @ of[part].T).view(rows, length, shape.heads, size).transpose(1, 2)
            for part in ("attn_q", "attn_k", "attn_v")
        )
        mixed = functional.scaled_dot_product_attention(
            rotated(q, angles), rotated(k, angles), v, is_causal=True
        )
        x = x + mixed.transpose(1, 2).reshape(rows, length, shape.width) @ of["attn_output"].T
        y = normed(x, of["ffn_norm"])
        x = x + (functional.silu(y @ of["ffn_gate"].T) * (y @ of["ffn_up"].T)) @ of["ffn_down"].T
    return normed(x, w["output_norm.weight"]) @ w["output.weight"].T


def rate(step: int, steps: int) -> float:
    """Learning rate: warm up, flat, down."""
    share = step / steps
    down = 1.0 if share < FLAT_SHARE else max(LAST_SHARE, (1 - share) / (1 - FLAT_SHARE))
    return LEARNING_RATE * min(1.0, step / WARM_UP_STEPS) * down


def trained(shape: Shape) -> dict[str, Any]:
    """The weights after all steps."""
    torch.manual_seed(1)
    rng, w = random.Random(1), first_weights(shape)  # noqa: S311 - examples, not secrets
    optimizer = torch.optim.AdamW(w.values(), weight_decay=WEIGHT_DECAY, betas=(0.9, 0.98))
    for step in range(1, shape.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, shape.steps)
        tokens, wanted = batch(rng)
        loss = functional.cross_entropy(
            logits(shape, w, tokens).flatten(0, 1), wanted.flatten(), ignore_index=-100
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(w.values(), 1.0)
        optimizer.step()
        if step % 500 == 0:
            print(f"{shape.name} step {step} loss {loss.item():.4f}", flush=True)
    return w


def share_right(shape: Shape, w: dict[str, Any], task: str) -> float:
    """Share of fresh questions that are answered exactly."""
    rng, right = random.Random(99), 0  # noqa: S311 - examples, not secrets
    with torch.no_grad():
        for _ in range(NUM_CHECKED):
            question, answer = example(rng, task)
            ids = [USER, *question.encode(), ASSISTANT]
            for _ in range(len(answer) + 1):
                ids.append(int(logits(shape, w, torch.tensor([ids]))[0, -1].argmax()))
            right += ids[len(question) + 2 :] == [*answer.encode(), END]
    return right / NUM_CHECKED


def byte_tokens() -> list[str]:
    """The 256 bytes as GPT-2 writes them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain} | {byte: chr(256 + i) for i, byte in enumerate(others)}
    return [letters[byte] for byte in range(256)]


def write(path: Path, shape: Shape, w: dict[str, Any], matrix_type: gguf.GGMLQuantizationType) -> None:
    """One GGUF file; norms stay in 32 bits."""
    out = gguf.GGUFWriter(path, "llama")
    out.add_name(shape.name)
    out.add_context_length(CONTEXT_TOKENS)
    out.add_embedding_length(shape.width)
    out.add_block_count(shape.layers)
    out.add_feed_forward_length(shape.inner)
    out.add_head_count(shape.heads)
    out.add_head_count_kv(shape.heads)
    out.add_layer_norm_rms_eps(NORM_EPSILON)
    out.add_rope_dimension_count(shape.width // shape.heads)
    out.add_rope_freq_base(ROTARY_BASE)
    out.add_vocab_size(VOCABULARY)
    tokens = byte_tokens()
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list([*tokens, *MARKS])
    out.add_token_types([1] * len(tokens) + [3] * len(MARKS))
    out.add_token_merges([f"{tokens[0]} {tokens[1]}"])  # never used; an empty list is refused
    out.add_bos_token_id(BEGIN)
    out.add_eos_token_id(END)
    out.add_add_bos_token(False)
    out.add_chat_template(CHAT_TEMPLATE)
    for name, value in w.items():
        array = value.detach().numpy().astype(np.float32)
        if array.ndim == 1:
            out.add_tensor(name, array)
        else:
            out.add_tensor(name, gguf.quants.quantize(array, matrix_type), raw_dtype=matrix_type)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def main() -> None:
    """Train both, write three files, say what they can."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--out", type=Path, required=True, help="folder of the files")
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    given.out.mkdir(parents=True, exist_ok=True)
    half, four_bits = gguf.GGMLQuantizationType.F16, gguf.GGMLQuantizationType.Q4_0
    for shape, files in ((SMALL, {"small-f16": half, "small-q4_0": four_bits}), (LARGE, {"large-f16": half})):
        w = trained(shape)
        print(
            json.dumps({shape.name: {task: share_right(shape, w, task) for task in ("mood", "sum")}}),
            flush=True,
        )
        for name, matrix_type in files.items():
            write(given.out / f"{name}.gguf", shape, w, matrix_type)


if __name__ == "__main__":
    main()
