"""Asking what may hang: a driver, a mounted disk, a port. The answer comes in time or not at all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def within(limit_s: float, ask: Callable[[], T], otherwise: T) -> T:
    """What `ask` returns, or `otherwise` where it fails or takes longer; it is then left behind in its thread."""
    found: list[T] = []

    def run() -> None:
        try:
            found.append(ask())
        except Exception:  # noqa: BLE001 - whatever a probe of strange hardware raises means that it is not there
            return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit_s)
    return found[0] if found else otherwise
