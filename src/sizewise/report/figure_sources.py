"""Where each figure of an option comes from: how it is computed, on what it rests, with source and date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.catalog import load_catalog
from sizewise.catalog.prices import cost_constant
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.errors import UnknownName
from sizewise.report.words import BASES, EVIDENCE
from sizewise.units import GIB, format_count, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.catalog.describe import Fact
    from sizewise.domain.decision import Deployment, Option
    from sizewise.domain.estimate import Unknown
    from sizewise.domain.text import Text, Value
    from sizewise.report.language import Say

HOW = {
    "memory": T("weights by tensor, KV cache by layer, work space and engine by fitted rules (methodology: memory)"),
    "speed": T("bytes and operations of a step over the rates of the device, times fitted shares (methodology: speed)"),
    "load": T("the steady state of requests that share the steps of the engine (methodology: load)"),
    "quality": T("published scores of this and related models, less the fitted loss of the quantization "
                 "(methodology: quality)"),
    "cost": T("price, interest, electricity, maintenance and space over the hours of use (methodology: cost)"),
}  # fmt: skip
"""How each kind of figure is computed."""
PRICE_FACTS = {"rent": ("rent_usd_per_hour",), "buy": ("buy_usd", "tdp_watts"), "owned": ("tdp_watts",)}
PRICE_CONSTANTS = {
    "rent": (), "owned": ("tariff_usd_per_kwh",), "buy": ("tariff_usd_per_kwh", "life_months", "capital_rate_per_year"),
}  # fmt: skip
"""What a way to pay rests on: fields of the device, and constants of money."""


def source_rows(option: Option, say: Say) -> Iterator[tuple[str, ...]]:
    """One row for each figure and each fact behind it: figure, how or what, basis or value, source, date."""
    deployment = option.deployment
    device, model = _facts(deployment.device), _facts(deployment.model)
    rates = ("bandwidth_bytes_per_s", "fp16_flop_per_s")
    figures: tuple[tuple[Text, str, Estimate | Unknown, tuple[tuple[Value, Fact | None], ...]], ...] = (
        (T("memory"), "memory", option.memory_bytes, _named(model, ("num_params", "num_layers"))),
        (T("speed alone"), "speed", option.decode_tokens_per_s, _named(device, rates)),
        (T("speed under load"), "load", option.loaded_tokens_per_s, ()),
        (T("first word after"), "load", option.ttft_s, ()),
        (T("all together"), "load", option.throughput_tokens_per_s, ()),
        (T("quality"), "quality", option.quality, ()),
        (T("cost"), "cost", option.monthly_usd, _named(device, PRICE_FACTS.get(deployment.path, ()))),
    )
    for name, how, figure, facts in figures:
        yield say(name), say(HOW[how]), _basis(figure, option, how, say), "", ""
        for what, fact in facts:
            if fact is not None:
                yield "", say(what), _value(fact, say), fact.source, fact.as_of
    yield from _constants(deployment, say)


def _constants(deployment: Deployment, say: Say) -> Iterator[tuple[str, ...]]:
    for name in PRICE_CONSTANTS.get(deployment.path, ()):
        constant = cost_constant(name)
        value = _with_unit(significant(constant.value.likely), constant.unit, say)
        yield "", say(FACTS[name]), value, constant.source, constant.as_of


def _basis(figure: Estimate | Unknown, option: Option, how: str, say: Say) -> str:
    if not isinstance(figure, Estimate):
        return say(T("unknown: {reason}", reason=say(figure.reason)))
    if how == "quality":
        return say(EVIDENCE.get(option.quality_evidence, option.quality_evidence))
    return say(BASES[figure.basis])


def _facts(name: str) -> dict[str, Fact]:
    """Fields of an entry; none for what is not in the catalog but in the user's own files."""
    try:
        return {fact.field: fact for fact in load_catalog().describe(name)}
    except UnknownName:
        return {}


def _named(facts: dict[str, Fact], names: tuple[str, ...]) -> tuple[tuple[Value, Fact | None], ...]:
    return tuple((FACTS[name], facts.get(name)) for name in names)


def _value(fact: Fact, say: Say) -> str:
    if not isinstance(fact.value, int | float):
        return str(fact.value)
    unit, size = LARGE_UNITS.get(fact.unit, (fact.unit, 1.0))
    value = fact.value / size
    if value >= COUNT_FROM:
        return f"{format_count(value)} {unit}".strip()
    number = f"{value:,.0f}" if float(value).is_integer() else significant(value)
    return _with_unit(number, unit, say)


def _with_unit(number: str, unit: str, say: Say) -> str:
    """A figure with the unit of its fact, money in words of the language."""
    return f"{number} {unit.replace('USD', say(T('USD')))}".strip()


COUNT_FROM = 1e6
"""Larger numbers are shortened: sizes of models are named in B in every language."""
LARGE_UNITS = {"bytes/s": ("GB/s", 1e9), "FLOP/s": ("TFLOP/s", 1e12), "bytes": ("GiB", float(GIB))}
"""Units of facts, as people write them, and their size."""
FACTS: dict[str, Text] = {
    "num_params": T("parameters of the model"),
    "num_layers": T("layers of the model"),
    "bandwidth_bytes_per_s": T("memory bandwidth of the device"),
    "fp16_flop_per_s": T("operations of the device in 16 bits"),
    "rent_usd_per_hour": T("rent of one device"),
    "buy_usd": T("price of one device"),
    "tdp_watts": T("power of one device"),
    "tariff_usd_per_kwh": T("electricity"),
    "life_months": T("life of bought machines"),
    "capital_rate_per_year": T("interest on the money bound, a year"),
}
"""Names of the facts behind the figures."""
