"""Weights of models: a generated table for the catalog's usual pairs, the same function for all others."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.catalog.table import FOLDER
from sizewise.estimate.columns import WeightColumns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.engine import Engine
    from sizewise.domain.model import Model
    from sizewise.domain.number import Array
    from sizewise.domain.quantization import Quantization
    from sizewise.estimate.gguf import BlockType, MixtureRules
    from sizewise.estimate.weights import Weights

SIZES = ("file_bytes", "device_bytes", "host_bytes", "output_bytes", "expert_bytes", "dense_read_bytes")
"""Columns of weights.csv after model, quantization and num_params; basis comes last."""


GGUF = "gguf"
UNQUANTIZED = frozenset({"F32", "F16", "BF16"})
"""Formats that checkpoints and GGUF files both have: in GGUF files norms and routers are F32 whatever the matrices."""


class Table(NamedTuple):
    """weights.csv in memory."""

    position: dict[tuple[str, str, str], int]
    """Model, quantization and parameter count to row."""
    sizes: Array
    """[rows, SIZES]."""
    bases: list[str]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with FOLDER.joinpath(name).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


@lru_cache(maxsize=1)
def mixture_rules() -> MixtureRules:
    """The GGUF mixtures of gguf_mixtures.csv and the relatives of memory.toml."""
    from sizewise.catalog.memory_constants import memory_constants  # noqa: PLC0415 - a search only looks up
    from sizewise.estimate.gguf import BlockType, MixtureRules  # noqa: PLC0415 - same

    blocks: dict[str, BlockType] = {}
    base_types: dict[str, str] = {}
    choices: dict[tuple[str, str], list[tuple[int, tuple[str, ...], str]]] = {}
    for row in _rows("gguf_mixtures.csv"):
        if row["tensor_class"] == "type_block":
            blocks[row["type"]] = BlockType(
                name=row["type"],
                block_elements=int(row["block_size"]),
                block_bytes=int(row["bytes_per_block"]),
                fallback=row["fallback_type"],
            )
            continue
        base_types[row["file_type"]] = row["base_type"]
        conditions = tuple(part.strip() for part in row["condition"].split("&") if part.strip())
        rules = choices.setdefault((row["file_type"], row["tensor_class"]), [])
        rules.append((int(row["rule_order"]), conditions, row["type"]))
    ordered = {key: tuple((c, t) for _, c, t in sorted(rules)) for key, rules in choices.items()}
    return MixtureRules(
        blocks=blocks, base_types=base_types, choices=ordered, relatives=memory_constants().relatives
    )


@lru_cache(maxsize=1)
def counted_sizes() -> dict[tuple[object, ...], float]:
    """Tensor bytes as the quantizer itself reports them, by shape and file type. [bytes]."""
    return {
        (*(int(row[name]) for name in ("num_layers", "hidden_size", "num_params")), row["file_type"]): float(
            row["tensor_bytes"]
        )
        for row in _rows("gguf_sizes.csv")
    }


def as_read(quantization: Quantization, engine: Engine) -> Quantization:
    """The format as this engine has it in its files: unquantized weights in a GGUF file for those that read no other.

    >>> from types import SimpleNamespace
    >>> as_read(SimpleNamespace(name="Q4_K_M", container="gguf"), SimpleNamespace(containers=("gguf",))).container
    'gguf'
    """
    if quantization.name in UNQUANTIZED and tuple(engine.containers) == (GGUF,):
        return replace(quantization, container=GGUF)
    return quantization


def computed_weights(model: Model, quantization: Quantization) -> Weights:
    """Weights by the formulas, scaled to the quantizer's own count where that is known. [bytes]."""
    from sizewise.estimate.indexer import is_indexed  # noqa: PLC0415 - a search only looks up
    from sizewise.estimate.weights import weight_bytes  # noqa: PLC0415 - same

    rules = mixture_rules()
    weights = weight_bytes(model, quantization, rules)
    if quantization.container != GGUF:
        return weights
    file_type, ratio = rules.recipe(quantization.name, has_experts=model.experts is not None)
    counted = counted_sizes().get((model.num_layers, model.hidden_size, int(model.num_params), file_type))
    if counted is None or is_indexed(model):  # the quantizer's count has no indexer
        return weights
    return weights.scaled(counted * ratio / weights.file_bytes, "exact" if ratio == 1.0 else "assumed")


_computed = lru_cache(maxsize=65536)(computed_weights)


@lru_cache(maxsize=1)
def weights_table() -> Table:
    """weights.csv, parsed at once."""
    text = FOLDER.joinpath("weights.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines()[1:]]
    position = {(row[0], row[1], row[2]): i for i, row in enumerate(rows)}
    sizes = np.array([row[3:-1] for row in rows], dtype=np.float64).reshape(-1, len(SIZES))
    return Table(position=position, sizes=sizes, bases=[row[-1] for row in rows])


def _row_of(table: Table, model: Model, quantization: Quantization) -> int:
    """Row of the table, -1 if none. A user's model may share a name, but not its parameter count as well."""
    return table.position.get((model.name, table_name(quantization), f"{model.num_params:.0f}"), -1)


def table_name(quantization: Quantization) -> str:
    """Name of a format in weights.csv: unquantized weights are there once a container."""
    is_gguf = quantization.name in UNQUANTIZED and quantization.container == GGUF
    return f"{quantization.name}.{GGUF}" if is_gguf else quantization.name


def weights_basis(model: Model, quantization: Quantization) -> str:
    """How the weights of one pair are known: exact, derived or assumed."""
    table = weights_table()
    row = _row_of(table, model, quantization)
    return table.bases[row] if row >= 0 else _computed(model, quantization).basis


def weights_of(catalog: Catalog, model: Model, quantization: Quantization) -> Weights:
    """Weights of one pair: looked up for the catalog's models, computed for others. [bytes]."""
    from sizewise.estimate.weights import Weights  # noqa: PLC0415 - a search only looks up

    table = weights_table()
    row = _row_of(table, model, quantization) if model.name in catalog.models else -1
    if row < 0:
        return _computed(model, quantization)
    return Weights(**dict(zip(SIZES, table.sizes[row].tolist(), strict=True)), basis=table.bases[row])


def weight_columns(pairs: Sequence[tuple[Model, Quantization]]) -> WeightColumns:
    """Weights of many pairs, in their order. [bytes]."""
    table = weights_table()
    index = np.array([_row_of(table, *pair) for pair in pairs], dtype=np.intp)
    sizes = np.empty((len(index), len(SIZES)))
    known = index >= 0
    sizes[known] = table.sizes[index[known]]
    for i in np.flatnonzero(~known).tolist():
        weights = _computed(*pairs[i])
        sizes[i] = [getattr(weights, name) for name in SIZES]
    return WeightColumns(**{name: sizes[:, k] for k, name in enumerate(SIZES)})
