"""Is the smaller one enough? Not worse than the reference by more than the margin, worse, or not yet known.

Early looks may settle it with EARLY_LEVEL each, the last look with what is left of LEVEL: by the union bound the chance
of a wrong "not worse" over all looks is at most LEVEL, whatever the order of right and wrong answers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sizewise.domain.evaluation import (
    CANNOT_TELL,
    ENOUGH,
    NO_COMPARISON,
    NOBODY,
    NOT_ANSWERED,
    NOT_WORSE,
    REFERENCE_NEEDED,
    UNSETTLED,
    WORSE,
    Comparison,
)
from sizewise.estimate.pass_rates import (
    MAX_ITEMS,
    PSEUDO_COUNT,
    better_than_p,
    bootstrap_interval,
    items_needed,
    mcnemar_p,
    paired_difference,
    paired_interval,
    smallest_difference,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.domain.evaluation import Rate
    from sizewise.domain.number import Array

LEVEL = 0.05
"""Chance of calling a candidate "not worse" that is worse by the margin, and the other way round."""
EARLY_LEVEL = 0.005
"""The part of it that each early look may use."""
FIRST_LOOK = 20
STEPS = (1.0, 2.5, 5.0)
"""Looks at 20, 50, 100, 200, 500, ... items."""
MAX_UNANSWERED_SHARE = 0.1
"""With more unanswered items nothing is said. [ratio]"""
NOBODY_BELOW = 0.5
"""Where every interval ends below this share, none of them does the task. [ratio]"""


def looks(num_items: int, *, stops_early: bool) -> tuple[int, ...]:
    """Numbers of items after which it is looked at; the last is all of them.

    >>> looks(120, stops_early=True)
    (20, 50, 100, 120)
    """
    early, scale = [], float(FIRST_LOOK)
    while stops_early and scale < num_items:
        early += [round(scale * step) for step in STEPS if scale * step < num_items]
        scale *= 10
    return (*early, num_items)


def look_level(look: int, num_looks: int) -> float:
    """Level of one look, counted from 0."""
    return EARLY_LEVEL if look < num_looks - 1 else LEVEL - EARLY_LEVEL * (num_looks - 1)


def compared(  # noqa: PLR0913 - two names, two columns, how it is judged
    name: str,
    reference: str,
    grades: Array,
    reference_grades: Array,
    *,
    margin: float,
    level: float,
    draws: Array,
) -> Comparison:
    """One comparison of grades of the same items; NaN where one is missing. `draws` as in `bootstrap_interval`."""
    both = np.isfinite(grades) & np.isfinite(reference_grades)
    differences = grades[both] - reference_grades[both]
    num_items, num_missing = int(both.sum()), int((~both).sum())
    ahead, behind = float(differences.clip(min=0).sum()), float((-differences).clip(min=0).sum())
    if bool(np.all(np.isin(differences, (-1.0, 0.0, 1.0)))):
        low, high = paired_interval(ahead, behind, num_items, 1 - 2 * LEVEL)
        p_not_worse = better_than_p(int(ahead), int(behind), num_items, -margin)
        p_worse = better_than_p(int(behind), int(ahead), num_items, margin)
        p_equal: float | None = mcnemar_p(int(ahead), int(behind))
        differing = ahead + behind
    else:
        low, high = bootstrap_interval(differences, draws, 1 - 2 * LEVEL)
        p_not_worse, p_worse = _graded_p(differences, draws, margin)
        p_equal, differing = None, float(np.square(differences).sum())
    share = (differing + 2 * PSEUDO_COUNT) / (num_items + 4 * PSEUDO_COUNT)
    outcome = _outcome(p_not_worse, p_worse, level, num_items, num_missing)
    difference = paired_difference(ahead, behind, num_items)
    return Comparison(
        name=name, reference=reference, num_items=num_items, only_candidate=ahead, only_reference=behind,
        difference=difference, low=min(low, difference), high=max(high, difference), p_not_worse=p_not_worse,
        p_worse=p_worse, p_equal=p_equal, level=level, outcome=outcome,
        more_items=_more(share, margin, difference, num_items) if outcome == CANNOT_TELL else None,
        smallest_difference=smallest_difference(differing=share, num_items=num_items),
    )  # fmt: skip


def _graded_p(differences: Array, draws: Array, margin: float) -> tuple[float, float]:
    """The levels at which the bootstrap bounds just reach the margin, in both directions."""
    if not len(differences):
        return 1.0, 1.0
    levels = (0.98, 0.99, 0.90)
    not_worse = worse = 1.0
    for level in sorted(levels):
        low, high = bootstrap_interval(differences, draws, level)
        not_worse = (1 - level) / 2 if low > -margin else not_worse
        worse = (1 - level) / 2 if high < -margin else worse
    return not_worse, worse


def _outcome(p_not_worse: float, p_worse: float, level: float, num_items: int, num_missing: int) -> str:
    if num_missing > MAX_UNANSWERED_SHARE * (num_items + num_missing):
        return NOT_ANSWERED
    if p_not_worse <= level:
        return NOT_WORSE
    return WORSE if p_worse <= level else CANNOT_TELL


def _more(differing: float, margin: float, difference: float, num_items: int) -> int | None:
    """Items beyond these, if the difference stays what it is; rounded up to tens."""
    needed = items_needed(differing=max(differing, difference**2), margin=margin, difference=difference)
    if not needed - num_items < MAX_ITEMS:
        return None
    return max(10, math.ceil((needed - num_items) / 10) * 10)


def verdict(rates: Sequence[Rate], comparisons: Sequence[Comparison]) -> tuple[str, str]:
    """The verdict and the name of the smallest that is enough; comparisons go from the smallest up."""
    if rates and all(rate.num_items and rate.high < NOBODY_BELOW for rate in rates):
        return NOBODY, ""
    if not comparisons:
        return NO_COMPARISON, ""
    first = next((c.name for c in comparisons if c.outcome == NOT_WORSE), "")
    if first:
        return ENOUGH, first
    if all(c.outcome == WORSE for c in comparisons):
        return REFERENCE_NEEDED, comparisons[0].reference
    return UNSETTLED, ""


def is_settled(outcomes: Sequence[str]) -> bool:
    """Nothing more need be asked: all before the smallest that is enough are worse, or all are.

    >>> is_settled(["worse", "not-worse", "cannot-tell"]), is_settled(["worse", "cannot-tell"])
    (True, False)
    """
    first = next((outcome for outcome in outcomes if outcome != WORSE), NOT_WORSE)
    return bool(outcomes) and first == NOT_WORSE
