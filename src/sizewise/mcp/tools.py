"""The tools: fields in, the advisor asked, the part of its answer that a model needs out, with schemas of both.

Fields are those of the HTTP API, and values those of `--json`; only which of them are given is decided here, because a
model's context is short.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sizewise import advisor
from sizewise.api.bodies import Body, CapacityBody, CompareBody, CostBody, FitBody, RecommendBody, TiersBody
from sizewise.domain.answers import CompareAnswer, FitAnswer, TiersAnswer
from sizewise.domain.capacity import CapacityAnswer
from sizewise.domain.cost import CostAnswer
from sizewise.domain.decision import Decision
from sizewise.report.answer_json import fit_json, plain, tiers_json
from sizewise.report.answer_schema import answer_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.report.language import Say

DECIDED = ("verdict", "answer", "flips", "prepare", "command", "num_candidates", "facts_date", "version")
PRICED = (
    "verdict", "deployment", "requests_per_s", "demand", "horizon_months", "ways", "crossings", "lowest", "left_out",
    "currency", "cny_per_usd", "facts_date",
)  # fmt: skip
EXPLAINED = ("verdict", "assumptions", "alternatives", "rejected", "flips", "flow", "facts_date", "version")


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One verb."""

    name: str
    what: str
    """For the model that chooses a tool."""
    body: type[Body]
    answer: type
    ask: Callable[[Any, Say], dict[str, Any]]
    kept: tuple[str, ...] = ()
    """Fields of the answer that are given; empty: all."""

    def input_schema(self) -> dict[str, Any]:
        """The fields, with units and examples."""
        return self.body.model_json_schema()

    def output_schema(self) -> dict[str, Any]:
        """The fields of the answer."""
        schema = answer_schema(self.answer)
        names = self.kept or tuple(schema["properties"])
        return {
            **schema,
            "properties": {name: schema["properties"][name] for name in names},
            "required": list(names),
        }

    def answered(self, given: dict[str, Any], say: Say) -> dict[str, Any]:
        """The answer to one call.

        Raises: ValidationError for fields that are wrong; SizewiseError for values that are.
        """
        whole = self.ask(self.body.model_validate(given), say)
        return {name: whole[name] for name in self.kept} if self.kept else whole


def _recommend(body: RecommendBody, say: Say) -> dict[str, Any]:
    return dict(plain(advisor.recommend(body.question(), top=body.top), say))


def _fit(body: FitBody, say: Say) -> dict[str, Any]:
    words = body.given() | {"model": advisor.known_model(body.model)}
    return fit_json(advisor.fit(**words), say)


def _compare(body: CompareBody, say: Say) -> dict[str, Any]:
    return dict(plain(advisor.compare(body.question(), body.options), say))


def _capacity(body: CapacityBody, say: Say) -> dict[str, Any]:
    question = replace(body.question(), model=(advisor.known_model(body.model),))
    return dict(plain(advisor.capacity(question, body.load()), say))


def _cost(body: CostBody, say: Say) -> dict[str, Any]:
    return dict(plain(advisor.cost(advisor.known_model(body.model), body.question(), body.money()), say))


def _tiers(body: TiersBody, say: Say) -> dict[str, Any]:
    return tiers_json(advisor.tiers(**body.given()), say)


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(name="recommend", body=RecommendBody, answer=Decision, ask=_recommend, kept=DECIDED,
             what="Which language model, quantization, engine and hardware does a task well enough at the least cost? "
                  "Name the task, users, budget and hardware where they are known. `answer` is null where none does."),
        Tool(name="explain", body=RecommendBody, answer=Decision, ask=_recommend, kept=EXPLAINED,
             what="Why `recommend` answers as it does: assumptions with sources, the way through the questions, why "
                  "not other options, what would change the answer. Give the same fields."),
        Tool(name="fit", body=FitBody, answer=FitAnswer, ask=_fit,
             what="Does this model run on this hardware, with how much text, for how many; if not, what would help?"),
        Tool(name="compare", body=CompareBody, answer=CompareAnswer, ask=_compare,
             what="Options side by side, each written MODEL@QUANTIZATION on DEVICE."),
        Tool(name="capacity", body=CapacityBody, answer=CapacityAnswer, ask=_capacity,
             what="How many users and requests does a machine carry within latency targets; how many machines?"),
        Tool(name="cost", body=CostBody, answer=CostAnswer, ask=_cost, kept=PRICED,
             what="What does a model cost a month rented, bought, mixed or from an API, and from where on is which one "
                  "cheaper? Say how much it is used: requests, tokens or users."),
        Tool(name="tiers", body=TiersBody, answer=TiersAnswer, ask=_tiers,
             what="What 7B, 13B, 30-40B and 70B+ models need and give today, beside the usual rule of thumb."),
    )
}  # fmt: skip
"""Tools by name."""
