"""An API on the page: its bill, its prices, how good it is, and what nobody knows of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sizewise.decide.wording import option_name, percent
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK, money, span
from sizewise.report.page import FAINT, grid, heading, paragraph
from sizewise.units import significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.decision import ApiOption
    from sizewise.domain.text import Text
    from sizewise.report.language import Say


def api_blocks(api: ApiOption, say: Say) -> Iterator[RenderableType]:
    """Figures of the API, and the constraint that it brings."""
    yield heading(say(option_name(api)))
    yield grid([(say(name), value, say(unit), say(note)) for name, value, unit, note in _rows(api)])
    data = T(
        "The data of every request leaves the house; its speed is in no table; prices and models can change."
    )
    yield paragraph(say(data), FAINT)


def _rows(api: ApiOption) -> Iterator[tuple[Text, str, Text, Text]]:
    offers = T(
        "cheapest of {n} offers, up to their median; prices of {date}", n=str(api.num_offers), date=api.as_of
    )
    yield T("cost"), span(api.monthly_usd, money), T("USD a month"), offers
    per_mtok = T("USD/Mtok")
    yield T("input tokens"), significant(api.input_usd_per_mtok), per_mtok, _cached(api)
    yield T("output tokens"), significant(api.output_usd_per_mtok), per_mtok, _hours(api)
    if isinstance(api.quality, Estimate):
        enough = T("{probability} likely to be good enough", probability=percent(api.pass_probability))
        yield T("quality"), span(api.quality), T("points"), enough
    else:
        yield T("quality"), UNKNOWN_MARK, T("points"), T("unknown")


def _cached(api: ApiOption) -> Text:
    if math.isfinite(api.cached_usd_per_mtok) and api.cached_usd_per_mtok < api.input_usd_per_mtok:
        return T("{price} where it is cached", price=significant(api.cached_usd_per_mtok))
    return T("no price for cached input known")


def _hours(api: ApiOption) -> Text:
    batch, peak = significant(api.batch_factor), significant(api.peak_factor)
    if api.peak_factor > 1:
        return T(
            "x {batch} in batches, x {peak} in dear hours ({hours})",
            batch=batch,
            peak=peak,
            hours=api.peak_window,
        )
    if api.batch_factor < 1:
        return T("x {batch} in batches", batch=batch)
    return T("no batch discount known")
