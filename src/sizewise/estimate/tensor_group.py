"""Tensors of one name and shape, wherever they occur in a model."""

from __future__ import annotations

from dataclasses import dataclass

GLOBAL = (-1,)
"""Block numbers of a tensor outside the blocks."""


@dataclass(frozen=True, kw_only=True)
class TensorGroup:
    """Tensors of one name and shape in some blocks."""

    name: str
    """As llama.cpp names it, without block number and `.weight`."""
    row_elements: int
    """Length of a row: quantization blocks run along it."""
    num_rows: int
    num_stacked: int = 1
    """Matrices in one tensor: the experts of a layer, the heads of a split latent projection."""
    blocks: tuple[int, ...] = GLOBAL
    """Blocks in which it occurs."""
    is_matrix: bool = True
    """False: kept in full precision by every quantizer (norms, biases, routers)."""
    is_kept: bool = False
    """A matrix that llama.cpp leaves in the 16 bits of the checkpoint."""

    @property
    def tensor_elements(self) -> int:
        """Elements of one tensor. [count]."""
        return self.row_elements * self.num_rows * self.num_stacked

    @property
    def num_elements(self) -> int:
        """Elements of all its tensors. [count]."""
        return self.tensor_elements * len(self.blocks)

    @property
    def is_expert(self) -> bool:
        """Does it hold the routed experts?"""
        return self.name.endswith("_exps")
