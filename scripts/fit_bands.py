"""The 80 % ranges of speed, from the errors of the fit itself and of fits that had not seen a device or a model family.

A range for something unseen is that of the groups (devices, families) that were held out one after another. Each of
them counts at most MOST_OF_A_GROUP figures, so that a machine with many rows does not stand for all machines, and a
range rests on at least FEWEST_GROUPS of them and is widened as Student's t widens the range of a further one; devices
are not told apart by class, which too few of them share. To score a held-out group, the range is formed without its
own errors: it is what that device would have been given.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import norm, t  # type: ignore[import-untyped] # scipy ships no types

from sizewise.catalog.speed_constants import band_names, family_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fit_rows import Figure
    from sizewise.domain.number import Array
    from sizewise.predict.speed_cases import Case

FEWEST_ROWS = 12
"""Figures below which a group has no band of its own."""
FEWEST_GROUPS = 5
"""Devices, or families, below which there is no band for unseen ones."""
MOST_OF_A_GROUP = 20.0
BAND_TAIL, UNSEEN_TAIL = 0.1, 0.08
"""Share of the figures beyond each end. Of unseen things less, because the quantiles of few groups are uncertain
themselves: with a tenth, ranges formed without a group held 70 to 75 % of it."""
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
    """Errors of fits without a group, for the table of that group; devices without their class."""
    found = errors_of(figures, GROUPINGS[table])
    return [e._replace(names=e.names[1:]) for e in found] if table == "device_band" else found


def seen_bands(figures: Sequence[Figure]) -> dict[str, list[float]]:
    """Ranges for what the fit has seen."""
    return _ranges(errors_of(figures, device_of), _plain, fewest_groups=1)


def unseen_bands(errors: Sequence[Error]) -> dict[str, list[float]]:
    """Ranges for a device or a family that the fit has not seen."""
    return _ranges(errors, _of_groups, fewest_groups=FEWEST_GROUPS)


def without_each(errors: Sequence[Error]) -> dict[str, dict[str, list[float]]]:
    """For every held-out group the ranges that the others give."""
    groups = sorted({error.group for error in errors})
    return {group: unseen_bands([e for e in errors if e.group != group]) for group in groups}


def _ranges(
    errors: Sequence[Error], range_of: Callable[[Sequence[Error]], Array], *, fewest_groups: int
) -> dict[str, list[float]]:
    by_name: Mapping[str, list[Error]] = defaultdict(list)
    for error in errors:
        for name in error.names:
            by_name[name].append(error)
    return {
        name: _bounded(range_of(some))
        for name, some in by_name.items()
        if len(some) >= FEWEST_ROWS and len({e.group for e in some}) >= fewest_groups
    }


def _bounded(logs: Array) -> list[float]:
    low, high = np.exp(logs).tolist()
    return [max(min(low, NARROWEST[0]), WIDEST[0]), min(max(high, NARROWEST[1]), WIDEST[1])]


def _plain(errors: Sequence[Error]) -> Array:
    """Quantiles of the logarithms that hold four fifths of further figures, however few gave them: (n + 1) p."""
    ends = (BAND_TAIL, 1.0 - BAND_TAIL)
    return np.asarray(np.quantile([e.log_ratio for e in errors], ends, method="weibull"))


def _of_groups(errors: Sequence[Error]) -> Array:
    """Quantiles in which no group counts too much, as wide as one more of so few groups needs them."""
    groups, index, counts = np.unique([e.group for e in errors], return_inverse=True, return_counts=True)
    weights = np.minimum(1.0, MOST_OF_A_GROUP / counts)[index]
    found = _weighted_quantiles(np.array([e.log_ratio for e in errors]), weights)
    return found * float(t.ppf(0.9, len(groups) - 1) / norm.ppf(0.9) * np.sqrt(1.0 + 1.0 / len(groups)))


def _weighted_quantiles(values: Array, weights: Array) -> Array:
    """Linear between the middles of the weights."""
    order = np.argsort(values)
    middle = np.cumsum(weights[order]) - weights[order] / 2.0
    shares = np.array([UNSEEN_TAIL, 1.0 - UNSEEN_TAIL])
    return np.asarray(np.interp(shares * weights.sum(), middle, values[order]))
