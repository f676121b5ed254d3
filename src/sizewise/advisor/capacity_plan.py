"""`capacity`: what a machine carries within the latency targets, and how many machines a load needs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sizewise import units
from sizewise.advisor.asking import MAX_USERS, PROMPT_CACHED, SHOWN_LOAD, ask, optional
from sizewise.advisor.capacity_case import Case, chosen_case
from sizewise.advisor.capacity_simulation import Simulation
from sizewise.advisor.energy import energy_under_load
from sizewise.advisor.fitting import find_model
from sizewise.advisor.named_machine import machine
from sizewise.advisor.poisson_capacity import SHARE, misses_a_target, poisson_capacities
from sizewise.advisor.question import Notes
from sizewise.catalog import load_catalog
from sizewise.decide.evaluate import HEADROOM_RATIO, num_replicas
from sizewise.decide.wording import percent
from sizewise.domain.capacity import CapacityAnswer, LoadFigures, MachinePlan, Percentiles
from sizewise.domain.estimate import Estimate, weakest
from sizewise.domain.text import T
from sizewise.errors import BadInput
from sizewise.estimate.columns import first_value
from sizewise.estimate.largest_load import largest_num_users
from sizewise.estimate.lengths import Lengths, constant_lengths, lognormal_lengths, observed_lengths
from sizewise.estimate.percentiles import Felt, felt_by_users, felt_poisson

if TYPE_CHECKING:
    from sizewise.advisor.question import Question
    from sizewise.domain.decision import Assumption
    from sizewise.domain.energy import Energy
    from sizewise.domain.text import Text
    from sizewise.domain.workload import Workload
    from sizewise.estimate.steady import Replica
    from sizewise.sources.trace import Trace

SHOWN_SHARES = (0.5, SHARE, 0.99)
"""Percentiles of an answer, as `Percentiles` names them."""
INPUT_VARIATION, OUTPUT_VARIATION = 0.0, 0.75
"""Standard deviation / mean of prompts and answers where nothing is said. [ratio]  A prompt has the length that was
named, so that the targets hold for that length; answers vary like those of chat (quantiles of the Azure LLM inference
trace 2023, conversation, in catalog/workloads.csv)."""
USUAL_INPUT_VARIATION = 0.8
"""Of the prompts of the same trace. [ratio]"""
MOST_VARIATION, MOST_RATE, MOST_BURSTS, MOST_SEED = 20.0, 1e7, 100.0, 2**63 - 1
SHOWN_NAMES = frozenset(
    label
    for name, label, _ in SHOWN_LOAD
    if name not in {"num_users", "active_hours_per_month", "utilisation_ratio"}
) | {PROMPT_CACHED}
"""Assumptions of a question that matter here."""


@dataclass(frozen=True, kw_only=True)
class LoadQuestion:
    """What is asked about load beyond the words of `recommend`, as typed; None: not said."""

    rate: str | float | None = None
    """Requests a second that have to be carried."""
    trace: str | None = None
    """File with arrivals and lengths."""
    length_variation: str | float | None = None
    """Standard deviation / mean of prompts and of answers; 0: all the same."""
    bursts: str | float | None = None
    """Standard deviation / mean of the gaps between simulated requests; 1: Poisson."""
    simulates: bool = False
    seed: str | int | None = None


@dataclass(frozen=True, kw_only=True)
class LoadAsked:
    """The load with every default filled in."""

    inputs: Lengths
    outputs: Lengths
    requests_per_s: float | None
    num_users: float | None
    trace: Trace | None
    bursts: float


def capacity(
    question: Question, load: LoadQuestion | None = None, *, user_catalog: str | None = None
) -> CapacityAnswer:
    """What one machine carries within the latency targets, and how many of it carry the asked load.

    `question` names one model and one device. Poisson arrivals are answered by closed forms; `simulates` follows single
    requests. Raises: SizewiseError for input that cannot be used.
    """
    case, given, notes = prepared(question, load or LoadQuestion(), user_catalog=user_catalog)
    return _answer(case, given, load or LoadQuestion(), notes)


def prepared(
    question: Question, asked_load: LoadQuestion, *, user_catalog: str | None = None
) -> tuple[Case, LoadAsked, tuple[Assumption, ...]]:
    """The deployment, the load with every default filled in, and what was assumed.

    Raises: SizewiseError for input that cannot be used.
    """
    catalog = load_catalog()
    if user_catalog is not None:
        catalog = catalog.with_user_rows(user_catalog)
    found = find_model(catalog, _only(question.model, "MODEL"))
    if found.quantization is not None and not question.quantization:
        question = replace(question, quantization=(found.quantization,))
    device = _only(question.device, "--device")
    hardware = replace(machine(catalog, device, uses_store=not question.no_store), is_owned=True)
    trace = _trace(asked_load.trace)
    asked = ask(catalog, _with_trace(replace(question, model=()), trace))
    notes = Notes(items=[note for note in asked.assumptions if note.name in SHOWN_NAMES])
    case = chosen_case(catalog, asked.request, found.model, hardware)
    given = _load_asked(question, asked_load, asked.request.workload, trace, notes)
    return case, given, tuple(notes.items)


def _only(names: tuple[str, ...], what: str) -> str:
    if len(names) != 1:
        raise BadInput("{what}: name exactly one; {count} are given", what=what, count=len(names))
    return names[0]


def _trace(path: str | None) -> Trace | None:
    if path is None:
        return None
    from sizewise.sources.trace import read_trace

    return read_trace(Path(path).expanduser())


def _with_trace(question: Question, trace: Trace | None) -> Question:
    """Mean lengths of the trace where none are given."""
    if trace is None:
        return question
    if question.users is not None:
        raise BadInput("--users and --trace describe different loads; give one of them")
    return replace(
        question,
        input_tokens=question.input_tokens or str(round(float(np.mean(trace.input_tokens)))),
        output_tokens=question.output_tokens or str(max(round(float(np.mean(trace.output_tokens))), 1)),
    )


def _load_asked(
    question: Question, load: LoadQuestion, workload: Workload, trace: Trace | None, notes: Notes
) -> LoadAsked:
    """Rates, users and lengths; what was assumed is noted."""
    rate = optional(load.rate, units.parse_count, "--rate", MOST_RATE)
    users = optional(question.users, units.parse_whole, "--users", MAX_USERS)
    if rate is not None and users is not None:
        raise BadInput("--rate and --users describe different loads; give one of them")
    bursts = optional(load.bursts, units.parse_count, "--bursts", MOST_BURSTS)
    if trace is not None:
        inputs = observed_lengths(np.array(trace.input_tokens))
        outputs = observed_lengths(np.array(trace.output_tokens))
        rate = trace.requests_per_s if rate is None else rate
    else:
        inputs, outputs = _assumed_lengths(load, workload)
    spread = T(
        "prompts {inputs}, answers {outputs}",
        inputs=f"{inputs.variation:.2f}",
        outputs=f"{outputs.variation:.2f}",
    )
    notes.add(
        T("length, standard deviation / mean"), spread,
        is_asked=load.length_variation is not None or trace is not None, source="workloads.csv",
    )  # fmt: skip
    return LoadAsked(
        inputs=inputs,
        outputs=outputs,
        requests_per_s=rate,
        num_users=users,
        trace=trace,
        bursts=1.0 if bursts is None else bursts,
    )


def _assumed_lengths(load: LoadQuestion, workload: Workload) -> tuple[Lengths, Lengths]:
    """Prompts and answers with the asked or usual variation."""
    if load.length_variation is not None and str(load.length_variation).strip() in {"0", "0.0"}:
        return constant_lengths(workload.input_tokens), constant_lengths(workload.output_tokens)
    given = optional(load.length_variation, units.parse_count, "--length-variation", MOST_VARIATION)
    return (
        lognormal_lengths(workload.input_tokens, INPUT_VARIATION if given is None else given),
        lognormal_lengths(workload.output_tokens, OUTPUT_VARIATION if given is None else given),
    )


def _answer(
    case: Case, given: LoadAsked, load: LoadQuestion, assumptions: tuple[Assumption, ...]
) -> CapacityAnswer:
    workload = case.request.workload
    replica = case.replica(given.inputs, given.outputs)
    limits = Limits(case=case, replica=replica)
    rate, users = limits.requests_per_s(), limits.num_users()
    simulation = None
    if load.simulates:
        seed = 0 if load.seed is None else units.parse_whole(str(load.seed), "--seed", MOST_SEED)
        simulation = Simulation(
            case=case, inputs=given.inputs, outputs=given.outputs, trace=given.trace, bursts=given.bursts, seed=seed,
        ).result(rate.likely, users.likely, given.requests_per_s, given.num_users)  # fmt: skip
    return CapacityAnswer(
        deployment=case.deployment,
        share=SHARE,
        max_ttft_s=workload.max_ttft_s,
        max_tpot_s=workload.max_tpot_s,
        input_tokens=workload.input_tokens,
        output_tokens=workload.output_tokens,
        think_time_s=workload.think_time_s,
        max_sequences=case.max_sequences,
        expected_sequences=case.expected_sequences,
        requests_per_s=rate,
        num_users=users,
        binding=limits.binding(rate.likely),
        alone=limits.by_users(1.0),
        at_requests=limits.by_requests(rate.likely) if rate.likely > 0 else None,
        at_users=limits.by_users(users.likely) if users.likely > 0 else None,
        energy=limits.energy(rate.likely, users.likely),
        plan=limits.plan(given, rate, users),
        simulation=simulation,
        assumptions=assumptions,
        caveats=tuple(_caveats(given, workload, simulates=load.simulates)),
    )


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The closed forms of one replica."""

    case: Case
    replica: Replica

    @property
    def targets(self) -> tuple[float, float]:
        """Longest time to the first token, and for each further one. [s]"""
        workload = self.case.request.workload
        return workload.max_ttft_s, workload.max_tpot_s

    def requests_per_s(self) -> Estimate:
        """Largest Poisson load within the targets, and what it is if latencies lie at the ends of their ranges."""
        return poisson_capacities([self.case], [self.replica])[0]

    def num_users(self) -> Estimate:
        """Most users within the targets."""
        ttft, tpot = self.targets
        first, each = (self.case.band(phase) for phase in ("ttft", "tpot"))
        likely = self._users(ttft, tpot)
        low = self._users(ttft / first.factor_high, tpot / each.factor_high)
        high = self._users(ttft / first.factor_low, tpot / each.factor_low)
        basis = weakest(first.basis, each.basis)
        return Estimate(low=min(low, likely), likely=likely, high=max(high, likely), basis=basis)

    def _users(self, max_ttft_s: float, max_tpot_s: float) -> float:
        return largest_num_users(
            self.replica, share=SHARE, max_ttft_s=max_ttft_s, max_tpot_s=max_tpot_s,
            think_time_s=self.case.request.workload.think_time_s,
        )  # fmt: skip

    def binding(self, requests_per_s: float) -> str:
        """Which target a little more load would miss; sequences: neither, the queue would grow without end."""
        ttft, tpot = self.targets
        is_late, is_slow = misses_a_target(self.replica, requests_per_s, ttft, tpot)
        if is_slow:
            return "tpot"
        return "ttft" if is_late else "sequences"

    def by_requests(self, requests_per_s: float) -> LoadFigures:
        """One machine under Poisson arrivals."""
        return figures(felt_poisson(self.replica, requests_per_s), math.nan)

    def by_users(self, num_users: float) -> LoadFigures:
        """One machine with so many users."""
        felt = felt_by_users(self.replica, num_users, self.case.request.workload.think_time_s)
        return figures(felt, num_users)

    def energy(self, requests_per_s: float, num_users: float) -> Energy | None:
        """Power and energy at the most that is carried; none where nothing is."""
        if requests_per_s <= 0 and num_users <= 0:
            return None
        full = self.by_requests(requests_per_s) if requests_per_s > 0 else self.by_users(num_users)
        return energy_under_load(
            self.case.machine,
            num_running=full.num_running,
            output_tokens_per_s=full.output_tokens_per_s,
        )

    def plan(self, given: LoadAsked, rate: Estimate, users: Estimate) -> MachinePlan | None:
        """Machines for the asked load; none where nothing was asked for or no number of machines carries it."""
        asked, each = (
            (given.num_users, users) if given.num_users is not None else (given.requests_per_s, rate)
        )
        if asked is None or each.likely <= 0:
            return None
        count, fewest, most = num_replicas(asked, np.array([each.likely, each.high, each.low])).tolist()
        by_users = given.num_users is not None
        return MachinePlan(
            requests_per_s=math.nan if by_users else asked,
            num_users=asked if by_users else math.nan,
            num_machines=int(count),
            headroom_ratio=HEADROOM_RATIO,
            num_machines_low=fewest,
            num_machines_high=most,
            num_machines_with_spare=int(count) + 1,
            each=self.by_users(asked / count) if by_users else self.by_requests(asked / count),
        )


def figures(felt: Felt, num_users: float) -> LoadFigures:
    """A load of the closed forms as shown."""
    load, unknown = felt.load, math.nan
    first = [first_value(felt.ttft_s(share)) for share in SHOWN_SHARES]
    each = [first_value(felt.tpot_s(share)) for share in SHOWN_SHARES]
    return LoadFigures(
        num_users=num_users,
        requests_per_s=first_value(load.requests_per_s),
        output_tokens_per_s=first_value(load.output_tokens_per_s),
        num_running=first_value(load.num_running),
        ttft=Percentiles(
            mean_s=first_value(felt.mean_ttft_s), p50_s=first[0], p95_s=first[1], p99_s=first[2]
        ),
        tpot=Percentiles(mean_s=first_value(load.tpot_s), p50_s=each[0], p95_s=each[1], p99_s=each[2]),
        attained_ratio=unknown,
        goodput_requests_per_s=unknown,
        preempted_ratio=unknown,
        wait_growth=unknown,
    )


def _caveats(given: LoadAsked, workload: Workload, *, simulates: bool) -> list[Text]:
    found = []
    too_long = np.array(given.inputs.values_tokens) + given.outputs.mean_tokens > workload.context_tokens
    if simulates and too_long.any():
        found.append(
            T(
                "{share} of the prompts are longer than the context of {tokens} tokens; the simulation cuts them",
                share=percent(float(too_long.mean())),
                tokens=units.format_tokens(workload.context_tokens),
            )
        )
    if given.inputs.variation == 0:
        found.append(
            T(
                "all prompts are taken to be equally long; in chat they vary, try --length-variation {usual}",
                usual=str(USUAL_INPUT_VARIATION),
            )
        )
    if given.trace is not None and not simulates:
        found.append(
            T("only the mean rate and the lengths of the trace are used; --simulate replays its arrivals")
        )
    if given.bursts != 1.0 and not simulates:
        found.append(T("bursts are only seen by --simulate; the closed form takes Poisson arrivals"))
    return found
