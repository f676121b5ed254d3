"""How sure the choice is, on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.decide.wording import money, percent
from sizewise.domain.text import T
from sizewise.report.page import FAINT, heading, paragraph, point
from sizewise.report.text_option import brief

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.decision import Confidence, Contender
    from sizewise.domain.text import Text
    from sizewise.report.language import Say

WORDS = {
    "clear": T("clear"),
    "likely": T("likely"),
    "coin flip": T("a coin flip"),
}
"""How sure a choice is."""


def confidence_blocks(found: Confidence, say: Say, *, explains: bool) -> Iterator[RenderableType]:
    """The word and the closest rival; explained, who wins how often and why the others lose."""
    if not explains:
        yield heading(say(_short(found)))
    else:
        yield heading(say(T("How sure this is: {word}", word=WORDS[found.word])))
        for item in found.contenders:
            sign = "✓" if item.is_answer else "+" if item.has_least_regret else "·"
            yield point(sign, Line(brief(say(_line(item)))))
    if found.word == "coin flip":
        best = next(item for item in found.contenders if item.has_least_regret)
        yield paragraph(brief(say(_least(best))))
    if explains:
        yield from _notes(found, say)


def _short(found: Confidence) -> Text:
    answer = next(item for item in found.contenders if item.is_answer)
    return T(
        "How sure this is: {word}, best in {share} of {n} sampled worlds",
        word=WORDS[found.word], share=percent(answer.win_ratio), n=f"{found.num_worlds:,}",
    )  # fmt: skip


def _notes(found: Confidence, say: Say) -> Iterator[RenderableType]:
    note = T(
        "{n} sampled worlds, the same for all: speed, quality, load, prices, electricity, hours and how much of the "
        "load comes, within their ranges",
        n=f"{found.num_worlds:,}",
    )
    yield paragraph(say(note), FAINT)
    if found.nobody_ratio > 0:
        text = T(
            "in {share} of the worlds none of them does what is asked", share=percent(found.nobody_ratio)
        )
        yield paragraph(say(text), FAINT)


def _line(item: Contender) -> Text:
    facts = {"option": item.option, "share": percent(item.win_ratio), "regret": money(item.regret_p90_usd)}
    if not str(item.excuse):
        return T(
            "{option}: wins {share} of the worlds; in 1 of 10 it costs {regret} a month too much", **facts
        )
    return T(
        "{option}: wins {share} of the worlds; in 1 of 10 it costs {regret} a month too much; it mostly loses because: "
        "{excuse}",
        excuse=item.excuse, **facts,
    )  # fmt: skip


def _least(item: Contender) -> Text:
    return T("No option wins clearly. The one to regret least: {option}.", option=item.option)
