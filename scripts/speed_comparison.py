"""How wrong speeds are, beside fits that have not seen the device or model, and beside other tools, on the same rows.

The rows of a folder with questions/ and truth/ are fitted again for that, once for every device and every model family
that is left out, which takes minutes.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fit_bands import (
    GROUPINGS,
    class_of,
    device_of,
    held_out_errors,
    kind_of,
    names_of,
    reaches_of,
    seen_bands,
    without_each,
)
from fit_speed import Scored, fits
from peer_formulas import PEERS, served_figures, single_rates
from sizewise.catalog.speed_constants import UNSEEN_WIDENING, Seen, band_of, family_of, speed_table

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

    def rivals(self, ways: Sequence[str]) -> list[str]:
        """Other formulas whose median error is not larger than ours in each of these ways."""
        ours = max(self.median[way] for way in ways)
        return [name for name in PEERS if self.median[name] <= ours]


CONVERGED_STEPS = 40
"""Steps of a fit without a device; fewer leave it too near to the fit with it and flatter us."""
OURS = ("in sample", "device held out", "family held out")


def compared(measured: Path, catalog: Catalog) -> list[Compared]:
    """Every group of figures of a folder with questions/ and truth/."""
    scored = Scored()
    peers: dict[str, list[Figure]] = {name: [] for name in PEERS}
    for fit in fits(measured, catalog):
        scored = scored.with_more(fit.scored(is_held_out=True, max_steps=CONVERGED_STEPS))
        for name, formula in PEERS.items():
            peers[name] += fit.rows.figures_of(peer_errors(formula))
    ways = dict(zip(OURS, (scored.in_sample, scored.device, scored.family), strict=True)) | peers
    grouped = {way: by_group(figures) for way, figures in ways.items()}
    ranges = ranges_of(scored)
    return [_compared(group, grouped, ranges) for group in sorted(grouped[OURS[0]])]


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


def _compared(
    group: str,
    grouped: dict[str, dict[str, list[Figure]]],
    ranges: dict[str, Callable[[Figure], tuple[float, float]]],
) -> Compared:
    sizes = {way: np.abs(np.expm1([f.log_error for f in groups[group]])) for way, groups in grouped.items()}
    ours = {way: grouped[way][group] for way in OURS}
    given = {way: [ranges[way](f) for f in figures] for way, figures in ours.items()}
    return Compared(
        group=group,
        num_figures=len(ours[OURS[0]]),
        median={way: _quantile(size, 0.5) for way, size in sizes.items()},
        p90={way: _quantile(size, 0.9) for way, size in sizes.items()},
        covered={
            way: float(
                np.mean(
                    [
                        low <= np.exp(-f.log_error) <= high
                        for f, (low, high) in zip(figures, given[way], strict=True)
                    ]
                )
            )
            for way, figures in ours.items()
        },
        width={way: float(np.median([high / low for low, high in given[way]])) for way in OURS},
    )


def _quantile(sizes: Array, share: float) -> float:
    """Quantile of the figures that a way has; NaN where it has less than half of them."""
    known = sizes[np.isfinite(sizes)]
    return float(np.quantile(known, share)) if 2 * len(known) > len(sizes) else float("nan")


def ranges_of(scored: Scored) -> dict[str, Callable[[Figure], tuple[float, float]]]:
    """The range that each figure would have been given, by way.

    Of the shipped table for what the fit has seen; of the other held-out devices or families for one that it has not,
    wider where no other device of its class was measured.
    """
    classes = defaultdict(set)
    for figure in scored.in_sample:
        classes[_class_key(figure)].add(device_of(figure.case))
    held_out = {
        table: held_out_errors(figures, table)
        for table, figures in (("device_band", scored.device), ("family_band", scored.family))
    }
    nested = {table: without_each(errors, reaches_of(errors)) for table, errors in held_out.items()}
    own = seen_bands(scored.in_sample)

    def unseen(figure: Figure, table: str) -> tuple[float, float]:
        group = GROUPINGS[table](figure.case)
        tables = {"band": own, table: nested[table][group]}
        wanted = Seen(device=table != "device_band", family=table != "family_band")
        found = band_of(tables, names_of(figure), wanted)
        is_alone = table == "device_band" and len(classes[_class_key(figure)]) == 1
        widening = UNSEEN_WIDENING if is_alone else 1.0
        return found.factor_low**widening, found.factor_high**widening

    def seen(figure: Figure) -> tuple[float, float]:
        found = band_of(speed_table(), names_of(figure), Seen(device=True, family=True))
        return found.factor_low, found.factor_high

    return dict(
        zip(
            OURS,
            (seen, partial(unseen, table="device_band"), partial(unseen, table="family_band")),
            strict=True,
        )
    )


def _class_key(figure: Figure) -> tuple[str, str]:
    return family_of(figure.case.engine.name), class_of(figure)
