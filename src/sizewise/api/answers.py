"""/api/v1: the verbs of the command line over HTTP, with the same fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from sizewise import advisor
from sizewise.api.bodies import CapacityBody, CompareBody, CostBody, FitBody, RecommendBody, TiersBody
from sizewise.api.described import PROBLEMS
from sizewise.api.language import request_language
from sizewise.api.work import recommended
from sizewise.report.answer_json import fit_json, plain, tiers_json
from sizewise.report.language import Say, speaker, translator

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)
Language = Annotated[
    str | None, Query(alias="lang", description="Language of sentences: en or zh.", max_length=8)
]


def say_of(request: Request) -> Say:
    """The sentences of the caller's language."""
    return speaker(translator(request_language(request)))


@router.post("/recommend", summary="The smallest sufficient model on the cheapest hardware, and why")
async def recommend(request: Request, body: RecommendBody, _lang: Language = None) -> JSONResponse:
    """The same object as `sizewise recommend --json`; `.answer` is null where nothing satisfies the request."""
    decision = await request.app.state.work.run(recommended, body.question(), body.top)
    return JSONResponse(plain(decision, say_of(request)))


@router.post("/fit", summary="Does this model run on this hardware, and what would make it fit?")
async def fit(request: Request, body: FitBody, _lang: Language = None) -> JSONResponse:
    """The same object as `sizewise fit --json`."""
    work, words = request.app.state.work, body.given()
    answer = await work.run(advisor.fit, work.model(words.pop("model")), **words)
    return JSONResponse(fit_json(answer, say_of(request)))


@router.post("/compare", summary="Options side by side")
async def compare(request: Request, body: CompareBody, _lang: Language = None) -> JSONResponse:
    """The same object as `sizewise compare --json`."""
    answer = await request.app.state.work.run(advisor.compare, body.question(), body.options)
    return JSONResponse(plain(answer, say_of(request)))


@router.post("/capacity", summary="How many users and requests a machine carries in time")
async def capacity(request: Request, body: CapacityBody, _lang: Language = None) -> JSONResponse:
    """The same object as `sizewise capacity --json`."""
    work = request.app.state.work
    question = replace(body.question(), model=(work.model(body.model),))
    answer = await work.run(advisor.capacity, question, body.load())
    return JSONResponse(plain(answer, say_of(request)))


@router.post(
    "/cost", summary="What a model costs rented, bought, mixed or from an API, and where these cross"
)
async def cost(request: Request, body: CostBody, _lang: Language = None) -> JSONResponse:
    """The same object as `sizewise cost --json`."""
    work = request.app.state.work
    answer = await work.run(advisor.cost, work.model(body.model), body.question(), body.money())
    return JSONResponse(plain(answer, say_of(request)))


@router.post("/tiers", summary="What 7B, 13B, 30-40B and 70B+ need and give")
async def tiers(request: Request, body: TiersBody, _lang: Language = None) -> JSONResponse:
    """The same object as `sizewise tiers --json`."""
    answer = await request.app.state.work.run(advisor.tiers, **body.given())
    return JSONResponse(tiers_json(answer, say_of(request)))


@router.get(
    "/catalog/{kind}", summary="Names of one kind of entry: model, device, quantization, engine, task"
)
async def catalog_list(
    request: Request, kind: str, like: Annotated[str, Query(max_length=100)] = "", _lang: Language = None
) -> JSONResponse:
    """The same list as `sizewise catalog list --json`."""
    entries = await request.app.state.work.run(advisor.catalog_list, kind, like)
    return JSONResponse(plain(list(entries), say_of(request)))


@router.get("/catalog/entries/{name:path}", summary="Every field of one entry, with unit, source and date")
async def catalog_show(request: Request, name: str, _lang: Language = None) -> JSONResponse:
    """The same list as `sizewise catalog show --json`."""
    facts = await request.app.state.work.run(advisor.catalog_show, name)
    return JSONResponse(plain(list(facts), say_of(request)))
