"""`evaluate`: own prompts put to own servers, graded and compared; the smallest that is not worse by the margin."""

from __future__ import annotations

import asyncio
import random
import statistics
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.evaluation_question import plan_of
from sizewise.advisor.evaluation_record import keep
from sizewise.catalog import load_catalog
from sizewise.decide.enough import compared, is_settled, look_level, looks, verdict
from sizewise.decide.router import router
from sizewise.domain.evaluation import CANNOT_TELL, NOT_ANSWERED, EvaluationAnswer, Rate
from sizewise.errors import BadInput
from sizewise.estimate.pass_rates import bootstrap_interval, wilson_interval
from sizewise.proof.endpoint import Endpoint
from sizewise.proof.evaluate.asking import Asked, Progress, ask_all
from sizewise.proof.evaluate.items import JUDGE
from sizewise.proof.evaluate.judging import judge_all
from sizewise.proof.evaluate.prompts import STARTER, read_items
from sizewise.proof.evaluate.run_folder import RunFolder, digest, read_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sizewise.advisor.evaluation_question import EvaluateQuestion, Plan
    from sizewise.domain.evaluation import Comparison, Judging, Router
    from sizewise.domain.number import Array
    from sizewise.proof.endpoint import Target
    from sizewise.proof.evaluate.items import Item
    from sizewise.proof.evaluate.run_folder import Kept

Answers = dict[tuple[str, str], "Kept"]
NUM_RESAMPLES = 4000
SETTLED, SPENT = "settled", "spent"
RUNS_FOLDER = "sizewise-runs"
"""Beside where the program is called, unless --folder says otherwise."""


def evaluate(
    question: EvaluateQuestion, shown: Callable[[Progress], None] = lambda _: None
) -> EvaluationAnswer:
    """Ask, grade, compare.

    Raises: BadInput, UnknownName, InvalidFile, MissingExtra.
    """
    items = read_items(question.prompts)
    plan = plan_of(question, items)
    return asyncio.run(_evaluated(question, plan, _shuffled(items, plan.seed), shown))


def _shuffled(items: Sequence[Item], seed: int) -> list[Item]:
    """The same order for the same seed: files are often sorted, and early looks need a fair sample."""
    order = list(items)
    random.Random(seed).shuffle(order)  # noqa: S311 - repeatable on purpose
    return order


async def _evaluated(
    question: EvaluateQuestion, plan: Plan, items: list[Item], shown: Callable[[Progress], None]
) -> EvaluationAnswer:
    plan = replace(plan, targets=tuple([await _with_model(target, plan) for target in plan.targets]))
    asked = Asked(
        targets=plan.targets, patience=plan.patience, concurrency=plan.concurrency, max_tokens=plan.max_tokens,
        temperature=plan.temperature, seed=plan.seed, prices=plan.prices, max_usd=plan.max_usd,
    )  # fmt: skip
    has_judged = any(JUDGE in item.needs for item in items)
    watch = Watch(items, plan, stops_early=not question.asks_all and not has_judged)
    progress = Progress()

    def seen(so_far: Progress, answers: Answers) -> None:
        watch.look(so_far, answers)
        shown(so_far)

    with RunFolder(_folder(question, items), _settings(plan, items)) as folder:
        answers = await ask_all(items, asked, folder, progress, seen)
        judging = None
        if has_judged and plan.judge is not None:
            judging = await judge_all(items, asked, plan.judge, folder, answers, plan.reference)
    return _answer(question, plan, items, answers, watch, progress, judging)


async def _with_model(target: Target, plan: Plan) -> Target:
    async with Endpoint(target, plan.patience) as endpoint:
        return await endpoint.with_model()


class Watch:
    """Looks at the grades after so many items, and says which server need not be asked further."""

    def __init__(self, items: Sequence[Item], plan: Plan, *, stops_early: bool) -> None:
        self.items, self.plan = items, plan
        self.looks = looks(len(items), stops_early=stops_early)
        self.candidates = [t.name for t in plan.targets if t.name != plan.reference]
        self.settled: dict[str, Comparison] = {}
        self.num_looks = 0
        self.is_over = False

    def look(self, progress: Progress, answers: Answers) -> None:
        """Look if all that the next look needs is there; the last look is for the end."""
        while self.num_looks < len(self.looks) - 1 and not self.is_over:
            first = self.items[: self.looks[self.num_looks]]
            waiting = [name for name in self.candidates if name not in self.settled]
            needed = (*waiting, self.plan.reference)
            if not waiting or any((name, item.item_id) not in answers for name in needed for item in first):
                return
            for name in waiting:
                comparison = self.comparison(name, first, answers, self.num_looks)
                if comparison.outcome not in {CANNOT_TELL, NOT_ANSWERED}:
                    self.settled[name] = comparison
                    progress.finished.add(name)
            self.num_looks += 1
            outcomes = [
                self.settled[n].outcome if n in self.settled else CANNOT_TELL for n in self.candidates
            ]
            if is_settled(outcomes):
                self.is_over = True
                progress.finished.update(target.name for target in self.plan.targets)

    def comparison(self, name: str, items: Sequence[Item], answers: Answers, look: int) -> Comparison:
        """A candidate beside the reference on these items."""
        own, other = (grades_of(n, items, answers) for n in (name, self.plan.reference))
        level, draws = look_level(look, len(self.looks)), draws_for(own, other, self.plan.seed)
        return compared(
            name, self.plan.reference, own, other, margin=self.plan.margin, level=level, draws=draws
        )

    def comparisons(self, answers: Answers) -> tuple[Comparison, ...]:
        """All of them at the end: settled at a look, or on everything that both were asked."""
        found = []
        for name in self.candidates:
            both = [
                item for item in self.items
                if (name, item.item_id) in answers and (self.plan.reference, item.item_id) in answers
            ]  # fmt: skip
            last = self.comparison(name, both, answers, len(self.looks) - 1)
            found.append(self.settled.get(name, last))
        return tuple(found)


def grades_of(name: str, items: Sequence[Item], answers: Answers) -> Array:
    """Grades in the order of the items; NaN where there is none."""
    kept = [answers.get((name, item.item_id)) for item in items]
    return np.array([np.nan if k is None or k.grade is None else k.grade for k in kept], dtype=np.float64)


def draws_for(own: Array, other: Array, seed: int) -> Array:
    """Uniform numbers for the bootstrap; none where every difference is -1, 0 or 1."""
    both = np.isfinite(own) & np.isfinite(other)
    if np.all(np.isin((own - other)[both], (-1.0, 0.0, 1.0))):
        return np.empty((0, 0))
    return np.random.default_rng(seed).random((NUM_RESAMPLES, int(both.sum()) + 2))


def _answer(
    question: EvaluateQuestion, plan: Plan, items: list[Item], answers: Answers, watch: Watch, progress: Progress,
    judging: Judging | None,
) -> EvaluationAnswer:  # fmt: skip
    rates = tuple(_rate(target.name, target.model, plan, items, answers) for target in plan.targets)
    comparisons = watch.comparisons(answers)
    if judging is not None and not judging.is_fit:
        comparisons = tuple(replace(c, outcome=CANNOT_TELL, more_items=None) for c in comparisons)
    found, chosen = verdict(rates, comparisons)
    answer = EvaluationAnswer(
        task=_task(question), prompts=question.prompts,
        folder=str(_folder(question, items)), num_items=len(items),
        num_asked=len({item_id for name, item_id in answers if not name.startswith("judge:")}), margin=plan.margin,
        verdict=found, chosen=chosen, rates=rates, comparisons=comparisons,
        stopped=SPENT if progress.is_spent else SETTLED if watch.is_over else "", looks=watch.looks,
        cost_usd=progress.cost_usd, judging=judging, router=_router(plan, items, answers),
        num_reused=progress.num_reused,
    )  # fmt: skip
    return replace(answer, is_stored=keep(answer, plan))


def _task(question: EvaluateQuestion) -> str:
    """Name of the task in the catalog; empty: not said."""
    if question.task is not None:
        return load_catalog().task(question.task).name
    return question.prompts.removeprefix(STARTER) if question.prompts.startswith(STARTER) else ""


def _rate(name: str, model: str, plan: Plan, items: Sequence[Item], answers: Answers) -> Rate:
    kept = [answers[name, item.item_id] for item in items if (name, item.item_id) in answers]
    grades = grades_of(name, items, answers)
    grades = grades[np.isfinite(grades)]
    is_graded = not np.all(np.isin(grades, (0.0, 1.0)))
    if is_graded:
        draws = np.random.default_rng(plan.seed).random((NUM_RESAMPLES, len(grades) + 2))
        low, high = (max(0.0, x) for x in bootstrap_interval(grades, draws, 0.95))
        low, high = min(low, grades.mean()), max(min(high, 1.0), grades.mean())
    else:
        low, high = wilson_interval(float(grades.sum()), len(grades))
    failures = Counter(k.failure for k in kept if k.failure)
    return Rate(
        name=name, model=model, num_items=len(grades), score=float(grades.sum()), low=float(low), high=float(high),
        is_graded=is_graded, num_unanswered=len(kept) - len(grades), failures=tuple(sorted(failures.items())),
        prompt_tokens=sum(k.prompt_tokens for k in kept), output_tokens=sum(k.output_tokens for k in kept),
        cost_usd=sum(k.cost_usd for k in kept) if name in plan.prices else None,
        median_s=statistics.median(times) if (times := [k.seconds for k in kept if not k.failure]) else None,
    )  # fmt: skip


def _router(plan: Plan, items: Sequence[Item], answers: Answers) -> Router | None:
    """Between the smallest candidate and the reference."""
    small = next((target.name for target in plan.targets if target.name != plan.reference), None)
    if small is None:
        return None
    costs = None
    if {small, plan.reference} <= set(plan.prices):
        costs = tuple(
            np.array(
                [kept.cost_usd if (kept := answers.get((name, item.item_id))) else np.nan for item in items]
            )
            for name in (small, plan.reference)
        )
    return router(
        small, plan.reference, [item.question for item in items], grades_of(small, items, answers),
        grades_of(plan.reference, items, answers), costs_usd=costs, margin=plan.margin,  # type: ignore[arg-type]
    )  # fmt: skip


def _folder(question: EvaluateQuestion, items: Sequence[Item]) -> Path:
    if question.folder is not None:
        return Path(question.folder)
    name = question.prompts.removeprefix(STARTER)
    return Path(RUNS_FOLDER) / f"{Path(name).stem}-{digest(items)[:6]}"


def _settings(plan: Plan, items: Sequence[Item]) -> dict[str, object]:
    """What makes two runs the same: whom, what and how; no secret."""
    if not items:
        raise BadInput("there are no prompts")
    return {
        "prompts": digest(items), "endpoints": {t.name: f"{t.url}#{t.model}" for t in plan.targets},
        "judge": plan.judge.url if plan.judge else "", "max_tokens": plan.max_tokens, "temperature": plan.temperature,
        "seed": plan.seed,
    }  # fmt: skip


def kept_answers(answer: EvaluationAnswer) -> list[dict[str, object]]:
    """Every question with its answers and grades, in the order of the file, for documents."""
    kept = {(k.endpoint, k.item_id): k for k in read_answers(Path(answer.folder))}
    return [
        {
            "id": item.item_id, "question": item.question,
            "answers": [
                {"endpoint": rate.name, "text": k.text, "grade": k.grade, "failure": k.failure}
                for rate in answer.rates if (k := kept.get((rate.name, item.item_id))) is not None
            ],
        }
        for item in read_items(answer.prompts)
    ]  # fmt: skip
