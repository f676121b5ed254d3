"""A judge model: shown the question and two answers, in both orders; only a verdict that survives the swap counts."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sizewise.domain.evaluation import Judging
from sizewise.proof.endpoint import Endpoint
from sizewise.proof.evaluate.items import JUDGE
from sizewise.proof.evaluate.run_folder import Kept

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sizewise.proof.endpoint import Target
    from sizewise.proof.evaluate.asking import Asked
    from sizewise.proof.evaluate.items import Item
    from sizewise.proof.evaluate.run_folder import RunFolder

FIRST, SECOND, TIE = "A", "B", "TIE"
VERDICT = re.compile(r"\b(TIE|A|B)\b")
TIED, AHEAD, BEHIND = 0.5, 1.0, 0.0
JUDGED = "judge:"
"""Before the names of a pair, in the kept answers."""
INSTRUCTION = (
    "Two answers to the same task. Which one serves the person better? Judge correctness first, then completeness; "
    "length and style do not count. Reply with one word: A, B or TIE."
)


@dataclass(frozen=True)
class Pair:
    """One item with the answers of a candidate and of the reference."""

    item: Item
    candidate: str
    reference: str


async def judge_all(  # noqa: PLR0913 - the run, and what has been answered
    items: Sequence[Item], asked: Asked, judge: Target, folder: RunFolder, answers: dict[tuple[str, str], Kept],
    reference: str,
) -> Judging:  # fmt: skip
    """Put every judged item to the judge, twice; fills in the grades of candidate and reference.

    A win is 1 to 0, a tie one half each. Verdicts are kept in the folder like answers, and not asked for again.
    """
    known = {(kept.endpoint, kept.item_id): kept for kept in folder.kept if kept.endpoint.startswith(JUDGED)}
    limit = asyncio.Semaphore(asked.concurrency)
    pairs = [
        Pair(item, target.name, reference)
        for item in items if JUDGE in item.needs
        for target in asked.targets if target.name != reference and _both(item, target.name, reference, answers)
    ]  # fmt: skip
    async with Endpoint(judge, asked.patience, num_connections=asked.concurrency) as endpoint:

        async def one(pair: Pair, *, is_swapped: bool) -> str:
            label = f"{JUDGED}{pair.candidate}:{int(is_swapped)}"
            kept = known.get((label, pair.item.item_id))
            if kept is None:
                async with limit:
                    reply = await endpoint.chat(
                        question_of(pair, answers, is_swapped=is_swapped), max_tokens=asked.max_tokens, temperature=0.0,
                        seed=asked.seed,
                    )  # fmt: skip
                kept = Kept(item_id=pair.item.item_id, endpoint=label, text=reply.text, grade=None,
                            failure=reply.failure, prompt_tokens=reply.prompt_tokens or 0,
                            output_tokens=reply.output_tokens or 0)  # fmt: skip
                folder.add(kept)
            return verdict_of(kept.text)

        told = await asyncio.gather(*(
            asyncio.gather(one(pair, is_swapped=False), one(pair, is_swapped=True)) for pair in pairs
        ))  # fmt: skip
    _fill_in(pairs, told, answers)
    return summary(judge.name, told)


def question_of(
    pair: Pair, answers: Mapping[tuple[str, str], Kept], *, is_swapped: bool
) -> list[dict[str, str]]:
    """What the judge is shown; the candidate is A, unless swapped."""
    texts = [answers[name, pair.item.item_id].text for name in (pair.candidate, pair.reference)]
    first, second = reversed(texts) if is_swapped else texts
    rubric = next(
        (str(c.options.get("rubric") or c.expected or "") for c in pair.item.checks if c.grader == JUDGE), ""
    )
    parts = [INSTRUCTION, f"[TASK]\n{pair.item.question}"]
    parts += [f"[WHAT COUNTS]\n{rubric}"] if rubric else []
    parts += [f"[ANSWER A]\n{first}", f"[ANSWER B]\n{second}"]
    return [{"role": "user", "content": "\n\n".join(parts)}]


def verdict_of(text: str) -> str:
    """The last verdict of a reply; empty: none."""
    found = VERDICT.findall(text.upper())
    return found[-1] if found else ""


def grade_of(straight: str, swapped: str) -> float | None:
    """The candidate's grade from two verdicts; None where one is missing."""
    if not straight or not swapped:
        return None
    if (straight, swapped) == (FIRST, SECOND):
        return AHEAD
    return BEHIND if (straight, swapped) == (SECOND, FIRST) else TIED


def summary(judge: str, told: Sequence[Sequence[str]]) -> Judging:
    """How often the order decided."""
    verdicts = [verdict for pair in told for verdict in pair if verdict]
    return Judging(
        judge=judge, num_pairs=len(told),
        num_flipped=sum(a == b and a in {FIRST, SECOND} for a, b in told),
        num_first=sum(v == FIRST for v in verdicts), num_verdicts=sum(v != TIE for v in verdicts),
        num_unread=sum(not verdict for pair in told for verdict in pair),
    )  # fmt: skip


def _both(item: Item, name: str, reference: str, answers: Mapping[tuple[str, str], Kept]) -> bool:
    found = [answers.get((one, item.item_id)) for one in (name, reference)]
    return all(kept is not None and not kept.failure for kept in found)


def _fill_in(
    pairs: Sequence[Pair], told: Sequence[Sequence[str]], answers: dict[tuple[str, str], Kept]
) -> None:
    """Grades of judged answers; the reference gets one half, whatever candidate it is beside."""
    for pair, (straight, swapped) in zip(pairs, told, strict=True):
        grade = grade_of(straight, swapped)
        for name, value in ((pair.candidate, grade), (pair.reference, TIED)):
            at = (name, pair.item.item_id)
            answers[at] = replace(
                answers[at], grade=None if grade is None and name == pair.candidate else value
            )
