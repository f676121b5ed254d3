"""Fields of a Hugging Face configuration: layers, window, experts, latent attention, number format, kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.model import GENERATOR, Experts, Latent, LayerCounts
from sizewise.errors import NotSupported

if TYPE_CHECKING:
    from sizewise.sources.json_object import JsonObject

FULL_LAYER_EVERY = {"gemma2": 2, "gemma3_text": 6, "cohere2": 4, "olmo3": 4, "exaone4": 4, "gpt_oss": 2}
"""Where the configuration lists no layer types: every n-th layer is full, the others are windowed."""
ALWAYS_FULL = frozenset({"qwen2", "qwen3", "qwen2_moe", "qwen3_moe", "phi3", "phimoe"})
"""Types whose window is off unless `use_sliding_window` says otherwise."""
LAYER_KINDS = {"full_attention": "full", "sliding_attention": "sliding", "chunked_attention": "sliding"}
KIND_OF_ENDING = {
    "ForSequenceClassification": "classifier", "ForTokenClassification": "classifier", "ForScore": "score",
    "ForRewardModel": "reward", "ForReward": "reward", "RewardModel": "reward",
}  # fmt: skip
"""Endings of architecture names whose head writes no text."""


def kind_of(architectures: tuple[str, ...]) -> str:
    """What a model of these architectures gives; a bare body without a head gives vectors."""
    for name in architectures:
        for ending, kind in KIND_OF_ENDING.items():
            if name.endswith(ending):
                return kind
        if name.endswith("Model") and "For" not in name:
            return "embedding"
    return GENERATOR


def layer_counts(text: JsonObject, model_type: str) -> tuple[LayerCounts, int]:
    """Full and windowed layers, and the window. [layers, tokens]

    Raises: NotSupported for a layer type whose cache is not known; InvalidFile for a wrong list.
    """
    layers, names = text.whole("num_hidden_layers"), text.texts("layer_types")
    unknown = [name for name in names if name not in LAYER_KINDS]
    if unknown:
        raise NotSupported("{path}: field layer_types has '{given}', a layer whose cache is not known here",
                           path=text.path, given=unknown[0])  # fmt: skip
    if names and len(names) != layers:
        raise text.invalid("layer_types", f"{len(names)} entries", f"a list of {layers}, one for each layer")
    sliding = (
        sum(LAYER_KINDS[name] == "sliding" for name in names)
        if names
        else _windowed(text, model_type, layers)
    )
    if not sliding:
        return LayerCounts(full=layers), 0
    window = (
        text.whole("attention_chunk_size") if "chunked_attention" in names else text.whole("sliding_window")
    )
    return LayerCounts(full=layers - sliding, sliding=sliding), window


def _windowed(text: JsonObject, model_type: str, layers: int) -> int:
    """Windowed layers by the rule of the architecture, where the configuration lists no layer types.

    Without such a rule every layer has the window; llama.cpp then keeps all tokens, and so do we: none is windowed.
    """
    if "sliding_window" not in text or not text.truth(
        "use_sliding_window", default=model_type not in ALWAYS_FULL
    ):
        return 0
    every = text.whole("sliding_window_pattern", FULL_LAYER_EVERY.get(model_type, 1))
    return layers - layers // every


def experts_of(text: JsonObject) -> Experts | None:
    """The mixture of experts; None for a dense model.

    Raises: NotSupported where experts sit in every other layer or more rarely.
    """
    name = next(
        (n for n in ("n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts") if n in text),
        "",
    )
    if not name or text.whole(name, least=0) <= 1:
        return None
    for step in ("moe_layer_freq", "decoder_sparse_step", "interleave_moe_layer_step"):
        if text.whole(step, 1) != 1:
            raise NotSupported("{path}: field {field}: experts in some layers only are not known here",
                               path=text.path, field=step)  # fmt: skip
    width = text.whole("moe_intermediate_size", 0, least=0) or text.whole("intermediate_size")
    per_token = text.whole("num_experts_per_tok", text.whole("moe_k", 0, least=0), least=0)
    if not 1 <= per_token <= text.whole(name):
        raise text.invalid("num_experts_per_tok", per_token or None, f"at least 1 and at most {name}")
    return Experts(
        num_experts=text.whole(name), num_experts_per_token=per_token, num_shared_experts=_shared(text,
        width),
        ffn_size=width, num_dense_layers=_dense_layers(text),
    )  # fmt: skip


def _shared(text: JsonObject, width: int) -> int:
    """Shared experts, in widths of a routed one."""
    if "shared_expert_intermediate_size" in text:
        return text.whole("shared_expert_intermediate_size", least=0) // width
    return text.whole("n_shared_experts", text.whole("moe_num_shared_experts", 0, least=0), least=0)


def _dense_layers(text: JsonObject) -> int:
    layers = text.whole("num_hidden_layers")
    dense = text.whole("first_k_dense_replace", text.whole("moe_layer_start_index", 0, least=0), least=0)
    if dense >= layers:
        raise text.invalid("first_k_dense_replace", dense, "below num_hidden_layers")
    return dense


def latent_of(text: JsonObject) -> Latent | None:
    """Latent attention; None where keys and values are kept per head."""
    if "kv_lora_rank" not in text:
        return None
    return Latent(
        kv_lora_rank=text.whole("kv_lora_rank"), q_lora_rank=text.whole("q_lora_rank", 0, least=0),
        qk_nope_dim=text.whole("qk_nope_head_dim"), qk_rope_dim=text.whole("qk_rope_head_dim"),
        v_dim=text.whole("v_head_dim"),
    )  # fmt: skip
