"""The answer of `capacity` on one screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.decide.wording import percent
from sizewise.domain.estimate import Unknown
from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK, span
from sizewise.report.page import BAD, FAINT, GOOD, STRONG, grid, heading, paragraph
from sizewise.report.text_option import brief, deployment_title
from sizewise.report.words import LEGEND, SET_BY
from sizewise.units import format_seconds, format_tokens, significant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from sizewise.domain.capacity import CapacityAnswer, LoadFigures, MachinePlan, SimulationResult
    from sizewise.domain.energy import Energy
    from sizewise.domain.text import Text
    from sizewise.report.language import Say

BINDINGS = {
    "ttft": T("the wait for the first token"),
    "tpot": T("the time per token"),
    "sequences": T("the room for requests: with more, the queue grows without end"),
}
"""What more load would break first."""
ARRIVALS = {
    "poisson": T("requests arrive at random (Poisson)"),
    "bursts": T("requests arrive in bursts"),
    "trace": T("requests arrive as in the trace"),
    "users": T("users send, wait for the answer and pause"),
}
"""How simulated requests arrive."""
LATENCY_COLUMNS = (1, 2, 3, 4, 5, 6)


def capacity_blocks(answer: CapacityAnswer, say: Say) -> Iterator[RenderableType]:
    """Verdict, what is carried, latencies, machines for the asked load, the simulation, assumptions."""
    carries = answer.at_requests is not None or answer.at_users is not None
    yield Line(brief(say(_verdict(answer, carries=carries))), style=f"{STRONG} {GOOD if carries else BAD}")
    yield paragraph(brief(deployment_title(answer.deployment, say)), FAINT)
    yield grid(_limits(answer, say))
    yield grid(_latencies(answer, say), header=_header(say), right=LATENCY_COLUMNS)
    note = T(
        "TTFT: wait for the first token, TPOT: time per further token; half of the requests, and 95 % of them"
    )
    yield paragraph(say(note), FAINT)
    yield paragraph(say(LEGEND), FAINT)
    if answer.plan is not None:
        yield from _plan_blocks(answer.plan, say)
    if answer.simulation is not None:
        yield from _simulation_blocks(answer.simulation, say)
    if answer.caveats:
        yield heading(say(T("Good to know")))
        yield grid((say(caveat),) for caveat in answer.caveats)
    yield heading(say(T("Assumptions")))
    yield grid(
        (say(note.name), say(note.value), say(SET_BY.get(note.set_by, note.set_by)))
        for note in answer.assumptions
    )


def _verdict(answer: CapacityAnswer, *, carries: bool) -> Text:
    names = {
        "share": percent(answer.share),
        "ttft": format_seconds(answer.max_ttft_s),
        "tpot": format_seconds(answer.max_tpot_s),
    }
    if not carries:
        return T(
            "Not even one user: {share} of the first tokens within {ttft} and of the further ones within {tpot} each "
            "are not reached.",
            **names,
        )
    return T(
        "One machine carries about {users} users or {rate} requests a second, with {share} of the first tokens within "
        "{ttft} and of the further ones within {tpot} each.",
        users=f"{answer.num_users.likely:,.0f}",
        rate=significant(answer.requests_per_s.likely),
        **names,
    )


def _limits(answer: CapacityAnswer, say: Say) -> Iterator[tuple[str, str]]:
    yield say(T("requests a second")), span(answer.requests_per_s)
    yield say(T("users at the same time")), span(answer.num_users, lambda value: f"{value:,.0f}")
    yield say(T("more is limited by")), say(BINDINGS[answer.binding])
    if answer.energy is not None:
        yield say(T("power at the most requests")), say(_energy(answer.energy))
    yield (
        say(T("requests at once")),
        say(T("{n} with their whole context of {tokens} tokens, about {usual} of the usual length",
              n=f"{answer.max_sequences:,}", tokens=format_tokens(answer.deployment.context_tokens),
              usual=f"{answer.expected_sequences:,}")),
    )  # fmt: skip


def _energy(energy: Energy) -> Text:
    """Power and energy with their ranges."""
    watts, joules = energy.power_watts, energy.joules_per_token
    if isinstance(watts, Unknown) or isinstance(joules, Unknown):
        return T("not known: no power is listed for this device")
    return T(
        "{watts} W at the plug, {joules} J for each token written",
        watts=span(watts, lambda value: f"{value:,.0f}"),
        joules=span(joules),
    )


def _header(say: Say) -> Sequence[str]:
    names = (T("requests/s"), T("at once"), T("TTFT"), T("95 %"), T("TPOT"), T("95 %"))
    return ("", *(say(name) for name in names))


def _latencies(answer: CapacityAnswer, say: Say) -> Iterator[tuple[str, ...]]:
    rows = (
        (T("one user"), answer.alone),
        (T("most users"), answer.at_users),
        (T("most requests"), answer.at_requests),
    )
    for name, figures in rows:
        if figures is not None:
            yield (say(name), *_cells(figures))


def _cells(figures: LoadFigures) -> tuple[str, ...]:
    return (
        significant(figures.requests_per_s),
        significant(figures.num_running),
        format_seconds(figures.ttft.p50_s),
        format_seconds(figures.ttft.p95_s),
        format_seconds(figures.tpot.p50_s),
        format_seconds(figures.tpot.p95_s),
    )


def _plan_blocks(plan: MachinePlan, say: Say) -> Iterator[RenderableType]:
    """How many machines."""
    yield heading(say(T("Machines for the asked load")))
    asked = (
        T("{n} users", n=f"{plan.num_users:,.0f}") if math.isnan(plan.requests_per_s)
        else T("{n} requests a second", n=significant(plan.requests_per_s))
    )  # fmt: skip
    machines = T(
        "{n}, each at most at {share} of what it carries; {low} to {high} within the 80 % range",
        n=f"{plan.num_machines:,}",
        share=percent(plan.headroom_ratio),
        low=_count(plan.num_machines_low),
        high=_count(plan.num_machines_high),
    )
    yield grid(
        (
            (say(T("asked load")), say(asked)),
            (say(T("machines")), say(machines)),
            (say(T("with one to spare (N+1)")), f"{plan.num_machines_with_spare:,}"),
        )
    )
    yield grid([(say(T("each of them")), *_cells(plan.each))], header=_header(say), right=LATENCY_COLUMNS)


def _count(machines: float) -> str:
    return f"{machines:,.0f}" if math.isfinite(machines) else UNKNOWN_MARK


def _simulation_blocks(result: SimulationResult, say: Say) -> Iterator[RenderableType]:
    """Every simulated load on a line."""
    yield heading(say(T("Simulated, request by request")))
    about = T(
        "{arrivals}; {count} requests, seed {seed}",
        arrivals=ARRIVALS[result.arrivals],
        count=f"{result.num_requests:,}",
        seed=str(result.seed),
    )
    yield paragraph(say(about), FAINT)
    load = T("users") if result.arrivals == "users" else T("requests/s")
    names = (
        load, T("TTFT"), T("95 %"), T("99 %"), T("TPOT"), T("95 %"), T("in time"), T("sent back"), T("queue"),
    )  # fmt: skip
    header = tuple(say(name) for name in names)
    yield grid((_simulated_row(row, say) for row in result.loads), header=header, right=tuple(range(8)))
    yield paragraph(say(_found(result)))


def _simulated_row(load: LoadFigures, say: Say) -> tuple[str, ...]:
    return (
        significant(load.requests_per_s) if math.isnan(load.num_users) else f"{load.num_users:,.0f}",
        format_seconds(load.ttft.p50_s),
        format_seconds(load.ttft.p95_s),
        format_seconds(load.ttft.p99_s),
        format_seconds(load.tpot.p50_s),
        format_seconds(load.tpot.p95_s),
        percent(load.attained_ratio),
        percent(load.preempted_ratio) if load.preempted_ratio > 0 else "0",
        say(T("grows")) if load.is_queue_growing else say(T("steady")),
    )


def _found(result: SimulationResult) -> Text:
    if result.largest == 0:
        return T("None of the simulated loads meets the targets.")
    shown = f"{result.largest:,.0f}" if result.arrivals == "users" else significant(result.largest)
    carried = T("{n} users", n=shown) if result.arrivals == "users" else T("{n} requests a second", n=shown)
    if result.num_machines == 0:
        return T("Largest simulated load within the targets: {load}.", load=carried)
    return T(
        "Largest simulated load within the targets: {load}; machines for the asked load then: {count}.",
        load=carried,
        count=f"{result.num_machines:,}",
    )
