"""A model of the catalog as a configuration of Transformers: the shapes whose classes are the same inside."""

from __future__ import annotations

from importlib import metadata, util
from typing import TYPE_CHECKING, Any

from sizewise.errors import MissingExtra, NotSupported
from sizewise.proof.engine_architectures import architecture_of

if TYPE_CHECKING:
    from sizewise.domain.model import Model
    from sizewise.domain.quantization import Quantization

MODEL_TYPES = ("llama", "qwen2", "qwen3")
"""Names of architectures that GGUF files and Transformers share, and that differ in nothing but sizes."""
DTYPES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}
"""Number formats of random weights."""
PACKAGES = ("torch", "transformers")


def transformers_version() -> str:
    """Versions of both packages.

    Raises: MissingExtra.
    """
    if any(util.find_spec(name) is None for name in PACKAGES):
        raise MissingExtra("transformers", "running Transformers")
    return f"{metadata.version('transformers')}, torch {metadata.version('torch')}"


def shape_config(model: Model) -> dict[str, Any]:
    """The configuration.

    Raises: NotSupported for an architecture that is not one of MODEL_TYPES.
    """
    name = architecture_of(model).name
    if name not in MODEL_TYPES or model.experts or model.layers.sliding:
        raise NotSupported(
            "verify runs Transformers for the dense shapes of {known}, not for {model}; llama.cpp runs more of them",
            known=", ".join(MODEL_TYPES), model=model.name,
        )  # fmt: skip
    return {
        "model_type": name, "hidden_size": model.hidden_size, "intermediate_size": model.ffn_size,
        "num_hidden_layers": model.num_layers, "num_attention_heads": model.num_heads,
        "num_key_value_heads": model.num_kv_heads, "head_dim": model.head_dim, "vocab_size": model.vocab_size,
        "tie_word_embeddings": model.ties_embeddings, "max_position_embeddings": model.max_context_tokens,
    }  # fmt: skip


def dtype_of(quantization: Quantization) -> str:
    """Name of the number format in torch.

    Raises: NotSupported.
    """
    if quantization.name not in DTYPES:
        raise NotSupported(
            "verify runs Transformers with random weights in {known}, not in {quantization}",
            known=", ".join(DTYPES), quantization=quantization.name,
        )  # fmt: skip
    return DTYPES[quantization.name]
