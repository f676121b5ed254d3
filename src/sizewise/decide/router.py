"""Which prompts need the big model? A score from the words of a prompt, and what a router at each threshold gives.

The score is a ridge-penalised logistic regression of "the small one falls short of the big one here" on plain features
of the prompt. Every quality and cost is that of items whose score was fitted on other items (cross-validation).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sizewise.domain.evaluation import Router, RouterPoint
from sizewise.estimate.pass_rates import wilson_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.domain.number import Array

NUM_FOLDS = 5
MIN_ITEMS = 20
MIN_CASES = 3
"""Items of each kind that a score is fitted on; with fewer there is nothing to learn."""
RIDGE = 1.0
NUM_STEPS = 30
TINY_SCALE = 1e-9
"""A feature that varies less does not vary."""
THRESHOLDS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
FEATURES = ("log_length", "digit_share", "symbol_share", "wide_share", "log_lines", "asks", "mean_word")
"""Natural logarithm of the length in characters; shares of digits, of symbols and of characters beyond Latin; natural
logarithm of the lines; does it ask a question; mean length of a word."""


def features(prompt: str) -> tuple[float, ...]:
    """FEATURES of one prompt.

    >>> features("12+34=")[1]
    0.6666666666666666
    """
    length = max(len(prompt), 1)
    words = prompt.split() or [prompt]
    return (
        math.log(length),
        sum(c.isdigit() for c in prompt) / length,
        sum(not c.isalnum() and not c.isspace() for c in prompt) / length,
        sum(ord(c) > 0x2FF for c in prompt) / length,  # noqa: PLR2004 - end of the Latin blocks
        math.log(1 + prompt.count("\n")),
        float("?" in prompt or "？" in prompt),
        sum(len(word) for word in words) / len(words),
    )


def router(  # noqa: PLR0913 - two names, the items in columns, prices and margin
    small: str, big: str, prompts: Sequence[str], small_grades: Array, big_grades: Array, *,
    costs_usd: tuple[Array, Array] | None, margin: float,
) -> Router | None:  # fmt: skip
    """What a router between two models gives; None for fewer than MIN_ITEMS items that both answered."""
    both = np.isfinite(small_grades) & np.isfinite(big_grades)
    if both.sum() < MIN_ITEMS:
        return None
    known = np.array([features(prompt) for prompt, kept in zip(prompts, both, strict=True) if kept])
    low, high = small_grades[both], big_grades[both]
    needs_big = (high > low).astype(float)
    scores = cross_validated(known, needs_big)
    costs = None if costs_usd is None else (costs_usd[0][both], costs_usd[1][both])
    points = tuple(_point(threshold, scores, low, high, costs) for threshold in THRESHOLDS)
    enough = [point for point in points if point.quality >= high.mean() - margin]
    weights, centres, scales = fitted(known, needs_big)
    handled = float((1 - needs_big).sum())
    handled_low, handled_high = wilson_interval(handled, len(low))
    return Router(
        small=small, big=big, num_items=len(low), always_small=float(low.mean()), always_big=float(high.mean()),
        handled_share=handled / len(low), handled_low=handled_low, handled_high=handled_high,
        auc=area(scores, needs_big), num_folds=NUM_FOLDS, points=points,
        chosen=max(enough, key=lambda point: (point.small_share, point.quality)) if enough else None,
        feature_names=FEATURES, weights=tuple(float(x) for x in weights), centres=tuple(float(x) for x in centres),
        scales=tuple(float(x) for x in scales),
    )  # fmt: skip


def cross_validated(known: Array, needs_big: Array) -> Array:
    """Score of each item by the regression on the other folds. [items]"""
    fold = np.arange(len(needs_big)) % NUM_FOLDS
    scores = np.empty(len(needs_big))
    for held in range(NUM_FOLDS):
        there, here = fold != held, fold == held
        weights, centres, scales = fitted(known[there], needs_big[there])
        scores[here] = scored(known[here], weights, centres, scales)
    return scores


def fitted(known: Array, needs_big: Array) -> tuple[Array, Array, Array]:
    """Weights, constant first, of standardised features, with their centres and scales. By Newton's method."""
    centres, scales = known.mean(axis=0), known.std(axis=0)
    scales = np.where(scales > TINY_SCALE, scales, 1.0)
    rows = np.column_stack([np.ones(len(known)), (known - centres) / scales])
    weights = np.zeros(rows.shape[1])
    share = (needs_big.sum() + 0.5) / (len(needs_big) + 1)
    weights[0] = math.log(share / (1 - share))
    if min(needs_big.sum(), len(needs_big) - needs_big.sum()) < MIN_CASES:
        return weights, centres, scales
    penalty = RIDGE * np.eye(len(weights))
    penalty[0, 0] = 1e-6
    for _ in range(NUM_STEPS):
        p = _logistic(rows @ weights)
        slope = rows.T @ (needs_big - p) - penalty @ weights
        curve = (rows * (p * (1 - p))[:, None]).T @ rows + penalty
        weights = weights + np.clip(np.linalg.solve(curve, slope), -2.0, 2.0)
    return weights, centres, scales


def scored(known: Array, weights: Array, centres: Array, scales: Array) -> Array:
    """Probability that the big model is needed. [items]"""
    return _logistic(weights[0] + ((known - centres) / scales) @ weights[1:])


def area(scores: Array, needs_big: Array) -> float | None:
    """Probability that an item that needs the big model has the higher score; None where all are of one kind."""
    high, low = scores[needs_big > 0], scores[needs_big == 0]
    if not len(high) or not len(low):
        return None
    ahead = (high[:, None] > low).mean() + 0.5 * (high[:, None] == low).mean()
    return float(ahead)


def _point(
    threshold: float, scores: Array, low: Array, high: Array, costs: tuple[Array, Array] | None
) -> RouterPoint:
    to_big = scores >= threshold
    grades = np.where(to_big, high, low)
    bottom, top = wilson_interval(float(grades.sum()), len(grades))
    each = None if costs is None else float(np.where(to_big, costs[1], costs[0]).mean() * 1000)
    return RouterPoint(threshold=threshold, small_share=float(1 - to_big.mean()), quality=float(grades.mean()),
                       low=bottom, high=top, cost_usd_per_1000=each)  # fmt: skip


def _logistic(values: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))
