"""All deployments among which one way to pay chooses: the cheapest at the asked demand, and the least over use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sizewise.decide.undominated import undominated
from sizewise.estimate.cost_over_use import LeastCost, MachineCost

if TYPE_CHECKING:
    from sizewise.advisor.cost_ways import Site
    from sizewise.domain.demand import Demand


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Deployments that carry somebody, whatever the volume; never empty."""

    sites: tuple[Site, ...]

    @property
    def demand(self) -> Demand:
        """What is asked of all of them."""
        return self.sites[0].demand

    @cached_property
    def _known(self) -> dict[tuple[str, str], tuple[MachineCost, ...]]:
        """Costs over use of every deployment, as they are asked for, by kind and end of all ranges."""
        return {}

    def _over_use(self, kind: str, case: str) -> tuple[MachineCost, ...]:
        if (kind, case) not in self._known:
            self._known[kind, case] = tuple(site.over_use(kind, case) for site in self.sites)
        return self._known[kind, case]

    def cheapest(self, kind: str) -> Site:
        """The cheapest deployment at the asked demand; of equally dear ones that with the most bits.

        Where no cost is known the first.
        """
        asked = np.array(self.demand.requests_per_month)

        def order(place: int) -> tuple[float, float]:
            usd = float(self._over_use(kind, "likely")[place].usd_at(asked))
            return (usd if math.isfinite(usd) else math.inf), -self.sites[place].carrier.weight_bits

        return self.sites[min(range(len(self.sites)), key=order)]

    def least(self, kind: str, case: str = "likely") -> LeastCost | None:
        """The least cost at each number of requests a month, at one end of all ranges; None where none is known."""
        carrying = [site.carrier.requests_per_s.likely > 0 for site in self.sites]
        costs = [cost for cost, is_able in zip(self._over_use(kind, case), carrying, strict=True) if is_able]
        known = [cost for cost in costs if not cost.unknown]
        if not known:
            return None
        best = undominated(np.array([cost.burdens for cost in known]))
        return LeastCost(costs=tuple(known[i] for i in best.tolist()))

    @property
    def most_requests(self) -> float:
        """What the largest machine among them carries. [1/month]"""
        return max(site.hosted("rent").planned_requests for site in self.sites)
