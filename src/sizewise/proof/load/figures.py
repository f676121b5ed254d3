"""Figures of a load test: latencies with their percentiles, throughput, errors."""

from __future__ import annotations

import math
from collections import Counter
from statistics import fmean, median
from typing import TYPE_CHECKING

from sizewise.domain.measured_load import Latency, LoadMeasured, ServerSide
from sizewise.proof.summary import quantile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sizewise.proof.endpoint_reply import Reply
    from sizewise.proof.load.drive import Driven


def load_figures(driven: Driven) -> LoadMeasured:
    """Failed requests count as failed and in nothing else."""
    good = [one for one in driven.replies if not one.failure]
    errors = Counter(one.failure for one in driven.replies if one.failure)
    output = sum(_written(one) for one in good)
    total = output + sum(one.prompt_tokens or 0 for one in good)
    elapsed_s = driven.elapsed_s or math.nan
    return LoadMeasured(
        num_requests=len(driven.replies),
        num_failed=sum(errors.values()),
        errors=tuple(errors.most_common()),
        elapsed_s=driven.elapsed_s,
        prompt_tokens=_median(one.prompt_tokens or 0 for one in good),
        output_tokens=_median(_written(one) for one in good),
        ttft=latency([one.ttft_s for one in good if one.ttft_s is not None]),
        tpot=latency([one.tpot_s for one in good if one.tpot_s is not None]),
        gap=latency([gap for one in good for gap in one.gaps_s]),
        e2e=latency([one.e2e_s for one in good if one.e2e_s is not None]),
        requests_per_s=len(good) / elapsed_s,
        output_tokens_per_s=output / elapsed_s,
        total_tokens_per_s=total / elapsed_s,
        server=_server_side(good),
        generator_ratio=driven.processor_s / elapsed_s,
    )


def latency(values: Sequence[float]) -> Latency:
    """Mean and percentiles, linear between order statistics. [s]"""
    ordered = sorted(values)
    return Latency(
        mean_s=fmean(ordered) if ordered else math.nan,
        p50_s=quantile(ordered, 0.5),
        p90_s=quantile(ordered, 0.9),
        p95_s=quantile(ordered, 0.95),
        p99_s=quantile(ordered, 0.99),
    )


def _written(reply: Reply) -> int:
    """Tokens of an answer; where the server does not count them, its pieces."""
    return reply.output_tokens or len(reply.piece_times_s)


def _server_side(good: Sequence[Reply]) -> ServerSide:
    return ServerSide(
        prompt_s=_median(one.server_prompt_s for one in good if one.server_prompt_s is not None),
        token_s=_median(one.server_token_s for one in good if one.server_token_s is not None),
    )


def _median(values: Iterable[float]) -> float:
    listed = list(values)
    return float(median(listed)) if listed else math.nan
