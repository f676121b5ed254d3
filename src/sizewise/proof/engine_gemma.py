"""Small tensors and settings of Gemma 3n and Gemma 4 in a model file of llama.cpp.

Source: tensor lists and settings that llama.cpp b11549 asks for when it loads a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.estimate.gemma import ALTERNATIVES, GEMMA_4, PER_LAYER_ELEMENTS, gemma_layout
from sizewise.proof.engine_vectors import four_norms, head_norms

if TYPE_CHECKING:
    from sizewise.domain.model import Model
    from sizewise.proof.engine_architecture import Settings, Shapes


def is_gemma_4(model: Model) -> bool:
    """Does the shape add up as one of Gemma 4?"""
    return model.family == GEMMA_4 and gemma_layout(model) is not None


def is_gemma_3n(model: Model) -> bool:
    """Does the shape add up as one of Gemma 3n?"""
    return model.family != GEMMA_4 and gemma_layout(model) is not None


def gemma_ends(model: Model) -> Shapes:
    """The last norm, and that of the second embedding where there is one."""
    layout = gemma_layout(model)
    ends: Shapes = {"output_norm.weight": (model.hidden_size,)}
    if layout is not None and layout.shares:
        ends["per_layer_proj_norm.weight"] = (PER_LAYER_ELEMENTS,)
    return ends


def gemma_4_block(model: Model, block: int) -> Shapes:
    """Norms as wide as the heads of the block, its scale, and what experts and the second embedding add."""
    layout = gemma_layout(model)
    if layout is None:
        return {}
    hidden = (model.hidden_size,)
    head = layout.global_head_dim if block in layout.global_blocks else model.head_dim
    shapes: Shapes = {
        **four_norms(model),
        "attn_q_norm.weight": (head,),
        "attn_k_norm.weight": (head,),
        "layer_output_scale.weight": (1,),
    }
    if model.experts:
        shapes |= {
            "pre_ffw_norm_2.weight": hidden,
            "post_ffw_norm_1.weight": hidden,
            "post_ffw_norm_2.weight": hidden,
            "ffn_gate_inp.scale": hidden,
            "ffn_down_exps.scale": (model.experts.num_experts,),
        }
    return shapes | ({"post_norm.weight": hidden} if layout.shares else {})


def gemma_3n_block(model: Model, _block: int) -> Shapes:
    """Norms, and the small tensors of the parallel hidden states."""
    hidden = (model.hidden_size,)
    return {
        **four_norms(model),
        **head_norms(model),
        "post_norm.weight": hidden,
        "altup_correct_coef.weight": (ALTERNATIVES, ALTERNATIVES),
        "altup_correct_scale.weight": hidden,
        "altup_predict_coef.weight": (ALTERNATIVES, ALTERNATIVES**2),
        "altup_router_norm.weight": hidden,
        "laurel_post_norm.weight": hidden,
    }


def gemma_settings(model: Model) -> Settings:
    """Heads by block, and which blocks share a cache."""
    layout = gemma_layout(model)
    if layout is None:
        return {}
    owners, blocks = layout.num_owners, range(model.num_layers)
    at_all = set(layout.global_blocks)
    widths = tuple(model.ffn_size * (1 + (layout.widens and b >= owners)) for b in blocks)
    experts = model.experts
    shared = experts.num_shared_experts * experts.ffn_size if experts else 0
    return {
        "attention.head_count_kv": tuple(
            layout.num_global_kv_heads if b in at_all else model.num_kv_heads for b in blocks
        ),
        "attention.key_length": layout.global_head_dim,
        "attention.value_length": layout.global_head_dim,
        "attention.key_length_swa": model.head_dim,
        "attention.value_length_swa": model.head_dim,
        "rope.dimension_count": layout.global_head_dim,
        "rope.dimension_count_swa": model.head_dim,
        "attention.sliding_window": model.cache.window_tokens,
        "attention.sliding_window_pattern": tuple(b not in at_all for b in blocks),
        "attention.shared_kv_layers": model.num_layers - owners,
        "embedding_length_per_layer_input": PER_LAYER_ELEMENTS if layout.shares else 0,
        "feed_forward_length": shared or widths,
    }
