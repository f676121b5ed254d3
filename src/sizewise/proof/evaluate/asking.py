"""The questions put to the servers: many at once, nothing twice, nothing beyond the money, no further than needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sizewise.proof.endpoint import Endpoint
from sizewise.proof.evaluate.code_run import passes
from sizewise.proof.evaluate.graders import GRADE, MAX_GRADED_CHARACTERS, code_of
from sizewise.proof.evaluate.items import CODE, JUDGE
from sizewise.proof.evaluate.run_folder import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sizewise.proof.endpoint import Patience, Target
    from sizewise.proof.endpoint_reply import Reply
    from sizewise.proof.evaluate.items import Item
    from sizewise.proof.evaluate.run_folder import RunFolder

PER_MILLION = 1e6
GIVE_UP_AFTER = 12
"""Failures in a row after which a server is no longer asked."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a server charges. [USD per million tokens]"""

    prompt_usd: float
    output_usd: float

    def of(self, prompt_tokens: int, output_tokens: int) -> float:
        """An answer. [USD]"""
        return (prompt_tokens * self.prompt_usd + output_tokens * self.output_usd) / PER_MILLION


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How the questions are put."""

    targets: tuple[Target, ...]
    patience: Patience
    concurrency: int
    """Questions in flight, per server."""
    max_tokens: int
    temperature: float
    seed: int
    prices: Mapping[str, Price]
    max_usd: float | None


@dataclass
class Progress:
    """What has happened so far; the caller shows it and says when to stop."""

    num_done: int = 0
    num_total: int = 0
    num_reused: int = 0
    cost_usd: float = 0.0
    reserved_usd: float = 0.0
    """Most that the questions in flight can cost."""
    is_spent: bool = False
    finished: set[str] = field(default_factory=set)
    """Servers that need not be asked further."""
    given_up: dict[str, int] = field(default_factory=dict)
    """Failures in a row, by server."""


Seen = Callable[[Progress, dict[tuple[str, str], Kept]], None]
"""Called after each answer; may add to `finished`."""


async def ask_all(
    items: Sequence[Item], asked: Asked, folder: RunFolder, progress: Progress, seen: Seen
) -> dict[tuple[str, str], Kept]:
    """Every answer by endpoint and item; those in the folder are not asked again."""
    answers = {(kept.endpoint, kept.item_id): kept for kept in folder.kept}
    progress.num_reused, progress.num_done = len(answers), len(answers)
    progress.cost_usd = sum(kept.cost_usd for kept in answers.values())
    progress.num_total = len(items) * len(asked.targets)
    seen(progress, answers)
    async with AsyncExitStack() as stack:
        workers = []
        for target in asked.targets:
            endpoint = await stack.enter_async_context(
                Endpoint(target, asked.patience, num_connections=asked.concurrency)
            )
            left = iter([item for item in items if (target.name, item.item_id) not in answers])
            workers += [
                _work(endpoint, left, asked, folder, progress, answers, seen)
                for _ in range(asked.concurrency)
            ]
        await asyncio.gather(*workers)
    return answers


async def _work(  # noqa: PLR0913 - what all workers share
    endpoint: Endpoint, left: Iterator[Item], asked: Asked, folder: RunFolder, progress: Progress,
    answers: dict[tuple[str, str], Kept], seen: Seen,
) -> None:  # fmt: skip
    """One question after the other, until there are none or nobody needs them."""
    name = endpoint.target.name
    for item in left:
        if name in progress.finished or progress.given_up.get(name, 0) >= GIVE_UP_AFTER:
            return
        most_usd = _most_usd(item, asked, name)
        if asked.max_usd is not None and progress.cost_usd + progress.reserved_usd + most_usd > asked.max_usd:
            progress.is_spent = True
            return
        progress.reserved_usd += most_usd
        reply = await endpoint.ask(
            item.messages, max_tokens=asked.max_tokens, temperature=asked.temperature, seed=asked.seed
        )
        progress.reserved_usd -= most_usd
        grade = None if reply.failure else await graded(item, reply.text)
        kept = _kept(item, name, reply, grade, asked.prices.get(name))
        progress.given_up[name] = progress.given_up.get(name, 0) + 1 if reply.failure else 0
        folder.add(kept)
        answers[name, item.item_id] = kept
        progress.num_done += 1
        progress.cost_usd += kept.cost_usd
        seen(progress, answers)


async def graded(item: Item, text: str) -> float | None:
    """The grade of an answer: its weakest check. None where a judge must say."""
    grades = []
    for check in item.checks:
        if check.grader == JUDGE:
            return None
        if check.grader == CODE:
            grades.append(float(await asyncio.to_thread(passes, code_of(text), str(check.options["tests"]))))
        else:
            grades.append(GRADE[check.grader](text[:MAX_GRADED_CHARACTERS], check))
    return min(grades)


def _kept(item: Item, name: str, reply: Reply, grade: float | None, price: Price | None) -> Kept:
    prompt_tokens, output_tokens = reply.prompt_tokens or 0, reply.output_tokens or 0
    return Kept(
        item_id=item.item_id, endpoint=name, text=reply.text, grade=grade, failure=reply.failure, detail=reply.detail,
        prompt_tokens=prompt_tokens, output_tokens=output_tokens,
        cost_usd=price.of(prompt_tokens, output_tokens) if price else 0.0, seconds=reply.total_s,
        num_attempts=reply.num_attempts, finish=reply.finish,
    )  # fmt: skip


def _most_usd(item: Item, asked: Asked, name: str) -> float:
    """The most that one answer can cost: no token is shorter than a byte. Failed attempts may be charged as well."""
    price = asked.prices.get(name)
    if price is None:
        return 0.0
    prompt_bytes = sum(len(str(message.get("content", "")).encode()) + 16 for message in item.messages)
    return price.of(prompt_bytes, asked.max_tokens)
