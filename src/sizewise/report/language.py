"""The language of the output: English as written in the code, or a compiled message catalog."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sizewise.domain.text import Money, T, Value, rendered
from sizewise.report.figures import money
from sizewise.units import format_money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Translate: TypeAlias = Callable[[str], str]
"""Template to template."""
USD, CNY = "USD", "CNY"
CURRENCIES = (USD, CNY)

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
        return money(self.exchanged(usd))

    def exchanged(self, usd: float) -> float:
        """USD in the currency."""
        return usd * self._per_usd

    def _written(self, value: Money) -> str:
        return format_money(value.usd, self.currency, self._per_usd)


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
