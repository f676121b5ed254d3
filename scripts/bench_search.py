"""Time the search over so many distinct candidates of the shipped catalog and print one line of JSON.

    python scripts/bench_search.py NUM_CANDIDATES

A process of its own, so that its peak memory is that of the search; bench.py sets one thread.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
from bench_process import MAXRSS_BYTES

from sizewise.advisor.asking import ask
from sizewise.advisor.question import Question
from sizewise.advisor.space import build_space, market_machines
from sizewise.catalog import load_catalog
from sizewise.catalog.prices import cost_defaults
from sizewise.decide.search import chunks, part, search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.decide.evaluate import Block
    from sizewise.domain.request import Request

NUM_RUNS = 3
"""The fastest counts: the others were disturbed."""


def main() -> None:
    """Search once to warm up, then time it."""
    blocks, request = bench_blocks(int(sys.argv[1]))
    num_candidates = 0
    walls = []
    for _ in range(NUM_RUNS + 1):
        start = time.perf_counter()
        num_candidates = sum(search(block, i, request)[1].evaluated for i, block in enumerate(blocks))
        walls.append(time.perf_counter() - start)
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_BYTES
    print(json.dumps({"num_candidates": num_candidates, "wall_s": min(walls[1:]), "peak_bytes": peak_bytes}))


def bench_blocks(num_candidates: int) -> tuple[list[Block], Request]:
    """Blocks of the whole catalog, every quantization and engine, cut to so many candidates."""
    catalog = load_catalog()
    question = Question(
        task="chat",
        users=20,
        engine=tuple(catalog.engines),
        quantization=tuple(catalog.quantizations),
        device=("any",),
    )
    request = ask(catalog, question).request
    models = [model for model in catalog.models.values() if model.is_generator]
    machines = market_machines(list(catalog.devices.values()), request)
    space = build_space(catalog, request, models, machines, cost_defaults())
    return list(cut(space.blocks, num_candidates)), request


def cut(blocks: Sequence[Block], num_candidates: int) -> Iterator[Block]:
    """Blocks in their order, the last one shortened, until so many candidates would be evaluated."""
    left = num_candidates
    for block in blocks:
        evaluated = sum(chunk.num_candidates for chunk in chunks(block))
        if evaluated > left:
            num_rows = -(-left // len(block.machine_ids))
            yield part(block, np.arange(min(num_rows, len(block.row_ids))), np.arange(len(block.machine_ids)))
            return
        left -= evaluated
        yield block


if __name__ == "__main__":
    main()
