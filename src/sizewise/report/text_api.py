"""An API on the page: its bill, its prices, how good it is, and what nobody knows of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sizewise.decide.wording import option_name, percent
from sizewise.domain.text import T
from sizewise.report.page import FAINT, grid, heading, paragraph
from sizewise.report.text_option import FigureRow, figure_row
from sizewise.units import significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.decision import ApiOption
    from sizewise.domain.text import Text
    from sizewise.report.language import Say


LEAVES_THE_HOUSE = T(
    "The data of every request leaves the house; its speed is in no table; prices and models can change."
)


def api_blocks(api: ApiOption, say: Say) -> Iterator[RenderableType]:
    """Figures of the API, and the constraint that it brings."""
    yield heading(say(T("An API: {name}", name=option_name(api))))
    yield grid((row.name, row.value, row.note) for row in api_rows(api, say))
    yield paragraph(say(LEAVES_THE_HOUSE), FAINT)


def api_rows(api: ApiOption, say: Say) -> Iterator[FigureRow]:
    """Every figure of an API: its bill, its prices, how good it is."""
    offers = T(
        "cheapest of {n} offers, up to their median; prices of {date}", n=str(api.num_offers), date=api.as_of
    )
    a_month = T("{currency} a month", currency=say.money_word)
    yield figure_row(T("cost"), api.monthly_usd, say, unit=a_month, note=offers, show=say.amount)
    enough = T("{probability} likely to be good enough", probability=percent(api.pass_probability))
    yield figure_row(T("quality"), api.quality, say, unit=T("of 100"), note=enough)
    per_mtok = say(T("{currency}/Mtok", currency=say.money_word))
    for name, usd, note in (
        (T("input tokens"), api.input_usd_per_mtok, _cached(api, say)),
        (T("output tokens"), api.output_usd_per_mtok, _hours(api)),
    ):
        yield FigureRow(name=say(name), likely=significant(say.exchanged(usd)), unit=per_mtok, note=say(note))


def _cached(api: ApiOption, say: Say) -> Text:
    if math.isfinite(api.cached_usd_per_mtok) and api.cached_usd_per_mtok < api.input_usd_per_mtok:
        return T("{price} where it is cached", price=significant(say.exchanged(api.cached_usd_per_mtok)))
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
