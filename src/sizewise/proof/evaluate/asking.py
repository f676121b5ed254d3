"""The questions put to the servers: many at once, nothing twice, nothing beyond the money, no further than needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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

    @property
    def settings(self) -> dict[str, Any]:
        """What goes into every request."""
        return {"max_tokens": self.max_tokens, "temperature": self.temperature, "seed": self.seed}


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
    run = _Run(asked=asked, folder=folder, progress=progress, answers=answers, seen=seen)
    async with AsyncExitStack() as stack:
        workers = []
        for target in asked.targets:
            endpoint = await stack.enter_async_context(
                Endpoint(target, asked.patience, num_connections=asked.concurrency)
            )
            left = iter([item for item in items if (target.name, item.item_id) not in answers])
            workers += [run.work(endpoint, left) for _ in range(asked.concurrency)]
        await asyncio.gather(*workers)
    return answers


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What all workers share."""

    asked: Asked
    folder: RunFolder
    progress: Progress
    answers: dict[tuple[str, str], Kept]
    seen: Seen

    async def work(self, endpoint: Endpoint, left: Iterator[Item]) -> None:
        """One question after the other, until there are none or nobody needs them.

        An answer is graded and written down while the server has the next question already: it never waits for us.
        """
        name, keeping = endpoint.target.name, None
        for item in left:
            most_usd = _most_usd(item, self.asked, name)
            if self._is_over(name, most_usd):
                break
            self.progress.reserved_usd += most_usd
            reply = await endpoint.chat(item.messages, **self.asked.settings)
            cost_usd = _cost_usd(reply, self.asked.prices.get(name))
            self.progress.reserved_usd -= most_usd
            self.progress.cost_usd += cost_usd
            self.progress.given_up[name] = self.progress.given_up.get(name, 0) + 1 if reply.failure else 0
            if keeping is not None:
                await keeping  # no more than one answer waits for its grade
            keeping = asyncio.create_task(self._keep(item, name, reply, cost_usd))
        if keeping is not None:
            await keeping

    def _is_over(self, name: str, most_usd: float) -> bool:
        progress, max_usd = self.progress, self.asked.max_usd
        if name in progress.finished or progress.given_up.get(name, 0) >= GIVE_UP_AFTER:
            return True
        if max_usd is not None and progress.cost_usd + progress.reserved_usd + most_usd > max_usd:
            progress.is_spent = True
            return True
        return False

    async def _keep(self, item: Item, name: str, reply: Reply, cost_usd: float) -> None:
        await asyncio.sleep(0)  # the next question goes out first
        kept = _kept(item, name, reply, None if reply.failure else await graded(item, reply.text), cost_usd)
        self.folder.add(kept)
        self.answers[name, item.item_id] = kept
        self.progress.num_done += 1
        self.seen(self.progress, self.answers)


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


def _cost_usd(reply: Reply, price: Price | None) -> float:
    return price.of(reply.prompt_tokens or 0, reply.output_tokens or 0) if price else 0.0


def _kept(item: Item, name: str, reply: Reply, grade: float | None, cost_usd: float) -> Kept:
    return Kept(
        item_id=item.item_id, endpoint=name, text=reply.text, grade=grade, failure=reply.failure, detail=reply.detail,
        prompt_tokens=reply.prompt_tokens or 0, output_tokens=reply.output_tokens or 0, cost_usd=cost_usd,
        seconds=reply.total_s, num_attempts=reply.num_attempts, finish=reply.finish,
    )  # fmt: skip


def _most_usd(item: Item, asked: Asked, name: str) -> float:
    """The most that one answer can cost: no token is shorter than a byte. Failed attempts may be charged as well."""
    price = asked.prices.get(name)
    if price is None:
        return 0.0
    prompt_bytes = sum(len(str(message.get("content", "")).encode()) + 16 for message in item.messages)
    return price.of(prompt_bytes, asked.max_tokens)
