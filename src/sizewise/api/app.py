"""The application: API, page, health and metrics behind one guard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from sizewise import __version__
from sizewise.api import answers, pages
from sizewise.api.described import describe
from sizewise.api.guard import Guard
from sizewise.api.kept import Kept
from sizewise.api.language import request_language
from sizewise.api.metrics import Metrics
from sizewise.api.problems import UNAVAILABLE, UNPROCESSABLE, of_error, problem
from sizewise.api.settings import NOTHING, Settings
from sizewise.api.work import Work
from sizewise.domain.text import T
from sizewise.errors import SizewiseError
from sizewise.report.error_sentence import error_sentence
from sizewise.report.language import speaker, translator

if TYPE_CHECKING:
    from starlette.types import ASGIApp

STATIC = Path(__file__).parent.parent / "web" / "static"
NOT_FOUND, OUR_FAULT = 404, 500
MAX_DETAIL = 300
"""Longest sentence about a request of the wrong shape. [characters]"""


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The application with its guard."""
    chosen, metrics = settings or Settings(), Metrics()
    app = bare_app(chosen, metrics)
    kept = Kept(app) if chosen.reach == NOTHING else app  # files that are read may change
    return Guard(kept, chosen, metrics)


def bare_app(settings: Settings, metrics: Metrics) -> FastAPI:
    """Routes and errors, without the guard."""
    app = FastAPI(
        title="sizewise",
        version=__version__,
        description="The smallest model, at the right quantization, on the cheapest hardware, for a task.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.work = Work(settings)
    app.include_router(answers.router)
    app.include_router(pages.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/healthz", summary="Does the server answer?", responses={200: {"description": "It does."}})
    async def health() -> dict[str, str]:
        """The version that runs."""
        return {"status": "ok", "version": __version__}

    @app.get("/metrics", summary="Counters for Prometheus", response_class=Response)
    async def counters() -> Response:
        """Requests by route and status, and time to answer."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    _add_errors(app)
    describe(app)
    return app


def _add_errors(app: FastAPI) -> None:
    app.add_exception_handler(SizewiseError, _our_error)
    app.add_exception_handler(RequestValidationError, _wrong_shape)
    app.add_exception_handler(TimeoutError, _too_slow)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(Exception, _our_fault)


def _said(request: Request, status: int, code: str, sentence: str) -> Response:
    """For a person on the page, or for a program."""
    if pages.is_page(request):
        return pages.complaint(request, sentence, status=status)
    return problem(status, code, sentence)


async def _our_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, SizewiseError):
        raise error
    sentence = error_sentence(error, speaker(translator(request_language(request))))
    if pages.is_page(request):
        return pages.complaint(request, sentence, status=UNPROCESSABLE)
    return of_error(error, sentence)


async def _wrong_shape(request: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": str(error)}
    where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    return _said(request, UNPROCESSABLE, "invalid-request", f"{where}: {first['msg']}"[:MAX_DETAIL])


async def _too_slow(request: Request, _error: Exception) -> Response:
    say = speaker(translator(request_language(request)))
    sentence = say(T("the answer took too long; ask about fewer devices or models"))
    return _said(request, UNAVAILABLE, "too-slow", sentence)


async def _no_route(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", NOT_FOUND)
    detail = str(getattr(error, "detail", error))
    return _said(request, status, detail.lower().replace(" ", "-"), detail)


async def _our_fault(request: Request, error: Exception) -> Response:
    say = speaker(translator(request_language(request)))
    what = type(error).__name__
    sentence = say(T("this is an error of sizewise, please report it with the address: {what}", what=what))
    return _said(request, OUR_FAULT, "internal", sentence)
