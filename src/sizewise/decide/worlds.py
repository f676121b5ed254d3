"""Sampled worlds: what is uncertain drawn together for all options, who wins how often, what a wrong choice costs.

Every uncertain input has a name and a stream of its own, drawn by hashing the name and the number of the world. So all
options of a world share what they have in common (one price of electricity, one speed error of an engine on a class of
devices, one quality of a model), and an option that comes or goes changes nothing for the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from sizewise.decide.rank import COST_TIE_RATIO, FREE_TIE_USD
from sizewise.domain.number import Array  # noqa: TC001 - dataclass annotations are read at run time
from sizewise.estimate.load import busy_ratio

if TYPE_CHECKING:
    from collections.abc import Iterable

Z_OF_RANGE = 1.2815515655446004
"""An 80 % range reaches from the 10 % to the 90 % quantile: so many standard deviations."""
GOLDEN_STEP = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""Constants of splitmix64. Source: Steele, Lea, Flood, OOPSLA 2014."""
FNV_START, FNV_STEP = 0xCBF29CE484222325, 0x100000001B3
WORD = 2**64
CLEAR_RATIO, LIKELY_RATIO = 0.85, 0.6
"""Shares of the worlds that a choice wins when it is called clear, or likely. [ratio]"""
REASONS = ("speed", "budget", "quality", "cost")
"""Why an option loses a world; cost: it passes, but another one is cheaper or preferred at the same cost."""


def stream(name: str) -> int:
    """Number of a named stream: FNV-1a of its letters."""
    value = FNV_START
    for byte in name.encode("utf-8"):
        value = (value ^ byte) * FNV_STEP % WORD
    return value


def uniforms(name: str, num_worlds: int) -> Array:
    """Numbers between 0 and 1, the same for the same name. [worlds]

    >>> bool(uniforms("a", 3)[0] == uniforms("a", 9)[0])
    True
    """
    with np.errstate(over="ignore"):
        state = np.uint64(stream(name)) + GOLDEN_STEP * np.arange(1, num_worlds + 1, dtype=np.uint64)
        state = (state ^ (state >> np.uint64(30))) * MIX_1
        state = (state ^ (state >> np.uint64(27))) * MIX_2
        state ^= state >> np.uint64(31)
    return ((state >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def normals(name: str, num_worlds: int) -> Array:
    """Standard normal numbers, the same for the same name. [worlds]  Box-Muller."""
    radius = np.sqrt(-2.0 * np.log(uniforms(name, num_worlds)))
    return np.asarray(radius * np.cos(2.0 * np.pi * uniforms(f"{name}'", num_worlds)))


def factors(name: str, num_worlds: int, *, low: float, high: float) -> Array:
    """Factors whose 80 % range is low to high around 1, a log-normal with two halves. [ratio]

    Unknown ends count as 1.
    """
    z = normals(name, num_worlds) / Z_OF_RANGE
    down = np.log(low) if 0 < low <= 1 else 0.0
    up = np.log(high) if 1 <= high < np.inf else 0.0
    return np.asarray(np.exp(np.where(z < 0, -z * down, z * up)))


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What every option does in every world. [worlds, options]"""

    monthly_usd: Array
    fails: tuple[tuple[str, Array], ...]
    """By reason, in the order of the gates: where an option does not do what is asked."""
    preference: Array
    """Place of each option where costs tie: smaller is preferred. [options]"""


@dataclass(frozen=True, kw_only=True)
class Contest:
    """The result, one entry an option."""

    win_ratio: Array
    """Share of the worlds that it wins, of those that anybody wins. [ratio]"""
    fail_ratio: Array
    regret_usd: Array
    """Mean of what it costs more than the best of the world. [USD/month]"""
    regret_p90_usd: Array
    reason: tuple[str, ...]
    """Why it most often loses; one of REASONS, empty where it never does."""
    reason_ratio: Array
    """Share of its lost worlds with that reason. [ratio]"""
    nobody_ratio: float
    """Share of the worlds in which no option does what is asked."""

    @property
    def least_regret(self) -> int:
        """Position of the option with the smallest 90 % regret, then the smallest mean."""
        return int(np.lexsort((self.regret_usd, np.round(self.regret_p90_usd, 6)))[0])


def _not_exceeded(regret: Array, share: float) -> Array:
    """Of each option, the regret that this share of the worlds does not exceed; 0 without worlds. [USD]"""
    if not len(regret):
        return np.zeros(regret.shape[1])
    rank = math.ceil(share * len(regret)) - 1
    found: Array = np.partition(regret, rank, axis=0)[rank]
    return found


def contest(outcomes: Outcomes) -> Contest:
    """Who wins each world by the rule of the ranking: cheapest that passes, ties within 10 % by preference.

    The regret of an option that passes is its cost less that of the cheapest that passes. One that fails is paid in
    vain beside the one that replaces it: its regret is its whole cost.
    """
    failed = np.zeros(outcomes.monthly_usd.shape, dtype=bool)
    for _, where in outcomes.fails:
        failed |= where
    failed |= ~np.isfinite(outcomes.monthly_usd)
    cost = np.where(failed, np.inf, outcomes.monthly_usd)
    cheapest = cost.min(axis=1)
    anybody = np.isfinite(cheapest)
    limit = np.maximum(cheapest * COST_TIE_RATIO, cheapest + FREE_TIE_USD)
    tied = (cost <= limit[:, None]) & ~failed
    order = np.argsort(outcomes.preference, kind="stable")
    winner = np.where(anybody, order[np.argmax(tied[:, order], axis=1)], -1)
    won = winner[:, None] == np.arange(cost.shape[1])
    num = max(int(anybody.sum()), 1)
    in_vain = np.where(np.isfinite(outcomes.monthly_usd), outcomes.monthly_usd, cheapest[:, None])
    with np.errstate(invalid="ignore"):
        regret = np.where(failed, in_vain, cost - cheapest[:, None])[anybody]
    reasons, shares = _reasons(outcomes, failed, won, anybody)
    return Contest(
        win_ratio=won[anybody].sum(axis=0) / num,
        fail_ratio=failed.mean(axis=0),
        regret_usd=regret.mean(axis=0) if len(regret) else np.zeros(cost.shape[1]),
        regret_p90_usd=_not_exceeded(regret, 0.9),
        reason=reasons,
        reason_ratio=shares,
        nobody_ratio=float(1.0 - anybody.mean()),
    )


def _reasons(outcomes: Outcomes, failed: Array, won: Array, anybody: Array) -> tuple[tuple[str, ...], Array]:
    """The first gate that each option fails in each world that it loses; counted."""
    lost = ~won & anybody[:, None]
    left = lost.copy()
    counts = []
    for _, where in outcomes.fails:
        counts.append((left & where).sum(axis=0))
        left &= ~where
    counts.append((left & failed).sum(axis=0))
    counts.append((left & ~failed).sum(axis=0))
    names = [*(name for name, _ in outcomes.fails), "speed", "cost"]
    table = np.array(counts)
    best = table.argmax(axis=0)
    total = lost.sum(axis=0)
    shares = table.max(axis=0) / np.maximum(total, 1)
    reasons = tuple(names[i] if num else "" for i, num in zip(best.tolist(), total.tolist(), strict=True))
    return reasons, shares


@dataclass(frozen=True, kw_only=True)
class Finalists:
    """Options as the worlds see them. [options]; grids are [options, speeds]."""

    speed_factors: Array
    """Speeds against the likely one for which the capacity is known, rising. [speeds]"""
    users_each: Array
    """Users that one replica carries at each of these speeds. [options, speeds]"""
    active_ratio: Array
    """Share of the time in which the request of a user runs, at the likely speed. [ratio]"""
    max_replicas: Array
    planned_replicas: Array
    """What is there if it turns out too slow for any number: those of the likely figures. [options]"""
    fixed_usd: Array
    """For each replica, without electricity: rent, or what owning costs. [USD/month]"""
    idle_energy_usd: Array
    load_energy_usd: Array
    quality: Array
    quality_sd: Array
    preference: Array
    speed_group: tuple[str, ...]
    """Who shares a speed error."""
    speed_low: Array
    speed_high: Array
    """80 % range of the speed against the likely one. [ratio]"""
    price_group: tuple[str, ...]
    """Who shares a price."""
    price_low: Array
    price_high: Array
    model: tuple[str, ...]
    """Who shares an error of quality."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What is asked, and how uncertain it is."""

    num_users: float
    users_low: float
    users_high: float
    """80 % range against the asked number. [ratio]"""
    tariff_low: float
    tariff_high: float
    hours_low: float
    hours_high: float
    """Of the hours of use, on which electricity under load depends. [ratio]"""
    utilisation_low: float
    utilisation_high: float
    """Of the share of the load that comes on average, against the asked one. [ratio]"""
    bar: float
    monthly_budget_usd: float
    headroom_ratio: float


def sampled(finalists: Finalists, asked: Conditions, num_worlds: int) -> Outcomes:
    """Every option in every world; one that is too slow costs what was planned for it. [worlds, options]

    At f times the speed an answer takes E / f, so a user's request runs E / (E + f Z) of the time.
    """
    load = factors("load", num_worlds, low=asked.users_low, high=asked.users_high)
    users = np.maximum(asked.num_users * load, 1.0)[:, None]
    tariff = factors("electricity", num_worlds, low=asked.tariff_low, high=asked.tariff_high)[:, None]
    hours = factors("hours", num_worlds, low=asked.hours_low, high=asked.hours_high)[:, None]
    used = factors("utilisation", num_worlds, low=asked.utilisation_low, high=asked.utilisation_high)[:, None]
    each = np.empty((num_worlds, len(finalists.model)))
    speeds = _by_group("speed", finalists.speed_group, finalists.speed_low, finalists.speed_high, num_worlds)
    for i, speed in enumerate(speeds):
        each[:, i] = np.interp(speed, finalists.speed_factors, finalists.users_each[i])
    active = finalists.active_ratio / (
        finalists.active_ratio + np.array(speeds).T * (1.0 - finalists.active_ratio)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        replicas = np.where(each >= users, 1.0, np.ceil(users / (asked.headroom_ratio * each)))
        is_slow = ~(replicas <= finalists.max_replicas)
        replicas = np.where(is_slow, finalists.planned_replicas, replicas)
        busy = np.where(is_slow, 1.0, busy_ratio(active, users / replicas))
        prices = np.array(
            _by_group("price", finalists.price_group, finalists.price_low, finalists.price_high, num_worlds)
        ).T
        energy = tariff * (finalists.idle_energy_usd + finalists.load_energy_usd * busy * hours * used)
        usd = replicas * (finalists.fixed_usd * prices + energy)
    errors = _shared({f"quality {name}" for name in finalists.model}, num_worlds)
    quality = np.array([errors[f"quality {name}"] for name in finalists.model]).T
    quality = finalists.quality + finalists.quality_sd * quality
    fails = (
        ("speed", is_slow),
        ("budget", ~is_slow & ~(usd <= asked.monthly_budget_usd)),
        ("quality", ~(quality >= asked.bar)),
    )
    return Outcomes(monthly_usd=usd, fails=fails, preference=finalists.preference)


def _by_group(kind: str, groups: tuple[str, ...], low: Array, high: Array, num_worlds: int) -> list[Array]:
    """A factor for each option; options of one group with one range share it."""
    drawn: dict[tuple[str, float, float], Array] = {}
    found = []
    for group, least, most in zip(groups, low.tolist(), high.tolist(), strict=True):
        key = (group, least, most)
        if key not in drawn:
            drawn[key] = factors(f"{kind} {group}", num_worlds, low=least, high=most)
        found.append(drawn[key])
    return found


def _shared(names: Iterable[str], num_worlds: int) -> dict[str, Array]:
    return {name: normals(name, num_worlds) for name in names}


def taken(finalists: Finalists, index: Array) -> Finalists:
    """Some of the options."""
    values = {}
    for f in fields(Finalists):
        value = getattr(finalists, f.name)
        if f.name != "speed_factors":
            value = tuple(value[i] for i in index) if isinstance(value, tuple) else value[index]
        values[f.name] = value
    return Finalists(**values)


def sureness(win_ratio: float) -> str:
    """Clear from 85 % of the worlds, likely from 60 %, else a coin flip.

    >>> sureness(0.9), sureness(0.7), sureness(0.3)
    ('clear', 'likely', 'coin flip')
    """
    if win_ratio >= CLEAR_RATIO:
        return "clear"
    return "likely" if win_ratio >= LIKELY_RATIO else "coin flip"
