"""The six questions of the guide, and the question to `recommend` that their answers make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sizewise.advisor.asking import ask
from sizewise.advisor.question import Question
from sizewise.catalog import load_catalog
from sizewise.domain.guide import UNSAID, Choice, Field, GuideQuestion
from sizewise.domain.text import T, Text
from sizewise.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DO_NOT_KNOW = Choice(value=UNSAID, label=T("I don't know"))
SPEEDS = {"fast": 1 / 30, "good": 1 / 15, "usable": 1 / 7}
"""Words for a writing speed. [s per token] Source: reading takes about 5 tokens a second; verdict words of decision
guides: excellent from 30 tokens/s, good from 15, usable from 7."""
PATHS_OF = {"inside": ("owned", "buy"), "rent": ("owned", "rent"), "api": ("any",)}
"""Where the model may run, and the ways to pay that this leaves."""


def guide_questions() -> tuple[GuideQuestion, ...]:
    """The questions in the order in which they are asked."""
    return (_task(), _quality(), _people(), _hardware(), _money(), _speed())


def guided(answers: Mapping[str, str]) -> Question:
    """The question that the answers make; what is not said is left to the defaults.

    Raises: UnknownName for an answer that no choice has, or a field that no question asks.
    """
    fields = {field.name: field for question in guide_questions() for field in question.fields}
    words: dict[str, Any] = {}
    for name, given in answers.items():
        if name not in fields:
            raise UnknownName("option", name, fields, f"allowed: {', '.join(fields)}")
        text = given.strip()
        if text == UNSAID:
            continue
        allowed = [choice.value for choice in fields[name].choices]
        if allowed and text not in allowed:
            raise UnknownName(name, given, allowed, f"allowed: {', '.join(filter(None, allowed))}")
        words |= WORDS[name](text)
    return Question(**words)


def check_answer(name: str, given: str) -> None:
    """Can this answer be used, whatever else is said?

    Raises: SizewiseError with what is allowed.
    """
    ask(load_catalog(), guided({name: given}))


WORDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "task": lambda text: {"task": text},
    "language": lambda text: {"language": (text,)},
    "complexity": lambda text: {"complexity": text},
    "as_good_as": lambda text: {"as_good_as": text},
    "users": lambda text: {"users": text},
    "device": lambda text: {"device": tuple(part.strip() for part in text.split(",") if part.strip())},
    "monthly_budget": lambda text: {"monthly_budget": text},
    "place": lambda text: {"path": PATHS_OF[text]},
    "speed": lambda text: {"max_tpot": f"{SPEEDS[text]:.4f}s"},
    "license": lambda text: {"license": text},
}
"""Words of `recommend` that an answer stands for, by field."""


def _task() -> GuideQuestion:
    tasks = tuple(Choice(value=task.name, label=Text(task.title)) for task in load_catalog().tasks.values())
    languages = (
        Choice(value=UNSAID, label=T("any")),
        Choice(value="zh", label=T("Chinese")),
        Choice(value="en", label=T("English")),
        Choice(value="ja", label=T("Japanese")),
        Choice(value="de", label=T("German")),
        Choice(value="fr", label=T("French")),
        Choice(value="es", label=T("Spanish")),
    )
    return GuideQuestion(
        title=T("What should it do?"),
        why=T("A model that is good at one task can be weak at another; so quality is judged for the task."),
        default=T("chat, in any language"),
        fields=(
            Field(name="task", label=T("task"), choices=(DO_NOT_KNOW, *tasks)),
            Field(name="language", label=T("language"), choices=languages),
        ),
    )


def _quality() -> GuideQuestion:
    levels = (
        DO_NOT_KNOW,
        Choice(value="simple", label=T("simple: short texts, one right answer")),
        Choice(value="medium", label=T("medium: conversations, longer texts")),
        Choice(value="complex", label=T("complex: several steps of thought, code, mathematics")),
        Choice(value="research", label=T("research: the hardest there is")),
    )
    return GuideQuestion(
        title=T("How good is good enough?"),
        why=T(
            "The smallest model that is good enough is the cheapest; a bar too high costs money every month."
        ),
        default=T("as good as the best small models (7-9B) of today"),
        fields=(
            Field(name="complexity", label=T("how hard the task is"), choices=levels),
            Field(name="as_good_as", label=T("or: as good as this model"), example="Qwen2.5-72B-Instruct"),
        ),
    )


def _people() -> GuideQuestion:
    return GuideQuestion(
        title=T("How many people use it at the same time?"),
        why=T("Every conversation takes memory, and all of them share the speed."),
        default=T("one person"),
        fields=(Field(name="users", label=T("people"), example="20"),),
    )


def _hardware() -> GuideQuestion:
    return GuideQuestion(
        title=T("Which hardware do you have?"),
        why=T("Hardware that is already there costs only its electricity."),
        default=T("this computer, and everything that can be rented or bought"),
        fields=(Field(name="device", label=T("card or computer"), example="RTX 4090"),),
    )


def _money() -> GuideQuestion:
    places = (
        Choice(value=UNSAID, label=T("any machine: owned, rented or bought")),
        Choice(value="inside", label=T("our own rooms only: data must not leave")),
        Choice(value="rent", label=T("our own or rented machines")),
        Choice(value="api", label=T("anywhere, an API too: data may go to its provider")),
    )
    return GuideQuestion(
        title=T("What may it cost, and where may it run?"),
        why=T(
            "A budget rules options out; where data may go decides between own machines, rented ones and an API."
        ),
        default=T("no limit, on any machine; no API, because data would leave"),
        fields=(
            Field(name="monthly_budget", label=T("at most a month"), example="800 USD"),
            Field(name="place", label=T("where it may run"), choices=places),
        ),
    )


def _speed() -> GuideQuestion:
    speeds = (
        DO_NOT_KNOW,
        Choice(value="fast", label=T("fast: 30 tokens a second and more")),
        Choice(value="good", label=T("good: faster than anybody reads")),
        Choice(value="usable", label=T("usable: about as fast as reading")),
    )
    licences = (
        Choice(value=UNSAID, label=T("any")),
        Choice(value="commercial", label=T("commercial use must be allowed")),
        Choice(value="open", label=T("no conditions at all")),
    )
    return GuideQuestion(
        title=T("How fast must it write, and under which licence?"),
        why=T("Speed decides between cards; some models may not be used commercially."),
        default=T("the usual speed for the task, any licence"),
        fields=(
            Field(name="speed", label=T("writing speed"), choices=speeds),
            Field(name="license", label=T("licence"), choices=licences),
        ),
    )
