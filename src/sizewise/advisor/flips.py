"""What would flip the answer: the value of one input at which another option takes over.

A threshold is looked for on a small frontier of options by doubling and halving, and stated only if the whole search,
run again just below and just above it, really gives the answer below and something else above.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.advisor.flip_changes import Change, changes
from sizewise.advisor.flip_field import Answer, Field, Winner, everything, frontier, option_name
from sizewise.advisor.flip_prices import price_changes
from sizewise.decide.rank import tie_limit_usd
from sizewise.domain.decision import Flip
from sizewise.domain.text import T

if TYPE_CHECKING:
    from sizewise.advisor.finding import Found
    from sizewise.catalog import Catalog
    from sizewise.domain.decision import Option
    from sizewise.domain.request import Request

SMALL_SPACE = 20_000
"""Candidates up to which a frontier costs more than it saves. [count]"""


def flips(catalog: Catalog, found: Found, answer: Option, row_id: int, machine_id: int) -> tuple[Flip, ...]:
    """Thresholds of the inputs at which the answer changes: found on the frontier, verified on everything."""
    full = everything(found)
    near = full if full.num_candidates <= SMALL_SPACE else frontier(catalog, found)
    replicas = answer.deployment.replicas
    row, machine = found.space.rows[row_id], found.space.machines[machine_id]
    now = option_name(row, machine, replicas, answer.deployment.path)
    alone = Answer(found, row_id, machine_id, replicas)
    tried = (*changes(found.request, answer), *price_changes(found.request, answer, machine))
    checked = (verified(change, near, full, alone, now) for change in tried)
    return tuple(flip for flip in checked if flip is not None)


def verified(change: Change, near: Field, full: Field, alone: Answer, now: str) -> Flip | None:
    """The threshold of one input, if the whole search confirms it on both sides.

    The best of the frontier is an option of the whole space, so the winner there costs no more than what ties with it.
    """
    step = change.last_step(near, alone, now)
    if step is None:
        return None
    stays, turns = change.value(step), change.value(step + 1)
    before, after = (_confirmed(change.request(value), near, full) for value in (stays, turns))
    if before.name != now or after.name == now:
        return None
    return Flip(
        input=change.input, threshold=change.words(stays, turns), then=after.text or T("nothing passes"),
        name=change.name, stays=stays, turns=turns,
    )  # fmt: skip


def _confirmed(request: Request, near: Field, full: Field) -> Winner:
    if near is full:
        return full.winner(request)
    return full.winner(request, tie_limit_usd(near.winner(request).monthly_usd))
