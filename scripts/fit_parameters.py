"""A family of speed constants as one vector: pooled values, deviations of device classes, factors of formats.

log constant = pooled[name] + deviation[class, name] + factor[format, name], each with a normal prior around 0 (the
pooled ones around a physical guess), which is what shrinks groups with few rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.catalog.speed_constants import BLOCK_FORMATS, BOUNDS, COMPUTE_CLASSES, vendor_of
from sizewise.domain.number import Array  # noqa: TC001 - annotations of the tuple are read at run time
from sizewise.estimate.speed import SpeedCoefficients

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sizewise.domain.device import Device

DIFFERENCE = 1e-4
"""Step of the numeric derivative of logarithms."""
NOISE = 0.05
"""Typical error of a good row, in logarithms."""
STEP_LENGTHS = np.array([1.0, 0.5, 0.2, 0.05])
"""Shares of a step that are tried."""
DAMPINGS = (0.0, 1.0, 10.0, 100.0)
"""Multiples of the precision of the priors that hold a step back."""
WORTHWHILE = 3e-3
"""Share of the cost that a step with kept derivatives has to gain; else they are taken anew."""
TOLERANCE = 1e-4
"""A step that lowers the cost by a smaller share is the last."""
POOLED_SPREAD = 0.7
"""Prior spread of pooled logarithms."""


def width_of(speed_class: str) -> str:
    """Format whose constants are fitted: blocks of 256 weights count as others of their width.

    With classes of their own, devices that were left out came out worse (decode 15.0 instead of 10.1 %, prompts 30
    instead of 20 %). Recalibration on one computer tells them apart.
    """
    return speed_class.removesuffix("k") if speed_class in BLOCK_FORMATS else speed_class


class Parameter(NamedTuple):
    """One constant: where it starts and how freely it may vary."""

    name: str
    guess: float
    class_spread: float
    """Prior spread between device classes, in logarithms; 0: the same for all."""
    format_spread: float
    """Prior spread between weight formats, in logarithms; 0: the same for all."""
    generation_spread: float = 0.0
    """Prior spread between generations of chips, in logarithms; 0: the same for all."""
    engine_spread: float = 0.0
    """Prior spread between engines that are fitted together, in logarithms; 0: the same for all."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Positions of the parameters of one family in the vector."""

    parameters: tuple[Parameter, ...]
    classes: tuple[str, ...]
    generations: tuple[str, ...]
    formats: tuple[str, ...]
    engines: tuple[str, ...]
    conditions: tuple[tuple[str, str, float], ...]
    """Constant, condition that changes it, and how freely, in logarithms."""
    chunk_tokens: float
    ingest_s: float

    @cached_property
    def entries(self) -> list[tuple[str, str, float, float]]:
        """Name, class or format, prior mean and prior spread of every element."""
        pooled = [(p.name, "", float(np.log(p.guess)), POOLED_SPREAD) for p in self.parameters]
        grouped = [
            (p.name, group, 0.0, spread)
            for p in self.parameters
            for spread, groups in (
                (p.class_spread, self.vendors),
                (p.class_spread, self.classes),
                (p.generation_spread, self.generations),
                (p.format_spread, self.formats),
                (p.engine_spread, self.engines),
            )
            if spread
            for group in groups
        ]
        by_condition = [(name, condition, 0.0, spread) for name, condition, spread in self.conditions]
        return pooled + grouped + by_condition

    @property
    def vendors(self) -> tuple[str, ...]:
        """Vendors whose devices fall into classes of other names."""
        return tuple(sorted({vendor_of(c) for c in self.classes} - set(self.classes)))

    @cached_property
    def position(self) -> dict[tuple[str, str], int]:
        """Element of the vector by name and class or format (empty: pooled)."""
        return {(name, group): i for i, (name, group, _, _) in enumerate(self.entries)}

    @property
    def start(self) -> Array:
        """The prior means."""
        return np.array([mean for _, _, mean, _ in self.entries])

    @property
    def spread(self) -> Array:
        """The prior spreads."""
        return np.array([spread for _, _, _, spread in self.entries])

    def logarithm(self, vectors: Array, name: str, group: str) -> Array:
        """One element of every vector [k]; 0 where the group has none."""
        i = self.position.get((name, group))
        return np.zeros(len(vectors)) if i is None else vectors[:, i]

    def of_device(self, vectors: Array, name: str, device_class: str, generation: str) -> Array:
        """What vendor, class and generation of a device add to a logarithm."""
        groups = dict.fromkeys((vendor_of(device_class), device_class, generation))
        return np.asarray(sum(self.logarithm(vectors, name, group) for group in groups))

    def constants(
        self,
        vectors: Array,
        engine: str,
        devices: Sequence[Device],
        speed_class: str,
        conditions: Sequence[Sequence[str]],
    ) -> SpeedCoefficients:
        """Constants for vectors [k] and cases [n]: arrays [k, n]."""
        kinds = sorted({(device.device_class, device.generation) for device in devices})
        index = np.array([kinds.index((device.device_class, device.generation)) for device in devices])
        arrays, groups = {}, ("", engine, width_of(speed_class))
        for parameter in self.parameters:
            base = sum(self.logarithm(vectors, parameter.name, group) for group in groups)
            logs = np.stack([base + self.of_device(vectors, parameter.name, *kind) for kind in kinds], axis=1)
            arrays[parameter.name] = np.exp(logs)[:, index]
        for name, condition, _ in self.conditions:
            holds = np.array([condition in names for names in conditions])
            arrays[name] = np.where(
                holds, arrays[name] * np.exp(self.logarithm(vectors, name, condition))[:, None], arrays[name]
            )
        for name, bounds in BOUNDS.items():
            arrays[name] = np.clip(arrays[name], *bounds)
        return SpeedCoefficients(
            **arrays,
            chunk_tokens=self.chunk_tokens,
            ingest_s=self.ingest_s,
            compute_class=COMPUTE_CLASSES.get(speed_class, "fp16"),
        )


class Start(NamedTuple):
    """Where a fit begins."""

    vector: Array
    slopes: Array | None
    """Derivatives of the log errors there, where they are known already. [figures, elements]"""


def fitted(
    layout: Layout,
    log_errors: Callable[[Array], Array],
    weights: Array,
    *,
    start: Start | None = None,
    max_steps: int = 80,
) -> Array:
    """The vector that explains the measurements best: robust least squares of log errors / NOISE, with the priors.

    Levenberg-Marquardt on reweighted residuals: every step tries DAMPINGS (multiples of the precision of the priors) at
    STEP_LENGTHS and takes the best. Derivatives, which cost most, are kept until a step gains less than
    WORTHWHILE with them; the last step has fresh ones. `log_errors` takes vectors [k] and gives [k, figures].
    """
    mean, precision, root = layout.start, 1.0 / np.square(layout.spread), np.sqrt(weights) / NOISE

    def costs_of(errors: Array, vectors: Array) -> Array:
        fit = 2.0 * (np.sqrt(1.0 + np.square(errors * root)) - 1.0)
        return np.asarray(fit.sum(axis=1) + (np.square(vectors - mean) * precision).sum(axis=1))

    begin = start or Start(mean, None)
    vector, slopes = np.asarray(begin.vector), begin.slopes
    errors = log_errors(vector[None])
    cost = float(costs_of(errors, vector[None])[0])
    is_fresh = False
    for _ in range(max_steps):
        if slopes is None:
            slopes, is_fresh = slopes_at(log_errors, vector), True
        weighted, here = slopes * root[:, None], errors[0] * root
        robust = 1.0 / np.sqrt(1.0 + np.square(here))
        gradient = weighted.T @ (robust * here) + (vector - mean) * precision
        curvature = weighted.T @ (robust[:, None] * weighted)
        directions = [
            -np.linalg.solve(curvature + np.diag((1.0 + d) * precision), gradient) for d in DAMPINGS
        ]
        tried = vector + np.concatenate([np.outer(STEP_LENGTHS, direction) for direction in directions])
        tried_errors = log_errors(tried)
        costs = costs_of(tried_errors, tried)
        best = int(np.argmin(costs))
        gain = 1.0 - float(costs[best]) / cost
        if gain > 0:
            vector, errors, cost = tried[best], tried_errors[best : best + 1], float(costs[best])
        if is_fresh and gain < TOLERANCE:
            break
        if gain < WORTHWHILE:
            slopes = None
        is_fresh = False
    return vector


def slopes_at(log_errors: Callable[[Array], Array], vector: Array) -> Array:
    """Derivatives of the log errors by the elements of the vector. [figures, elements]"""
    nearby = log_errors(np.vstack([vector, vector + DIFFERENCE * np.eye(len(vector))]))
    return np.asarray((nearby[1:] - nearby[0]).T / DIFFERENCE)
