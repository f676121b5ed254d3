"""Answers are computed in threads, a few at a time, each with a limit; the same question is answered once."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from sizewise import advisor
from sizewise.sources.reach import confined

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.advisor import Question
    from sizewise.api.settings import Settings
    from sizewise.domain.decision import Decision

KEPT_DECISIONS = 64
"""For the drawings around an answer and other languages of it; whole answers are kept as they were sent."""
QUANTITIES = tuple(each.name for each in fields(advisor.Question) if "float" in str(each.type))
USUAL_OPTIONS = 6
"""Options of a decision that the page shows; the API gives fewer of the same."""
Answer = TypeVar("Answer")


class Work:
    """The threads of one application."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limiter = CapacityLimiter(settings.max_running)

    def model(self, text: str) -> str:
        """The model that a caller names: of the catalog, or of a place that the operator listed.

        Raises: UnknownName, AmbiguousName.
        """
        reach = self._settings.reach
        return text if reach.folders or reach.hosts else advisor.known_model(text)

    async def run(self, function: Callable[..., Answer], *given: Any, **named: Any) -> Answer:  # noqa: ANN401
        """The answer of a function, computed beside the event loop.

        Raises: TimeoutError when it takes longer than the limit; what the function raises.
        """
        with anyio.fail_after(self._settings.max_answer_s), confined(self._settings.reach):
            return await to_thread.run_sync(
                partial(function, *given, **named), abandon_on_cancel=True, limiter=self._limiter
            )


def recommended(question: Question, top: int, has_flips: bool = True) -> Decision:  # noqa: FBT001, FBT002 - of a thread
    """The decision of a question: facts do not change while the server runs.

    Page and API ask the same in other words: numbers as text or not, more options or fewer. It is found once; what
    would change it is asked for apart by the page.
    """
    decision = _found(in_numbers(question), max(top, USUAL_OPTIONS), has_flips)
    return replace(decision, options=decision.options[:top])


@lru_cache(maxsize=KEPT_DECISIONS)
def _found(question: Question, top: int, has_flips: bool) -> Decision:  # noqa: FBT001 - a key
    return advisor.recommend(question, top=top, has_flips=has_flips)


def in_numbers(question: Question) -> Question:
    """The question with plain numbers that were typed as numbers: "4" is 4.0; "4K" stays as it is."""
    given: dict[str, Any] = {name: getattr(question, name) for name in QUANTITIES}
    typed = {name: text for name, text in given.items() if isinstance(text, str) and text.isdecimal()}
    as_numbers: dict[str, Any] = {name: float(text) for name, text in typed.items()}
    return replace(question, **as_numbers)
