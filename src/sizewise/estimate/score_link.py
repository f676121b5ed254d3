"""Scores on their own scale and on an unbounded one (log odds), where skill adds up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sizewise.domain.number import Number

ELO_PER_LOGIT = 400 / math.log(10)
"""Elo points of one unit of log odds. Source: definition of Elo: expected win rate 1 / (1 + 10^(-difference / 400))."""
ELO_ZERO = 1000.0
EDGE_RATIO = 0.01
"""Shares are kept this far from guessing and from perfect before the logit."""
LINK_KINDS = ("share", "error", "ten", "elo")
"""Percent correct; percent wrong (lower is better); marks from 1 to 10; Elo."""


@dataclass(frozen=True, kw_only=True)
class ScoreLink:
    """How a printed score and skill belong together."""

    kind: str
    """One of LINK_KINDS."""
    floor: float = 0.0
    """Score of guessing. [%]"""

    def gained_ratio(self, score: Number) -> Number:
        """Share of what can be gained above guessing, higher is better, kept away from 0 and 1.

        >>> ScoreLink(kind="share", floor=25.0).gained_ratio(62.5)
        0.5
        """
        low, high = (1.0, 10.0) if self.kind == "ten" else (self.floor, 100.0)
        share = (score - low) / (high - low)
        share = 1.0 - share if self.kind == "error" else share
        return np.minimum(np.maximum(share, EDGE_RATIO), 1.0 - EDGE_RATIO)[()]

    def unbounded(self, score: Number) -> Number:
        """Log odds of the score above guessing; Elo divided by 400 / ln 10. [log odds]"""
        if self.kind == "elo":
            return (score - ELO_ZERO) / ELO_PER_LOGIT
        share = self.gained_ratio(score)
        return np.log(share / (1.0 - share))[()]

    def printed(self, value: Number) -> Number:
        """The inverse of `unbounded`: the score in the benchmark's own unit."""
        if self.kind == "elo":
            return ELO_ZERO + value * ELO_PER_LOGIT
        share = 1.0 / (1.0 + np.exp(-np.asarray(value, dtype=np.float64)))
        share = 1.0 - share if self.kind == "error" else share
        low, high = (1.0, 10.0) if self.kind == "ten" else (self.floor, 100.0)
        return (low + (high - low) * share)[()]
