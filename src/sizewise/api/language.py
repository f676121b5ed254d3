"""The language of a request: asked for in the address, remembered in a cookie, or preferred by the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.report.language import CATALOGS, ENGLISH, LANGUAGES

if TYPE_CHECKING:
    from fastapi import Request

PARAMETER = COOKIE = "lang"


def request_language(request: Request) -> str:
    """En or zh."""
    for given in (request.query_params.get(PARAMETER), request.cookies.get(COOKIE)):
        if given in LANGUAGES:
            return str(given)
    return preferred(request.headers.get("accept-language", ""))


def preferred(header: str) -> str:
    """The first language of an Accept-Language header, by its weights, that has a catalog.

    >>> preferred("fr, zh-CN;q=0.9, en;q=0.8")
    'zh'
    """
    weighed = []
    for position, part in enumerate(header.split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        language = name.strip().split("-")[0].lower()
        if language in {ENGLISH, *CATALOGS}:
            weighed.append((-_number(weight), position, language))
    return min(weighed)[2] if weighed else ENGLISH


def _number(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
