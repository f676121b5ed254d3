"""The language of a run, known before its grammar is read, and the currency in which it shows money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.errors import UnknownName
from sizewise.report.language import CURRENCIES, LANGUAGES, USD, Say, speaker, system_language, translator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import click

LANGUAGE_OPTION, CURRENCY_OPTION = "--lang", "--currency"


def chosen_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language of everything that is said, errors of the grammar included: read before the grammar is.

    Raises: UnknownName for a language without a catalog.
    """
    given = ""
    for position, argument in enumerate(arguments):
        if argument == LANGUAGE_OPTION and position + 1 < len(arguments):
            given = arguments[position + 1]
        elif argument.startswith(f"{LANGUAGE_OPTION}="):
            given = argument.partition("=")[2]
    if not given:
        return system_language(environment)
    if given not in LANGUAGES:
        raise UnknownName(LANGUAGE_OPTION, given, LANGUAGES, f"allowed: {', '.join(LANGUAGES)}")
    return given


def say_of(context: click.Context) -> Say:
    """The sentences of this run's language, kept at the root of the context, with money in the currency asked for."""
    say = speaker(translator(context.find_root().obj))
    if context.meta.get(CURRENCY_OPTION, USD) == USD:
        return say
    from sizewise.advisor import exchange_rate

    return say.in_money(context.meta[CURRENCY_OPTION], exchange_rate().value.likely)


def keep_currency(context: click.Context, _parameter: click.Parameter, given: str | None) -> None:
    """Keep the currency that was asked for.

    Raises: UnknownName for one that is not known.
    """
    if given is None:
        return
    if given.upper() not in CURRENCIES:
        raise UnknownName(CURRENCY_OPTION, given, CURRENCIES, f"allowed: {', '.join(CURRENCIES)}")
    context.meta[CURRENCY_OPTION] = given.upper()
