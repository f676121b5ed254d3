"""Time the search over so many distinct candidates of the shipped catalog and print one line of JSON.

    python scripts/bench_search.py NUM_CANDIDATES whole|thin

whole: full blocks one after another, as in a search of the whole market. thin: a few rows of every block, where
calls weigh more than arithmetic, as in a search on one device. A process of its own, so that its peak memory is that
of the search; bench.py sets one thread.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from bench_process import MAXRSS_BYTES
from sizewise.advisor.space import build_space, market_machines
from sizewise.catalog import load_catalog
from sizewise.decide.search import chunks, part, search
from sizewise.domain.request import Filters, QualityBar, Request
from sizewise.domain.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.decide.evaluate import Block

NUM_RUNS = 3
"""The fastest counts: the others were disturbed."""


def main() -> None:
    """Search once to warm up, then time it."""
    all_blocks, request = market_blocks()
    blocks = list(SAMPLES[sys.argv[2]](all_blocks, int(sys.argv[1])))
    num_candidates = 0
    walls = []
    for _ in range(NUM_RUNS + 1):
        start = time.perf_counter()
        num_candidates = sum(search(block, i, request)[1].evaluated for i, block in enumerate(blocks))
        walls.append(time.perf_counter() - start)
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_BYTES
    print(json.dumps({"num_candidates": num_candidates, "wall_s": min(walls[1:]), "peak_bytes": peak_bytes}))


def market_blocks() -> tuple[tuple[Block, ...], Request]:
    """Blocks of the whole catalog, every quantization on the default engines, and what is asked of them."""
    catalog = load_catalog()
    task = catalog.task("chat")
    workload = Workload(
        input_tokens=task.input_tokens,
        output_tokens=task.output_tokens,
        context_tokens=task.context_tokens,
        num_users=20,
        think_time_s=task.think_time_s,
        max_ttft_s=task.max_ttft_s,
        max_tpot_s=task.max_tpot_s,
        active_hours_per_month=200,
    )
    no_bar = QualityBar(value=0.0, reference="none", kind="number", margin=0.0)
    filters = Filters(quantizations=tuple(catalog.quantizations))
    request = Request(task=task, workload=workload, bar=no_bar, filters=filters)
    models = [model for model in catalog.models.values() if model.is_generator]
    machines = market_machines(list(catalog.devices.values()), request, catalog.facts_date)
    space = build_space(catalog, request, models, machines)
    return space.blocks, request


def whole(blocks: Sequence[Block], num_candidates: int) -> Iterator[Block]:
    """Blocks in their order, the last one shortened, until so many candidates are evaluated."""
    left = num_candidates
    for block in blocks:
        evaluated = sum(chunk.num_candidates for chunk in chunks(block))
        if evaluated > left:
            num_rows = -(-left // len(block.machine_ids))
            yield part(block, np.arange(min(num_rows, len(block.row_ids))), np.arange(len(block.machine_ids)))
            return
        left -= evaluated
        yield block


def thin(blocks: Sequence[Block], num_candidates: int) -> Iterator[Block]:
    """Every block with so few of its rows that about this many candidates are left in all."""
    step = max(1, round(sum(block.num_candidates for block in blocks) / num_candidates))
    for block in blocks:
        yield part(block, np.arange(0, len(block.row_ids), step), np.arange(len(block.machine_ids)))


SAMPLES = {"whole": whole, "thin": thin}


if __name__ == "__main__":
    main()
