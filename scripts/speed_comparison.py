"""How wrong speeds are, beside fits that have not seen the device or model, and beside other tools, on the same rows.

The rows of a folder with questions/ and truth/ are fitted again for that, once for every device and every model family
that is left out, which takes minutes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fit_speed import Scored, fits, kind_of
from peer_formulas import PEERS, served_figures, single_rates
from sizewise.catalog.speed_constants import band

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fit_rows import Figure, Part
    from peer_formulas import Formula
    from sizewise.catalog import Catalog
    from sizewise.domain.number import Array


class Compared(NamedTuple):
    """One group of figures, predicted in every way. Ratios."""

    group: str
    num_figures: int
    median: dict[str, float]
    """Median size of the relative error by way; NaN where the way has no such figure."""
    p90: dict[str, float]
    covered: dict[str, float]
    """Measured values inside our 80 % range."""
    width: dict[str, float]
    """Median of high / low of that range."""


OURS = ("in sample", "device held out", "family held out")


def compared(measured: Path, catalog: Catalog) -> list[Compared]:
    """Every group of figures of a folder with questions/ and truth/."""
    scored = Scored()
    peers: dict[str, list[Figure]] = {name: [] for name in PEERS}
    for fit in fits(measured, catalog):
        scored = scored.with_more(fit.scored(is_held_out=True))
        for name, formula in PEERS.items():
            peers[name] += fit.rows.figures_of(peer_errors(formula))
    ways = dict(zip(OURS, (scored.in_sample, scored.device, scored.family), strict=True)) | peers
    grouped = {way: by_group(figures) for way, figures in ways.items()}
    return [_compared(group, grouped) for group in sorted(grouped[OURS[0]])]


def peer_errors(formula: Formula) -> Callable[[Part], Array]:
    """log(stated / measured) of a tool for the figures of a part."""

    def errors(part: Part) -> Array:
        stated = served_figures(formula, part.group) if part.is_serving else single_rates(formula, part.group)
        return np.asarray(np.log(np.stack(stated) / part.truths))

    return errors


def by_group(figures: Sequence[Figure]) -> dict[str, list[Figure]]:
    """Figures by what they are of: phase, kind of source for single streams, dense or mixture of experts."""
    groups: dict[str, list[Figure]] = defaultdict(list)
    for figure in figures:
        for group in _groups_of(figure):
            groups[group].append(figure)
    return groups


def _groups_of(figure: Figure) -> tuple[str, ...]:
    if "scenario" in figure.case.question:
        return (f"{figure.phase}, {kind_of(figure)}",)
    source = figure.case.question["source_quality"]
    return f"{figure.phase}, {source}", f"{figure.phase}, {source}, {kind_of(figure)}"


def _compared(group: str, grouped: dict[str, dict[str, list[Figure]]]) -> Compared:
    sizes = {way: np.abs(np.expm1([f.log_error for f in groups[group]])) for way, groups in grouped.items()}
    ours = {way: grouped[way][group] for way in OURS}
    return Compared(
        group=group,
        num_figures=len(ours[OURS[0]]),
        median={way: _quantile(size, 0.5) for way, size in sizes.items()},
        p90={way: _quantile(size, 0.9) for way, size in sizes.items()},
        covered={
            way: float(np.mean([_is_covered(f, way) for f in figures])) for way, figures in ours.items()
        },
        width={way: float(np.median([_width(f, way) for f in figures])) for way, figures in ours.items()},
    )


def _quantile(sizes: Array, share: float) -> float:
    """Quantile of the figures that a way has; NaN where it has less than half of them."""
    known = sizes[np.isfinite(sizes)]
    return float(np.quantile(known, share)) if 2 * len(known) > len(sizes) else float("nan")


def _factors(figure: Figure, way: str) -> tuple[float, float]:
    case = figure.case
    found = band(
        case.engine.name, case.machine.device, figure.phase, kind_of(figure), is_seen=way != "device held out"
    )
    return found.factor_low, found.factor_high


def _is_covered(figure: Figure, way: str) -> bool:
    low, high = _factors(figure, way)
    return bool(low <= np.exp(-figure.log_error) <= high)


def _width(figure: Figure, way: str) -> float:
    low, high = _factors(figure, way)
    return high / low
