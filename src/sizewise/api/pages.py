"""The page: three ways in, one answer, every state with a link of its own. Rendered here, refreshed by htmx."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sizewise import __version__, advisor
from sizewise.api.state import CURRENCY, NOW, WAY, State, remember, state_of
from sizewise.api.work import USUAL_OPTIONS, recommended
from sizewise.domain.text import T
from sizewise.errors import UnknownName
from sizewise.report.document import Document, block_kind, decision_document, flips_section
from sizewise.report.document_around import cost_section, load_section, quality_section
from sizewise.report.document_compare import compare_document
from sizewise.report.document_fit import fit_document
from sizewise.report.document_runs import runs_document
from sizewise.report.language import CNY, CURRENCIES, CURRENCY_WORDS, LANGUAGES
from sizewise.report.text_option import spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.advisor import Question
    from sizewise.domain.decision import Decision, Option
    from sizewise.report.document import Section

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "web" / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
LISTED_OPTIONS = 12
"""Options of the list of what runs on a card."""
OUR_FAULT = 500
"""From this status on the page of a way may be what fails."""
NOTHING_YET = {"answer": None, "decision": None, "fit": None, "runs": None, "later": "", "problem": ""}
"""What a page shows before anything was asked."""
WAYS = {"guide": "/", "expert": "/expert", "card": "/card"}
"""The ways in, and their addresses."""
LOAD_WORDS = (
    "task", "users", "context", "input_tokens", "output_tokens", "think_time", "max_ttft", "max_tpot", "hours",
    "kv_type",
)  # fmt: skip
"""Words of a question under which options are compared."""
router = APIRouter()


def is_page(request: Request) -> bool:
    """Is it a person who asks, not a program?"""
    return not request.url.path.startswith(("/api/", "/static/", "/healthz", "/metrics"))


@router.get("/")
async def guide(request: Request) -> Response:
    """The six questions, and the answer as soon as something was said."""
    return await _asked(request, state_of(request, "guide"))


@router.get("/expert")
async def expert(request: Request) -> Response:
    """Every word of `recommend`."""
    return await _asked(request, state_of(request, "expert"))


@router.get("/card")
async def card(request: Request) -> Response:
    """What runs on a card: the best model of each size, the smallest that is good enough, and whether one fits."""
    state, named = state_of(request, "card"), {}
    if state.given.get("device"):
        decision = await _decision(request, state)
        named = {
            "answer": _document(state, decision, ""), "decision": decision, "fit": await _fit(request, state),
            "runs": await request.app.state.work.run(_runs, state),
        }  # fmt: skip
    return _rendered(request, _shown(request, state), state, **named)


def _runs(state: State) -> Document:
    curve = advisor.quality_curve(state.question())
    return runs_document(curve, state.given["device"], state.say(), language=state.language)


async def _fit(request: Request, state: State) -> Document | None:
    """The second question of the page of a card: does this model run there?"""
    device, model = state.given.get("device"), state.given.get("model")
    if not (device and model):
        return None
    work = request.app.state.work
    answer = await work.run(
        advisor.fit, work.model(model), device=device, context=state.given.get("context") or None
    )
    return fit_document(answer, state.say(), language=state.language)


@router.get("/around/flips")
async def flips(request: Request) -> Response:
    """What would change the answer of a state: takes as long as the answer, which does not wait for it."""
    state = state_of(request)
    decision = await _decision(request, state, has_flips=True)
    section = flips_section(decision, state.say())
    template = "flips.html" if _is_refresh(request) else "around.html"
    return _rendered(request, template, state, section=section if section.blocks else None)


@router.get("/around/{kind}")
async def around(request: Request, kind: str) -> Response:
    """A drawing around the answer of a state: fetched when the answer is shown, so that the answer does not wait."""
    state = state_of(request)
    if kind not in AROUND:
        raise UnknownName("drawing", kind, AROUND)
    decision = await _decision(request, state)
    section = None
    if decision.answer is not None:
        section = await request.app.state.work.run(AROUND[kind], state, decision.answer)
    template = "section.html" if _is_refresh(request) else "around.html"
    return _rendered(request, template, state, section=section)


def _quality(state: State, answer: Option) -> Section:
    return quality_section(advisor.quality_curve(state.question(), chosen=answer), state.say())


def _cost(state: State, answer: Option) -> Section:
    found = advisor.cost_around(state.question(), answer, state.currency)
    return cost_section(found, state.say())


def _load(state: State, answer: Option) -> Section:
    return load_section(advisor.load_curve(state.question(), answer.deployment), state.say())


AROUND: dict[str, Callable[[State, Option], Section]] = {"quality": _quality, "cost": _cost, "load": _load}
"""What is drawn around an answer."""
AROUND_TITLES = {
    "quality": T("Quality against cost"), "cost": T("Ways to pay, and where they cross"),
    "load": T("Latency under load"),
}  # fmt: skip


@router.get("/compare")
async def compare(request: Request) -> Response:
    """The options of the tray side by side, under the task and load of the question that they come from."""
    state, answer = state_of(request), None
    if state.picks:
        asked = state.question()
        question = replace(advisor.Question(), **{name: getattr(asked, name) for name in LOAD_WORDS})
        found = await request.app.state.work.run(advisor.compare, question, state.picks)
        answer = compare_document(
            found, state.say(), language=state.language, reproduce=_compare_command(question, state.picks)
        )
    return _rendered(request, "compare.html", state, answer=answer)


def _compare_command(question: Question, picks: tuple[str, ...]) -> str:
    words = [("--task", question.task), ("--users", question.users), ("--context", question.context)]
    given = [part for name, value in words if value is not None for part in (name, str(value))]
    return shlex.join(["sizewise", "compare", *picks, *given])


async def _decision(request: Request, state: State, *, has_flips: bool = False) -> Decision:
    top = LISTED_OPTIONS if state.way == "card" else USUAL_OPTIONS
    decision: Decision = await request.app.state.work.run(recommended, state.question(), top, has_flips)
    return decision


async def _asked(request: Request, state: State) -> Response:
    named: dict[str, Any] = {}
    if _comes_later(request, state):
        named = {"later": state.address(**{NOW: "1"})}
    elif state.given:
        decision = await _decision(request, state)
        named = {"answer": _document(state, decision, state.question().command()), "decision": decision}
    return _rendered(request, _shown(request, state), state, **named)


def _shown(request: Request, state: State) -> str:
    """The answer alone where the page asks for it, else the page of the way."""
    return "answer.html" if _is_refresh(request) else f"{state.way}.html"


def _comes_later(request: Request, state: State) -> bool:
    """Is the page shown first, and its answer when it is found? The whole market takes a second or two."""
    is_open = bool(state.given) and not state.given.get("device")
    return is_open and not _is_refresh(request) and NOW not in request.query_params


def _document(state: State, decision: Decision, reproduce: str) -> Document:
    is_open = decision.answer is not None and not decision.flips
    return decision_document(
        decision, state.say(), language=state.language, reproduce=reproduce, is_flipped_later=is_open
    )


def _is_refresh(request: Request) -> bool:
    """Does the page ask for the answer alone, to put it in its place?"""
    return request.headers.get("hx-request") == "true"


def complaint(request: Request, sentence: str, *, status: int) -> Response:
    """One line for a person: where the answer would be, with the form as it was filled in, or as a page of its own."""
    way = next((way for way, path in WAYS.items() if path == request.url.path), "")
    template = f"{way}.html" if way and status < OUR_FAULT else "error.html"
    if _is_refresh(request):
        template = "problem.html"
    return _rendered(request, template, state_of(request, way), status=status, problem=sentence)


def _said(state: State) -> str:
    """The question in a few words, as its fields name them; for a form that is folded."""
    labels = {
        (field.name, choice.value): choice.label
        for question in advisor.guide_questions()
        for field in question.fields
        for choice in field.choices
    }
    say, named = state.say(), ((labels.get(item), item[1]) for item in state.given.items())
    return " · ".join(value if label is None else say(label) for label, value in named)


def _rendered(request: Request, template: str, state: State, *, status: int = 200, **named: Any) -> Response:  # noqa: ANN401
    content = TEMPLATES.get_template(template).render(
        t=state.say(),
        state=state,
        given=state.given,
        language=state.language,
        currency=state.currency,
        version=__version__,
        path=state.path,
        tasks=advisor.catalog_list("task"),
        drawing=Markup,  # drawings are made here, every text in them escaped
        kind=block_kind,
        spec=spec,
        way_word=WAY,
        flips_address=state.address("/around/flips", **{WAY: state.way}),
        around=tuple(AROUND),
        around_title=AROUND_TITLES,
        ways=WAYS,
        rate=advisor.exchange_rate() if state.currency == CNY else None,
        switch={other: state.address(lang=other) for other in LANGUAGES},
        money_switch={other: state.address(**{CURRENCY: other}) for other in CURRENCIES},
        currency_words=CURRENCY_WORDS,
        said=_said(state),
        questions=advisor.guide_questions() if state.way == "guide" else (),
        **{**NOTHING_YET, **named},
    )
    response = Response(content, status_code=status, media_type="text/html; charset=utf-8")
    remember(request, response)
    return response
