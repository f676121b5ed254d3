"""API offers as two sources list them: the package genai-prices (read offline) and a table of facts."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from api_names import PROVIDERS
from price_tables import FACTS_DATE, Cells, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PRICE_KINDS = {"input": "input_mtok", "cached": "cache_read_mtok", "output": "output_mtok"}
PACKAGE_AS_OF = "2026-11"
"""Month of the package version in use. [year-month]"""
PEAK_WINDOWS = {
    "deepseek": ("01:00-04:00 and 06:00-10:00 UTC, Monday to Friday without Chinese public holidays", "35"),
}
"""Peak hours of a provider, in words, and hours a week: the package knows no days of the week."""


def package_rows() -> Iterator[Cells]:
    """Offers of the package, deprecated ones left out."""
    from genai_prices import data  # noqa: PLC0415 - a development dependency that only this source needs

    source = f"genai-prices {version('genai-prices')} (PyPI, MIT)"
    for provider in data.providers:
        for model in provider.models if provider.id in PROVIDERS else ():
            cells = _package_cells(model, PROVIDERS[provider.id])
            if cells and not model.deprecated:
                words = {"provider": PROVIDERS[provider.id], "model": model.id, "currency": "USD"}
                yield words | cells | {"source": source, "as_of": PACKAGE_AS_OF}


def _package_cells(model: Any, provider: str) -> Cells:  # noqa: ANN401 - types of the package stay out of ours
    base = _current_price(model.prices)
    short = _token_prices(base, "", -1)
    if not {"input_usd_per_mtok", "output_usd_per_mtok"} <= short.keys() or not _is_paid(short):
        return {}
    context = {"context_tokens": str(model.context_window)} if model.context_window else {}
    return (
        short | _long_cells(base) | _batch_cells(model, short) | _peak_cells(model, short, provider) | context
    )


def _current_price(prices: Any) -> Any:  # noqa: ANN401 - same
    """The last price that holds on the day of the facts, outside of daily windows."""
    if not isinstance(prices, list):
        return prices
    today = date.fromisoformat(FACTS_DATE)
    holding = [
        p.prices
        for p in prices
        if not hasattr(p.constraint, "start_time") and _has_begun(p.constraint, today)
    ]
    return holding[-1] if holding else None


def _has_begun(constraint: Any, today: date) -> bool:  # noqa: ANN401 - same
    return constraint is None or constraint.start_date <= today


def _token_prices(price: Any, prefix: str, tier: int) -> Cells:  # noqa: ANN401 - same
    """Prices of one tier: -1 is the base, 0 the first long one."""
    cells = {}
    for kind, attribute in PRICE_KINDS.items():
        value: Any = getattr(price, attribute, None)
        if hasattr(value, "tiers"):
            value = value.base if tier < 0 or not value.tiers else value.tiers[tier].price
        if value is not None:
            cells[f"{prefix}{kind}_usd_per_mtok"] = plain(float(value))
    return cells


def _is_paid(cells: Cells) -> bool:
    """Free tiers are offers of another kind: limited, and not for work."""
    return float(cells["input_usd_per_mtok"]) > 0 and float(cells["output_usd_per_mtok"]) > 0


def _long_cells(price: Any) -> Cells:  # noqa: ANN401 - same
    tiered: list[Any] = [getattr(price, name, None) for name in PRICE_KINDS.values()]
    starts = [value.tiers[0].start for value in tiered if getattr(value, "tiers", None)]
    return {"long_from_tokens": str(min(starts))} | _token_prices(price, "long_", 0) if starts else {}


def _batch_cells(model: Any, short: Cells) -> Cells:  # noqa: ANN401 - same
    for variant in model.price_variants or ():
        batch = _token_prices(variant.prices, "", -1)
        if variant.when == {"processing": "batch"} and "input_usd_per_mtok" in batch:
            return {
                "batch_factor": plain(
                    float(batch["input_usd_per_mtok"]) / float(short["input_usd_per_mtok"]), 3
                )
            }
    return {}


def _peak_cells(model: Any, short: Cells, provider: str) -> Cells:  # noqa: ANN401 - same
    """Peak over off-peak price where the package has daily windows and the provider's days are known."""
    prices = model.prices if isinstance(model.prices, list) else []
    windows = [p.prices for p in prices if hasattr(p.constraint, "start_time")]
    if not windows or provider not in PEAK_WINDOWS:
        return {}
    window, hours = PEAK_WINDOWS[provider]
    ratio = float(windows[-1].input_mtok) / float(short["input_usd_per_mtok"])
    return {"peak_factor": plain(ratio, 3), "peak_window": window, "peak_hours_per_week": hours}


def table_rows(facts: Iterable[Mapping[str, str]]) -> Iterator[Cells]:
    """Offers of the table: paid, not deprecated on the day of the facts."""
    for row in facts:
        if row["provider"] in PROVIDERS and row["mode"] == "chat" and not _is_deprecated(row["note"]):
            cells = {
                "provider": PROVIDERS[row["provider"]], "model": row["model"],
                "input_usd_per_mtok": row["input_usd_per_mtok"], "output_usd_per_mtok": row["output_usd_per_mtok"],
                "cached_usd_per_mtok": row["cached_input_usd_per_mtok"], "context_tokens": row["context_tokens"],
                "currency": row["currency"], "source": row["source"], "as_of": row["as_of"],
            }  # fmt: skip
            if cells["input_usd_per_mtok"] and cells["output_usd_per_mtok"] and _is_paid(cells):
                yield cells


def _is_deprecated(note: str) -> bool:
    return note.startswith("deprecated") and note.removeprefix("deprecated ") <= FACTS_DATE
