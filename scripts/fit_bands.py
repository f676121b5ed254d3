"""The 80 % ranges of speed, from the errors of the fit itself and of fits that had not seen a device or a model family.

A range for something unseen comes from the groups (devices, families) that were held out one after another. Each group
has its own range: the logarithms between which four fifths of its figures lie. Ends of a new group's range scatter
around those of the others:

    low = mean of the low ends - reach x their spread,    high = mean of the high ends + reach x their spread

Groups with few figures count less, and a narrow part of the tables (an engine, a kind of model) with few groups leans
on the wider one above it. Devices are not told apart by class, which too few of them share. `reach` is one number a
phase: the least with which ranges, each formed without the group that it is tried on, hold what they should.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.catalog.speed_constants import band_names, family_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fit_rows import Figure
    from sizewise.domain.number import Array
    from sizewise.predict.speed_cases import Case

FEWEST_ROWS = 12
"""Figures below which a group has no band of its own."""
FEWEST_GROUPS = 2
"""Devices, or families, below which a part of the tables has no range of its own for unseen ones."""
HALF_A_GROUP = 10.0
"""A group with so many figures counts half."""
GROUPS_OF_A_PARENT = 3.0
"""A part of the tables leans on the wider part above it as on so many groups of its own."""
BAND_TAIL = 0.1
"""Share of the figures beyond each end."""
HELD = 0.82
"""Share of the figures that ranges of unseen things are to hold: the middle of what an 80 % range may, 75 to 90 %."""
REACHES = np.arange(0.0, 3.01, 0.05)
"""Multiples of the spread between groups that are tried."""
NARROWEST, WIDEST = (0.93, 1.08), (0.1, 10.0)
"""No band is narrower than what repeats of a benchmark spread, or so wide that it says nothing."""

Tables = dict[str, dict[str, list[float]]]


class Error(NamedTuple):
    """One figure: the bands that cover it, what was held out with it, and log(measured / predicted)."""

    names: tuple[str, ...]
    group: str
    log_ratio: float


def device_of(case: Case) -> str:
    """What is held out to learn how wrong we are about a new card."""
    return case.machine.device.name


def model_family_of(case: Case) -> str:
    """What is held out to learn how wrong we are about a new model."""
    return case.question["model_family"]


GROUPINGS: dict[str, Callable[[Case], str]] = {"device_band": device_of, "family_band": model_family_of}
"""What each table of ranges for unseen things was held out by."""


def kind_of(figure: Figure) -> str:
    """Dense or mixture of experts."""
    return "moe" if figure.case.model.experts else "dense"


def class_of(figure: Figure) -> str:
    """Class of the device."""
    return figure.case.machine.device.device_class


def names_of(figure: Figure) -> tuple[str, ...]:
    """Bands that cover a figure, the narrowest group first."""
    return band_names(family_of(figure.case.engine.name), class_of(figure), figure.phase, kind_of(figure))


def errors_of(figures: Sequence[Figure], group_of: Callable[[Case], str]) -> list[Error]:
    """Figures as errors with what was held out with them."""
    return [Error(names_of(f), group_of(f.case), -f.log_error) for f in figures]


def held_out_errors(figures: Sequence[Figure], table: str) -> list[Error]:
    """Errors of fits without a group, for the table of that group; nothing is told apart by class."""
    return [e._replace(names=e.names[1:]) for e in errors_of(figures, GROUPINGS[table])]


def seen_bands(figures: Sequence[Figure]) -> dict[str, list[float]]:
    """Ranges for what the fit has seen, of every part of the tables with enough figures."""
    return {
        name: _bounded(_quantiles(np.array([e.log_ratio for e in some])))
        for name, some in _by_name(errors_of(figures, device_of)).items()
        if len(some) >= FEWEST_ROWS
    }


class Ends(NamedTuple):
    """Low and high ends of the ranges of groups, and how much each group counts."""

    lows: Array
    highs: Array
    weights: Array


def unseen_bands(errors: Sequence[Error], reaches: Mapping[str, float]) -> dict[str, list[float]]:
    """Ranges for a device or a family that the fit has not seen, by the reach of each phase."""
    ends = {name: _ends(some) for name, some in _by_name(errors).items()}
    chains = {name: e.names[i:] for e in errors for i, name in enumerate(e.names)}
    return {
        name: _bounded(_reached([ends[above] for above in chain], reaches[chain[-1]]))
        for name, chain in chains.items()
        if len(ends[name].weights) >= FEWEST_GROUPS or len(chain) == 1
    }


def without_each(errors: Sequence[Error], reaches: Mapping[str, float]) -> dict[str, dict[str, list[float]]]:
    """For every held-out group the ranges that the others give."""
    groups = sorted({error.group for error in errors})
    return {group: unseen_bands([e for e in errors if e.group != group], reaches) for group in groups}


def reaches_of(errors: Sequence[Error]) -> dict[str, float]:
    """The least reach of every phase with which HELD of the figures lie in ranges formed without their group.

    Kinds of models (the second name from the end) count alike, however many figures each has.
    """
    by_phase: dict[str, list[Error]] = defaultdict(list)
    for error in errors:
        by_phase[error.names[-1]].append(error)
    return {phase: _reach(some) for phase, some in by_phase.items()}


def _reach(errors: Sequence[Error]) -> float:
    for reach in REACHES:
        nested = without_each(errors, dict.fromkeys({e.names[-1] for e in errors}, float(reach)))
        held: Mapping[str, list[bool]] = defaultdict(list)
        for error in errors:
            found = nested[error.group]
            low, high = next((found[name] for name in error.names if name in found), (0.0, np.inf))
            held[error.names[-2]].append(low <= np.exp(error.log_ratio) <= high)
        if np.mean([np.mean(inside) for inside in held.values()]) >= HELD:
            break
    return float(reach)


def _by_name(errors: Sequence[Error]) -> dict[str, list[Error]]:
    by_name: dict[str, list[Error]] = defaultdict(list)
    for error in errors:
        for name in error.names:
            by_name[name].append(error)
    return by_name


def _ends(errors: Sequence[Error]) -> Ends:
    groups: dict[str, list[float]] = defaultdict(list)
    for error in errors:
        groups[error.group].append(error.log_ratio)
    lows, highs = np.array([np.quantile(some, (BAND_TAIL, 1.0 - BAND_TAIL)) for some in groups.values()]).T
    counts = np.array([len(some) for some in groups.values()])
    return Ends(lows, highs, counts / (counts + HALF_A_GROUP))


def _reached(chain: Sequence[Ends], reach: float) -> Array:
    """Both ends for a new group of the first part of a chain, which leans on the wider ones after it. [logarithms]"""
    shares, left = [], 1.0
    for ends in chain[:-1]:
        num_groups = ends.weights.sum()
        shares.append(left * num_groups / (num_groups + GROUPS_OF_A_PARENT))
        left -= shares[-1]
    shares.append(left)
    weights = np.concatenate([s * e.weights / e.weights.sum() for s, e in zip(shares, chain, strict=True)])
    found = []
    for side, values in ((-1.0, [e.lows for e in chain]), (1.0, [e.highs for e in chain])):
        every = np.concatenate(values)
        mean = weights @ every
        found.append(mean + side * reach * np.sqrt(weights @ np.square(every - mean)))
    return np.array(found)


def _bounded(logs: Array) -> list[float]:
    low, high = np.exp(logs).tolist()
    return [max(min(low, NARROWEST[0]), WIDEST[0]), min(max(high, NARROWEST[1]), WIDEST[1])]


def _quantiles(values: Array) -> Array:
    """Quantiles of the logarithms that hold four fifths of further figures, however few gave them: (n + 1) p."""
    return np.asarray(np.quantile(values, (BAND_TAIL, 1.0 - BAND_TAIL), method="weibull"))
