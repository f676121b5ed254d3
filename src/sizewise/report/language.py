"""The language of the output: English as written in the code, or a compiled message catalog."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sizewise.domain.text import T, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Translate: TypeAlias = Callable[[str], str]
"""Template to template."""
Say: TypeAlias = Callable[[str | Text], str]
"""What the page and the JSON use: a sentence or a word of the catalog, in the chosen language."""

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


def speaker(translate: Translate) -> Say:
    """Sentences of the code in the language of `translate`; plain text is looked up as it is."""
    return lambda value: value.rendered(translate) if isinstance(value, Text) else translate(value)


def listed(parts: Iterable[str], say: Say) -> str:
    """What is not empty, one after the other."""
    return say(T(", ")).join(part for part in parts if part)


def system_language(environment: Mapping[str, str]) -> str:
    """The language that the locale variables ask for; English for every one that has no catalog."""
    locale = next((environment[name] for name in LOCALE_VARIABLES if environment.get(name)), "")
    language = locale.replace("-", "_").split("_", 1)[0].split(".", 1)[0].lower()
    return language if language in CATALOGS else ENGLISH
