"""The only conversions: GiB and GB, tokens, money, durations; parsing what people type, printing for people.

Inside sizewise a quantity is always in bytes, seconds, tokens, USD, watts. GiB = 2^30 bytes, GB = 10^9 bytes.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from sizewise.errors import InvalidQuantity

if TYPE_CHECKING:
    from collections.abc import Sequence

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40
KB, MB, GB, TB = 10**3, 10**6, 10**9, 10**12
HOURS_PER_MONTH = 8760 / 12
"""Mean length of a month. [hours]"""
SECONDS_PER_HOUR = 3600.0
SECONDS_PER_MONTH = HOURS_PER_MONTH * SECONDS_PER_HOUR
MILLION = 1e6
LARGEST_COUNT = 10**12
"""No count or amount that a person means is larger."""

_BYTE_UNITS = {
    "b": 1, "kib": KIB, "mib": MIB, "gib": GIB, "tib": TIB, "kb": KB, "mb": MB, "gb": GB, "tb": TB,
}  # fmt: skip
_COUNT_SUFFIXES = {"": 1, "k": 1e3, "m": 1e6, "b": 1e9, "万": 1e4, "亿": 1e8}
_TOKEN_SUFFIXES = {"": 1, "k": 1024, "m": 1024 * 1024}
_DURATION_UNITS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
_NUMBER = re.compile(r"^([+-]?(?:\d[\d,_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(.*)$", re.IGNORECASE)


def _split(text: str, what: str, example: str) -> tuple[float, str]:
    match = _NUMBER.match(text.strip()[:64])
    if not match:
        raise InvalidQuantity("{what}: '{given}' is not a number; write it like {example}",
                              what=what, given=text, example=example)  # fmt: skip
    value = float(match.group(1).replace(",", "").replace("_", ""))
    return value, match.group(2).strip()


def _positive(value: float, text: str, what: str, largest: float = LARGEST_COUNT) -> float:
    if not (math.isfinite(value) and 0 < value <= largest):
        raise InvalidQuantity("{what}: '{given}' must be above 0 and at most {largest}",
                              what=what, given=text, largest=f"{largest:g}")  # fmt: skip
    return value


def parse_bytes(text: str, what: str = "size", largest: float = 1e18) -> float:
    """Memory with its unit, for example '24GiB' (2^30) or '24 GB' (10^9). [bytes]

    Raises: InvalidQuantity for a missing or unknown unit, or a value that is not above zero.

    >>> parse_bytes("24GiB")
    25769803776.0
    """
    value, unit = _split(text, what, "24GiB")
    if unit.lower() not in _BYTE_UNITS:
        raise InvalidQuantity(
            "{what}: '{given}' needs a unit; write {number}GiB (2^30 bytes) or {number}GB (10^9 bytes)",
            what=what, given=text, number=f"{value:g}",
        )  # fmt: skip
    return _positive(value * _BYTE_UNITS[unit.lower()], text, what, largest)


def parse_count(text: str, what: str = "count", largest: float = LARGEST_COUNT) -> float:
    """A count such as '20', '2k', '1.5M' (decimal: k = 1,000). Above zero."""
    value, unit = _split(text, what, "20 or 1.5M")
    if unit.lower() not in _COUNT_SUFFIXES:
        raise InvalidQuantity("{what}: '{given}' has an unknown unit '{unit}'; write a plain number such as 20 or 1.5M",
                              what=what, given=text, unit=unit)  # fmt: skip
    return _positive(value * _COUNT_SUFFIXES[unit.lower()], text, what, largest)


def parse_number(text: str, what: str = "number") -> float:
    """A plain finite number without a unit; zero and negative ones too."""
    value, unit = _split(text, what, "65")
    if unit or not math.isfinite(value):
        raise InvalidQuantity(
            "{what}: '{given}' is not a plain number; write it like 65", what=what, given=text
        )
    return value


def parse_share(text: str, what: str = "share") -> float:
    """'0.2' or '20%', none and all included. [ratio]"""
    plain = text.strip()
    is_percent = plain.endswith("%")
    value = parse_number(plain.rstrip("% "), what) / (100.0 if is_percent else 1.0)
    if not 0 <= value <= 1:
        raise InvalidQuantity(
            "{what}: '{given}' must lie between 0 and 1, or 0% and 100%", what=what, given=text
        )
    return value


def parse_whole(text: str, what: str = "count", largest: float = LARGEST_COUNT) -> int:
    """A whole number of at least one."""
    value = parse_count(text, what, largest)
    if value != int(value):
        raise InvalidQuantity("{what}: '{given}' must be a whole number", what=what, given=text)
    return int(value)


def parse_tokens(text: str, what: str = "context", largest: float = 1e8) -> int:
    """Tokens such as '8192' or '8K' (binary: K = 1,024, as context sizes are named)."""
    value, unit = _split(text, what, "8192 or 8K")
    if unit.lower() not in _TOKEN_SUFFIXES:
        raise InvalidQuantity("{what}: '{given}' has an unknown unit '{unit}'; write tokens such as 8192 or 8K",
                              what=what, given=text, unit=unit)  # fmt: skip
    tokens = _positive(value * _TOKEN_SUFFIXES[unit.lower()], text, what, largest)
    if tokens < 1 or tokens != int(tokens):
        raise InvalidQuantity("{what}: '{given}' must be a whole number of tokens", what=what, given=text)
    return int(tokens)


def parse_seconds(text: str, what: str = "time", largest: float = 1e7) -> float:
    """A duration such as '2s', '500ms', '1min'; a plain number means seconds. [seconds]"""
    value, unit = _split(text, what, "2s or 500ms")
    if unit.lower() not in {"", *_DURATION_UNITS}:
        raise InvalidQuantity("{what}: '{given}' has an unknown unit '{unit}'; write 2s, 500ms or 1min",
                              what=what, given=text, unit=unit)  # fmt: skip
    return _positive(value * _DURATION_UNITS.get(unit.lower(), 1.0), text, what, largest)


def parse_pause(text: str, what: str = "pause", largest: float = 1e7) -> float:
    """A duration that may be nothing: '0', '30s'. [seconds]"""
    if text.strip().lower() in {"0", "0s"}:
        return 0.0
    return parse_seconds(text, what, largest)


def parse_money(text: str, what: str = "amount") -> tuple[float, str]:
    """An amount of money and its currency: '800', '$800', '800 USD', '¥5000', '5000 CNY', '5000元'."""
    stripped = text.strip()
    currency = "USD"
    for mark, code in (("$", "USD"), ("¥", "CNY"), ("￥", "CNY")):
        if stripped.startswith(mark):
            stripped, currency = stripped[len(mark) :], code
    value, unit = _split(stripped, what, "800 or 5000CNY")
    known = {"": currency, "usd": "USD", "cny": "CNY", "rmb": "CNY", "元": "CNY", "美元": "USD"}
    if unit.lower() not in known:
        raise InvalidQuantity("{what}: '{given}' has an unknown currency '{unit}'; write USD or CNY",
                              what=what, given=text, unit=unit)  # fmt: skip
    return _positive(value, text, what), known[unit.lower()]


CENTS_BELOW = 10.0
"""Amounts below this are shown with cents. [USD or CNY]"""


COUNT_STEPS = ((1e12, "{n}T"), (1e9, "{n}B"), (1e6, "{n}M"), (1e3, "{n}k"))
"""From which count on a large number is written in which way, in English."""
PLAIN_BELOW = 1000.0
"""Up to here a number needs no grouping."""


def format_count(value: float, steps: Sequence[tuple[float, str]] = COUNT_STEPS) -> str:
    """A large number for people: three digits and the word of its size.

    Arguments: `steps` sizes and patterns, the largest first; English ones where none are given.

    >>> format_count(184.2e6), format_count(40.0), format_count(0.5), format_count(999_950.0)
    ('184M', '40', '0.5', '1M')
    >>> format_count(184.2e6, ((1e8, "{n} 亿"), (1e4, "{n} 万")))
    '1.84 亿'
    """
    if not math.isfinite(value):
        return str(value)
    rounded = float(f"{value:.3g}")
    size, pattern = next(((size, word) for size, word in steps if abs(rounded) >= size), (1.0, "{n}"))
    scaled = rounded / size
    return pattern.format(n=f"{scaled:.3g}" if abs(scaled) < PLAIN_BELOW else f"{scaled:,.0f}")


def format_amount(amount: float) -> str:
    """An amount of money without its currency: cents only for small amounts.

    >>> format_amount(1240.0), format_amount(3.2), format_amount(0.0)
    ('1,240', '3.20', '0')
    """
    if amount == 0:
        return "0"
    return f"{amount:,.0f}" if abs(amount) >= CENTS_BELOW else f"{amount:,.2f}"


def format_bytes(value: float) -> str:
    """Bytes for people, binary units, three significant digits: '5.87 GiB'."""
    for unit, size in (("TiB", TIB), ("GiB", GIB), ("MiB", MIB), ("KiB", KIB)):
        if abs(value) >= size:
            return f"{significant(value / size)} {unit}"
    return f"{value:.0f} B"


def significant(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, thousands grouped, no exponent."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    rounded = round(value, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{rounded:,.{decimals}f}"


def format_tokens(value: float) -> str:
    """Tokens for people: '8K' for 8,192, otherwise grouped digits."""
    whole = int(value)
    return f"{whole // KIB}K" if whole >= KIB and whole % KIB == 0 else f"{whole:,}"


def format_seconds(value: float) -> str:
    """A duration for people: '42 ms', '1.8 s', '12 min'."""
    if value < 1:
        return f"{significant(value * 1e3, 2)} ms"
    if value < 120:  # noqa: PLR2004 - two minutes: people count seconds below
        return f"{significant(value, 2)} s"
    return f"{significant(value / 60, 2)} min"
