"""The language of the output: English as written in the code, or a compiled message catalog."""

from __future__ import annotations

import gettext
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sizewise.domain.text import Count, Money, T, Value, rendered
from sizewise.report.figures import UNKNOWN_MARK
from sizewise.units import format_amount, format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Translate: TypeAlias = Callable[[str], str]
"""Template to template."""
USD, CNY = "USD", "CNY"
CURRENCIES = (USD, CNY)
CURRENCY_WORDS = {USD: T("USD"), CNY: T("CNY")}
COUNT_STEPS = T("1e12={n}T 1e9={n}B 1e6={n}M 1e3={n}k")
"""From which size on a language writes a large number with which word, the largest first."""

DOMAIN = "sizewise"
FOLDER = Path(__file__).parent / "messages"
"""Where the compiled catalogs are."""
ENGLISH = "en"
CATALOGS = {"zh": "zh_CN"}
"""Languages other than English, by the name that `--lang` takes."""
LANGUAGES = (ENGLISH, *CATALOGS)
LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""In the order of their rank; the first that is set decides."""


@cache
def translator(language: str) -> Translate:
    """The translation of templates into a language of LANGUAGES; what is missing stays English."""
    if language == ENGLISH:
        return str
    catalog = gettext.translation(DOMAIN, FOLDER, [CATALOGS[language]])
    return lambda template: catalog.gettext(template) if template else ""


class Say:
    """What shows an answer: its sentences in the chosen language, its money in the chosen currency."""

    def __init__(self, translate: Translate, currency: str = USD, cny_per_usd: float = 1.0) -> None:
        self._translate, self.currency = translate, currency
        self._per_usd = cny_per_usd if currency == CNY else 1.0

    def __call__(self, value: Value) -> str:
        """A sentence of the code; plain text is looked up as it is."""
        if isinstance(value, str):
            return self._translate(value)
        return rendered(value, self._translate, self._written)

    def amount(self, usd: float) -> str:
        """An amount in the currency, without its name."""
        return format_amount(self.exchanged(usd)) if math.isfinite(usd) else UNKNOWN_MARK

    def exchanged(self, usd: float) -> float:
        """USD in the currency."""
        return usd * self._per_usd

    def count(self, value: float) -> str:
        """A large number with three digits, as the language shortens it: '184M', '1.84 亿'."""
        return format_count(value, _count_steps(self._translate(COUNT_STEPS.template)))

    @property
    def money_word(self) -> str:
        """The currency in the language."""
        return self(CURRENCY_WORDS[self.currency])

    def in_money(self, currency: str, cny_per_usd: float) -> Say:
        """The same language with another currency."""
        return Say(self._translate, currency, cny_per_usd)

    def _written(self, value: Money | Count) -> str:
        if isinstance(value, Count):
            return self.count(value.count)
        amount = self.amount(value.usd)
        return self(
            T("{amount} CNY", amount=amount) if self.currency == CNY else T("{amount} USD", amount=amount)
        )


@cache
def _count_steps(written: str) -> tuple[tuple[float, str], ...]:
    """Sizes and patterns of COUNT_STEPS in one language."""
    pairs = (step.split("=") for step in written.split(" "))
    return tuple((float(size), pattern) for size, pattern in pairs)


def speaker(translate: Translate, currency: str = USD, cny_per_usd: float = 1.0) -> Say:
    """Sentences in the language of `translate`, money in USD or CNY."""
    return Say(translate, currency, cny_per_usd)


def listed(parts: Iterable[str], say: Say) -> str:
    """What is not empty, one after the other."""
    return say(T(", ")).join(part for part in parts if part)


def system_language(environment: Mapping[str, str]) -> str:
    """The language that the locale variables ask for; English for every one that has no catalog."""
    locale = next((environment[name] for name in LOCALE_VARIABLES if environment.get(name)), "")
    language = locale.replace("-", "_").split("_", 1)[0].split(".", 1)[0].lower()
    return language if language in CATALOGS else ENGLISH
