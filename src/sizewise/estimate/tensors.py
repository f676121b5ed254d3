"""The tensors of a language model: what a weight file holds, matrix by matrix.

A model's shape gives its matrices; everything else in the file is small vectors (norms, biases, attention
sinks), and their number is what the parameter count leaves. So the list adds up to the parameters exactly
wherever the shape is complete.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from sizewise.estimate.delta_net import delta_net, has_short_convolutions
from sizewise.estimate.gated_attention import gated_attention, gated_attention_groups
from sizewise.estimate.gemma import (
    PER_LAYER_ELEMENTS,
    PER_LAYER_EMBEDDING,
    ROPE_FREQUENCIES,
    gemma_groups,
    gemma_layout,
    rope_frequency_groups,
)
from sizewise.estimate.indexer import INDEX_KEY_ELEMENTS, is_indexed, num_index_heads
from sizewise.estimate.lightning import has_lightning, lightning_groups
from sizewise.estimate.mamba import has_both, latent_ffn_size, mamba, stands_apart
from sizewise.estimate.tensor_group import TensorGroup

if TYPE_CHECKING:
    from sizewise.domain.model import Experts, Latent, Model
    from sizewise.estimate.delta_net import DeltaNet
    from sizewise.estimate.mamba import Mamba

REST = "rest"
"""Matrices that the shape does not explain: linear attention, state-space blocks and the like."""
INDEXER = "indexer."
"""Beginning of the names of an indexer's matrices: published parameter counts of the language model leave them out."""
FUSED_FAMILIES = frozenset({
    "Phi 1.5", "Phi 2", "Phi 3", "Phi 4", "Qwen", "GPT-NeoX", "Pythia", "Ling", "Ling/Ring",
})  # fmt: skip
"""Families whose query, key and value matrices are one tensor in GGUF files: the mixtures treat it as `attn_v`.
Source: tensor lists of llama.cpp b11549 (architectures phi2, phi3, qwen, gptneox, bailingmoe2)."""
FUSED_UNGATED_FAMILIES = frozenset({"Falcon"})
"""The same, of their models without a gate only: later ones are built like Llama. Source: architecture falcon."""
PER_LAYER_EMBEDDING_FAMILIES = frozenset({"Gemma 3n", "Gemma 4"})
"""Families whose small models add a second embedding, one vector a layer: most of what their shape leaves out."""
INTERLEAVED_FAMILIES = frozenset({"Llama 4"})
"""Families whose dense blocks stand between those with experts, not before them. Source: their configurations."""
MAX_VECTORS_PER_BLOCK = 16
"""Vectors of hidden size in one block, at most: two to four norms, biases of every matrix. [count]."""


@dataclass(frozen=True, kw_only=True)
class TensorList:
    """All tensors of a model, and how well their shapes are known."""

    groups: tuple[TensorGroup, ...]
    has_output: bool
    """Is there an output matrix beside the token embedding?"""
    is_gated: bool
    """Three matrices a feed-forward block (gate, up, down), or two."""
    scale: float
    """Parameters of the model / elements of the list: 1 where the list is complete."""

    @property
    def is_exact(self) -> bool:
        """Does the list add up to the parameters, with nothing but small vectors left?"""
        return self.scale == 1.0 and REST not in {g.name for g in self.groups}


@lru_cache(maxsize=1024)
def tensor_list(model: Model) -> TensorList:
    """Tensors of this model, those that no parameter count has (an indexer, factors) last. [elements]."""
    counted = _counted_list(model)
    return replace(counted, groups=counted.groups + _indexer(model) + rope_frequency_groups(model))


def _counted_list(model: Model) -> TensorList:
    """Tensors that add up to the parameters. [elements].

    Whether an output matrix exists and whether blocks are gated follows from the parameter count: the declared
    answer is tried first, then its opposite; the first whose remainder can be norms and biases is taken.
    Valid for: transformers with full, grouped, latent or sliding attention, gated delta nets, short convolutions and
    Mamba-2, dense or mixture of experts. Layers of other kinds end in one group `rest`.
    """
    layout = gemma_layout(model)
    if layout is not None:
        groups = gemma_groups(model, layout)
        vectors = int(model.num_params) - sum(g.num_elements for g in groups)
        return _finished(model, False, True, groups, remainder=vectors, remainder_name="vectors")
    mixed = mamba(model)
    if mixed is not None:
        groups = _mixed_matrices(model, mixed)
        vectors = int(model.num_params) - sum(g.num_elements for g in groups)
        is_gated = not stands_apart(model)
        return _finished(
            model, not model.ties_embeddings, is_gated, groups, remainder=vectors, remainder_name="vectors"
        )
    choices = [
        (output, gated)
        for gated in (True, False)
        for output in (not model.ties_embeddings, model.ties_embeddings)
    ]
    net = delta_net(model)
    lists = [(o, g, _matrices(model, net, has_output=o, is_gated=g)) for o, g in choices]
    remainders = [int(model.num_params) - sum(t.num_elements for t in groups) for _, _, groups in lists]
    bound = _vector_bound(model)
    fitting = [i for i, rest in enumerate(remainders) if 0 <= rest <= bound]
    if fitting:
        return _finished(
            model, *lists[fitting[0]], remainder=remainders[fitting[0]], remainder_name="vectors"
        )
    output, gated = choices[0]
    groups = _matrices(model, None, has_output=output, is_gated=gated)
    unexplained = int(model.num_params) - sum(t.num_elements for t in groups)
    return _finished(model, output, gated, groups, remainder=unexplained, remainder_name=REST)


def is_counted(group: TensorGroup) -> bool:
    """Is it in published parameter counts? Indexers and what only model files of llama.cpp hold are not."""
    return not group.name.startswith((INDEXER, ROPE_FREQUENCIES))


def tensor_groups(model: Model) -> tuple[TensorGroup, ...]:
    """The tensors of this model, grouped by name and shape."""
    return tensor_list(model).groups


def _finished(
    model: Model,
    has_output: bool,  # noqa: FBT001 - positional fields of one choice
    is_gated: bool,  # noqa: FBT001 - same
    groups: tuple[TensorGroup, ...],
    *,
    remainder: int,
    remainder_name: str,
) -> TensorList:
    scale = 1.0
    if remainder < 0:
        scale = model.num_params / sum(g.num_elements for g in groups)
    elif remainder_name == "vectors":
        groups += (TensorGroup(name="vectors", row_elements=remainder, num_rows=1, is_matrix=False),)
    else:
        second = _second_embedding(model, remainder)
        groups, remainder = groups + second, remainder - sum(g.num_elements for g in second)
        rows, left = divmod(remainder, model.hidden_size)
        groups += (TensorGroup(name=REST, row_elements=model.hidden_size, num_rows=rows),)
        groups += (TensorGroup(name="vectors", row_elements=left, num_rows=1, is_matrix=False),)
    return TensorList(groups=groups, has_output=has_output, is_gated=is_gated, scale=scale)


def _second_embedding(model: Model, remainder: int) -> tuple[TensorGroup, ...]:
    """The embedding per layer of small Gemmas, where the unlisted parameters have room for it."""
    row_elements = PER_LAYER_ELEMENTS * model.num_layers
    if model.family not in PER_LAYER_EMBEDDING_FAMILIES or remainder < row_elements * model.vocab_size:
        return ()
    return (TensorGroup(name=PER_LAYER_EMBEDDING, row_elements=row_elements, num_rows=model.vocab_size),)


def _vector_bound(model: Model) -> int:
    """Most elements that norms, biases and sinks of a model can have."""
    experts = model.experts
    width = (
        MAX_VECTORS_PER_BLOCK * model.hidden_size + 3 * model.num_heads * model.head_dim + 2 * model.ffn_size
    )
    if experts:
        width += experts.num_experts * (2 * experts.ffn_size + model.hidden_size + 2)
    return model.num_layers * width + 2 * model.hidden_size + model.vocab_size


def _matrices(
    model: Model, net: DeltaNet | None, *, has_output: bool, is_gated: bool
) -> tuple[TensorGroup, ...]:
    hidden = model.hidden_size
    groups = [TensorGroup(name="token_embd", row_elements=hidden, num_rows=model.vocab_size)]
    if has_output:
        groups.append(TensorGroup(name="output", row_elements=hidden, num_rows=model.vocab_size))
    blocks = attention_blocks(model)
    gated = gated_attention(model)
    if model.latent:
        groups += _latent_attention(model, model.latent, blocks)
    elif gated is not None:
        groups += gated_attention_groups(model, gated)
    else:
        groups += _attention(model, blocks, num_queries=1 if net is None else 2, is_gated=is_gated)
    others = tuple(sorted(set(range(model.num_layers)) - set(blocks)))
    if net is not None:
        groups += _linear_attention(model, net, others)
    if has_short_convolutions(model):
        groups += _short_convolutions(model.hidden_size, others)
    if has_lightning(model):
        groups += lightning_groups(model, others)
    return (*groups, *_feed_forward(model, is_gated=is_gated))


def _mixed_matrices(model: Model, net: Mamba) -> tuple[TensorGroup, ...]:
    """Embeddings, attention, Mamba and feed-forward blocks, beside each other or each apart."""
    hidden, is_apart = model.hidden_size, stands_apart(model)
    names = ("token_embd",) if model.ties_embeddings else ("token_embd", "output")
    groups = [TensorGroup(name=n, row_elements=hidden, num_rows=model.vocab_size) for n in names]
    groups += _attention(model, attention_blocks(model), num_queries=1, is_gated=not is_apart)
    rows = {"ssm_in": (hidden, net.num_inputs), "ssm_out": (net.inner_size, hidden)}
    blocks = mamba_blocks(model)
    groups += [TensorGroup(name=n, row_elements=r, num_rows=c, blocks=blocks) for n, (r, c) in rows.items()]
    feeding = feed_forward_blocks(model)
    if is_apart and model.experts:
        groups += _latent_experts(model, net.latent_size, feeding)
        shared = model.experts.num_shared_experts * model.experts.ffn_size
        groups += _dense_blocks(hidden, shared, "_shexp", feeding, is_gated=False)
    elif is_apart:
        groups += _dense_blocks(hidden, model.ffn_size, "", feeding, is_gated=False)
    else:
        groups += _feed_forward(model, is_gated=True)
    return tuple(groups)


def _latent_experts(model: Model, latent_size: int, blocks: tuple[int, ...]) -> list[TensorGroup]:
    """Experts without a gate, in a narrower space where they have one, with the matrices that lead there and back."""
    hidden, experts = model.hidden_size, model.experts
    if experts is None:
        return []
    if not latent_size:
        return _expert_blocks(hidden, experts, blocks, is_gated=False)
    own = replace(experts, ffn_size=latent_ffn_size(model, latent_size))
    router, *matrices = _expert_blocks(latent_size, own, blocks, is_gated=False)
    rows = {"ffn_latent_down": (hidden, latent_size), "ffn_latent_up": (latent_size, hidden)}
    between = [TensorGroup(name=n, row_elements=r, num_rows=c, blocks=blocks) for n, (r, c) in rows.items()]
    return [replace(router, row_elements=hidden), *matrices, *between]


def mamba_blocks(model: Model) -> tuple[int, ...]:
    """Blocks with Mamba: all, those without attention, or where each is of one kind so many of them."""
    if has_both(model):
        return tuple(range(model.num_layers))
    others = sorted(set(range(model.num_layers)) - set(attention_blocks(model)))
    count = model.layers.ssm
    return tuple(others[i * len(others) // count] for i in range(count))


def feed_forward_blocks(model: Model) -> tuple[int, ...]:
    """Blocks with nothing but a feed-forward part, where each block is of one kind."""
    return tuple(
        sorted(set(range(model.num_layers)) - set(attention_blocks(model)) - set(mamba_blocks(model)))
    )


def attention_blocks(model: Model) -> tuple[int, ...]:
    """Blocks with softmax attention: all, or in hybrids the last of every few."""
    num_layers = model.num_layers
    if not (model.layers.linear or model.layers.ssm):
        return tuple(range(num_layers))
    attending = max(model.layers.full + model.layers.sliding, 1)
    return tuple((i + 1) * num_layers // attending - 1 for i in range(min(attending, num_layers)))


def _attention(
    model: Model, blocks: tuple[int, ...], *, num_queries: int, is_gated: bool
) -> list[TensorGroup]:
    """Query, key, value and output; hybrids with delta nets have a gate as wide as the queries in one matrix."""
    hidden, query, key = (
        model.hidden_size,
        model.num_heads * model.head_dim,
        model.num_kv_heads * model.head_dim,
    )
    is_fused = model.family in FUSED_FAMILIES or (model.family in FUSED_UNGATED_FAMILIES and not is_gated)
    if is_fused and not (model.layers.linear or model.layers.ssm):
        rows = {"attn_qkv": (hidden, query + 2 * key)}
    else:
        rows = {"attn_q": (hidden, num_queries * query), "attn_k": (hidden, key), "attn_v": (hidden, key)}
    rows["attn_output"] = (query, hidden)
    return [TensorGroup(name=n, row_elements=r, num_rows=c, blocks=blocks) for n, (r, c) in rows.items()]


def _linear_attention(model: Model, net: DeltaNet, blocks: tuple[int, ...]) -> list[TensorGroup]:
    hidden = model.hidden_size
    rows = {
        "attn_qkv": (hidden, net.num_channels),
        "attn_gate": (hidden, net.num_values),
        "ssm_alpha": (hidden, net.num_value_heads),
        "ssm_beta": (hidden, net.num_value_heads),
        "ssm_out": (net.num_values, hidden),
    }
    return [TensorGroup(name=n, row_elements=r, num_rows=c, blocks=blocks) for n, (r, c) in rows.items()]


def _short_convolutions(hidden: int, blocks: tuple[int, ...]) -> list[TensorGroup]:
    """Two gates and the input in one matrix, and the output."""
    return [
        TensorGroup(name="shortconv.in_proj", row_elements=hidden, num_rows=3 * hidden, blocks=blocks),
        TensorGroup(name="shortconv.out_proj", row_elements=hidden, num_rows=hidden, blocks=blocks),
    ]


def _latent_attention(model: Model, latent: Latent, blocks: tuple[int, ...]) -> list[TensorGroup]:
    hidden, heads, rank = model.hidden_size, model.num_heads, latent.kv_lora_rank
    query = heads * (latent.qk_nope_dim + latent.qk_rope_dim)
    rows: dict[str, tuple[int, int, int]] = {
        "attn_kv_a_mqa": (hidden, rank + latent.qk_rope_dim, 1),
        "attn_k_b": (latent.qk_nope_dim, rank, heads),
        "attn_v_b": (rank, latent.v_dim, heads),
        "attn_output": (heads * latent.v_dim, hidden, 1),
    }
    if latent.q_lora_rank:
        rows["attn_q_a"] = (hidden, latent.q_lora_rank, 1)
        rows["attn_q_b"] = (latent.q_lora_rank, query, 1)
    else:
        rows["attn_q"] = (hidden, query, 1)
    return [
        TensorGroup(name=n, row_elements=r, num_rows=c, num_stacked=s, blocks=blocks)
        for n, (r, c, s) in rows.items()
    ]


def _indexer(model: Model) -> tuple[TensorGroup, ...]:
    """Keys, queries and weights of the indexer of sparse attention."""
    if model.latent is None or not is_indexed(model):
        return ()
    rows = {
        "indexer.proj": (model.hidden_size, num_index_heads(model)),
        "indexer.attn_k": (model.hidden_size, INDEX_KEY_ELEMENTS),
        "indexer.attn_q_b": (model.latent.q_lora_rank, num_index_heads(model) * INDEX_KEY_ELEMENTS),
    }
    blocks = attention_blocks(model)
    return tuple(TensorGroup(name=n, row_elements=r, num_rows=c, blocks=blocks) for n, (r, c) in rows.items())


def sparse_blocks(model: Model) -> tuple[int, ...]:
    """Blocks with experts: all after the dense ones, or the last of every few."""
    if model.experts is None:
        return ()
    num_dense = model.experts.num_dense_layers
    if model.family in INTERLEAVED_FAMILIES and num_dense < model.num_layers:
        step = model.num_layers // (model.num_layers - num_dense)
        return tuple(range(step - 1, model.num_layers, step))
    return tuple(range(num_dense, model.num_layers))


def _feed_forward(model: Model, *, is_gated: bool) -> list[TensorGroup]:
    experts, sparse = model.experts, sparse_blocks(model)
    dense = tuple(sorted(set(range(model.num_layers)) - set(sparse)))
    groups = _dense_blocks(model.hidden_size, model.ffn_size, "", dense, is_gated=is_gated)
    if experts:
        groups += _expert_blocks(model.hidden_size, experts, sparse, is_gated=is_gated)
        shared = experts.num_shared_experts * experts.ffn_size
        groups += _dense_blocks(model.hidden_size, shared, "_shexp", sparse, is_gated=is_gated)
    return groups


def _dense_blocks(
    hidden: int, width: int, suffix: str, blocks: tuple[int, ...], *, is_gated: bool
) -> list[TensorGroup]:
    if not (width and blocks):
        return []
    names = ("ffn_gate", "ffn_up") if is_gated else ("ffn_up",)
    groups = [TensorGroup(name=n + suffix, row_elements=hidden, num_rows=width, blocks=blocks) for n in names]
    return [
        *groups,
        TensorGroup(name="ffn_down" + suffix, row_elements=width, num_rows=hidden, blocks=blocks),
    ]


def _expert_blocks(
    hidden: int, experts: Experts, blocks: tuple[int, ...], *, is_gated: bool
) -> list[TensorGroup]:
    count, width = experts.num_experts, experts.ffn_size
    router = TensorGroup(
        name="ffn_gate_inp", row_elements=hidden, num_rows=count, blocks=blocks, is_matrix=False
    )
    names = ("ffn_gate_exps", "ffn_up_exps") if is_gated else ("ffn_up_exps",)
    groups = [
        TensorGroup(name=n, row_elements=hidden, num_rows=width, num_stacked=count, blocks=blocks)
        for n in names
    ]
    down = TensorGroup(
        name="ffn_down_exps", row_elements=width, num_rows=hidden, num_stacked=count, blocks=blocks
    )
    return [router, *groups, down]
