"""Counters for Prometheus: requests by route and status, and how long they took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

if TYPE_CHECKING:
    from starlette.types import Scope

OTHER = "other"
"""Label of addresses that are no route, so that strangers cannot make labels."""


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("route", "status")
        self._requests = Counter("sizewise_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "sizewise_answer_seconds", "Time to answer. [s]", ("route",), registry=self.registry
        )

    def count(self, scope: Scope, status: int, elapsed_s: float) -> None:
        """One request."""
        route = getattr(scope.get("route"), "path", OTHER)
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(elapsed_s)

    def text(self) -> bytes:
        """In the format that Prometheus reads."""
        return generate_latest(self.registry)
