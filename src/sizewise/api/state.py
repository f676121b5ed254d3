"""The state of the page: all of it is in the address, so that every state has a link of its own.

Language and currency are remembered in a cookie as well, for addresses that do not say them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sizewise import advisor
from sizewise.advisor import Question
from sizewise.api.language import PARAMETER as LANGUAGE
from sizewise.api.language import request_language
from sizewise.report.language import CNY, CURRENCIES, LANGUAGES, USD, speaker, translator

if TYPE_CHECKING:
    from fastapi import Request, Response

    from sizewise.report.language import Say

CURRENCY, PICK, WAY, NOW = "currency", "pick", "way", "now"
"""Parameters that are not part of a question: how money is shown, what is in the tray, which form asked, and whether
the page waits for its answer (for browsers without a script)."""
APART = frozenset({LANGUAGE, CURRENCY, PICK, WAY, NOW})
MOST_PICKS = 8
MOST_PICK_LENGTH = 200
LISTED = frozenset({"language", "model", "quantization", "engine", "device", "path"})
"""Words of a question that may be several, separated by commas in a form."""
WORDS = (
    "task", "language", "users", "device", "monthly_budget", "path", "as_good_as", "complexity", "min_quality",
    "license", "context", "input_tokens", "output_tokens", "think_time", "max_ttft", "max_tpot", "hours",
    "upfront_budget", "model", "quantization", "engine", "kv_type",
)  # fmt: skip
"""Fields of the expert form."""
CARD_TTFT, CARD_TPOT = "10s", "190ms"
"""What "runs" means on the page of a card: the first word before attention wanders (Nielsen, Usability Engineering,
1993: 10 s), and then as fast as people read (5.2 tokens/s, see `report.text_option`). Assumed."""
COOKIE_AGE_S = 365 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class State:
    """What the address of a page says."""

    path: str
    way: str
    """guide, expert or card: which form asked."""
    given: dict[str, str]
    """Words of the question that were typed."""
    picks: tuple[str, ...]
    """Options in the tray: MODEL@QUANTIZATION on HARDWARE."""
    language: str
    currency: str

    def question(self) -> Question:
        """The question that was asked.

        Raises: SizewiseError for words that cannot be used.
        """
        if self.way == "guide":
            return advisor.guided(self.given)
        if self.way == "card":
            task = self.given.get("task") or "chat"
            return Question(
                device=(self.given.get("device", ""),), task=task, max_ttft=CARD_TTFT, max_tpot=CARD_TPOT
            )
        return Question(**{name: _word(name, self.given[name]) for name in WORDS if self.given.get(name)})

    def say(self) -> Say:
        """Its language and currency."""
        return speaker(translator(self.language), self.currency, advisor.exchange_rate().value.likely)

    def without(self, pick: str) -> tuple[str, ...]:
        """The tray without one option."""
        return tuple(other for other in self.picks if other != pick)

    def link(self, path: str) -> str:
        """Another way in, with the same tray."""
        return f"{path}?{urlencode({PICK: self.picks}, doseq=True)}" if self.picks else path

    def address(self, path: str = "", **changed: Any) -> str:  # noqa: ANN401 - texts, or lists of them
        """The same state, with another path or other words; None leaves one out."""
        words: dict[str, Any] = {**self.given, PICK: self.picks, **changed}
        kept = {name: value for name, value in words.items() if value}
        return f"{path or self.path}?{urlencode(kept, doseq=True)}"


def _word(name: str, text: str) -> Any:  # noqa: ANN401 - a word of the question
    if name not in LISTED:
        return text
    return tuple(part.strip() for part in text.split(",") if part.strip())


def state_of(request: Request, way: str = "") -> State:
    """The state in an address; empty fields are left out."""
    words = request.query_params
    given = {name: value.strip() for name, value in words.items() if value.strip() and name not in APART}
    picks = dict.fromkeys(pick.strip()[:MOST_PICK_LENGTH] for pick in words.getlist(PICK) if pick.strip())
    return State(
        path=request.url.path, way=way or words.get(WAY, "expert"), given=given, picks=tuple(picks)[:MOST_PICKS],
        language=request_language(request), currency=request_currency(request),
    )  # fmt: skip


def request_currency(request: Request) -> str:
    """USD or CNY: asked for in the address, or remembered, or that of the language."""
    for text in (request.query_params.get(CURRENCY), request.cookies.get(CURRENCY)):
        if text in CURRENCIES:
            return str(text)
    return CNY if request_language(request) == "zh" else USD


def remember(request: Request, response: Response) -> None:
    """Keep the language and the currency that an address chose."""
    for name, allowed in ((LANGUAGE, LANGUAGES), (CURRENCY, CURRENCIES)):
        chosen = request.query_params.get(name)
        if chosen in allowed:
            response.set_cookie(name, str(chosen), max_age=COOKIE_AGE_S, httponly=True, samesite="strict")
