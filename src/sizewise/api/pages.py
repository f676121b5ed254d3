"""The page: three ways in, one answer, every state with a link of its own. Rendered here, refreshed by htmx."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sizewise import __version__, advisor
from sizewise.advisor import Question
from sizewise.api.language import COOKIE, PARAMETER, request_language
from sizewise.api.work import recommended
from sizewise.report.document import block_kind, decision_document
from sizewise.report.document_fit import fit_document
from sizewise.report.language import LANGUAGES, speaker, translator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.domain.decision import Decision
    from sizewise.report.document import Document
    from sizewise.report.language import Say

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "web" / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
SHOWN_OPTIONS = 6
LISTED_OPTIONS = 12
"""Options of an answer, and of the list of what runs on a card."""
LISTED = frozenset({"language", "model", "quantization", "engine", "device", "path"})
"""Words of a question that may be several, separated by commas in a form."""
WORDS = (
    "task", "language", "users", "device", "monthly_budget", "path", "as_good_as", "complexity", "min_quality",
    "license", "context", "input_tokens", "output_tokens", "think_time", "max_ttft", "max_tpot", "hours",
    "upfront_budget", "model", "quantization", "engine", "kv_type",
)  # fmt: skip
"""Fields of the expert form."""
COOKIE_AGE_S = 365 * 24 * 3600
router = APIRouter()


def is_page(request: Request) -> bool:
    """Is it a person who asks, not a program?"""
    return not request.url.path.startswith(("/api/", "/static/", "/healthz", "/metrics"))


@router.get("/")
async def guide(request: Request) -> Response:
    """The six questions, and the answer as soon as something was said."""
    return await _asked(request, "guide.html")


@router.get("/expert")
async def expert(request: Request) -> Response:
    """Every word of `recommend`."""
    return await _asked(request, "expert.html")


@router.get("/card")
async def card(request: Request) -> Response:
    """What runs on a card: the best models for a task, each that fits and is fast enough."""
    given = _given(request)
    answer = None
    if given.get("device"):
        question = Question(device=(given["device"],), task=given.get("task") or "chat", min_quality=0)
        decision = await request.app.state.work.run(recommended, question, LISTED_OPTIONS)
        answer = _document(request, decision, "")
    fit = await _fit(request, given)
    return _rendered(request, "card.html", {"given": given, "answer": answer, "fit": fit})


async def _fit(request: Request, given: Mapping[str, str]) -> Any:  # noqa: ANN401 - what the template shows
    """The second question of the page of a card: does this model run there?"""
    if not (given.get("device") and given.get("model")):
        return None
    name = advisor.known_model(given["model"])
    context = given.get("context") or None
    answer = await request.app.state.work.run(advisor.fit, name, device=given["device"], context=context)
    return fit_document(answer, _say(request), language=request_language(request))


async def _asked(request: Request, template: str) -> Response:
    given = _given(request)
    is_guide = template == "guide.html"
    answer, command = None, ""
    if given:
        question = advisor.guided(given) if is_guide else _question(given)
        decision = await request.app.state.work.run(recommended, question, SHOWN_OPTIONS)
        command = question.command()
        answer = _document(request, decision, command)
    named: dict[str, Any] = {"given": given, "answer": answer, "command": command, "fit": None}
    if is_guide:
        named["questions"] = advisor.guide_questions()
    return _rendered(request, "answer.html" if _is_refresh(request) else template, named)


def _question(given: Mapping[str, str]) -> Question:
    """The question of the expert form; unknown fields are refused by the advisor's class."""
    words: dict[str, Any] = {}
    for name in WORDS:
        text = given.get(name, "")
        if text:
            words[name] = (
                tuple(part.strip() for part in text.split(",") if part.strip()) if name in LISTED else text
            )
    return Question(**words)


def _given(request: Request) -> dict[str, str]:
    """What was typed, without empty fields and the switch of the language."""
    return {
        name: value.strip()
        for name, value in request.query_params.items()
        if value.strip() and name != PARAMETER
    }


def _document(request: Request, decision: Decision, reproduce: str) -> Document:
    return decision_document(decision, _say(request), language=request_language(request), reproduce=reproduce)


def _is_refresh(request: Request) -> bool:
    """Does the page ask for the answer alone, to put it in its place?"""
    return request.headers.get("hx-request") == "true"


def _say(request: Request) -> Say:
    return speaker(translator(request_language(request)))


def complaint(request: Request, sentence: str, *, status: int) -> Response:
    """One line for a person: inside the page where the answer would be, or as a page of its own."""
    template = "problem.html" if _is_refresh(request) else "error.html"
    return _rendered(request, template, {"problem": sentence}, status=status)


def _rendered(request: Request, template: str, named: dict[str, Any], *, status: int = 200) -> Response:
    language, say = request_language(request), _say(request)
    content = TEMPLATES.get_template(template).render(
        t=say,
        language=language,
        version=__version__,
        path=request.url.path,
        tasks=advisor.catalog_list("task"),
        drawing=Markup,  # drawings are made here, every text in them escaped
        kind=block_kind,
        switch={other: _address(request, other) for other in LANGUAGES},
        **named,
    )
    response = Response(content, status_code=status, media_type="text/html; charset=utf-8")
    if request.query_params.get(PARAMETER) in LANGUAGES:
        response.set_cookie(COOKIE, language, max_age=COOKIE_AGE_S, httponly=True, samesite="strict")
    return response


def _address(request: Request, language: str) -> str:
    """The same state in another language."""
    words = [(name, value) for name, value in request.query_params.multi_items() if name != PARAMETER]
    return f"{request.url.path}?{urlencode([*words, (PARAMETER, language)])}"
