"""`sizewise guide`: six questions in plain words, then the answer of `recommend`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page, write
from sizewise.cli.verbs import currency_option, option, verb
from sizewise.domain.text import T
from sizewise.errors import BadInput, SizewiseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.advisor import Question
    from sizewise.domain.guide import Field, GuideQuestion
    from sizewise.report.language import Say

NO_OPTION = 1
BACK = "<"


@verb("guide", help="Six questions in plain words, each skippable; then the answer of recommend.")
@option("--answers", metavar="FILE", help="A JSON object with the answers, instead of asking.")
@option("--save", metavar="FILE", help="Keep the decision, for sizewise recheck and sizewise report.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@currency_option
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Ask, show what was understood, answer."""
    from sizewise import advisor
    from sizewise.report.answer_json import plain
    from sizewise.report.text import decision_blocks

    say = say_of(ctx)
    question = _from_file(given["answers"]) if given["answers"] is not None else _asked(say)
    with busy(say, T("weighing every model on every machine")):
        decision = advisor.recommend(question)
    if given["save"] is not None:
        advisor.save_decision(decision, given["save"])
    if given["as_json"]:
        show_json(plain(decision, say), out=given["out"], say=say)
    else:
        page = decision_blocks(decision, say, shows_list=False, explains=True)
        show_page(page, out=given["out"], say=say)
        write(say(T("The same without questions: {command}", command=question.command())) + "\n")
    return 0 if decision.answer else NO_OPTION


def _from_file(path: str) -> Question:
    from sizewise import advisor
    from sizewise.sources.json_object import JsonObject

    given = JsonObject.read(Path(path))
    return advisor.guided({name: given.text(name) for name in given.names})


def _asked(say: Say) -> Question:
    """Ask until every question has an answer that can be used, and the person agrees with what was understood."""
    if not sys.stdin.isatty():
        raise BadInput(
            "guide asks questions and needs a terminal; give --answers FILE, or use sizewise recommend"
        )
    from sizewise import advisor

    write(say(T("Enter skips a question, {back} goes back to the one before.", back=BACK)) + "\n")
    questions = advisor.guide_questions()
    answers: dict[str, str] = {}
    position = 0
    while True:
        while position < len(questions):
            position = _answered(questions, position, answers, say)
        _show(questions, answers, say)
        again = _read(say(T("Enter shows the answer; a number changes that question")))
        if not again:
            return advisor.guided(answers)
        position = int(again) - 1 if again.isdigit() and 1 <= int(again) <= len(questions) else len(questions)
        if position < len(questions):
            _answered(questions, position, answers, say)
            position = len(questions)


def _answered(questions: tuple[GuideQuestion, ...], position: int, answers: dict[str, str], say: Say) -> int:
    """Ask one question; the position of the next."""
    question = questions[position]
    write(f"\n{position + 1}/{len(questions)}  {say(question.title)}\n   {say(question.why)}\n")
    write(f"   {say(question.skipped)}\n")
    for field in question.fields:
        while True:
            text = _read(_prompt(field, say))
            if text == BACK:
                return max(0, position - 1)
            picked = _picked(field, text)
            problem = _problem(field, picked, say)
            if problem is None:
                answers[field.name] = picked
                break
            write(f"   {problem}\n")
    return position + 1


def _prompt(field: Field, say: Say) -> str:
    if not field.choices:
        return f"   {say(field.label)} ({say(T('such as {example}', example=field.example))})"
    for number, choice in enumerate(field.choices):
        write(f"   {number:>3}  {say(choice.label)}\n")
    return f"   {say(field.label)} (0-{len(field.choices) - 1})"


def _picked(field: Field, text: str) -> str:
    """The value behind a number; what is written freely stays as it is."""
    if field.choices and text.isdigit() and int(text) < len(field.choices):
        return field.choices[int(text)].value
    return text


def _problem(field: Field, picked: str, say: Say) -> str | None:
    """What is wrong with an answer, said at once."""
    from sizewise import advisor
    from sizewise.report.error_sentence import error_sentence

    try:
        advisor.check_answer(field.name, picked)
    except SizewiseError as error:
        return error_sentence(error, say)
    return None


def _read(prompt: str) -> str:
    return str(click.prompt(prompt, default="", show_default=False, prompt_suffix=": ")).strip()


def _show(questions: tuple[GuideQuestion, ...], answers: Mapping[str, str], say: Say) -> None:
    """What was understood, for correction."""
    write("\n" + say(T("What I understood")) + "\n")
    for number, question in enumerate(questions, 1):
        said = [
            _label(field, answers[field.name], say) for field in question.fields if answers.get(field.name)
        ]
        write(f"   {number}  {say(question.title)} {', '.join(said) or say(question.default)}\n")


def _label(field: Field, value: str, say: Say) -> str:
    return next((say(choice.label) for choice in field.choices if choice.value == value), value)
