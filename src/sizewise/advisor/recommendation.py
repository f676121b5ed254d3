"""`recommend`: the smallest model, at the right quantization, on the cheapest hardware, that does the task."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise import __version__
from sizewise.advisor.alternatives import alternatives
from sizewise.advisor.api_flip import api_flip, price_flip
from sizewise.advisor.api_options import cheapest_api
from sizewise.advisor.api_path import api_rejection, requests_at_targets, requests_per_month
from sizewise.advisor.asking import ask
from sizewise.advisor.confidence import confidence
from sizewise.advisor.finding import find
from sizewise.advisor.flips import flips
from sizewise.advisor.guide_beside import guide_beside
from sizewise.advisor.neighbours import GATE_TEXTS, nearest, neighbours, refused_by_name
from sizewise.advisor.options import survivor_option
from sizewise.catalog import load_catalog
from sizewise.decide import wording
from sizewise.decide.flow import flow, with_branches
from sizewise.domain.decision import Decision
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.export import launch

if TYPE_CHECKING:
    from sizewise.advisor.asking import Asked
    from sizewise.advisor.finding import Found
    from sizewise.advisor.question import Question
    from sizewise.catalog import Catalog
    from sizewise.domain.decision import Flip, FlowStep, Option
    from sizewise.domain.number import Array
    from sizewise.domain.request import Request
    from sizewise.domain.text import Text, Value

DEFAULT_TOP = 3


def recommend(
    question: Question, *, user_catalog: str | None = None, top: int = DEFAULT_TOP, has_flips: bool = True
) -> Decision:
    """The answer to one question, with its reasons.

    Arguments: `user_catalog` a CSV with models or devices of one's own; `top` how many of the best options are kept;
    `has_flips` whether it is worked out what would change the answer, which takes about as long as the answer itself.
    Raises: SizewiseError for input that cannot be used. Nothing that satisfies the request is an answer, not an error.
    """
    catalog = load_catalog()
    if user_catalog is not None:
        catalog = catalog.with_user_rows(user_catalog)
    asked = ask(catalog, question)
    if not asked.request.filters.paths:
        return _api_alone(catalog, asked, _request_record(question))
    found = find(catalog, asked)
    best = distinct(found, top)
    options = tuple(survivor_option(found, int(i)) for i in best)
    answer = options[0] if options else None
    facts = {
        "assumptions": asked.assumptions,
        "guide": guide_beside(question, asked, answer),
        "options": options,
        "num_candidates": found.counts.evaluated,
        "facts_date": catalog.facts_date,
        "version": __version__,
        "request": _request_record(question),
    }  # fmt: skip
    if answer is None:
        return with_api(catalog, found.request, _refusal(catalog, found, facts))
    turns = _turns(catalog, found, answer, int(best[0])) if has_flips else ()
    return with_api(
        catalog, found.request, _answer(catalog, found, answer, int(best[0]), facts | {"flips": turns})
    )


def distinct(found: Found, top: int) -> Array:
    """Positions of the best survivors, one for each model and format: the rest differ only in engine or hardware."""
    best: list[int] = []
    seen: set[tuple[str, str]] = set()
    if found.survivors is None:
        return np.array(best, dtype=np.intp)
    for position in found.ranked(top * 8).tolist():
        row = found.space.rows[int(found.survivors.row_ids[position])]
        key = (row.model.name, row.quantization.name)
        if key not in seen:
            seen.add(key)
            best.append(position)
    return np.array(best[:top], dtype=np.intp)


def _ids(found: Found, position: int) -> tuple[int, int]:
    if found.survivors is None:
        raise ValueError("no survivors")
    return int(found.survivors.row_ids[position]), int(found.survivors.machine_ids[position])


def _turns(catalog: Catalog, found: Found, answer: Option, position: int) -> tuple[Flip, ...]:
    row_id, machine_id = _ids(found, position)
    return (
        *flips(catalog, found, answer, row_id, machine_id),
        *api_flip(found, answer, row_id, machine_id),
    )


def _answer(
    catalog: Catalog, found: Found, answer: Option, position: int, facts: dict[str, object]
) -> Decision:
    start = launch(answer.deployment)
    api = api_rejection(found.request, answer)
    others = alternatives(catalog, found, answer, position)
    rejected = (*neighbours(catalog, found, answer), *api, *refused_by_name(catalog, found))
    facts["flow"] = with_branches(_flow(found, answer), rejected, others)
    return Decision(
        verdict=_verdict(found, answer),
        answer=answer,
        alternatives=others,
        rejected=rejected,
        prepare=start.prepare,
        command=start.command,
        confidence=confidence(found, position),
        **facts,  # type: ignore[arg-type]  # the record of the request, built above
    )


def _refusal(catalog: Catalog, found: Found, facts: dict[str, object]) -> Decision:
    rejected = (*refused_by_name(catalog, found), *nearest(catalog, found))
    facts["flow"] = with_branches(_flow(found, None), rejected, ())
    return Decision(
        verdict=_refusal_text(found, [r.constraint for r in rejected]),
        answer=None,
        alternatives=(),
        rejected=rejected,
        flips=(),
        prepare=(),
        command="",
        **facts,  # type: ignore[arg-type]  # same
    )


def _flow(found: Found, answer: Option | None) -> tuple[FlowStep, ...]:
    return flow(
        found.request, answer, num_models=len(found.models) + len(found.refused), refused=found.refused,
        counts=found.counts, num_enough=int(found.passes_quality.sum()),
    )  # fmt: skip


def _verdict(found: Found, answer: Option) -> Text:
    monthly = answer.monthly_usd
    amount = wording.money(getattr(monthly, "likely", float("nan")))
    cost = {
        "owned": T("about {amount} a month for electricity, on hardware that you have", amount=amount),
        "rent": T("about {amount} a month of rent", amount=amount),
        "buy": T(
            "about {amount} a month over its life, {upfront} at once",
            amount=amount, upfront=wording.money(getattr(answer.upfront_usd, "likely", float("nan"))),
        ),
    }[answer.deployment.path]  # fmt: skip
    return wording.verdict(answer, found.request, cost)


def _refusal_text(found: Found, constraints: list[str]) -> Text:
    if not found.models and len(found.refused) == 1:
        name, gate = next(iter(found.refused.items()))
        return T("{model} is no answer: {reason}.", model=name, reason=GATE_TEXTS[gate])
    if not found.models:
        return T(
            "No model passes the requirements on licence, language, task and context; nothing was sized."
        )
    binding = max(set(constraints), key=constraints.count) if constraints else "support"
    words = {
        "memory": T("memory"), "speed": T("speed"), "budget": T("the budget"), "quality": T("the quality bar"),
        "support": T("engine support on this hardware"),
    }  # fmt: skip
    return T(
        "Nothing satisfies the request. What binds for the nearest options: {constraint}.",
        constraint=words.get(binding, binding),
    )


def with_api(catalog: Catalog, request: Request, decision: Decision) -> Decision:
    """The decision with the cheapest API beside it, where data may go out; the sentence names what is cheaper."""
    if not request.filters.allows_api:
        return decision
    answer = decision.answer
    num_requests = requests_at_targets(request) if answer is None else requests_per_month(request, answer)
    beside = replace(decision, api=cheapest_api(catalog, request, num_requests))
    return _led_by_api(beside) if beside.is_api_best else beside


def _led_by_api(decision: Decision) -> Decision:
    """The API first: how sure the best machine is, and what would change it, does not speak of this answer."""
    api, answer = decision.api, decision.answer
    turns: tuple[Flip, ...] = ()
    if api is not None and answer is not None and isinstance(answer.monthly_usd, Estimate):
        ratio = answer.monthly_usd.likely / api.monthly_usd.likely
        turns = (price_flip(api.provider, ratio, wording.deployment_name(answer.deployment)),)
    return replace(decision, verdict=_api_verdict(decision), flips=turns, confidence=None)


def _api_verdict(decision: Decision) -> Text:
    api, answer = decision.api, decision.answer
    if api is None:
        raise ValueError("no API to speak of")
    words: dict[str, Value] = {
        "model": api.model, "provider": api.provider, "amount": wording.money(api.monthly_usd.likely),
        "n": f"{api.requests_per_month:,.0f}",
    }  # fmt: skip
    if answer is None or not isinstance(answer.monthly_usd, Estimate):
        return T("Use an API: {model} at {provider} costs about {amount} a month for {n} requests.", **words)
    own = wording.money(answer.monthly_usd.likely)
    return T(
        "Use an API: {model} at {provider} costs about {amount} a month for {n} requests; the best machine, below, "
        "costs {own}.",
        own=own, **words,
    )  # fmt: skip


def _api_alone(catalog: Catalog, asked: Asked, record: dict[str, object]) -> Decision:
    """No machine is asked for: the cheapest API that is good enough, or that there is none."""
    nothing = Decision(
        verdict=T("No API in the price table offers a model that is good enough within the budget."), answer=None,
        assumptions=asked.assumptions, alternatives=(), rejected=(), flips=(), flow=(), prepare=(), command="",
        options=(), num_candidates=0, facts_date=catalog.facts_date, version=__version__, request=record,
    )  # fmt: skip
    return with_api(catalog, asked.request, nothing)


def _request_record(question: Question) -> dict[str, object]:
    """The question as asked, without what was not said."""
    return {name: value for name, value in vars(question).items() if value not in (None, ())}
