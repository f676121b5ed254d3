"""What an architecture of llama.cpp is: the small tensors beside the matrices, and whose models it fits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sizewise.estimate.delta_net import delta_net, has_short_convolutions
from sizewise.estimate.indexer import num_beside_latent
from sizewise.estimate.mamba import mamba, stands_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.model import Model

    Shapes = dict[str, tuple[int, ...]]
    Value = int | float | str | bool | tuple[int, ...] | tuple[float, ...] | tuple[str, ...]
    Settings = dict[str, Value]


def _output_norm(model: Model) -> Shapes:
    return {"output_norm.weight": (model.hidden_size,)}


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """What a model file of one architecture has beside its matrices."""

    name: str
    """As in `general.architecture`."""
    accepts: Callable[[Model], bool]
    """Could a model of this shape be one?"""
    block: Callable[[Model], Shapes]
    """Vectors of every block with softmax attention, by name with suffix."""
    linear_block: Callable[[Model], Shapes] | None = None
    """Vectors of the other blocks; None: there are none."""
    feed_block: Callable[[Model], Shapes] | None = None
    """Vectors of blocks with nothing but a feed-forward part; None: there are none."""
    uncounted_block: Callable[[Model], Shapes] = lambda _: {}
    """Vectors of every block that are in no published parameter count, such as those of the indexer."""
    expert_block: Callable[[Model], Shapes] = lambda _: {}
    """Further vectors of the blocks with experts."""
    block_at: Callable[[Model, int], Shapes] | None = None
    """Vectors of the block of this number, where blocks differ in more than their kind; replaces the others."""
    ends: Callable[[Model], Shapes] = _output_norm
    """Vectors outside the blocks."""
    families: tuple[str, ...] = ()
    """Beginnings of the names of families whose counts may be rounded."""
    sliding_period: int = 0
    """Every so many blocks the last one keeps all tokens, the others a window; 0: no windows."""
    merged: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Matrices that are one tensor with another: (that one, name of both)."""
    is_gated: bool = True
    """Three matrices a feed-forward block (gate, up, down), or two."""
    copies_tied: bool = False
    """Does the engine load a tied embedding a second time, as output matrix, on the CPU as well?"""
    fuses_queries: bool = False
    """Are queries, keys and values of softmax attention one tensor?"""
    settings: Callable[[Model], Settings] = lambda _: {}
    """Further metadata, without the prefix; they replace the common ones."""


def is_plain(model: Model) -> bool:
    """Full attention in every block, without a latent cache."""
    return model.latent is None and model.layers.full == model.num_layers


def is_dense(model: Model) -> bool:
    """The same without experts."""
    return is_plain(model) and model.experts is None


def is_sparse(model: Model) -> bool:
    """Experts in every block."""
    return is_plain(model) and model.experts is not None and not model.experts.num_dense_layers


def is_unshared(model: Model) -> bool:
    """A mixture of experts without shared ones."""
    return is_sparse(model) and model.experts is not None and not model.experts.num_shared_experts


def is_llama(model: Model) -> bool:
    """Dense, or experts without shared ones."""
    return is_dense(model) or is_unshared(model)


def has_square_query(model: Model) -> bool:
    """Queries as wide as the hidden state."""
    return is_dense(model) and model.num_heads * model.head_dim == model.hidden_size


def is_latent(model: Model) -> bool:
    """Latent attention with compressed queries or plain ones, and a cache of nothing but the latent vector."""
    return model.latent is not None and num_beside_latent(model) == 0


def has_experts(model: Model) -> bool:
    """Full attention and experts."""
    return is_plain(model) and model.experts is not None


def has_windows(model: Model) -> bool:
    """Windows in some blocks, softmax attention in all."""
    return model.latent is None and model.layers.sliding > 0 and not (model.layers.linear or model.layers.ssm)


def has_delta_nets(model: Model) -> bool:
    """Gated delta nets beside softmax attention."""
    return model.latent is None and delta_net(model) is not None


def has_short_convolution_blocks(model: Model) -> bool:
    """Short convolutions beside softmax attention."""
    return model.latent is None and has_short_convolutions(model)


def has_chunks(model: Model) -> bool:
    """Chunked local attention: windows with experts."""
    return has_windows(model) and model.experts is not None


def has_mamba(model: Model) -> bool:
    """Mamba-2 beside softmax attention or instead of it, with widths that add up."""
    return mamba(model) is not None and not stands_apart(model)


def has_mamba_apart(model: Model) -> bool:
    """The same with every block of one kind."""
    return mamba(model) is not None and stands_apart(model)
