"""Size every model of the catalog on every engine that runs it and on every machine: python scripts/bench_memory.py."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import weight_columns
from sizewise.decide.candidates import reads, runs
from sizewise.domain.device import Machine
from sizewise.estimate.columns import machine_columns, model_columns
from sizewise.estimate.memory import SINGLE_PASS, memory_terms, required_bytes

if TYPE_CHECKING:
    from sizewise.catalog import Catalog
    from sizewise.domain.engine import Engine
    from sizewise.domain.model import Model
    from sizewise.domain.number import Array
    from sizewise.domain.quantization import Quantization

CONTEXT_TOKENS, NUM_SEQUENCES, HALF_BYTES = 8_192.0, 4.0, 2.0


class Sizing(NamedTuple):
    """What was sized, and how fast."""

    num_pairs: int
    """Pairs of an engine and a model in a format."""
    num_sizes: int
    """Sizes: pairs x machines."""
    seconds: float
    smallest_bytes: float
    largest_bytes: float
    num_unknown: int
    """Sizes that are not a number."""


def sized_catalog(catalog: Catalog) -> Sizing:
    """One vectorised call for each engine and kind of model, over all formats that the engine reads."""
    machines = machine_columns([Machine(device=device) for device in catalog.devices.values()])
    pairs = {engine.name: engine_pairs(catalog, engine) for engine in catalog.engines.values()}
    weight_columns(
        [pair for rows in pairs.values() for pair in rows]
    )  # sizes of rare pairs are computed once
    begun = time.perf_counter()
    sizes: list[Array] = []
    for engine in catalog.engines.values():
        for rule, is_generator in ((engine.memory_rule, True), (SINGLE_PASS, False)):
            rows = [pair for pair in pairs[engine.name] if pair[0].is_generator == is_generator]
            if not rows:
                continue
            terms = memory_terms(
                rule, weights=weight_columns(rows).as_rows(), models=model_columns([m for m, _ in rows]).as_rows(),
                machines=machines, engine=engine, context_tokens=CONTEXT_TOKENS, k_bytes_per_element=HALF_BYTES,
                v_bytes_per_element=HALF_BYTES,
            )  # fmt: skip
            sizes.append(
                np.broadcast_to(required_bytes(terms, NUM_SEQUENCES), (len(rows), len(machines))).ravel()
            )
    seconds = time.perf_counter() - begun
    every = np.concatenate(sizes)
    return Sizing(
        num_pairs=sum(len(rows) for rows in pairs.values()), num_sizes=len(every), seconds=seconds,
        smallest_bytes=float(np.min(every)), largest_bytes=float(np.max(every)),
        num_unknown=int(np.sum(~np.isfinite(every))),
    )  # fmt: skip


def engine_pairs(catalog: Catalog, engine: Engine) -> list[tuple[Model, Quantization]]:
    """Models that the engine runs, in every format that it reads."""
    formats = [q for q in catalog.quantizations.values() if reads(engine, q)]
    return [(model, q) for model in catalog.models.values() if runs(engine, model) for q in formats]


def main() -> None:
    """Print the figures of one run."""
    result = sized_catalog(load_catalog())
    print(
        f"{result.num_pairs:,} pairs of engine, model and format, {result.num_sizes:,} sizes in "
        f"{result.seconds:.3f} s, {result.num_unknown} unknown"
    )


if __name__ == "__main__":
    main()
