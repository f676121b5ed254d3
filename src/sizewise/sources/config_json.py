"""A model from the config.json of a folder: its shape, cache and kind.

Only architectures whose cache is known are read; another one is an error that names it, never a guess.
Source of field names and defaults: configuration classes of transformers 5.23.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.domain.model import GENERATOR, CacheShape, Model
from sizewise.errors import NotSupported
from sizewise.sources.config_fields import experts_of, kind_of, latent_of, layer_counts
from sizewise.sources.json_object import JsonObject
from sizewise.sources.number_format import native_format
from sizewise.sources.param_count import Shape, active_params, total_params

if TYPE_CHECKING:
    from sizewise.domain.model import Experts, Latent, LayerCounts

DECODERS = frozenset({
    "llama", "mistral", "qwen2", "qwen3", "phi3", "gemma", "granite", "olmo", "olmo2", "internlm2",
    "internlm3",
    "cohere", "exaone", "smollm3", "stablelm", "seed_oss", "starcoder2", "glm", "glm4", "minicpm", "mixtral",
    "qwen2_moe", "qwen3_moe", "olmoe", "phimoe", "ernie4_5", "ernie4_5_moe", "glm4_moe", "dots1",
    "deepseek_v2",
    "deepseek_v3", "kimi_k2", "gpt_oss", "gemma2", "gemma3_text", "cohere2", "olmo3", "exaone4", "arcee",
    "hunyuan_v1_dense", "qwen2_5_vl_text", "qwen3_vl_text", "minimax_m2",
})  # fmt: skip
"""Model types that are read: softmax attention in every layer, full, windowed or latent."""
TIED_BY_DEFAULT = frozenset({"gemma", "gemma2", "gemma3_text", "cohere", "cohere2", "starcoder2"})
NOT_GATED = frozenset({"starcoder2", "arcee"})
FOUR_NORMS = frozenset({"gemma2", "gemma3_text", "glm4"})
"""Types with norms before and after attention and feed-forward block."""
HEAD_NORMS = frozenset({"qwen3", "qwen3_moe", "qwen3_vl_text", "gemma3_text"})
QKV_BIAS = frozenset({"qwen2", "qwen2_moe", "qwen2_5_vl_text"})
CACHE_FIELDS = (
    "layers_block_type",
    "mamba_d_state",
    "linear_num_value_heads",
    "ssm_state_size",
    "index_n_heads",
)
"""Fields of hybrids and of sparse attention, whose caches need more than these rules."""


def model_from_folder(path: str | Path) -> Model:
    """The model whose config.json lies in this folder, or is this file.

    Raises: InvalidFile for a missing or malformed file; NotSupported for an architecture that is not known.
    """
    file = Path(path)
    file = file if file.suffix == ".json" else file / "config.json"
    return model_from_config(JsonObject.read(file), name=file.absolute().parent.name, source=str(file))


def model_from_config(
    config: JsonObject, *, name: str, source: str, other_format: JsonObject | None = None
) -> Model:
    """The model that a configuration describes; `other_format` is the hf_quant_config.json beside it.

    Raises: InvalidFile for a missing or malformed field; NotSupported for an architecture that is not known.
    """
    text = text_part(config)
    number_format = native_format(config, text, other_format)
    return _model(
        config, text, _known_type(config, text), name=name, source=source, number_format=number_format
    )


def text_part(config: JsonObject) -> JsonObject:
    """The language model's part of a configuration."""
    return config.child("text_config") if "text_config" in config else config


def _known_type(config: JsonObject, text: JsonObject) -> str:
    model_type = text.text("model_type") or config.text("model_type")
    if model_type not in DECODERS:
        raise NotSupported(
            "{path}: field model_type is '{given}', an architecture whose cache is not known here",
            path=text.path,
            given=model_type or "missing",
        )
    for name in CACHE_FIELDS:
        if name in text:
            raise NotSupported("{path}: field {field} tells of layers whose cache is not known here",
                               path=text.path, field=name)  # fmt: skip
    if text.whole("num_kv_shared_layers", 0, least=0):
        raise NotSupported(
            "{path}: field num_kv_shared_layers: shared caches are not known here", path=text.path
        )
    return model_type


def _model(
    config: JsonObject, text: JsonObject, model_type: str, *, name: str, source: str, number_format: str
) -> Model:
    latent, experts, kind = latent_of(text), experts_of(text), kind_of(config.texts("architectures"))
    layers, window = layer_counts(text, model_type)
    default_tie = config.truth("tie_word_embeddings", default=model_type in TIED_BY_DEFAULT)
    is_tied = text.truth("tie_word_embeddings", default=default_tie)
    shape = _shape(text, model_type, latent, experts, num_embeddings=1 if is_tied or kind != GENERATOR else 2)
    return Model(
        name=name, family=model_type, kind=kind, num_params=float(total_params(shape)),
        num_active_params=float(active_params(shape)), num_layers=shape.num_layers,
        hidden_size=shape.hidden_size,
        ffn_size=shape.ffn_size, num_heads=shape.num_heads, num_kv_heads=shape.num_kv_heads,
        head_dim=shape.head_dim, vocab_size=shape.vocab_size, ties_embeddings=is_tied,
        attention=_attention(shape, layers), layers=layers, cache=_cache(shape, layers, window),
        latent=latent,
        experts=experts, max_context_tokens=text.whole("max_position_embeddings"),
        native_format=number_format, licence="unknown", commercial_use="conditional",
        languages=(),
        released="", tasks=("chat",) if kind == GENERATOR else (kind,), is_instruct=True, is_official=False,
        note="parameters counted from the shape; licence, languages and training not in config.json",
        source=source, as_of="",
    )  # fmt: skip


def _shape(
    text: JsonObject, model_type: str, latent: Latent | None, experts: Experts | None, *, num_embeddings: int
) -> Shape:
    heads, hidden = text.whole("num_attention_heads"), text.whole("hidden_size")
    kv_heads = heads if latent else text.whole("num_key_value_heads", heads)
    if kv_heads > heads:
        raise text.invalid("num_key_value_heads", kv_heads, "at most num_attention_heads")
    head_dim = (
        latent.qk_nope_dim + latent.qk_rope_dim if latent else text.whole("head_dim", max(1, hidden // heads))
    )
    needs_dense = experts is None or experts.num_dense_layers > 0
    return Shape(
        num_layers=text.whole("num_hidden_layers"), hidden_size=hidden,
        ffn_size=text.whole("intermediate_size") if needs_dense else 0, num_heads=heads,
        num_kv_heads=kv_heads,
        head_dim=head_dim, vocab_size=text.whole("vocab_size"), num_embeddings=num_embeddings,
        num_ffn_matrices=2 if model_type in NOT_GATED else 3,
        num_block_norms=4 if model_type in FOUR_NORMS else 2,
        has_qkv_bias=text.truth("attention_bias", default=model_type in QKV_BIAS),
        has_head_norms=model_type in HEAD_NORMS, latent=latent, experts=experts,
    )  # fmt: skip


def _attention(shape: Shape, layers: LayerCounts) -> str:
    if shape.latent:
        return "mla"
    if layers.sliding:
        return "sliding"
    return "mha" if shape.num_kv_heads == shape.num_heads else "gqa"


def _cache(shape: Shape, layers: LayerCounts, window_tokens: int) -> CacheShape:
    latent = shape.latent
    num_elements = 2 * shape.num_kv_heads * shape.head_dim
    if latent:
        num_elements = latent.kv_lora_rank + latent.qk_rope_dim
    return CacheShape(
        full_elements_per_token=float(layers.full * num_elements),
        sliding_elements_per_token=float(layers.sliding * num_elements),
        window_tokens=window_tokens, state_bytes=0.0, state_bytes_vllm=0.0, is_latent=latent is not None,
        num_kv_heads=shape.num_kv_heads,
    )  # fmt: skip
