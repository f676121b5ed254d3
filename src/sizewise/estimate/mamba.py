"""Mamba-2 blocks: Granite 4 (instead of attention), Falcon-H1 (beside it), Nemotron-H (blocks of one kind each).

A model's row has the size of their state, not their heads. Widths whose state has that size are tried, and one is taken
only if all parameters of the model then add up to the last one.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.model import Model

KERNEL = 4
"""Inputs of the convolution. [tokens]"""
FLOAT_BYTES = 4
STATE_SIZES, GROUP_COUNTS, HEAD_SIZES = (64, 128, 256), (1, 2, 4, 8), (32, 64, 80, 128)
"""Widths that are tried. [elements, count, elements] Source: configurations of the three families."""
VECTORS_PER_HEAD = 3
"""Step, decay and skip of a head."""


LATENT_SIZES = (0, 1024, 2048)
"""Widths in which routed experts may work; 0: that of the model. [elements] Source: configurations of Nemotron-3."""


class Mamba(NamedTuple):
    """Widths of one block."""

    inner_size: int
    state_size: int
    num_groups: int
    num_heads: int
    has_norm: bool
    latent_size: int = 0
    """Width in which routed experts work, where it is narrower than the model; 0: it is not. [elements]"""

    @property
    def num_channels(self) -> int:
        """Width of what is convolved: the inputs, and both projections of each group. [elements]"""
        return self.inner_size + 2 * self.num_groups * self.state_size

    @property
    def num_inputs(self) -> int:
        """Rows of the first matrix: gate, channels and steps. [elements]"""
        return self.inner_size + self.num_channels + self.num_heads

    @property
    def num_vector_elements(self) -> int:
        """Kernel and bias of the convolution, the vectors of the heads and the norm. [count]"""
        norm = self.inner_size if self.has_norm else 0
        return (KERNEL + 1) * self.num_channels + VECTORS_PER_HEAD * self.num_heads + norm

    @property
    def num_live_elements(self) -> int:
        """What llama.cpp holds of one token beside its residuals. [elements]

        The result of the first matrix, the channels before and after the convolution, and the output.
        Source: allocator answers of b11549 for seven models, off by less than 3 %.
        """
        return self.num_inputs + 2 * self.num_channels + self.inner_size

    @property
    def num_state_elements(self) -> int:
        """State of one sequence: kept inputs and the state of the heads. [elements]"""
        return (KERNEL - 1) * self.num_channels + self.inner_size * self.state_size


@lru_cache(maxsize=1024)
def mamba(model: Model) -> Mamba | None:
    """Widths with which state and parameters of the model add up exactly; None where none do.

    state / block = 3 x channels + inner x state size, in F32 as llama.cpp keeps it.
    """
    if not model.layers.ssm or model.layers.linear or model.layers.sliding or model.latent:
        return None
    for latent_size in LATENT_SIZES if stands_apart(model) and model.experts else LATENT_SIZES[:1]:
        in_blocks, left = divmod(
            int(model.num_params) - _num_other_params(model, latent_size), model.layers.ssm
        )
        found = (
            None if left else next((n for n in _of_state(model) if _num_params(model, n) == in_blocks), None)
        )
        if found is not None:
            return found._replace(latent_size=latent_size)
    return None


def stands_apart(model: Model) -> bool:
    """Is every block of one kind: Mamba, attention or feed-forward without a gate?"""
    return model.layers.full + model.layers.ssm < model.num_layers


def has_both(model: Model) -> bool:
    """Do attention and Mamba stand side by side in every block?"""
    return model.layers.full == model.layers.ssm == model.num_layers


def _of_state(model: Model) -> Iterator[Mamba]:
    state, left = divmod(int(model.cache.state_bytes), FLOAT_BYTES * model.layers.ssm)
    if left:
        return
    kept = KERNEL - 1
    for size, groups in product(STATE_SIZES, GROUP_COUNTS):
        inner, odd = divmod(state - 2 * kept * groups * size, size + kept)
        if inner > 0 and odd == 0:
            for head, has_norm in product(HEAD_SIZES, (True, False)):
                yield Mamba(inner, size, groups, inner // head, has_norm)


def _num_params(model: Model, net: Mamba) -> int:
    """Parameters of one Mamba block without its norm. [count]"""
    return model.hidden_size * (net.num_inputs + net.inner_size) + net.num_vector_elements


def latent_ffn_size(model: Model, latent_size: int) -> int:
    """Width of a routed expert in its narrower space; a model's row has it scaled to the hidden size. [elements]"""
    experts = model.experts
    return experts.ffn_size * model.hidden_size // latent_size if experts and latent_size else 0


def _num_other_params(model: Model, latent_size: int) -> int:
    """Parameters of everything else. [count]"""
    hidden = model.hidden_size
    attention = 2 * hidden * (model.num_heads + model.num_kv_heads) * model.head_dim
    num_norms = model.num_layers * (1 if stands_apart(model) else 2) + 1
    embeddings = model.vocab_size * hidden * (1 if model.ties_embeddings else 2)
    return (
        model.layers.full * attention
        + num_norms * hidden
        + embeddings
        + _num_feed_forward(model, latent_size)
    )


def _num_feed_forward(model: Model, latent_size: int) -> int:
    hidden, experts = model.hidden_size, model.experts
    num_blocks, num_matrices = model.num_layers, 3
    if stands_apart(model):
        num_blocks, num_matrices = model.num_layers - model.layers.full - model.layers.ssm, 2
    if experts is None:
        return num_blocks * num_matrices * hidden * model.ffn_size
    width = experts.ffn_size * (experts.num_experts + experts.num_shared_experts)
    biases = experts.num_experts if stands_apart(model) else 0
    between = 2 * latent_size  # into the narrower space and back
    return num_blocks * (hidden * (num_matrices * width + experts.num_experts + between) + biases)
