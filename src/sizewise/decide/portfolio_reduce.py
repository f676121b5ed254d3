"""A portfolio problem made smaller without changing its lowest cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.decide.portfolio import SAME_LOAD

if TYPE_CHECKING:
    from sizewise.decide.portfolio import Problem
    from sizewise.domain.number import Array

CHUNK = 256
"""Deployments whose rivals are looked at together."""


def undominated(problem: Problem) -> Array:
    """Positions of the deployments that a lowest total cost may need, in their order.

    One is left out where another one serves the same classes with no more load and usage and either is an API, or takes
    no more slots of the same pool, or takes whole machines of no more standing and upfront cost, without limit, where
    this one takes whole machines too. Putting the other one in its place never costs more: ceil(a + b) <= ceil(a) +
    ceil(b). Of equal ones the first stays.
    """
    able = np.flatnonzero(np.isfinite(problem.load).any(axis=0))
    by_pool = able[np.argsort(problem.pool[able], kind="stable")]
    ends = np.flatnonzero(np.diff(problem.pool[by_pool])) + 1
    groups = np.split(by_pool, ends)
    kept = np.sort(np.concatenate([group[~_beaten(problem.only(group))] for group in groups]))
    return kept[~_beaten(problem.only(kept))]


def _beaten(problem: Problem) -> Array:
    """Which deployments another one replaces. [deployments]"""
    able = np.isfinite(problem.load)
    load = np.where(able, problem.load, np.inf)
    usage = np.where(able, problem.usage_usd, np.inf)
    standing, upfront, is_whole, is_free = _replacement(problem)
    number = np.arange(problem.num_deployments)
    lost: list[Array] = []
    for start in range(0, problem.num_deployments, CHUNK):
        here = slice(start, start + CHUNK)
        beats, loses = (
            _replaces(problem, a, b, load=load, usage=usage, standing=standing, upfront=upfront,
                      is_whole=is_whole, is_free=is_free)
            for a, b in ((slice(None), here), (here, slice(None)))
        )  # fmt: skip
        is_first = number[:, None] < number[here][None, :]
        lost.append(np.asarray((beats & (~loses.T | is_first)).any(axis=0)))
    return np.concatenate(lost) if lost else np.zeros(0, dtype=bool)


def _replaces(  # noqa: PLR0913 - columns that are worked out once
    problem: Problem, a: slice, b: slice, *, load: Array, usage: Array, standing: Array, upfront: Array,
    is_whole: Array, is_free: Array,
) -> Array:  # fmt: skip
    """May each of `a` stand in the place of each of `b`? [a, b]"""
    same_pool = problem.pool[a][:, None] == problem.pool[b][None, :]
    fits = same_pool & (problem.slots[a][:, None] <= problem.slots[b][None, :])
    is_cheaper = (standing[a][:, None] <= standing[b][None, :]) & (upfront[a][:, None] <= upfront[b][None, :])
    result: Array = fits | (is_free[a][:, None] & is_whole[b][None, :] & is_cheaper)
    result |= ~problem.is_hardware[a][:, None]
    for k in range(problem.num_classes):
        result &= load[k, a][:, None] <= load[k, b][None, :]
        result &= usage[k, a][:, None] <= usage[k, b][None, :]
    return result


def _replacement(problem: Problem) -> tuple[Array, Array, Array, Array]:
    """Standing and upfront cost of a replica, whether it takes whole machines, and whether those are without limit."""
    pools = problem.pools
    standing, upfront = np.zeros((2, problem.num_deployments))
    is_whole, is_free = np.zeros((2, problem.num_deployments), dtype=bool)
    here = problem.is_hardware
    at = problem.pool[here]
    standing[here], upfront[here] = pools.standing_usd[at], pools.upfront_usd[at]
    is_whole[here] = problem.slots[here] == pools.slots[at]
    is_free[here] = is_whole[here] & np.isinf(pools.max_machines[at])
    return standing, upfront, is_whole, is_free


def without_hopeless_pairs(problem: Problem, at_most_usd: float) -> Problem:
    """The same problem without pairs of class and deployment that no plan of at most this cost can use.

    A class costs at least load x (share of the machine) + usage, and every other class at least its cheapest such cost.
    """
    share = np.zeros(problem.num_deployments)
    here = problem.is_hardware
    pools, at = problem.pools, problem.pool[here]
    share[here] = problem.slots[here] / pools.slots[at] * pools.standing_usd[at]
    least = problem.load * share + problem.usage_usd
    excess = least - np.nanmin(least, axis=1, keepdims=True)
    total_usd = float(np.nanmin(least, axis=1).sum())
    is_possible = total_usd + excess <= at_most_usd * (1.0 + SAME_LOAD)
    return replace(problem, load=np.where(is_possible, problem.load, np.nan))
