"""How requests through an API are billed, as typed: cached input, batches, dear hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise import units
from sizewise.decide import wording
from sizewise.domain.request import Billing
from sizewise.domain.text import T

if TYPE_CHECKING:
    from sizewise.advisor.question import Notes


def billing_of(
    cached: str | float | None,
    batch: str | float | None,
    api_peak: str | float | None,
    *,
    prefix_hit_ratio: float = 0.0,
) -> Billing:
    """The shares that were said; nothing waits where nothing is said.

    What an engine still has of a prompt, an API has too, unless another share is said for it.

    Raises: InvalidQuantity outside of 0 to 1.
    """
    plain = Billing()
    return Billing(
        cached_ratio=_ratio(cached, "--cached", prefix_hit_ratio),
        batch_ratio=_ratio(batch, "--batch", plain.batch_ratio),
        api_peak_ratio=_ratio(api_peak, "--api-peak", plain.api_peak_ratio),
    )


def note_billing(billing: Billing, notes: Notes) -> None:
    """The shares that were said."""
    for name, ratio in (
        (T("input that an API finds in its cache"), billing.cached_ratio),
        (T("requests that wait for a batch of an API"), billing.batch_ratio),
        (T("requests in the dear hours of an API"), billing.api_peak_ratio),
    ):
        if ratio > 0:
            notes.add(name, wording.percent(ratio), is_asked=True)


def _ratio(text: str | float | None, what: str, default: float) -> float:
    return default if text is None else units.parse_share(str(text), what)
